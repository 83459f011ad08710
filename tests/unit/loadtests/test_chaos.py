"""How chaos compares two databases and tells what it did; that it kills and compares is tried with the real servers."""

from loadtests.answers import differences
from loadtests.chaos import CONSUMER, KAFKA, POSTGRES, Tally


def test_two_databases_are_compared_answer_by_answer() -> None:
    one = {"cell": {"assets": [1, 2], "runs a": [{"last": 7}]}, "other": {"assets": []}}
    assert differences(one, one) == (3, [])
    two = {"cell": {"assets": [1, 2], "runs a": [{"last": 8}]}}
    count, found = differences(one, two)
    assert count == 3
    assert [each.split(":")[0] for each in found] == ["cell, runs a", "other, assets"]
    assert found[0].endswith('[{"last": 7}] instead of [{"last": 8}]')


def test_a_long_answer_is_cut() -> None:
    _, found = differences({"c": {"x": "y" * 5000}}, {"c": {"x": ""}})
    assert len(found[0]) < 500


def test_the_tally_counts_kills_by_victim() -> None:
    tally = Tally(under_load=4, cells=2, records=1000, compared=12)
    tally.kills.update({CONSUMER: 5, POSTGRES: 2, KAFKA: 1})
    assert tally.line().startswith(
        "8 kills (5 consumer, 2 postgres, 1 kafka), 4 with records waiting; 0 consumers ended"
    )
    assert tally.line().endswith("12 answers compared, 0 differ")
