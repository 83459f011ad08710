"""What stops one cell until a person says so, and what joins while all runs; other cells go on."""

import time
from collections.abc import Iterator

import pytest

from schemas.words import Kind
from tests.reference.model import facts
from tests.reference.shapes import difference
from tests.support.busy import NODES, PARTITIONS, busy, end_of, settled
from tests.support.cells import Cell, Program
from tests.support.records import ACTS, MINUTE, SECOND, START, TELEMETRY, Record, Stream, item, message, report, serial
from tests.support.servers import KafkaServer, apart, unique


@pytest.fixture
def cell(database: str, kafka_server: KafkaServer) -> Iterator[Cell]:
    """Give a simulated cell on the session's broker."""
    made = Cell(kafka_server.bootstrap, database, unique("faults"), PARTITIONS)
    apart(made.make)
    yield made
    apart(made.drop)


@pytest.fixture
def programs(cell: Cell) -> Iterator[list[Program]]:
    """Give two consumers of one group, not started."""
    made = [Program(cell.dsn, cell.bootstrap, unique("group")) for _ in range(2)]
    made[1].group = made[0].group
    yield made
    for each in made:
        each.kill()


async def test_rule_33_a_recreated_topic_stops_its_own_cell_only(cell: Cell, programs: list[Program]) -> None:
    """Rule 33: the record at our last offset is another one: a person has to say what to do; other cells go on."""
    other = Cell(cell.bootstrap, cell.dsn, unique("unharmed"), PARTITIONS)
    await other.make()
    records = busy(3, seed=6)
    programs[0].start()
    await cell.produce(records)
    assert await settled(cell, records) == ""
    programs[0].kill()
    await cell.drop(TELEMETRY)
    await cell.make_topics(TELEMETRY)
    await cell.produce(record for record in busy(3, seed=7) if record.topic == TELEMETRY)
    programs[0].start()
    await other.produce(records)
    assert await settled(other, records) == ""
    stopped = await cell.until(
        "SELECT stopped FROM position WHERE cell = $1 AND topic = 'telemetry' AND stopped IS NOT NULL", PARTITIONS
    )
    assert all("recreated" in str(row["stopped"]) for row in stopped)
    assert difference(facts(records, PARTITIONS), await cell.facts()) == ""
    await other.drop()


async def test_rule_35_a_spent_budget_stops_its_own_cell_only(cell: Cell, programs: list[Program]) -> None:
    """Rule 35: more than half of the enrolled sources turn unreadable: nothing more is buried, other cells go on."""
    other = Cell(cell.bootstrap, cell.dsn, unique("unharmed"), PARTITIONS)
    await other.make()
    records = busy(3, seed=8)
    bad = Stream(partitions=PARTITIONS)
    for n in range(NODES):
        bad.put(end_of(records) + SECOND + n, message(f"agent{n}", b"{", time=START), n % PARTITIONS)
    programs[0].start()
    await cell.produce(records)
    await cell.applied(end_of(records))
    before = await cell.facts()
    await cell.produce(bad.records())
    await cell.produce([Record(ACTS, 0, 0, end_of(records) + MINUTE, None, b"", records[-1].headers)])
    await cell.until("SELECT stopped FROM position WHERE cell = $1 AND stopped IS NOT NULL", PARTITIONS)
    await other.produce(records)
    assert await settled(other, records) == ""
    buried = {letter for letter in (await cell.facts()).dead if letter.at > end_of(records)}
    assert len(buried) * 2 <= NODES
    assert before.runs == (await cell.facts()).runs
    await other.drop()


@pytest.fixture
def living(database: str, kafka_server: KafkaServer) -> Iterator[Cell]:
    """Give a cell that goes by the broker's clock."""
    made = Cell(kafka_server.bootstrap, database, unique("living"), PARTITIONS, simulated=False)
    apart(made.make)
    yield made
    apart(made.drop)


async def test_rule_6_a_partition_that_is_added_while_running_joins_by_an_act(living: Cell) -> None:
    """Rules 2 and 6: what it brings is known from then on, nothing sent to it is lost; beats let time go by."""
    programs = [Program(living.dsn, living.bootstrap, unique("group"), command) for command in ("consume", "beat")]
    try:
        for program in programs:
            program.start()
        await living.produce([_now("a", 0), _now("b", 1)])
        await living.until("SELECT asset FROM binding WHERE cell = $1", 2)
        await living.grow(PARTITIONS + 1)
        await living.produce([_now("c", 2), _now("d", 0)])
        rows = await living.until("SELECT source FROM binding WHERE cell = $1", 4)
        assert {row["source"] for row in rows} == {"a", "b", "c", "d"}
        joined = await living.rows("SELECT act, outcome FROM act WHERE cell = $1")
        assert [(row["act"], row["outcome"]) for row in joined] == [("partition.join", "applied")]
        assert all(program.process and program.process.poll() is None for program in programs)
    finally:
        for program in programs:
            program.kill()


def _now(source: str, partition: int) -> Record:
    now = time.time_ns() // 1_000_000
    said = report(source, [item("c", Kind.CHASSIS, serial(f"CH-{source}-001", "acme/c1"))], time=now)
    return Record(TELEMETRY, partition, 0, 0, said.key, said.value, said.headers)
