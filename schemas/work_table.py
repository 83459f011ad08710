"""Planned work as a table (CSV, RFC 4180, with a heading): one thing or place per row. Pure.

Columns, in any order: `ticket`, `from`, `until` (RFC 3339 with a zone), `may` (words such as `swap`, several with
blanks between); `asset`, or `kind`, `scheme`, `value` and, if known, `scope`, or `place`; and, if known, `approver`.
Rows of one ticket belong together and say the same of it.
"""

from collections.abc import Mapping

from schemas.errors import Rejected
from schemas.planning import WorkPlan
from schemas.tables import THING, checked, read, thing

TICKET = ("ticket", "from", "until", "may", "approver")


def acts(text: str, key: str, by: str) -> list[WorkPlan]:
    """Make one act of each ticket, in the order of their first rows. Raises `Rejected` with the line that is wrong."""
    tickets: dict[str, tuple[tuple[str, ...], dict[str, list[object]]]] = {}
    for line, row in read(text, (*TICKET, *THING, "place"), ("ticket", "from", "until", "may")):
        said = tuple(row.get(name, "") for name in TICKET)
        about = _about(row)
        _plan(line, said, about, key, by)
        known, lists = tickets.setdefault(said[0], (said, {"things": [], "places": []}))
        if known != said:
            raise Rejected(
                "bad_row", f"line {line}: an earlier row says otherwise of {said[0]!r}: say the same in each"
            )
        for name, found in about.items():
            lists[name] += found
    if not tickets:
        raise Rejected("no_rows", "the table holds a heading and no row: give one row for each thing or place")
    made = enumerate(tickets.values())
    return [_plan(1, said, lists, f"{key}/{number}", by) for number, (said, lists) in made]


def _about(row: Mapping[str, str]) -> dict[str, list[object]]:
    if row.get("place"):
        return {"things": [], "places": [row["place"]]}
    return {"things": [thing(row)], "places": []}


def _plan(line: int, said: tuple[str, ...], about: Mapping[str, list[object]], key: str, by: str) -> WorkPlan:
    ticket, from_at, until_at, may, approver = said
    members = {"ticket": ticket, "from_at": from_at, "until_at": until_at, "may": may.split(), "approver": approver}
    return checked(WorkPlan, line, {**members, **about, "key": key, "by": by})
