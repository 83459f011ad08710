"""What a deriver keeps of its cell from one transaction to the next. Thrown away with any failed transaction."""

from collections import OrderedDict
from dataclasses import dataclass, field

import orjson

from consumers.derive.rows import FindingRow
from consumers.terms import Terms
from consumers.terms import load as load_terms
from schemas.inventory import Identifier, Inventory, Item
from schemas.words import FindingKind, Kind, Scheme, Severity, SourceClass, Timing
from service.facts.announced import Plan
from service.facts.answered import Disclosure
from service.facts.carriers import Carriers, carriers
from service.facts.records import Millis, Places
from service.facts.schemes import Value
from service.store import derived
from service.store.pool import Connection

_INVENTORIES = 2_000  # split inventories kept; a fleet's racks are alike, their serials are not


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A gap that has not closed."""

    from_at: Millis
    opened_at: Millis
    run: int
    partition: int


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A dispute of identity that stands: its id, and the names that it keeps apart."""

    dispute: str
    assets: tuple[str, ...]


@dataclass(slots=True)
class Memory:
    """Reference data and open states of one cell: all but `classes` and `inventories` is what `load` would read."""

    cell: str
    places: Places = field(default_factory=Places)
    place_kinds: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    surveys: dict[tuple[str, str], str] = field(default_factory=dict)
    works: dict[str, list[Plan]] = field(default_factory=dict)  # ticket → every version of it, oldest first
    edges: dict[str, tuple[bool, str, str]] = field(default_factory=dict)  # act key → (joins, name, name)
    terms: Terms = field(default_factory=Terms)
    classes: dict[str, SourceClass] = field(default_factory=dict)
    gaps: dict[tuple[str, str], OpenGap] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)  # racks all of whose sources are silent → their sites
    speaking: dict[str, dict[int, Timing]] = field(default_factory=dict)  # source → runs that go on, none silent
    disputed: dict[Value, OpenDispute] = field(default_factory=dict)  # values whose dispute stands
    findings: dict[tuple[str, str], FindingRow] = field(default_factory=dict)
    dismissed: dict[tuple[str, str], FindingRow] = field(default_factory=dict)  # by people: the same raises none
    disclosures: list[Disclosure] = field(default_factory=list)
    inventories: OrderedDict[bytes, "Split"] = field(default_factory=OrderedDict)

    def source_class(self, source: str, at: Millis) -> SourceClass:
        """Class of a source: as enrolled by then, else as it first appeared."""
        term, _ = self.terms.at(source, at)
        enrolled = None if term is None else term.source_class
        return enrolled or self.classes.get(source, SourceClass.IN_BAND)

    def place_named(self, stated: str | None) -> str | None:
        """The place that a stated string names, by its name or an alias."""
        if stated is None or stated in self.place_kinds:
            return stated
        return self.aliases.get(stated)

    def rack_position(self, place: str) -> str:
        """The rack position that is or holds a place; the place itself where there is none."""
        for at in self.places.path(place):
            if self.place_kinds.get(at) == "rack_position":
                return at
        return place

    def site(self, place: str | None) -> str | None:
        """The outermost place that holds a place."""
        last = None
        for last in self.places.path(place) if place is not None else ():  # noqa: B007 - the last one is wanted
            pass
        return last

    def begin(self, source: str, run: int, timing: Timing) -> None:
        """Note that a run of a source begins."""
        self.speaking.setdefault(source, {})[run] = timing

    def end(self, source: str, run: int) -> None:
        """Note that a run ended, or fell silent."""
        runs = self.speaking.get(source, {})
        runs.pop(run, None)
        if not runs:
            self.speaking.pop(source, None)

    def speaks(self, source: str, *timings: Timing) -> bool:
        """Whether a run of a source goes on that has one of these timings."""
        return any(timing in timings for timing in self.speaking.get(source, {}).values())

    def remember(self, digest: bytes, split: "Split") -> None:
        """Keep a split inventory, forgetting the one longest unused."""
        self.inventories[digest] = split
        self.inventories.move_to_end(digest)
        while len(self.inventories) > _INVENTORIES:
            self.inventories.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Split:
    """An inventory, split by carrier; `stated` gives the place that the source states for a slot."""

    carriers: Carriers
    complete_for: frozenset[str]
    stated: dict[str, str]


