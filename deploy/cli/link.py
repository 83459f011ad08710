"""`holdfast link`: the directory of identifiers across cells, and links between the books that may know of it."""

import asyncio
import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from schemas.envelope import CELL

if TYPE_CHECKING:
    from deploy.settings import Settings
    from schemas.acts import LinkAct
    from service.linker import Pair, Round

_WAIT_S = 10.0
_POLL_S = 0.05


@click.command(epilog="Example: holdfast link --pair kul-1:sin-1 --once --json")
@click.option("--pair", "pairs", multiple=True, help="Two cells, A:B, whose links both may see; may be given often.")
@click.option("--once", is_flag=True, help="Go on until nothing more is due, and end.")
@click.option("--every", default=10, show_default=True, type=click.IntRange(1, 3600), help="Seconds between rounds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each time that something was done.")
def link(pairs: tuple[str, ...], every: int, *, once: bool, as_json: bool) -> None:
    """Link what went from one cell to another, in both books, through acts; without a pair, no book is told anything.

    Exits with 3 where no consumer applied in time what was put.
    """
    from deploy.settings import SettingsWrong, load  # noqa: PLC0415  (commands import what they need when they run)

    allowed = [_pair(text) for text in pairs]
    settings = load()
    if settings.directory_key is None:
        raise SettingsWrong(
            "HOLDFAST_DIRECTORY_KEY is not set, and hides identifiers in the directory: set it to 64 hex digits "
            "(`openssl rand -hex 32` makes some), the same for good"
        )
    key = bytes.fromhex(settings.directory_key.get_secret_value())
    if not asyncio.run(_run(settings, key, allowed, None if once else every, as_json=as_json)):
        raise SystemExit(3)


def _pair(text: str) -> "Pair":
    one, _, other = text.partition(":")
    if not CELL.fullmatch(one) or not CELL.fullmatch(other) or one == other:
        raise click.UsageError(f"--pair {text!r}: write two cells with a colon between, such as kul-1:sin-1")
    return one, other


async def _run(  # noqa: C901 - one loop, each exit said
    settings: "Settings", key: bytes, pairs: Iterable["Pair"], every: int | None, *, as_json: bool
) -> bool:
    """Do rounds, for ever or until nothing is due; whether everything that was put was applied."""
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.serve import KafkaSender  # noqa: PLC0415
    from schemas.errors import Transient  # noqa: PLC0415
    from service.api import sending  # noqa: PLC0415
    from service.linker import link_once  # noqa: PLC0415
    from service.store import linking  # noqa: PLC0415

    pairs = list(pairs)
    sender = KafkaSender(settings)
    on_the_way: dict[str, str] = {}  # key → cell

    async def send(cell: str, act: "LinkAct", at: int | None) -> None:
        await sending.put(sender, cell, act, at)
        on_the_way[act.key] = cell

    try:
        while True:
            try:
                async with owner(settings) as connection:
                    done = await link_once(connection, key, pairs, send, on_the_way=on_the_way.keys())
                    deadline = time.monotonic() + _WAIT_S
                    while on_the_way:
                        for cell in set(on_the_way.values()):
                            keys = [each for each, its in on_the_way.items() if its == cell]
                            for each, outcome in (await linking.said(connection, cell, keys)).items():
                                if outcome is not None:
                                    del on_the_way[each]
                        if not on_the_way or time.monotonic() > deadline:
                            break
                        await asyncio.sleep(_POLL_S)
                    if done.taken or done.sent or every is None:
                        _show(done, await linking.elsewhere(connection), as_json=as_json)
            except Transient as exc:
                if every is None:
                    raise
                click.echo(f"holdfast: {exc}", err=True)
                done = None
            if every is None and done is not None and (not done.sent or on_the_way):
                return not on_the_way and not done.waiting
            if every is not None and (done is None or not done.sent):
                await asyncio.sleep(every)
    finally:
        await sender.close()


def _show(done: "Round", elsewhere: int, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**done._asdict(), "claimed_elsewhere": elsewhere}))
    else:
        click.echo(
            f"{done.taken} identifiers taken into the directory; {elsewhere} are also claimed elsewhere; "
            f"{done.sent} acts written"
        )
