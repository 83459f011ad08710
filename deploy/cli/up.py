"""`holdfast up`: everything on this machine, until Ctrl-C; what it keeps is kept."""

import json
import signal
import threading
import time

import click


@click.command(epilog="Example: holdfast up --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the addresses, once all is ready.")
@click.option("--once", is_flag=True, help="Stop again as soon as all is ready (to see that it starts).")
def up(*, as_json: bool, once: bool) -> None:
    """Start PostgreSQL and Kafka on this machine, say where they are, and wait for Ctrl-C.

    What HOLDFAST_DATABASE_URL or HOLDFAST_KAFKA_BOOTSTRAP names is used instead. Data stays in the data folder.
    """
    from deploy.embedded import Servers  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.explain import masked  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415

    settings = load()
    ended = threading.Event()
    # From here on a signal ends us in good order; a second Ctrl-C while servers stop changes nothing.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())

    began = time.monotonic()
    servers = Servers(
        settings.data_dir,
        database_url=settings.database_url.get_secret_value() if settings.database_url else None,
        kafka_bootstrap=settings.kafka_bootstrap,
        progress=lambda line: click.echo(line, err=True),
    )
    with servers as addresses:
        seconds = time.monotonic() - began
        where = {"database_url": masked(addresses.dsn), "kafka_bootstrap": addresses.bootstrap}
        if as_json:
            click.echo(json.dumps({**where, "data_dir": str(settings.data_dir), "ready_after_s": round(seconds, 3)}))
        else:
            click.echo(f"PostgreSQL  {where['database_url']}")
            click.echo(f"Kafka       {where['kafka_bootstrap']}")
            click.echo(f"ready after {seconds:.1f} s; data in {settings.data_dir}; Ctrl-C ends it")
        if not once:
            ended.wait()
            click.echo("stopping", err=True)