def split(document: bytes) -> Split:
    """Read an inventory's canonical bytes and split it by carrier. Pure."""
    body = orjson.loads(document)
    items = tuple(
        Item(
            item["slot"],
            Kind(item["kind"]),
            item.get("within"),
            tuple(Identifier(Scheme(i["scheme"]), i["scope"], i["value"]) for i in item.get("identifiers", ())),
            item.get("place"),
        )
        for item in body["items"]
    )
    whole = Inventory(items, frozenset(Kind(kind) for kind in body["complete_for"]))
    stated = {item.slot: item.place for item in items if item.place is not None}
    return Split(carriers(whole), frozenset(body["complete_for"]), stated)


async def load(connection: Connection, cell: str) -> Memory:
    """Read everything that is kept in memory of a cell."""
    memory = Memory(cell)
    await load_places(connection, memory)
    for row in await derived.rows(connection, "surveys", cell):
        memory.surveys[(row["source"], row["slot"])] = row["place"]
    for row in await derived.rows(connection, "works", cell):
        assets, places, explains = (frozenset(row[name]) for name in ("assets", "places", "explains"))
        when = (row["known_from"], row["from_at"], row["until_at"])
        plan = Plan(row["ticket"], *when, assets, places, explains, row["cancelled"])
        memory.works.setdefault(plan.ticket, []).append(plan)
    for row in await derived.rows(connection, "edges", cell):
        memory.edges[row["key"]] = (row["joins"], row["one"], row["other"])
    for row in await derived.rows(connection, "all_open_gaps", cell):
        memory.gaps[(row["source"], row["scope"])] = OpenGap(
            row["from_at"], row["opened_at"], row["run"], row["partition"]
        )
    memory.silent = {row["rack"]: row["site"] for row in await derived.rows(connection, "silent_racks", cell)}
    for row in await derived.rows(connection, "speaking", cell):
        memory.speaking.setdefault(row["source"], {})[row["run"]] = Timing(row["timing"])
    for row in await derived.rows(connection, "open_identity_disputes", cell):
        value = Value(Kind(row["kind"]), row["scheme"], row["scope"], row["value"])
        memory.disputed[value] = OpenDispute(row["dispute"], tuple(row["assets"]))
    for row in await derived.rows(connection, "open_findings", cell):
        finding = FindingRow(*row.values())
        memory.findings[(finding.kind, finding.subject)] = finding
    for row in await derived.rows(connection, "dismissed_findings", cell):
        finding = FindingRow(*row.values())
        memory.dismissed[(finding.kind, finding.subject)] = finding
    for row in await derived.rows(connection, "disclosures", cell):
        kind, severity = row["kind"], row["severity"]
        said = Disclosure(kind and FindingKind(kind), severity and Severity(severity), row["hours"])
        memory.disclosures.append(said)
    return memory


async def load_places(connection: Connection, memory: Memory) -> None:
    """Read the places of a cell again."""
    rows = await derived.rows(connection, "places", memory.cell)
    memory.place_kinds = {row["place"]: row["kind"] for row in rows}
    memory.places = Places(
        {row["place"]: row["within"] for row in rows}, {row["place"]: row["country"] for row in rows if row["country"]}
    )
    memory.aliases = {row["alias"]: row["place"] for row in await derived.rows(connection, "aliases", memory.cell)}


async def load_new_terms(connection: Connection, memory: Memory, version: int) -> None:
    """Read the sources' terms again where they have changed."""
    if memory.terms.version != version:
        await load_terms(connection, memory.cell, version, memory.terms)


async def load_classes(connection: Connection, memory: Memory, sources: set[str]) -> None:
    """Read the classes as which sources first appeared."""
    if unknown := sources - memory.classes.keys():
        for row in await derived.rows(connection, "seen", memory.cell, sorted(unknown)):
            memory.classes[row["source"]] = SourceClass(row["source_class"])
