"""`holdfast consume` and `holdfast beat`: the two processes between Kafka and Postgres."""

import asyncio
import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from consumers.consumer import Consumer


@click.command(epilog="Example: holdfast consume --status-port 9101")
@click.option(
    "--status-port",
    default=0,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Port of /readyz and /metrics; 0 takes a free one.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object with the addresses once it runs; log JSON."
)
def consume(status_port: int, *, as_json: bool) -> None:
    """Consume telemetry and acts from Kafka into Postgres, and derive, until Ctrl-C. Start more to share partitions."""
    from deploy import event_loop  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.consume import consume as run  # noqa: PLC0415
    from deploy.database import dsn  # noqa: PLC0415
    from deploy.kafka_client import bootstrap  # noqa: PLC0415
    from deploy.logs import configure  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from deploy.status import STARTING, listen, served, url_of  # noqa: PLC0415

    settings = load()
    configure(settings.log_level, "json" if as_json else settings.log_format)
    database, broker = dsn(settings), bootstrap(settings)
    listening = listen(status_port)

    async def main() -> None:
        running: list[Consumer] = []
        url = url_of(listening)
        async with served(listening, lambda: running[0].waiting if running else {STARTING: "starting"}):
            if as_json:
                click.echo(json.dumps({"status_port": listening.getsockname()[1]}))
            else:
                click.echo(f"consuming; {url}/readyz says how it is; Ctrl-C ends it", err=True)
            await run(settings, database, broker, running.append)

    event_loop.run(main())


@click.command(epilog="Example: holdfast beat")
@click.option("--json", "as_json", is_flag=True, help="Log JSON lines.")
def beat(*, as_json: bool) -> None:
    """Let time go by in idle partitions (one such process per broker), until Ctrl-C."""
    from deploy.consume import beat as run  # noqa: PLC0415
    from deploy.kafka_client import bootstrap  # noqa: PLC0415
    from deploy.logs import configure  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415

    settings = load()
    configure(settings.log_level, "json" if as_json else settings.log_format)
    asyncio.run(run(settings, bootstrap(settings)))
