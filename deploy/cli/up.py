"""`holdfast up`: everything on this machine, until Ctrl-C; what it keeps is kept."""

import asyncio
import json
import signal
import threading
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deploy.settings import Settings

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command(epilog="Example: holdfast up --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the addresses, once all is ready.")
@click.option("--once", is_flag=True, help="Stop again as soon as all is ready (to see that it starts).")
@click.option(
    "--servers-only", is_flag=True, help="Start PostgreSQL and Kafka alone, and nothing of Holdfast over them."
)
def up(*, as_json: bool, once: bool, servers_only: bool) -> None:
    """Start PostgreSQL, Kafka, a consumer, the beater and the API on this machine, and wait for Ctrl-C.

    What HOLDFAST_DATABASE_URL or HOLDFAST_KAFKA_BOOTSTRAP names is used instead. Data stays in the data folder.
    """
    from deploy.settings import load  # noqa: PLC0415  (commands import what they need when they run)

    settings = load()
    if servers_only:
        _servers(settings, as_json=as_json, once=once)
    else:
        asyncio.run(_everything(settings, as_json=as_json, once=once))


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _servers(settings: "Settings", *, as_json: bool, once: bool) -> None:
    from deploy.everything import servers_of  # noqa: PLC0415
    from deploy.explain import masked  # noqa: PLC0415

    ended = threading.Event()
    # From here on a signal ends us in good order; a second Ctrl-C while servers stop changes nothing.
    for number in _ENDS:
        signal.signal(number, lambda *_: ended.set())
    began = time.monotonic()
    with servers_of(settings, _tell) as addresses:
        where = {"database_url": masked(addresses.dsn), "kafka_bootstrap": addresses.bootstrap, "url": None}
        _say(settings, {**where, "consumer_url": None}, time.monotonic() - began, as_json=as_json)
        if not once:
            ended.wait()
            _tell("stopping")


async def _everything(settings: "Settings", *, as_json: bool, once: bool) -> None:
    from deploy.everything import everything  # noqa: PLC0415
    from deploy.explain import masked  # noqa: PLC0415

    ended = asyncio.Event()
    for number in _ENDS:
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    began = time.monotonic()
    async with everything(settings, _tell) as whole:
        where = {"database_url": masked(whole.dsn), "kafka_bootstrap": whole.bootstrap, "url": whole.url}
        _say(settings, {**where, "consumer_url": whole.consumer_url}, time.monotonic() - began, as_json=as_json)
        while not once and not ended.is_set():
            if any(child.poll() is not None for child in whole.children):
                raise click.ClickException(f"the consumer or the beater ended by itself: see {whole.log}")
            try:
                await asyncio.wait_for(ended.wait(), 1)
            except TimeoutError:
                continue
        _tell("stopping")


def _say(settings: "Settings", where: dict[str, str | None], seconds: float, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**where, "data_dir": str(settings.data_dir), "ready_after_s": round(seconds, 3)}))
        return
    click.echo(f"PostgreSQL  {where['database_url']}")
    click.echo(f"Kafka       {where['kafka_bootstrap']}")
    if where["url"] is not None:
        click.echo(f"Consumer    {where['consumer_url']}/readyz and /metrics")
        click.echo(f"API, pages  {where['url']}")
    click.echo(f"ready after {seconds:.1f} s; data in {settings.data_dir}; Ctrl-C ends it")
