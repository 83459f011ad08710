"""Planned work and when it was told: what was announced beforehand, and what a ticket explains late (DESIGN section 9).

A ticket may be told again, changed; its last version governs. What an earlier version said already, and the last one
still says, was announced when that earlier one was told. Pure; standard library alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from service.facts.records import Millis

DAY: Millis = 86_400_000
LATE_FOR = 7 * DAY  # a ticket that is told longer after what it is about explains nothing by itself


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a ticket, known from `known_from` on: in [from_at, until_at) such things may happen to these."""

    ticket: str
    known_from: Millis
    from_at: Millis
    until_at: Millis
    assets: frozenset[str]
    places: frozenset[str]
    explains: frozenset[str]
    cancelled: bool = False


def standing(versions: Iterable[Plan]) -> Iterator[Plan]:
    """Give what of one ticket stands: each version as far as the last one still says so. Nothing where it is cancelled.

    Versions before a cancellation announced nothing that stands.
    """
    known = sorted(versions, key=lambda each: each.known_from)
    cut = max((n + 1 for n, each in enumerate(known) if each.cancelled), default=0)
    live = known[cut:]
    if not live:
        return
    last = live[-1]
    for each in live:
        from_at, until_at = max(each.from_at, last.from_at), min(each.until_at, last.until_at)
        explains = each.explains & last.explains
        assets, places = each.assets & last.assets, each.places & last.places
        if from_at < until_at and explains and (assets or places):
            yield replace(each, from_at=from_at, until_at=until_at, assets=assets, places=places, explains=explains)


class Explanation(NamedTuple):
    """The ticket that explains something, and how long after it happened that was told: 0 in time."""

    ticket: str
    late: Millis


def explanation(at: Millis, told: Iterable[tuple[str, Millis]]) -> Explanation | None:
    """Choose among tickets (name, known from) that say what happened at a moment: told earliest, then by name.

    None where none is, or all were told too long after it.
    """
    found = [Explanation(ticket, max(known_from - at, 0)) for ticket, known_from in told]
    best = min(found, key=lambda each: (each.late, each.ticket), default=None)
    return best if best is not None and best.late <= LATE_FOR else None
