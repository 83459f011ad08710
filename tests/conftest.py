"""What every test may use: the real servers, databases, cells, captures, a browser. Other hosts are out of reach."""

import asyncio
import gc
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from deploy.embedded import EmbeddedKafka, EmbeddedPostgres
from deploy.embedded.paths import data_dir, jars_dir, kafka_dir, postgres_dir
from tests.properties.bench import Bench
from tests.support.network import package_index_too, this_machine_only
from tests.support.servers import KafkaServer, PostgresServer, apart, dsn_of, execute, unique

if TYPE_CHECKING:
    from playwright.async_api import Page

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

# The same examples each time, so that a change is judged by itself; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "same")
settings.load_profile(PROFILE)
if PROFILE == "same":
    # Else it also draws constants of whatever modules are loaded by then: other ones for each file, worker and change.
    providers._get_local_constants = Constants  # noqa: SLF001

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip by name, and say why, what needs captures where there are none; the fixture asks for the marker itself."""
    absent = pytest.mark.skip(reason="needs the captures of ../shared/data, which are not beside this checkout")
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.needs_shared_data)
        if item.get_closest_marker("needs_shared_data") and not SHARED_DATA.is_dir():
            item.add_marker(absent)


@pytest.fixture(scope="session", autouse=True)
def _other_hosts_are_unreachable() -> Iterator[None]:
    with this_machine_only():
        yield


@pytest.fixture(autouse=True)
def _nothing_fails_unseen(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test for what asyncio can only log: a lost task's exception, a client never closed."""
    seen: list[str] = []

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            cause = f": {record.exc_info[1]!r}" if record.exc_info and record.exc_info[1] else ""
            seen.append(record.getMessage() + cause)

    logger, recorder = logging.getLogger("asyncio"), Recorder(logging.ERROR)
    logger.addHandler(recorder)
    yield
    if request.node.get_closest_marker("asyncio"):
        gc.collect()  # a lost task speaks when it is collected
    logger.removeHandler(recorder)
    assert not seen, "failed unseen: " + "; ".join(seen)


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """Give the session's own data folder, which PostgreSQL's account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """Give a folder of the test's own for servers: pytest's own temporary folders are closed to other accounts."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def jars() -> Path:
    """Give the folder of Kafka's jars: the data folder's own, so that no session fetches them again."""
    return jars_dir(data_dir())


@pytest.fixture(scope="session")
def postgres_server(data_folder: Path) -> Iterator[PostgresServer]:
    """Give the session's PostgreSQL, or the one of HOLDFAST_TEST_DATABASE_URL."""
    if url := os.environ.get("HOLDFAST_TEST_DATABASE_URL"):
        yield PostgresServer(url, None)
        return
    # The machine does not lose its power during a test: its disk need not be waited for.
    server = EmbeddedPostgres(postgres_dir(data_folder), {"fsync": "off", "full_page_writes": "off"})
    yield PostgresServer(server.start(), server)
    server.stop()


@pytest.fixture(scope="session")
def kafka_server(data_folder: Path, jars: Path) -> Iterator[KafkaServer]:
    """Give the session's Kafka, or the one of HOLDFAST_TEST_KAFKA_BOOTSTRAP."""
    if bootstrap := os.environ.get("HOLDFAST_TEST_KAFKA_BOOTSTRAP"):
        yield KafkaServer(bootstrap, None)
        return
    server = EmbeddedKafka(kafka_dir(data_folder), jars=jars)
    with package_index_too():
        address = server.start()
    yield KafkaServer(address, server)
    server.stop()


@pytest.fixture(scope="session")
def template_database(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the name of a database that was migrated once; each `database` is a copy of it."""
    from deploy.migrate import migrate  # noqa: PLC0415  (tests without a database need none of it)

    name = unique("template")
    apart(lambda: execute(postgres_server.dsn, f"CREATE DATABASE {name}"))
    apart(lambda: migrate(dsn_of(postgres_server.dsn, name)))
    yield name
    apart(lambda: execute(postgres_server.dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def database(postgres_server: PostgresServer, template_database: str) -> Iterator[str]:
    """Give the DSN of a migrated database of the test's own."""
    name = unique("test")
    apart(lambda: execute(postgres_server.dsn, f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    yield dsn_of(postgres_server.dsn, name)
    apart(lambda: execute(postgres_server.dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def empty_database(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the DSN of an empty database of the test's own."""
    name = unique("empty")
    apart(lambda: execute(postgres_server.dsn, f"CREATE DATABASE {name}"))
    yield dsn_of(postgres_server.dsn, name)
    apart(lambda: execute(postgres_server.dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def bench(database: str) -> Iterator[Bench]:
    """Give a loop and a pool over the test's own database."""
    made = Bench(database)
    yield made
    made.close()


@pytest.fixture
def cell() -> str:
    """Give a cell name that no other test has; its topics are telemetry.<cell> and acts.<cell>."""
    return unique("cell")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of captures; a test that asks for it is skipped by name where there is none."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of a Chromium; without one the test is skipped by name, and under CI=true it fails."""
    for name in _BROWSERS:
        if found := shutil.which(name):
            return found
    reason = "needs a Chromium: install one (Debian: apt install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
async def page(chromium: str) -> AsyncIterator["Page"]:
    """Give a blank page of a headless Chromium; what the page logs as an error is the test's to look at."""
    from playwright.async_api import async_playwright  # noqa: PLC0415  (half a second that only browser tests pay)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        try:
            yield await browser.new_page()
        finally:
            await browser.close()
            await asyncio.sleep(0)
