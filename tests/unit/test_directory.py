"""Rule 23: the directory of identifiers across cells tells nothing to who does not hold its key."""

import pytest

from service.linker import hidden


def test_rule_23_the_directory_holds_keyed_hashes_alone() -> None:
    """Rule 23: without the key a guess cannot be tested; with it the same identifier is found again in another cell."""
    one = hidden(b"k" * 32, "gpu", "serial", "NVIDIA/900-1", "1650001")
    assert len(one) == 32
    assert b"1650001" not in one
    assert one == hidden(b"k" * 32, "gpu", "serial", "NVIDIA/900-1", "1650001")
    assert one != hidden(b"q" * 32, "gpu", "serial", "NVIDIA/900-1", "1650001")


@pytest.mark.parametrize("other", [("board", "serial", "NVIDIA/900-1", "1650001"), ("gpu", "serial", "", "1650001")])
def test_rule_23_what_differs_in_kind_or_scope_does_not_meet(other: tuple[str, str, str, str]) -> None:
    """Rule 23, rule 15: a value of another kind or scope is another entry."""
    assert hidden(b"k" * 32, *other) != hidden(b"k" * 32, "gpu", "serial", "NVIDIA/900-1", "1650001")
