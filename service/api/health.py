"""Probes, metrics and the page: public, and said so here."""

import asyncio

import asyncpg
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from schemas.replies import Alive, Ready
from service.api.metrics import metrics_of
from service.api.parts import Parts, parts_of
from service.console import POLICY, api_page, page
from service.facts.records import Millis
from service.store import health
from service.store.pool import TRANSIENT
from service.store.reading import Rows

FRESH: Millis = 60_000  # beats come every 10 s, and positions moved by beats alone are written every 10 s
_PATIENCE_S = 2.0

public = APIRouter(tags=["public"])  # no key: these tell nothing of what is in a cell's book


@public.get("/livez")
async def livez() -> Alive:
    """Say that the process answers."""
    return Alive()


@public.get(
    "/readyz", response_model=Ready, responses={503: {"model": Ready, "description": "Something is waited for"}}
)
async def readyz(request: Request) -> Response:
    """Say whether questions can be answered with what is fresh, and else what is waited for."""
    parts = parts_of(request)
    waits = await _waits_for(parts)
    body = Ready(ready=not waits, waits_for=waits, version=parts.version)
    return JSONResponse(body.model_dump(mode="json"), 503 if waits else 200)


@public.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"example": "# HELP …"}}}})
async def metrics(request: Request) -> Response:
    """Give the numbers in Prometheus' text format."""
    parts = parts_of(request)
    async with parts.pool.acquire() as connection:
        positions, rejected = await health.positions(connection), await health.rejected(connection)
    return Response(metrics_of(request).expose(positions, rejected, parts.now()), media_type=CONTENT_TYPE_LATEST)


@public.get("/", response_class=HTMLResponse, include_in_schema=False)
async def console() -> HTMLResponse:
    """Give the page from which a person asks."""
    return HTMLResponse(page(), headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})


@public.get("/docs", response_class=HTMLResponse, include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Give the API's routes as a page."""
    return HTMLResponse(api_page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


async def _waits_for(parts: Parts) -> list[str]:
    try:
        async with asyncio.timeout(_PATIENCE_S), parts.pool.acquire() as connection:
            applied = await health.migrations(connection)
            if missing := sorted(parts.migrations - applied):
                return [f"migration {missing[0]:04d} of the database: run `holdfast migrate`"]
            return _stale(await health.positions(connection))
    except TRANSIENT as exc:
        return [f"the database, which cannot be reached ({type(exc).__name__})"]
    except asyncpg.PostgresError:  # no role, or no function, of ours
        return ["the database's migrations: run `holdfast migrate`"]


def _stale(positions: Rows) -> list[str]:
    """Say which partitions were not heard of lately; simulated cells stand still on purpose."""
    waits = []
    for row in positions:
        where = f"{row['cell']} {row['topic']}/{row['partition']}"
        if row["topic"] is None or row["suspended"]:
            continue
        if row["stopped"]:
            waits.append(f"a person, to say how to go on with {where}: {row['stopped']}")
        elif not row["simulated"] and row["seen_at"] - row["applied"] > FRESH:
            waits.append(f"the consumer of {where}: last applied {(row['seen_at'] - row['applied']) // 1000} s ago")
    return waits
