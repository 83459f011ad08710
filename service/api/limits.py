"""Bodies above a size are refused before they are read whole."""

from collections.abc import Mapping
from typing import ClassVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.errors import HoldfastError
from service.api.problems import of_error

MAX_BODY_BYTES = 1_000_000
LIST_BYTES = 20_000_000  # 100,000 lines of a list
# Routes that read longer bodies themselves, after the key was looked up: nobody else can fill our memory with them.
LONGER: Mapping[str, int] = dict.fromkeys(("/v1/jobs/csv", "/v1/acts/bulk"), LIST_BYTES)
_DIGITS = 18


class BodyTooLarge(HoldfastError):
    """The body is too large."""

    status: ClassVar[int] = 413
    slug: ClassVar[str] = "too-large"


class BodyLimit:
    """ASGI middleware: 413 for a body above `limit` bytes, whether its length was announced or not."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = LONGER.get(scope["path"], self.limit)
        error = BodyTooLarge(f"a body may have {limit} bytes: ask or write in parts")
        refusal = of_error(error)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or len(announced) > _DIGITS or int(announced) > limit:
            await refusal(scope, receive, send)
            return
        if limit > self.limit:
            await self.app(scope, _counted(receive, limit, error), send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if len(body) > self.limit:
                await refusal(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)


def _counted(receive: Receive, limit: int, error: BodyTooLarge) -> Receive:
    """Give what is received as it comes; raise the error where it comes to more bytes than it may."""
    seen = 0

    async def count() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise error
        return message

    return count
