"""What the application is made of; whoever composes it hands this over, and owns what is in it."""

import ipaddress
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import asyncpg
from fastapi import Request

from service.facts.records import Millis

API_ROLE = "holdfast_api"


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the broker put a record, and the time that it gave it."""

    offset: int
    at: Millis


class Sender(Protocol):
    """Puts records on partition 0 of a topic, in their order."""

    async def __call__(
        self, topic: str, values: Sequence[bytes], headers: tuple[tuple[str, bytes], ...], at: Millis | None
    ) -> list[Sent]:
        """Return once the broker has them all. `at`: their time, where the topic takes the sender's.

        Raises `Transient`; its words say whether the broker may have any of them all the same.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running application needs.

    `pool` runs as the role `holdfast_api` and has the codecs of `service.store.pool`; `migrations` are the numbers that
    this version knows; `now` is the wall clock in milliseconds, used for keys and ages alone, never for facts;
    `local`: only this machine can reach it.
    """

    pool: asyncpg.Pool
    send: Sender
    now: Callable[[], Millis]
    migrations: frozenset[int]
    version: str
    local: bool


OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]


def is_loopback(host: str) -> bool:
    """Whether a host, as named or as an address, is this machine as only this machine reaches it. Pure."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parts_of(request: Request) -> Parts:
    """Give the parts of the application that a request came to."""
    parts = request.app.state.parts
    if not isinstance(parts, Parts):
        raise TypeError("the application was not started: its lifespan did not run")
    return parts
