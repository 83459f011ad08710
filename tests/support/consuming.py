"""A consumer within the test's own process, so that a test can see, and break, what it does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from consumers.consumer import Consumer
from consumers.options import Options
from consumers.pipeline import Observer
from deploy.consume import Joiner
from service.store.pool import create_pool
from tests.support.cells import Cell
from tests.support.servers import unique


@dataclass(frozen=True, slots=True)
class Consuming:
    """A consumer, and the task that runs it."""

    consumer: Consumer
    task: asyncio.Task[None]


@asynccontextmanager
async def consuming(cell: Cell, observe: Observer | None = None, **bounds: int) -> AsyncIterator[Consuming]:
    """Run a consumer of a cell's servers, in a group of its own; what ended it is raised at the end.

    `bounds` are options that bound it.
    """
    pool = await create_pool(cell.dsn, min_size=1, max_size=4)
    options = Options({"bootstrap_servers": cell.bootstrap}, group=unique("group"), **bounds)
    consumer = Consumer(options, pool, Joiner(options), observe)
    task = asyncio.create_task(consumer.run())
    try:
        yield Consuming(consumer, task)
        consumer.stop()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await pool.close()
