"""Builders of records as Kafka would bring them: reports, heartbeats, beats, acts, and what nobody should send."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas import acts
from schemas.envelope import ACT_TYPE, BEAT_TYPE, SOURCE, TIME, TYPE, rfc3339
from schemas.inventory import Identifier, Inventory, Item, inventory
from schemas.words import Kind, Scheme

REPORT_TYPE = "io.holdfast.report.v1"
HEARTBEAT_TYPE = "io.holdfast.heartbeat.v1"
FACILITY_TYPE = "io.holdfast.facility.v1"

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

ACTS = "acts"
TELEMETRY = "telemetry"

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it stands, when it was appended (milliseconds), and what it brought."""

    topic: str  # 'acts' or 'telemetry'
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A record that has no position yet."""

    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def serial(value: str, scope: str = "acme/x1") -> Identifier:
    """Give a serial in the scope of a maker and part, so that it is strong."""
    return Identifier(Scheme.SERIAL, scope, value)


def item(
    slot: str,
    kind: Kind,
    *identifiers: Identifier,
    within: str | None = None,
    place: str | None = None,
    facts: Mapping[str, str] | None = None,
) -> Item:
    """Give one item of a report."""
    return Item(slot, kind, within, tuple(identifiers), place, tuple(sorted((facts or {}).items())))


def body_of(items: Sequence[Item], scope: str = "node", complete_for: Iterable[Kind] = ()) -> bytes:
    """Write the body of our own report; the members stand as the items give them, wrong ones too."""
    document: dict[str, Any] = {
        "scope": scope,
        "complete_for": sorted(kind.value for kind in complete_for),
        "items": [each.document() for each in items],
    }
    return orjson.dumps(document)


def report(
    source: str,
    items: Sequence[Item],
    *,
    time: int | str | None,
    scope: str = "node",
    complete_for: Iterable[Kind] = (),
    type_: str = REPORT_TYPE,
) -> Unplaced:
    """Give a full report; `time` is the event time in milliseconds, or whatever the sender wrote, or nothing."""
    return message(source, body_of(items, scope, complete_for), time=time, type_=type_)


def heartbeat(source: str, digest: bytes, *, time: int | str | None, scope: str = "node") -> Unplaced:
    """Give a heartbeat that names an inventory by its digest."""
    body = orjson.dumps({"scope": scope, "digest": digest.hex()})
    return message(source, body, time=time, type_=HEARTBEAT_TYPE)


def message(source: str, body: bytes | None, *, time: int | str | None = None, type_: str = REPORT_TYPE) -> Unplaced:
    """Give any body in our envelope."""
    headers: list[tuple[str, bytes]] = [(TYPE, type_.encode()), (SOURCE, source.encode())]
    if time is not None:
        headers.append((TIME, (rfc3339(time) if isinstance(time, int) else time).encode()))
    return Unplaced(source.encode(), body, tuple(headers))


def beat() -> Unplaced:
    """Give what the beater writes to an idle partition."""
    return Unplaced(None, b"", ((TYPE, BEAT_TYPE.encode()),))


def act(said: acts.CellAct | acts.CommonAct) -> Unplaced:
    """Give the record of an act."""
    return act_body(acts.body(said))


def act_body(body: bytes | None) -> Unplaced:
    """Give a record that claims to be an act."""
    return Unplaced(None, body, ((TYPE, ACT_TYPE.encode()),))


def digest_of(items: Sequence[Item], complete_for: Iterable[Kind] = ()) -> bytes:
    """Digest of the inventory that a report of these items states."""
    return stated(items, complete_for).digest()


def stated(items: Sequence[Item], complete_for: Iterable[Kind] = ()) -> Inventory:
    """Give the inventory that a report of these items states."""
    return inventory(items, complete_for)


@dataclass(slots=True)
class Stream:
    """Records of one cell in the making: each is given the next offset of its partition."""

    partitions: int = 1
    _made: list[Record] = field(default_factory=list)
    _next: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    _keys: int = 0

    def put(self, at: int, record: Unplaced, partition: int = 0, topic: str = TELEMETRY) -> Record:
        """Append a record to a partition at an append time."""
        offset = self._next[topic, partition]
        self._next[topic, partition] = offset + 1
        made = Record(topic, partition, offset, at, record.key, record.value, record.headers)
        self._made.append(made)
        return made

    def act(self, at: int, said: acts.CellAct | acts.CommonAct) -> Record:
        """Append an act."""
        return self.put(at, act(said), topic=ACTS)

    def end(self, partition: int) -> int:
        """Give the offset that the next record of a telemetry partition will have."""
        return self._next[TELEMETRY, partition]

    def key(self) -> str:
        """Give an idempotency key that no other act of this stream has."""
        self._keys += 1
        return f"act-{self._keys}"

    def beats(self, at: int) -> None:
        """Append a beat to every partition, so that everything before `at` can be derived."""
        for partition in range(self.partitions):
            self.put(at, beat(), partition)
        self.put(at, beat(), topic=ACTS)

    def records(self) -> tuple[Record, ...]:
        """Give all records in the order in which they were made."""
        return tuple(self._made)
