"""`holdfast up`: starts what no setting names, says where, ends in good order, leaves other servers alone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.embedded.ports import broker_answers
from tests.support.processes import gone
from tests.support.servers import KafkaServer, PostgresServer, apart

UP = [sys.executable, "-c", "import sys; from deploy.cli import main; main(['up', '--json', *sys.argv[1:]])"]


def up(folder: Path, jars: Path, *options: str, **variables: str) -> tuple["subprocess.Popen[str]", dict[str, str]]:
    """Start it and give what it says once it is ready."""
    (folder / "data" / "kafka").mkdir(parents=True, exist_ok=True)
    (folder / "data").chmod(0o711)
    if not (folder / "data" / "kafka" / "jars").exists():
        (folder / "data" / "kafka" / "jars").symlink_to(jars)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    env = {**kept, "HOLDFAST_DATA_DIR": str(folder / "data"), **variables}
    process = subprocess.Popen([*UP, *options], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    return process, json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_is_ready_again_and_ends_with_everything(
    number: signal.Signals, server_folder: Path, kafka_server: KafkaServer, jars: Path
) -> None:
    assert kafka_server.bootstrap  # so that the jars are here
    process, said = up(server_folder, jars)
    postmaster = int((server_folder / "data/postgres/data/postmaster.pid").read_text().split("\n")[0])
    process.send_signal(number)
    assert process.wait(40) == (-9 if number == signal.SIGKILL else 0)
    assert gone(postmaster)
    again, said_again = up(server_folder, jars)
    assert said_again["kafka_bootstrap"] == said["kafka_bootstrap"]
    assert float(said_again["ready_after_s"]) > 0
    assert httpx.get(f"{said_again['url']}/livez", trust_env=False).is_success
    assert "holdfast_lag_records" in httpx.get(f"{said_again['consumer_url']}/metrics", trust_env=False).text
    assert set(httpx.get(f"{said_again['consumer_url']}/readyz", trust_env=False).json()) >= {"waits_for", "degraded"}
    again.send_signal(signal.SIGINT)
    again.wait(40)
    for one in (process, again):
        assert one.stdout
        one.stdout.close()


def test_servers_that_settings_name_are_used_and_nothing_embedded_starts(
    server_folder: Path, postgres_server: PostgresServer, kafka_server: KafkaServer, jars: Path
) -> None:
    process, said = up(
        server_folder,
        jars,
        "--servers-only",
        HOLDFAST_DATABASE_URL=postgres_server.dsn,
        HOLDFAST_KAFKA_BOOTSTRAP=kafka_server.bootstrap,
    )
    assert (said["database_url"], said["kafka_bootstrap"]) == (postgres_server.dsn, kafka_server.bootstrap)
    assert not (server_folder / "data" / "postgres").exists()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert process.stdout
    process.stdout.close()

    async def still_there() -> object:
        connection = await asyncpg.connect(postgres_server.dsn)
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    assert apart(still_there) == 1
    assert broker_answers(int(kafka_server.bootstrap.rpartition(":")[2]))
