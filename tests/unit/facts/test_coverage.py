"""Coverage, silences, gaps and the intervals below them (SEMANTICS rules 3, 9, 12, 27), each on one small example."""

import pytest

from schemas.words import Cause, RunEnd, Timing
from service.facts.coverage import Silence, coverage, covered, reaches
from service.facts.gaps import Gap, Stretch, cause, check_at, gap_of
from service.facts.intervals import Interval, clip, complement, intersect, total, union
from service.facts.records import Run

WINDOW = Interval(0, 1000)


def test_intervals_touching_or_overlapping_become_one() -> None:
    assert union([Interval(5, 9), Interval(0, 3), Interval(3, 4), Interval(6, 7)]) == (Interval(0, 4), Interval(5, 9))
    assert total([Interval(0, 3), Interval(1, 5)]) == 5


def test_intervals_intersect_clip_and_complement() -> None:
    one = (Interval(0, 4), Interval(6, 10))
    assert intersect(one, [Interval(3, 7)]) == (Interval(3, 4), Interval(6, 7))
    assert clip(one, Interval(1, 2)) == (Interval(1, 2),)
    assert complement(one, Interval(2, 12)) == (Interval(4, 6), Interval(10, 12))
    assert complement((), Interval(2, 12)) == (Interval(2, 12),)


def test_an_interval_is_never_empty() -> None:
    with pytest.raises(ValueError, match="end after it begins"):
        Interval(3, 3)


def test_rule_9_coverage_goes_on_for_the_tolerance() -> None:
    assert covered(Run(10, 20, 5), 1000) == Interval(10, 25)


def test_rule_9_coverage_ends_where_the_next_run_begins_or_what_is_known_ends() -> None:
    run = Run(10, 20, 50, until=30, end=RunEnd.REPLACED)
    assert covered(run, 1000) == Interval(10, 30)
    assert covered(run, 30) == Interval(10, 30)
    assert covered(run, 25) == Interval(10, 25)
    assert covered(run, 10) is None


@pytest.mark.parametrize(("timing", "found"), [(Timing.LATE, None), (Timing.UNTIMED, Interval(10, 25))])
def test_rule_10_late_runs_cover_nothing_and_untimed_ones_do(timing: Timing, found: Interval | None) -> None:
    assert covered(Run(10, 20, 5, timing), 1000) == found
    assert reaches(Run(10, 20, 5, timing), 22) is (found is not None)


def test_rule_9_a_report_at_exactly_the_tolerance_still_extends() -> None:
    assert reaches(Run(10, 20, 5), 25)
    assert not reaches(Run(10, 20, 5), 26)


def test_rule_9_a_silence_above_the_tolerance_is_exact_and_begins_at_the_last_report() -> None:
    found = coverage([Run(0, 100, 50), Run(300, 990, 50)], WINDOW, 1000)
    assert found.covered == (Interval(0, 150), Interval(300, 1000))
    assert found.silences == (Silence(100, 300, 200),)
    assert found.longest_silence == 200
    assert found.share == 0.85
    assert found.within_tolerance


def test_rule_9_below_the_tolerance_there_is_no_silence_to_name() -> None:
    found = coverage([Run(0, 990, 50)], WINDOW, 1000)
    assert (found.silences, found.longest_silence, found.whole) == ((), None, True)


def test_rule_27_silence_is_taken_over_the_union_of_sources() -> None:
    bmc, agent = Run(0, 400, 50), Run(350, 700, 50)
    assert coverage([bmc, agent], WINDOW, 1000).silences == (Silence(700, None, 300),)
    assert coverage([bmc], WINDOW, 1000).silences == (Silence(400, None, 600),)


def test_rule_27_a_report_heard_within_another_runs_tolerance_begins_the_silence() -> None:
    assert coverage([Run(0, 0, 80), Run(10, 10, 5)], WINDOW, 1000).silences == (Silence(10, None, 990),)


def test_rule_27_only_runs_whose_tolerance_is_within_the_limit_qualify() -> None:
    slow, quick = Run(0, 1000, 300), Run(0, 400, 50)
    assert coverage([slow, quick], WINDOW, 1000, limit=50).silences == (Silence(400, None, 600),)
    assert coverage([slow, quick], WINDOW, 1000, limit=300).whole
    assert coverage([slow], WINDOW, 1000, limit=50).covered == ()


def test_a_silence_keeps_its_bounds_outside_the_window_and_counts_up_to_the_windows_end() -> None:
    runs = [Run(0, 100, 50), Run(500, 900, 50)]
    assert coverage(runs, Interval(200, 300), 1000).silences == (Silence(100, 500, 200),)
    assert coverage(runs, Interval(400, 600), 1000).silences == (Silence(100, 500, 400),)
    assert coverage(runs, Interval(50, 120), 1000).silences == ()


def test_what_was_never_heard_before_or_again_says_so() -> None:
    assert coverage([], WINDOW, 1000).silences == (Silence(None, None, 1000),)
    assert coverage([Run(200, 990, 50)], WINDOW, 1000).silences == (Silence(None, 200, 200),)


def test_a_window_that_begins_after_what_is_known_has_no_share() -> None:
    found = coverage([Run(0, 990, 50)], Interval(1000, 1100), 1000)
    assert (found.window, found.share, found.silences, found.within_tolerance) == (None, 0.0, (), True)


def test_rule_12_a_gap_opens_once_the_horizon_has_passed_the_tolerance() -> None:
    run = Run(10, 20, 5)
    assert gap_of(run, 25) is None
    assert gap_of(run, 26) == Gap(20, 26)
    assert check_at(run) == 26


def test_rule_12_a_run_that_was_ended_otherwise_or_was_late_leaves_no_gap() -> None:
    assert gap_of(Run(10, 20, 5, until=24, end=RunEnd.REPLACED), 100) is None
    assert gap_of(Run(10, 20, 5, until=25, end=RunEnd.REPLACED), 100) is None
    assert gap_of(Run(10, 20, 5, until=60, end=RunEnd.RETIRED), 100) == Gap(20, 26)
    assert gap_of(Run(10, 20, 5, Timing.LATE), 100) is None


def test_rule_12_ours_is_only_the_stretch_without_any_record_for_three_beats() -> None:
    gap = Gap(0, 300_001, 400_000)
    empty = [Interval(10_000, 39_999), Interval(50_000, 80_000), Interval(390_000, 430_000)]
    assert cause(gap, empty, 1_000_000) == (
        Stretch(Interval(0, 50_000), Cause.THEIRS),
        Stretch(Interval(50_000, 80_000), Cause.OURS),
        Stretch(Interval(80_000, 390_000), Cause.THEIRS),
        Stretch(Interval(390_000, 400_000), Cause.OURS),
    )
    assert cause(Gap(0, 301), [], 500) == (Stretch(Interval(0, 500), Cause.THEIRS),)
