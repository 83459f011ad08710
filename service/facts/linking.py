"""What is due next of a thing that two cells have in their books (SEMANTICS rule 22). Pure; standard library alone.

A trip is told in this order: the cell that reports it says `arrived`; once no open run of the other one binds it, that
one says `departed`; then the first says `linked`. While both report it, both say `disputed`; nothing is closed. Should
the thing be reported by the other cell again, that is the next trip.
"""

from collections.abc import Mapping
from typing import NamedTuple

from service.facts.records import Millis


class Report(NamedTuple):
    """An open run binds the thing: since when it is bound, and the last report."""

    since: Millis
    last: Millis


class Side(NamedTuple):
    """One cell's view of the thing: when it was first known, and whether it is reported at the cell's horizon."""

    first: Millis
    report: Report | None


class Due(NamedTuple):
    """A step that is due: in which book (0 or 1), of which trip, and the event that it refers to."""

    side: int
    state: str
    trip: int
    ref: bytes | None


def next_steps(  # noqa: C901, PLR0911 - one return for each state of a pair
    sides: tuple[Side, Side], steps: Mapping[tuple[int, int, str], bytes], *, departed_refused: bool = False
) -> list[Due]:
    """Give what is due, from what stands in both books: (trip, side, state) → hash of the event. Pure.

    `departed_refused`: the book that was asked last to let it go said that it still reports it.
    """
    sole = None if (sides[0].report is None) == (sides[1].report is None) else int(sides[0].report is None)
    if not steps:
        if sides[0].report is None and sides[1].report is None:
            return []
        return [Due(_newcomer(sides) if sole is None else sole, "arrived", 1, None)]
    trip = max(number for number, _, _ in steps)
    arrived = next((side for side in (0, 1) if (trip, side, "arrived") in steps), None)
    if arrived is None:
        return []  # the book that began this trip is not as far as the other one
    ref = steps[trip, arrived, "arrived"]
    held = 1 - arrived  # the cell that is to let it go
    again = Due(held if sole is None else sole, "arrived", trip + 1, None)
    disputed = {side for side in (0, 1) if (trip, side, "disputed") in steps}
    if (trip, arrived, "linked") in steps:
        return [again] if sole == held or _contested(sides) else []
    if (trip, held, "departed") in steps:
        return [Due(arrived, "linked", trip, steps[trip, held, "departed"])]
    if len(disputed) == 1:
        return [Due(1 - side, "disputed", trip, ref) for side in disputed]
    if departed_refused:
        if not disputed:
            return [Due(side, "disputed", trip, ref) for side in (0, 1)]
        return [again] if sole is not None else []
    if sides[held].report is None:
        return [Due(held, "departed", trip, ref)]
    if sole == held:
        return [again]
    if _contested(sides) and not disputed:
        return [Due(side, "disputed", trip, ref) for side in (0, 1)]
    return []


def _newcomer(sides: tuple[Side, Side]) -> int:
    """Give the side that came to know the thing later."""
    return int(sides[1].first >= sides[0].first)


def _contested(sides: tuple[Side, Side]) -> bool:
    """Whether both report it, and the one that bound it earlier went on after the other began (as in rule 18)."""
    one, other = sides[0].report, sides[1].report
    if one is None or other is None:
        return False
    earlier, later = sorted((one, other))
    return earlier.last >= later.since
