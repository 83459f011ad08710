"""The demo's cells: a month that did not happen, this machine, and captures; each made, or found as it was left."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy import ingest
from deploy.demo.running import OPERATOR, OPERATOR_NAME, DemoFailed, Running
from deploy.kafka_client import producer, send_report
from deploy.this_machine import read_machine, report_body
from loadtests import fleet
from loadtests.fleet import Play
from loadtests.play import Progress, simulate
from loadtests.topics import CellExists, found_cell, last_append
from schemas.envelope import rfc3339
from schemas.formats import holdfast_report

HERE = "here"
CAPTURES = "captures"
_TRIES = 100
_DERIVE_S = 3600.0
_APPLY_S = 60.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """What stands in a cell of this machine or of captures, and by when all of it was appended."""

    cell: str
    sources: int
    components: int
    at: int
    not_read: int = 0
    left_out: tuple[str, ...] = ()


def name_of(play: Play, number: int = 1) -> str:
    """Name the cell of a play: the same play has the same cell. `number` counts those that were never finished."""
    days = f"{play.days:g}".replace(".", "d")
    parts = [f"kul1-{fleet.VERSION}-{play.seed}-{play.servers}x{days}"]
    parts += ["agents"] if play.agents_only else []
    parts += [str(number)] if number > 1 else []
    return "-".join(parts)


async def played(running: Running, play: Play, tell: Tell) -> str:
    """Give the cell that holds a play up to its end: one from an earlier run, else a new one. Raises DemoFailed."""
    for number in range(1, _TRIES):
        cell = name_of(play, number)
        if (await last_append(running.broker, cell) or 0) >= play.end:
            return cell

        def show(progress: Progress, cell: str = cell) -> None:
            tell(f"playing {cell}: {progress.share:4.0%}, {progress.records:,} records, {progress.rate:,.0f}/s")

        try:
            await simulate(running.broker, cell, play, operator=OPERATOR, operator_name=OPERATOR_NAME, tell=show)
        except CellExists:
            continue  # a run that was cut short: its history stops in the middle
        return cell
    raise DemoFailed(f"{_TRIES} runs of {name_of(play)} were cut short: empty the data folder")


async def derived(running: Running, cell: str, until: int, tell: Tell, *, simulated: bool) -> None:
    """Wait until a cell answers up to a moment."""
    await running.derived(
        cell,
        until - 1 if simulated else until,
        lambda horizon, left: tell(
            f"deriving {cell}: {f'{left:,} records to read' if left else f'up to {rfc3339(horizon)[:16]}'}"
        ),
        _DERIVE_S if simulated else _APPLY_S,
    )


async def this_machine(running: Running) -> Sent:
    """Report the machine that this runs on to the cell `here`."""
    await found_cell(running.broker, HERE, operator=OPERATOR, operator_name=OPERATOR_NAME)
    reading = await asyncio.to_thread(read_machine)
    items = len(reading.inventory.items)
    async with producer(running.settings) as client:
        sent = await send_report(client, HERE, "host/this-machine", report_body(reading), ce_type=holdfast_report.TYPE)
    return Sent(HERE, 1, items, sent.timestamp, left_out=tuple(reading.left_out))


async def captures(running: Running, folder: Path, tell: Tell) -> Sent | None:
    """Ingest a folder of captures into the cell `captures`; None where nothing in it can be read."""
    found = await asyncio.to_thread(ingest.find, [folder])
    if not found.captures:
        return None
    await found_cell(running.broker, CAPTURES, operator=OPERATOR, operator_name=OPERATOR_NAME)
    total = len(found.captures)
    async with producer(running.settings) as client:
        done = await ingest.send(
            client, CAPTURES, found.captures, lambda number, _: tell(f"ingesting captures: {number} of {total}")
        )
    components = sum(each.capture.items for each in done)
    return Sent(CAPTURES, total, components, max(each.sent.timestamp for each in done), len(found.not_read))
