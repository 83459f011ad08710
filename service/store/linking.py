"""What links cells (SEMANTICS rules 22, 23). One function per named statement; none begins or commits."""

from collections.abc import Collection, Iterable

import asyncpg

from service.facts.records import Millis
from service.store.pool import Connection
from service.store.sqlfile import load

_SQL = load("linking.sql")

Rows = list[asyncpg.Record]


async def waiting_cells(connection: Connection) -> list[str]:
    """Name the cells that have something in the outbox."""
    return [row["cell"] for row in await connection.fetch(_SQL["waiting_cells"])]


async def take_outbox(connection: Connection, cell: str, limit: int) -> Rows:
    """Take the oldest rows of a cell's outbox that nobody else is taking; gone with the caller's commit."""
    return await connection.fetch(_SQL["take_outbox"], cell, limit)


async def add_directory(connection: Connection, cell: str, rows: Iterable[tuple[bytes, str, Millis]]) -> int:
    """Put (HMAC, asset, time) of a cell into the directory; how many were new."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return len(await connection.fetch(_SQL["add_directory"], cell, *columns)) if columns else 0


async def elsewhere(connection: Connection) -> int:
    """Count identifiers that more than one cell claims. Reads the whole directory."""
    return int(await connection.fetchval(_SQL["elsewhere"]))


async def matches(connection: Connection, one: str, other: str, after: bytes, limit: int) -> Rows:
    """Give what two cells both claim, in the order of the HMACs beyond `after`; rows of one HMAC stay together."""
    return await connection.fetch(_SQL["matches"], one, other, after, limit)


async def bearers(connection: Connection, cell: str, hmacs: Collection[bytes]) -> set[str]:
    """Name what in a cell claims any of these identifiers."""
    return {row["asset"] for row in await connection.fetch(_SQL["bearers"], cell, list(hmacs))}


async def assets_of(connection: Connection, cell: str, names: Collection[str]) -> dict[str, str]:
    """Give the asset that each name belongs to now."""
    return {row["name"]: row["asset"] for row in await connection.fetch(_SQL["assets_of"], cell, list(names))}


async def members(connection: Connection, cell: str, assets: Collection[str]) -> dict[str, str]:
    """Give all names that belong to assets now, with the asset of each; the assets themselves too."""
    rows = await connection.fetch(_SQL["members"], cell, list(assets))
    return {asset: asset for asset in assets} | {row["name"]: row["asset"] for row in rows}


async def values_of(connection: Connection, cell: str, names: Collection[str]) -> Rows:
    """Give the strong values of names that are not shared, and since when each name is known."""
    return await connection.fetch(_SQL["values_of_names"], cell, list(names))


async def reporting(connection: Connection, cell: str, names: Collection[str]) -> Rows:
    """Give those of the names that an open run binds at the cell's horizon: since when, and the last report."""
    return await connection.fetch(_SQL["reporting"], cell, list(names))


async def links(connection: Connection, cell: str, other: str, names: Collection[str]) -> Rows:
    """Give the steps that a cell's book has of links of these names with another cell."""
    return await connection.fetch(_SQL["links"], cell, other, list(names))


async def trip(  # noqa: PLR0917 - the key of a link
    connection: Connection, cell: str, asset: str, other_cell: str, other_asset: str, number: int
) -> dict[str, asyncpg.Record]:
    """Give the steps of one trip in a cell's book, by their state."""
    rows = await connection.fetch(_SQL["trip"], cell, asset, other_cell, other_asset, number)
    return {row["state"]: row for row in rows}


async def add_link(connection: Connection, cell: str, row: tuple[object, ...]) -> None:
    """Add a step: asset, other cell, other asset, trip, state, ref, event's hash, time."""
    await connection.fetchval(_SQL["add_link"], cell, *row)


async def said(connection: Connection, cell: str, keys: Collection[str]) -> dict[str, str | None]:
    """Give those of the keys that acts of a cell have, with the outcome (None: not derived yet)."""
    return {row["key"]: row["outcome"] for row in await connection.fetch(_SQL["said"], cell, list(keys))}


async def clock(connection: Connection, cell: str) -> asyncpg.Record | None:
    """Say whether a cell is simulated, and give its horizon (exclusive); None where there is no such cell."""
    return await connection.fetchrow(_SQL["clock"], cell)
