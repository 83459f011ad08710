"""What a source saw gone is no silence: it is never bridged, and never outvoted in silence (rules 17, 19, 26)."""

from dataclasses import replace

import pytest

from schemas.words import BindingEnd, Kind, RunEnd, SourceClass, Verdict
from service.facts.evidence import IdentityDispute
from service.facts.judge import judge
from service.facts.records import AssetId, Binding, Source
from tests.support.verdicts import (
    AGENT,
    BEGAN,
    BMC,
    GPU,
    HOUR,
    MINUTE,
    NIC,
    POWER,
    R7,
    RACK,
    T0,
    TRAY,
    Site,
    at,
    contains,
    placed,
    run,
    seen,
    stands,
    within,
)

MODULE = AssetId("module-1")
WHEN = T0 + 6 * HOUR
FEEDS = [Source(f"feed-{side}", SourceClass.FACILITY, "grid") for side in "ab"]
STRING = Source("dcim", SourceClass.IN_BAND, "op")


def gone(binding: Binding, when: int = WHEN, end: BindingEnd = BindingEnd.ABSENT) -> Binding:
    return replace(binding, until_at=when, end=end, runs=(run(last=when, until=when, end=RunEnd.REPLACED),))


def quarrels(site: Site, asset: AssetId) -> set[str]:
    return {each.why for each in judge(at(), asset, site.evidence()).disputes}


def test_rule_17_gone_from_a_part_of_a_container_is_gone_from_it() -> None:
    """The agent saw the GPU gone from its module; the BMC goes on to list it in the tray that holds the module."""
    site = Site()
    site.put(seen(MODULE, Kind.BOARD, stands(TRAY), within(MODULE, Kind.BOARD, TRAY)))
    site.bind(GPU, gone(within(GPU, Kind.GPU, MODULE)), within(GPU, Kind.GPU, TRAY, BMC))
    assert judge(at(), GPU, site.evidence()).verdict is Verdict.DISPUTED
    assert judge(contains(), TRAY, site.evidence()).verdict is Verdict.DISPUTED
    assert quarrels(site, GPU) == {"one_source_saw_it_gone"}


def test_rule_17_a_source_that_lists_it_in_another_part_did_not_see_it_gone() -> None:
    """From one module to another of the same tray: the tray holds it all the time."""
    other = AssetId("module-2")
    site = Site()
    site.put(
        *(seen(each, Kind.BOARD, stands(TRAY), within(each, Kind.BOARD, TRAY)) for each in (MODULE, other)),
    )
    again = replace(within(GPU, Kind.GPU, other), from_at=WHEN, runs=(run(WHEN),))
    site.bind(GPU, gone(within(GPU, Kind.GPU, MODULE)), again, within(GPU, Kind.GPU, TRAY, BMC))
    assert judge(at(), GPU, site.evidence()).verdict is Verdict.CONFIRMED


@pytest.mark.parametrize("end", [BindingEnd.ABSENT, BindingEnd.REPLACED])
def test_rule_26_a_sensor_that_saw_the_rack_gone_is_a_quarrel_with_those_who_still_see_it(end: BindingEnd) -> None:
    site = Site()
    site.also(RACK, gone(placed(RACK, Kind.RACK, R7, POWER), end=end))
    for subject in (RACK, TRAY, GPU):
        assert judge(at(), subject, site.evidence()).verdict is Verdict.DISPUTED
        assert quarrels(site, subject) == {"one_source_saw_it_gone"}


def test_rule_26_the_second_of_two_feeds_goes_on_and_nothing_is_taken_back() -> None:
    site = Site()
    site.also(RACK, gone(placed(RACK, Kind.RACK, R7, FEEDS[0])), placed(RACK, Kind.RACK, R7, FEEDS[1]))
    assert judge(at(), RACK, site.evidence()).verdict is Verdict.CONFIRMED


def test_rule_26_no_dead_sensor_bridges_what_an_awake_one_saw_gone() -> None:
    """Both are the grid's; the second died before. The hole is less than a rack's limit, and is no silence."""
    back = WHEN + 3 * HOUR + 30 * MINUTE
    site = Site()
    site.where(RACK, stands(None, R7))
    again = replace(placed(RACK, Kind.RACK, R7, FEEDS[0]), from_at=back, runs=(run(first=back),))
    dead = placed(RACK, Kind.RACK, R7, FEEDS[1], run(last=WHEN - 10 * MINUTE))
    quiet = placed(RACK, Kind.RACK, R7, STRING, run(last=WHEN - MINUTE), run(first=back + MINUTE))
    site.bind(RACK, gone(placed(RACK, Kind.RACK, R7, FEEDS[0])), again, dead, quiet)
    assert judge(at(), RACK, site.evidence()).verdict is Verdict.CONSISTENT


@pytest.mark.parametrize("minutes", [20, 50, 70])
def test_rule_27_a_port_says_nothing_of_the_tray_while_the_card_is_not_in_it(minutes: int) -> None:
    """The limit is the card's link's, not the one of what holds it: 70 minutes are as little bridged as 20."""
    back = WHEN + minutes * MINUTE
    site = Site()
    port = site.assets[NIC].bindings[-1]
    again = replace(within(NIC, Kind.NIC, TRAY), from_at=back, runs=(run(first=back),))
    site.bind(NIC, gone(within(NIC, Kind.NIC, TRAY)), again, port)
    assert judge(at(), TRAY, site.evidence()).verdict is Verdict.CONSISTENT


@pytest.mark.parametrize("minutes", [20, 50, 70])
def test_rule_27_a_port_says_nothing_of_the_tray_while_the_cards_identity_is_disputed(minutes: int) -> None:
    site = Site()
    site.change(NIC, identity_disputes=(IdentityDispute(WHEN, WHEN + minutes * MINUTE, "serial_disputed"),))
    assert judge(at(), TRAY, site.evidence()).verdict is Verdict.CONSISTENT


def test_rule_17_containers_nested_at_another_moment_hide_no_rival() -> None:
    """A tray that once stood in the other one, the day before, does not hold what stands in both now."""
    spare = AssetId("tray-2")
    site = Site()
    site.also(GPU, within(GPU, Kind.GPU, spare, BMC))
    once = replace(within(spare, Kind.CHASSIS, TRAY), until_at=BEGAN + MINUTE, end=BindingEnd.UNLISTED)
    site.put(seen(spare, Kind.CHASSIS, stands(None, R7), once))
    assert "containers_differ" in quarrels(site, GPU)
    assert judge(at(), GPU, site.evidence()).verdict is Verdict.DISPUTED
    assert judge(contains(), TRAY, site.evidence()).verdict is Verdict.CONTRADICTED
    site.put(seen(spare, Kind.CHASSIS, stands(TRAY), within(spare, Kind.CHASSIS, TRAY)))
    assert judge(contains(), TRAY, site.evidence()).verdict is Verdict.CONFIRMED


def test_an_agent_that_declares_a_place_and_no_longer_does_takes_nothing_back() -> None:
    site = Site()
    site.also(RACK, gone(placed(RACK, Kind.RACK, R7, AGENT)), placed(RACK, Kind.RACK, R7, POWER))
    assert judge(at(), RACK, site.evidence()).verdict is Verdict.CONFIRMED
