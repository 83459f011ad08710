"""What one consumer does when something is amiss: a leader, a row, a broker, a clock, a stop that cannot be noted."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers import births, budget, offsets
from consumers.options import Options
from consumers.ownership import Ownership
from consumers.pipeline import Pipeline
from consumers.records import Lane
from consumers.source import Source
from consumers.terms import Term, Terms
from deploy.embedded import EmbeddedKafka
from schemas import acts
from schemas.envelope import COMMON
from schemas.errors import BudgetSpent, TopicChanged
from schemas.words import FindingKind, Kind, SourceClass
from service.facts.runs import LAST_EPOCH
from service.store import intake
from service.store.pool import Connection, create_pool
from tests.properties.driving import Driver
from tests.support.busy import PARTITIONS, busy, end_of, settled, slices
from tests.support.cells import Cell
from tests.support.consuming import consuming
from tests.support.facts import facts_of
from tests.support.network import package_index_too
from tests.support.records import (
    ACTS,
    MINUTE,
    SECOND,
    START,
    TELEMETRY,
    Record,
    Stream,
    act,
    digest_of,
    heartbeat,
    item,
    message,
    report,
    serial,
)
from tests.support.servers import KafkaServer, unique


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Give a pool over the test's own database."""
    made = await create_pool(database, min_size=1, max_size=4)
    yield made
    await made.close()


@pytest.fixture
async def cell(database: str, kafka_server: KafkaServer) -> AsyncIterator[Cell]:
    """Give a simulated cell on the session's broker."""
    made = Cell(kafka_server.bootstrap, database, unique("amiss"), PARTITIONS)
    await made.make()
    yield made
    await made.drop()


# -- the broker -------------------------------------------------------------------------------------------------------


