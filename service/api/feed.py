"""Feeds of changes: one look at each cell for all who follow it, however many they are.

Events of a cell have one writer, which numbers and commits them in order (SEMANTICS rule 13): whoever has read up to a
number has read all before it, and goes on from there. Nothing is kept for a reader: each is at its own number, and one
that reads slowly reads on later.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import takewhile
from typing import ClassVar

import asyncpg
import structlog

from schemas.errors import HoldfastError
from service.api.asking import open_book
from service.store import listing
from service.store.pool import TRANSIENT
from service.store.reading import Rows, Viewer

POLL_S = 0.5
RECENT = 2_000  # events of a cell that are kept for those who are up to date
PAGE = 500
MAX_STREAMS = 10_000  # of a process
MAX_OF_KEY = 1_000

_log = structlog.get_logger(__name__)


class TooManyStreams(HoldfastError):
    """More streams are open than are allowed; close some, or come again later."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "too-many-streams"


class Feed:
    """What is new in one cell, looked at every `POLL_S` while somebody follows it."""

    def __init__(self, pool: asyncpg.Pool, cell: str, operator: str, last: int) -> None:
        self._pool = pool
        self._cell = cell
        self._viewer = Viewer(operator, (cell,))
        self._recent: deque[asyncpg.Record] = deque(maxlen=RECENT)
        self._before = last  # what is recent comes after this number
        self.last = last
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._look())
        self.followers = 0

    def since(self, after: int) -> list[asyncpg.Record] | None:
        """Give the recent events after a number; None where that is further back than they reach."""
        if after < self._before:
            return None
        found = list(takewhile(lambda row: row["n"] > after, reversed(self._recent))) if after < self.last else []
        return found[::-1]

    async def wait(self, after: int, most_s: float) -> None:
        """Wait until there is something after a number, or for so long."""
        if self.last > after:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), most_s)

    def stop(self) -> None:
        """Look no more."""
        self._task.cancel()

    async def _look(self) -> None:
        while True:
            try:
                rows = await self._read()
            except TRANSIENT as exc:
                _log.warning("feed_waits", cell=self._cell, error=str(exc) or type(exc).__name__)
                rows = []
            if rows:
                self._take(rows)
            if len(rows) < PAGE:
                await asyncio.sleep(POLL_S)

    async def _read(self) -> Rows:
        async with self._pool.acquire() as connection:
            book = (await open_book(connection, self._viewer, self._cell)).book
            return await listing.events(book, None, after=self.last, limit=PAGE)

    def _take(self, rows: Rows) -> None:
        over = len(self._recent) + len(rows) - RECENT
        if over > 0:
            self._before = (
                self._recent[over - 1]["n"] if over <= len(self._recent) else rows[over - len(self._recent) - 1]["n"]
            )
        self._recent.extend(rows)
        self.last = rows[-1]["n"]
        self._news.set()
        self._news = asyncio.Event()


class Feeds:
    """All feeds of one application, and how many follow them. Owned by the application; not shared."""

    def __init__(self) -> None:
        self._feeds: dict[str, Feed] = {}
        self._of_key: Counter[str] = Counter()
        self.closing = asyncio.Event()

    def check(self, key: str) -> None:
        """Raise `TooManyStreams` unless one more may be opened with a key."""
        if self._of_key.total() >= MAX_STREAMS or self._of_key[key] >= MAX_OF_KEY:
            raise TooManyStreams(
                f"a process holds {MAX_STREAMS} streams, {MAX_OF_KEY} of one key: close some, or come again in a while"
            )

    @asynccontextmanager
    async def follow(self, pool: asyncpg.Pool, cell: str, operator: str, key: str, last: int) -> AsyncIterator[Feed]:
        """Follow a cell; `last`: the number of its last event, where nobody follows it yet."""
        feed = self._feeds.get(cell)
        if feed is None:
            feed = self._feeds[cell] = Feed(pool, cell, operator, last)
        self._of_key[key] += 1
        feed.followers += 1
        try:
            yield feed
        finally:
            self._of_key[key] -= 1
            feed.followers -= 1
            if not feed.followers:
                feed.stop()
                self._feeds.pop(cell, None)

    def close(self) -> None:
        """Let every stream end."""
        self.closing.set()
