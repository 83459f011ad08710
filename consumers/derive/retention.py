"""What acts say of how long records are kept, and of holds; each an event."""

from consumers.derive.book import Book
from consumers.derive.graph import Graph
from consumers.derive.order import Moment
from consumers.derive.outcomes import Outcome, Partly
from consumers.derive.things import Things
from schemas.retention import HoldPut, HoldRelease, RetentionAct, RetentionDrop, RetentionPut
from service.store import derived


class Retention:
    """Classes and holds of one cell within one transaction. Each act is written down at once."""

    def __init__(self, book: Book, graph: Graph) -> None:
        self._book = book
        self._things = Things(book, graph)

    async def take(self, act: RetentionAct, moment: Moment) -> Outcome:
        """Apply one act."""
        match act:
            case RetentionPut():
                return await self._put(act, moment)
            case RetentionDrop():
                return await self._drop(act, moment)
            case HoldPut():
                return await self._hold(act, moment)
            case HoldRelease():
                return await self._release(act, moment)

    async def _put(self, act: RetentionPut, moment: Moment) -> Outcome:
        book = self._book
        await derived.rows(book.connection, "drop_class", book.cell, act.name, moment.known)
        said = (act.record.value, act.trigger.value, act.keep_days, act.basis.value, act.reference)
        offset = moment.order.offset
        await derived.rows(book.connection, "add_class", book.cell, act.name, offset, *said, act.by, moment.known)
        book.append(
            moment, "retention", None, name=act.name, by=act.by, record=said[0], trigger=said[1],
            keep_days=act.keep_days, basis=said[3], reference=act.reference,
        )  # fmt: skip
        return None

    async def _drop(self, act: RetentionDrop, moment: Moment) -> Outcome:
        book = self._book
        if not await derived.rows(book.connection, "drop_class", book.cell, act.name, moment.known):
            return f"no class of records is named {act.name!r}"
        book.append(moment, "retention_dropped", None, name=act.name, by=act.by)
        return None

    async def _hold(self, act: HoldPut, moment: Moment) -> Outcome:
        book = self._book
        found = await self._things.find(act.things, moment)
        words = found.left_out()
        if act.things and not found.names:
            return words
        await derived.rows(
            book.connection, "add_hold", book.cell, act.key, act.whole, found.names, act.reference, act.by, moment.known
        )
        book.append(
            moment, "hold", None, key=act.key, by=act.by, whole=act.whole, things=[*found.names],
            reference=act.reference,
        )  # fmt: skip
        return None if words is None else Partly(words)

    async def _release(self, act: HoldRelease, moment: Moment) -> Outcome:
        book = self._book
        if not await derived.rows(book.connection, "release_hold", book.cell, act.releases, moment.known):
            return f"no hold with key {act.releases!r} stands"
        book.append(moment, "hold_released", None, key=act.key, by=act.by, releases=act.releases)
        return None