async def test_a_partition_without_a_leader_holds_up_no_other(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named as what is waited for, and taken up once a broker answers for it."""
    away = TopicPartition(cell.topic(TELEMETRY), 1)
    asked = offsets.bounds

    async def bounds(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> Mapping[TopicPartition, object]:
        return {tp: found for tp, found in (await asked(consumer, tps)).items() if tp != away}

    stream = Stream(partitions=PARTITIONS)
    for partition in range(PARTITIONS):
        stream.put(START, report(f"s{partition}", [item("c", Kind.CHASSIS)], time=START), partition)
    stream.beats(START + MINUTE)
    with monkeypatch.context() as patched:
        patched.setattr(offsets, "bounds", bounds)
        async with consuming(cell) as running:
            await cell.produce(stream.records())
            (row,) = await cell.until("SELECT source FROM source_seen WHERE cell = $1", 1)
            assert row["source"] == "s0"
            assert "no broker leads" in running.consumer.waiting[Lane(cell.name, TELEMETRY, 1).label]
            patched.setattr(offsets, "bounds", asked)
            await cell.applied(START + MINUTE)
            assert running.consumer.waiting == {}


async def test_rule_33_the_record_that_is_read_again_may_come_alone(cell: Cell) -> None:
    """A poll that brings nothing else, as where a batch of the log ends there, is no reason to stop."""
    records = busy(2, seed=16)
    for part in slices(records, 2):
        async with consuming(cell, poll_records=1) as running:
            await cell.produce(part)
            await cell.applied(end_of(part) - 10 * MINUTE)
            own = [why for why in running.consumer.waiting.values() if cell.name in why]  # the broker has others, too
            assert not [why for why in own if "timestamp.type" in why]
    async with consuming(cell):
        assert await settled(cell, records) == ""


async def test_a_stop_that_cannot_be_noted_is_noted_later(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Postgres goes away just when a partition is to be stopped: the consumer lives, and stops it then."""
    records = busy(1, seed=13)
    async with consuming(cell):
        await cell.produce(records)
        await cell.applied(max(record.timestamp for record in records))
    await cell.drop(TELEMETRY)
    await cell.make_topics(TELEMETRY)
    stop, refused = intake.stop_partition, 0

    async def stopping(*args: object) -> bool:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise ConnectionResetError
        return await stop(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "stop_partition", stopping)
    async with consuming(cell):
        await cell.until("SELECT stopped FROM position WHERE cell = $1 AND stopped IS NOT NULL", PARTITIONS)
    assert refused == 2


@pytest.mark.timeout(120)
async def test_a_shutdown_waits_for_no_broker(database: str, data_folder: Path, jars: Path) -> None:
    """Kafka is away, and with it who would take the hint of where we are: the consumer ends nevertheless."""
    server = EmbeddedKafka(data_folder / unique("kafka"), jars=jars)
    with package_index_too():
        bootstrap = await asyncio.to_thread(server.start)
    try:
        cell = Cell(bootstrap, database, unique("away"), PARTITIONS)
        await cell.make()
        records = busy(2, seed=14)
        reached = asyncio.Event()

        def commit(step: str, when: str) -> None:
            if (step, when) == ("commit", "after"):
                reached.set()

        async with consuming(cell, commit) as running:
            await cell.produce(records)
            await asyncio.wait_for(reached.wait(), 30)
            await asyncio.to_thread(server.kill)
            running.consumer.stop()
            await asyncio.wait_for(asyncio.shield(running.task), 20)
    finally:
        await asyncio.to_thread(server.stop)


async def test_a_record_of_the_wrong_clock_is_never_taken(pool: asyncpg.Pool, kafka_server: KafkaServer) -> None:
    """Every record of a poll is looked at: those before the first that does not fit are taken."""

    async def join(_: Lane) -> None:
        raise AssertionError

    options = Options({"bootstrap_servers": kafka_server.bootstrap})
    source = Source(options)
    ownership = Ownership(options, pool, Pipeline(pool), source, join)
    polled = [SimpleNamespace(offset=n, timestamp_type=kind) for n, kind in enumerate((1, 1, 0, 1))]
    lane = Lane("real", TELEMETRY, 0)
    assert ownership.fitting(lane, polled) == polled[:2]  # type: ignore[arg-type]
    assert ownership.waiting == {}
    assert ownership.fitting(lane, polled[2:]) == []  # type: ignore[arg-type]
    assert "CreateTime" in ownership.waiting[lane.label]
    await source.stop()


# -- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("back", "found"), [(59 * SECOND, False), (61 * SECOND, True)])
@pytest.mark.parametrize("topic", [ACTS, TELEMETRY])
async def test_rule_6_a_clock_that_steps_back_above_a_minute_is_ours(
    pool: asyncpg.Pool, topic: str, back: int, *, found: bool
) -> None:
    """Rule 6: the running maximum flattens it; above a minute it is a finding, on acts too."""
    stream = Stream()
    for n in range(20):
        stream.beats(START + n * 10 * SECOND)
    stream.put(START + 190 * SECOND - back, message("a", b"{"), topic=topic)
    for n in range(20, 24):
        stream.beats(START + n * 10 * SECOND)
    driver = Driver(pool, unique("step"), 1)
    await driver.begin(stream.records())
    await driver.finish()
    async with pool.acquire() as connection:
        findings = (await facts_of(connection, driver.cell)).findings
    assert [fact.kind for fact in findings] == [FindingKind.OUTAGE_OURS] * found


async def test_rule_10_a_source_without_usable_time_has_a_wrong_clock(pool: asyncpg.Pool) -> None:
    """Rule 10: what it says counts, and that its clock is wrong is found, until its times fit."""
    stream = Stream()
    stream.put(START, report("a", [item("c", Kind.CHASSIS)], time=None))
    stream.put(START + SECOND, report("b", [item("c", Kind.CHASSIS)], time=START))
    stream.beats(START + MINUTE)
    driver = Driver(pool, unique("clock"), 1)
    await driver.begin(stream.records())
    await driver.finish()
    async with pool.acquire() as connection:
        found = (await facts_of(connection, driver.cell)).findings
    wrong = [(fact.subject, fact.closed_at) for fact in found if fact.kind == FindingKind.CLOCK_WRONG]
    assert wrong == [("a", None)]


# -- memory -----------------------------------------------------------------------------------------------------------


async def test_rule_34_folded_state_is_kept_only_where_the_position_is_still_the_one_held(pool: asyncpg.Pool) -> None:
    """Rule 34: what another wrote meanwhile, and what was folded and not written, is read again."""
    driver = Driver(pool, unique("kept"), PARTITIONS)
    await driver.begin(busy(4, seed=15))
    lanes = driver.lanes
    for lane in lanes:
        driver.feed(lane, 8)
    await driver.pipeline.fold()
    await driver.write()
    held = {lane: driver.pipeline.partitions[lane].folding for lane in lanes}
    await driver.pipeline.assign(lanes)
    assert {lane: driver.pipeline.partitions[lane].folding for lane in lanes} == held
    async with pool.acquire() as connection:
        await connection.execute(
            "UPDATE position SET next_offset = next_offset + 1 WHERE cell = $1 AND topic = 'telemetry' "
            "AND partition = 1", driver.cell,
        )  # fmt: skip
    await driver.pipeline.assign(lanes)
    assert {lane for lane in lanes if driver.pipeline.partitions[lane].folding is not held[lane]} == {lanes[2]}


async def test_what_only_ever_was_garbage_is_not_kept_in_memory(pool: asyncpg.Pool) -> None:
    """A sender of ever new names cannot fill it."""
    stream = Stream()
    stream.put(START, report("a", [item("c", Kind.CHASSIS)], time=START))
    for n in range(50):
        stream.put(START + n, message(f"garbage-{n}", b"{", time=START))
    stream.beats(START + MINUTE)
    driver = Driver(pool, unique("garbage"), 1)
    await driver.begin(stream.records())
    await driver.finish()
    assert set(driver.pipeline.partitions[driver.lanes[1]].folding.states) == {b"a"}  # type: ignore[union-attr]


async def test_rule_11_a_digest_that_is_being_written_just_now_is_known(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules 5 and 11: Postgres answers before the write is durable, and the write is done before we hear of it."""
    items = [item("c", Kind.CHASSIS, serial("CH-RACE-1", "acme/c1"))]
    others = [item("c", Kind.CHASSIS, serial("CH-RACE-2", "acme/c1"))]
    stream = Stream()
    stream.put(START, report("a", items, time=START))
    stream.put(START + 1, report("a", others, time=START))
    stream.put(START + 2, heartbeat("a", digest_of(items), time=START))
    stream.beats(START + MINUTE)
    driver = Driver(pool, unique("race"), 1)
    await driver.begin(stream.records())
    driver.feed(driver.lanes[0], 9)
    await driver.pipeline.fold()
    await driver.write()
    driver.feed(driver.lanes[1], 2)
    await driver.pipeline.fold()
    prepared = driver.pipeline.seal()
    assert prepared is not None

    async def known(*_: object) -> set[tuple[str, bytes]]:
        await driver.pipeline.put(prepared)
        return set()

    monkeypatch.setattr(intake, "known_inventories", known)
    driver.feed(driver.lanes[1], 9)
    await driver.pipeline.fold()
    await driver.finish()
    async with pool.acquire() as connection:
        assert all(run.known for run in (await facts_of(connection, driver.cell)).runs)


# -- rows -------------------------------------------------------------------------------------------------------------


async def test_a_cell_that_lives_is_not_locked_by_looking_at_it(pool: asyncpg.Pool) -> None:
    """A cell of which a partition waits for a person is looked at every second: others write it meanwhile."""
    driver = Driver(pool, unique("lives"), PARTITIONS)
    await driver.begin(())
    async with pool.acquire() as other, other.transaction():
        await intake.lock_cell(other, driver.cell)
        async with pool.acquire() as connection, connection.transaction():
            again = births.bear(connection, driver.cell, {ACTS: 1, TELEMETRY: PARTITIONS})
            assert not await asyncio.wait_for(again, 5)


async def test_rule_33_acts_that_span_cells_go_on_after_their_topic_was_made_again(pool: asyncpg.Pool) -> None:
    """Rules 4 and 33: acts.common has a stop of its own, which is lifted in the same way."""
    lane = Lane(COMMON, ACTS, 0)
    async with pool.acquire() as connection, connection.transaction():
        await births.bear(connection, COMMON, {ACTS: 1})
    for turn, operator in enumerate(("one", "two")):
        pipeline = Pipeline(pool)
        await pipeline.assign([lane])
        pipeline.placed(lane)
        said = act(acts.OperatorPut(key=operator, by="p-1", operator=operator, name=operator))
        pipeline.receive(lane, [Record(ACTS, 0, 0, START + turn, said.key, said.value, said.headers)])
        await pipeline.fold()
        prepared = pipeline.seal()
        assert prepared is not None
        await pipeline.put(prepared)
        async with pool.acquire() as connection, connection.transaction():
            stop = TopicChanged(COMMON, "made again", (ACTS, 0))
            await intake.stop_partition(connection, COMMON, (ACTS, 0), 1, stop)
            assert await intake.lift_acts_stop(connection, COMMON, 0, "p-1 says so") is None
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT operator FROM operator WHERE operator IN ('one', 'two')")
        offsets_ = await connection.fetch('SELECT "offset" FROM act WHERE cell = $1 ORDER BY "offset"', COMMON)
    assert len(rows) == 2
    assert [row["offset"] for row in offsets_] == [0, 2**40]


async def test_rule_35_a_retry_finds_the_letter_that_was_there_before_it(pool: asyncpg.Pool) -> None:
    """Rules 5 and 35: a letter of the topic that was made again later is not what the act could mean."""
    driver = Driver(pool, unique("letter"), 1)
    async with pool.acquire() as connection:
        for epoch, at in enumerate((START, START + MINUTE)):
            letter = (TELEMETRY, 0, epoch, 7, at, "bad_json", "words", b"a", b"[]", b"{", "a")
            await intake.write_columns(connection, "bury", driver.cell, [[value] for value in letter])
        found = [
            await intake.dead_letter(connection, driver.cell, 0, 7, before)
            for before in (START, START + SECOND, START + 2 * MINUTE)
        ]
    assert [None if row is None else row["epoch"] for row in found] == [None, 0, 1]


async def test_going_on_ends_where_runs_could_not_be_numbered(pool: asyncpg.Pool) -> None:
    """Rule 33: a run's number has room for so many logs of one partition."""
    driver = Driver(pool, unique("often"), 1)
    await driver.begin(())
    stop = TopicChanged(driver.cell, "made again", (TELEMETRY, 0))
    async with pool.acquire() as connection, connection.transaction():
        for turn in range(LAST_EPOCH + 1):
            await intake.stop_partition(connection, driver.cell, (TELEMETRY, 0), 0, stop)
            why = await intake.go_on(connection, driver.cell, (TELEMETRY, 0), intake.GoingOn(0, "again"), START + turn)
            assert (why is None) == (turn < LAST_EPOCH)


# -- terms and the budget ---------------------------------------------------------------------------------------------


async def test_terms_are_read_once_each(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enrolling many sources reads each of them once, not all of them each time."""
    read: list[int] = []
    terms = intake.terms

    async def counted(connection: Connection, cell: str, known: int) -> intake.Rows:
        rows = await terms(connection, cell, known)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(intake, "terms", counted)
    stream = Stream()
    for n in range(20):
        stream.act(START + n, acts.SourceEnrol(key=f"{n}", by="p-1", source=f"s{n}", source_class=SourceClass.IN_BAND))
        stream.put(START + n, message("x", b"{", time=START))
    stream.beats(START + MINUTE)
    driver = Driver(pool, unique("terms"), 1)
    await driver.begin(stream.records())
    for _ in range(22):
        for lane in driver.lanes:
            driver.feed(lane, 1)
        await driver.pipeline.fold()
        await driver.write()
    assert sum(read) == 20
    assert len(driver.pipeline.cells[driver.cell].terms.by_source) == 20


def test_a_term_of_the_same_moment_takes_the_place_of_the_other() -> None:
    terms = Terms()
    for at, retired in ((5, False), (3, False), (5, True)):
        terms.add("a", Term(at, SourceClass.IN_BAND, retired=retired))
    assert [(term.from_at, term.retired) for term in terms.by_source["a"]] == [(3, False), (5, True)]
    assert terms.any_retired


def test_rule_35_the_window_slides_over_a_batch() -> None:
    """Rule 35: an hour of catching up in one batch is judged by its worst ten minutes."""
    letters = [(n * MINUTE, f"s{n % 3}") for n in range(60)]
    assert budget.most(letters) == 3
    assert budget.most((n * MINUTE, f"s{n}") for n in range(0, 60, 5)) == 2
    assert budget.most([]) == 0


@pytest.mark.parametrize(("retired", "spent"), [(0, False), (2, True)])
async def test_rule_35_sources_that_were_retired_do_not_count(pool: asyncpg.Pool, retired: int, *, spent: bool) -> None:
    """Rule 35: two of four that turn unreadable are not above half; two of two that are left are."""
    stream = Stream()
    for n in range(4):
        stream.act(START + n, acts.SourceEnrol(key=f"e{n}", by="p-1", source=f"s{n}", source_class=SourceClass.IN_BAND))
        stream.put(START + SECOND, report(f"s{n}", [item("c", Kind.CHASSIS)], time=START))
    for n in range(retired):
        stream.act(START + MINUTE + n, acts.SourceRetire(key=f"r{n}", by="p-1", source=f"s{n}"))
    for n in (2, 3):
        stream.put(START + 2 * MINUTE, message(f"s{n}", b"{", time=START))
    stream.beats(START + 60 * MINUTE)
    driver = Driver(pool, unique("spent"), 1)
    await driver.begin(stream.records())
    if not spent:
        await driver.finish()
        return
    with pytest.raises(BudgetSpent, match="2 of 2"):
        await driver.finish()
