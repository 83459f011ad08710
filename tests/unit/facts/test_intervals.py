"""Stretches of time, and the causes of silences (SEMANTICS rule 12), each on one small example."""

import pytest

from consumers.clock import outage
from schemas.words import Cause
from service.facts.gaps import Stretch, cause
from service.facts.intervals import Interval, clip, complement, intersect, union


def test_intervals_touching_or_overlapping_become_one() -> None:
    assert union([Interval(5, 9), Interval(0, 3), Interval(3, 4), Interval(6, 7)]) == (Interval(0, 4), Interval(5, 9))


def test_intervals_intersect_clip_and_complement() -> None:
    one = (Interval(0, 4), Interval(6, 10))
    assert intersect(one, [Interval(3, 7)]) == (Interval(3, 4), Interval(6, 7))
    assert clip(one, Interval(1, 2)) == (Interval(1, 2),)
    assert complement(one, Interval(2, 12)) == (Interval(4, 6), Interval(10, 12))
    assert complement((), Interval(2, 12)) == (Interval(2, 12),)


def test_an_interval_is_never_empty() -> None:
    with pytest.raises(ValueError, match="end after it begins"):
        Interval(3, 3)


def test_rule_12_ours_is_only_the_stretch_without_any_record_for_three_beats() -> None:
    empty = [Interval(10_000, 39_999), Interval(50_000, 80_000), Interval(390_000, 430_000)]
    assert cause(Interval(0, 400_000), empty) == (
        Stretch(Interval(0, 50_000), Cause.THEIRS),
        Stretch(Interval(50_000, 80_000), Cause.OURS),
        Stretch(Interval(80_000, 390_000), Cause.THEIRS),
        Stretch(Interval(390_000, 400_000), Cause.OURS),
    )
    assert cause(Interval(0, 500), []) == (Stretch(Interval(0, 500), Cause.THEIRS),)


@pytest.mark.parametrize(("length", "ours"), [(29_999, False), (30_000, True)])
def test_rule_12_three_beats_without_a_record_are_ours_to_the_intake_and_to_the_answer(length: int, ours: bool) -> None:
    assert outage(1_000, 1_000 + length) is ours
    stretch = Interval(1_000, 1_000 + length)
    assert cause(stretch, [stretch]) == (Stretch(stretch, Cause.OURS if ours else Cause.THEIRS),)
