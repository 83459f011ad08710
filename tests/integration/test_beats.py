"""Time goes by in idle partitions (SEMANTICS rule 2): beats are counted, in the order of their offsets."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers import offsets
from consumers.beater import Beater
from schemas.words import Kind
from tests.support.busy import PARTITIONS
from tests.support.cells import PATIENCE_S, Cell
from tests.support.records import ACTS, TELEMETRY, Record, item, report, serial
from tests.support.servers import KafkaServer, unique


@pytest.fixture
async def cell(kafka_server: KafkaServer) -> AsyncIterator[Cell]:
    """Give the topics of a cell that goes by the broker's clock; no consumer reads them."""
    made = Cell(kafka_server.bootstrap, "", unique("beats"), PARTITIONS, simulated=False)
    await made.make_topics()
    yield made
    await made.drop()


@asynccontextmanager
async def beating(cell: Cell, idle_s: float, number: int = 1) -> AsyncIterator[list[Beater]]:
    """Run beaters; what ends one is raised at the end."""
    beaters = [Beater({"bootstrap_servers": cell.bootstrap}, idle_s) for _ in range(number)]
    tasks = [asyncio.create_task(beater.run()) for beater in beaters]
    try:
        yield beaters
    finally:
        for beater in beaters:
            beater.stop()
        await asyncio.gather(*tasks)


async def until(cell: Cell, kind: str, count: int, partition: int = 0) -> Sequence[Record]:
    """Wait until a topic's partition has so many records; gives all of the cell."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await cell.read_back()
            if sum((record.topic, record.partition) == (kind, partition) for record in found) >= count:
                return found
            await asyncio.sleep(0.1)


def times(records: Sequence[Record], kind: str, partition: int) -> list[int]:
    """Give the append times of a partition."""
    return [record.timestamp for record in records if (record.topic, record.partition) == (kind, partition)]


async def test_rule_2_an_idle_partition_gets_a_beat_each_interval_and_no_more(cell: Cell) -> None:
    """After the first round nothing is appended sooner than the interval after the last."""
    async with beating(cell, 1.0):
        records = await until(cell, TELEMETRY, 5)
    for kind, partition in cell.lanes():
        at = times(records, kind, partition)[2 if kind == ACTS else 1 :]  # at first acts come once more, at the end
        assert all(later - earlier >= 900 for earlier, later in pairwise(at)), (kind, at)


async def test_rule_2_two_beaters_come_to_rest(cell: Cell) -> None:
    """What another beater wrote is no reason to beat: both together write what the rule asks, once or twice."""
    async with beating(cell, 2.0, number=2):
        records = await until(cell, TELEMETRY, 8)
    for kind, partition in cell.lanes():
        at = times(records, kind, partition)[4:]
        rounds = (at[-1] - at[0]) / 2000 + 1
        assert len(at) <= 2 * rounds + 1, (kind, partition, at)


async def test_rule_2_what_is_appended_is_passed_by_all_partitions_and_acts_come_last(cell: Cell) -> None:
    """A report is followed by beats on every partition, its own too, and then on the acts; then all is at rest."""
    async with beating(cell, 10.0):
        await until(cell, ACTS, 2)
        said = report("a", [item("c", Kind.CHASSIS, serial("CH-BEAT-001", "acme/c1"))], time=None)
        await cell.produce([Record(TELEMETRY, 0, 0, 0, said.key, said.value, said.headers)])
        await until(cell, TELEMETRY, 3)
        records = await until(cell, ACTS, 5)  # with the others, with its own partition once that rests, and after it
    (mine,) = [record for record in records if record.value]
    after = [record for record in records if record.timestamp >= mine.timestamp and record is not mine]
    assert {(record.topic, record.partition) for record in after} == set(cell.lanes())
    assert max(record.timestamp for record in after if record.topic == ACTS) >= max(
        record.timestamp for record in after if record.topic == TELEMETRY
    )


async def test_rule_2_a_partition_that_no_broker_leads_holds_up_no_other(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acts go on, by which a person may suspend it; once a broker leads it again it is beaten on again."""
    led, asked = asyncio.Event(), offsets.ends

    async def leaderless(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return {
            tp: end
            for tp, end in (await asked(consumer, tps)).items()
            if led.is_set() or (tp.topic, tp.partition) != (f"telemetry.{cell.name}", 1)
        }

    monkeypatch.setattr(offsets, "ends", leaderless)
    async with beating(cell, 0.5) as (beater,):
        records = await until(cell, ACTS, 6)
        assert beater.waiting == {f"telemetry.{cell.name} partition 1": "no broker leads it"}
        assert len(times(records, TELEMETRY, 0)) >= 4
        assert times(records, TELEMETRY, 1) == []
        led.set()
        await until(cell, TELEMETRY, 2, partition=1)
        assert beater.waiting == {}


async def test_the_beater_makes_the_acts_of_a_cell_and_they_are_kept(cell: Cell) -> None:
    """Acts that retention removes could never be applied: nothing of a cell would be."""
    await cell.drop(ACTS)
    async with beating(cell, 10.0):
        assert await until(cell, ACTS, 1)
    assert (await cell.config(ACTS))["retention.ms"] == "-1"
