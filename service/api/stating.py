"""What people say of the status of things, and what they plan, out of rows of the store. Pure."""

from collections.abc import Callable, Iterable, Iterator

import asyncpg

from schemas.words import Status
from service.facts.announced import Plan, standing
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


def plans(rows: Iterable[asyncpg.Record], asset_of: Callable[[str], str]) -> Iterator[Plan]:
    """Make of the versions of tickets, which come in order, what of them stands."""
    tickets: dict[str, list[Plan]] = {}
    for row in rows:
        plan = Plan(
            row["ticket"],
            row["known_from"],
            row["from_at"],
            row["until_at"],
            frozenset(map(asset_of, row["assets"])),
            frozenset(row["places"]),
            frozenset(row["explains"]),
            row["cancelled"],
        )
        tickets.setdefault(plan.ticket, []).append(plan)
    for versions in tickets.values():
        yield from standing(versions)
