"""Streams about things within things: racks, chassis, boards and what is on them, seen by sources of different depth.

Each source tells as much as its kind knows: an agent nothing of boards and racks, a controller nothing of racks, a
shelf's manager and the books nothing of what is between. Identifiers come with more or less scope. Now and then
somebody is wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import orjson
from hypothesis import strategies as st

from schemas import acts
from schemas.acting import IdentifierAsked, Thing
from schemas.inventory import Identifier, Item
from schemas.statuses import StatusPut, StatusWithdraw, TransferAccept, TransferRelease
from schemas.words import Kind, PlaceKind, Scheme, SourceClass, Status
from service.facts.carriers import carriers, part_of
from tests.properties.streams import Fleet, put
from tests.reference.identifying import ref_of
from tests.support.records import (
    FACILITY_TYPE,
    HOUR,
    MINUTE,
    SECOND,
    START,
    Record,
    Stream,
    Unplaced,
    beat,
    digest_of,
    heartbeat,
    item,
    message,
    report,
    stated,
)

STEPS = (0, 1, SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 15 * MINUTE + 1, 20 * MINUTE)
POSITIONS = ("kl/h1/r1/p1", "kl/h1/r1/p2", "kl/h2/r1/p1")
COMPLETE = ((), (), (Kind.GPU,), (Kind.DRIVE, Kind.PSU), (Kind.CHASSIS,), (Kind.GPU, Kind.BOARD, Kind.NIC))

# What there is, and in what it stands at first; a thing's name is its kind and a number.
WITHIN = {
    "chassis0": "rack0", "chassis1": "rack0", "chassis2": "rack1", "board0": "chassis0", "board1": "chassis1",
    "gpu0": "board0", "gpu1": "board0", "gpu2": "board1", "gpu3": "chassis2", "nic0": "chassis0", "nic1": "chassis1",
    "drive0": "chassis0", "drive1": "chassis2", "psu0": "chassis0", "psu1": "rack0",
}  # fmt: skip
MOVES = {
    "chassis": ("rack0", "rack1", "rack0", ""),
    "board": ("chassis0", "chassis1", "chassis2"),
    "gpu": ("board0", "board1", "chassis2", ""),
    "nic": ("chassis0", "chassis1"),
    "drive": ("chassis0", "chassis1", "chassis2", ""),
    "psu": ("chassis0", "rack0", "rack1"),
}


def kind_of(thing: str) -> Kind:
    """Give the kind of a thing."""
    return Kind(thing.rstrip("0123456789"))


@dataclass(slots=True)
class Hall:
    """Where everything is, and what is said of it."""

    fleet: Fleet
    within: dict[str, str] = field(default_factory=lambda: dict(WITHIN))
    renamed: dict[str, str] = field(default_factory=dict)  # things that bear another one's name, or none
    refs: dict[Kind, set[str]] = field(default_factory=dict)  # what acts may name
    edges: list[str] = field(default_factory=list)  # keys of acts that merged or parted
    said: list[str] = field(default_factory=list)  # keys of acts about statuses

    def inside(self, outer: str) -> Iterator[str]:
        """Give all that stands in something, however deep, containers first."""
        for thing, holder in self.within.items():
            if holder == outer:
                yield thing
                yield from self.inside(thing)

    def above(self, thing: str, seen: set[str]) -> str | None:
        """Give the innermost of the things that a source sees in which another one stands."""
        at = self.within.get(thing, "")
        while at and at not in seen:
            at = self.within.get(at, "")
        return at or None

    def identifiers(self, thing: str, view: str) -> tuple[Identifier, ...]:
        """Give what a kind of source reads on a thing."""
        name = self.renamed.get(thing, thing)
        number = int(name[-1]) if name[-1:].isdigit() else 0
        full = Identifier(Scheme.SERIAL, f"acme/{name[:-1]}", f"SN-{name}-000")
        maker = replace(full, scope="acme")
        unscoped = replace(full, scope="")
        tag = Identifier(Scheme.ASSET_TAG, "", f"TAG-{name}")
        uuid = f"{number + 1:08x}-1111-4222-8333-444455556666"
        module = Identifier(Scheme.MODULE_SERIAL, "acme/mod", f"SN-board{number // 2}-000")
        by_kind: dict[Kind, dict[str, tuple[Identifier, ...]]] = {
            Kind.RACK: {"books": (full, tag), "": (full,)},
            Kind.CHASSIS: {
                "agent": (maker, Identifier(Scheme.SYSTEM_UUID, "", uuid)),
                "bmc": (full, Identifier(Scheme.BOARD_SERIAL, "acme/mb", f"MB-{number}-0000")),
                "books": (unscoped, tag),
                "": (full,),
            },
            Kind.GPU: {
                "agent": (Identifier(Scheme.GPU_UUID, "", f"GPU-{uuid}"),),
                "bmc": (full, module),
                "": (full, Identifier(Scheme.GPU_UUID, "", f"GPU-{uuid}")),
            },
            Kind.NIC: {"": (Identifier(Scheme.MAC, "", f"00:25:90:aa:bb:{number:02x}"),)},
            Kind.DRIVE: {
                "agent": (Identifier(Scheme.WWN, "", f"5000c500a1b2c3{number:02x}"), unscoped),
                "": (full, Identifier(Scheme.WWN, "", f"5000c500a1b2c3{number:02x}")),
            },
        }
        views = by_kind.get(kind_of(thing)) or {"": (full,), "books": (tag,)}
        return views.get(view, views[""]) if name != "-" else ()

    def item(self, thing: str, view: str, seen: set[str], *, place: str | None = None) -> Item:
        """Give what a source says of a thing among all that it sees."""
        return item(thing, kind_of(thing), *self.identifiers(thing, view), within=self.above(thing, seen), place=place)


def _seen(hall: Hall) -> tuple[str, str, str, list[str]]:
    """Choose a source and a scope: (source, scope, what it is, the things that it sees)."""
    number = hall.fleet.number(0, 2)
    chassis = f"chassis{number}"
    inside = list(hall.inside(chassis))
    match hall.fleet.pick("agent", "agent", "storage", "bmc", "bmc", "psu", "shelf", "books"):
        case "agent":
            return f"agent{number}", "node", "agent", [chassis, *_of(inside, Kind.GPU, Kind.NIC, Kind.DRIVE)]
        case "storage":
            return f"agent{number}", "storage", "agent", _of(inside, Kind.DRIVE) or [chassis]
        case "bmc":
            return f"bmc{number}", "node", "bmc", [chassis, *_of(inside, Kind.BOARD, Kind.GPU, Kind.NIC)]
        case "psu":
            return f"bmc{number}", "psu", "bmc", [chassis, *_of(inside, Kind.PSU)]
        case "shelf":
            rack = f"rack{number % 2}"
            kinds = hall.fleet.pick((Kind.CHASSIS,), (Kind.GPU,), (Kind.PSU, Kind.CHASSIS), (Kind.BOARD, Kind.DRIVE))
            assert isinstance(kinds, tuple)
            return f"shelf{number % 2}", "node", "shelf", [rack, *_of(list(hall.inside(rack)), *kinds)]
        case _:
            some = [thing for thing in hall.within if kind_of(thing) in (Kind.CHASSIS, Kind.BOARD)]
            return "books", "node", "books", ["rack0", "rack1", *some]


def _of(things: list[str], *kinds: Kind) -> list[str]:
    return [thing for thing in things if kind_of(thing) in kinds]


def reported(hall: Hall) -> tuple[str, Unplaced]:
    fleet = hall.fleet
    source, scope, view, things = _seen(hall)
    place = str(fleet.pick(*POSITIONS, "alias-1")) if view == "books" and fleet.chance(2) else None
    items = [
        hall.item(thing, view, set(things), place=place if thing.startswith(("rack", "chassis0")) else None)
        for thing in dict.fromkeys(things)
    ]
    if fleet.chance(6):  # wrong about one thing
        which, other = fleet.number(0, len(items) - 1), fleet.number(0, len(items) - 1)
        if items[other].within != items[which].slot and other != which and items[other].slot not in ("", None):
            holder = items[other].slot if _rank(items[other].kind) < _rank(items[which].kind) else None
            items[which] = replace(items[which], within=holder)
    complete = fleet.pick(*COMPLETE)
    assert isinstance(complete, tuple)
    fleet.said[f"{source} {scope}"] = digest_of(items, complete)
    for carrier in carriers(stated(items)).carriers:
        hall.refs.setdefault(carrier.kind, set()).add(ref_of(part_of(carrier, source, scope).key))
    return source, report(source, items, time=_time(fleet), scope=scope, complete_for=complete)


def _rank(kind: Kind) -> int:
    return {Kind.RACK: 0, Kind.CHASSIS: 1, Kind.BOARD: 2}.get(kind, 3)


def _time(fleet: Fleet) -> int:
    return fleet.now if fleet.number(0, 9) else fleet.now - HOUR


def unchanged(hall: Hall) -> tuple[str, Unplaced] | None:
    if not hall.fleet.said:
        return None
    who = str(hall.fleet.pick(*sorted(hall.fleet.said)))
    source, scope = who.split()
    return source, heartbeat(source, hall.fleet.said[who], time=_time(hall.fleet), scope=scope)


def ports(hall: Hall) -> tuple[str, Unplaced]:
    fleet = hall.fleet
    seen = [
        {"slot": f"port/{n}", "sees": {"kind": "nic", "identifiers": [{"scheme": "mac", "value": i.value}]}}
        for n, thing in enumerate(("nic0", "nic1") if fleet.chance(2) else ("nic1", "nic0"))
        for i in hall.identifiers(thing, "")
    ]
    body = orjson.dumps({"scope": "ports", "complete_for": ["nic"] if fleet.chance(2) else [], "observations": seen})
    if not seen or fleet.chance(4):
        return "switch", heartbeat("switch", b"\2" * 32, time=_time(fleet), scope="ports")
    return "switch", message("switch", body, time=_time(fleet), type_=FACILITY_TYPE)


def change(hall: Hall) -> None:
    """Move something, or let it bear another name; nobody has said so yet."""
    things = list(WITHIN)
    thing = things[hall.fleet.number(0, len(things) - 1)]
    if hall.fleet.number(0, 4):
        hall.within[thing] = str(hall.fleet.pick(*MOVES[kind_of(thing).value]))
    else:
        alike = [each for each in things if kind_of(each) is kind_of(thing)]
        hall.renamed[thing] = str(hall.fleet.pick(*alike, "-"))


def _said(hall: Hall) -> acts.CellAct:
    fleet = hall.fleet
    key = fleet.stream.key()
    source = str(fleet.pick("agent0", "bmc0", "bmc1", "shelf0", "books", "switch"))
    match fleet.pick("enrol", "retire", "survey", "place", "status", "status", "names", "names", "names"):
        case "enrol":
            of = {"agent": "in_band", "bmc": "out_of_band", "books": "person", "switch": "facility"}
            class_ = SourceClass(of.get(source.rstrip("01"), "facility"))
            return acts.SourceEnrol(
                key=key, by="person-1", source=source, source_class=class_,
                interval_s=60 if fleet.chance(2) else 600, lateness_s=7200 if fleet.chance(4) else 120,
            )  # fmt: skip
        case "retire":
            return acts.SourceRetire(key=key, by="person-1", source=source)
        case "survey":
            port = f"port/{fleet.number(0, 1)}"
            place = str(fleet.pick(*POSITIONS))
            return acts.SurveyPut(key=key, by="person-1", source="switch", positions={port: place})
        case "place":
            kind, within = PlaceKind.RACK_POSITION, str(fleet.pick("kl", "kl/h1", "kl/h2", "kl/h1/r1/p1", "nowhere"))
            place, alias = str(fleet.pick(*POSITIONS, "kl/h2")), ("alias-1",) if fleet.chance(2) else ()
            return acts.PlacePut(key=key, by="person-1", place=place, kind=kind, within=within, alias=alias)
        case "status":
            return said_of_statuses(hall, key)
        case _:
            return said_of_names(hall, key)


def said_of_names(hall: Hall, key: str) -> acts.CellAct:
    fleet = hall.fleet
    match fleet.pick("share", "merge", "merge", "part", "part", "undo"):
        case "merge" | "part" as what:
            kind = fleet.pick(Kind.CHASSIS, Kind.GPU, Kind.DRIVE, Kind.RACK)
            assert isinstance(kind, Kind)
            refs = sorted(hall.refs.get(kind, {"00000000-0000-0000-0000-000000000000"}))
            pair = (str(fleet.pick(*refs)), str(fleet.pick(*refs)))
            made = acts.AssetMerge if what == "merge" else acts.AssetPart
            hall.edges.append(key)
            return made(key=key, by="person-1", assets=pair)
        case "undo":
            return acts.AssetUndo(key=key, by="person-1", undoes=str(fleet.pick(*hall.edges, "act-1")))
        case _:
            which = fleet.pick(("acme/gpu", "SN-gpu0-000"), ("acme/chassis", "SN-chassis0-000"), ("", "SN-drive0-000"))
            assert isinstance(which, tuple)
            return acts.IdentifierShare(key=key, by="person-1", scheme=Scheme.SERIAL, scope=which[0], value=which[1])


def named_things(hall: Hall) -> list[Thing]:
    """Name things that are there, or are not yet, by whatever is printed on them."""
    fleet = hall.fleet
    things = []
    for _ in range(fleet.number(1, 2)):
        named = str(fleet.pick(*WITHIN))
        borne = hall.identifiers(named, str(fleet.pick("agent", "bmc", "books", "")))
        if borne:
            one = borne[fleet.number(0, len(borne) - 1)]
            asked = IdentifierAsked(scheme=one.scheme, scope=one.scope if fleet.chance(2) else None, value=one.value)
            things.append(Thing(kind=kind_of(named), identifier=asked))
    return things


def said_of_statuses(hall: Hall, key: str) -> acts.CellAct:
    """Say something of the status of things."""
    fleet = hall.fleet
    things = named_things(hall)
    before = str(fleet.pick(*hall.said, "act-1"))
    what = fleet.pick("put", "put", "release", "accept", "withdraw") if things else "withdraw"
    if what in {"put", "release"}:
        hall.said.append(key)
    match what:
        case "put":
            status = Status(str(fleet.pick("spare", "in_repair", "scrapped")))
            place = fleet.pick(None, *POSITIONS)
            given = {"key": key, "by": "person-1", "things": things, "status": status, "place": place}
            return StatusPut.model_validate(given)
        case "release":
            return TransferRelease(key=key, by="person-1", things=tuple(things), party="party-1")
        case "accept":
            some = tuple(things) if fleet.chance(2) else ()
            return TransferAccept(key=key, by="party-1", releases=before, things=some)
        case _:
            return StatusWithdraw(key=key, by="person-1", withdraws=before)


def world(stream: Stream) -> None:
    stream.act(START, acts.SitePut(key=stream.key(), by="person-1", site="kl", country="MY"))
    halls = [("kl/h1", PlaceKind.HALL, "kl"), ("kl/h2", PlaceKind.HALL, "kl")]
    for place, kind, within in [*halls, *((each, PlaceKind.RACK_POSITION, each[:5]) for each in POSITIONS)]:
        stream.act(START, acts.PlacePut(key=stream.key(), by="person-1", place=place, kind=kind, within=within))


@st.composite
def halls(draw: st.DrawFn, most: int = 24) -> tuple[tuple[Record, ...], int]:
    """Draw the records of a cell, and the number of its telemetry partitions."""
    stream = Stream(partitions=draw(st.integers(1, 2)))
    hall = Hall(Fleet(draw, stream))
    fleet = hall.fleet
    world(stream)
    for _ in range(draw(st.integers(1, most))):
        fleet.now += int(str(fleet.pick(*STEPS)))
        made: tuple[str, Unplaced] | None = None
        match fleet.pick(
            "report", "report", "report", "report", "change", "change", "heartbeat", "ports", "act", "beats"
        ):
            case "report":
                made = reported(hall)
            case "heartbeat":
                made = unchanged(hall)
            case "ports":
                made = ports(hall)
            case "change":
                change(hall)
            case "beats":
                stream.beats(fleet.now)
            case _:
                stream.act(fleet.now, _said(hall))
        if made is not None:
            put(fleet, *made)
    stream.put(fleet.now, beat())
    stream.beats(fleet.now + int(str(fleet.pick(SECOND, 16 * MINUTE, 2 * HOUR))))
    return stream.records(), stream.partitions
