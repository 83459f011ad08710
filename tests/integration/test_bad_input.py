"""Everything that nobody should send: each has its defined outcome, none stops the consumer, none is lost."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from schemas.inventory import Item
from schemas.words import Kind
from tests.reference.model import facts
from tests.reference.shapes import DeadFact, Facts, RunFact, difference
from tests.support.cells import Cell, Program
from tests.support.records import (
    ACTS,
    FACILITY_TYPE,
    MINUTE,
    START,
    TELEMETRY,
    Record,
    Stream,
    Unplaced,
    act_body,
    body_of,
    item,
    message,
    report,
    serial,
)
from tests.support.servers import KafkaServer, PostgresServer, apart, dsn_of, execute, unique

NVIDIA = "io.holdfast.nvidia-smi.v1"
GOOD = [item("chassis", Kind.CHASSIS, serial("CH-BAD-01", "acme/c1"))]
MEGABYTE = 1024 * 1024


# name → append time of a record of a simulated cell that is none
BAD_TIMES = {
    "time-far-off": 2**62,
    "act-time-far-off": 2**62,
    "time-of-year-9999": 253_370_764_800_000,
}


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent in the name of a source, and what becomes of it: a code, or the timing of the run that begins."""

    record: Unplaced
    code: str | None = None
    timing: str = "fresh"


def _raw(source: str, body: bytes | None, type_: str = "io.holdfast.report.v1") -> Unplaced:
    return message(source, body, time=START, type_=type_)


def _report(source: str, items: list[Item], time: int | str | None = START) -> Unplaced:
    return report(source, items, time=time)


def _one(value: str) -> list[Item]:
    return [item("chassis", Kind.CHASSIS, serial(value, "acme/c1"))]


def _slots(number: int) -> list[Item]:
    return [item("chassis", Kind.CHASSIS), *(item(f"bay/{n}", Kind.DRIVE, within="chassis") for n in range(number - 1))]


_CYCLE = [item("a", Kind.CHASSIS, within="b"), item("b", Kind.CHASSIS, within="a")]
_TEXT = body_of(GOOD)
_BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><nvidia_smi_log>&b;</nvidia_smi_log>'
_COMMON_ACT = b'{"act":"operator.put","key":"k","by":"p","operator":"o","name":"O"}'
_NULL_ACT = b'{"act":"site.put","key":"k\\u0000","by":"p","site":"s","country":"MY"}'
_TOASTER = _TEXT.replace(b'"kind":"chassis"', b'"kind":"toaster"')
_NO_SIGHT = orjson.dumps({"scope": "p", "observations": [{"slot": "1"}]})
_FETCH = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><nvidia_smi_log>&e;</nvidia_smi_log>'


def _act(kind: str, members: str) -> bytes:
    return f'{{"act":"{kind}","key":"k","by":"p",{members}}}'.encode()


_ID = "00000000-0000-0000-0000-000000000000"
_TRIP = f'"cell":"a","other_cell":"b","asset":"{_ID}","other_asset":"{_ID}","trip":4294967296'
# name → an act that no column could hold, or that two readers would read differently, and its code
WRONG_ACTS = {
    "act-joins-no-partition": (_act("partition.join", '"partition":1099511627776'), "bad_act"),
    "act-suspends-none": (_act("partition.suspend", '"partition":65535'), "bad_act"),
    "act-resumes-none": (_act("partition.resume", '"partition":1e3000'), "bad_number"),
    "act-goes-too-far": (_act("go_on", '"partition":0,"next_offset":9223372036854775808'), "bad_act"),
    "act-retries-none": (_act("dead_letter.retry", '"partition":0,"offset":9223372036854775808'), "bad_act"),
    "act-of-many-trips": (_act("link.arrived", _TRIP), "bad_act"),
    "act-null-in-scope": (_act("identifier.share", '"scheme":"serial","value":"v","scope":"\\u0000"'), "bad_act"),
    "act-null-in-name": (_act("operator.put", '"operator":"o","name":"\\u0000"'), "bad_act"),
    "act-null-in-reason": (_act("go_on", '"partition":0,"next_offset":1,"reason":"\\u0000"'), "bad_act"),
    "act-says-it-twice": (_act("site.put", '"site":"s","country":"MY","country":"SG"'), "duplicate_key"),
}


def _wrong_act(name: str, _: str) -> Case:
    body, code = WRONG_ACTS[name]
    return Case(act_body(body), code)


