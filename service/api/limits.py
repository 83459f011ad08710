"""Bodies above a size are refused before they are read whole; one that takes too long is waited for no longer."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.errors import HoldfastError
from service.api.problems import of_error

MAX_BODY_BYTES = 1_000_000
LIST_BYTES = 20_000_000  # 100,000 lines of a list
# Routes that read longer bodies themselves, after the key was looked up: nobody else can fill our memory with them.
LONGER: Mapping[str, int] = dict.fromkeys(("/v1/jobs/csv", "/v1/acts/bulk"), LIST_BYTES)
BODY_S = 30.0
LIST_S = 300.0
_DIGITS = 18


class BodyTooLarge(HoldfastError):
    """The body is too large."""

    status: ClassVar[int] = 413
    slug: ClassVar[str] = "too-large"


class BodyTooSlow(HoldfastError):
    """The body did not come whole in time."""

    status: ClassVar[int] = 408
    slug: ClassVar[str] = "too-slow"


class BodyLimit:
    """ASGI middleware: 413 for a body above `limit` bytes, announced or not; 408 for one that is not there in time."""

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
        try:
            async with asyncio.timeout(BODY_S):
                body = await self._whole(receive, error)
        except TimeoutError:
            await of_error(_too_slow(BODY_S))(scope, receive, send)
            return
        except BodyTooLarge:
            await refusal(scope, receive, send)
            return
        if body is None:
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)

    async def _whole(self, receive: Receive, error: BodyTooLarge) -> bytes | None:
        """Read a body; None where its sender left. Raises the error."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > self.limit:
                raise error
            if not message.get("more_body", False):
                return bytes(body)


def _too_slow(most_s: float) -> BodyTooSlow:
    return BodyTooSlow(f"a body may take {most_s:.0f} s to come: send it again, in parts where it is long")


def _counted(receive: Receive, limit: int, error: BodyTooLarge) -> Receive:
    """Give what is received as it comes; raise the error for more bytes than may be, `BodyTooSlow` after `LIST_S`."""
    seen = 0
    whole = False
    deadline = asyncio.get_running_loop().time() + LIST_S

    async def count() -> Message:
        nonlocal seen, whole
        if whole:  # what comes now is that the client left, whenever that is
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError as exc:
            raise _too_slow(LIST_S) from exc
        seen += len(message.get("body", b""))
        if seen > limit:
            raise error
        whole = not message.get("more_body", False)
        return message

    return count
