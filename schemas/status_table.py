"""Statuses as a table (CSV, RFC 4180, with a heading): one thing per row. Pure.

Columns, in any order: `asset`, or `kind`, `scheme`, `value` and, if known, `scope`; `status`; and, where there is
something to say, `party`, `document`, `ticket`, `place`, `from` and `until` (RFC 3339 with a zone).
"""

import csv
import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from schemas.errors import Rejected
from schemas.statuses import StatusPut

THING = ("asset", "kind", "scheme", "scope", "value")
SAID = ("status", "party", "document", "ticket", "place", "from", "until")
PER_ACT = 500  # things of one act: it stays far below the limit of its bytes
MAX_ROWS = 200_000
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def acts(text: str, key: str, by: str) -> list[StatusPut]:
    """Make acts of a table: rows that say the same of different things share one, in the order of the rows.

    `key` is the idempotency key of the whole table: the same table under the same key is applied once. Raises
    `Rejected`, with the number of the line that is wrong and what to do about it.
    """
    groups: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for line, row in _rows(text):
        said = tuple(row.get(name, "") for name in SAID)
        thing = _thing(row)
        _checked(line, said, [thing], key, by)
        groups.setdefault(said, []).append(thing)
    made: list[StatusPut] = []
    for said, things in groups.items():
        for first in range(0, len(things), PER_ACT):
            number = f"{key}/{len(made)}"
            made.append(_checked(1, said, things[first : first + PER_ACT], number, by))
    if not made:
        raise Rejected("no_rows", "the table holds a heading and no row: give one row for each thing")
    return made


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(_LINE.findall(text.removeprefix("\ufeff")), strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        wrong = [name for name in names if name not in (*THING, *SAID)]
        if wrong or "status" not in names or len(set(names)) != len(names):
            found = f"{wrong[0]!r} is none of them" if wrong else "`status` must be there, and each once"
            raise Rejected("bad_heading", f"the columns are {', '.join((*THING, *SAID))}: {found}")
        reader.fieldnames = names
        for number, row in enumerate(reader, 1):
            if number > MAX_ROWS:
                raise Rejected("too_large", f"a table may have {MAX_ROWS} rows: split it")
            if None in row or None in row.values():
                raise Rejected("bad_row", f"line {reader.line_num}: it has not as many cells as the heading")
            yield reader.line_num, {name: value.strip() for name, value in row.items()}
    except csv.Error as exc:
        raise Rejected("bad_csv", f"line {reader.line_num}: {exc}: write CSV as RFC 4180 says") from exc


def _thing(row: Mapping[str, str]) -> dict[str, object]:
    if row.get("asset"):
        return {"asset": row["asset"], **({"kind": row["kind"]} if row.get("value") else {})}
    identifier = {name: row[name] for name in ("scheme", "scope", "value") if row.get(name)}
    return {"kind": row.get("kind") or None, "identifier": identifier}


def _checked(line: int, said: tuple[str, ...], things: list[dict[str, object]], key: str, by: str) -> StatusPut:
    members = dict(zip(("status", "party", "document", "ticket", "place", "from_at", "until_at"), said, strict=True))
    stated = {name: value for name, value in members.items() if value}
    try:
        return StatusPut.model_validate({"key": key, "by": by, "things": things, **stated})
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("things", 0)).replace("_at", "")
        words = str(first["msg"]).removeprefix("Value error, ")
        raise Rejected("bad_row", f"line {line}: {f'{where}: ' if where else ''}{words}") from exc
