"""Listings of what a book holds: one function per named statement, each one round trip. See `service.store.reading`.

Filters: None of anything is all. `after` is the key of the last row of the page before.
"""

from collections.abc import Sequence

from service.facts.records import Millis
from service.store.reading import Book, Rows
from service.store.sqlfile import load

_SQL = load("listing.sql")


async def identifiers(
    book: Book,
    scheme: str | None,
    values: Sequence[str] | None,
    kind: str | None,
    *,
    after: tuple[str, ...],
    limit: int,
) -> Rows:
    """Give a page of identifiers by (scheme, scope, value, kind, part in hex); `values`: as they are compared."""
    return await book.ask(_SQL["read_identifiers_page"], scheme, values, kind, book.known_at, *after, limit)


async def whereabouts(
    book: Book, place: str | None, container: str | None, as_of: Millis, *, after: str, limit: int
) -> Rows:
    """Give a page of where everything stood at a moment, by asset."""
    return await book.ask(_SQL["read_whereabouts_page"], place, container, as_of, book.known_at, after, limit)


async def runs(
    book: Book,
    source: str | None,
    scope: str | None,
    during: tuple[Millis | None, Millis | None],
    *,
    after: int,
    limit: int,
) -> Rows:
    """Give a page of runs by number; `during`: those that touched [from, until)."""
    return await book.ask(_SQL["read_runs_page"], source, scope, *during, book.known_at, after, limit)


async def gaps(
    book: Book,
    source: str | None,
    during: tuple[Millis | None, Millis | None],
    *,
    still: bool | None,
    after: tuple[str, str, Millis],
    limit: int,
) -> Rows:
    """Give a page of silences by (source, scope, beginning); `still`: whether they last."""
    return await book.ask(_SQL["read_gaps_page"], source, still, *during, book.known_at, *after, limit)


async def disputes(
    book: Book, names: Sequence[str] | None, *, still: bool | None, after: tuple[str, Millis, str], limit: int
) -> Rows:
    """Give a page of disputes about where things are, by (asset, beginning, digest of the sides)."""
    return await book.ask(_SQL["read_disputes_page"], names, still, book.known_at, *after, limit)


async def events(book: Book, kind: str | None, *, after: int, limit: int) -> Rows:
    """Give a page of the events of the cell, by number, with bytes and hashes."""
    return await book.ask(_SQL["read_events_page"], kind, book.known_at, after, limit)


async def acts(book: Book, act: str | None, outcome: str | None, by: str | None, *, after: int, limit: int) -> Rows:
    """Give a page of acts with what became of them, by number."""
    return await book.ask(_SQL["read_acts_page"], act, outcome, by, book.known_at, after, limit)


async def ticket(book: Book, name: str) -> Rows:
    """Give the versions of a ticket of planned work as told by then, oldest first; none where it is not known."""
    return await book.ask(_SQL["read_ticket"], name, book.known_at)


async def dead_letter(book: Book, partition: int, offset: int) -> Rows:
    """Give the dead letters at a position with their bytes, the youngest first: more than one after a new topic."""
    return await book.ask(_SQL["read_dead_letter"], partition, offset)


async def last_event(book: Book) -> int:
    """Give the number of the last event of the cell that the viewer may see; -1 where there is none."""
    rows = await book.ask(_SQL["read_last_event"], book.known_at)
    return int(rows[0]["n"]) if rows else -1
