"""Who you are, and the keys of your operator: listed, made, rotated and revoked. Keys are no facts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import Header, Path, Request, status

from schemas.acting import Name
from schemas.principals import KeyAsked, KeyId, KeyMade, KeyRevoked, KeysAnswer, KeyShown, PrincipalShown, RotateAsked
from service.api import cursors
from service.api.asking import Cursor, Limit
from service.api.auth import OF_BODIES, AnyCaller, Caller, OutOfScope, guarded, problems
from service.api.cursors import Part
from service.api.parts import parts_of
from service.store import keys
from service.store.pool import Connection

router = guarded("credentials")

_NOW = cursors.Moments(0, 0)  # keys are as they are, and are no facts of any moment
KeyPath = Annotated[KeyId, Path(description="The key's id: the part between its underscores")]
Once = Annotated[
    Name | None, Header(alias="Idempotency-Key", description="Sent again with the same key, it makes no second one")
]


@router.get("/principal")
async def read_principal(caller: AnyCaller) -> PrincipalShown:
    """Say who you are here, what you may do, and until when: by your key, or by your token and the rules about it."""
    viewer = caller.viewer
    return PrincipalShown.model_validate(
        {
            "operator": viewer.operator,
            "kind": viewer.kind,
            "credential": caller.key_id,
            "scopes": sorted(caller.scopes, key=keys.SCOPES.index),
            "cells": viewer.cells,
            "granted": viewer.granted,
            "expires_at": caller.expires_at,
        }
    )


@router.get("/keys")
async def list_keys(request: Request, caller: AnyCaller, limit: Limit = 100, cursor: Cursor = None) -> KeysAnswer:
    """List your operator's keys by id, revoked ones too. Needs the scope `admin`. What they are is not kept."""
    caller.needs("admin")
    operator = caller.viewer.operator
    listing = f"{operator}/keys"
    (after,) = cursors.read(listing, cursor, [Part.TEXT]) if cursor else [""]
    async with _seeing_to(request, caller) as connection:
        rows = await keys.page(connection, operator, str(after), limit)
    following = cursors.write(listing, _NOW, [rows[-1]["key_id"]]) if len(rows) >= limit else None
    return KeysAnswer(items=[KeyShown.model_validate(dict(row)) for row in rows], next=following)


@router.post("/keys", status_code=status.HTTP_201_CREATED, responses={**OF_BODIES, **problems(409)})
async def make_key(request: Request, caller: AnyCaller, asked: KeyAsked, once: Once = None) -> KeyMade:
    """Make a key of your operator: it is shown this once. Needs the scope `admin`; gives no scope that you lack.

    Asked again with the same `Idempotency-Key` it is refused (409): what the key is cannot be shown again.
    """
    caller.needs("admin")
    for scope in asked.scopes:
        _has(caller, scope)
    operator, at = caller.viewer.operator, parts_of(request).now()
    until = None if asked.days is None else at + int(timedelta(days=asked.days).total_seconds()) * 1000
    async with _seeing_to(request, caller) as connection:
        key = await keys.create(connection, operator, asked.label, asked.scopes, at=at, expires_at=until, once=once)
    kept = keys.check_scopes(asked.scopes, caller.viewer.kind)
    return KeyMade.model_validate(
        {"key": key, "key_id": key.split("_")[1], "label": asked.label, "scopes": kept, "expires_at": until}
    )


@router.post("/keys/{key_id}/rotate", status_code=status.HTTP_201_CREATED, responses={**OF_BODIES, **problems(409)})
async def rotate_key(
    request: Request, caller: AnyCaller, key_id: KeyPath, asked: RotateAsked, once: Once = None
) -> KeyMade:
    """Make a key in place of another, which holds for `overlap_s` beside it. Needs the scope `admin`.

    The new one may do the same, and lasts as long as the old one was to. Asked again with the same `Idempotency-Key` it
    is refused (409): what the key is cannot be shown again.
    """
    caller.needs("admin")
    at = parts_of(request).now()
    async with _seeing_to(request, caller) as connection:
        key, row = await keys.rotate(connection, key_id, at=at, until=at + asked.overlap_s * 1000, once=once)
        for scope in row["scopes"]:
            _has(caller, scope)
    return KeyMade.model_validate({**dict(row), "key": key, "replaces": key_id})


@router.post("/keys/{key_id}/revoke")
async def revoke_key(request: Request, caller: AnyCaller, key_id: KeyPath) -> KeyRevoked:
    """Revoke a key of your operator, or your own: it ends within two seconds. Needs the scope `admin` but for your own.

    Revoked again, it answers when it was first.
    """
    if caller.key_id != key_id:
        caller.needs("admin")
    async with _seeing_to(request, caller) as connection:
        revoked = await keys.revoke(connection, key_id, at=parts_of(request).now())
    return KeyRevoked.model_validate({"key_id": key_id, "revoked_at": revoked})


@asynccontextmanager
async def _seeing_to(request: Request, caller: Caller) -> AsyncIterator[Connection]:
    """Give a connection in a transaction that sees the keys of the caller's party alone."""
    async with parts_of(request).pool.acquire() as connection, connection.transaction():
        await keys.set_party(connection, caller.viewer)
        yield connection


def _has(caller: Caller, scope: str) -> None:
    """Raise `OutOfScope` unless a caller may give a scope: `admin` has all but the one beyond its operator."""
    if scope == keys.ALL_OPERATORS and not caller.everyones:
        raise OutOfScope(f"the scope {scope!r} goes beyond your operator: `holdfast keys create` alone gives it")
