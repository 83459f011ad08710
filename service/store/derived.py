"""What deriving reads and writes (DESIGN section 4, step 6). Named statements; none begins or commits.

`rows` runs a reading statement; `put` a set-based write over columns, counting what it touched where all must be.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from service.store.pool import Connection
from service.store.sqlfile import load

_SQL = load("derived.sql")

Row = asyncpg.Record | dict[str, Any]  # what a statement gives, by the names of its columns

# Writes that may touch fewer rows than they were given: what is there already stays.
_MAY_SKIP = frozenset({"add_values", "add_shared", "widen_assets", "drop_silent_racks"})


async def rows(connection: Connection, name: str, cell: str, *values: object) -> list[asyncpg.Record]:
    """Run a named reading (or small writing) statement of a cell."""
    return await connection.fetch(_SQL[name], cell, *values)


async def put(connection: Connection, name: str, cell: str, of: Iterable[Sequence[Any]]) -> int:
    """Run a named set-based write over rows; how many it touched. Raises `RuntimeError` where some were not."""
    columns = [list(column) for column in zip(*of, strict=True)]
    if not columns:
        return 0
    touched = len(await connection.fetch(_SQL[name], cell, *columns))
    if touched != len(columns[0]) and name not in _MAY_SKIP:
        msg = f"{name} of cell {cell} touched {touched} rows of {len(columns[0])}"
        raise RuntimeError(msg)
    return touched


async def behind(connection: Connection, cells: Sequence[str]) -> list[asyncpg.Record]:
    """Those of the cells whose partitions are applied beyond their horizon, with both."""
    return await connection.fetch(_SQL["behind"], cells)
