"""Free ports on the loopback, and the question whether a Kafka broker answers on one."""

import contextlib
import socket
import struct
from pathlib import Path
from typing import Self

_LOOPBACK = "127.0.0.1"
_METADATA, _METADATA_VERSION = 3, 1
_SMALLEST_ANSWER, _LARGEST_ANSWER = 8, 1 << 20


class ReservedPorts:
    """Some ports, held (bound, not listening) until the server has them.

    While one is held, the system gives it to nobody else, and a server that sets SO_REUSEADDR, as Java does, may still
    bind and listen. Where the ports that the file names are free, they are taken again, so that clients find a server
    that comes back where it was.
    """

    def __init__(self, file: Path, count: int) -> None:
        """Hold `count` ports. Raises OSError where the loopback has none left."""
        self._file = file
        self._held: list[socket.socket] = []
        try:
            for port in [*self._last(), *[0] * count][:count]:
                self._held.append(_hold(port))
        except BaseException:
            self.close()
            raise
        self.numbers: list[int] = [held.getsockname()[1] for held in self._held]

    def _last(self) -> list[int]:
        try:
            return [int(word) for word in self._file.read_text(encoding="ascii").split()]
        except (OSError, ValueError):
            return []

    def remember(self) -> None:
        """Write them down for the next start."""
        self._file.write_text(" ".join(map(str, self.numbers)), encoding="ascii")

    def close(self) -> None:
        """Let go of them; what listens there by now stays."""
        for held in self._held:
            held.close()
        self._held = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _hold(port: int) -> socket.socket:
    """Bind a port; another free one where that one is taken. Raises OSError."""
    for wanted in (port, 0):
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind((_LOOPBACK, wanted))
        except OSError:
            held.close()
            if wanted == 0:
                raise
        else:
            return held
    raise AssertionError


def broker_answers(port: int, timeout: float = 1.0) -> bool:
    """Whether a broker there lists itself in its metadata, and so serves. Blocks for about `timeout` at most."""
    client = b"holdfast"
    body = struct.pack(">hhih", _METADATA, _METADATA_VERSION, 1, len(client)) + client + struct.pack(">i", 0)
    with contextlib.suppress(OSError, struct.error), socket.create_connection((_LOOPBACK, port), timeout) as link:
        link.settimeout(timeout)
        link.sendall(struct.pack(">i", len(body)) + body)
        (size,) = struct.unpack(">i", _exactly(link, 4))
        if _SMALLEST_ANSWER <= size <= _LARGEST_ANSWER:
            correlation: int
            brokers: int
            correlation, brokers = struct.unpack(">ii", _exactly(link, size)[:8])
            return correlation == 1 and brokers >= 1
    return False


def _exactly(link: socket.socket, size: int) -> bytes:
    """Read `size` bytes. Raises ConnectionError where the other side ends before."""
    parts = bytearray()
    while len(parts) < size:
        part = link.recv(size - len(parts))
        if not part:
            raise ConnectionError
        parts += part
    return bytes(parts)
