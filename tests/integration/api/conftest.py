"""What the tests of the API share: a book that was filled, keys, a client."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI

from deploy.migrate import migrations
from deploy.serve import now, reading_pool
from schemas.errors import Transient
from service.api.app import create_app
from service.api.parts import Parts, Sent
from service.store import keys, pool
from tests.support.book import Seeded, seed


@dataclass
class Broker:
    """Stands in for Kafka: keeps what was sent, and lets a test consume it. `down` refuses."""

    sent: list[tuple[str, bytes, int | None]] = field(default_factory=list)
    down: bool = False
    consume: Callable[[str, int, bytes, int], Awaitable[None]] | None = None

    async def __call__(
        self, topic: str, values: Sequence[bytes], headers: tuple[tuple[str, bytes], ...], at: int | None
    ) -> list[Sent]:
        """Take records as the broker would."""
        assert dict(headers)["ce_type"] == b"io.holdfast.act.v1"
        if self.down:
            raise Transient("Kafka does not answer; nothing was written: send it again in a while")
        return [await self._take(topic, value, at) for value in values]

    async def _take(self, topic: str, value: bytes, at: int | None) -> Sent:
        self.sent.append((topic, value, at))
        sent = Sent(len(self.sent) - 1, at if at is not None else time.time_ns() // 1_000_000)
        if self.consume:
            await self.consume(topic, sent.offset, value, sent.at)
        return sent


@dataclass
class Api:
    """The application under test, with a book of one operator and another of somebody else's."""

    app: FastAPI
    client: httpx.AsyncClient
    book: Seeded
    other: Seeded
    broker: Broker
    dsn: str

    async def key(self, *scopes: str, operator: str | None = None, expires_at: int | None = None) -> str:
        """Make a key."""
        connection = await pool.connect(self.dsn)
        try:
            return await keys.create(
                connection, operator or self.book.operator, "test", scopes or ("read",), at=now(), expires_at=expires_at
            )
        finally:
            await connection.close()

    async def as_key(self, *scopes: str, operator: str | None = None) -> None:
        """Let the client ask with a new key from now on."""
        self.client.headers["Authorization"] = f"Bearer {await self.key(*scopes, operator=operator)}"


@pytest.fixture
async def api(database: str) -> AsyncIterator[Api]:
    """Give the real application over a real database, its broker alone stood in for."""
    book = await seed(database, "kul-1", "acme", simulated=True)
    other = await seed(database, "sin-1", "rival")
    broker = Broker()

    @asynccontextmanager
    async def open_parts() -> AsyncIterator[Parts]:
        opened = await reading_pool(database)
        yield Parts(opened, broker, now, frozenset(m.number for m in migrations()), "0", local=True)
        await opened.close()

    app = create_app(open_parts, "0")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://holdfast.test") as client:
            api = Api(app, client, book, other, broker, database)
            await api.as_key("read")
            yield api
    for each in (book, other):
        await asyncio.wait_for(each.connection.close(), 10)
