"""What reports cover, and the silences between them (SEMANTICS rules 3, 9 and 27). Pure; standard library alone.

`known_at` is exclusive: what was appended before it is known. Nothing here depends on what came at it or later, so the
same question gets the same answer in a year: a run that goes on is "within its tolerance", never "last seen at".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.words import Timing
from service.facts.intervals import Interval, clip, complement, interval, total, union
from service.facts.records import Millis, Run


@dataclass(frozen=True, slots=True)
class Silence:
    """No report in (from_at, until_at): the last one before it, and the first one after it.

    Both bounds are exact, and may lie outside the window that was asked about. `from_at` is None where nothing had
    been heard before; `until_at` is None where nothing had been heard again when it was known. `length` is measured
    from `from_at` (else the window's start) to the earliest of `until_at`, the window's end and known_at.
    """

    from_at: Millis | None
    until_at: Millis | None
    length: Millis


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a set of runs covers of a window.

    `window` is the window up to known_at; None where it begins at known_at or later. `within_tolerance`: a run reaches
    known_at, so that it cannot be silent yet. A run may be silent for at most its tolerance inside `covered`.
    """

    window: Interval | None
    covered: tuple[Interval, ...]
    silences: tuple[Silence, ...]
    within_tolerance: bool

    @property
    def share(self) -> float:
        """The covered share of the window, 0 to 1; 0 where there is no window."""
        return total(self.covered) / self.window.length if self.window is not None else 0.0

    @property
    def whole(self) -> bool:
        """Whether every moment of the window is covered."""
        return self.window is not None and self.covered == (self.window,)

    @property
    def longest_silence(self) -> Millis | None:
        """The longest silence above the tolerance; None: there is none above the tolerance."""
        return max((each.length for each in self.silences), default=None)


def covers(run: Run) -> bool:
    """Whether a run's timing lets it cover anything: late ones cover nothing, those without usable time do."""
    return run.timing is not Timing.LATE


def reaches(run: Run, known_at: Millis) -> bool:
    """Whether a run's coverage reaches known_at: a report at exactly last + tolerance would still have extended it."""
    return covers(run) and _end(run, known_at) >= known_at > run.first


def covered(run: Run, known_at: Millis) -> Interval | None:
    """[first, min(last + tolerance, until, known_at)), or None where that is empty or the run covers nothing."""
    return interval(run.first, min(_end(run, known_at), known_at)) if covers(run) else None


def qualifies(run: Run, limit: Millis | None) -> bool:
    """Whether a run covers and its tolerance is within the limit on silences that a claim sets (rule 27)."""
    return covers(run) and (limit is None or run.tolerance <= limit)


def coverage(runs: Iterable[Run], window: Interval, known_at: Millis, limit: Millis | None = None) -> Coverage:
    """Coverage of a window by the union of those runs that qualify, of however many sources and scopes."""
    seen = [run for run in runs if run.first < known_at and qualifies(run, limit)]
    live = any(reaches(run, known_at) for run in seen)
    asked = interval(window.from_at, min(window.until_at, known_at))
    if asked is None:
        return Coverage(None, (), (), live)
    stretches = union(found for run in seen if (found := covered(run, known_at)) is not None)
    return Coverage(asked, clip(stretches, asked), _silences(seen, stretches, asked, known_at), live)


def _silences(
    runs: Iterable[Run], stretches: tuple[Interval, ...], asked: Interval, known_at: Millis
) -> tuple[Silence, ...]:
    """Return the silences that leave a part of `asked` uncovered, oldest first."""
    by_first = sorted(runs, key=lambda run: run.first)
    begin = min([asked.from_at, *(each.from_at for each in stretches[:1])])
    found: list[Silence] = []
    heard: Millis | None = None
    at = 0
    for hole in complement(stretches, Interval(begin, known_at)):
        # Every run that began before the hole ended before it, so that its `last` is known for good.
        while at < len(by_first) and by_first[at].first < hole.from_at:
            heard = by_first[at].last if heard is None else max(heard, by_first[at].last)
            at += 1
        if clip((hole,), asked):
            since = asked.from_at if heard is None else heard
            length = min(hole.until_at, asked.until_at) - since
            found.append(Silence(heard, hole.until_at if hole.until_at < known_at else None, length))
    return tuple(found)


def _end(run: Run, known_at: Millis) -> Millis:
    """Where a run's coverage ends, as far as known_at tells: the same whatever came later."""
    end = run.last + run.tolerance
    return end if run.until is None or run.until >= known_at else min(end, run.until)
