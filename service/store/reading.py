"""What the API reads: one function per named statement, each one round trip that sets the viewer and then queries.

Each takes a `Book` over a connection under the role `holdfast_api`; none begins or commits. What the viewer may not
see is not there.
"""

from dataclasses import dataclass
from typing import NamedTuple

import asyncpg

from schemas.words import PartyKind
from service.facts.records import Millis
from service.store.pool import Connection
from service.store.sqlfile import load

_SQL = load("reading.sql")
_FIRST = "00000000-0000-0000-0000-000000000000"

Rows = list[asyncpg.Record]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a party (mostly an operator), and the cells that are its own; else what it sees of one by grants.

    `granted`: other cells of which something was granted to it. `shown`: what it sees of one of these, opened.
    """

    operator: str
    cells: tuple[str, ...]
    kind: PartyKind = PartyKind.OPERATOR
    granted: tuple[str, ...] = ()
    shown: str | None = None

    @property
    def all_cells(self) -> tuple[str, ...]:
        """All cells of which it sees something."""
        return tuple(sorted({*self.cells, *self.granted}))

    @property
    def setting(self) -> str:
        """The value of `holdfast.cells`: names of cells hold no commas; or the JSON object of `disclosed`."""
        return ",".join(self.cells) if self.shown is None else self.shown


@dataclass(frozen=True, slots=True)
class Book:
    """One cell as one viewer may see it, as known at one moment: what questions are put to."""

    connection: Connection
    viewer: Viewer
    cell: str
    known_at: Millis

    async def ask(self, statement: str, *values: object) -> Rows:
        """Run a statement for this viewer and cell."""
        return await self.connection.fetch(statement, self.viewer.setting, self.cell, *values)


class FindingsWanted(NamedTuple):
    """Which findings are asked for: None of anything is all; an interval is one at a moment of which they were open."""

    state: str | None = None
    kind: str | None = None
    severity: str | None = None
    subject: str | None = None
    from_at: Millis | None = None
    until_at: Millis | None = None


async def cells(connection: Connection, viewer: Viewer) -> Rows:
    """Give all cells of the viewer, by name: operator, simulated, horizon."""
    return await connection.fetch(_SQL["read_cells"], viewer.setting)


async def asset_cells(connection: Connection, viewer: Viewer, asset: str) -> tuple[str, ...]:
    """Name those of the viewer's cells that know the name of an asset."""
    return tuple(row["cell"] for row in await connection.fetch(_SQL["read_asset_cells"], viewer.setting, asset))


async def assets_page(book: Book, kind: str | None, after: str, limit: int) -> Rows:
    """Give a page of the assets of a cell, by id."""
    return await book.ask(_SQL["read_assets_page"], kind, book.known_at, after, limit)


async def identifiers(book: Book, names: list[str]) -> Rows:
    """Give what sources claim of the identity of the things that bear these names."""
    return await book.ask(_SQL["read_identifiers"], names, book.known_at)


async def places(
    book: Book, after: str = "", limit: int | None = None, *, kind: str | None = None, within: str | None = None
) -> Rows:
    """Give a page of the places of a cell, by name (limit None: all); of a kind, or directly within one."""
    return await book.ask(_SQL["read_places"], kind, within, book.known_at, after, limit)


async def sources(
    book: Book,
    after: str = "",
    limit: int | None = None,
    *,
    source_class: str | None = None,
    domain: str | None = None,
    retired: bool | None = None,
) -> Rows:
    """Give a page of the sources of a cell, enrolled or seen, by name (limit None: all); of a class, a domain."""
    return await book.ask(_SQL["read_sources"], source_class, domain, retired, book.known_at, after, limit)


async def events(book: Book, names: list[str], after: int, limit: int) -> Rows:
    """Give a page of the events about things, by number, with bytes and hashes."""
    return await book.ask(_SQL["read_events"], names, book.known_at, after, limit)


async def findings(
    book: Book, wanted: FindingsWanted, *, after: tuple[Millis, str] = (-1, _FIRST), limit: int | None = None
) -> Rows:
    """Give a page of findings as they are now, by (opened, id), oldest first (limit None: all)."""
    return await book.ask(_SQL["read_findings"], *wanted, *after, limit)


async def finding(book: Book, name: str) -> asyncpg.Record | None:
    """Give one finding as it is now; None where the viewer may see none of this id."""
    rows = await book.ask(_SQL["read_finding"], name)
    return rows[0] if rows else None


async def steps(book: Book, name: str) -> Rows:
    """Give what was said of a finding, and who opened it, oldest first."""
    return await book.ask(_SQL["read_steps"], name)


async def dead_letters(
    book: Book, code: str | None, source: str | None, *, after: tuple[Millis, int, int], limit: int
) -> Rows:
    """Give a page of dead letters without their bytes, by (append time, partition, offset); of a code, of a source."""
    return await book.ask(_SQL["read_dead_letters"], code, source, *after, limit)


async def statuses(
    book: Book, names: list[str] | None, status: str | None, *, after: tuple[int, int], limit: int
) -> Rows:
    """Give a page of what was said of the status of things, by (act, number in it); of these names, or of all."""
    return await book.ask(_SQL["read_statuses_page"], names, status, book.known_at, *after, limit)


async def work(book: Book, after: str, limit: int) -> Rows:
    """Give a page of the tickets of planned work, by name, each as last told by `known_at`."""
    return await book.ask(_SQL["read_work_page"], book.known_at, after, limit)


async def grants(book: Book, party: str | None, after: str, limit: int) -> Rows:
    """Give a page of grants by key, as known; of one party, or all that the viewer may see."""
    return await book.ask(_SQL["read_grants"], party, book.known_at, after, limit)


async def accesses(book: Book, party: str | None, after: int, limit: int) -> Rows:
    """Give a page of what parties were shown, in its order; of one party, or all that the viewer may see."""
    return await book.ask(_SQL["read_accesses"], party, book.known_at, after, limit)


async def act(book: Book, offset: int) -> asyncpg.Record | None:
    """Give one act with its outcome, and the cell's horizon; None where none was consumed at that offset."""
    rows = await book.ask(_SQL["read_act"], offset)
    return rows[0] if rows else None


async def common_act(book: Book, offset: int, operator: str | None) -> asyncpg.Record | None:
    """Give one act that spans cells; None where none was consumed at that offset, or it is about another operator."""
    rows = await book.ask(_SQL["read_common_act"], offset, operator)
    return rows[0] if rows else None


async def suspended(book: Book) -> Rows:
    """Give the partitions that do not count towards the horizon, or that stopped."""
    return await book.ask(_SQL["read_suspended"])
