"""What acts say of the status of things, and of handing them over: kept as it was said, each an event."""

from collections.abc import Sequence
from datetime import datetime

from consumers.derive.book import Book
from consumers.derive.events import when
from consumers.derive.graph import Graph
from consumers.derive.order import Moment
from consumers.derive.outcomes import Outcome, Partly
from consumers.derive.things import Found, Things
from schemas.envelope import millis
from schemas.statuses import StatusAct, StatusPut, StatusWithdraw, TransferAccept, TransferRelease
from schemas.words import Status
from service.facts.records import Millis
from service.store import derived


class Statuses:
    """Statuses of one cell's things within one transaction. Each act is written down at once."""

    def __init__(self, book: Book, graph: Graph) -> None:
        self._book = book
        self._things = Things(book, graph)

    async def take(self, act: StatusAct, moment: Moment) -> Outcome:
        """Apply one act."""
        match act:
            case StatusWithdraw():
                return await self._withdraw(act, moment)
            case TransferAccept():
                return await self._accept(act, moment)
            case _:
                return await self._put(act, moment)

    async def _put(self, act: StatusPut | TransferRelease, moment: Moment) -> Outcome:
        book = self._book
        status, ticket, place = Status.RELEASED, None, None
        if isinstance(act, StatusPut):
            status, ticket, place = act.status, act.ticket, act.place
        if place is not None and place not in book.memory.place_kinds:
            return f"there is no place {place!r}: put it first"
        since, until_at = _millis(act.from_at), _millis(act.until_at)
        from_at = moment.known if since is None else since
        if until_at is not None and until_at <= from_at:
            return "it would end before this act was received: say since when it holds, too"
        found = await self._things.find(act.things, moment)
        rows = [
            (act.key, moment.order.offset, n, name, status.value, act.party, act.document, ticket, place, act.by,
             from_at, until_at, moment.known)
            for n, name in enumerate(found.names)
        ]  # fmt: skip
        await derived.put(book.connection, "add_statuses", book.cell, rows)
        for name in found.names:
            book.append(
                moment, "status", name, key=act.key, by=act.by, status=status.value, party=act.party,
                document=act.document, ticket=ticket, place=place, since=when(from_at), until=when(until_at),
            )  # fmt: skip
        return _outcome(found)

    async def _withdraw(self, act: StatusWithdraw, moment: Moment) -> Outcome:
        book = self._book
        withdrawn = {
            row["asset"]
            for statement in ("withdraw_statuses", "withdraw_acceptances")
            for row in await derived.rows(book.connection, statement, book.cell, act.withdraws, moment.known)
        }
        if not withdrawn:
            return f"no status, release or acceptance with key {act.withdraws!r} stands"
        for name in sorted(withdrawn):
            book.append(moment, "status_withdrawn", name, key=act.key, by=act.by, withdraws=act.withdraws)
        return None

    async def _accept(self, act: TransferAccept, moment: Moment) -> Outcome:
        book = self._book
        rows = await derived.rows(book.connection, "released", book.cell, act.releases)
        if not rows:
            return f"no release with key {act.releases!r} stands"
        released = [str(row["asset"]) for row in rows]
        await book.load_names(released)
        found = await self._named(act, released, moment)
        accepted = {row["asset"] for row in await derived.rows(book.connection, "accepted", book.cell, act.releases)}
        fresh = [name for name in found.names if name not in accepted]
        found.wrong += [f"{name} was accepted before" for name in found.names if name in accepted]
        since = _millis(act.from_at)
        at = moment.known if since is None else since
        columns = [
            (act.releases, name, act.key, moment.order.offset, act.by, act.document, at, moment.known) for name in fresh
        ]
        await derived.put(book.connection, "add_acceptances", book.cell, columns)
        for name in fresh:
            book.append(
                moment, "acceptance", name, key=act.key, by=act.by, releases=act.releases, document=act.document,
                since=when(at),
            )  # fmt: skip
        return _outcome(Found(fresh, found.wrong))

    async def _named(self, act: TransferAccept, released: Sequence[str], moment: Moment) -> Found:
        """Give those of the released that an act names, by the names that the release has for them."""
        if not act.things:
            return Found(list(released))
        named = await self._things.find(act.things, moment)
        by_asset = {self._book.asset_of(name): name for name in released}
        found = Found(wrong=named.wrong)
        for name in named.names:
            asset = self._book.asset_of(name)
            if asset in by_asset:
                found.names.append(by_asset[asset])
            else:
                found.wrong.append(f"{name} is not among what {act.releases} released")
        return found


def _millis(stated: datetime | None) -> Millis | None:
    return None if stated is None else millis(stated.isoformat())


def _outcome(found: Found) -> Outcome:
    words = found.left_out()
    if words is None:
        return None
    return Partly(words) if found.names else words
