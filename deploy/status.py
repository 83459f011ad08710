"""What a consuming process says of itself: /livez, /readyz and /metrics on a port of its own (loopback)."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from schemas.errors import HoldfastError

STARTING = "start"
_MAX_REQUEST = 8192
_NEEDED = frozenset({STARTING, "kafka", "postgres"})  # without these nothing goes on; all else is about one partition


class CannotListen(HoldfastError):
    """The address is taken, or not this machine's."""


def listen(port: int = 0) -> socket.socket:
    """Take a port of this machine alone (0: a free one); to be handed to `served`, here or in a child.

    Raises `CannotListen`.
    """
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as exc:
        raise CannotListen(
            f"port {port} cannot be listened on ({exc.strerror or exc}): name another --status-port, or 0"
        ) from exc


def url_of(listening: socket.socket) -> str:
    """Give where that is."""
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def served(listening: socket.socket, waiting: Callable[[], Mapping[str, str]]) -> AsyncIterator[None]:
    """Serve while the context lasts, and close the socket.

    `waiting` says, by subject, what the process waits for. It is ready unless that is a server, or its own start;
    partitions and cells that wait are `degraded`, and the others go on.
    """

    def answer(path: str) -> tuple[int, str, bytes]:
        match path:
            case "/livez":
                return 200, "application/json", b'{"status":"alive"}'
            case "/readyz":
                now = dict(waiting())
                waits = {what: why for what, why in now.items() if what in _NEEDED}
                degraded = {what: why for what, why in now.items() if what not in _NEEDED}
                body = {"status": "waiting" if waits else "ready", "waits_for": waits, "degraded": degraded}
                return (503 if waits else 200), "application/json", orjson.dumps(body)
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

    server = await asyncio.start_server(one, sock=listening, limit=_MAX_REQUEST)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
