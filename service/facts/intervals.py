"""Half-open stretches of milliseconds, and the algebra of sets of them. Pure; standard library alone.

A **set** of intervals is a tuple that is sorted, disjoint and without neighbours that touch: `union` makes one of any
intervals, and every other function here takes any intervals and answers such a set.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Millis = int


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """[from_at, until_at) in milliseconds; never empty (`ValueError`)."""

    from_at: Millis
    until_at: Millis

    def __post_init__(self) -> None:
        if self.until_at <= self.from_at:
            raise ValueError(f"an interval must end after it begins: [{self.from_at}, {self.until_at})")

    @property
    def length(self) -> Millis:
        """How many milliseconds it holds: at least 1."""
        return self.until_at - self.from_at


def interval(from_at: Millis, until_at: Millis) -> Interval | None:
    """[from_at, until_at), or None where that is empty."""
    return Interval(from_at, until_at) if from_at < until_at else None


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the set of all moments that lie in any of them."""
    found: list[Interval] = []
    for each in sorted(intervals):
        if found and each.from_at <= found[-1].until_at:
            if each.until_at > found[-1].until_at:
                found[-1] = Interval(found[-1].from_at, each.until_at)
        else:
            found.append(each)
    return tuple(found)


def intersect(one: Iterable[Interval], other: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the set of all moments that lie in both."""
    left, right = union(one), union(other)
    found: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        both = interval(max(left[i].from_at, right[j].from_at), min(left[i].until_at, right[j].until_at))
        if both is not None:
            found.append(both)
        if left[i].until_at <= right[j].until_at:
            i += 1
        else:
            j += 1
    return tuple(found)


def clip(intervals: Iterable[Interval], within: Interval) -> tuple[Interval, ...]:
    """Return what of them lies in `within`."""
    return intersect(intervals, (within,))


def complement(intervals: Iterable[Interval], within: Interval) -> tuple[Interval, ...]:
    """Return what of `within` lies in none of them."""
    found: list[Interval] = []
    at = within.from_at
    for each in clip(intervals, within):
        before = interval(at, each.from_at)
        if before is not None:
            found.append(before)
        at = each.until_at
    rest = interval(at, within.until_at)
    return tuple(found) if rest is None else (*found, rest)
