"""How a person goes on after a stop, what is noted of it, and what is refused (SEMANTICS rules 6, 33, 35)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer

from schemas import acts
from schemas.words import Kind, SourceClass
from service.store import intake, reading
from service.store.pool import connect
from tests.support.cells import Cell
from tests.support.consuming import consuming
from tests.support.records import (
    ACTS,
    MINUTE,
    SECOND,
    START,
    TELEMETRY,
    Record,
    Stream,
    act,
    beat,
    item,
    message,
    report,
    serial,
)
from tests.support.servers import KafkaServer, unique

HORIZON = "extract(epoch FROM horizon) * 1000"
STOPPED = "SELECT topic, stopped, stop_kind FROM position WHERE cell = $1 AND stopped IS NOT NULL"
GAPS = (
    "SELECT topic, epoch, from_offset, until_offset, reason FROM record_gap WHERE cell = $1 ORDER BY epoch, from_offset"
)


@pytest.fixture
async def cell(database: str, kafka_server: KafkaServer) -> AsyncIterator[Cell]:
    """Give a simulated cell of one partition on the session's broker."""
    made = Cell(kafka_server.bootstrap, database, unique("goingon"))
    await made.make()
    yield made
    await made.drop()


def _said(source: str, at: int) -> Record:
    said = report(source, [item("c", Kind.CHASSIS, serial(f"CH-{source}-001", "acme/c1"))], time=at)
    return Record(TELEMETRY, 0, 0, at, said.key, said.value, said.headers)


def _beats(at: int) -> list[Record]:
    each = beat()
    return [Record(topic, 0, 0, at, each.key, each.value, each.headers) for topic in (TELEMETRY, ACTS)]


def _act(said: acts.CellAct, at: int) -> Record:
    each = act(said)
    return Record(ACTS, 0, 0, at, each.key, each.value, each.headers)


def _go_on(key: str, offset: int) -> acts.GoOn:
    return acts.GoOn(key=key, by="p-1", partition=0, next_offset=offset, reason="told so")


async def _sources(cell: Cell, count: int) -> set[object]:
    return {row["source"] for row in await cell.until("SELECT source FROM source_seen WHERE cell = $1", count)}


async def _outcome(cell: Cell, key: str) -> Mapping[str, object]:
    (row,) = await cell.until(
        f"SELECT outcome, words FROM act WHERE cell = $1 AND key = '{key}' AND outcome IS NOT NULL", 1
    )
    return row


async def test_rule_33_a_shorter_new_topic_stops_until_a_person_names_an_offset(cell: Cell) -> None:
    """Its end lies below what was applied; going on from its start applies it, and a row says what is not known."""
    async with consuming(cell):
        await cell.produce([_said("a", START), _said("b", START + 1), _said("c", START + 2), *_beats(START + MINUTE)])
        assert await _sources(cell, 3) == {"a", "b", "c"}
        await cell.applied(START + MINUTE)
    await cell.drop(TELEMETRY)
    await cell.make_topics(TELEMETRY)
    later = START + 2 * MINUTE
    await cell.produce([_said("d", later)])
    async with consuming(cell):
        (stop,) = await cell.until(STOPPED, 1)
        assert (stop["topic"], stop["stop_kind"]) == (TELEMETRY, "topic-changed")
        assert "partition 0" in str(stop["stopped"])
        await cell.produce([_act(_go_on("again", 0), later), *_beats(later + MINUTE)])
        assert await _sources(cell, 4) == {"a", "b", "c", "d"}
        assert (await _outcome(cell, "again"))["outcome"] == "applied"
    (gap,) = await cell.rows(GAPS)
    assert (gap["epoch"], gap["from_offset"], gap["until_offset"]) == (1, 0, 0)
    assert "told so" in str(gap["reason"])


async def test_rule_33_an_empty_new_topic_is_another_topic(cell: Cell) -> None:
    """Nothing is there to be compared: what was applied is beyond its end."""
    async with consuming(cell):
        await cell.produce([_said("a", START), *_beats(START + MINUTE)])
        await cell.applied(START + MINUTE)
    await cell.drop(TELEMETRY)
    await cell.make_topics(TELEMETRY)
    async with consuming(cell):
        (stop,) = await cell.until(STOPPED, 1)
        assert stop["stop_kind"] == "topic-changed"


