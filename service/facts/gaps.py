"""The causes of a silence (SEMANTICS rule 12). Pure; standard library alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.words import Cause
from service.facts.intervals import Interval, clip, complement
from service.facts.runs import OUTAGE


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a gap, with its cause."""

    interval: Interval
    cause: Cause


def cause(gap: Interval, without_any_record: Iterable[Interval]) -> tuple[Stretch, ...]:
    """Split a gap by cause, in order and without holes.

    `without_any_record`: stretches between two neighbouring records of the source's partition (or from its last record
    up to the horizon). Only those of at least 30 s are `ours`, whole; all the rest is `theirs`.
    """
    ours = clip((each for each in without_any_record if each.length >= OUTAGE), gap)
    parts = [Stretch(each, Cause.OURS) for each in ours]
    parts += [Stretch(each, Cause.THEIRS) for each in complement(ours, gap)]
    return tuple(sorted(parts, key=lambda part: part.interval))
