"""What is kept how long, what is held, and what would leave: one function per named statement."""

from collections.abc import Sequence

import asyncpg

from schemas.words import RecordKind
from service.facts.records import Millis
from service.facts.retention import Kept
from service.store.reading import Book, Rows
from service.store.sqlfile import load

_SQL = load("retention.sql")


async def classes(book: Book) -> Rows:
    """Give the classes that stand, by name, as known."""
    return await book.ask(_SQL["read_classes"], book.known_at)


async def holds(book: Book, after: str = "", limit: int | None = None) -> Rows:
    """Give a page of holds by key, released ones too, as known (limit None: all)."""
    return await book.ask(_SQL["read_holds"], book.known_at, after, limit)


async def leaving(
    book: Book, record: RecordKind, kept: Kept, held: Sequence[str], at: Millis, *, all_held: bool
) -> asyncpg.Record:
    """Count one kind of record of the whole cell by what would become of it at a moment. Takes long in a large cell."""
    rows = await book.ask(_SQL["plan_retention"], record.value, *kept, held, all_held, at)
    return rows[0]
