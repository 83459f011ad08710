"""Planned work and when it was told: versions of a ticket, cancellations, and how late a ticket may come."""

from dataclasses import replace

from service.facts.announced import DAY, LATE_FOR, Explanation, Plan, explanation, standing

FIRST = Plan("T", 0, 100, 200, frozenset("ab"), frozenset({"kul"}), frozenset({"component_missing", "rack_moved"}))


def test_the_last_version_governs_and_what_an_earlier_one_said_too_was_announced_then() -> None:
    wider = replace(FIRST, known_from=50, until_at=300, assets=frozenset("bc"))
    early, late = standing([wider, FIRST])
    assert (early.known_from, early.from_at, early.until_at, early.assets) == (0, 100, 200, frozenset("b"))
    assert (late.known_from, late.until_at, late.assets) == (50, 300, frozenset("bc"))


def test_versions_that_have_nothing_in_common_with_the_last_one_say_nothing() -> None:
    for changed in (
        replace(FIRST, known_from=50, from_at=200, until_at=300),
        replace(FIRST, known_from=50, assets=frozenset("x"), places=frozenset()),
        replace(FIRST, known_from=50, explains=frozenset({"component_foreign"})),
    ):
        assert [each.known_from for each in standing([FIRST, changed])] == [50]


def test_what_was_called_off_says_nothing_and_announced_nothing_of_what_is_told_anew() -> None:
    off = replace(FIRST, known_from=50, cancelled=True)
    assert list(standing([FIRST, off])) == []
    anew = replace(FIRST, known_from=60)
    assert list(standing([FIRST, off, anew])) == [anew]
    assert list(standing([])) == []


def test_what_was_told_earliest_explains_and_nothing_that_was_told_more_than_a_week_later() -> None:
    assert explanation(100, []) is None
    assert explanation(100, [("B", 90), ("A", 90)]) == Explanation("A", 0)
    assert explanation(100, [("A", 130), ("B", 120)]) == Explanation("B", 20)
    assert LATE_FOR == 7 * DAY
    assert explanation(0, [("A", LATE_FOR)]) == Explanation("A", LATE_FOR)
    assert explanation(0, [("A", LATE_FOR + 1)]) is None
