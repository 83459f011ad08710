"""Each rule of SEMANTICS that this version keeps has a test that names it."""

import pytest

from tests.rules import RULES, main, named, table


@pytest.mark.parametrize("rule", RULES)
def test_a_test_names_each_of_the_rules_of_semantics(rule: int) -> None:
    assert table()[rule], f"no collected test names SEMANTICS rule {rule} in its name or docstring"


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(RULES)
    assert all(line.startswith("|") for line in lines)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Rule 5 and no other", {5}),
        ("Rules 9, 12 and 17 to 19: silence", {9, 12, 17, 18, 19}),
        ("test_rule_5_any_batching", {5}),
        ("rules 3, 26 and 27; rule 28.", {3, 26, 27, 28}),
        ("the 5 rules of the house", set()),
    ],
)
def test_what_counts_as_naming_a_rule(text: str, rules: set[int]) -> None:
    assert named(text) == rules
