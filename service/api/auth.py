"""Who asks: API keys and tokens, the party that each is tied to, and the scopes that a route needs.

Routers deny by default: each is made by `guarded`, and those that are public say so.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from schemas.errors import HoldfastError
from schemas.problems import Problem
from service.api import tokens
from service.api.parts import Parts, parts_of
from service.api.whole import Listing
from service.facts.records import Millis
from service.store import keys
from service.store.reading import Viewer

CACHED_S = 2.0  # a revoked key, and a new cell, are noticed within this time
_CACHE_SIZE = 10_000
_DOTS = 2  # of a signed JWT; a key has none

_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key (hf_…), or a JWT access token of a trusted issuer"
)
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="keyHeader", description="The same, elsewhere")


class NoKey(HoldfastError):
    """An API key or a token is needed, and this one does not hold."""

    status: ClassVar[int] = 401
    slug: ClassVar[str] = "no-key"


class OutOfScope(HoldfastError):
    """The key does not allow this."""

    status: ClassVar[int] = 403
    slug: ClassVar[str] = "out-of-scope"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, with what rights. `key_id`: of the key, or of whom a token is of; `token`: whether it is one."""

    key_id: str
    viewer: Viewer
    scopes: frozenset[str]
    expires_at: Millis | None
    token: bool = False

    @property
    def everyones(self) -> bool:
        """Whether the key goes beyond its own operator in what spans cells: `admin` alone does not."""
        return keys.ALL_OPERATORS in self.scopes

    def sees(self, cell: str) -> bool:
        """Whether measurements of a cell are the caller's to see."""
        return self.everyones or cell in self.viewer.cells

    def needs(self, scope: str) -> None:
        """Raise `OutOfScope` unless the key has the scope (`admin` has all that stay within its operator)."""
        if scope not in self.scopes and "admin" not in self.scopes:
            makes = "issuers trust" if self.token else "keys create"
            raise OutOfScope(f"this {self.word} lacks the scope {scope!r}: `holdfast {makes} --scope {scope}` gives it")

    @property
    def word(self) -> str:
        """What it came with, in a word."""
        return "token" if self.token else "key"


class KeyCache:
    """Keys that were found lately. Owned by one application; not shared between processes."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[float, Caller]] = {}

    def get(self, key: str) -> Caller | None:
        """Give a caller found within the last seconds."""
        held = self._found.get(key)
        return held[1] if held and time.monotonic() - held[0] < CACHED_S else None

    def put(self, key: str, caller: Caller) -> None:
        """Keep a caller for seconds."""
        if len(self._found) >= _CACHE_SIZE:
            self._found.clear()
        self._found[key] = (time.monotonic(), caller)


async def key_sent(
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> str | None:
    """Give the key that came with a request, held against nothing yet."""
    return (bearer.credentials if bearer else header) or None


KeySent = Annotated[str | None, Depends(key_sent)]


async def caller_of(request: Request, key: KeySent) -> Caller:
    """Find who asks. Raises `NoKey`, `BadToken`; `ProviderWrong` where a token cannot be held against anything now."""
    if key is None:
        raise NoKey("send `Authorization: Bearer hf_…`; `holdfast keys create` makes a key")
    cache: KeyCache = request.app.state.keys
    caller = cache.get(key)
    if caller is None:
        parts = parts_of(request)
        if key.count(".") == _DOTS:
            caller = _of_token(await tokens.find(parts.pool, request.app.state.providers, key))
        else:
            caller = await _of_key(parts, key)
        cache.put(key, caller)
    return caller


async def _of_key(parts: Parts, key: str) -> Caller:
    at = parts.now()
    async with parts.pool.acquire() as connection:
        found = await keys.find(connection, key, at=at)
        if found is None:
            raise NoKey("this key is unknown, revoked or expired; `holdfast keys create` makes another")
        if not found.in_use:
            async with connection.transaction():
                await keys.set_party(connection, found.viewer)
                await keys.note_use(connection, found.key_id, at=at)
    return Caller(found.key_id, found.viewer, found.scopes, found.expires_at)


def _of_token(found: tokens.Bearer) -> Caller:
    return Caller(found.credential, found.viewer, found.scopes, found.expires_at, token=True)


AnyCaller = Annotated[Caller, Depends(caller_of)]


def _may(scope: str) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: AnyCaller) -> Caller:
        caller.needs(scope)
        return caller

    return check


CanRead = Annotated[Caller, Depends(_may("read"))]
CanAudit = Annotated[Caller, Depends(_may("audit"))]


_PROBLEMS = {
    400: "What was sent cannot be read: a cursor, or JSON",
    401: "No key or token, or one that does not hold",
    403: "The key lacks the scope",
    404: "Not there, or not yours to see",
    408: "The body did not come whole in time",
    409: "It cannot be had any more",
    413: "The body is too large",
    415: "The body is not said to be what the route takes",
    422: "The request is not well formed",
    429: "So much is open that more has to wait",
    503: "Something is away for now",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals of a route, for the OpenAPI document."""
    return {status: {"model": Problem, "description": _PROBLEMS[status]} for status in statuses}


def guarded(tag: str) -> APIRouter:
    """Make a router none of whose routes answers without a key, and whose pages can be had as one stream."""
    refusals = problems(400, 401, 403, 404, 422, 503)
    return APIRouter(
        prefix="/v1", tags=[tag], dependencies=[Depends(caller_of)], responses=refusals, route_class=Listing
    )


OF_BODIES = problems(408, 413, 415)  # what routes that take a body refuse besides
