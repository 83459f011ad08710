"""`holdfast simulate`: fleets that do not exist, in cells that say so."""

import asyncio
import dataclasses
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from schemas.envelope import CELL, COMMON

if TYPE_CHECKING:
    from loadtests.play import Progress


def cell_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Check the name of a cell that an option gives."""
    if value is not None and not CELL.fullmatch(value):
        raise click.BadParameter("a cell is named by 1 to 63 lower-case letters, digits and hyphens")
    if value == COMMON:
        raise click.BadParameter(f"{COMMON!r} is what spans cells, and no cell: choose another name")
    return value


@click.group(epilog="Example: holdfast simulate fleet --cell trial --servers 40 --days 7")
def simulate() -> None:
    """Play what did not happen into cells of its own, which every answer calls simulated."""


@simulate.command(epilog="Example: holdfast simulate fleet --cell trial --servers 40 --days 7")
@click.option("--cell", required=True, callback=cell_name, help="A new cell: its history is written once.")
@click.option(
    "--servers", default=300, show_default=True, type=click.IntRange(1), help="Servers of 8 GPUs, 5 to a rack."
)
@click.option(
    "--days", default=30.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Days of history."
)
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@click.option("--speed", default=0.0, show_default=True, type=click.FloatRange(0), help="1: real time; 0: all at once.")
@click.option("--start", default=None, help="When it begins, RFC 3339 with a zone.  [default: 2026-03-01T00:00:00Z]")
@click.option(
    "--partitions", default=2, show_default=True, type=click.IntRange(1, 1000), help="Of the telemetry topic."
)
@click.option("--agents-only", is_flag=True, help="Nobody but the hosts' own agents reports.")
@click.option("--bootstrap", default=None, help="Kafka's address.  [default: as set, else the one of this data folder]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def fleet(  # noqa: PLR0913, PLR0917 - one per option
    cell: str,
    servers: int,
    days: float,
    seed: int,
    speed: float,
    start: str | None,
    partitions: int,
    bootstrap: str | None,
    *,
    agents_only: bool,
    as_json: bool,
) -> None:
    """Play a site of GPU servers: agents, BMCs, switch ports and rack power; swaps, a move, repairs, silences.

    The cell ends where the history ends: its horizon stays there. Exits with 1 where the cell has records already.
    """
    from deploy import kafka_client  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.explain import kafka_options  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from loadtests.fleet import START, Play  # noqa: PLC0415
    from loadtests.play import simulate as play_it  # noqa: PLC0415
    from loadtests.topics import Broker  # noqa: PLC0415
    from schemas.envelope import millis, rfc3339  # noqa: PLC0415

    begins = START if start is None else millis(start)
    if begins is None:
        raise click.BadParameter("write it as 2026-03-01T00:00:00Z", param_hint="--start")
    settings = load(kafka_bootstrap=bootstrap)
    broker = Broker(kafka_client.bootstrap(settings), kafka_options(settings))
    play = Play(seed, servers, days, begins, partitions, agents_only)
    done = asyncio.run(play_it(broker, cell, play, speed=speed, tell=show))
    click.echo(err=True)
    if as_json:
        answer = dataclasses.asdict(done) | {
            "cell": cell,
            "simulated": True,
            "start": rfc3339(play.start),
            "end": rfc3339(play.end),
            "records_per_s": round(done.rate),
        }
        click.echo(json.dumps({name: value for name, value in answer.items() if name not in ("share", "at")}))
        return
    click.echo(
        f"cell {cell} (SIMULATED): {servers} servers from {rfc3339(play.start)} to {rfc3339(play.end)}, "
        f"{done.records} records in {done.seconds:.1f} s"
    )


def show(progress: "Progress") -> None:
    """Show how far a play is, on one line of standard error."""
    day = datetime.fromtimestamp(progress.at / 1000, UTC).strftime("%Y-%m-%d")
    click.echo(
        f"\r{day}  {progress.share:4.0%}  {progress.records:>10,} records  {progress.rate:>8,.0f}/s  "
        f"{progress.left_s:4.0f} s left",
        nl=False,
        err=True,
    )
