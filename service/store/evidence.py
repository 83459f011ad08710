"""What a claim is judged on: one function per named statement, each one round trip that sets the viewer.

Each takes a `Book` over a connection under the role `holdfast_api`; none begins or commits.
Whatever is given back was so as known at `known_at`, or is marked by times that lie after it.
"""

import asyncpg

from service.facts.records import Millis
from service.store.reading import Book, Rows
from service.store.sqlfile import load

_SQL = load("evidence.sql")


async def names(book: Book, given: list[str]) -> Rows:
    """Give which assets these names belong to, with all names of each: (name, asset)."""
    return await book.ask(_SQL["read_names"], given, book.known_at)


async def kinds(book: Book, assets: list[str]) -> Rows:
    """Give kinds of those that exist: (asset, kind, from_at)."""
    return await book.ask(_SQL["read_kinds"], assets, book.known_at)


async def bearers(book: Book, scheme: str, values: list[str]) -> Rows:
    """Give names of the things that bear one of these normalised values: (name, scope, kind, strong)."""
    return await book.ask(_SQL["read_bearers"], scheme, values, book.known_at)


async def whereabouts(book: Book, assets: list[str], from_at: Millis, until_at: Millis) -> Rows:
    """Give where assets were during an interval (rule 20)."""
    return await book.ask(_SQL["read_whereabouts"], assets, from_at, until_at, book.known_at)


async def inside(book: Book, places: list[str], containers: list[str], as_of: Millis, depth: int) -> Rows:
    """Give what stood in these places and containers at a moment, and within that, down to `depth` levels."""
    return await book.ask(_SQL["read_inside"], places, containers, as_of, book.known_at, depth)


async def bindings(book: Book, names: list[str], from_at: Millis, until_at: Millis) -> Rows:
    """Give what sources say of things during an interval, and of each the last that was said before it."""
    return await book.ask(_SQL["read_bindings"], names, from_at, until_at, book.known_at)


async def bindings_within(book: Book, names: list[str], from_at: Millis, until_at: Millis) -> Rows:
    """Give what sources say to stand within things during an interval."""
    return await book.ask(_SQL["read_bindings_within"], names, from_at, until_at, book.known_at)


async def runs(book: Book, sources: list[str], from_at: Millis, until_at: Millis) -> Rows:
    """Give runs of sources during an interval, of any timing, as they are now: cut what is younger than `known_at`."""
    return await book.ask(_SQL["read_runs"], sources, from_at, until_at, book.known_at)


async def completeness(book: Book, digests: list[bytes]) -> Rows:
    """Give heads of inventories, which say what each is complete for: (digest, head)."""
    return await book.ask(_SQL["read_completeness"], digests)


async def disputes(book: Book, assets: list[str], from_at: Millis, until_at: Millis) -> Rows:
    """Give disputes about where things were during an interval."""
    return await book.ask(_SQL["read_disputes"], assets, from_at, until_at, book.known_at)


async def identity_disputes(book: Book, names: list[str]) -> Rows:
    """Give strong claims to the identity of these that cannot both be true; cut ends that are younger."""
    return await book.ask(_SQL["read_identity_disputes"], names, book.known_at)


async def gaps(book: Book, sources: list[str], from_at: Millis, until_at: Millis) -> Rows:
    """Give silences of sources during an interval; cut ends that are younger than `known_at`."""
    return await book.ask(_SQL["read_gaps"], sources, from_at, until_at, book.known_at)


async def outages(book: Book, from_at: Millis, until_at: Millis) -> Rows:
    """Give stretches in which nothing was appended to a partition (rule 12), or it was suspended (rule 6)."""
    return await book.ask(_SQL["read_outages"], from_at, until_at, book.known_at)


async def work(book: Book, from_at: Millis, until_at: Millis) -> Rows:
    """Give every version of the tickets whose last one plans work that overlaps an interval, oldest first."""
    return await book.ask(_SQL["read_work"], from_at, until_at, book.known_at)


async def event_hashes(book: Book, names: list[str]) -> Rows:
    """Give numbers and SHA-256 of all events about things, up to `known_at`."""
    return await book.ask(_SQL["read_event_hashes"], names, book.known_at)


async def resting(book: Book) -> Rows:
    """Give the partitions that were suspended at `known_at`."""
    return await book.ask(_SQL["read_resting"], book.known_at)


async def named(book: Book, names: list[str]) -> Rows:
    """Give those of some names whose things bear a value by which they can be told from others."""
    return await book.ask(_SQL["read_named"], names, book.known_at)


async def merges(book: Book, names: list[str]) -> Rows:
    """Give what people joined among these names, in force: (one, other)."""
    return await book.ask(_SQL["read_merges"], names, book.known_at)


async def terms(book: Book, sources: list[str]) -> Rows:
    """Give as what sources first appeared (from_at None), and what was enrolled of them, oldest first."""
    return await book.ask(_SQL["read_terms"], sources, book.known_at)


async def restated(book: Book, since: Millis) -> Rows:
    """Give the places of which another container or country was said after a moment."""
    return await book.ask(_SQL["read_restated"], since, book.known_at)


async def statuses(book: Book, names: list[str], until_at: Millis) -> Rows:
    """Give what was said of the status of things before a moment, of each thing in the order in which it begins."""
    return await book.ask(_SQL["read_statuses"], names, until_at, book.known_at)


async def kept(book: Book, places: list[str], from_at: Millis, until_at: Millis) -> list[str]:
    """Name the things that people say are kept in places, at any moment of an interval."""
    return [row["asset"] for row in await book.ask(_SQL["read_kept"], places, from_at, until_at, book.known_at)]


async def stood(book: Book, places: list[str], containers: list[str], from_at: Millis, until_at: Millis) -> Rows:
    """Give what stood in places, or directly within containers, at any moment of an interval, and when."""
    return await book.ask(_SQL["read_stood"], places, containers, from_at, until_at, book.known_at)


async def began(book: Book) -> Millis | None:
    """Give when the book began; None where nothing was in it by `known_at`."""
    rows = await book.ask(_SQL["read_began"], book.known_at)
    return int(rows[0]["at"]) if rows else None


async def everything(book: Book, kinds: list[str] | None, before: Millis, limit: int) -> list[str]:
    """Name the things of the book that were there at or before a moment, of some kinds, up to so many."""
    return [row["asset"] for row in await book.ask(_SQL["read_everything"], kinds, before, book.known_at, limit)]


async def event_digest(book: Book, names: list[str]) -> asyncpg.Record:
    """Give the count, the last number and one hash over the hashes of all events about things, up to `known_at`."""
    (row,) = await book.ask(_SQL["read_event_digest"], names, book.known_at)
    return row
