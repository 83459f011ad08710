"""A run begins: what its inventory says is bound to assets, slot by slot (SEMANTICS rules 14, 17, 19)."""

from consumers.derive.alarms import Alarms
from consumers.derive.book import Book, Pair
from consumers.derive.events import when
from consumers.derive.graph import Graph
from consumers.derive.memory import Split
from consumers.derive.order import Moment
from consumers.derive.rows import BindingRow
from schemas.words import BindingEnd, SourceClass


class Sightings:
    """Bindings of one cell within one transaction."""

    def __init__(self, book: Book, graph: Graph) -> None:
        self._book = book
        self._graph = graph
        self._alarms = Alarms(book, graph)

    async def state(self, pair: Pair, stated: Split, moment: Moment) -> None:
        """Take an inventory that a source states of a scope from now on."""
        book = self._book
        source, scope = pair
        names = await self._graph.sight(stated.carriers, source, scope, moment)
        await book.load_open([pair])
        now = book.open[pair]
        wanted: dict[str, BindingRow] = {}
        for carrier in stated.carriers.carriers:
            said = stated.stated.get(carrier.slot)
            place, surveyed = self.place_of(source, carrier.slot, said, moment)
            container = names.get(carrier.within) if carrier.within is not None else None
            wanted[carrier.slot] = BindingRow(
                source, scope, carrier.slot, names[carrier.slot], carrier.kind.value, container,
                carrier.within if container else None, said, place, surveyed, moment.known, None, None, moment.known,
            )  # fmt: skip
        missing: list[BindingRow] = []
        for slot, row in sorted(now.items()):
            new = wanted.get(slot)
            if new is None:
                absent = row.kind in stated.complete_for
                await self.end(row, BindingEnd.ABSENT if absent else BindingEnd.UNLISTED, moment)
                if absent:
                    missing.append(row)
            elif new.says() != row.says() or new.kind != row.kind:
                await self.end(row, BindingEnd.REPLACED, moment)
                if new.asset != row.asset and row.kind in stated.complete_for:
                    missing.append(row)
        for slot, new in sorted(wanted.items()):
            if slot not in now:
                await self.begin(new, moment)
        await self._miss(missing, moment)

    async def touch(self, pair: Pair) -> None:
        """Have what a source and scope speak of looked at again, where one more run of theirs matters (rule 17)."""
        book = self._book
        await book.load_open([pair])
        said: dict[str, list[BindingRow]] = {}
        rows = list(book.open[pair].values())
        await book.load_names(name for row in rows for name in (row.asset, row.container) if name is not None)
        for row in rows:
            said.setdefault(book.asset_of(row.asset), []).append(row)
        await book.load_where(said)
        book.touched.update(dict.fromkeys(asset for asset, several in said.items() if self._matters(asset, several)))

    def _matters(self, asset: str, said: list[BindingRow]) -> bool:
        """Whether one more run of what is said of an asset could change where it is, or where what holds it is.

        Not, where all is decided and undisputed, and the one thing that is said is what is shown: the run is another
        voice for that. Nor where nothing is said of where it is. A surveyed place is that of its containers too.
        """
        book = self._book
        if len(said) > 1 or said[0].surveyed or book.decisions.get(asset) is not None:
            return True
        row = said[0]
        if row.container is None and row.place is None:
            return False
        now = next((each for each in reversed(book.where[asset]) if each.until_at is None), None)
        if now is None or now.moving or now.disputed:
            return True
        container, slot = (None, None) if row.container is None else (book.asset_of(row.container), row.slot)
        return (now.container, now.container_slot, now.place) != (container, slot, row.place)

    def place_of(self, source: str, slot: str, stated: str | None, moment: Moment) -> tuple[str | None, bool]:
        """Where a slot is: surveyed (a facility source only), else as stated, if such a place is known."""
        memory = self._book.memory
        surveyed = memory.surveys.get((source, slot))
        if surveyed is not None and memory.source_class(source, moment.known) is SourceClass.FACILITY:
            return surveyed, True
        return memory.place_named(stated), False

    async def begin(self, row: BindingRow, moment: Moment) -> None:
        """Open a binding; what was missing and is bound again is missing no more."""
        book = self._book
        book.begin(row)
        book.touched[book.asset_of(row.asset)] = None
        book.append(
            moment, "binding_began", row.asset, source=row.source, scope=row.scope, slot=row.slot,
            container=row.container, container_slot=row.container_slot, stated=row.stated,
            place=row.place, surveyed=row.surveyed,
        )  # fmt: skip
        self._alarms.seen(row, moment)

    async def end(self, row: BindingRow, cause: BindingEnd, moment: Moment) -> None:
        """Close a binding."""
        book = self._book
        await book.load_names([row.asset])
        book.end(row, moment.known, cause.value)
        book.touched[book.asset_of(row.asset)] = None
        if row.surveyed:
            book.lifting.add(book.asset_of(row.asset))
        book.append(
            moment, "binding_ended", row.asset, source=row.source, scope=row.scope, slot=row.slot,
            since=when(row.from_at), cause=cause.value,
        )  # fmt: skip

    async def _miss(self, rows: list[BindingRow], moment: Moment) -> None:
        """Find what is no longer listed where it was, where nobody else said anything of it.

        Where another source did, the whereabouts tell whether it is gone (`Alarms.look`).
        """
        book = self._book
        for row in rows:
            asset = book.asset_of(row.asset)
            await book.load_members([asset])
            await book.load_bindings(book.names_of(asset) | {row.asset})
            if not any(each.until_at is None for name in book.names_of(asset) for each in book.by_name[name]):
                await self._alarms.missing(row, moment.known, moment)

    async def rebind(self, rows: list[BindingRow], moment: Moment) -> None:
        """Look at open bindings again after a place, an alias or a survey came or went."""
        for row in sorted(rows, key=lambda each: each.key()):
            if row.until_at is not None:
                continue
            place, surveyed = self.place_of(row.source, row.slot, row.stated, moment)
            if (place, surveyed) == (row.place, row.surveyed):
                continue
            await self.end(row, BindingEnd.REPLACED, moment)
            await self.begin(
                BindingRow(
                    row.source, row.scope, row.slot, row.asset, row.kind, row.container, row.container_slot, row.stated,
                    place, surveyed, moment.known, None, None, moment.known,
                ),
                moment,
            )  # fmt: skip