async def test_rule_33_records_gone_before_a_partition_was_seen_are_a_gap(cell: Cell) -> None:
    """First sight of a log that starts above 0: a row, and on it goes."""
    await cell.produce([_said("a", START), _said("b", START + 1), _said("c", START + 2)])
    await cell.forget(TELEMETRY, 2)
    await cell.produce(_beats(START + MINUTE))
    async with consuming(cell):
        assert await _sources(cell, 1) == {"c"}
    (gap,) = await cell.rows(GAPS)
    assert (gap["epoch"], gap["from_offset"], gap["until_offset"]) == (0, 0, 2)


async def test_rule_33_the_last_record_applied_may_be_gone_but_none_that_was_not(cell: Cell) -> None:
    """Retention up to the position: a row, and on it goes. Beyond it: a stop that says from where to where."""
    async with consuming(cell):
        await cell.produce([_said("a", START), *_beats(START + MINUTE)])
        await cell.applied(START + MINUTE)
    await cell.forget(TELEMETRY, 2)
    later = START + 2 * MINUTE
    async with consuming(cell):
        await cell.produce([_said("b", later), *_beats(later + MINUTE)])
        await cell.applied(later + MINUTE)
    (gap,) = await cell.rows(GAPS)
    assert (gap["from_offset"], gap["until_offset"]) == (2, 2)
    latest = later + 2 * MINUTE
    await cell.produce([_said("c", latest), _said("d", latest + 1)])
    await cell.forget(TELEMETRY, 5)
    async with consuming(cell):
        (stop,) = await cell.until(STOPPED, 1)
        assert stop["stop_kind"] == "records-gone"
        assert "from offset 4 to 5" in str(stop["stopped"])
        await cell.produce(
            [_act(_go_on("back", 3), latest), _act(_go_on("on", 5), latest + 1), *_beats(latest + MINUTE)]
        )
        assert await _sources(cell, 3) == {"a", "b", "d"}
        refused = await _outcome(cell, "back")
        assert refused["outcome"] == "refused"
        assert "4" in str(refused["words"])
    assert [(row["epoch"], row["from_offset"], row["until_offset"]) for row in await cell.rows(GAPS)][1:] == [(1, 4, 5)]


async def test_rule_35_after_a_spent_budget_a_person_goes_on_and_it_counts_anew(cell: Cell) -> None:
    """The same letters are buried then; nothing that was applied is applied twice."""
    enrol = [
        _act(acts.SourceEnrol(key=name, by="p-1", source=name, source_class=SourceClass.IN_BAND), START)
        for name in ("a", "b", "c")
    ]
    bad = [(name, message(name, b"{", time=START)) for name in ("a", "b")]
    later = START + 2 * MINUTE
    async with consuming(cell):
        await cell.produce([*enrol, *(_said(name, START) for name in ("a", "b", "c")), *_beats(START + MINUTE)])
        await cell.applied(START + MINUTE)
        await cell.produce([Record(TELEMETRY, 0, 0, later, m.key, m.value, m.headers) for _, m in bad])
        await cell.produce([_beats(later + 1)[1]])
        (stop,) = await cell.until(STOPPED, 1)
        assert stop["stop_kind"] == "dead-letter-budget-spent"
        await cell.produce([_act(_go_on("on", 4), later + 2), *_beats(later + MINUTE)])
        await cell.applied(later + MINUTE)
        assert (await _outcome(cell, "on"))["outcome"] == "applied"
    facts = await cell.facts()
    assert {letter.code for letter in facts.dead} == {"bad_json"}
    assert len(facts.dead) == 2
    assert await cell.rows(GAPS) == []


async def _lift(cell: Cell, offset: int) -> str | None:
    connection = await connect(cell.dsn)
    try:
        async with connection.transaction():
            return await intake.lift_acts_stop(connection, cell.name, offset, "p-1 says so")
    finally:
        await connection.close()


