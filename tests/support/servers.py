"""The real servers for tests, and the small things that tests need of them."""

import asyncio
import re
import uuid
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.embedded import EmbeddedKafka, EmbeddedPostgres

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL under which databases may be created; `embedded` is None where it is somebody's own."""

    dsn: str
    embedded: EmbeddedPostgres | None


@dataclass(frozen=True, slots=True)
class KafkaServer:
    """A Kafka broker; `embedded` is None where it is somebody's own."""

    bootstrap: str
    embedded: EmbeddedKafka | None


def unique(prefix: str) -> str:
    """Return a name that no other test of any session has: for cells, topics, groups, databases."""
    return f"{re.sub(r'[^a-z0-9]+', '', prefix.lower())[:24] or 't'}{uuid.uuid4().hex[:10]}"


def apart(call: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on a loop and thread of its own, whatever loop the test has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(call())).result()


def dsn_of(server_dsn: str, database: str) -> str:
    """Return the DSN of one database of a server."""
    return urlunsplit(urlsplit(server_dsn)._replace(path=f"/{database}"))


async def execute(dsn: str, *statements: str) -> None:
    """Execute statements one by one, outside a transaction."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def make_topic(bootstrap: str, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
    """Make a topic, and return when the broker has it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=dict(config or {}))])
    finally:
        await admin.close()
