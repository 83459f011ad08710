"""The identity graph as it is stored, read once in a transaction: parts, their values, who else has these."""

from collections.abc import Iterable, Sequence

from consumers.derive.book import Book
from schemas.words import Kind
from service.facts.carriers import Carriers, Part
from service.facts.identity import Placed
from service.facts.schemes import Value
from service.store import derived


class Parts:
    """Parts of one cell within one transaction; whoever changes the graph puts its changes in here."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.parts: dict[bytes, Placed | None] = {}  # None: looked up, and not there
        self.name_of: dict[bytes, str] = {}
        self._key_of: dict[str, bytes] = {}
        self._shared: dict[Value, bool] = {}
        self._holders: dict[Value, set[bytes]] = {}

    async def load_shared(self, values: Iterable[Value]) -> None:
        """Read which values are shared."""
        wanted = sorted({value for value in values if value not in self._shared})
        if not wanted:
            return
        for value in wanted:
            self._shared[value] = False
        columns = [list(column) for column in zip(*wanted, strict=True)]
        for row in await derived.rows(self._book.connection, "shared_among", self._book.cell, *columns):
            self._shared[_value(row)] = True

    async def load_parts(self, keys: Iterable[bytes]) -> None:
        """Read parts by their keys, with their values."""
        wanted = sorted({key for key in keys if key not in self.parts})
        if wanted:
            await self._take(await derived.rows(self._book.connection, "parts_by_key", self._book.cell, wanted), wanted)

    async def load_named(self, names: Iterable[str]) -> None:
        """Read parts by their names."""
        wanted = sorted({name for name in names if name not in self._key_of})
        if wanted:
            await self._take(await derived.rows(self._book.connection, "parts_by_asset", self._book.cell, wanted), ())

    async def _take(self, rows: Sequence[derived.Row], wanted: Iterable[bytes]) -> None:
        for key in wanted:
            self.parts[key] = None
        if not rows:
            return
        strong: dict[bytes, set[Value]] = {row["part"]: set() for row in rows}
        weak: dict[bytes, set[Value]] = {row["part"]: set() for row in rows}
        for stated in await derived.rows(self._book.connection, "values_of", self._book.cell, sorted(strong)):
            (strong if stated["strong"] else weak)[stated["part"]].add(_value(stated))
        for row in rows:
            found: bytes = row["part"]
            part = Part(found, Kind(row["kind"]), frozenset(strong[found]), frozenset(weak[found]), bool(row["alone"]))
            order = (row["at"], row["rank"], row["partition"], row["offset"], row["n"])
            self._hold(Placed(part, order), str(row["asset"]))
        await self._book.load_names(str(row["asset"]) for row in rows)

    def _hold(self, placed: Placed, name: str) -> None:
        key = placed.part.key
        self.parts[key] = placed
        self.name_of[key] = name
        self._key_of[name] = key
        for value in placed.part.strong | placed.part.weak:
            if value in self._holders:
                self._holders[value].add(key)

    async def _load_holders(self, values: Iterable[Value]) -> None:
        wanted = sorted({value for value in values if value not in self._holders})
        if not wanted:
            return
        for value in wanted:
            self._holders[value] = {
                key for key, one in self.parts.items() if one is not None and value in one.part.strong | one.part.weak
            }
        columns = [list(column) for column in zip(*wanted, strict=True)]
        rows = await derived.rows(self._book.connection, "holders", self._book.cell, *columns)
        await self.load_parts(row["part"] for row in rows)
        for row in rows:
            self._holders[_value(row)].add(row["part"])

    def is_shared(self, value: Value) -> bool:
        """Whether a value, looked up before, is known to stand on several things."""
        return self._shared[value]

    def part_named(self, name: str) -> Part:
        """Give the part of a name that was looked up before. Raises `KeyError` where none was."""
        placed = self.parts[self._key_of[name]]
        if placed is None:
            raise KeyError(name)
        return placed.part

    async def bearing(self, values: Iterable[Value]) -> list[str]:
        """Give the names of the parts that bear one of some values that are not shared, in the order of rule 5."""
        wanted = set(values)
        await self.load_shared(wanted)
        wanted = {value for value in wanted if not self._shared[value]}
        await self._load_holders(wanted)
        keys = {key for value in wanted for key in self._holders[value]}
        placed = [one for key in keys if (one := self.parts[key]) is not None]
        return [self.name_of[one.part.key] for one in sorted(placed, key=lambda one: (one.order, one.part.key))]

    async def prefetch(self, several: Iterable[Carriers]) -> None:
        """Read in a few statements what sighting many inventories will ask for."""
        carriers = [carrier for each in several for carrier in each.carriers]
        values = {value for carrier in carriers for value in carrier.strong | carrier.weak}
        await self.load_shared(values)
        await self._load_holders(value for value in values if not self._shared[value])

    async def of_assets(self, assets: Iterable[str]) -> dict[str, list[Part]]:
        """Give the parts of each of some assets, their values looked up for whether they are shared."""
        book = self._book
        wanted = sorted(assets)
        await book.load_names(wanted)
        await book.load_members(wanted)
        names = {asset: sorted(book.names_of(asset)) for asset in wanted}
        await self.load_named(name for several in names.values() for name in several)
        out: dict[str, list[Part]] = {}
        for asset, several in names.items():
            placed = [self.parts[self._key_of[name]] for name in several if name in self._key_of]
            out[asset] = [one.part for one in placed if one is not None]
        await self.load_shared({value for parts in out.values() for part in parts for value in part.strong | part.weak})
        return out

    async def nameless(self, assets: Iterable[str]) -> set[str]:
        """Give those of some assets of which no part has a value that could join it with anything."""
        return {
            asset
            for asset, parts in (await self.of_assets(assets)).items()
            if all(self._shared[value] for part in parts for value in part.strong | part.weak)
        }


def _value(row: derived.Row) -> Value:
    return Value(Kind(row["kind"]), str(row["scheme"]), str(row["scope"]), str(row["value"]))
