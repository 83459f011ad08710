"""Servers that a user has: PostgreSQL by password over TCP, each refusal in words."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from deploy.migrate import migrate
from deploy.serve import reading_pool
from schemas.errors import HoldfastError
from service.store import pool
from service.store.pool import PostgresRefused, refusal
from tests.support.servers import apart, execute

PASSWORD = "se%2Fcret"  # its slash written as a URL has it


class _OverTcp(EmbeddedPostgres):
    """Lets users in over the loopback too, by password."""

    def _admit(self, account: object) -> None:
        super()._admit(account)  # type: ignore[arg-type]  # passed on as it is
        with (self.data / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write("host all all 127.0.0.1/32 scram-sha-256\n")


@dataclass(frozen=True, slots=True)
class Own:
    """Where it is, for its superuser over the socket, and for whoever has a password."""

    dsn: str
    address: str

    def url(self, database: str, user: str = "plain", password: str = PASSWORD, more: str = "") -> str:
        """Give a URL as a user writes it."""
        return f"postgresql://{user}:{password}@{self.address}/{database}{more}"


@pytest.fixture(scope="module")
def own(data_folder: Path) -> Iterator[Own]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    server = _OverTcp(data_folder / "own", {"fsync": "off", "listen_addresses": "127.0.0.1", "port": port})
    made = Own(f"{server.start()}&port={port}", f"127.0.0.1:{port}")
    apart(
        lambda: execute(
            made.dsn,
            "CREATE ROLE plain LOGIN PASSWORD 'se/cret'",
            "CREATE ROLE super LOGIN SUPERUSER PASSWORD 'other'",
            "CREATE DATABASE kept OWNER plain",
            "CREATE DATABASE bare OWNER plain",
            "CREATE DATABASE empty OWNER plain",
        )
    )
    yield made
    server.stop()


async def test_what_it_refuses_is_named_with_what_to_do(own: Own) -> None:
    for url, words in (
        (own.url("nowhere"), "no database of the name"),
        (own.url("kept", password="wrong"), "refuses the login"),
        (own.url("kept", user="nobody-there"), "refuses the login"),
        (own.url("kept", more="?sslmode=require"), "takes no TLS"),
    ):
        with pytest.raises(PostgresRefused, match=words) as refused:
            await pool.connect(url)
        assert "cret" not in str(refused.value)
    with pytest.raises(PostgresRefused, match=r"create role: run `holdfast migrate` as a superuser") as refused:
        await migrate(own.url("bare"))
    assert "\n" not in str(refused.value)


async def test_a_password_in_the_url_lets_in_and_what_is_not_migrated_is_said(own: Own) -> None:
    connection = await pool.connect(own.url("empty"))
    try:
        with pytest.raises(asyncpg.UndefinedTableError) as missing:
            await connection.fetch("SELECT FROM cell")
        assert "holdfast migrate" in str(refusal(missing.value))
    finally:
        await connection.close()
    assert await migrate(own.url("kept", "super", "other"))
    assert await migrate(own.url("kept", "super", "other")) == ()
    # Somebody who may not become the API's role is told, whatever else the database lets them do.
    opened = await reading_pool(own.url("kept"), 1)
    try:
        with pytest.raises(asyncpg.PostgresError) as told:
            await opened.fetchval("SELECT 1")
        assert isinstance(found := refusal(told.value), HoldfastError)
        assert "GRANT holdfast_api" in str(found)
    finally:
        await opened.close()
    await execute(own.dsn, "GRANT holdfast_api TO plain")
    opened = await reading_pool(own.url("kept"), 1)
    try:
        assert await opened.fetchval("SELECT current_user") == "holdfast_api"
    finally:
        await opened.close()
