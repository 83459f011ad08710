"""Whatever ends or goes away, and when: the facts are those of the model. Real Postgres, real Kafka, real processes."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers import acts as applying
from consumers import offsets
from consumers.batch import Batch, StatedAct
from deploy.embedded import EmbeddedKafka, EmbeddedPostgres
from deploy.migrate import migrate
from schemas import acts
from schemas.errors import LostPartition, Transient
from schemas.words import Kind, SourceClass
from service.store.pool import create_pool
from tests.properties.driving import Crash, Driver, Step
from tests.reference.model import facts
from tests.reference.shapes import difference
from tests.support.busy import PARTITIONS, busy, settled, slices
from tests.support.cells import Cell, Program
from tests.support.consuming import consuming
from tests.support.facts import facts_of
from tests.support.network import package_index_too
from tests.support.records import ACTS, MINUTE, SECOND, START, TELEMETRY, Record, Stream, beat, item, message, report
from tests.support.servers import KafkaServer, apart, unique

MEGABYTE = 1024 * 1024

# Where the pipeline tells what it does; after a step that commits nothing comes the next one's "before".
FAULTS = [
    ("write", "before"),
    ("commit", "before"),
    ("commit", "after"),
    ("derive", "before"),
    ("horizon", "before"),
    ("horizon", "after"),
]


# -- one consumer, crashed at every point, without a broker -----------------------------------------------------------


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Give a pool over the test's own database."""
    made = await create_pool(database, min_size=1, max_size=4)
    yield made
    await made.close()


async def differs(driver: Driver, records: Sequence[Record]) -> str:
    """Say in what the driven consumer's facts differ from the model's."""
    async with driver.pool.acquire() as connection:
        return difference(facts(records, PARTITIONS), await facts_of(connection, driver.cell))


@pytest.mark.parametrize(("step", "when"), FAULTS)
async def test_rule_13_a_crash_at_any_point_changes_nothing(pool: asyncpg.Pool, step: str, when: str) -> None:
    """Rules 5 and 13: before a commit nothing happened; after it everything did, though nobody was told."""
    records = busy(6, seed=1)
    driver = Driver(pool, unique("crash"), PARTITIONS)
    await driver.begin(records)
    for _ in range(4):
        for topic, partition in ((ACTS, 0), (TELEMETRY, 0), (TELEMETRY, 1)):
            await driver.step(Step("poll", topic, partition, 15))
        await driver.step(Step("fold"))
        await driver.step(Step("arm", point=(step, when)))
        await driver.step(Step("write"))
        await driver.step(Step("derive"))
    await driver.finish()
    assert await differs(driver, records) == ""


async def test_the_crash_points_are_reached(pool: asyncpg.Pool) -> None:
    """A point that nobody passes would test nothing."""
    driver = Driver(pool, unique("points"), PARTITIONS)
    await driver.begin(busy(1, seed=2))
    await driver.finish()
    assert driver.passed == set(FAULTS)


async def test_rule_13_a_stale_owner_loses_by_compare_and_set(pool: asyncpg.Pool) -> None:
    """Rules 13 and 34: what it folded is thrown away, and nothing of it is in the facts twice."""
    records = busy(4, seed=3)
    owner, stale = (Driver(pool, "cell", PARTITIONS) for _ in range(2))
    owner.cell = stale.cell = unique("stale")
    await owner.begin(records)
    await stale.begin(records)
    for driver in (stale, owner):
        for lane in driver.lanes:
            driver.feed(lane, 20)
        await driver.pipeline.fold()
    assert await owner.write()
    with pytest.raises(LostPartition):
        await stale.write()
    await stale.restart()
    await asyncio.gather(stale.finish())
    await owner.restart()
    await owner.finish()
    assert await differs(owner, records) == ""


async def test_rule_5_acts_of_one_millisecond_come_before_its_telemetry(pool: asyncpg.Pool) -> None:
    """Rule 5: while another act of that millisecond may come, its telemetry waits."""
    stream = Stream(partitions=PARTITIONS)
    for interval in (300, 600):
        said = acts.SourceEnrol(
            key=stream.key(), by="p-1", source="a", source_class=SourceClass.IN_BAND, interval_s=interval
        )
        stream.act(START, said)
    stream.put(START, report("a", [item("c", Kind.CHASSIS)], time=START))
    stream.beats(START + MINUTE)
    driver = Driver(pool, unique("first"), PARTITIONS)
    await driver.begin(stream.records())
    for step in (Step("poll", ACTS), Step("fold"), Step("write"), Step("poll"), Step("fold"), Step("write")):
        await driver.step(step)
    await driver.finish()
    assert await differs(driver, stream.records()) == ""


