"""What one source says of where one asset is, for as long as it goes on saying so: the input of a contest.

A **voice** is a chain of bindings of one (source, scope) that state the same container, or the same place, one right
after the other. It is made for one dimension, from what was appended before a moment; nothing later is looked at, and
nothing depends on the order of the bindings. Pure; standard library alone.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate

from schemas.words import BindingEnd, Timing
from service.facts.records import Binding, Millis, Run

FAR: Millis = 1 << 62


class Dimension(Enum):
    """The two things that are said of where an asset is; each is decided by itself."""

    CONTAINER = "container"
    PLACE = "place"


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One binding of a voice: the slot in which it has the asset."""

    from_at: Millis
    slot: str


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """One source's unbroken claim during [start, end); silences do not break it.

    `gone`: it ended since the source saw that the asset is no longer there; otherwise its end says nothing of that.
    `order`: the voice that is shown when two cannot both be true comes first (rule 18). The three last hold one entry
    for each covering run, by `firsts`: the run's tolerance, and the latest report, and the latest moment at which its
    source was not silent, of this and all earlier runs.
    """

    value: str
    source: str
    scope: str
    order: tuple[bool, Millis, str, str, str, str, str]
    parts: tuple[Part, ...]
    start: Millis
    end: Millis | None
    gone: bool
    firsts: tuple[Millis, ...]
    tolerances: tuple[Millis, ...]
    lasts: tuple[Millis, ...]
    reaches: tuple[Millis, ...]
    runs: tuple[Run, ...]

    def awake(self, at: Millis) -> bool:
        """Whether the voice goes on at a moment, its source not silent then: at last + tolerance it is not yet."""
        run = bisect_right(self.firsts, at) - 1
        return run >= 0 and self.reaches[run] >= at and (self.end is None or at < self.end)

    def tolerance(self, at: Millis) -> Millis:
        """Return the greatest tolerance of the runs that cover a moment; 0 where none does."""
        longest, run = 0, bisect_right(self.firsts, at) - 1
        while run >= 0 and self.reaches[run] >= at:
            if _reach(self.runs[run]) >= at:
                longest = max(longest, self.tolerances[run])
            run -= 1
        return longest

    def heard(self, after: Millis, until: Millis) -> bool:
        """Whether a report came in (after, until]; `until` is at least the tolerance of what covers `after` later."""
        run = bisect_right(self.firsts, after)
        return (run > 0 and self.lasts[run - 1] > after) or (run < len(self.firsts) and self.firsts[run] <= until)

    def resumed(self, after: Millis) -> Millis | None:
        """Return the start of the first run after a moment, while the voice goes on."""
        run = bisect_right(self.firsts, after)
        return self.firsts[run] if run < len(self.firsts) else None

    def part(self, at: Millis) -> Part:
        """Return the part that holds at a moment."""
        return self.parts[max(0, bisect_right(self.parts, at, key=lambda part: part.from_at) - 1)]


def voices(bindings: Iterable[Binding], dimension: Dimension, at: Millis) -> list[Voice]:
    """Return the voices of one asset in one dimension, as known at a moment (exclusive), in no particular order."""
    known = [each for each in bindings if each.from_at < at]
    listings = _Listings(known, at)
    kin: dict[tuple[object, ...], list[tuple[Binding, tuple[Run, ...]]]] = defaultdict(list)
    for each in known:
        value = _value(each, dimension)
        covering = (run for run in each.runs if run.timing is not Timing.LATE and run.first < at)
        runs = tuple(sorted((_known(run, at) for run in covering), key=_by_time))
        if value is None or not runs or (_until(each, at) <= runs[0].first):
            continue  # late runs alone claim nothing
        kin[each.source.name, each.scope, each.lifted_from, value, _surveyed(each, dimension, runs)].append(
            (each, runs)
        )
    return [_voice(chain, dimension, at, listings) for family in kin.values() for chain in _chains(family, at)]


