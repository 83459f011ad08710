"""Every derived fact is appended as an event (SEMANTICS rule 29): canonical, salted bytes. Pure."""

import hashlib
import hmac
import uuid
from typing import NamedTuple

from consumers.derive.order import Order
from schemas.canonical import Json, canonical
from schemas.envelope import rfc3339
from service.facts.records import Millis

VERSION = 1


class Event(NamedTuple):
    """One row of the table `event`."""

    at: Millis
    n: int
    kind: str
    subject: str | None
    bytes: bytes


def event(  # noqa: PLR0917 - what every event has, in its order
    cell: str, salt_key: bytes, n: int, at: Millis, kind: str, subject: str | None, **facts: Json
) -> Event:
    """Make an event. Its salt: 128 bits that only the holder of the cell's key can foresee, to hide the guessable."""
    body: dict[str, Json] = {"v": VERSION, "cell": cell, "kind": kind, "at": rfc3339(at), **facts}
    if subject is not None:
        body["asset"] = subject
    salt = hmac.new(salt_key, n.to_bytes(8, "big") + canonical(body), hashlib.sha256).digest()[:16]
    body["salt"] = salt.hex()
    return Event(at, n, kind, subject, canonical(body))


def mint(cell: str, what: str, order: Order, extra: str = "") -> str:
    """Mint an id that is a function of the place in the order at which it is first needed (a version 8 UUID)."""
    raw = bytearray(hashlib.sha256(canonical([cell, what, *order, extra])).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def when(at: Millis | None) -> str | None:
    """Write a time, or None for still open."""
    return None if at is None else rfc3339(at)
