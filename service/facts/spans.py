"""Covered stretches that remember when something was last heard in them, so that silences stay exact.

A span is (from, until, heard): covered over [from, until), the last report in it came at `heard`. Spans in a tuple
are in order and apart. Pure; standard library alone.
"""

from collections.abc import Iterable, Sequence

from service.facts.records import Millis

Span = tuple[Millis, Millis, Millis]
Spans = tuple[Span, ...]
NONE: Spans = ()


def union(spans: Iterable[Span]) -> Spans:
    """Join what overlaps or touches; of what is joined, the latest report counts."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span[0] <= out[-1][1]:
            last = out[-1]
            out[-1] = (last[0], max(last[1], span[1]), max(last[2], span[2]))
        else:
            out.append(span)
    return tuple(out)


def intersect(one: Spans, other: Spans) -> Spans:
    """Give what both cover. Where one of them ends first, its last report counts; else the earlier of both."""
    out: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        a, b = one[i], other[j]
        start, end = max(a[0], b[0]), min(a[1], b[1])
        if start < end:
            heard = a[2] if a[1] < b[1] else b[2] if b[1] < a[1] else min(a[2], b[2])
            out.append((start, end, min(heard, end)))
        if a[1] <= b[1]:
            i += 1
        else:
            j += 1
    return tuple(out)


def subtract(spans: Spans, cuts: Spans) -> Spans:
    """Give what `spans` cover and `cuts` do not."""
    if not cuts or not spans:
        return spans
    out: list[Span] = []
    for start, end, heard in spans:
        at = start
        for cut in cuts:
            if cut[1] <= at or cut[0] >= end:
                continue
            if cut[0] > at:
                out.append((at, cut[0], min(heard, cut[0])))
            at = max(at, cut[1])
        if at < end:
            out.append((at, end, heard))
    return tuple(out)


def clip(spans: Spans, from_at: Millis, until_at: Millis) -> Spans:
    """Give what lies within [from_at, until_at)."""
    return tuple(
        (max(a, from_at), min(b, until_at), min(h, until_at)) for a, b, h in spans if a < until_at and b > from_at
    )


def covers(spans: Spans, from_at: Millis, until_at: Millis) -> bool:
    """Whether one span covers the whole of [from_at, until_at)."""
    return any(a <= from_at and until_at <= b for a, b, _ in spans)


def total(spans: Spans, from_at: Millis, until_at: Millis) -> Millis:
    """Length of what lies within [from_at, until_at)."""
    return sum(b - a for a, b, _ in clip(spans, from_at, until_at))


def gaps(spans: Spans, from_at: Millis, until_at: Millis) -> list[tuple[Millis, Millis, Millis | None]]:
    """Give (start, end, heard before it) of each uncovered stretch of [from_at, until_at); heard None: never."""
    out: list[tuple[Millis, Millis, Millis | None]] = []
    at, heard = from_at, None
    for start, end, last in spans:
        if start >= until_at:
            break
        if start > at:
            out.append((at, start, heard))
        at, heard = max(at, end), last
    if at < until_at:
        out.append((at, until_at, heard))
    return out


def bridge(spans: Spans, standing: Sequence[Span], limit: Millis, until_at: Millis) -> Spans:
    """Fill silences of at most `limit` (last report to next, or to `until_at`) throughout which the claim stands."""
    if not spans or (len(spans) == 1 and spans[0][1] >= until_at):
        return spans
    stands = tuple(standing)
    out: list[Span] = [spans[0]]
    for span in spans[1:]:
        last = out[-1]
        if span[0] - last[2] <= limit and covers(stands, last[1], span[0]):
            out[-1] = (last[0], span[1], span[2])
        else:
            out.append(span)
    first, end, heard = out[-1]
    if end < until_at and until_at - heard <= limit and covers(stands, end, until_at):
        out[-1] = (first, until_at, heard)
    return tuple(out)