# name → what its source (of the same name) sends
CASES: Mapping[str, Callable[[str], Case]] = {
    "empty": lambda s: Case(_raw(s, b""), "empty"),
    "blank": lambda s: Case(_raw(s, b" \n\t"), "empty"),
    "truncated": lambda s: Case(_raw(s, _TEXT[:-7]), "bad_json"),
    "nested": lambda s: Case(_raw(s, b"[" * 100_000 + b"]" * 100_000), "too_deep"),
    "nested-in-report": lambda s: Case(_raw(s, b'{"scope":' * 70 + b"1" + b"}" * 70), "too_deep"),
    "10-mb": lambda s: Case(_report(s, _one("7" * 10 * MEGABYTE))),
    "10-mb-of-blanks": lambda s: Case(_raw(s, _TEXT + b" " * 10 * MEGABYTE)),
    "invalid-utf8": lambda s: Case(_raw(s, _TEXT.replace(b"CH-BAD", b"CH\xff\xfe")), "bad_utf8"),
    "nan": lambda s: Case(_raw(s, b'{"scope": "node", "items": NaN}'), "bad_number"),
    "infinity": lambda s: Case(_raw(s, b'{"scope": "node", "items": [1e999]}'), "bad_number"),
    "400-digits": lambda s: Case(_raw(s, b'{"scope": "node", "items": [' + b"9" * 400 + b"]}"), "bad_number"),
    "duplicate-keys": lambda s: Case(_raw(s, _TEXT[:-1] + b',"scope":"other"}'), "duplicate_key"),
    "xml-bomb": lambda s: Case(_raw(s, _BOMB, NVIDIA), "bad_xml"),
    "xml-external": lambda s: Case(_raw(s, _FETCH, NVIDIA), "bad_xml"),
    "xml-cut": lambda s: Case(_raw(s, b"<nvidia_smi_log><gpu>", NVIDIA), "bad_xml"),
    "null-in-slot": lambda s: Case(_report(s, [item("bay\0", Kind.DRIVE)]), "bad_name"),
    "null-in-serial": lambda s: Case(_report(s, _one("CH\0BAD-02"))),
    "null-in-act": lambda _: Case(act_body(_NULL_ACT), "bad_act"),
    "no-components": lambda s: Case(_raw(s, b'{"scope": "node", "items": []}'), "no_items"),
    "no-members": lambda s: Case(_raw(s, b"{}"), "not_a_report"),
    "a-list": lambda s: Case(_raw(s, b"[1, 2]"), "not_a_report"),
    "20001-components": lambda s: Case(_report(s, _slots(20_001)), "too_many_items"),
    "slot-twice": lambda s: Case(_report(s, [*GOOD, *GOOD]), "duplicate_slot"),
    "within-itself": lambda s: Case(_report(s, [item("a", Kind.CHASSIS, within="a")]), "container_cycle"),
    "cycle": lambda s: Case(_report(s, _CYCLE), "container_cycle"),
    "within-nothing": lambda s: Case(_report(s, [item("a", Kind.GPU, within="b")]), "unknown_container"),
    "unknown-kind": lambda s: Case(_raw(s, _TOASTER), "unknown_kind"),
    "unknown-scheme": lambda s: Case(_raw(s, _TEXT.replace(b'"serial"', b'"guess"')), "unknown_scheme"),
    "no-zone": lambda s: Case(_report(s, GOOD, "2026-01-01T00:00:00"), timing="untimed"),
    "year-0000": lambda s: Case(_report(s, GOOD, "0000-00-00T00:00:00Z"), timing="untimed"),
    "no-time": lambda s: Case(_report(s, GOOD, None), timing="untimed"),
    "not-a-time": lambda s: Case(_report(s, GOOD, "yesterday"), timing="untimed"),
    "1970": lambda s: Case(_report(s, GOOD, "1970-01-01T00:00:00Z"), timing="late"),
    "2100": lambda s: Case(_report(s, GOOD, "2100-01-01T00:00:00Z"), timing="late"),
    "serial-of-10-kb": lambda s: Case(_report(s, _one("S" * 10 * 1024))),
    "serial-of-blanks": lambda s: Case(_report(s, _one("    "))),
    "serial-of-marks": lambda s: Case(_report(s, _one("\u200f\u202e\u200f\u202e"))),
    "another-operators": lambda _: Case(_report("shared-name", GOOD)),
    "key-is-not-the-source": lambda s: Case(Unplaced(b"somebody", _TEXT, _report(s, GOOD).headers), "key_mismatch"),
    "no-key": lambda s: Case(Unplaced(None, _TEXT, _report(s, GOOD).headers), "key_mismatch"),
    "no-source": lambda s: Case(Unplaced(None, _TEXT, _report(s, GOOD).headers[:1]), "no_source"),
    "source-not-utf8": lambda _: Case(Unplaced(b"\xff", _TEXT, _report("x", GOOD).headers[:1]), "bad_name"),
    "source-of-marks": lambda _: Case(_report("\u202e", GOOD), "bad_name"),
    "source-with-null": lambda _: Case(_report("a\0b", GOOD), "bad_name"),
    "tombstone": lambda s: Case(_raw(s, None), "tombstone"),
    "no-type": lambda s: Case(Unplaced(s.encode(), _TEXT, _report(s, GOOD).headers[1:]), "no_type"),
    "unknown-type": lambda s: Case(_raw(s, _TEXT, "com.example.other.v1"), "unknown_type"),
    "type-of-null-bytes": lambda s: Case(_raw(s, _TEXT, "\0\0"), "unknown_type"),
    "facility-sees-nothing": lambda s: Case(_raw(s, _NO_SIGHT, FACILITY_TYPE), "not_a_report"),
    "act-on-telemetry": lambda s: Case(Unplaced(s.encode(), b"{}", act_body(b"").headers), "unknown_type"),
    "act-not-json": lambda _: Case(act_body(b"{"), "bad_json"),
    "act-unknown": lambda _: Case(act_body(b'{"act":"destroy"}'), "bad_act"),
    "act-tombstone": lambda _: Case(Unplaced(b"a", None, act_body(b"").headers), "tombstone"),
    "act-of-other-topic": lambda _: Case(act_body(_COMMON_ACT), "wrong_topic"),
    "act-of-no-type": lambda _: Case(Unplaced(None, b"{}"), "unknown_type"),
    **{name: partial(_wrong_act, name) for name in WRONG_ACTS},
    **{name: lambda s: Case(_report(s, GOOD), "bad_time") for name in BAD_TIMES if not name.startswith("act")},
    "act-time-far-off": lambda _: Case(act_body(_act("source.retire", '"source":"good"')), "bad_time"),
}  # fmt: skip
ON_ACTS = frozenset(
    name for name in CASES if name == "null-in-act" or (name.startswith("act-") and name != "act-on-telemetry")
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it all."""

    cell: Cell
    other: Cell
    at: Mapping[str, tuple[str, int, int]]  # case → topic, partition, offset
    records: tuple[Record, ...]
    expected: Facts
    found: Facts
    others: Facts

    def dead(self, name: str) -> DeadFact | None:
        """Give the dead letter of a case, if it became one."""
        return next((letter for letter in self.found.dead if letter[:3] == self.at[name]), None)

    def runs(self, source: str) -> list[RunFact]:
        """Give the runs of a source."""
        return [run for run in self.found.runs if run.source == source]


@pytest.fixture(scope="module")
def outcome(postgres_server: PostgresServer, template_database: str, kafka_server: KafkaServer) -> Iterator[Outcome]:
    """Send it all at once to a cell, with good reports around it, and let the real consumer have it."""
    name = unique("badinput")
    apart(lambda: execute(postgres_server.dsn, f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    dsn = dsn_of(postgres_server.dsn, name)
    cell, other = (Cell(kafka_server.bootstrap, dsn, unique("bad"), partitions=2) for _ in range(2))
    program = Program(dsn, kafka_server.bootstrap, unique("group"))
    try:
        yield apart(lambda: _send(cell, other, program))
    finally:
        program.kill()
        apart(cell.drop)
        apart(other.drop)
        apart(lambda: execute(postgres_server.dsn, f"DROP DATABASE {name} WITH (FORCE)"))


async def _send(cell: Cell, other: Cell, program: Program) -> Outcome:
    await cell.make()
    await other.make()
    stream, there = Stream(partitions=2), Stream(partitions=2)
    stream.put(START, report("good", GOOD, time=START))
    at = {}
    for n, (name, make) in enumerate(CASES.items()):
        topic = ACTS if name in ON_ACTS else TELEMETRY
        made = stream.put(BAD_TIMES.get(name, START + n), make(name).record, n % 2 if topic == TELEMETRY else 0, topic)
        at[name] = (made.topic, made.partition, made.offset)
    stream.put(START + MINUTE, report("good", GOOD, time=START + MINUTE))
    there.put(START, report("shared-name", _one("CH-THERE-1"), time=START))
    there.put(START, report("10000-components", _slots(10_000), time=START))
    stream.beats(START + 2 * MINUTE)
    there.beats(START + 2 * MINUTE)
    await cell.produce(stream.records())
    await other.produce(there.records())
    program.start()
    await cell.applied(START + 2 * MINUTE)
    await other.applied(START + 2 * MINUTE)
    records = await cell.read_back()
    return Outcome(cell, other, at, records, facts(records, 2), await cell.facts(), await other.facts())


@pytest.mark.parametrize("name", CASES)
def test_bad_input_has_its_outcome(outcome: Outcome, name: str) -> None:
    """Rules 10 and 35: a dead letter with its code, or accepted for what it is worth."""
    case = CASES[name](name)
    letter = outcome.dead(name)
    if case.code is not None:
        assert letter is not None, "it was accepted"
        assert letter.code == case.code
        return
    assert letter is None
    source = (case.record.key or b"").decode()
    assert [run.timing for run in outcome.runs(source)] == [case.timing]


def test_none_is_lost_and_the_facts_are_the_models(outcome: Outcome) -> None:
    """Rule 5: what was sent was applied or buried, and nothing else."""
    assert difference(outcome.expected, outcome.found) == ""
    for topic in (ACTS, TELEMETRY):
        sent = {(r.partition, r.offset) for r in outcome.records if r.topic == topic}
        buried = {(d.partition, d.offset) for d in outcome.found.dead if d.topic == topic}
        assert buried <= sent
    assert len(outcome.found.dead) == sum(CASES[name](name).code is not None for name in CASES)


def test_dead_letters_are_kept_whole(outcome: Outcome) -> None:
    """Rule 35: raw bytes, key and headers stay, so that a letter can be put through once its cause is mended."""
    rows = apart(
        lambda: outcome.cell.rows(
            'SELECT topic, partition, "offset" AS at, key, value, headers, words FROM dead_letter WHERE cell = $1'
        )
    )
    sent = {(r.topic, r.partition, r.offset): r for r in outcome.records}
    assert rows
    for row in rows:
        record = sent[str(row["topic"]), int(str(row["partition"])), int(str(row["at"]))]
        assert (row["key"], row["value"]) == (record.key, record.value)
        headers = row["headers"]
        assert isinstance(headers, bytes)
        assert [name for name, _ in orjson.loads(headers)] == [name for name, _ in record.headers]
        assert row["words"]


def test_what_is_no_identifier_joins_nothing(outcome: Outcome) -> None:
    """Rule 15: a serial of blanks, of marks, of 10 kB or with a null byte names nothing: each thing stands alone."""
    things = {
        binding.asset
        for binding in outcome.found.bindings
        if binding.source in {"serial-of-blanks", "serial-of-marks", "serial-of-10-kb", "null-in-serial", "10-mb"}
    }
    assert len(things) == 5


def test_a_name_of_another_operators_source_is_another_source(outcome: Outcome) -> None:
    """Rules 22 and 25: a source is its cell's own; claiming its name elsewhere changes nothing there."""
    assert {run.source for run in outcome.others.runs} == {"shared-name", "10000-components"}
    mine = {run.digest for run in outcome.runs("shared-name")}
    assert mine.isdisjoint(run.digest for run in outcome.others.runs)


def test_10000_components_are_10000_things(outcome: Outcome) -> None:
    """Rule 14: without identifiers each stands alone, and none is refused."""
    assert not outcome.others.dead
    listed = {binding.asset for binding in outcome.others.bindings if binding.source == "10000-components"}
    assert len(listed) == 10_000


def test_100_mb_is_refused_by_the_producer_and_by_the_broker(kafka_server: KafkaServer, outcome: Outcome) -> None:
    """What cannot be on the topic cannot stop anybody: the sender is told."""

    async def send(limit: int) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap, max_request_size=limit)
        await producer.start()
        try:
            body = b"x" * 100_000_000
            await producer.send_and_wait(outcome.cell.topic(TELEMETRY), body, key=b"huge", partition=0)
        finally:
            await producer.stop()

    for limit in (16 * MEGABYTE, sys.maxsize >> 32):
        with pytest.raises(MessageSizeTooLargeError):
            apart(lambda limit=limit: send(limit))  # type: ignore[misc]
    assert set(apart(outcome.cell.read_back)) == set(outcome.records)
