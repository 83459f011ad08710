"""Bodies above a size are refused before they are read whole."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem

MAX_BODY_BYTES = 1_000_000
_DIGITS = 18


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
        refusal = problem(
            413, "too-large", "The body is too large", f"a body may have {self.limit} bytes: ask or write in parts"
        )
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or len(announced) > _DIGITS or int(announced) > self.limit:
            await refusal(scope, receive, send)
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
