"""API keys: `hf_<key id>_<secret>`, of which only the SHA-256 is kept. Functions never begin or commit."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import asyncpg

from schemas.errors import HoldfastError
from schemas.words import PartyKind
from service.facts.records import Millis
from service.store.pool import Connection
from service.store.reading import Viewer
from service.store.sqlfile import load

_SQL = load("keys.sql")

ALL_OPERATORS = "operators"  # beyond the key's own operator: acts about any, and measurements of every cell
SCOPES = ("read", "write", "enrol", "audit", "admin", ALL_OPERATORS)
_OF_PARTIES = {"read", "audit"}
_FORM = re.compile(r"hf_([0-9a-f]{12})_([0-9A-Za-z_-]{43})")


class UnknownScope(HoldfastError):
    """A scope that no route asks for."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "unknown-scope"


class NotForParties(HoldfastError):
    """Who has no cell of its own reads, and nothing else."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "not-for-parties"


class KeyNotFound(HoldfastError):
    """No key has this id."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "key-not-found"


@dataclass(frozen=True, slots=True)
class Found:
    """A key that holds: whose it is, what it may do, and until when."""

    key_id: str
    viewer: Viewer
    scopes: frozenset[str]
    expires_at: Millis | None


async def create(
    connection: Connection,
    operator: str,
    label: str,
    scopes: tuple[str, ...],
    *,
    at: Millis,
    expires_at: Millis | None = None,
    kind: PartyKind = PartyKind.OPERATOR,
) -> str:
    """Make a key of a party and give it back: the only moment at which anybody sees it.

    Raises `UnknownScope`, `NotForParties`.
    """
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise UnknownScope(f"there is no scope {unknown[0]!r}: use {', '.join(SCOPES)}")
    if kind is not PartyKind.OPERATOR and (beyond := sorted(set(scopes) - _OF_PARTIES)):
        raise NotForParties(f"a key of an {kind.value} cannot have the scope {beyond[0]!r}: it has no cell of its own")
    key_id = secrets.token_hex(6)
    key = f"hf_{key_id}_{secrets.token_urlsafe(32)}"
    kept = sorted(set(scopes) or {"read"}, key=SCOPES.index)
    await connection.fetchval(_SQL["key_create"], key_id, _hash(key), operator, label, kept, at, expires_at, kind.value)
    return key


async def listing(connection: Connection, operator: str | None = None) -> list[asyncpg.Record]:
    """Give all keys (of one operator), oldest first, without their hashes."""
    return await connection.fetch(_SQL["key_list"], operator)


async def revoke(connection: Connection, key_id: str, *, at: Millis) -> Millis:
    """Revoke a key, now or earlier, and give the moment. Raises `KeyNotFound`."""
    row = await connection.fetchrow(_SQL["key_revoke"], key_id, at)
    if row is None:
        raise KeyNotFound(f"no key has the id {key_id!r}: `holdfast keys list` shows them")
    return int(row["revoked_at"])


async def find(connection: Connection, key: str, *, at: Millis) -> Found | None:
    """Give what a key may do; None where it is malformed, unknown, revoked, or has expired at `at`."""
    form = _FORM.fullmatch(key)
    if form is None:
        return None
    row = await connection.fetchrow(_SQL["key_find"], form[1])
    if row is None or not hmac.compare_digest(row["hash"], _hash(key)) or row["revoked"]:
        return None
    if row["expires_at"] is not None and row["expires_at"] <= at:
        return None
    viewer = Viewer(row["operator"], tuple(row["cells"]), PartyKind(row["kind"]), tuple(row["granted"]))
    return Found(form[1], viewer, frozenset(row["scopes"]), row["expires_at"])


async def opened_for(connection: Connection, viewer: Viewer, cell: str) -> Viewer | None:
    """Give a viewer as it sees a cell: its own, or what was granted to it of that; None where it sees nothing."""
    if cell in viewer.cells:
        return viewer
    if cell not in viewer.granted:
        return None
    shown = await connection.fetchval(_SQL["disclosed"], viewer.operator, viewer.kind.value, cell)
    return None if shown is None else replace(viewer, cells=(), granted=(), shown=shown)


async def judged_for(connection: Connection, viewer: Viewer, cell: str, names: Sequence[str]) -> Viewer | None:
    """Give the viewer on whose rows a claim of a party about things is judged; None unless all were granted to it."""
    setting = await connection.fetchval(_SQL["judged_for"], viewer.operator, viewer.kind.value, cell, names)
    return None if setting is None else Viewer(viewer.operator, (str(setting),))


async def viewer_of_cell(connection: Connection, cell: str) -> Viewer | None:
    """Give the operator of a cell as a viewer; for commands that talk to the database directly."""
    operator = await connection.fetchval(_SQL["operator_of_cell"], cell)
    if operator is None:
        return None
    rows = await connection.fetch(_SQL["cells_of_operator"], operator)
    return Viewer(operator, tuple(row["cell"] for row in rows))


async def cells(connection: Connection) -> list[asyncpg.Record]:
    """Give every cell of the database; for commands that talk to it directly."""
    return await connection.fetch(_SQL["all_cells"])


async def operators(connection: Connection) -> tuple[str, ...]:
    """Name all operators that were put."""
    return tuple(row["operator"] for row in await connection.fetch(_SQL["operators"]))


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