class _Listings:
    """Whether a source's scope lists the asset at all at a moment, in whatever slot."""

    def __init__(self, bindings: Iterable[Binding], at: Millis) -> None:
        spans: dict[tuple[str, str], list[tuple[Millis, Millis]]] = defaultdict(list)
        for each in bindings:
            if each.lifted_from is None:
                spans[each.source.name, each.scope].append((each.from_at, _until(each, at)))
        self._firsts = {key: [first for first, _ in sorted(found)] for key, found in spans.items()}
        self._untils = {key: list(accumulate((u for _, u in sorted(found)), max)) for key, found in spans.items()}

    def listed(self, source: str, scope: str, at: Millis) -> bool:
        before = bisect_right(self._firsts[source, scope], at) - 1
        return before >= 0 and self._untils[source, scope][before] > at


def _chains(family: list[tuple[Binding, tuple[Run, ...]]], at: Millis) -> list[list[tuple[Binding, tuple[Run, ...]]]]:
    """Link bindings that follow each other without a hole; one that keeps its slot is preferred."""
    chains: list[list[tuple[Binding, tuple[Run, ...]]]] = []
    ending: dict[Millis, list[list[tuple[Binding, tuple[Run, ...]]]]] = defaultdict(list)
    family.sort(key=lambda each: (each[0].from_at, each[0].slot, _until(each[0], at), each[0].container_slot or ""))
    for binding, runs in family:
        # A run that began with the binding, or was going on: the claim is made from the binding's start.
        before = ending[binding.from_at] if runs[0].first <= binding.from_at else []
        chain = next((each for each in before if each[-1][0].slot == binding.slot), before[0] if before else None)
        if chain is None:
            chain = []
            chains.append(chain)
        else:
            before.remove(chain)
        chain.append((binding, runs))
        ending[_until(binding, at)].append(chain)
    return chains


def _voice(
    chain: Sequence[tuple[Binding, tuple[Run, ...]]], dimension: Dimension, at: Millis, listings: _Listings
) -> Voice:
    first, last = chain[0][0], chain[-1][0]
    end = _until(last, at) if _until(last, at) < FAR else None
    saw = last.end in (BindingEnd.ABSENT, BindingEnd.REPLACED) and last.lifted_from is None
    runs = tuple(sorted({run for _, each in chain for run in each}, key=_by_time))
    value = _value(first, dimension)
    weak = not _surveyed(first, dimension, chain[0][1])
    start = max(first.from_at, runs[0].first)
    lifted = first.lifted_from or ""
    return Voice(
        value=value or "",
        source=first.source.name,
        scope=first.scope,
        order=(weak, start, first.source.name, first.scope, first.slot, lifted, value or ""),
        parts=tuple(Part(max(each.from_at, start), each.slot) for each, _ in chain),
        start=start,
        end=end,
        gone=saw and end is not None and not listings.listed(first.source.name, first.scope, end),
        firsts=tuple(run.first for run in runs),
        tolerances=tuple(run.tolerance for run in runs),
        lasts=tuple(accumulate((run.last for run in runs), max)),
        reaches=tuple(accumulate((_reach(run) for run in runs), max)),
        runs=runs,
    )


def _value(binding: Binding, dimension: Dimension) -> str | None:
    return binding.container if dimension is Dimension.CONTAINER else binding.place


def _surveyed(binding: Binding, dimension: Dimension, runs: Sequence[Run]) -> bool:
    """Whether the place is `sensed`: surveyed, and not by a run without usable time (rule 10); containers are equal."""
    return dimension is Dimension.PLACE and binding.surveyed and runs[0].timing is Timing.FRESH


def _until(binding: Binding, at: Millis) -> Millis:
    return FAR if binding.until_at is None or binding.until_at >= at else binding.until_at


def _known(run: Run, at: Millis) -> Run:
    """Return the run as far as its end is known."""
    return run if run.until is None or run.until < at else Run(run.first, run.last, run.tolerance, run.timing)


def _reach(run: Run) -> Millis:
    """Return the last moment at which the run's source is not yet silent."""
    end = run.last + run.tolerance
    return end if run.until is None else min(end, run.until - 1)


def _by_time(run: Run) -> tuple[Millis, Millis, Millis, str]:
    return (run.first, run.last, run.tolerance, run.timing.value)
