"""Acts on their way to Kafka: what is said where it does not answer."""

import pytest

from deploy import serve
from deploy.serve import KafkaSender
from deploy.settings import load
from schemas.envelope import ACT_TYPE, TYPE
from schemas.errors import Transient
from tests.support.processes import held_still
from tests.support.servers import KafkaServer, make_topic, unique

HEADERS = ((TYPE, ACT_TYPE.encode()),)


async def test_where_nothing_was_sent_nothing_was_written() -> None:
    sender = KafkaSender(load(kafka_bootstrap="127.0.0.1:1"))
    with pytest.raises(Transient, match="nothing was written"):
        await sender("acts.x", [b"{}"], HEADERS, None)
    await sender.close()


async def test_rule_4_what_was_sent_and_not_answered_may_be_written_and_the_same_key_makes_it_once(
    kafka_server: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker holds still just after it was connected to, and goes on once we have given up."""
    pid = kafka_server.embedded.pid if kafka_server.embedded else None
    if pid is None:
        pytest.skip("needs a Kafka of its own, to hold it still")
    topic = unique("acts.held")
    await make_topic(kafka_server.bootstrap, topic)
    sender = KafkaSender(load(kafka_bootstrap=kafka_server.bootstrap))
    try:
        assert [each.offset for each in await sender(topic, [b"{}"], HEADERS, None)] == [0]
        monkeypatch.setattr(serve, "_SEND_S", 0.5)
        with (
            held_still(pid),
            pytest.raises(Transient, match="may have been written: send it again with the same `key`"),
        ):
            await sender(topic, [b"{}"], HEADERS, None)
        monkeypatch.undo()
        said = [b"%d" % n for n in range(1000)]
        offsets = [each.offset for each in await sender(topic, said, HEADERS, None)]
        assert offsets == list(range(2, 1002))  # it was written
    finally:
        await sender.close()
