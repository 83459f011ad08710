"""Strict JSON: what two readers could read differently is refused, never repaired. Pure; raises only `Rejected`."""

import json
import re
from itertools import accumulate
from typing import Any, NoReturn

from schemas.errors import Rejected

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_DIGITS = 40

# A whole string, or the rest of the text where it does not end: linear, whatever the text.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_STEPS = bytes(2 if byte in b"[{" else 0 if byte in b"]}" else 1 for byte in range(256))
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def sized(body: bytes) -> bytes:
    """Give the body back if its size can be read at all. Raises `Rejected`: `empty`, `too_large`."""
    if not body.strip():
        raise Rejected("empty", "the message has no body: send a report, or nothing")
    if len(body) > MAX_BYTES:
        raise Rejected("too_large", f"{len(body)} bytes are above the {MAX_BYTES} of one message: report by scope")
    return body


def load(body: bytes) -> Any:  # noqa: ANN401 - JSON is any value; callers look at its type
    """Read one JSON value.

    Raises `Rejected`: `empty`, `too_large`, `bad_utf8`, `too_deep`, `duplicate_key`, `bad_number` (NaN, infinity, or
    more than MAX_DIGITS digits), `bad_json` (all else, lone surrogates included).
    """
    try:
        text = sized(body).decode()
    except UnicodeDecodeError as exc:
        raise Rejected("bad_utf8", f"the body is not UTF-8: byte {exc.start} is {body[exc.start]:#04x}") from exc
    if _depth(body) > MAX_DEPTH:
        raise Rejected("too_deep", f"the body nests deeper than {MAX_DEPTH} levels")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as exc:
        raise Rejected("bad_json", f"the body is not JSON: {exc}") from exc
    except UnicodeEncodeError as exc:
        raise Rejected("bad_json", "the body has half of a surrogate pair, which has no UTF-8 form") from exc
    return value


def load_object(body: bytes) -> dict[str, Any]:
    """Read one JSON object. Raises `Rejected` as `load` does, and `not_a_report` for any other value."""
    value = load(body)
    if not isinstance(value, dict):
        raise Rejected("not_a_report", f"the body is a JSON {_WORDS.get(type(value), 'value')}, not an object")
    return value


def peek(body: bytes) -> Any:  # noqa: ANN401 - JSON is any value; callers look at its type
    """Read one JSON value for a look at its shape; None where it cannot be read."""
    try:
        return load(body)
    except Rejected:
        return None


_WORDS = {list: "list", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def _depth(body: bytes) -> int:
    marks = _STRING.sub(b"", body).translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(mark - 1 for mark in marks), default=0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Rejected("duplicate_key", f"an object has the member {twice[:40]!r} twice: which one is meant?")
    return members


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Rejected("bad_number", f"a number has {len(digits)} digits: write it as a string")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if len(digits) > MAX_DIGITS or value in (float("inf"), float("-inf")):
        raise Rejected("bad_number", f"the number {digits[:40]} is out of range: write it as a string")
    return value


def _constant(word: str) -> NoReturn:
    raise Rejected("bad_number", f"{word} is not a JSON number: leave the member out")
