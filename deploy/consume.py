"""Composition of the consuming processes: settings become options, pools and clients; signals end them well."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer

from consumers.beater import Beater
from consumers.consumer import Consumer
from consumers.options import Options
from consumers.records import Lane
from deploy.explain import kafka_options
from deploy.settings import Settings
from schemas import acts
from schemas.envelope import ACT_TYPE, ID, TYPE, acts_topic
from schemas.errors import Transient
from service.store.pool import create_pool

_log = structlog.get_logger()


def options(settings: Settings, bootstrap: str) -> Options:
    """Options of a consumer as the settings say."""
    return Options(
        {**kafka_options(settings), "bootstrap_servers": bootstrap},
        group=settings.consumer_group,
        rest_ms=settings.batch_max_ms,
        load_ms=settings.batch_load_ms,
        max_records=settings.batch_max_records,
        metadata_ms=settings.metadata_max_age_ms,
    )


class Joiner:
    """Says on a cell's acts that a partition was added: once per partition, whoever asks how often."""

    def __init__(self, chosen: Options) -> None:
        self._options = chosen
        self._said: set[Lane] = set()

    async def __call__(self, lane: Lane) -> None:
        """Write the act. Raises KafkaError where the broker does not take it."""
        if lane in self._said:
            return
        act = acts.PartitionJoin(key=f"partition.join/{lane.partition}", by=acts.FINDER, partition=lane.partition)
        async with AIOKafkaProducer(**self._options.kafka, acks="all") as producer:
            headers = [(TYPE, ACT_TYPE.encode()), (ID, act.key.encode())]
            await producer.send_and_wait(acts_topic(lane.cell), acts.body(act), headers=headers, partition=0)
        self._said.add(lane)


@contextlib.asynccontextmanager
async def _ended_by_signals(stop: Callable[[], None]) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def pool_of(dsn: str, size: int) -> asyncpg.Pool:
    """A pool for a consumer; waits until Postgres answers."""
    while True:
        try:
            return await create_pool(dsn, min_size=1, max_size=size, command_timeout=120)
        except Transient as exc:
            _log.warning("waiting", what="postgres", why=str(exc))
            await asyncio.sleep(1)


async def consume(
    settings: Settings, dsn: str, bootstrap: str, ready: Callable[[Consumer], None] | None = None
) -> None:
    """Run one consumer until a signal ends it."""
    chosen = options(settings, bootstrap)
    pool = await pool_of(dsn, 6)
    try:
        consumer = Consumer(chosen, pool, Joiner(chosen))
        async with _ended_by_signals(consumer.stop):
            if ready is not None:
                ready(consumer)
            await consumer.run()
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 5)


async def beat(settings: Settings, bootstrap: str) -> None:
    """Run the beater until a signal ends it."""
    beater = Beater({**kafka_options(settings), "bootstrap_servers": bootstrap}, settings.beat_interval_s)
    async with _ended_by_signals(beater.stop):
        await beater.run()