@pytest.mark.parametrize("first", [ACTS, TELEMETRY])
async def test_rule_35_a_retry_has_one_outcome_whichever_partition_is_faster(pool: asyncpg.Pool, first: str) -> None:
    """Rules 5 and 35: the act finds the dead letter that was appended before it, folded yet or not."""
    stream = Stream(partitions=PARTITIONS)
    stream.act(START, acts.DeadLetterRetry(key="early", by="p-1", partition=0, offset=0))
    stream.put(START + SECOND, message("a", b"{", time=START))
    stream.put(START + 30 * SECOND, beat(), topic=ACTS)
    stream.act(START + MINUTE, acts.DeadLetterRetry(key="retry", by="p-1", partition=0, offset=0))
    stream.beats(START + 2 * MINUTE)
    driver = Driver(pool, unique("retry"), PARTITIONS)
    await driver.begin(stream.records())
    acts_first = [Step("poll", ACTS, 0, 9), Step("fold"), Step("write")]
    telemetry_first = [Step("poll", ACTS, 0, 2), *acts_first[1:], Step("poll", count=9), *acts_first[1:]]
    for step in acts_first if first == ACTS else telemetry_first:
        await driver.step(step)
    await driver.finish()
    async with pool.acquire() as connection:
        words = await connection.fetchval("SELECT words FROM act WHERE cell = $1 AND key = 'retry'", driver.cell)
    assert "still not readable" in words


async def test_rule_33_what_was_not_placed_is_not_received(pool: asyncpg.Pool) -> None:
    """Rules 5 and 33: records polled from anywhere but the position would be applied, and those between be lost."""
    driver = Driver(pool, unique("placed"), PARTITIONS)
    await driver.begin(busy(2, seed=11))
    lane = driver.lanes[1]
    driver.feed(lane, 5)
    with pytest.raises(LostPartition):
        driver.pipeline.receive(lane, driver.log[lane][:1])
    driver.pipeline.drop({lane})
    await driver.pipeline.assign([lane])
    with pytest.raises(LostPartition):
        driver.pipeline.receive(lane, driver.log[lane][5:6])
    driver.pipeline.placed(lane)
    driver.pipeline.receive(lane, driver.log[lane][:1])


async def test_an_act_that_no_column_can_hold_is_refused(pool: asyncpg.Pool) -> None:
    """Rule 4: what is kept besides it is kept, and the consumer goes on."""
    driver = Driver(pool, unique("refused"), PARTITIONS)
    await driver.begin(())
    batch = Batch(driver.lanes[0], 0, 0)
    said: list[acts.CellAct] = [
        acts.PartitionJoin.model_construct(key="k", by=acts.FINDER, act="partition.join", partition=2**40),
        acts.SourceRetire.model_construct(key="l", by="p-1", act="source.retire", source="a\0b"),
        acts.PartitionJoin(key="m", by="p-1", partition=PARTITIONS),
        acts.PartitionJoin(key="n", by=acts.FINDER, partition=PARTITIONS),
    ]
    for n, act in enumerate(said):
        batch.keep(StatedAct(n, START, act, b""))
    async with pool.acquire() as connection:
        async with connection.transaction():
            await applying.apply(connection, batch)
        rows = await connection.fetch('SELECT outcome FROM act WHERE cell = $1 ORDER BY "offset"', driver.cell)
        joined = await connection.fetch("SELECT partition FROM position WHERE cell = $1", driver.cell)
    assert [row["outcome"] for row in rows] == ["refused", "refused", "refused", None]
    assert {row["partition"] for row in joined} == {0, 1, PARTITIONS}


async def test_a_write_is_bounded_in_bytes(pool: asyncpg.Pool) -> None:
    """Postgres takes no statement above 1 GiB: what is beyond the bound is polled, folded and written later."""
    body = bytes(40 * MEGABYTE)
    stream = Stream(partitions=PARTITIONS)
    for n in range(20):
        stream.put(START + n, message(f"s{n}", body, time=START), n % PARTITIONS)
    stream.beats(START + SECOND)
    driver = Driver(pool, unique("bytes"), PARTITIONS)
    await driver.begin(stream.records())
    driver.feed(driver.lanes[0], 1)
    await driver.pipeline.fold()
    await driver.write()
    for lane in driver.lanes[1:]:
        driver.feed(lane, 5)
    assert driver.pipeline.full(100_000) == set(driver.lanes[1:])
    sizes = []
    while await driver.pipeline.fold() or any(p.inbox for p in driver.pipeline.partitions.values()):
        prepared = driver.pipeline.seal()
        assert prepared is not None
        sizes.append(sum(batch.size for batch in prepared.batches))
        for batch in prepared.batches:
            driver.pipeline.partitions[batch.lane].written(batch)
    assert max(sizes) < 64 * MEGABYTE + 40 * MEGABYTE
    assert len(sizes) >= 5


def test_a_crash_is_caught_by_nobody() -> None:
    """What stands for kill -9 must pass every `except Exception`."""
    assert not issubclass(Crash, Exception)


# -- processes and servers that end -----------------------------------------------------------------------------------


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


