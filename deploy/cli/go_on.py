"""`holdfast go-on`: a person's word after a stop, per partition; what stopped where, and why."""

import asyncio
import json
from typing import Any

import click

from deploy.cli.outcomes import carry, key_of, key_option
from schemas.envelope import CELL
from schemas.errors import RecordsGone, TopicChanged

MAX_PARTITION, MAX_OFFSET = 2**31 - 1, 2**63 - 1  # what a column holds
# After these there is nothing at the offset that comes next: which one to go on from is a person's to say.
_NEEDS_AN_OFFSET = frozenset({TopicChanged.slug, RecordsGone.slug})


@click.command("go-on", epilog="Example: holdfast go-on --cell kul-1 --partition 1 --next-offset 28")
@click.option("--cell", required=True, help="The cell; `common` with --acts.")
@click.option("--partition", type=click.IntRange(0, MAX_PARTITION), help="One alone.  [default: all that stopped]")
@click.option(
    "--next-offset",
    type=click.IntRange(0, MAX_OFFSET),
    help="Go on from here; what lies between is recorded as a gap.  [default: where it stopped]",
)
@click.option("--acts", is_flag=True, help="The cell's acts, which stopped: said in the database, since no act can.")
@click.option("--show", "only_show", is_flag=True, help="Show what stopped where, and why; change nothing.")
@click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def go_on(
    cell: str,
    partition: int | None,
    next_offset: int | None,
    by: str,
    key: str,
    *,
    acts: bool,
    only_show: bool,
    as_json: bool,
) -> None:
    """Go on with partitions of a cell that stopped, once the cause is known.

    From where one stopped nothing is left out, and what cannot be read becomes dead letters. Exits with 1 where nothing
    is stopped or an act was refused, with 3 where an outcome is not known yet.
    """
    if not CELL.fullmatch(cell):
        raise click.UsageError("--cell: a cell is named by 1 to 63 lower-case letters, digits and hyphens")
    if next_offset is not None and partition is None and not acts:
        raise click.UsageError("--next-offset is about one partition: name it with --partition")
    topic = "acts" if acts else "telemetry"
    every = asyncio.run(_stopped(cell))
    _show(cell, every, as_json=as_json and only_show, err=not only_show)
    if only_show:
        return
    rows = [row for row in every if row["topic"] == topic and partition in {None, row["partition"]}]
    if not rows:
        raise click.ClickException(f"no such partition of {topic}.{cell} is stopped: nothing was done")
    for row in rows:
        if next_offset is None and row["stop_kind"] in _NEEDS_AN_OFFSET:
            raise click.UsageError(
                f"partition {row['partition']}: say from which offset it goes on: --partition {row['partition']} "
                "--next-offset N"
            )
    if acts:
        asyncio.run(_lift(cell, rows[0]["next_offset"] if next_offset is None else next_offset, f"{by}: go on"))
        click.echo(json.dumps([{"name": "acts", "outcome": "applied"}]) if as_json else "acts: applied")
        return
    _put(cell, rows, next_offset, by, key, as_json=as_json)


def _put(cell: str, rows: list[Any], next_offset: int | None, by: str, key: str, *, as_json: bool) -> None:
    from schemas.acts import GoOn  # noqa: PLC0415  (commands import what they need when they run)

    said = [
        GoOn(
            key=key_of(key, row["partition"], len(rows)),
            by=by,
            partition=row["partition"],
            next_offset=row["next_offset"] if next_offset is None else next_offset,
        )
        for row in rows
    ]
    carry(cell, said, [f"partition {act.partition} from {act.next_offset}" for act in said], key, as_json=as_json)


def _show(cell: str, rows: list[Any], *, as_json: bool, err: bool) -> None:
    shown = [
        {name: row[name] for name in ("topic", "partition", "next_offset", "stop_kind", "stopped")} for row in rows
    ]
    if as_json:
        click.echo(json.dumps(shown))
        return
    for row in shown:
        click.echo(
            f"{row['topic']}.{cell}/{row['partition']} stopped at {row['next_offset']}: {row['stopped']}", err=err
        )
    if not shown and not err:
        click.echo(f"nothing of cell {cell} is stopped")


async def _stopped(cell: str) -> list[Any]:
    return [row for row in await positions(cell) if row["stopped"]]


async def positions(cell: str) -> list[Any]:
    """Give the positions of a cell, by topic and partition."""
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import intake  # noqa: PLC0415

    async with owner(load()) as connection:
        rows = await intake.positions(connection, [cell])
    if not rows:
        raise click.ClickException(f"there is no cell {cell!r}: `holdfast sites list` names them")
    return sorted(rows, key=lambda row: (row["topic"], row["partition"]))


async def _lift(cell: str, next_offset: int, why: str) -> None:
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import intake  # noqa: PLC0415

    async with owner(load()) as connection, connection.transaction():
        refused = await intake.lift_acts_stop(connection, cell, next_offset, why)
    if refused is not None:
        raise click.ClickException(refused)
