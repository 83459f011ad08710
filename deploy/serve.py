"""The API as a process: settings, a pool under its own role, a producer, uvicorn."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from importlib.metadata import version
from typing import Self

import asyncpg
import uvicorn
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import FastAPI

from deploy.kafka_client import producer
from deploy.migrate import migrations
from deploy.settings import Settings
from deploy.status import CannotListen
from schemas.envelope import ACTS_PREFIX, BEAT_TYPE, TYPE, telemetry_topic
from schemas.errors import NoKafka, Transient
from service.api.app import create_app
from service.api.parts import API_ROLE, Parts, Sent, is_loopback
from service.facts.records import Millis
from service.store import pool

_STATEMENT_MS = 30_000
_SEND_S = 5.0
POOL_SIZE = 16
_GRACE_S = 5
_MAYBE_WRITTEN = "it may have been written: send it again with the same `key`, which is applied once"


def now() -> Millis:
    """Give the wall clock; for keys and ages alone."""
    return time.time_ns() // 1_000_000


async def _nothing_to_reset(_connection: asyncpg.pool.PoolConnectionProxy) -> None:
    """Leave a returned connection as it is: reads set nothing beyond their own statement."""


async def reading_pool(dsn: str, size: int = POOL_SIZE) -> asyncpg.Pool:
    """Make a pool whose every connection has the API's role from its start. It connects when it is first used."""
    return await pool.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        reset=_nothing_to_reset,
        server_settings={
            "role": API_ROLE,
            "statement_timeout": str(_STATEMENT_MS),
            "application_name": "holdfast-api",
        },
    )


class KafkaSender:
    """Puts acts on Kafka. Connects when it is first needed, so that reading works while Kafka is down."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._client: AIOKafkaProducer | None = None
        self._played: dict[str, Millis] = {}  # topics of simulated cells: the time up to which we let them go
        self._manager: AbstractAsyncContextManager[AIOKafkaProducer] | None = None

    async def __call__(
        self, topic: str, values: Sequence[bytes], headers: tuple[tuple[str, bytes], ...], at: Millis | None
    ) -> list[Sent]:
        """Put records on partition 0 in their order; return once all replicas have them.

        Raises `Transient` after seconds; its words say whether any of them may be written all the same.
        """
        began = False
        try:
            async with asyncio.timeout(_SEND_S):
                client = await self._connected()
                if at is not None:
                    at = max(at, self._played.get(topic, 0) + 1)
                began = True
                put = {"partition": 0, "headers": list(headers), "timestamp_ms": at}
                done = await asyncio.gather(*[await client.send(topic, value, **put) for value in values])
                if at is not None:
                    await self._let_time_go_by(client, topic, at)
        except (KafkaError, NoKafka, OSError, TimeoutError) as exc:
            became = _MAYBE_WRITTEN if began else "nothing was written: send it again in a while"
            raise Transient(f"Kafka does not answer ({str(exc) or type(exc).__name__}); {became}") from exc
        return [Sent(each.offset, each.timestamp) for each in done]

    async def _let_time_go_by(self, client: AIOKafkaProducer, topic: str, at: Millis) -> None:
        """Beat in a simulated cell, which nobody else does, so that its horizon passes an act (SEMANTICS rule 24)."""
        beat = {"value": b"", "headers": [(TYPE, BEAT_TYPE.encode())]}
        telemetry = telemetry_topic(topic.removeprefix(ACTS_PREFIX))
        for partition in sorted(await client.partitions_for(telemetry)):
            await client.send_and_wait(telemetry, partition=partition, timestamp_ms=at + 1, **beat)
        await client.send_and_wait(topic, partition=0, timestamp_ms=at + 2, **beat)
        self._played[topic] = at + 2

    async def _connected(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._client is None:
                manager = producer(self._settings)
                self._client = await manager.__aenter__()
                self._manager = manager
            return self._client

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._manager is not None:
            self._client = None
            await self._manager.__aexit__(None, None, None)


def make_app(settings: Settings, dsn: str) -> FastAPI:
    """Make the application over a database and the settings' Kafka; nothing is opened before it starts."""
    release = version("holdfast")

    @asynccontextmanager
    async def open_parts() -> AsyncIterator[Parts]:
        sender = KafkaSender(settings)
        opened = await reading_pool(dsn)
        try:
            numbers = frozenset(migration.number for migration in migrations())
            yield Parts(opened, sender, now, numbers, release, is_loopback(settings.api_host))
        finally:
            await sender.close()
            await opened.close()

    return create_app(open_parts, release)


def listen(settings: Settings) -> socket.socket:
    """Take the settings' address for the API; to be handed to `Server`. Raises `CannotListen`."""
    host, port = settings.api_host, settings.api_port
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as exc:
        raise CannotListen(
            f"the API cannot listen on {host}, port {port} ({exc.strerror or exc}): see HOLDFAST_API_HOST and "
            "HOLDFAST_API_PORT (`serve` has --host and --port)"
        ) from exc
    # Connections inherit it. Without it, the body of an answer waits until its client says that the head arrived:
    # some 40 ms, from the second question of a connection on.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class _Quiet(uvicorn.Server):
    """Uvicorn that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Server:
    """The API behind a port, inside a running loop: for `holdfast serve`, the demo, and tests.

    `async with Server(settings, dsn) as server:` gives it once it answers; `server.url` is where.
    """

    def __init__(self, settings: Settings, dsn: str, listening: socket.socket | None = None) -> None:
        """Take note; `listening` is what `listen` gave, where the address was taken before."""
        self._settings = settings
        self._listening = listening
        self._app = make_app(settings, dsn)
        config = uvicorn.Config(
            self._app,
            log_config=None,  # its warnings go where all logs go: see deploy.logs
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Quiet(config)
        self._task: asyncio.Task[None] | None = None
        self._url = ""

    async def __aenter__(self) -> Self:
        """Start, and return once it answers. Raises `CannotListen`, or what else kept it from starting."""
        host, listening = self._settings.api_host, self._listening or listen(self._settings)
        self._url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        self._task = asyncio.create_task(self._server.serve([listening]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise Transient("the API did not start: see what was logged above")
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Answer what was asked already, end the streams, and stop."""
        self._app.state.feeds.close()
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._url

    async def ended(self) -> None:
        """Wait until it ended by itself."""
        if self._task is not None:
            await self._task
