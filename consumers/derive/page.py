"""Writing a book down: every statement, in the order in which no temporal key sees two rows at once."""

from typing import TYPE_CHECKING

from consumers.derive.book import Book
from service.store import derived

if TYPE_CHECKING:
    from service.facts.records import Millis


async def flush(book: Book) -> None:  # noqa: C901 - one line per table
    """Write everything that changed in a book. To be called inside the transaction that moves the horizon."""
    out = book.writes
    for key in sorted(book.ended):
        row = book.rows[key]
        out["end_bindings"].append((*key, row.until_at, row.end))
    out["add_bindings"] = [row.columns() for row in book.rows.values() if not row.stored]
    for name_row in book.names.values():
        if name_row is not None and not name_row.stored:
            out["add_names"].append((name_row.name, name_row.asset, name_row.known_from, None))
    out["add_whereabouts"] = [row.columns() for rows in book.where.values() for row in rows if not row.stored]
    for asset, disputes in book.disputes.items():
        out["add_disputes"] += [
            (asset, d.from_at, d.until_at, *d.shown, *d.rival, known, None)
            for d, (known, stored) in disputes.items()
            if not stored
        ]
    for (source, scope, from_at), (gap, until_at, stored) in book.gaps.items():
        if stored:
            out["close_gaps"].append((source, scope, from_at, until_at))
        else:
            out["add_gaps"].append((source, scope, gap.run, gap.partition, from_at, gap.opened_at, until_at))
    out["put_silent_racks"] = [(rack, site) for rack, site in book.silent.items() if site is not None]
    out["drop_silent_racks"] = [(rack,) for rack, site in book.silent.items() if site is None]
    out["put_findings"] = [row.columns() for row in book.findings.values()]
    out["set_decisions"] = [(asset, at) for asset, at in book.decisions.items() if at is not None]
    out["drop_decisions"] = [(asset,) for asset in sorted(book.decided) if book.decisions.get(asset) is None]
    out["add_events"] = list(book.events)
    for dispute in book.identity_disputes:
        await derived.rows(book.connection, "open_identity_dispute", book.cell, *dispute)
    since: dict[str, Millis] = {}
    for asset, from_at in [
        *((row.asset, row.from_at) for row in book.rows.values() if not row.stored and row.known_from > row.from_at),
        *((row.asset, row.from_at) for rows in book.where.values() for row in rows if not row.stored),
    ]:
        since[asset] = min(from_at, since.get(asset, from_at))
    out["widen_assets"] = sorted(since.items())
    for name in _STATEMENTS:
        if out.get(name):
            await derived.put(book.connection, name, book.cell, out[name])


_STATEMENTS = (
    "add_assets", "widen_assets", "add_parts", "add_values", "add_shared", "close_names", "add_names",
    "drop_bindings", "end_bindings",
    "add_bindings", "add_past_bindings", "drop_whereabouts", "add_past_whereabouts", "add_whereabouts",
    "drop_disputes", "close_disputes", "add_disputes", "set_decisions", "drop_decisions", "move_checks",
    "close_gaps", "add_gaps", "put_silent_racks", "drop_silent_racks", "settle_acts",
    "close_identity_disputes", "put_findings", "add_events", "add_outbox",
)  # fmt: skip
