"""When others than the operator may see a finding."""

import pytest

from schemas.words import FindingKind, Severity
from service.facts.answered import DEFAULT_HOURS, HOUR, Disclosure, disclosed_after, shown_from

MISSING, MOVED = FindingKind.COMPONENT_MISSING, FindingKind.RACK_MOVED
HIGH, LOW = Severity.HIGH, Severity.LOW
ALL = Disclosure(None, None, 10)
OF_HIGH = Disclosure(None, HIGH, 20)
OF_MISSING = Disclosure(MISSING, None, 30)
OF_BOTH = Disclosure(MISSING, HIGH, 40)


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ([], DEFAULT_HOURS),
        ([ALL], 10),
        ([OF_HIGH, ALL], 20),
        ([OF_MISSING, OF_HIGH], 30),
        ([OF_BOTH, OF_MISSING, OF_HIGH, ALL], 40),
        ([ALL, ALL._replace(hours=0)], 0),
        ([Disclosure(MOVED, None, 1), Disclosure(None, LOW, 2), Disclosure(MISSING, LOW, 3)], DEFAULT_HOURS),
    ],
)
def test_the_closest_word_counts_and_of_two_alike_the_later_one(said: list[Disclosure], hours: int) -> None:
    assert disclosed_after(said, MISSING, HIGH) == hours * HOUR


def test_an_answer_shows_it_at_once_and_never_later() -> None:
    assert shown_from(72 * HOUR, HOUR) == HOUR
    assert shown_from(HOUR, 2 * HOUR) == HOUR
