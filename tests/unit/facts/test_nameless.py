"""When a container that nothing names can be said of what another one is said of."""

import pytest

from service.facts.nameless import Nameless
from service.facts.records import AssetId

# Trays t1 and t2 (in rack r1), t3 (in r2) and t4 (in nothing) have no name; c1 stands in r1, c2 in r2, c3 in nothing;
# t5 stands in c1; b1 on c1.
STANDS = {"t1": "r1", "t2": "r1", "t3": "r2", "c1": "r1", "c2": "r2", "t5": "c1", "b1": "c1", "x": "y", "y": "x"}


def within(asset: AssetId, _at: int) -> AssetId | None:
    found = STANDS.get(asset)
    return None if found is None else AssetId(found)


def holds(outer: AssetId, inner: AssetId, at: int) -> bool:
    here, steps = within(inner, at), 0
    while here is not None and here != outer and steps < 5:
        here, steps = within(here, at), steps + 1
    return here == outer


CONTAINERS = Nameless(
    holds,
    within,
    {AssetId(each) for each in ("t1", "t2", "t3", "t4", "t5", "x", "y")},
    {AssetId(each) for each in ("r1", "r2")},
)


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("t1", "c1", True),  # its rack holds the chassis
        ("t1", "c2", False),  # the chassis stands in another rack
        ("t1", "c3", True),  # the chassis stands in nothing: it may be the tray
        ("t1", "b1", True),
        ("t1", "r1", True),
        ("t1", "r2", False),  # a rack stands in nothing either, and is no tray
        ("t4", "c2", True),  # nothing holds the tray
        ("t1", "t2", True),
        ("t1", "t3", False),
        ("t4", "t3", True),
        ("x", "c1", True),  # a circle holds nothing
        ("c1", "c2", False),  # both have names
        ("c1", "c3", False),
    ],
)
def test_rule_17_what_nothing_names_is_compared_by_what_holds_it(one: str, other: str, agree: bool) -> None:
    assert CONTAINERS.agree(AssetId(one), AssetId(other), 0) == agree
    assert CONTAINERS.agree(AssetId(other), AssetId(one), 0) == agree


def test_rule_17_a_name_is_more_exact_than_none_unless_it_is_of_what_holds_the_other() -> None:
    assert CONTAINERS.finer(AssetId("c3"), AssetId("t1"), 0)
    assert not CONTAINERS.finer(AssetId("t1"), AssetId("c3"), 0)
    assert not CONTAINERS.finer(AssetId("r1"), AssetId("t1"), 0)
    assert not CONTAINERS.finer(AssetId("c1"), AssetId("t5"), 0)
    assert not CONTAINERS.finer(AssetId("t1"), AssetId("t2"), 0)
