"""What people say of the status of things, out of rows of the store. Pure."""

from collections.abc import Iterable, Iterator

import asyncpg

from schemas.words import Status
from service.facts.statuses import Accepted, Stated


def statements(rows: Iterable[asyncpg.Record]) -> Iterator[Stated]:
    """Make statements of the rows of one thing."""
    for row in rows:
        at = row["accepted_at"]
        yield Stated(
            row["key"],
            row["offset"],
            Status(row["status"]),
            row["from_at"],
            row["by"],
            row["until_at"],
            row["party"],
            row["document"],
            row["ticket"],
            row["place"],
            None if at is None else Accepted(at, row["accepted_by"], row["accepted_document"]),
        )
