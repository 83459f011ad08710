"""What probes ask before there is a viewer: positions and migrations. Functions never begin or commit."""

from service.store.pool import Connection
from service.store.reading import Rows
from service.store.sqlfile import load

_SQL = load("health.sql")


async def positions(connection: Connection) -> Rows:
    """Give every cell with each of its partitions (None where it has none)."""
    return await connection.fetch(_SQL["all_positions"])


async def migrations(connection: Connection) -> frozenset[int]:
    """Give the numbers of the migrations that were applied."""
    return frozenset(row["number"] for row in await connection.fetch(_SQL["migrations_applied"]))
