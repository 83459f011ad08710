"""The fixtures themselves: databases are the test's own, other hosts are out of reach, the page is a real one."""

import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from playwright.async_api import Page

from tests.conftest import REPOSITORY
from tests.support.network import OtherHost
from tests.support.servers import KafkaServer, make_topic


async def test_a_database_is_migrated_and_the_tests_own(database: str, empty_database: str) -> None:
    full, empty = await asyncpg.connect(database), await asyncpg.connect(empty_database)
    count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert await full.fetchval(count) > 0
    assert await empty.fetchval(count) == 0
    await full.close()
    await empty.close()


async def test_a_topic_takes_a_record(kafka_server: KafkaServer, cell: str) -> None:
    await make_topic(kafka_server.bootstrap, f"telemetry.{cell}", partitions=2)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap, enable_idempotence=True)
    await producer.start()
    sent = await producer.send_and_wait(f"telemetry.{cell}", b"{}", partition=1)
    await producer.stop()
    assert (sent.partition, sent.offset) == (1, 0)


def test_other_hosts_are_out_of_reach() -> None:
    with socket.socket() as link, pytest.raises(OtherHost, match=r"192\.0\.2\.1"):
        link.connect(("192.0.2.1", 80))


async def test_a_page_shows_what_it_is_given(page: Page) -> None:
    await page.set_content("<h1>Holdfast</h1>")
    assert await page.inner_text("h1") == "Holdfast"


def test_a_lost_exception_fails_the_test(tmp_path: Path) -> None:
    lost = tmp_path / "test_lost.py"
    lost.write_text(
        "import asyncio\n"
        "async def lose(): raise RuntimeError('nobody awaited this')\n"
        "async def test_lost():\n"
        "    task = asyncio.get_running_loop().create_task(lose())\n"
        "    await asyncio.sleep(0)\n"
    )
    options = ["-c", "pyproject.toml", "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(lost)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "failed unseen" in done.stdout
    assert "nobody awaited this" in done.stdout
