"""Streams of records: small fleets in which everything that goes wrong goes wrong at once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import orjson
from hypothesis import strategies as st

from schemas import acts
from schemas.acting import Thing
from schemas.inventory import Identifier, Item
from schemas.statuses import StatusAct, StatusPut, StatusWithdraw, TransferAccept, TransferRelease
from schemas.words import Kind, PlaceKind, Scheme, SourceClass, Status
from tests.properties.driving import Step
from tests.support.records import (
    ACTS,
    FACILITY_TYPE,
    HOUR,
    MINUTE,
    SECOND,
    START,
    TELEMETRY,
    Record,
    Stream,
    Unplaced,
    act_body,
    beat,
    digest_of,
    heartbeat,
    item,
    message,
    report,
    serial,
)

NODES = 2
PLACES = ("kl/h1/r1/p1", "kl/h1/r1/p2")
MACS = tuple(f"00:25:90:aa:bb:{n:02x}" for n in range(NODES))
SERIALS = ("GPU-SN-0001", "GPU-SN-0002", "GPU-SN-0003", "N/A")
GARBAGE = (b"", b"{", b"\xff\xfe", b'{"scope":"node","items":[]}', b"[]", b'{"scope":"node","scope":"x"}', None)
STEPS = (0, 0, 1, SECOND, 10 * SECOND, 30 * SECOND, 30 * SECOND + 1, MINUTE, 5 * MINUTE, 15 * MINUTE, 15 * MINUTE + 1)


@dataclass(slots=True)
class Fleet:
    """What stands where, and what was said of it last."""

    draw: Callable[[st.SearchStrategy[object]], object]
    stream: Stream
    now: int = START
    slots: list[list[int]] = field(default_factory=lambda: [[0], [1]])  # the serials in each node
    node_serial: list[str] = field(default_factory=lambda: ["CH-0001", "CH-0002"])
    said: dict[str, bytes] = field(default_factory=dict)

    def pick(self, *options: object) -> object:
        """Choose one."""
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        """Choose a number."""
        return int(str(self.draw(st.integers(low, high))))

    def chance(self, of: int) -> bool:
        """Say yes one time in so many."""
        return self.number(1, of) == 1

    def node(self, index: int, *, gpus: bool = True) -> list[Item]:
        """Give what an agent or a BMC sees of a node."""
        chassis = item("chassis", Kind.CHASSIS, serial(self.node_serial[index], "acme/c1"))
        nic = item("nic/0", Kind.NIC, Identifier(Scheme.MAC, "", MACS[index]), within="chassis")
        held = [
            item(f"gpu/{n}", Kind.GPU, serial(SERIALS[which], "nv/h200"), within="chassis")
            for n, which in enumerate(self.slots[index])
        ]
        return [chassis, nic, *(held if gpus else [])]


def _report(fleet: Fleet) -> tuple[str, Unplaced]:
    index = fleet.number(0, NODES - 1)
    source = str(fleet.pick(f"agent{index}", f"bmc{index}"))
    items = fleet.node(index, gpus=source.startswith("agent") or fleet.chance(2))
    if fleet.chance(4):
        items[0] = replace(items[0], identifiers=())  # nothing names the chassis
    if fleet.chance(4):
        rack = item("rack", Kind.RACK, serial(str(fleet.pick("RACK-0001", "RACK-0002")), "acme/r"))
        items = [replace(items[0], within="rack"), *items[1:], rack]
    if fleet.chance(4):
        module = item("module", Kind.BOARD, serial(f"MODULE-000{index}", "acme/m"), within="chassis")
        items = [*(replace(each, within="module") if each.kind is Kind.GPU else each for each in items), module]
    if fleet.chance(4):
        items[0] = replace(items[0], place=str(fleet.pick(*PLACES, "alias-1", "nowhere")))
    complete = fleet.pick((), (Kind.GPU,), (Kind.GPU, Kind.NIC))
    assert isinstance(complete, tuple)
    fleet.said[source] = digest_of(items, complete)
    return source, report(source, items, time=_event(fleet), complete_for=complete)


def _event(fleet: Fleet) -> int | None:
    shift = fleet.pick(0, 0, 0, 0, 0, -HOUR, HOUR, 2 * MINUTE, -2 * MINUTE - 1, None)
    return fleet.now + shift if isinstance(shift, int) else None


def _heartbeat(fleet: Fleet) -> tuple[str, Unplaced]:
    index = fleet.number(0, NODES - 1)
    source = str(fleet.pick(f"agent{index}", f"bmc{index}"))
    known = [fleet.said.get(source, b"\0" * 32)] * 4 + sorted(fleet.said.values()) + [b"\1" * 32]
    digest = fleet.pick(*known)
    assert isinstance(digest, bytes)
    return source, heartbeat(source, digest, time=_event(fleet))


def _facility(fleet: Fleet) -> tuple[str, Unplaced]:
    ports = [0, 1] if fleet.chance(2) else [1, 0]
    seen = [
        {"slot": f"port/{n}", "sees": {"kind": "nic", "identifiers": [{"scheme": "mac", "value": MACS[which]}]}}
        for n, which in enumerate(ports[: fleet.number(1, 2)])
    ]
    body = orjson.dumps({"scope": "ports", "complete_for": ["nic"] if fleet.chance(2) else [], "observations": seen})
    return "switch", message("switch", body, time=_event(fleet), type_=FACILITY_TYPE)


def _garbage(fleet: Fleet) -> tuple[str, Unplaced]:
    source = str(fleet.pick("bmc1", "stranger"))  # nobody enrols them: no budget is spent (rule 35)
    body = fleet.pick(*GARBAGE)
    assert body is None or isinstance(body, bytes)
    made = message(source, body, time=fleet.now, type_=str(fleet.pick("io.holdfast.report.v1", "no.such.type")))
    wrong = fleet.pick(made, replace(made, key=b"other"), replace(made, headers=()), replace(made, key=None))
    assert isinstance(wrong, Unplaced)
    return source, wrong


def _change(fleet: Fleet) -> None:
    """Swap, move, clone, add or take something away; nobody has said so yet."""
    index = fleet.number(0, NODES - 1)
    other = 1 - index
    match fleet.pick("move", "swap", "add", "remove", "chassis"):
        case "move" if fleet.slots[index]:
            fleet.slots[other].append(fleet.slots[index].pop())
        case "swap":
            fleet.slots[0], fleet.slots[1] = fleet.slots[1], fleet.slots[0]
        case "add" if len(fleet.slots[index]) < 3:
            fleet.slots[index].append(fleet.number(0, len(SERIALS) - 1))
        case "remove" if fleet.slots[index]:
            fleet.slots[index].pop()
        case "chassis":
            fleet.node_serial[index] = str(fleet.pick("CH-0001", "CH-0002", "CH-0003"))
        case _:
            pass


def _act(fleet: Fleet) -> Unplaced:
    said = acts.body(_status(fleet) if fleet.chance(5) else _said(fleet))
    return act_body(said if fleet.number(0, 9) else b'{"act":"no.such.act"}')


def _said(fleet: Fleet) -> acts.CellAct:
    key = fleet.stream.key() if fleet.number(0, 9) else "act-1"
    source = str(fleet.pick("agent0", "agent1", "bmc0", "switch"))
    match fleet.pick("enrol", "enrol", "retire", "survey", "survey", "unsurvey", "place", "share"):
        case "enrol":
            return acts.SourceEnrol(
                key=key,
                by="person-1",
                source=source,
                source_class=SourceClass(
                    {"agent": "in_band", "bmc": "out_of_band"}.get(source.rstrip("01"), "facility")
                    if fleet.number(0, 5)
                    else "person"
                ),
                control_domain=str(fleet.pick("operator", "landlord")),
                interval_s=60 if fleet.chance(2) else None,
                clock_offset_s=3600 if fleet.number(0, 4) == 0 else 0,
            )
        case "retire":
            return acts.SourceRetire(key=key, by="person-1", source=source)
        case "survey":
            place = str(fleet.pick(*PLACES))
            return acts.SurveyPut(
                key=key, by="person-1", source="switch", positions={f"port/{fleet.number(0, 1)}": place}
            )
        case "unsurvey":
            return acts.SurveyRemove(key=key, by="person-1", source="switch", slots=("port/0",))
        case "place":
            return acts.PlacePut(
                key=key,
                by="person-1",
                place=str(fleet.pick(*PLACES)),
                kind=PlaceKind.RACK_POSITION,
                within="kl",
                alias=("alias-1",),
            )
        case _:
            return acts.IdentifierShare(key=key, by="person-1", scheme=Scheme.SERIAL, scope="nv/h200", value=SERIALS[0])


def _status(fleet: Fleet) -> StatusAct:
    key = fleet.stream.key()
    things = tuple(_thing(fleet) for _ in range(fleet.number(1, 3)))
    at, until = (fleet.pick(None, None, fleet.now - HOUR, fleet.now, fleet.now + MINUTE) for _ in range(2))
    since, end = (datetime.fromtimestamp(each / 1000, UTC) if isinstance(each, int) else None for each in (at, until))
    if since is not None and end is not None and end <= since:
        end = None
    before = f"act-{fleet.number(1, 9)}"
    match fleet.pick("put", "put", "release", "release", "accept", "withdraw"):
        case "put":
            status = Status(str(fleet.pick("spare", "in_repair", "sold")))
            place = fleet.pick(None, *PLACES, "nowhere")
            return StatusPut.model_validate(
                {"key": key, "by": "person-1", "things": things, "status": status, "place": place,
                 "from_at": since, "until_at": end}
            )  # fmt: skip
        case "release":
            return TransferRelease(key=key, by="person-1", things=things, party="party-1", from_at=since, until_at=end)
        case "accept":
            some = things if fleet.chance(2) else ()
            return TransferAccept(key=key, by="party-1", releases=before, things=some, from_at=since)
        case _:
            return StatusWithdraw(key=key, by="person-1", withdraws=before)


def _thing(fleet: Fleet) -> Thing:
    """Name a thing that is, will be or never is reported, as people know it: often without its scope."""
    kind, scheme, value, scope = Kind.GPU, Scheme.SERIAL, fleet.pick(*SERIALS), fleet.pick(None, "nv/h200", "nv")
    if fleet.chance(3):
        kind, value, scope = Kind.CHASSIS, fleet.pick("CH-0001", "CH-0003"), fleet.pick(None, "acme/c1")
    elif fleet.chance(3):
        kind, scheme, value, scope = Kind.NIC, Scheme.MAC, fleet.pick(*MACS), None
    return Thing.model_validate({"kind": kind, "identifier": {"scheme": scheme, "value": value, "scope": scope}})


def _world(stream: Stream) -> None:
    stream.act(START, acts.SitePut(key=stream.key(), by="person-1", site="kl", country="MY"))
    for place in PLACES:
        kind = PlaceKind.RACK_POSITION
        stream.act(START, acts.PlacePut(key=stream.key(), by="person-1", place=place, kind=kind, within="kl"))


@st.composite
def streams(draw: st.DrawFn, most: int = 40) -> tuple[tuple[Record, ...], int]:
    """Draw the records of a cell, and the number of its telemetry partitions."""
    stream = Stream(partitions=draw(st.integers(1, 3)))
    fleet = Fleet(draw, stream)
    _world(stream)
    for _ in range(draw(st.integers(1, most))):
        fleet.now += int(str(fleet.pick(*STEPS)))
        match fleet.pick(
            "report", "report", "report", "beat", "beats", "heartbeat", "facility", "change", "garbage", "act"
        ):
            case "report":
                put(fleet, *_report(fleet))
            case "heartbeat":
                put(fleet, *_heartbeat(fleet))
            case "facility":
                put(fleet, *_facility(fleet))
            case "garbage":
                put(fleet, *_garbage(fleet))
            case "change":
                _change(fleet)
            case "beat":
                stream.put(fleet.now, beat(), fleet.number(0, stream.partitions - 1))
            case "beats":
                stream.beats(fleet.now)
            case _:
                stream.put(fleet.now, _act(fleet), topic=ACTS)
    stream.beats(fleet.now + int(str(fleet.pick(SECOND, 10 * MINUTE, HOUR))))
    return stream.records(), stream.partitions


def put(fleet: Fleet, source: str, record: Unplaced) -> None:
    """Append to the partition that the source's key leads to; now and then to another, or with a clock set back."""
    home = sum(source.encode()) % fleet.stream.partitions
    partition = home if fleet.number(0, 9) else fleet.number(0, fleet.stream.partitions - 1)
    fleet.stream.put(fleet.now - (0 if fleet.number(0, 19) else 2 * SECOND), record, partition)


@st.composite
def treatments(draw: st.DrawFn, partitions: int) -> tuple[Step, ...]:
    """Draw what happens to a consumer while it reads: batches, interleavings, crashes."""
    poll = st.builds(
        lambda topic, partition, count: Step("poll", topic, partition if topic == TELEMETRY else 0, count),
        st.sampled_from((ACTS, TELEMETRY, TELEMETRY)),
        st.integers(0, partitions - 1),
        st.integers(1, 12),
    )
    points = st.sampled_from(
        [(step, when) for step in ("write", "commit", "derive", "horizon") for when in ("before", "after")]
    )
    other = st.sampled_from([Step("fold"), Step("fold"), Step("write"), Step("write"), Step("derive"), Step("crash")])
    armed = st.builds(lambda point: Step("arm", point=point), points)
    return tuple(draw(st.lists(st.one_of(poll, poll, other, other, armed), max_size=40)))
