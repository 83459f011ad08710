"""Cursors: where the next page begins, and as known when, so that pages of one listing fit each other. Pure."""

import base64
import binascii
import hashlib
import json
from typing import ClassVar

from schemas.errors import HoldfastError

Key = list[str | int]
_CHECK_BYTES = 6


class BadCursor(HoldfastError):
    """The cursor is not one that was given for this listing."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-cursor"


def write(listing: str, key: Key) -> str:
    """Write a cursor for a listing (its route and what it was asked for)."""
    body = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(listing, body) + body).rstrip(b"=").decode()


def read(listing: str, cursor: str, like: Key) -> Key:
    """Read a cursor back; its members have the types of `like`. Raises `BadCursor`.

    The check finds mistakes; it is no signature, and needs none: a cursor gives no rights.
    """
    wrong = BadCursor("this cursor was not given for this listing: begin again without one")
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if check != _check(listing, body) or write(listing, json.loads(body)) != cursor:
            raise wrong
        key: Key = json.loads(body)
    except (ValueError, binascii.Error) as exc:
        raise wrong from exc
    if [type(each) for each in key] != [type(each) for each in like]:
        raise wrong
    return key


def _check(listing: str, body: bytes) -> bytes:
    return hashlib.sha256(listing.encode() + b"\0" + body).digest()[:_CHECK_BYTES]
