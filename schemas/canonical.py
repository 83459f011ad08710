"""Canonical JSON (RFC 8785) for documents without floating-point numbers. Standard library alone.

Holdfast's own documents (inventories, events, acts) hold strings, integers, booleans, nulls, lists
and objects only, for which RFC 8785 is: members sorted by UTF-16 code units, no white space,
minimal escapes, UTF-8. A float is an error rather than a rounding.
"""

import hashlib
import json
from typing import Any

from schemas.errors import HoldfastError

Json = dict[str, Any] | list[Any] | str | int | bool | None

_SAFE_INTEGER = 2**53 - 1


class NotCanonical(HoldfastError):
    """The value has no canonical form here: a float, a huge integer, a lone surrogate, another type."""

    slug = "not-canonical"
    status = 422


def canonical(value: Json) -> bytes:
    """Give the RFC 8785 bytes of `value`. Pure. Raises `NotCanonical`."""
    try:
        text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    except (UnicodeEncodeError, RecursionError) as exc:
        msg = f"this value has no canonical JSON form: {exc}"
        raise NotCanonical(msg) from exc


def digest(value: Json) -> bytes:
    """SHA-256 (32 bytes) of the canonical form. Pure. Raises `NotCanonical`."""
    return hashlib.sha256(canonical(value)).digest()


def _ordered(value: object) -> Json:
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise NotCanonical(f"object member {key!r} is not a string")
        members = sorted(value, key=lambda name: str(name).encode("utf-16-be", "surrogatepass"))
        return {name: _ordered(value[name]) for name in members}
    if isinstance(value, list | tuple):
        return [_ordered(element) for element in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= _SAFE_INTEGER:
        return value
    raise NotCanonical(f"a {type(value).__name__} cannot stand in a canonical document: write it as a string")
