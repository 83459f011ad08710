"""Everything on one machine: both servers, migrations, a consumer, the beater and the API; all end together."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded import Servers
from deploy.logs import configure
from deploy.migrate import migrate
from deploy.serve import Server
from deploy.serve import listen as bind
from deploy.settings import Settings, load
from deploy.status import listen, url_of

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Everything:
    """What runs. `settings` name both servers; the children (consumer, beater) write to `log`.

    `url` is the API's, `consumer_url` where the consumer says how it is.
    """

    settings: Settings
    dsn: str
    bootstrap: str
    url: str
    consumer_url: str
    children: tuple[subprocess.Popen[bytes], ...]
    log: Path


def servers_of(settings: Settings, tell: Tell) -> Servers:
    """Give the servers that no setting names elsewhere; nothing is started yet."""
    return Servers(
        settings.data_dir,
        database_url=settings.database_url.get_secret_value() if settings.database_url else None,
        kafka_bootstrap=settings.kafka_bootstrap,
        progress=tell,
    )


@contextlib.asynccontextmanager
async def everything(settings: Settings, tell: Tell, log_name: str = "holdfast.log") -> AsyncIterator[Everything]:
    """Start all that no setting names elsewhere; end it all when left. Raises what starting raises."""
    configure(settings.log_level, settings.log_format)
    servers, listening = servers_of(settings, tell), bind(settings)
    try:
        addresses = await asyncio.to_thread(servers.start)
        await migrate(addresses.dsn)
        told = load(data_dir=settings.data_dir, database_url=addresses.dsn, kafka_bootstrap=addresses.bootstrap)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        log = settings.data_dir / log_name
        with children(told, addresses.dsn, addresses.bootstrap, log) as (started, status):
            async with Server(told, addresses.dsn, listening) as server:
                yield Everything(told, addresses.dsn, addresses.bootstrap, server.url, status, started, log)
    finally:
        listening.close()
        await asyncio.to_thread(servers.stop)


@contextlib.contextmanager
def children(
    settings: Settings, dsn: str, bootstrap: str, log: Path
) -> Iterator[tuple[tuple[subprocess.Popen[bytes], ...], str]]:
    """Run a consumer and the beater as children, which end with us whatever becomes of us.

    Gives them, and where the consumer says how it is.
    """
    told = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": dsn, "KAFKA_BOOTSTRAP": bootstrap}
    environment = os.environ | {f"HOLDFAST_{name}": value for name, value in told.items()}
    with log.open("ab") as out, listen() as listening:
        status, fd = url_of(listening), listening.fileno()
        started = tuple(
            subprocess.Popen(
                [sys.executable, "-m", "deploy.child", *words],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for us; we end them
                pass_fds=inherited,
            )
            for words, inherited in ((("consume", str(fd)), (fd,)), (("beat",), ()))
        )
        listening.close()  # the consumer has its own: once it is gone nobody answers there
        try:
            yield started, status
        finally:
            for child in started:
                if child.stdin:
                    child.stdin.close()
            for child in started:
                try:
                    child.wait(30)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
