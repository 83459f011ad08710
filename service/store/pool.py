"""Connections to Postgres that speak Holdfast's types: timestamptz as milliseconds (int), uuid as text (str).

Times here are append times, which Kafka gives in whole milliseconds; what Postgres holds more exactly (none of ours)
is cut. Pools are made at the edge (deploy), never at import.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from schemas.errors import Transient

_EPOCH_2000_MS = 946_684_800_000

# What says that the world is wrong for now rather than we: the same work is tried again.
TRANSIENT = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


def _encode_time(at: int) -> tuple[int]:
    return ((at - _EPOCH_2000_MS) * 1000,)


def _decode_time(parts: tuple[int]) -> int:
    return parts[0] // 1000 + _EPOCH_2000_MS


async def prepare(connection: asyncpg.Connection) -> None:
    """Set the codecs of a new connection; for `init=` of a pool."""
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", encoder=_encode_time, decoder=_decode_time, format="tuple"
    )
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str, format="text")


async def connect(dsn: str, **options: Any) -> asyncpg.Connection:  # noqa: ANN401 - asyncpg's own
    """Open one connection. Raises `Transient` where the server cannot be reached now."""
    try:
        connection: asyncpg.Connection = await asyncpg.connect(dsn, **options)
    except TRANSIENT as exc:
        msg = f"Postgres cannot be reached ({exc}): start it or check the database's URL"
        raise Transient(msg) from exc
    await prepare(connection)
    return connection


@asynccontextmanager
async def acquired(pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    """Borrow a connection for a while. Raises `Transient` for whatever says that the server is away for now."""
    try:
        async with pool.acquire() as connection:
            yield connection
    except TRANSIENT as exc:
        raise Transient(f"Postgres does not answer ({type(exc).__name__}: {exc}): trying again") from exc


async def create_pool(dsn: str, **options: Any) -> asyncpg.Pool:  # noqa: ANN401 - asyncpg's own
    """Make a pool whose connections have the codecs. Raises `Transient` where the server cannot be reached now."""
    try:
        return await asyncpg.create_pool(dsn, init=options.pop("init", prepare), **options)
    except TRANSIENT as exc:
        msg = f"Postgres cannot be reached ({exc}): start it or check the database's URL"
        raise Transient(msg) from exc
