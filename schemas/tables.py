"""Tables that people send: CSV as RFC 4180 has it, with a heading; what is wrong is named by its line. Pure."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from schemas.errors import Rejected

THING = ("asset", "kind", "scheme", "scope", "value")
MAX_ROWS = 200_000
_LINE = re.compile(r"[^\n]*\n|[^\n]+")

M = TypeVar("M", bound=BaseModel)


def read(text: str, columns: Sequence[str], needed: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Give each row with the number of its last line; blanks around cells are dropped. Raises `Rejected`."""
    reader = csv.DictReader(_LINE.findall(text.removeprefix("\ufeff")), strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        wrong = [name for name in names if name not in columns]
        missing = [name for name in needed if name not in names]
        if wrong or missing or len(set(names)) != len(names):
            found = f"{wrong[0]!r} is none of them" if wrong else "each once"
            found = f"{missing[0]!r} must be there" if missing and not wrong else found
            raise Rejected("bad_heading", f"the columns are {', '.join(columns)}: {found}")
        reader.fieldnames = names
        for number, row in enumerate(reader, 1):
            if number > MAX_ROWS:
                raise Rejected("too_large", f"a table may have {MAX_ROWS} rows: split it")
            if None in row or None in row.values():
                raise Rejected("bad_row", f"line {reader.line_num}: it has not as many cells as the heading")
            yield reader.line_num, {name: value.strip() for name, value in row.items()}
    except csv.Error as exc:
        raise Rejected("bad_csv", f"line {reader.reader.line_num}: {exc}: write CSV as RFC 4180 says") from exc


def thing(row: Mapping[str, str]) -> dict[str, object]:
    """Give the thing that a row names, as `Thing` takes it."""
    if row.get("asset"):
        return {"asset": row["asset"], **({"kind": row["kind"]} if row.get("value") else {})}
    identifier = {name: row[name] for name in ("scheme", "scope", "value") if row.get(name)}
    return {"kind": row.get("kind") or None, "identifier": identifier}


def checked(model: type[M], line: int, members: Mapping[str, object]) -> M:
    """Make a model of what a row says; what is empty is left out. Raises `Rejected` naming the line and the column."""
    try:
        return model.model_validate({name: value for name, value in members.items() if value not in ("", [])})
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("things", 0)).replace("_at", "")
        words = str(first["msg"]).removeprefix("Value error, ")
        raise Rejected("bad_row", f"line {line}: {f'{where}: ' if where else ''}{words}") from exc
