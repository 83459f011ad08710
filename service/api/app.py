"""The application: which routes there are, what is around them, and what lives as long as it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service.api import (
    acts,
    assets,
    attestations,
    changes,
    credentials,
    differences,
    findings,
    grants,
    health,
    hooks,
    jobs,
    listings,
    many,
    problems,
    records,
    retention,
)
from service.api.auth import KeyCache
from service.api.conditional import Conditional
from service.api.feed import Feeds
from service.api.limits import BodyLimit
from service.api.metrics import Metrics, Timed
from service.api.parts import OpenParts
from service.api.providers import Providers
from service.api.worker import Worker

_ABOUT = """Is this hardware where it is said to be, and has it been so all along? Ask with a claim
(`POST /v1/attestations`; about a large set it becomes a job, `/v1/jobs`); read what the answer rests on; write what
people know as acts. Times are RFC 3339 with a zone. Every read can be put `as_of` a moment of the world and `known_at`
a moment of our knowledge. Errors are problems of RFC 9457.
"""

_GUARDED = (
    attestations,
    jobs,
    assets,
    records,
    many,  # before what reads an act by its number: its path is more exact
    acts,
    hooks,
    differences,
    grants,
    listings,
    changes,
    findings,
    retention,
    credentials,
)


def create_app(open_parts: OpenParts, version: str) -> FastAPI:
    """Make the application. `open_parts` is entered when it starts and left when it stops; nothing is opened here."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_parts() as parts:
            app.state.parts = parts
            async with Worker(parts.pool).at_work() as app.state.worker:
                yield
            app.state.providers.close()

    app = FastAPI(
        title="Holdfast",
        summary="Where hardware is, with evidence",
        description=_ABOUT,
        version=version,
        lifespan=lifespan,
        redoc_url=None,
        docs_url=None,  # its page would load scripts from elsewhere: service.console has one of its own
        openapi_url="/openapi.json",
        generate_unique_id_function=lambda route: route.name,  # what clients call the operation: its function here
    )
    app.state.keys = KeyCache()
    app.state.providers = Providers()
    app.state.metrics = Metrics()
    app.state.feeds = Feeds()
    for router in (*(each.router for each in _GUARDED), health.public):
        app.include_router(router)
    problems.install(app)
    described = app.openapi
    app.openapi = lambda: problems.described(described())  # type: ignore[method-assign]
    app.add_middleware(BodyLimit)
    app.add_middleware(Conditional)
    app.add_middleware(Timed, metrics=app.state.metrics)
    return app
