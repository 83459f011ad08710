"""Conditional requests (RFC 9110, section 13): every JSON page has a strong ETag, and is not sent where it is held."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OK, _NOT_MODIFIED = 200, 304
# What a 304 keeps of the headers that the 200 would have had (RFC 9110, section 15.4.5).
_KEPT = frozenset({"cache-control", "content-location", "date", "etag", "expires", "vary"})


class Conditional:
    """ASGI middleware: gives the pages of GET an ETag, the SHA-256 of their bytes, and answers 304 to who holds it.

    Streams pass untouched: only what is said to be JSON is held back until it is whole, and all such is a page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its page once it is whole."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        held: Message | None = None
        body = b""

        async def keep(message: Message) -> None:
            nonlocal held, body
            if message["type"] == "http.response.start" and _is_page(message):
                held = message
                return
            if held is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                for each in _answer(held, body, Headers(scope=scope).get("if-none-match")):
                    await send(each)

        await self.app(scope, receive, keep)


def matches(condition: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names an entity tag, by weak comparison. Pure."""
    if condition is None:
        return False
    if condition.strip() == "*":
        return True
    return etag in {each.strip().removeprefix("W/") for each in condition.split(",")}


def _is_page(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == _OK and kind.partition(";")[0].strip() == "application/json"


def _answer(start: Message, body: bytes, condition: str | None) -> tuple[Message, Message]:
    headers = MutableHeaders(raw=list(start["headers"]))
    etag = headers.setdefault("etag", f'"{hashlib.sha256(body).hexdigest()}"')
    headers.setdefault("cache-control", "private, no-cache")
    if not matches(condition, etag):
        return {**start, "headers": headers.raw}, {"type": "http.response.body", "body": body}
    kept = [(name, value) for name, value in headers.raw if name.decode("latin-1") in _KEPT]
    return {**start, "status": _NOT_MODIFIED, "headers": kept}, {"type": "http.response.body", "body": b""}
