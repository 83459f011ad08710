"""Cursors: where the next page begins. Pure.

A cursor is a key of the listing, in JSON, with a check that finds mistakes. It is no signature and needs none, since a
cursor gives no rights; so what it holds is looked at like any other thing that comes from outside.

It holds the moments of the first page too: every following page is of the same book, as known at the same moment, and
so none skips or repeats a thing, whatever is written meanwhile. Keys are what never changes of a row, and are unique.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from enum import Enum
from typing import ClassVar, NamedTuple

from schemas.errors import HoldfastError
from service.facts.records import Millis

Key = list[str | int]


class Moments(NamedTuple):
    """What a listing is of: as known when, and as it was when."""

    known_at: Millis
    as_of: Millis


_CHECK_BYTES = 6
_TEXT = re.compile("[^\0\ud800-\udfff]*")  # what a text column holds
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadCursor(HoldfastError):
    """The cursor is not one that was given for this listing."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-cursor"


class Part(Enum):
    """What a part of a key is: a value that comes before every other, and what the database takes for it."""

    TEXT = "text"
    ASSET = "asset"
    MOMENT = "moment"
    PARTITION = "partition"
    NUMBER = "number"
    HEX = "hex"

    @property
    def first(self) -> str | int:
        """A value that comes before every other."""
        if self in _LARGEST:
            return -1
        return "00000000-0000-0000-0000-000000000000" if self is Part.ASSET else ""

    def takes(self, value: object) -> bool:
        """Whether a value can be such a part."""
        if self in _LARGEST:
            return type(value) is int and -1 <= value <= _LARGEST[self]
        if not isinstance(value, str):
            return False
        return _PATTERNS[self].fullmatch(value) is not None


_PATTERNS = {Part.TEXT: _TEXT, Part.ASSET: _UUID, Part.HEX: re.compile("([0-9a-f]{2})*")}
_LARGEST = {Part.MOMENT: 253_402_300_799_999, Part.PARTITION: 2**31 - 1, Part.NUMBER: 2**63 - 1}  # the year 9999; types


def write(listing: str, moments: Moments, key: Key) -> str:
    """Write a cursor for a listing (its route and what it was asked for)."""
    body = json.dumps([*moments, *key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(listing, body) + body).rstrip(b"=").decode()


def read(listing: str, cursor: str, parts: Sequence[Part]) -> Key:
    """Read a cursor back: a key of these parts. Raises `BadCursor`."""
    moments, key = _held(cursor)
    if write(listing, moments, key) != cursor or len(key) != len(parts):
        raise _wrong()
    if not all(part.takes(value) for part, value in zip(parts, key, strict=True)):
        raise _wrong()
    return key


def moments(cursor: str) -> Moments:
    """Give the moments that a cursor's pages are of. Raises `BadCursor`; `read` says whether it is of the listing."""
    return _held(cursor)[0]


def _held(cursor: str) -> tuple[Moments, Key]:
    try:
        held = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[_CHECK_BYTES:])
    except (ValueError, RecursionError, binascii.Error) as exc:
        raise _wrong() from exc
    count = len(Moments._fields)
    if not isinstance(held, list) or len(held) <= count or not all(map(Part.MOMENT.takes, held[:count])):
        raise _wrong()
    return Moments(*held[:count]), held[count:]


def _wrong() -> BadCursor:
    return BadCursor("this cursor was not given for this listing: begin again without one")


def _check(listing: str, body: bytes) -> bytes:
    return hashlib.sha256(listing.encode() + b"\0" + body).digest()[:_CHECK_BYTES]
