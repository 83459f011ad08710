"""PostgreSQL and Kafka, the real ones, for one machine: both at once, over one data folder."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from deploy.embedded.child import ServerFailed
from deploy.embedded.jars import Progress
from deploy.embedded.kafka import EmbeddedKafka
from deploy.embedded.paths import kafka_dir, make_data_dir, postgres_dir
from deploy.embedded.postgres import EmbeddedPostgres

__all__ = ["Addresses", "EmbeddedKafka", "EmbeddedPostgres", "ServerFailed", "Servers"]


class Addresses(NamedTuple):
    """Where the two servers are reached."""

    dsn: str
    bootstrap: str


class Servers:
    """The servers that no setting names elsewhere, started together; a context manager, which yields Addresses.

    Blocks while it starts and stops them (from async code: `asyncio.to_thread(servers.start)`). What `database_url` or
    `kafka_bootstrap` names is not started and not touched.
    """

    def __init__(
        self,
        data: Path,
        *,
        database_url: str | None = None,
        kafka_bootstrap: str | None = None,
        postgres_settings: Mapping[str, str] | None = None,
        kafka_settings: Mapping[str, str] | None = None,
        jars: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Take note; nothing is touched before `start`."""
        self.data = data
        self.postgres = None if database_url else EmbeddedPostgres(postgres_dir(data), postgres_settings)
        self.kafka = (
            None if kafka_bootstrap else EmbeddedKafka(kafka_dir(data), kafka_settings, jars=jars, progress=progress)
        )
        self._dsn, self._bootstrap = database_url or "", kafka_bootstrap or ""

    def start(self) -> Addresses:
        """Start both at once; neither is left running where one fails. Raises what the two `start`s raise."""
        if self.postgres or self.kafka:
            try:
                make_data_dir(self.data)
            except OSError as exc:
                raise ServerFailed(
                    f"cannot make the data folder {self.data} ({exc.strerror or exc}): set HOLDFAST_DATA_DIR to one "
                    "that you may write"
                ) from exc
        try:
            with ThreadPoolExecutor(2) as pool:
                dsn = pool.submit(self.postgres.start) if self.postgres else None
                bootstrap = pool.submit(self.kafka.start) if self.kafka else None
            return Addresses(dsn.result() if dsn else self._dsn, bootstrap.result() if bootstrap else self._bootstrap)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End both at once, in good order. Blocks until they are gone; safe to call twice."""
        with ThreadPoolExecutor(2) as pool:
            ending = [pool.submit(server.stop) for server in (self.postgres, self.kafka) if server]
        for end in ending:
            end.result()

    def __enter__(self) -> Addresses:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()
