"""What a consuming process says of itself: /livez, /readyz and /metrics on a port of its own (loopback by default)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

_MAX_REQUEST = 8192


@contextlib.asynccontextmanager
async def served(host: str, port: int, waiting: Callable[[], Mapping[str, str]]) -> AsyncIterator[int]:
    """Serve while the context lasts; gives the port. `waiting` names what the process waits for: none is ready."""

    def answer(path: str) -> tuple[int, str, bytes]:
        match path:
            case "/livez":
                return 200, "application/json", b'{"status":"alive"}'
            case "/readyz":
                now = dict(waiting())
                body = {"status": "waiting" if now else "ready", "waits_for": now}
                return (503 if now else 200), "application/json", orjson.dumps(body)
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, generate_latest()
            case _:
                problem = {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "try /readyz or /metrics",
                }
                return 404, "application/problem+json", orjson.dumps(problem)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            status, kind, body = answer(words[1].split("?")[0] if len(words) > 1 else "")
            start = (
                f"HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
                "connection: close\r\n\r\n"
            )
            writer.write(start.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(one, host, port, limit=_MAX_REQUEST)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()
