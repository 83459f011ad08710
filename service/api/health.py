"""Probes, metrics and the page: public, and said so here; what they name is for those who may see it."""

import asyncio
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from schemas.problems import Problem
from schemas.replies import Alive, Ready
from service.api.auth import Caller, KeySent, caller_of
from service.api.metrics import metrics_of
from service.api.parts import Parts, is_loopback, parts_of
from service.console import POLICY, api_page, page
from service.facts.records import Millis
from service.store import health
from service.store.pool import TRANSIENT
from service.store.reading import Rows

FRESH: Millis = 60_000  # beats come every 10 s, and positions moved by beats alone are written every 10 s
_PATIENCE_S = 2.0
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")  # a proxy speaks for somebody elsewhere

public = APIRouter(tags=["public"])


@public.get("/livez")
async def livez() -> Alive:
    """Say that the process answers."""
    return Alive()


@public.get(
    "/readyz",
    response_model=Ready,
    responses={
        401: {"model": Problem, "description": "A key was sent that does not hold"},
        503: {"model": Ready, "description": "The database, or its migrations, are waited for"},
    },
)
async def readyz(request: Request, key: KeySent) -> Response:
    """Say whether questions can be answered, and else what is waited for: the database or its migrations.

    Without a key, what stands still is counted. With one, the partitions of its operator's cells are named.
    """
    parts = parts_of(request)
    waits, positions = await _state(parts)
    caller = await caller_of(request, key) if key is not None and not waits else None
    body = Ready(ready=not waits, waits_for=waits, degraded=_degraded(positions, caller), version=parts.version)
    return JSONResponse(body.model_dump(mode="json"), 503 if waits else 200)


async def _audits(request: Request, key: KeySent) -> Caller | None:
    """Find who measures: nobody in particular (None) where only this machine can ask; else a key with `audit`."""
    at_home = request.client is not None and is_loopback(request.client.host)
    if parts_of(request).local and at_home and not any(name in request.headers for name in _PASSED_ON):
        return None
    caller = await caller_of(request, key)
    caller.needs("audit")
    return caller


@public.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"example": "# HELP holdfast_database_up Whether …"}}},
        401: {"model": Problem, "description": "No key, from another machine"},
        403: {"model": Problem, "description": "The key lacks the scope"},
        503: {"model": Problem, "description": "The database is away, so that no key can be looked up"},
    },
)
async def metrics(request: Request, caller: Annotated[Caller | None, Depends(_audits)]) -> Response:
    """Give the numbers in Prometheus' text format.

    Where the API listens on this machine alone, no key is needed. Elsewhere it takes one with the scope `audit`, which
    is told of its operator's cells (of all, with the scope `operators` too). Consumers tell themselves what they count.
    """
    parts = parts_of(request)
    positions: Rows | None = None
    try:
        async with asyncio.timeout(_PATIENCE_S), parts.pool.acquire() as connection:
            positions = await health.positions(connection)
    except (*TRANSIENT, asyncpg.PostgresError):
        pass  # that is one of the numbers
    seen = None if positions is None else [row for row in positions if caller is None or caller.sees(row["cell"])]
    return Response(metrics_of(request).expose(seen, parts.now()), media_type=CONTENT_TYPE_LATEST)


@public.get("/", response_class=HTMLResponse, include_in_schema=False)
async def console() -> HTMLResponse:
    """Give the page from which a person asks."""
    return HTMLResponse(page(), headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})


@public.get("/docs", response_class=HTMLResponse, include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Give the API's routes as a page."""
    return HTMLResponse(api_page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


async def _state(parts: Parts) -> tuple[list[str], Rows]:
    """Give what is waited for before anything can be answered, and where every partition is."""
    try:
        async with asyncio.timeout(_PATIENCE_S), parts.pool.acquire() as connection:
            applied = await health.migrations(connection)
            if missing := sorted(parts.migrations - applied):
                return [f"migration {missing[0]:04d} of the database: run `holdfast migrate`"], []
            return [], await health.positions(connection)
    except TRANSIENT as exc:
        return [f"the database, which cannot be reached ({type(exc).__name__})"], []
    except asyncpg.PostgresError:  # no role, or no function, of ours
        return ["the database's migrations: run `holdfast migrate`"], []


def _degraded(positions: Rows, caller: Caller | None) -> list[str]:
    """Say which partitions stand still, and count those that are not the caller's; simulated cells do on purpose."""
    named, others = [], 0
    for row in positions:
        if row["topic"] is None or row["suspended"]:
            continue
        where = f"{row['topic']}.{row['cell']}/{row['partition']}"
        if row["stopped"]:
            said = f"{where}: stopped, until a person says how to go on: {row['stopped']}"
        elif not row["simulated"] and (age := row["seen_at"] - row["applied"]) > FRESH:
            said = f"{where}: last applied {age // 1000} s ago, so its consumer is waited for"
        else:
            continue
        if caller is not None and caller.sees(row["cell"]):
            named.append(said)
        else:
            others += 1
    if others:
        kept_back = "partitions that stand still (a key of their operator names them)"
        named.append(f"{'partitions of other operators that stand still' if caller else kept_back}: {others}")
    return named
