"""Facts of a cell as they stand in Postgres, in the shape of the reference model."""

from collections.abc import Callable
from typing import Any

from service.facts.runs import ACTS_PARTITION
from service.store.pool import Connection
from tests.reference.shapes import (
    AcceptanceFact,
    ActFact,
    AliasFact,
    BindingFact,
    DeadFact,
    DisputeFact,
    Facts,
    FindingFact,
    GapFact,
    Name,
    OutageFact,
    RunFact,
    StatusFact,
    WhereFact,
    merged,
)

RETRIED = ACTS_PARTITION  # what the model calls the partition of what was put through again

Row = dict[str, Any]


async def facts_of(connection: Connection, cell: str) -> Facts:
    """Read everything that a cell's records came to."""
    horizon = await connection.fetchval("SELECT horizon FROM cell WHERE cell = $1", cell)
    parts = await _rows(connection, "part", cell)
    names = {row["asset"]: row["part"].hex() for row in parts}
    return Facts(
        horizon or 0,
        runs=frozenset(_run(row) for row in await _rows(connection, "run", cell)),
        dead=frozenset(
            DeadFact(row["topic"], row["partition"], row["offset"], row["at"], row["code"], row["retried_at"])
            for row in await _rows(connection, "dead_letter", cell)
        ),
        outages=frozenset(
            OutageFact(row["topic"], row["partition"], row["from_at"], row["until_at"])
            for row in await _rows(connection, "outage", cell)
        ),
        acts=frozenset(
            ActFact(row["offset"], row["at"], row["act"], row["key"], row["outcome"])
            for row in await _rows(connection, "act", cell)
        ),
        gaps=frozenset(
            GapFact(row["source"], row["scope"], row["from_at"], row["opened_at"], row["until_at"])
            for row in await _rows(connection, "gap", cell)
        ),
        parts=frozenset((names[row["asset"]], row["kind"]) for row in await _rows(connection, "binding", cell)),
        aliases=frozenset(
            AliasFact(names[row["name"]], names[row["asset"]], row["known_from"], row["known_until"])
            for row in await _rows(connection, "asset_name", cell)
            if row["name"] != row["asset"]
        ),
        shared=frozenset(
            (row["scheme"], row["scope"], row["value"], row["kind"])
            for row in await _rows(connection, "shared_value", cell)
        ),
        bindings=frozenset(
            [_binding(row, names) for row in await _rows(connection, "binding", cell)]
            + [_binding(row, names) for row in await _rows(connection, "binding_past", cell)]
        ),
        whereabouts=merged(
            [_where(row, names) for row in await _rows(connection, "whereabouts", cell)]
            + [_where(row, names) for row in await _rows(connection, "whereabouts_past", cell)]
        ),
        disputes=merged(_dispute(row, names) for row in await _rows(connection, "dispute", cell)),
        statuses=frozenset(_status(row, names) for row in await _rows(connection, "status", cell)),
        acceptances=frozenset(_acceptance(row, names) for row in await _rows(connection, "acceptance", cell)),
        findings=frozenset(
            FindingFact(row["kind"], named(row["subject"], names.get), row["opened_at"], row["closed_at"])
            for row in await _rows(connection, "finding", cell)
        ),
    )


def named(subject: str, name: Callable[[str], Name | None]) -> str:
    """Give what a finding is about; ids of assets become their names."""
    return name(subject) or subject


async def _rows(connection: Connection, table: str, cell: str) -> list[Row]:
    return [dict(row) for row in await connection.fetch(f"SELECT * FROM {table} WHERE cell = $1", cell)]


def _run(row: Row) -> RunFact:
    return RunFact(
        row["source"],
        row["scope"],
        row["partition"],
        row["first_at"],
        row["last_at"],
        row["until_at"],
        row["end_cause"],
        row["timing"],
        row["known"],
        row["tolerance_ms"],
        row["digest"].hex(),
    )


def _binding(row: Row, names: dict[str, Name]) -> BindingFact:
    return BindingFact(
        row["source"],
        row["scope"],
        row["slot"],
        names[row["asset"]],
        row["kind"],
        names[row["container"]] if row["container"] is not None else None,
        row["container_slot"],
        row["stated"],
        row["place"],
        row["surveyed"],
        row["from_at"],
        row["until_at"],
        row["end_cause"],
        row["known_from"],
        row.get("known_until"),
    )


def _where(row: Row, names: dict[str, Name]) -> WhereFact:
    return WhereFact(
        names[row["asset"]],
        names[row["container"]] if row["container"] is not None else None,
        row["container_slot"],
        row["place"],
        row["moving"],
        row["disputed"],
        row["from_at"],
        row["until_at"],
        row["known_from"],
        row.get("known_until"),
    )


def _dispute(row: Row, names: dict[str, Name]) -> DisputeFact:
    return DisputeFact(
        names[row["asset"]],
        row["from_at"],
        row["until_at"],
        (row["shown_source"], row["shown_scope"], row["shown_slot"]),
        (row["rival_source"], row["rival_scope"], row["rival_slot"]),
        row["known_from"],
        row["known_until"],
    )


def _status(row: Row, names: dict[str, Name]) -> StatusFact:
    return StatusFact(
        row["key"],
        names[row["asset"]],
        row["status"],
        row["party"],
        row["document"],
        row["ticket"],
        row["place"],
        row["from_at"],
        row["until_at"],
        row["known_from"],
        row["known_until"],
    )


def _acceptance(row: Row, names: dict[str, Name]) -> AcceptanceFact:
    return AcceptanceFact(
        row["release"],
        names[row["asset"]],
        row["key"],
        row["document"],
        row["at"],
        row["known_from"],
        row["known_until"],
    )
