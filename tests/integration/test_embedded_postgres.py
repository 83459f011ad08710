"""The embedded PostgreSQL: starts, ends, dies with its launcher, and starts again whatever was left behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres, ServerFailed
from deploy.embedded.lock import FolderInUse
from tests.support.processes import end, gone, launch
from tests.support.servers import apart, execute

FAST = {"fsync": "off"}


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(server_folder / "postgres", FAST)
    yield made
    made.stop()


async def ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def test_it_is_postgresql_18_on_a_socket_alone_and_makes_databases(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    assert str(apart(lambda: ask(dsn, "SHOW server_version"))).startswith("18.")
    assert apart(lambda: ask(dsn, "SHOW listen_addresses")) == ""
    apart(lambda: execute(dsn, "CREATE DATABASE one", "CREATE DATABASE two"))
    apart(lambda: execute(dsn.replace("/postgres?", "/one?"), "CREATE EXTENSION btree_gist"))


def test_what_was_written_is_there_after_a_stop_and_after_a_crash(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    apart(lambda: execute(dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)"))
    server.stop()
    assert server.start() == dsn
    apart(lambda: execute(dsn, "INSERT INTO kept VALUES (2)"))
    server.kill()
    server.start()
    assert apart(lambda: ask(dsn, "SELECT sum(n) FROM kept")) == 3


def test_a_second_start_takes_up_what_is_there(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    server.start()


@pytest.mark.parametrize("victim", ["launcher", "guardian"])
def test_it_dies_with_whoever_started_it(server_folder: Path, jars: Path, victim: str) -> None:
    root = server_folder / "postgres"
    launcher, server, guardian = launch("postgres", root, jars)
    try:
        if victim == "guardian":
            os.kill(guardian, signal.SIGKILL)
            assert gone(server)
    finally:
        end(launcher)
    assert gone(server)
    assert gone(guardian)
    after = EmbeddedPostgres(root, FAST)
    after.start()
    after.stop()


def test_the_next_start_waits_for_a_killed_launchers_server_to_end(server_folder: Path, jars: Path) -> None:
    root = server_folder / "postgres"
    launcher, _, _ = launch("postgres", root, jars)
    end(launcher)
    after = EmbeddedPostgres(root, FAST)
    assert apart(lambda: ask(after.start(), "SELECT 1")) == 1
    after.stop()


def test_a_stale_pid_file_and_socket_of_a_crash_stop_nothing(server: EmbeddedPostgres) -> None:
    server.start()
    server.kill()
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # that process id is somebody else's now
    (server.root / "sock" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    assert apart(lambda: ask(server.start(), "SELECT 1")) == 1


def test_half_an_initdb_is_done_again(server: EmbeddedPostgres) -> None:
    half = server.root / "data.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert apart(lambda: ask(server.start(), "SELECT 1")) == 1
    assert not half.exists()


def test_what_is_not_ours_is_left_alone(server: EmbeddedPostgres) -> None:
    server.data.mkdir(parents=True)
    (server.data / "thesis.txt").write_text("years of work")
    with pytest.raises(ServerFailed, match="move it away"):
        server.start()
    assert (server.data / "thesis.txt").read_text() == "years of work"
    (server.data / "thesis.txt").unlink()
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerFailed, match=r"PostgreSQL 17.*dump"):
        server.start()


def test_two_launchers_do_not_meet(server_folder: Path, jars: Path, server: EmbeddedPostgres) -> None:
    server.start()
    with pytest.raises(FolderInUse, match="this very process"):
        EmbeddedPostgres(server.root, FAST).start()
    beside = EmbeddedPostgres(server_folder / "beside", FAST)
    assert apart(lambda: ask(beside.start(), "SELECT 1")) == 1
    beside.stop()
    server.stop()
    launcher, _, _ = launch("postgres", server.root, jars)
    try:
        with pytest.raises(FolderInUse, match=f"process {launcher.pid}"):
            server.start()
    finally:
        end(launcher)


def test_a_deep_folder_has_its_socket_elsewhere(server_folder: Path) -> None:
    deep = EmbeddedPostgres(server_folder / ("d" * 60) / ("e" * 60), FAST)
    dsn = deep.start()
    assert apart(lambda: ask(dsn, "SELECT 1")) == 1
    deep.stop()
    assert not Path(unquote(dsn.partition("host=")[2])).exists()


def test_a_setting_that_it_refuses_is_told_in_its_own_words(server_folder: Path) -> None:
    wrong = EmbeddedPostgres(server_folder / "postgres", {"work_mem": "lots"})
    with pytest.raises(ServerFailed, match=r"work_mem.*postgres\.log"):
        wrong.start()
