"""Tests reach this machine and nothing else."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_connect = socket.socket.connect
_open = 0


class OtherHost(AssertionError):
    """A test tried to reach another host."""


def _guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401  (what an address is depends on the family)
    if not _open and self.family in {socket.AF_INET, socket.AF_INET6} and not _is_here(str(address[0])):
        raise OtherHost(f"a test tried to reach {address[0]}: tests talk to this machine only")
    _connect(self, address)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def this_machine_only() -> Iterator[None]:
    """Refuse every connection of this process to another host."""
    socket.socket.connect = _guarded  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        socket.socket.connect = _connect  # type: ignore[method-assign]


@contextmanager
def package_index_too() -> Iterator[None]:
    """Let connections through for a while: Kafka's jars are fetched once in a machine's life."""
    global _open  # noqa: PLW0603  (one process, one guard)
    _open += 1
    try:
        yield
    finally:
        _open -= 1
