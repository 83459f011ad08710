"""`holdfast demo`: everything on one machine, a month of a site that does not exist, and the questions that matter."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deploy.demo.answers import Told
    from deploy.settings import Settings
    from loadtests.fleet import Play

DIFFERED = 3
SHARED = Path("../shared/data")


@click.command(epilog="Example: holdfast demo --once --servers 20 --days 3")
@click.option("--once", is_flag=True, help="Exit after the answers: 0 only if every one was the expected one, else 3.")
@click.option(
    "--captures",
    type=click.Path(exists=True, path_type=Path),
    default=None,
    help=f"Folder of captures to show too.  [default: {SHARED}, where it is]",
)
@click.option(
    "--servers", default=300, show_default=True, type=click.IntRange(10), help="Servers of the simulated site."
)
@click.option("--days", default=30.0, show_default=True, type=click.FloatRange(1), help="Days of its history.")
@click.option("--seed", default=7, show_default=True, help="Another seed is another site.")
@click.option("--json", "as_json", is_flag=True, help="Print the answers as one JSON object.")
def demo(captures: Path | None, servers: int, days: float, seed: int, *, once: bool, as_json: bool) -> int:
    """Start everything, play 30 days of a Kuala Lumpur site, report this machine, ask, and print the answers.

    Servers are embedded in the data folder unless settings name yours. What an earlier demo played there is used again.
    """
    from deploy.settings import load  # noqa: PLC0415  (commands import what they need when they run)
    from loadtests.fleet import Play  # noqa: PLC0415

    folder = captures or (SHARED if SHARED.is_dir() else None)
    return asyncio.run(_run(load(), Play(seed=seed, servers=servers, days=days), folder, once=once, as_json=as_json))


async def _run(settings: "Settings", play: "Play", captures: Path | None, *, once: bool, as_json: bool) -> int:
    from deploy.demo.running import running  # noqa: PLC0415
    from deploy.demo.showing import show  # noqa: PLC0415

    ended = asyncio.Event()
    task = asyncio.current_task()
    shown = False

    def end() -> None:
        ended.set()
        if not shown and task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)
    tell = Line()
    began = time.monotonic()
    try:
        async with running(settings, tell) as everything:
            tell(f"servers ready after {time.monotonic() - began:.1f} s")
            told = await show(everything, play, captures, tell)
            shown = True
            tell.clear()
            if as_json:
                _print_json(told, everything.url, everything.consumer_url)
            else:
                _print(told, time.monotonic() - began)
            click.echo(f"The consumer: {everything.consumer_url}/readyz and /metrics", err=as_json)
            click.echo(
                f"The API and its pages: {everything.url}" + ("" if once else "   (Ctrl-C ends it)"), err=as_json
            )
            if not once:
                await _until(ended.wait())
    except asyncio.CancelledError:
        tell.clear()
        raise click.Abort from None
    return DIFFERED if told.differences else 0


async def _until(what: Awaitable[object]) -> None:
    await what
    click.echo("stopping", err=True)


def _print(told: "Told", seconds: float) -> None:
    for line in told.lines:
        click.echo(line)
    if not told.differences:
        click.echo(f"All {told.checks} checks of these answers were as expected, after {seconds:.0f} s.")
    for each in told.differences:
        click.echo(f"DIFFERS: {each.about}: expected {each.expected}, answered {each.answered}")


def _print_json(told: "Told", url: str, consumer_url: str) -> None:
    differences = [
        {"about": d.about, "expected": str(d.expected), "answered": str(d.answered)} for d in told.differences
    ]
    where = {"url": url, "consumer_url": consumer_url}
    shown = {"answers": told.answers, "lines": told.lines}
    click.echo(json.dumps({**where, **shown, "checks": told.checks, "differences": differences}))


class Line:
    """Progress: one line that is written over on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = 0.0
        self._topic = ""

    def __call__(self, text: str) -> None:
        """Show a line."""
        now, topic = time.monotonic(), text.partition(":")[0]
        if self._terminal:
            click.echo(f"\r\033[K{text[:110]}", nl=False, err=True)
        elif topic != self._topic or now - self._last >= 10:  # noqa: PLR2004 - seconds
            click.echo(text, err=True)
            self._last, self._topic = now, topic

    def clear(self) -> None:
        """Leave the line empty."""
        if self._terminal:
            click.echo("\r\033[K", nl=False, err=True)
