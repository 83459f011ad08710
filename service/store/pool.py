"""Connections to Postgres that speak Holdfast's types: timestamptz as milliseconds (int), uuid as text (str).

Times here are append times, which Kafka gives in whole milliseconds; what Postgres holds more exactly (none of ours)
is cut. Pools are made at the edge (deploy), never at import.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import asyncpg

from schemas.errors import HoldfastError, Transient

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


class PostgresRefused(HoldfastError):
    """The server answers and does not let us do this; trying again changes nothing. The text says what does."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "postgres-refused"


_WHATS_WRONG: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (asyncpg.InvalidCatalogNameError,),
        "that PostgreSQL has no database of the name in the database's URL: create it, or name another one",
    ),
    (
        (asyncpg.InvalidAuthorizationSpecificationError,),
        "PostgreSQL refuses the login (user, password, or its pg_hba.conf): see to the database's URL",
    ),
    (
        (
            asyncpg.UndefinedTableError,
            asyncpg.UndefinedColumnError,
            asyncpg.UndefinedFunctionError,
            asyncpg.InvalidSchemaNameError,
        ),
        "the database lacks what this version needs: run `holdfast migrate`",
    ),
    (
        (ssl.SSLError,),
        "PostgreSQL's TLS is not what the database's URL asks for: see to its sslmode and sslrootcert",
    ),
)


def refusal(exc: BaseException) -> HoldfastError | None:
    """Say in one line what is wrong where a person has to mend it, never quoting the URL; None for all else. Pure."""
    for kinds, words in _WHATS_WRONG:
        if isinstance(exc, kinds):
            return PostgresRefused(words)
    if isinstance(exc, ConnectionError) and "rejected SSL upgrade" in str(exc):
        return PostgresRefused(
            "that PostgreSQL takes no TLS, and the database's URL asks for it (sslmode): turn TLS on there, or ask for "
            "sslmode=disable where nobody else is on the way"
        )
    if isinstance(exc, asyncpg.InsufficientPrivilegeError | asyncpg.InvalidParameterValueError):
        return PostgresRefused(
            f"PostgreSQL refuses: {str(exc).partition(chr(10))[0]}: run `holdfast migrate` as a superuser, and let the "
            "user of the database's URL become the role that it makes (GRANT holdfast_api TO …)"
        )
    return None


def _failed(exc: BaseException) -> HoldfastError:
    """Say why no connection came about."""
    # What cannot be parsed is not quoted: a password with a slash in it is taken for a host, a port or a database.
    if isinstance(exc, ValueError) or type(exc) is asyncpg.ClientConfigurationError:
        return PostgresRefused(
            "the database's URL cannot be used: write it as postgresql://user:password@host:5432/name?sslmode=…, with "
            "/ @ : # ? and % of the password as %2F %40 %3A %23 %3F and %25, and name files of TLS that are there"
        )
    if (found := refusal(exc)) is not None:
        return found
    return Transient(f"Postgres cannot be reached ({_why(exc)}): start it or check the database's URL")


def _why(exc: BaseException) -> str:
    return str(exc) if isinstance(exc, asyncpg.PostgresError) else getattr(exc, "strerror", None) or type(exc).__name__


# What opening a connection may raise.
_FAILURES = (*TRANSIENT, asyncpg.PostgresError, ValueError)


async def connect(dsn: str, **options: Any) -> asyncpg.Connection:  # noqa: ANN401 - asyncpg's own
    """Open one connection. Raises `Transient` where the server cannot be reached now, `PostgresRefused`."""
    try:
        connection: asyncpg.Connection = await asyncpg.connect(dsn, **options)
    except _FAILURES as exc:
        raise _failed(exc) from exc
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
    """Make a pool whose connections have the codecs. Raises `Transient`, `PostgresRefused` as `connect`."""
    try:
        return await asyncpg.create_pool(dsn, init=options.pop("init", prepare), **options)
    except _FAILURES as exc:
        raise _failed(exc) from exc