async def test_rule_33_acts_that_were_made_again_go_on_by_a_persons_hand(cell: Cell) -> None:
    """No act can lift the stop of acts; once it is lifted acts of the new log are numbered above the old one's."""
    site = acts.SitePut(key="first", by="p-1", site="s", country="MY")
    async with consuming(cell):
        await cell.produce([_act(site, START), *_beats(START + MINUTE)])
        await cell.applied(START + MINUTE)
    assert await _lift(cell, 0) == f"partition 0 of acts.{cell.name} is not stopped"
    await cell.drop(ACTS)
    await cell.make_topics(ACTS)
    again, later = acts.SitePut(key="second", by="p-1", site="t", country="SG"), START + 2 * MINUTE
    async with consuming(cell):
        (stop,) = await cell.until(STOPPED, 1)
        assert stop["topic"] == ACTS
        assert "holdfast go-on" in str(stop["stopped"])
        assert await _lift(cell, 0) is None
        await cell.produce([_act(again, later), *_beats(later + MINUTE)])
        assert (await _outcome(cell, "second"))["outcome"] == "applied"
    found = await cell.rows('SELECT key, "offset" FROM act WHERE cell = $1 ORDER BY "offset"')
    assert [(row["key"], row["offset"]) for row in found] == [("first", 0), ("second", 2**40)]
    connection = await connect(cell.dsn)
    try:
        book = reading.Book(connection, reading.Viewer("operator-1", (cell.name,)), cell.name, 0)
        for offset, key in ((0, "second"), (2**40, "second")):
            row = await reading.act(book, offset)
            assert row is not None
            assert row["key"] == key
    finally:
        await connection.close()
    (gap,) = await cell.rows(GAPS)
    assert (gap["topic"], gap["epoch"], gap["from_offset"], gap["until_offset"]) == (ACTS, 1, 0, 0)


async def _commit(cell: Cell, *records: Record) -> None:
    """Write records in a transaction: what ends it takes an offset at which there is no record."""
    producer = AIOKafkaProducer(bootstrap_servers=cell.bootstrap, transactional_id=unique("transaction"))
    await producer.start()
    try:
        async with producer.transaction():
            for each in records:
                await producer.send(
                    f"telemetry.{cell.name}", each.value, each.key, each.partition, each.timestamp, list(each.headers)
                )
    finally:
        await producer.stop()


async def test_rule_6_a_partition_comes_to_rest_where_no_record_is_left_before_the_offset(cell: Cell) -> None:
    """What ends a transaction takes an offset: nothing else would ever move the position over it."""
    suspend = acts.PartitionSuspend(key="s", by="p-1", partition=0, next_offset=2)
    resume = acts.PartitionResume(key="r", by="p-1", partition=0)
    async with consuming(cell):
        await _commit(cell, _said("a", START))
        await cell.produce([_act(suspend, START + SECOND), _beats(START + MINUTE)[1]])
        await cell.until("SELECT act FROM suspension WHERE cell = $1 AND rests_at IS NULL", 1)
        await cell.produce([_said("b", START + 2 * MINUTE), _beats(START + 3 * MINUTE)[1]])
        assert (await _outcome(cell, "s"))["outcome"] == "applied"
        (rested,) = await cell.until("SELECT rests_at FROM suspension WHERE cell = $1 AND rests_at IS NOT NULL", 1)
        assert rested["rests_at"] == START
        await cell.until(f"SELECT horizon FROM cell WHERE cell = $1 AND {HORIZON} >= {START + 3 * MINUTE}", 1)
        assert await _sources(cell, 1) == {"a"}
        await cell.produce([_act(resume, START + 4 * MINUTE), *_beats(START + 5 * MINUTE)])
        assert await _sources(cell, 2) == {"a", "b"}


async def test_rule_6_a_new_log_rests_from_its_first_record_on_while_its_partition_is_suspended(cell: Cell) -> None:
    """Offsets of the old log say nothing of the new one, and its silence is ours from where its time stood."""
    suspend = acts.PartitionSuspend(key="s", by="p-1", partition=0, next_offset=4)
    resume = acts.PartitionResume(key="r", by="p-1", partition=0)
    async with consuming(cell):
        await cell.produce([_act(suspend, START - SECOND)])
        await cell.produce([_said("a", START), _said("b", START + 1), *_beats(START + MINUTE)])
        await cell.applied(START + MINUTE)
        assert (await _outcome(cell, "s"))["outcome"] == "applied"
    await cell.drop(TELEMETRY)
    await cell.make_topics()
    later = START + 10 * MINUTE
    async with consuming(cell):
        await cell.produce([_said("c", later - MINUTE)])
        await cell.until(STOPPED, 1)
        retire = acts.SourceRetire(key="gone", by="p-1", source="a")
        await cell.produce([_act(retire, later - SECOND), _act(_go_on("again", 0), later), _beats(later + MINUTE)[1]])
        assert (await _outcome(cell, "again"))["outcome"] == "applied"
        await cell.until(f"SELECT horizon FROM cell WHERE cell = $1 AND {HORIZON} >= {later + MINUTE}", 1)
        (rested,) = await cell.rows("SELECT from_offset, rests_at FROM suspension WHERE cell = $1")
        assert (rested["from_offset"], rested["rests_at"]) == (0, START + MINUTE)
        ended = "SELECT source, until_at FROM run WHERE cell = $1 AND end_cause = 'retired'"
        assert [tuple(row.values()) for row in await cell.rows(ended)] == [("a", later - SECOND)]
        assert await _sources(cell, 2) == {"a", "b"}
        await cell.produce([_act(resume, later + 2 * MINUTE), *_beats(later + 3 * MINUTE)])
        assert await _sources(cell, 3) == {"a", "b", "c"}
        (run,) = await cell.rows("SELECT first_at FROM run WHERE cell = $1 AND source = 'c'")
        assert run["first_at"] == later + 2 * MINUTE


