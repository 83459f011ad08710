"""What uvloop says of a closed connection reaches a Kafka client as what it expects of a broken one."""

import asyncio

import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from deploy import event_loop
from tests.support.servers import KafkaServer


async def _said(bootstrap: str, turns: int, name: str | None, *args: object) -> BaseException | None:
    """Send over a connection that closed so many turns of the loop ago: as a client does, or (None) by its writer."""
    host, _, port = bootstrap.rpartition(":")
    connection = AIOKafkaConnection(host, int(port))
    await connection.connect()
    writer = connection._writer  # noqa: SLF001 - no other way to its transport
    writer.transport.abort()
    for _ in range(turns):
        await asyncio.sleep(0)
    try:
        if name is None:
            writer.write(b"x")
        else:
            waiting = asyncio.ensure_future(getattr(connection, name)(*args))
            connection.close()
            await asyncio.gather(waiting, return_exceptions=True)
    except (RuntimeError, KafkaConnectionError) as exc:
        return exc
    finally:
        connection.close()
    return None


async def _all_said(bootstrap: str) -> tuple[list[BaseException | None], list[BaseException | None]]:
    """Give what is said in each of the turns after a connection closed: by the writer, and to the client."""
    sends: list[tuple[str, object]] = [("send", MetadataRequest([])), ("_send_sasl_token", b"token")]
    theirs = [await _said(bootstrap, turns, None) for turns in range(4)]
    return theirs, [await _said(bootstrap, turns, name, arg) for turns in range(4) for name, arg in sends]


def test_what_is_sent_over_a_closed_connection_is_a_broken_connection(kafka_server: KafkaServer) -> None:
    """In one of the turns the transport is closed and the connection was not told; uvloop raises RuntimeError then."""
    theirs, ours = event_loop.run(_all_said(kafka_server.bootstrap))
    assert any(isinstance(exc, RuntimeError) and "the handler is closed" in str(exc) for exc in theirs)
    assert all(exc is None or isinstance(exc, KafkaConnectionError) for exc in ours)
    assert any(isinstance(exc, KafkaConnectionError) and "the handler is closed" in str(exc) for exc in ours)


def test_it_runs_on_uvloop() -> None:
    async def kind() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert event_loop.run(kind()) == uvloop.Loop.__module__
