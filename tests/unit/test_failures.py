"""What the world does to a command is one line that says what to do, never a traceback, never a password."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import asyncpg
import pytest
import structlog
from aiokafka.errors import KafkaConnectionError
from click.testing import CliRunner

from deploy.cli import COMMANDS, cli, main
from deploy.embedded.child import reason
from deploy.logs import configure
from deploy.serve import listen as bind
from deploy.settings import load
from deploy.status import CannotListen, listen
from loadtests.topics import Broker, last_append, make
from schemas.errors import NoKafka, Transient
from service.store import pool
from service.store.pool import PostgresRefused


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hun/ter2@h/x",
        "postgresql://u:hunter2@h:port/x",
        "postgresql://u:hunter2@127.0.0.1/x?sslmode=perhaps",
        "postgresql://u:hunter2@127.0.0.1/x?hunter2",
    ],
)
async def test_a_url_that_cannot_be_used_is_refused_and_never_quoted(url: str) -> None:
    for opening in (pool.connect, pool.create_pool):
        with pytest.raises(PostgresRefused, match="cannot be used") as refused:
            await opening(url)
        assert "ter2" not in str(refused.value)
        assert "hun" not in str(refused.value)


async def test_a_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(Transient, match="cannot be reached"):
        await pool.connect("postgresql://u:hunter2@127.0.0.1:1/x")


async def test_a_kafka_that_is_away_is_named_whoever_asks() -> None:
    broker = Broker("127.0.0.1:1", {"request_timeout_ms": 500})
    with pytest.raises(NoKafka, match=r"127\.0\.0\.1:1"):
        await make(broker, "acts.x", 1, {})
    with pytest.raises(NoKafka, match=r"127\.0\.0\.1:1"):
        await last_append(broker, "x")
    with pytest.raises(NoKafka, match=r"127\.0\.0\.1:1"):
        async with broker.producer():
            pass


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (PermissionError(13, "Permission denied", "/x"), "/x: Permission denied"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "not UTF-8"),
        (KafkaConnectionError("away"), "Kafka: KafkaConnectionError: away"),
        (asyncpg.UndefinedTableError('relation "cell" does not exist'), "holdfast migrate"),
        (asyncpg.DataError("too large"), "PostgreSQL: too large"),
    ],
)
def test_what_no_command_foresaw_is_one_line(
    raised: Exception, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise raised

    monkeypatch.setattr(cli, "main", fail)
    with pytest.raises(SystemExit) as ended:
        main(["settings"])
    assert ended.value.code == 1
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_a_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(cli, "main", fail)
    with pytest.raises(AssertionError):
        main(["settings"])


def test_a_command_that_cannot_be_loaded_is_listed_and_fails_when_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "link", "deploy.cli.nothing_there:link")
    listed = CliRunner().invoke(cli, ["--help"])
    assert listed.exit_code == 0
    assert "cannot be loaded: No module named" in " ".join(listed.output.split())
    called = CliRunner().invoke(cli, ["link", "--pair", "a:b", "--help"])
    assert called.exit_code == 1
    assert "`link` cannot be loaded" in called.output


def test_a_taken_port_is_told_and_what_is_no_port_is_asked_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match="--status-port"):
            listen(port)
        monkeypatch.setenv("HOLDFAST_API_PORT", str(port))
        with pytest.raises(CannotListen, match="HOLDFAST_API_PORT"):
            bind(load())
        # Nothing is started first: the folder of the servers is not even made.
        done = CliRunner().invoke(cli, ["up", "--once"])
        assert isinstance(done.exception, CannotListen)
        assert not load().data_dir.exists()
    assert CliRunner().invoke(cli, ["consume", "--status-port", "99999"]).exit_code == 2


@pytest.mark.usefixtures("_logs_as_they_were")
def test_libraries_log_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    structlog.get_logger().info("ours")
    logging.getLogger("uvicorn.error").warning("theirs %s", 1)
    logging.getLogger("uvicorn.error").info("not told")
    out, err = capsys.readouterr()
    assert out == ""
    rows = [json.loads(line) for line in err.splitlines()]
    assert [(row["event"], row["level"]) for row in rows] == [("ours", "info"), ("theirs 1", "warning")]
    assert rows[1]["logger"] == "uvicorn.error"


_FULL = '2026-11-26 06:41:33 UTC [27866] FATAL:  could not write to file "pg_wal/x": No space left on device'


@pytest.mark.parametrize(
    ("out", "err", "why"),
    [
        (
            "running bootstrap script ... \n",
            f'{_FULL}\nchild process exited with exit code 1\ninitdb: removing contents of data directory "data.new"\n',
            _FULL,
        ),
        (
            "",
            'Exception in thread "main" java.io.IOException: No space left on device\n\tat java.base/sun.nio.ch(X)\n',
            'Exception in thread "main" java.io.IOException: No space left on device',
        ),
        ("no error at all, 0 errors\nlast\n", "", "last"),
        ("", "", "no reason given"),
    ],
)
def test_a_program_that_fails_says_why_and_not_what_it_did_afterwards(out: str, err: str, why: str) -> None:
    assert reason(CompletedProcess([], 1, out, err)) == why
