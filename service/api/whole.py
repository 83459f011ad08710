"""Whole listings in one answer, as JSON Lines, CSV or Parquet: the pages of a listing, one after the other.

Every page is asked like any other: the key, its rights and the book are looked at again, no connection is held between
two of them, and all are of the moments of the first. A stream that cannot go on is cut, and never ends as if it were
whole: a client of HTTP sees that its end is missing.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from http import HTTPStatus
from typing import Any, get_args
from urllib.parse import parse_qsl, urlencode

import orjson
import structlog
from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute, request_response
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.columns import Column, columns
from schemas.paging import Page
from service.api.encoding import ENCODERS, PARQUET, SUFFIX, Row

HEAD = ("cell", "simulated", "known_at", "as_of")  # of every row: whoever cuts one out still knows of which book it is
_LIMIT = "500"  # of one page
_ANY = "*/*"

_log = structlog.get_logger(__name__)


class Listing(APIRoute):
    """A route that gives a page at a time, and all pages as one stream to who asks for rows (`Accept`)."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - whatever FastAPI's own takes
        super().__init__(*args, **options)
        item = _item_of(self.response_model)
        if item is not None:
            content = {
                kind: {"schema": {"type": "string"}, "example": _example(self.response_model, item, kind)}
                for kind in ENCODERS
            }
            headers = {"Content-Disposition": {"schema": {"type": "string"}, "description": "A name for the file"}}
            self.responses = {
                **self.responses,
                200: {
                    "description": "A page; as rows, the whole listing from the cursor on",
                    "content": content,
                    "headers": headers,
                },
            }

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the handler of one page, or of all where rows are asked for."""
        page = super().get_route_handler()
        item = _item_of(self.response_model)
        if item is None:
            return page
        alone = request_response(page)  # with what FastAPI keeps for a request, and lets go after it
        shown = _shown(self.response_model, item)

        async def handle(request: Request) -> Response:
            kind = wanted(request.headers.get("accept"))
            if kind is None:
                response = await page(request)
                response.headers.add_vary_header("Accept")
                return response
            return _Whole(alone, kind, shown)

        return handle


def wanted(accept: str | None) -> str | None:
    """Give the kind of rows that a client prefers to a page (RFC 9110, section 12.5.1); None: a page. Pure."""
    offered = {"application/json": 0.0, **dict.fromkeys(ENCODERS, 0.0)}
    for part in (accept or _ANY).split(","):
        kind, *more = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:] for each in more if each.startswith("q=")), "1")
        weight = float(quality) if quality.replace(".", "", 1).isdigit() else 0.0
        named = [kind] if kind in offered else ["application/json"] if kind in {_ANY, "application/*"} else []
        for each in named:
            offered[each] = max(offered[each], weight)
    best = max(offered, key=lambda kind: offered[kind])  # the page, where two are liked as well
    return None if best == "application/json" or not offered[best] else best


def _item_of(model: object) -> Any:  # noqa: ANN401 - a model's class, if it is one
    """Give the model of what a page lists; None where an answer is no page."""
    if not (isinstance(model, type) and issubclass(model, Page)):
        return None
    return get_args(model.model_fields["items"].annotation)[0]


def _shown(page: type[BaseModel], item: type[BaseModel]) -> tuple[Column, ...]:
    head = {each.name: each for each in columns(page, "serialization")}
    return (*(head[name] for name in HEAD), *columns(item, "serialization"))


def _example(page: type[BaseModel], item: type[BaseModel], kind: str) -> str:
    """Give the example of a page as rows; of Parquet how it begins and ends."""
    if kind == PARQUET:
        return "PAR1…PAR1"
    (example,) = page.model_json_schema(mode="serialization")["examples"]
    shown = _shown(page, item)
    encoder = ENCODERS[kind](shown)
    row = {each.name: {**example, **example["items"][0]}.get(each.name) for each in shown}
    return (encoder.rows([row]) + encoder.end()).decode()


class _Whole(Response):
    """All pages of a listing, as rows."""

    def __init__(self, page: ASGIApp, kind: str, shown: tuple[Column, ...]) -> None:
        super().__init__(media_type=kind)
        self._page = page
        self._kind = kind
        self._shown = shown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pages as they come; a refusal of the first as it is."""
        start, first = await self._ask(scope, None)
        if start["status"] != HTTPStatus.OK:
            await send(start)
            await send({"type": "http.response.body", "body": first})
            return
        headers = MutableHeaders()
        charset = "" if self._kind == PARQUET else "; charset=utf-8"
        headers["content-type"] = self._kind + charset
        headers["cache-control"] = "private, no-store"
        headers.add_vary_header("Accept")
        page = orjson.loads(first)
        headers["content-disposition"] = f'attachment; filename="{_name(scope, page, self._kind)}"'
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers.raw})
        request = Request(scope, receive)
        encoder = ENCODERS[self._kind](self._shown)
        async for rows in self._rows(scope, page):
            if await request.is_disconnected():
                return
            if rows is None:
                return  # without its end: the client sees that it is cut
            if written := encoder.rows(rows):
                await send({"type": "http.response.body", "body": written, "more_body": True})
        await send({"type": "http.response.body", "body": encoder.end()})

    async def _rows(self, scope: Scope, page: dict[str, Any]) -> AsyncIterator[list[Row] | None]:
        """Give the rows of a page and of all that follow it; None where the next one was refused."""
        while True:
            head = {name: page[name] for name in HEAD}
            yield [{**head, **item} for item in page["items"]]
            if page["next"] is None:
                return
            start, body = await self._ask(scope, page["next"])
            if start["status"] != HTTPStatus.OK:
                _log.warning("listing_cut", path=scope["path"], status=start["status"])
                yield None
                return
            page = orjson.loads(body)

    async def _ask(self, scope: Scope, cursor: str | None) -> tuple[Message, bytes]:
        """Ask for one page, as JSON."""
        asked = [
            (name, value) for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if name != "limit" and (name != "cursor" or cursor is None)
        ]  # fmt: skip
        query = urlencode([*asked, ("limit", _LIMIT), *([("cursor", cursor)] if cursor else [])])
        kept = [(name, value) for name, value in scope["headers"] if name not in {b"accept", b"if-none-match"}]
        inner = {
            key: value for key, value in {**scope, "query_string": query.encode(), "headers": kept}.items()
            if key not in {"fastapi_inner_astack", "fastapi_function_astack"}
        }  # fmt: skip
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self._page(inner, _nothing, keep)
        return start, body


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _name(scope: Scope, page: dict[str, Any], kind: str) -> str:
    """Name the file: of what, of which cell, as known when, and that it is simulated."""
    what = "-".join(part for part in scope["route"].path.split("/") if part and "{" not in part and part != "v1")
    day = str(page["known_at"])[:10]
    simulated = "-simulated" if page["simulated"] else ""
    return f"{what}-{page['cell']}-{day}{simulated}.{SUFFIX[kind]}"