async def test_rule_6_what_a_new_log_brought_to_a_suspended_partition_is_known_once_it_is_resumed(
    cell: Cell,
) -> None:
    """Nothing of a lane that rests is read: that its topic is another one is found out as it is resumed."""
    suspend = acts.PartitionSuspend(key="s", by="p-1", partition=0, next_offset=2)
    resume = acts.PartitionResume(key="r", by="p-1", partition=0)
    async with consuming(cell):
        await cell.produce([_act(suspend, START - SECOND)])
        await cell.produce([_said("a", START), *_beats(START + MINUTE)])
        await cell.applied(START + MINUTE)
    await cell.drop(TELEMETRY)
    await cell.make_topics()
    resumed = START + 10 * MINUTE
    async with consuming(cell):
        await cell.produce([_said("b", START + 2 * MINUTE), _act(resume, resumed), _beats(resumed + MINUTE)[1]])
        await cell.until(STOPPED, 1)
        went_on = resumed + 2 * MINUTE
        await cell.produce([_act(_go_on("again", 0), went_on), *_beats(went_on + MINUTE)])
        await cell.applied(went_on + MINUTE)
    runs = await cell.rows("SELECT source, first_at FROM run WHERE cell = $1 ORDER BY source")
    assert [tuple(row.values()) for row in runs] == [("a", START), ("b", resumed)]
    rested = await cell.rows("SELECT from_offset, rests_at, until_at FROM suspension WHERE cell = $1")
    assert [tuple(row.values()) for row in rested] == [(0, START + MINUTE, resumed)]


async def test_rule_6_a_suspended_partition_holds_nothing_up_and_a_resumed_one_counts(
    database: str, kafka_server: KafkaServer
) -> None:
    """Rule 6: the horizon goes on without a partition that stands still; what it brings is known when it is resumed."""
    cell = Cell(kafka_server.bootstrap, database, unique("suspend"), partitions=2)
    await cell.make()
    stream = Stream(partitions=2)
    stream.beats(START)
    async with consuming(cell):
        await cell.produce(stream.records())
        await cell.applied(START)
        suspend = acts.PartitionSuspend(key="s", by="p-1", partition=1, next_offset=1)
        await cell.produce([_act(suspend, START + SECOND), *_beats(START + MINUTE)])
        assert (await _outcome(cell, "s"))["outcome"] == "applied"
        rested = [_said(f"s{n}", START + n * MINUTE) for n in (1, 2)]
        await cell.produce([*(replace(each, partition=1) for each in rested), *_beats(START + 3 * MINUTE)])
        await cell.until(f"SELECT horizon FROM cell WHERE cell = $1 AND {HORIZON} >= {START + 3 * MINUTE}", 1)
        assert await cell.rows("SELECT source FROM source_seen WHERE cell = $1") == []
        too_late = acts.PartitionSuspend(key="t", by="p-1", partition=0, next_offset=1)
        resume = acts.PartitionResume(key="r", by="p-1", partition=1)
        resumed = START + 4 * MINUTE
        await cell.produce([_act(too_late, resumed - 1), _act(resume, resumed), *_beats(resumed + MINUTE)])
        await cell.produce([replace(_beats(resumed + MINUTE)[0], partition=1)])
        await cell.applied(resumed + MINUTE)
        refused = await _outcome(cell, "t")
        assert refused["outcome"] == "refused"
        assert "since: suspend it from there" in str(refused["words"])
        assert (await _outcome(cell, "r"))["outcome"] == "applied"
        runs = await cell.rows("SELECT source, timing, first_at FROM run WHERE cell = $1 ORDER BY source")
        assert [(row["source"], row["timing"], row["first_at"]) for row in runs] == [
            ("s1", "late", resumed),
            ("s2", "fresh", resumed),
        ]
    await cell.drop()
