"""Identity, kept (SEMANTICS rules 14 to 16): sightings become parts, parts assets, as `service.facts` decides."""

from collections.abc import Iterable
from dataclasses import replace

from consumers.derive.book import Book
from consumers.derive.disputes import Disputes
from consumers.derive.events import mint, when
from consumers.derive.order import Moment
from consumers.derive.order import Order as Place
from consumers.derive.parts import Parts
from consumers.derive.rows import BindingRow
from service.facts.carriers import Carrier, Carriers, Part, part_of
from service.facts.identity import Component, Edge, Order, Placed, Resolution
from service.facts.records import Millis
from service.facts.schemes import Value


class Graph(Parts):
    """The identity graph of one cell within one transaction."""

    def __init__(self, book: Book) -> None:
        super().__init__(book)
        self._disputes = Disputes(book)

    # -- sighting ----------------------------------------------------------------------------------------------------

    async def sight(self, seen: Carriers, source: str, scope: str, moment: Moment) -> dict[str, str]:
        """Take the carriers of one inventory into the graph; gives the name of what stands in each slot."""
        await self.load_shared({value for c in seen.carriers for value in c.strong | c.weak} | seen.shared)
        newly = {value for value in seen.shared if not self._shared[value]}
        for value in newly:
            self._share(value, moment, by_people=False)
        parts = {c.slot: part_of(c, source, scope, self._known_shared()) for c in seen.carriers}
        await self.load_parts(part.key for part in parts.values())
        begun = self._admit(parts.values(), moment.order, moment.known, moment.known)
        if newly:
            await self._load_holders(newly)
            begun |= {key for value in newly for key in self._holders[value]}
        if begun:
            await self.settle(begun, moment)
            # What was scattered meanwhile stands under another key now.
            parts = {c.slot: part_of(c, source, scope, self._known_shared()) for c in seen.carriers}
            await self.load_parts(part.key for part in parts.values())
            again = self._admit(parts.values(), moment.order, moment.known, moment.known)
            if again:
                await self.settle(again, moment)
        return {slot: self.name_of[part.key] for slot, part in parts.items()}

    def _known_shared(self) -> frozenset[Value]:
        return frozenset(value for value, shared in self._shared.items() if shared)

    def _share(self, value: Value, moment: Moment, *, by_people: bool) -> None:
        self._shared[value] = True
        self._book.writes["add_shared"].append((*value, moment.known, by_people))
        self._book.append(moment, "shared", None, identifier=list(map(str, value)), by_people=by_people)

    def _admit(self, parts: Iterable[Part], order: Order, exists: Millis, known: Millis) -> set[bytes]:
        """Keep parts that are new, or have new weak values, as known from now on; their keys. A new one gets a name."""
        book = self._book
        begun: set[bytes] = set()
        for n, part in enumerate(parts):
            had = self.parts.get(part.key)
            if had is None:
                placed = Placed(part, (*order[:4], n))
                moment = Moment(exists, exists, Place(*placed.order))
                name = mint(book.cell, "asset", moment.order, part.key.hex())
                book.is_new(name, part.kind)
                book.writes["add_assets"].append((name, part.kind.value, exists, known))
                book.writes["add_parts"].append((part.key, name, part.kind.value, part.alone, *placed.order, known))
                open_values = [value for value in sorted(part.strong) if not self._shared.get(value)]
                book.writes["add_outbox"] += [
                    ((book.next_event << 20) + at, name, *value, exists) for at, value in enumerate(open_values)
                ]
                book.append(
                    moment, "asset", name, part=part.key.hex(), asset_kind=part.kind.value,
                    strong=[list(map(str, v)) for v in sorted(part.strong)],
                    weak=[list(map(str, v)) for v in sorted(part.weak)],
                )  # fmt: skip
                self._hold(placed, name)
                fresh = part.strong | part.weak
            else:
                fresh = part.weak - had.part.weak
                if not fresh:
                    continue
                merged = Part(part.key, part.kind, had.part.strong, had.part.weak | fresh, had.part.alone)
                self._hold(Placed(merged, had.order), self.name_of[part.key])
            strong = part.strong
            book.writes["add_values"] += [(*value, part.key, value in strong, known) for value in sorted(fresh)]
            begun.add(part.key)
        return begun

    # -- resolving ---------------------------------------------------------------------------------------------------

    async def settle(self, begun: set[bytes], moment: Moment) -> None:
        """Resolve the component that these parts belong to, and keep what comes out."""
        while begun:
            component = Component()
            await self._add(component, begun)
            while wanted := component.wanted():
                await self.load_shared(wanted.values)
                await self._load_holders(wanted.values)
                keys = {key for value in wanted.values for key in self._holders[value]} | set(wanted.parts)
                await self.load_parts(keys)
                await self._add(component, keys | set(wanted.edges_of))
            cuts = [edge for joins, edge in await self._edges() if not joins]
            begun = await self._keep(component.resolve(cuts), moment)

    async def again(self, names: set[str], moment: Moment) -> None:
        """Resolve again what these names are parts of: a person merged or parted them, or took that back."""
        await self.load_named(names)
        await self.settle({self._key_of[name] for name in names if name in self._key_of}, moment)

    async def any_strong(self, seen: Carriers) -> bool:
        """Whether an inventory holds a strong value that is not shared."""
        strong = {value for carrier in seen.carriers for value in carrier.strong}
        await self.load_shared(strong)
        return any(not self._shared[value] for value in strong)

    async def share(self, values: set[Value], moment: Moment) -> None:
        """Let values be shared, since people say so."""
        await self.load_shared(values)
        newly = {value for value in values if not self._shared[value]}
        for value in sorted(newly):
            self._share(value, moment, by_people=True)
        await self._load_holders(newly)
        await self.settle({key for value in newly for key in self._holders[value]}, moment)
        self._disputes.shared(values, moment)

    async def _add(self, component: Component, keys: Iterable[bytes]) -> None:
        placed = [one for key in sorted(keys) if (one := self.parts.get(key)) is not None]
        values = {value for one in placed for value in one.part.strong | one.part.weak}
        await self.load_shared(values)
        own = {one.part.key for one in placed}
        edges = [edge for joins, edge in await self._edges() if joins and own & set(edge)]
        component.add(placed, [value for value in values if self._shared[value]], edges)

    async def _edges(self) -> list[tuple[bool, Edge]]:
        edges = self._book.memory.edges.values()
        await self.load_named(name for _, one, other in edges for name in (one, other))
        return [(joins, (self._key_of[one], self._key_of[other])) for joins, one, other in edges]

    async def _keep(self, resolution: Resolution, moment: Moment) -> set[bytes]:
        book = self._book
        for value in sorted(resolution.shared):
            if not self._shared.get(value):
                self._share(value, moment, by_people=False)
        self._disputes.keep(
            resolution,
            {key: self.name_of[key] for one in resolution.disputed for key in one.parts},
            {value for key in resolution.parts() for value in self._values(key)},
            self._known_shared(),
            moment,
        )
        for group in resolution.groups:
            asset = self.name_of[group.first]
            for key in sorted(group.parts):
                name = self.name_of[key]
                before = book.asset_of(name)
                if book.rename(name, asset, moment):
                    book.touched.update(dict.fromkeys((before, asset)))
                    book.renamed |= {before, asset}
                    await book.load_within([name])
                    await book.load_names(row.asset for row in book.within[name])
                    book.touched.update(dict.fromkeys(book.asset_of(row.asset) for row in book.within[name]))
            if any(one is not None and one.part.alone for one in map(self.parts.get, group.parts)):
                await self._touch_within({self.name_of[key] for key in group.parts})
        begun: set[bytes] = set()
        for key in sorted(resolution.scattered):
            begun |= await self._scatter(key, moment)
        return begun

    async def _touch_within(self, names: set[str]) -> None:
        """Have what stands in things looked at again, however deep: something, or nothing, may name them now."""
        book = self._book
        seen: set[str] = set()
        while names:
            seen |= names
            await book.load_within(names)
            rows = [row for name in sorted(names) for row in book.within[name]]
            await book.load_names(row.asset for row in rows)
            assets = {book.asset_of(row.asset) for row in rows}
            book.touched.update(dict.fromkeys(sorted(assets)))
            await book.load_members(assets)
            names = {name for asset in assets for name in book.names_of(asset)} - seen

    def _values(self, key: bytes) -> frozenset[Value]:
        one = self.parts[key]
        return frozenset() if one is None else one.part.strong | one.part.weak

    async def _scatter(self, key: bytes, moment: Moment) -> set[bytes]:
        """Let each sighting of a part stand alone, in the past too: what joined them turned out to be shared."""
        book = self._book
        one = self.parts[key]
        if one is None:
            return set()
        name = self.name_of[key]
        await book.load_bindings([name])
        begun: set[bytes] = set()
        renamed: dict[tuple[str, str, str], str] = {}
        for row in sorted(book.by_name[name], key=lambda row: (row.from_at, *row.key())):
            carrier = Carrier(row.slot, one.part.kind, None, one.part.strong, one.part.weak)
            part = part_of(carrier, row.source, row.scope, self._known_shared())
            await self.load_parts([part.key])
            begun |= self._admit([part], (row.from_at, 1, 0, 0, 0), row.from_at, moment.known)
            renamed[(row.source, row.scope, row.slot)] = self.name_of[part.key]
            book.touched[self.name_of[part.key]] = None
        book.touched.update(dict.fromkeys((book.asset_of(name), name)))
        book.renamed |= {book.asset_of(name), name, *renamed.values()}
        book.rename(name, name, moment)
        await book.load_within([name])
        for row in [*book.by_name[name], *book.within[name]]:
            await self._correct(row, name, renamed, moment)
        return begun

    async def _correct(
        self, row: BindingRow, name: str, renamed: dict[tuple[str, str, str], str], moment: Moment
    ) -> None:
        """Put another name into a binding; as it was, it goes to the past with the period in which we believed it."""
        book = self._book
        asset = renamed.get((row.source, row.scope, row.slot), row.asset) if row.asset == name else row.asset
        container = row.container
        if container == name and row.container_slot is not None:
            container = renamed.get((row.source, row.scope, row.container_slot), container)
        if (asset, container) == (row.asset, row.container):
            return
        await book.load_names([row.asset])
        book.touched[book.asset_of(row.asset)] = None
        if row.known_from < moment.known:
            book.writes["add_past_bindings"].append((*row.columns(), moment.known))
        opened = row.until_at is None
        book.forget(row)
        book.begin(replace(row, asset=asset, container=container, known_from=moment.known, stored=False), opened=opened)
        book.append(
            moment, "binding_corrected", asset, source=row.source, scope=row.scope, slot=row.slot, container=container,
            since=when(row.from_at),
        )  # fmt: skip
