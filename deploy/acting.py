"""What commands do with a book: ask it without the API's port, and write acts through Kafka like the API."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from deploy.database import dsn
from deploy.explain import kafka_options
from deploy.kafka_client import bootstrap
from deploy.serve import KafkaSender, reading_pool
from deploy.settings import Settings
from loadtests.topics import Broker, found_cell
from schemas.acts import CellAct
from schemas.answers import ClaimAsked
from schemas.errors import HoldfastError, Transient
from schemas.list_table import Things
from service.api import sending, writing
from service.api.asking import CellNotFound, open_book
from service.api.attesting import Answered, attest
from service.store import keys, pool, reading
from service.store.reading import Book, Rows, Viewer

_FOUNDED_S = 15
_PAGE = 1_000


class NotApplied(HoldfastError):
    """An act was refused, or its outcome is not known yet; the text says which."""


@asynccontextmanager
async def owner(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Connect with the database's own rights. Raises `NoPostgres`, `Transient`."""
    connection = await pool.connect(dsn(settings))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def viewing(settings: Settings, cell: str) -> AsyncIterator[tuple[asyncpg.Pool, Viewer]]:
    """Give a pool under the API's role, and the operator of a cell as its viewer. Raises `CellNotFound`."""
    async with owner(settings) as connection:
        viewer = await keys.viewer_of_cell(connection, cell)
    if viewer is None:
        raise CellNotFound(
            f"there is no cell {cell!r}: `holdfast sites put` with --operator founds one (consumers must run)"
        )
    opened = await reading_pool(dsn(settings), 2)
    try:
        yield opened, viewer
    finally:
        await opened.close()


async def ask(settings: Settings, claim: ClaimAsked, things: Things | None = None) -> Answered:
    """Answer a claim from the database, with the rights of the cell's operator. Raises what `attest` raises."""
    async with viewing(settings, claim.cell) as (opened, viewer), opened.acquire() as connection:
        return await attest(connection, viewer, claim, things)


async def carry_out(settings: Settings, cell: str, acts: Sequence[CellAct]) -> list[writing.Done]:
    """Write acts, in order, and wait for their outcomes. Raises `CellNotFound`, `Transient` (then try again)."""
    sender = KafkaSender(settings)
    try:
        async with viewing(settings, cell) as (opened, viewer):
            async with opened.acquire() as connection:
                at = await writing.time_for(connection, viewer, cell)
            sent = [await sending.put(sender, cell, act, at) for act in acts]
            return [await writing.outcome(opened, viewer, cell, one) for one in sent]
    finally:
        await sender.close()


async def found(settings: Settings, cell: str, operator: str) -> None:
    """Found a cell as an operator's, with its topics, and wait up to 15 s until consumers know it.

    Raises `NoKafka`, `Transient` where no consumer takes it in time.
    """
    broker = Broker(await asyncio.to_thread(bootstrap, settings), kafka_options(settings))
    await found_cell(broker, cell, operator=operator, operator_name=operator)
    deadline = time.monotonic() + _FOUNDED_S
    while True:
        async with owner(settings) as connection:
            viewer = await keys.viewer_of_cell(connection, cell)
        if viewer is not None and viewer.operator == operator:
            return
        if viewer is not None and viewer.operator != "unassigned":
            raise NotApplied(f"the cell {cell} is another operator's: choose another name")
        if time.monotonic() > deadline:
            raise Transient(f"no consumer took the cell {cell} up in {_FOUNDED_S} s: `holdfast consume` must run")
        await asyncio.sleep(0.1)


async def sources(settings: Settings, cell: str) -> Rows:
    """Give all sources of a cell, as known at its horizon. Raises `CellNotFound`."""
    async with viewing(settings, cell) as (opened, viewer), opened.acquire() as connection:
        return await reading.sources((await open_book(connection, viewer, cell)).book)


async def statuses(settings: Settings, cell: str, status: str | None) -> Rows:
    """Give all that was said of the status of things, as known at a cell's horizon. Raises `CellNotFound`."""
    async with viewing(settings, cell) as (opened, viewer), opened.acquire() as connection:
        book = (await open_book(connection, viewer, cell)).book
        found: Rows = []
        while rows := await reading.statuses(
            book, None, status, after=(found[-1]["offset"], found[-1]["n"]) if found else (-1, -1), limit=_PAGE
        ):
            found += rows
        return found


async def work(settings: Settings, cell: str) -> Rows:
    """Give all planned work by ticket, as known at a cell's horizon. Raises `CellNotFound`."""
    async with viewing(settings, cell) as (opened, viewer), opened.acquire() as connection:
        book = (await open_book(connection, viewer, cell)).book
        found: Rows = []
        while rows := await reading.work(book, found[-1]["ticket"] if found else "", _PAGE):
            found += rows
        return found


async def grants(settings: Settings, cell: str, party: str | None) -> Rows:
    """Give all grants by key, of a party or of all, as known at a cell's horizon. Raises `CellNotFound`."""
    async with viewing(settings, cell) as (opened, viewer), opened.acquire() as connection:
        book = (await open_book(connection, viewer, cell)).book
        found: Rows = []
        while rows := await reading.grants(book, party, found[-1]["key"] if found else "", _PAGE):
            found += rows
        return found


async def accesses(settings: Settings, cell: str, party: str | None) -> Rows:
    """Give all that parties were shown, oldest first. Raises `CellNotFound`."""
    async with viewing(settings, cell) as (opened, viewer), opened.acquire() as connection:
        book = (await open_book(connection, viewer, cell)).book
        found: Rows = []
        while rows := await reading.accesses(book, party, found[-1]["offset"] if found else -1, _PAGE):
            found += rows
        return found


async def places(settings: Settings, cell: str) -> Rows:
    """Give all places of a cell, as known at its horizon. Raises `CellNotFound`."""
    async with viewing(settings, cell) as (opened, viewer), opened.acquire() as connection:
        return await reading.places((await open_book(connection, viewer, cell)).book)


async def all_sites(settings: Settings) -> list[tuple[str, bool, Rows]]:
    """Give every cell of the database, whether it is simulated, and its sites."""
    async with owner(settings) as connection:
        cells = await keys.cells(connection)
        found = []
        for row in cells:
            book = Book(connection, Viewer(row["operator"], (row["cell"],)), row["cell"], row["horizon"] - 1)
            rows = [place for place in await reading.places(book) if place["kind"] == "site"]
            found.append((str(row["cell"]), bool(row["simulated"]), rows))
        return found
