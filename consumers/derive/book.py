"""One cell's facts while a transaction derives: rows are read once, changed in memory, and written together at the end.

A `Book` belongs to one transaction. Names and assets: a name is minted once for each part of the identity graph; the
asset that it belongs to may change, and every row that is kept by name stays.
"""

from collections import defaultdict
from collections.abc import Iterable

from consumers.derive.events import Event, event, mint
from consumers.derive.memory import Memory, OpenGap, load_classes
from consumers.derive.order import TELEMETRY, Begun, Moment
from consumers.derive.rows import BindingRow, FindingRow, NameRow, WhereRow
from schemas.canonical import Json
from schemas.words import RunEnd, Timing
from service.facts.records import Dispute, Millis, Run
from service.facts.runs import offset_of
from service.store import derived
from service.store.pool import Connection

Pair = tuple[str, str]  # (source, scope)


class Book:
    """See the module. `touched` collects the assets whose whereabouts are to be looked at again at this moment."""

    def __init__(self, connection: Connection, cell: str, salt_key: bytes, next_event: int, memory: Memory) -> None:
        self.connection = connection
        self.cell = cell
        self.memory = memory
        self.next_event = next_event
        self._salt_key = salt_key
        # Identity: the asset of each name (a name that nobody joined is its own), and the names of each asset.
        self.names: dict[str, NameRow | None] = {}
        self.members: dict[str, set[str]] = {}
        self._joined: dict[str, set[str]] = defaultdict(set)  # what was joined to each in this transaction
        self.kinds: dict[str, str] = {}
        # What sources say, by pair, by asset's name, by container's name; and their runs.
        self.open: dict[Pair, dict[str, BindingRow]] = {}
        self.by_name: dict[str, list[BindingRow]] = {}
        self.within: dict[str, list[BindingRow]] = {}
        self.runs: dict[Pair, list[tuple[Begun, Run]]] = {}
        self.gone: set[tuple[str, str, str, Millis]] = set()  # stored rows that were taken out
        self.rows: dict[tuple[str, str, str, Millis], BindingRow] = {}
        # What follows.
        self.where: dict[str, list[WhereRow]] = {}
        self.disputes: dict[str, dict[Dispute, tuple[Millis, bool]]] = {}
        self.decisions: dict[str, Millis | None] = {}
        self.decided: set[str] = set()  # assets that have a row in `decision`
        self.touched: dict[str, None] = {}
        self.lifting: set[str] = set()  # touched ones that lost a surveyed place, which was their containers' too
        self.renamed: set[str] = set()  # touched ones that are other parts than before: they may have, by one of these
        # What is to be written: statement → rows.
        self.writes: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        self.gaps: dict[tuple[str, str, Millis], tuple[OpenGap, Millis | None, bool]] = {}  # with end, and if stored
        self.silent: dict[str, str | None] = {}  # racks that fell silent, with their sites, or (None) are no more
        self.joined: set[str] = set()  # silent racks that turned out to be others
        self.identity_disputes: list[tuple[object, ...]] = []
        self.findings: dict[str, FindingRow] = {}
        self.events: list[Event] = []
        self.ended: set[tuple[str, str, str, Millis]] = set()

    # -- ids and events ----------------------------------------------------------------------------------------------

    def mint(self, what: str, moment: Moment) -> str:
        """Mint an id at a moment, for what the next event is about: no two events have one number."""
        return mint(self.cell, what, moment.order, str(self.next_event))

    def append(self, moment: Moment, kind: str, subject: str | None = None, **facts: Json) -> None:
        """Append an event."""
        self.events.append(event(self.cell, self._salt_key, self.next_event, moment.known, kind, subject, **facts))
        self.next_event += 1

    # -- names -------------------------------------------------------------------------------------------------------

    def asset_of(self, name: str) -> str:
        """The asset that a (loaded) name belongs to now."""
        row = self.names.get(name)
        return name if row is None else row.asset

    def names_of(self, asset: str) -> set[str]:
        """All (loaded) names that belong to an asset now; none where it was joined to another."""
        own = {asset} if self.asset_of(asset) == asset else set()
        return own | {name for name in self.members.get(asset, ()) if self.asset_of(name) == asset}

    def is_new(self, name: str, kind: str) -> None:
        """Note that a name was minted in this transaction: nothing is stored about it."""
        self.names[name] = None
        self.members[name] = set()
        self.kinds[name] = kind
        self.by_name[name] = []
        self.within[name] = []
        self.where[name] = []
        self.disputes[name] = {}
        self.decisions[name] = None

    async def load_names(self, names: Iterable[str]) -> None:
        """Read which assets names belong to."""
        wanted = sorted({name for name in names if name not in self.names})
        if not wanted:
            return
        for name in wanted:
            self.names[name] = None
        for row in await derived.rows(self.connection, "names", self.cell, wanted):
            self.names[row["name"]] = NameRow(row["name"], row["asset"], row["known_from"], stored=True)

    async def load_members(self, assets: Iterable[str]) -> None:
        """Read all names of assets."""
        wanted = sorted({asset for asset in assets if asset not in self.members})
        if not wanted:
            return
        for asset in wanted:
            self.members[asset] = set(self._joined[asset])
        for row in await derived.rows(self.connection, "names_of_assets", self.cell, wanted):
            self.members[row["asset"]].add(row["name"])
            self.names.setdefault(row["name"], NameRow(row["name"], row["asset"], row["known_from"], stored=True))

    def rename(self, name: str, asset: str, moment: Moment) -> bool:
        """Let a name belong to an asset from now on; whether that is new."""
        before = self.names.get(name)
        if self.asset_of(name) == asset:
            return False
        if before is not None:
            if before.stored:
                self.writes["close_names"].append((name, before.known_from, moment.known))
            elif before.known_from < moment.known:
                self.writes["add_names"].append((name, before.asset, before.known_from, moment.known))
        if name != asset and name in self.memory.silent:
            self.joined.add(name)
        self.names[name] = None if asset == name else NameRow(name, asset, moment.known)
        self._joined[asset].add(name)
        if asset in self.members:
            self.members[asset].add(name)
        self.append(moment, "name", name, belongs_to=asset)
        return True

    # -- bindings ----------------------------------------------------------------------------------------------------

    def keep(self, record: derived.Row) -> BindingRow | None:
        """Hold a row once, whichever way it was read; None where it was taken out in this transaction."""
        row = _binding(record)
        had = self.rows.get(row.key())
        if had is not None or row.key() in self.gone:
            return had
        self.rows[row.key()] = row
        return row

    async def load_open(self, pairs: Iterable[Pair]) -> None:
        """Read the open bindings of sources and scopes."""
        wanted = sorted({pair for pair in pairs if pair not in self.open})
        if not wanted:
            return
        for pair in wanted:
            self.open[pair] = {}
        columns = [list(column) for column in zip(*wanted, strict=True)]
        for record in await derived.rows(self.connection, "open_bindings", self.cell, *columns):
            row = self.keep(record)
            if row is not None and row.until_at is None:
                self.open[(row.source, row.scope)][row.slot] = row

    async def load_bindings(self, names: Iterable[str]) -> None:
        """Read all bindings of names."""
        wanted = {name for name in names if name not in self.by_name}
        if wanted:
            for record in await derived.rows(self.connection, "bindings_of", self.cell, sorted(wanted)):
                self.keep(record)
            self.by_name.update({name: [] for name in wanted})
            for row in self.rows.values():
                if row.asset in wanted:
                    self.by_name[row.asset].append(row)

    async def load_within(self, names: Iterable[str]) -> None:
        """Read all bindings of what stood in containers."""
        wanted = {name for name in names if name not in self.within}
        if wanted:
            for record in await derived.rows(self.connection, "bindings_within", self.cell, sorted(wanted)):
                self.keep(record)
            self.within.update({name: [] for name in wanted})
            for row in self.rows.values():
                if row.container is not None and row.container in wanted:
                    self.within[row.container].append(row)

    async def load_runs(self, pairs: Iterable[Pair]) -> None:
        """Read the covering runs of sources and scopes whose inventory is known, and where in the order each began."""
        wanted = sorted({pair for pair in pairs if pair not in self.runs})
        if not wanted:
            return
        for pair in wanted:
            self.runs[pair] = []
        columns = [list(column) for column in zip(*wanted, strict=True)]
        for record in await derived.rows(self.connection, "runs_of", self.cell, *columns):
            if record["known"] and record["timing"] != Timing.LATE:
                begun = (record["first_at"], TELEMETRY, record["partition"], offset_of(record["run"]))
                self.runs[(record["source"], record["scope"])].append((begun, run_of(record)))

    async def load_sources(self, sources: Iterable[str]) -> None:
        """Read the classes of sources that are not in memory."""
        await load_classes(self.connection, self.memory, set(sources))

    async def load_where(self, assets: Iterable[str]) -> None:
        """Read the whereabouts and disputes of assets as they stand, and when they are to be decided."""
        wanted = sorted({asset for asset in assets if asset not in self.where})
        if not wanted:
            return
        for asset in wanted:
            self.where[asset] = []
            self.disputes[asset] = {}
            self.decisions.setdefault(asset, None)
        for record in await derived.rows(self.connection, "whereabouts_of", self.cell, wanted):
            where = WhereRow(*record.values())
            where.stored = True
            self.where[where.asset].append(where)
        for record in await derived.rows(self.connection, "disputes_of", self.cell, wanted):
            asset, from_at, until_at, a, b, c, d, e, f, known = record.values()
            self.disputes[asset][Dispute(from_at, until_at, (a, b, c), (d, e, f))] = (known, True)
        for record in await derived.rows(self.connection, "decisions_of", self.cell, wanted):
            self.decided.add(record["asset"])
            self.decisions[record["asset"]] = record["at"]

    def begin(self, row: BindingRow, *, opened: bool = True) -> None:
        """Add a binding, which stands open or (a corrected one) has ended."""
        self.rows[row.key()] = row
        if opened and (row.source, row.scope) in self.open:
            self.open[(row.source, row.scope)][row.slot] = row
        if row.asset in self.by_name:
            self.by_name[row.asset].append(row)
        if row.container is not None and row.container in self.within:
            self.within[row.container].append(row)

    def end(self, row: BindingRow, at: Millis, cause: str) -> None:
        """Close a binding; one that would have held no time is as if it had never been."""
        self.open[(row.source, row.scope)].pop(row.slot, None)
        if row.from_at >= at:
            self.forget(row)
            return
        row.until_at, row.end = at, cause
        if row.stored:
            self.ended.add(row.key())

    def forget(self, row: BindingRow) -> None:
        """Take a row out, from memory and from its table."""
        del self.rows[row.key()]
        self.ended.discard(row.key())
        if row in self.by_name.get(row.asset, ()):
            self.by_name[row.asset].remove(row)
        if row.container is not None and row in self.within.get(row.container, ()):
            self.within[row.container].remove(row)
        if row.stored:
            self.gone.add(row.key())
            self.writes["drop_bindings"].append(row.key())


def _binding(record: derived.Row) -> BindingRow:
    row = BindingRow(*record.values())  # the statements list the columns in this order
    row.stored = True
    return row


def run_of(record: derived.Row) -> Run:
    """Make a run of a row of the table `run`."""
    end = record["end_cause"]
    return Run(
        record["first_at"], record["last_at"], record["tolerance_ms"], Timing(record["timing"]), record["until_at"],
        None if end is None else RunEnd(end),
    )  # fmt: skip
