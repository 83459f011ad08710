"""Statuses as a table (CSV, RFC 4180, with a heading): one thing per row. Pure.

Columns, in any order: `asset`, or `kind`, `scheme`, `value` and, if known, `scope`; `status`; and, where there is
something to say, `party`, `document`, `ticket`, `place`, `from` and `until` (RFC 3339 with a zone).
"""

from schemas.errors import Rejected
from schemas.statuses import StatusPut
from schemas.tables import THING, checked, read, thing

SAID = ("status", "party", "document", "ticket", "place", "from", "until")
PER_ACT = 500  # things of one act: it stays far below the limit of its bytes


def acts(text: str, key: str, by: str) -> list[StatusPut]:
    """Make acts of a table: rows that say the same of different things share one, in the order of the rows.

    `key` is the idempotency key of the whole table: the same table under the same key is applied once. Raises
    `Rejected`, with the number of the line that is wrong and what to do about it.
    """
    groups: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for line, row in read(text, (*THING, *SAID), ("status",)):
        said = tuple(row.get(name, "") for name in SAID)
        named = thing(row)
        _put(line, said, [named], key, by)
        groups.setdefault(said, []).append(named)
    made: list[StatusPut] = []
    for said, things in groups.items():
        for first in range(0, len(things), PER_ACT):
            number = f"{key}/{len(made)}"
            made.append(_put(1, said, things[first : first + PER_ACT], number, by))
    if not made:
        raise Rejected("no_rows", "the table holds a heading and no row: give one row for each thing")
    return made


def _put(line: int, said: tuple[str, ...], things: list[dict[str, object]], key: str, by: str) -> StatusPut:
    members = dict(zip(("status", "party", "document", "ticket", "place", "from_at", "until_at"), said, strict=True))
    return checked(StatusPut, line, {**members, "things": things, "key": key, "by": by})
