"""Many acts at once: as JSON Lines, or as rows of a table whose columns are the members of acts. Pure.

In a table what is neither text nor a number, a moment or a flag stands as JSON, and what is empty is left out. What is
wrong is collected with the number of its line, so that whoever sent it can mend it all at once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, get_args

from schemas import acts, tables
from schemas.columns import Holds, columns
from schemas.envelope import rfc3339
from schemas.errors import Rejected
from schemas.formats import _json as strict_json

MAX_ACTS = 100_000
MAX_MISTAKES = 20  # that are named; whoever mends these finds the others next
Read = Iterable[tuple[int, bytes | Mapping[str, Any]]]

_COLUMNS = {
    each.name: each.holds
    for model in (*get_args(acts.CellAct), *get_args(acts.CommonAct))
    for each in columns(model, "validation")
}


class Line(NamedTuple):
    """An act, and the number of the line that says it."""

    number: int
    act: acts.CellAct | acts.CommonAct


class Mistake(NamedTuple):
    """What is wrong in a line."""

    number: int
    words: str


class Defaults(NamedTuple):
    """What holds for lines that do not say it: which act, who says so, and the key of all, to which lines are added."""

    act: str | None = None
    by: str | None = None
    key: str | None = None

    def of(self, number: int, said: Mapping[str, Any]) -> dict[str, Any]:
        """Give the members of the act of a line."""
        own = {"act": self.act, "by": self.by, "key": None if self.key is None else f"{self.key}/{number}"}
        return {**{name: value for name, value in own.items() if value is not None}, **said}


def of_lines(body: bytes) -> Read:
    """Give the lines of JSON Lines, with their numbers; empty ones are passed over."""
    return ((number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip())


def of_csv(text: str) -> Read:
    """Give the rows of CSV with a heading, with the numbers of their lines. Raises `Rejected` as they are read."""
    return tables.read(text, tuple(_COLUMNS), ())


def collected(read: Read, defaults: Defaults) -> tuple[list[Line], list[Mistake]]:
    """Make acts of what was read, and say what is wrong with the rest. Raises `Rejected`: too many lines, or none."""
    lines: list[Line] = []
    mistakes: list[Mistake] = []
    number = 0
    for count, (number, said) in enumerate(read, 1):
        if count > MAX_ACTS:
            raise Rejected("too_large", f"one request may have {MAX_ACTS} acts: send the rest after it")
        try:
            given = strict_json.load_object(said) if isinstance(said, bytes) else _members(said)
            lines.append(Line(number, acts.of(defaults.of(number, given))))
        except Rejected as exc:
            mistakes.append(Mistake(number, exc.words))
            if len(mistakes) == MAX_MISTAKES:
                break
    if not number:
        raise Rejected("no_rows", "there is no act in it: give one on each line")
    return lines, mistakes


def _members(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a row of a table says, as JSON would. Raises `Rejected`."""
    return {name: _value(name, value) for name, value in row.items() if value is not None and value != ""}


def _value(name: str, value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Rejected("bad_act", f"{name}: a time needs a zone: write a column of UTC")
        return rfc3339(round(value.timestamp() * 1000))
    if not isinstance(value, str) or _COLUMNS.get(name, Holds.TEXT) in {Holds.TEXT, Holds.MOMENT}:
        return value
    try:
        return strict_json.load(value.encode())
    except Rejected as exc:
        raise Rejected(exc.code, f"{name}: {exc.words}: write it as JSON does") from exc
