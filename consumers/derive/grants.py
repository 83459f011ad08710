"""What acts say of who else may see what: grants, revocations, and what parties were shown; each an event."""

from consumers.derive.book import Book
from consumers.derive.events import when
from consumers.derive.graph import Graph
from consumers.derive.order import Moment
from consumers.derive.outcomes import Outcome, Partly
from consumers.derive.things import Things
from schemas.envelope import millis
from schemas.grants import AccessNote, GrantAct, GrantPut, GrantRevoke
from service.store import derived


class Grants:
    """Grants of one cell within one transaction. Each act is written down at once."""

    def __init__(self, book: Book, graph: Graph) -> None:
        self._book = book
        self._things = Things(book, graph)

    async def take(self, act: GrantAct, moment: Moment) -> Outcome:
        """Apply one act."""
        match act:
            case GrantRevoke():
                return await self._revoke(act, moment)
            case AccessNote():
                return await self._note(act, moment)
            case GrantPut():
                return await self._put(act, moment)

    async def _put(self, act: GrantPut, moment: Moment) -> Outcome:
        book = self._book
        until_at = millis(act.until_at.isoformat())
        if until_at is None or until_at <= moment.known:
            return "it would have ended before it was received: say until when it holds"
        if act.place is not None and act.place not in book.memory.place_kinds:
            return f"there is no place {act.place!r}: put it first"
        found = await self._things.find(act.things, moment)
        words = found.left_out()
        if act.things and not found.names:
            return words
        fields = sorted({field.value for field in act.fields})
        await derived.rows(
            book.connection, "add_grant", book.cell, act.key, act.party, act.whole, act.place, act.licence, fields,
            act.purpose, act.by, until_at, moment.known, found.names,
        )  # fmt: skip
        book.append(
            moment, "grant", None, key=act.key, by=act.by, party=act.party, whole=act.whole, place=act.place,
            licence=act.licence, things=[*found.names], fields=[*fields], purpose=act.purpose, until=when(until_at),
        )  # fmt: skip
        return None if words is None else Partly(words)

    async def _revoke(self, act: GrantRevoke, moment: Moment) -> Outcome:
        book = self._book
        rows = await derived.rows(book.connection, "revoke_grant", book.cell, act.revokes, moment.known, act.by)
        if not rows:
            return f"no grant with key {act.revokes!r} stands"
        book.append(moment, "grant_revoked", None, key=act.key, by=act.by, revokes=act.revokes, party=rows[0]["party"])
        return None

    async def _note(self, act: AccessNote, moment: Moment) -> Outcome:
        book = self._book
        await derived.rows(
            book.connection, "add_access", book.cell, moment.order.offset, moment.known, act.party, act.credential,
            act.asked, act.sha256,
        )  # fmt: skip
        book.append(
            moment, "access", None, party=act.party, credential=act.credential, asked=act.asked, sha256=act.sha256
        )
        return None