async def test_rule_5_kill_9_of_the_consumer_at_random_moments_changes_nothing(
    cell: Cell, programs: list[Program]
) -> None:
    """Rules 5 and 33: a dozen ends without a farewell, under load; what was applied is known again."""
    chance = random.Random(secrets.randbits(32))  # noqa: S311 - the moments may differ from run to run
    records = busy(30, seed=4)
    program = programs[0]
    for part in slices(records, 12):
        program.start()
        await cell.produce(part)
        await asyncio.sleep(chance.uniform(0.4, 1.6))
        program.kill()
    program.start()
    assert await settled(cell, records) == ""


async def test_rule_34_a_rebalance_between_two_processes_changes_nothing(cell: Cell, programs: list[Program]) -> None:
    """Rules 13 and 34: one joins, the other is killed; partitions change hands with their positions."""
    records = busy(24, seed=5)
    first, second = programs
    parts = slices(records, 4)
    first.start()
    await cell.produce(parts[0])
    second.start()
    await cell.produce(parts[1])
    await asyncio.sleep(2)
    first.kill()
    await cell.produce(parts[2])
    first.start()
    await cell.produce(parts[3])
    assert await settled(cell, records) == ""


# -- servers that go away ---------------------------------------------------------------------------------------------


@pytest.fixture
def own_postgres(data_folder: Path) -> Iterator[EmbeddedPostgres]:
    """Give a PostgreSQL that may be killed."""
    server = EmbeddedPostgres(data_folder / unique("pg"))
    yield server
    server.stop()


@pytest.fixture
def own_kafka(data_folder: Path, jars: Path) -> Iterator[EmbeddedKafka]:
    """Give a Kafka that may be killed."""
    server = EmbeddedKafka(data_folder / unique("kafka"), jars=jars)
    yield server
    server.stop()


@pytest.mark.timeout(240)
async def test_rule_5_postgres_and_kafka_are_killed_under_load_and_nothing_changes(
    own_postgres: EmbeddedPostgres, own_kafka: EmbeddedKafka
) -> None:
    """Rules 5 and 33: servers that go away for a while, in turn; the consumer waits, and nothing is lost or twice."""
    dsn = await asyncio.to_thread(own_postgres.start)
    await migrate(dsn)
    with package_index_too():
        bootstrap = await asyncio.to_thread(own_kafka.start)
    cell = Cell(bootstrap, dsn, unique("servers"), PARTITIONS)
    await cell.make()
    records = busy(16, seed=10)
    program = Program(dsn, bootstrap, unique("group"))
    program.start()
    try:
        for n, part in enumerate(slices(records, 6)):
            await cell.produce(part)
            server = (own_postgres, own_kafka)[n % 2]
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(0.5)
            again = await asyncio.to_thread(server.start)
            assert again in {dsn, bootstrap}, "it came back under another address"
        assert await settled(cell, records) == ""
        assert program.process is not None
        assert program.process.poll() is None, "the consumer did not outlive its servers"
    finally:
        program.kill()


async def test_rule_5_a_partition_that_cannot_be_placed_again_loses_nothing(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules 5 and 33: a write fails, and then the broker does not say where a log ends: nothing is polled till then."""
    records = busy(20, seed=12)
    failing = 0

    def fail(step: str, when: str) -> None:
        nonlocal failing
        if failing and (step, when) == ("write", "before"):
            raise Transient("as if Postgres went away")

    asked = offsets.bounds

    async def bounds(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> Mapping[TopicPartition, object]:
        nonlocal failing
        found = await asked(consumer, tps)
        if failing:
            failing -= 1
            return dict(list(found.items())[1:])
        return found

    monkeypatch.setattr(offsets, "bounds", bounds)
    async with consuming(cell, fail):
        for part in slices(records, 4):
            failing = 2
            await cell.produce(part)
        assert await settled(cell, records) == ""
        assert not failing


async def test_bodies_that_are_small_only_while_compressed_stop_nobody(cell: Cell) -> None:
    """Four bodies of 40 MB pass the broker as a few kB; one above what is kept leaves its size and hash."""
    records = [
        Record(TELEMETRY, 0, n, START + n, b"big", bytes(size * MEGABYTE), message("big", b"", time=START).headers)
        for n, size in enumerate((40, 40, 40, 40, 70))
    ]
    beats = Stream(partitions=PARTITIONS)
    beats.beats(START + MINUTE)
    records += beats.records()
    async with consuming(cell):
        await cell.produce(records, compression="gzip")
        await cell.applied(START + MINUTE)
    rows = await cell.rows('SELECT code, words, length(value) AS n FROM dead_letter WHERE cell = $1 ORDER BY "offset"')
    assert [row["n"] for row in rows] == [40 * MEGABYTE] * 4 + [None]
    assert {row["code"] for row in rows} == {"too_large"}
    assert "73400320 bytes" in str(rows[4]["words"])
