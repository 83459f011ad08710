"""Programs of this machine as clients of Kafka: where it is, and how a report is put there."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deploy.embedded.paths import kafka_dir
from deploy.embedded.ports import broker_answers
from deploy.explain import kafka_options
from deploy.settings import Settings
from schemas import envelope
from schemas.errors import NoKafka

_PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a record stands, and its append time in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int


def bootstrap(settings: Settings) -> str:
    """Give the address of the settings' Kafka, else of the embedded one that runs over their data folder.

    Blocks up to a second. Raises NoKafka.
    """
    if settings.kafka_bootstrap:
        return settings.kafka_bootstrap
    try:
        port = int((kafka_dir(settings.data_dir) / "ports").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        port = 0
    if not port or not broker_answers(port):
        raise NoKafka("no Kafka runs here: start one with `holdfast up`, or set HOLDFAST_KAFKA_BOOTSTRAP to yours")
    return f"127.0.0.1:{port}"


@asynccontextmanager
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """Yield a producer that writes each record once and waits for all replicas. Raises NoKafka, SettingsWrong."""
    address = await asyncio.to_thread(bootstrap, settings)
    client = AIOKafkaProducer(
        bootstrap_servers=address,
        enable_idempotence=True,
        compression_type="zstd",
        max_request_size=16 * 1024 * 1024,
        request_timeout_ms=_PATIENCE_S * 1000,
        **kafka_options(settings),
    )
    try:
        await client.start()
    except (KafkaError, OSError) as exc:
        await client.stop()
        raise NoKafka(
            f"Kafka at {address} does not let us in ({exc}): does it run, and are HOLDFAST_KAFKA_… as it wants them?"
        ) from exc
    try:
        yield client
    finally:
        await client.stop()


def headers(ce_type: str, source: str, content_type: str, at: datetime) -> Mapping[str, bytes]:
    """Give the CloudEvents headers of a new record; `at` is the end of the observation. Not pure: the id is random."""
    return {
        envelope.TYPE: ce_type.encode(),
        envelope.SOURCE: source.encode(),
        envelope.ID: str(uuid.uuid4()).encode(),
        envelope.TIME: at.astimezone(UTC).isoformat(timespec="milliseconds").encode(),
        envelope.CONTENT_TYPE: content_type.encode(),
    }


async def send_report(
    client: AIOKafkaProducer,
    cell: str,
    source: str,
    body: bytes,
    *,
    ce_type: str,
    content_type: str = "application/json",
    at: datetime | None = None,
) -> Sent:
    """Put one report on its cell's telemetry topic, keyed by its source, and wait until it stands there.

    Raises NoKafka where there is no such topic, or it does not within 30 s.
    """
    topic = envelope.telemetry_topic(cell)
    stamped = headers(ce_type, source, content_type, at or datetime.now(UTC))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            if topic not in (await client.client.fetch_all_metadata()).topics():
                raise NoKafka(f"there is no topic {topic}: is there such a cell, and does it take telemetry?")
            done = await client.send_and_wait(topic, body, key=source.encode(), headers=list(stamped.items()))
    except (KafkaError, TimeoutError) as exc:
        raise NoKafka(f"Kafka does not take the record on {topic} ({str(exc) or 'no answer'}): try again") from exc
    return Sent(done.topic, done.partition, done.offset, done.timestamp)
