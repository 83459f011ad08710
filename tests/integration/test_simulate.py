"""A fleet in Kafka: the records' own times, kept for ever, written once."""

from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from loadtests.fleet import Play
from loadtests.play import Progress, simulate
from loadtests.topics import Broker, CellExists, last_append
from schemas import acts
from schemas.envelope import acts_topic, telemetry_topic
from tests.support.servers import KafkaServer

PLAY = Play(seed=5, servers=6, days=0.2)


async def _read(bootstrap: str, *lanes: TopicPartition, done: Callable[[int], bool]) -> list[tuple[int, bytes]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(lanes)
        await consumer.seek_to_beginning()
        got: list[tuple[int, bytes]] = []
        while not done(len(got)):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                got += [(record.timestamp, record.value) for record in records]
        return got
    finally:
        await consumer.stop()


async def test_rule_24_a_simulated_cell_has_the_times_of_its_history(kafka_server: KafkaServer, cell: str) -> None:
    broker = Broker(kafka_server.bootstrap)
    told: list[Progress] = []
    done = await simulate(broker, cell, PLAY, tell=told.append)
    expected = list(PLAY.records())
    assert done.records == len(expected) == told[-1].records
    assert (await last_append(broker, cell) or 0) >= PLAY.end

    for topic, partition, name in ((acts_topic(cell), 0, "acts"), (telemetry_topic(cell), 1, "telemetry")):
        wanted = [(each.at, each.value) for each in expected if (each.topic, each.partition) == (name, partition)]
        lane = TopicPartition(topic, partition)
        count = len(wanted)
        assert await _read(kafka_server.bootstrap, lane, done=lambda got, count=count: got >= count) == wanted  # type: ignore[misc]


async def test_a_cell_is_said_to_be_simulated_before_it_has_topics(kafka_server: KafkaServer, cell: str) -> None:
    await simulate(Broker(kafka_server.bootstrap), cell, Play(servers=1, days=0.01))
    common = TopicPartition("acts.common", 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka_server.bootstrap)
    await consumer.start()
    end = (await consumer.end_offsets([common]))[common]
    await consumer.stop()
    said = await _read(kafka_server.bootstrap, common, done=lambda got: got >= end)
    cells = [act for _, body in said if body and isinstance(act := acts.parse(body), acts.CellPut)]  # beats are empty
    assert [each.simulated for each in cells if each.cell == cell] == [True]


async def test_a_history_is_written_once(kafka_server: KafkaServer, cell: str) -> None:
    broker = Broker(kafka_server.bootstrap)
    await simulate(broker, cell, Play(servers=1, days=0.01))
    with pytest.raises(CellExists, match="has topics already"):
        await simulate(broker, cell, Play(servers=1, days=0.01))


async def test_a_play_keeps_to_its_speed(kafka_server: KafkaServer, cell: str) -> None:
    play = Play(servers=3, days=60 / 86400)
    done = await simulate(Broker(kafka_server.bootstrap), cell, play, speed=60)
    assert done.seconds >= 0.4


async def test_where_no_cell_is_there_is_no_last_record(kafka_server: KafkaServer, cell: str) -> None:
    assert await last_append(Broker(kafka_server.bootstrap), cell) is None
