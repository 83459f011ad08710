"""Gaps: silences of one run, as they open, and their causes (SEMANTICS rule 12). Pure; standard library alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.words import Cause
from service.facts.coverage import covers
from service.facts.intervals import Interval, clip, complement, interval
from service.facts.records import Millis, Run

BEAT_INTERVAL: Millis = 10_000
# A partition with no record at all for this long, beats included, was ours to keep going.
OURS_AFTER: Millis = 3 * BEAT_INTERVAL


@dataclass(frozen=True, slots=True)
class Gap:
    """A run fell silent: nothing after `from_at`, its last report.

    `opened_at` = last + tolerance + 1 ms, the first horizon at which that is known: a report at exactly
    last + tolerance still extends the run. `until_at` is the source's next report in this scope; the caller sets it.
    """

    from_at: Millis
    opened_at: Millis
    until_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a gap, with its cause."""

    interval: Interval
    cause: Cause


def check_at(run: Run) -> Millis:
    """Return the first horizon at which the run, as it stands, is known to be silent."""
    return run.last + run.tolerance + 1


def gap_of(run: Run, horizon: Millis) -> Gap | None:
    """Return the gap that a run leaves, or None where the horizon has not passed its tolerance.

    One that was ended otherwise before that (replaced, another partition, retired) leaves no gap, nor does a late one.
    """
    opened_at = check_at(run)
    ended = run.until is not None and run.until < horizon and run.until < opened_at
    return Gap(run.last, opened_at) if covers(run) and not ended and horizon >= opened_at else None


def cause(gap: Gap, without_any_record: Iterable[Interval], horizon: Millis) -> tuple[Stretch, ...]:
    """Split a gap, up to the horizon, by cause, in order and without holes.

    `without_any_record`: stretches between two neighbouring records of the source's partition (or from its last record
    up to the horizon). Only those of at least 30 s are `ours`, whole; all the rest is `theirs`.
    """
    whole = interval(gap.from_at, horizon if gap.until_at is None else min(gap.until_at, horizon))
    if whole is None:
        return ()
    ours = clip((each for each in without_any_record if each.length >= OURS_AFTER), whole)
    parts = [Stretch(each, Cause.OURS) for each in ours]
    parts += [Stretch(each, Cause.THEIRS) for each in complement(ours, whole)]
    return tuple(sorted(parts, key=lambda part: part.interval))
