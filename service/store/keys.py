"""API keys: `hf_<key id>_<secret>`, of which only the SHA-256 is kept. Functions never begin or commit.

Whoever sees to keys under the API's role begins a transaction and lets `set_party` be the first in it, and then sees
that party's alone. With the database's own rights all can be seen to.
"""

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
_USED_MS = 60_000  # that a key is in use is noted once in so long
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


class KeyThere(HoldfastError):
    """A key was made by this request before, and what it is cannot be shown again."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "key-there"


@dataclass(frozen=True, slots=True)
class Found:
    """A key that holds: whose it is, what it may do, and until when."""

    key_id: str
    viewer: Viewer
    scopes: frozenset[str]
    expires_at: Millis | None
    in_use: bool  # that it is used was noted lately


async def set_party(connection: Connection, viewer: Viewer) -> None:
    """Say for the rest of the transaction whose keys are seen to."""
    await connection.fetchval(_SQL["set_party"], f"{viewer.kind.value}/{viewer.operator}")


async def create(
    connection: Connection,
    operator: str,
    label: str,
    scopes: tuple[str, ...],
    *,
    at: Millis,
    expires_at: Millis | None = None,
    kind: PartyKind = PartyKind.OPERATOR,
    once: str | None = None,
) -> str:
    """Make a key of a party and give it back: the only moment at which anybody sees it.

    `once`: asked again with the same word, an operator's second key is refused. Raises `UnknownScope`,
    `NotForParties`, `KeyThere`.
    """
    kept = check_scopes(scopes, kind)
    key_id, key = _new(operator, once)
    try:
        await connection.fetchval(
            _SQL["key_create"], key_id, _hash(key), operator, label, kept, at, expires_at, kind.value
        )
    except asyncpg.UniqueViolationError as exc:
        raise _there(key_id) from exc
    return key


def check_scopes(scopes: Sequence[str], kind: PartyKind) -> list[str]:
    """Give the scopes in order; `read` where none is named. Raises `UnknownScope`, `NotForParties`. Pure."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise UnknownScope(f"there is no scope {unknown[0]!r}: use {', '.join(SCOPES)}")
    if kind is not PartyKind.OPERATOR and (beyond := sorted(set(scopes) - _OF_PARTIES)):
        raise NotForParties(f"the scope {beyond[0]!r} is not for an {kind.value}: it has no cell of its own")
    return sorted(set(scopes) or {"read"}, key=SCOPES.index)


async def listing(connection: Connection, operator: str | None = None) -> list[asyncpg.Record]:
    """Give all keys (of one operator), oldest first, without their hashes; with the database's own rights."""
    return await connection.fetch(_SQL["key_list"], operator)


async def page(connection: Connection, operator: str, after: str, limit: int) -> list[asyncpg.Record]:
    """Give the keys of an operator by id, after one of them, without their hashes."""
    return await connection.fetch(_SQL["key_page"], operator, after, limit)


async def revoke(connection: Connection, key_id: str, *, at: Millis) -> Millis:
    """Revoke a key, now or earlier, and give the moment. Raises `KeyNotFound`."""
    row = await connection.fetchrow(_SQL["key_revoke"], key_id, at)
    if row is None:
        raise _no_such(key_id)
    return int(row["revoked_at"])


async def rotate(
    connection: Connection, key_id: str, *, at: Millis, until: Millis, once: str | None = None
) -> tuple[str, asyncpg.Record]:
    """Make a key in place of another, and let that one hold until `until` at most; give the new key, and what it is.

    The new key may do the same, and lasts as long as the old one was to. Raises `KeyNotFound`, also where the key does
    not hold any more; `KeyThere` where it was asked before with the same `once`.
    """
    new_id, key = _new(f"rotate/{key_id}", once)
    try:
        row = await connection.fetchrow(_SQL["key_rotate"], key_id, new_id, _hash(key), at, until)
    except asyncpg.UniqueViolationError as exc:
        raise _there(new_id) from exc
    if row is None:
        raise _no_such(key_id)
    return key, row


def _no_such(key_id: str) -> KeyNotFound:
    return KeyNotFound(f"no key that holds has the id {key_id!r}: `holdfast keys list`, or GET /v1/keys, shows them")


def _there(key_id: str) -> KeyThere:
    return KeyThere(f"the key {key_id} was made by this request before, and is shown once: revoke it, and make another")


def _new(whose: str, once: str | None) -> tuple[str, str]:
    key_id = secrets.token_hex(6) if once is None else hashlib.sha256(f"{whose}\0{once}".encode()).hexdigest()[:12]
    return key_id, f"hf_{key_id}_{secrets.token_urlsafe(32)}"


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
    in_use = row["used_at"] is not None and row["used_at"] >= at - _USED_MS
    viewer = Viewer(row["operator"], tuple(row["cells"]), PartyKind(row["kind"]), tuple(row["granted"]))
    return Found(form[1], viewer, frozenset(row["scopes"]), row["expires_at"], in_use)


async def note_use(connection: Connection, key_id: str, *, at: Millis) -> None:
    """Note that a key is used."""
    await connection.fetchval(_SQL["key_use"], key_id, at)


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
