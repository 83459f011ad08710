"""Every error leaves as one shape: a problem of RFC 9457. The only module that knows that shape."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from schemas.errors import HoldfastError
from schemas.problems import Problem
from service.store.pool import TRANSIENT

MEDIA_TYPE = "application/problem+json"
_PREFIX = "urn:holdfast:problem:"
_RETRY_AFTER_S = "5"
_SERVER_ERROR = 500

_log = structlog.get_logger(__name__)


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str | None = None,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Give a problem as a response. 429 and 503 say when to come again."""
    body = Problem(type=_PREFIX + slug, title=title, status=status, detail=detail, errors=errors)
    more = dict(headers or {})
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        more.setdefault("Retry-After", _RETRY_AFTER_S)
    if status == HTTPStatus.REQUEST_TIMEOUT:  # what else comes of its body is nobody's next request
        more.setdefault("Connection", "close")
    if status == HTTPStatus.UNAUTHORIZED:
        more.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(body.model_dump(exclude_none=True), status, more, MEDIA_TYPE)


def of_error(error: HoldfastError) -> JSONResponse:
    """Give one of our own errors as a problem; its text is kept back where we are wrong (500)."""
    if error.status >= _SERVER_ERROR and error.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return _internal()
    title = (inspect.getdoc(type(error)) or error.slug).partition("\n")[0].rstrip(".")
    return problem(error.status, error.slug, title, str(error), errors=error.errors)


def install(app: FastAPI) -> None:
    """Map every error of the application, ours, the framework's and what is unmapped."""
    handlers: dict[Any, Callable[[Request, Any], Awaitable[Response]]] = {
        HoldfastError: _ours,
        RequestValidationError: _invalid,
        HTTPException: _http,
        Exception: _unmapped,
        **dict.fromkeys(TRANSIENT, _away),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """Let an OpenAPI document say that refusals are problems, with their own media type; changes it in place."""
    problem_schema = {"$ref": "#/components/schemas/Problem"}
    for operations in schema["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                shown = response.get("content", {}).get("application/json", {}).get("schema", {})
                if shown.get("$ref", "").endswith(("/Problem", "/HTTPValidationError")):
                    response["content"] = {MEDIA_TYPE: {"schema": problem_schema}}
    return schema


async def _ours(request: Request, error: HoldfastError) -> Response:
    if error.status >= _SERVER_ERROR:
        _log.error("request_failed", path=request.url.path, error=str(error), slug=error.slug)
    return of_error(error)


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if isinstance(error.body, bytes):  # it was not taken for JSON
        return problem(415, "not-json", "The body is not said to be JSON", "send `content-type: application/json`")
    if any(one["type"] == "json_invalid" for one in found):
        (first,) = found
        return _bad_json(f"{first['ctx']['error']}, at character {first['loc'][-1]}")
    errors = [
        {"at": ".".join(str(part) for part in one["loc"]), "says": str(one["msg"]).removeprefix("Value error, ")}
        for one in found
    ]
    detail = f"{errors[0]['at']}: {errors[0]['says']}" if errors else None
    return problem(422, "invalid-request", "The request is not well formed", detail, errors=errors)


def _bad_json(detail: str) -> JSONResponse:
    return problem(400, "bad-json", "The body cannot be read as JSON", detail)


async def _http(_request: Request, error: HTTPException) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    detail: str | None = error.detail
    headers = dict(error.headers or {})
    match error.status_code:
        case HTTPStatus.BAD_REQUEST if error.__cause__ is not None:  # of the framework: what json.loads raised
            return _bad_json(_unreadable(error.__cause__))
        case HTTPStatus.NOT_FOUND:
            detail = "there is no such path: /docs lists those that are"
        case HTTPStatus.METHOD_NOT_ALLOWED:
            detail = f"this path takes {headers.get('Allow', 'other methods')}"
    return problem(error.status_code, phrase.lower().replace(" ", "-"), phrase, detail, headers=headers)


def _unreadable(cause: BaseException) -> str:
    if isinstance(cause, RecursionError):
        return "it is nested too deeply"
    if isinstance(cause, UnicodeDecodeError):
        return f"it is not {cause.encoding.upper()}, at byte {cause.start}"
    return "a number has too many digits" if isinstance(cause, ValueError) else "it cannot be parsed"


async def _away(request: Request, error: Exception) -> Response:
    _log.warning("database_away", path=request.url.path, error=repr(error))
    return problem(503, "unavailable", "The database cannot be reached now", "try again in a few seconds")


async def _unmapped(request: Request, error: Exception) -> Response:
    _log.error("request_broke", path=request.url.path, exc_info=error)
    return _internal()


def _internal() -> JSONResponse:
    return problem(500, "internal", "We are wrong: this was logged")
