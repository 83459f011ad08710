"""`holdfast suspend` and `holdfast resume`: a partition that cannot be mended now holds its cell up no longer."""

import asyncio
from typing import Any

import click

from deploy.cli.go_on import MAX_OFFSET, MAX_PARTITION, positions
from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name

_CELL = click.option("--cell", required=True, callback=cell_name, help="The cell.")
_PARTITION = click.option(
    "--partition", type=click.IntRange(0, MAX_PARTITION), required=True, help="Which of its telemetry topic."
)
_BY = click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")


@click.command("suspend", epilog="Example: holdfast suspend --cell kul-1 --partition 1 --reason 'broker 3 is gone'")
@_CELL
@_PARTITION
@click.option(
    "--next-offset",
    type=click.IntRange(0, MAX_OFFSET),
    help="What lies from here on rests.  [default: where it stands]",
)
@click.option("--reason", default="", help="Why, for whoever reads the act later.")
@_BY
@key_option
@_JSON
def suspend(  # noqa: PLR0917 - an option each
    cell: str, partition: int, next_offset: int | None, reason: str, by: str, key: str, *, as_json: bool
) -> None:
    """Let a cell go on without one partition: answers name it, and its sources' silence is ours.

    What it brings from the offset on rests in Kafka, and is known from `holdfast resume` on. Exits with 1 where the act
    was refused, with 3 where its outcome is not known yet.
    """
    from schemas.acts import PartitionSuspend  # noqa: PLC0415  (commands import what they need when they run)

    if next_offset is None:
        next_offset = int(_standing(cell, partition)["next_offset"])
    said = PartitionSuspend(key=key, by=by, partition=partition, next_offset=next_offset, reason=reason)
    carry(cell, [said], [f"partition {partition} from {next_offset}"], key, as_json=as_json)


@click.command("resume", epilog="Example: holdfast resume --cell kul-1 --partition 1")
@_CELL
@_PARTITION
@_BY
@key_option
@_JSON
def resume(cell: str, partition: int, by: str, key: str, *, as_json: bool) -> None:
    """Let a suspended partition count again: what rested is known from now on, and covers nothing of before.

    Exits as `suspend` does.
    """
    from schemas.acts import PartitionResume  # noqa: PLC0415

    said = PartitionResume(key=key, by=by, partition=partition)
    carry(cell, [said], [f"partition {partition}"], key, as_json=as_json)


def _standing(cell: str, partition: int) -> Any:  # noqa: ANN401 - a row
    every = {row["partition"]: row for row in asyncio.run(positions(cell)) if row["topic"] == "telemetry"}
    if partition not in every:
        raise click.ClickException(
            f"telemetry.{cell} has no partition {partition}: it has {', '.join(map(str, sorted(every)))}"
        )
    return every[partition]
