"""Verdicts on what a container holds (DESIGN section 7; SEMANTICS rules 19, 26, 27)."""

from dataclasses import replace

import pytest

from schemas.canonical import canonical
from schemas.words import BindingEnd, IdentityGrade, Kind, RunEnd, Verdict
from service.facts.claims import BadClaim, Claim, Expected
from service.facts.document import document
from service.facts.evidence import AssetEvidence, Complete, Explained, IdentityDispute
from service.facts.judge import judge
from service.facts.judgement import Judgement
from service.facts.records import AssetId
from service.facts.sets import judge_set
from tests.support.verdicts import (
    AGENT,
    BEGAN,
    BMC,
    DAY,
    GPU,
    HOUR,
    MINUTE,
    NIC,
    PERSON,
    R7,
    RACK,
    T0,
    TRAY,
    UNTIL,
    Site,
    contains,
    run,
    seen,
    stands,
    within,
)

NEW, SPARE = AssetId("gpu-new"), AssetId("tray-spare")
WHEN = T0 + 6 * HOUR
ALL = frozenset({GPU, NIC, TRAY})  # the container itself is no content


def ask(site: Site, claim: Claim | None = None, holder: AssetId = TRAY) -> Judgement:
    return judge(claim or contains(), holder, site.evidence())


def what(found: Judgement) -> list[tuple[AssetId | None, str]]:
    return [(each.asset, each.what) for each in found.differences]


def leave(site: Site, asset: AssetId = GPU, when: int = WHEN, end: BindingEnd = BindingEnd.ABSENT) -> None:
    last = run(BEGAN, when - MINUTE, until=when, end=RunEnd.REPLACED)
    site.bind(asset, *(replace(each, until_at=when, end=end, runs=(last,)) for each in site.assets[asset].bindings))
    site.where(asset, replace(site.assets[asset].whereabouts[0], until_at=when))


def newcomer(asset: AssetId = NEW, when: int = WHEN) -> AssetEvidence:
    sees = [replace(within(asset, Kind.GPU, TRAY, source), from_at=when, runs=(run(when),)) for source in (AGENT, BMC)]
    return seen(asset, Kind.GPU, stands(TRAY, from_at=when), *sees)


def planned(*assets: AssetId, from_at: int = WHEN - HOUR, until_at: int = WHEN + HOUR) -> tuple[Explained, ...]:
    return (Explained(from_at, until_at, frozenset(assets), "swap-17"),)


@pytest.mark.parametrize("holder", [TRAY, RACK])
def test_contents_that_stay_are_confirmed_by_identity_alone(holder: AssetId) -> None:
    found = ask(Site(), holder=holder)
    assert (found.verdict, found.identity, found.place_grade) == (Verdict.CONFIRMED, IdentityGrade.REPORTED, None)
    assert (found.covered, found.differences) == (DAY, ())


def test_what_leaves_is_missing_and_contradicts() -> None:
    for end in (BindingEnd.ABSENT, BindingEnd.REPLACED):
        site = Site()
        leave(site, end=end)
        found = ask(site)
        assert found.verdict is Verdict.CONTRADICTED
        assert what(found) == [(GPU, "missing")]
        assert "planned_work_that_explains_the_differences" in {each.code for each in found.would_raise}


def test_what_is_no_longer_listed_by_an_incomplete_list_says_nothing() -> None:
    site = Site()
    leave(site, end=BindingEnd.UNLISTED)
    found = ask(site)
    assert found.verdict is not Verdict.CONTRADICTED
    assert found.verdict is not Verdict.CONFIRMED
    assert what(found) == [(GPU, "not_listed")]


def test_what_is_seen_elsewhere_contradicts() -> None:
    site = Site()
    leave(site)
    site.also(GPU, replace(within(GPU, Kind.GPU, SPARE), from_at=WHEN, runs=(run(WHEN),)))
    site.where(GPU, stands(TRAY, until_at=WHEN), stands(SPARE, from_at=WHEN))
    site.put(seen(SPARE, Kind.CHASSIS, stands(None, R7)))
    found = ask(site)
    assert (found.verdict, what(found)) == (Verdict.CONTRADICTED, [(GPU, "elsewhere")])


def test_a_foreign_part_contradicts_where_it_was_seen_before_or_the_list_was_complete() -> None:
    site = Site()
    site.put(newcomer())
    found = ask(site)
    assert (found.verdict, what(found)) == (Verdict.CONSISTENT, [(NEW, "newly_listed")])
    site.change(TRAY, complete=(Complete(Kind.GPU, BEGAN, None),))
    found = ask(site)
    assert (found.verdict, what(found)) == (Verdict.CONTRADICTED, [(NEW, "foreign")])
    assert ask(site, contains(Expected(ALL, frozenset({Kind.GPU})))).verdict is Verdict.CONTRADICTED
    assert ask(site, contains(Expected(frozenset({NIC}), frozenset({Kind.NIC})))).verdict is Verdict.CONFIRMED


@pytest.mark.parametrize("named", [(GPU, NEW), (TRAY,), (RACK,)])
def test_a_planned_swap_contradicts_nothing_and_what_came_is_expected_from_then_on(named: tuple[AssetId, ...]) -> None:
    site = Site(explained=planned(*named))
    leave(site)
    site.put(newcomer())
    site.change(TRAY, complete=(Complete(Kind.GPU, BEGAN, None),))
    found = ask(site)
    assert found.verdict is Verdict.CONFIRMED
    assert sorted((each.what, each.explained_by) for each in found.differences) == [
        ("foreign", "swap-17"),
        ("missing", "swap-17"),
    ]
    leave(site, NEW, WHEN + 3 * HOUR)
    assert ask(site).verdict is Verdict.CONTRADICTED  # that was not planned


def test_planned_work_explains_only_its_window_and_its_things() -> None:
    for explained in (planned(GPU, until_at=WHEN - MINUTE), planned(NIC), planned(GPU)):
        site = Site(explained=explained)
        leave(site)
        site.put(newcomer())
        site.change(TRAY, complete=(Complete(Kind.GPU, BEGAN, None),))
        assert ask(site).verdict is Verdict.CONTRADICTED


@pytest.mark.parametrize(("count", "expected"), [(1, Verdict.CONFIRMED), (0, Verdict.CONTRADICTED)])
def test_counts_are_compared_at_every_moment(count: int, expected: Verdict) -> None:
    found = ask(Site(), contains(Expected(counts={Kind.GPU: count})))
    assert found.verdict is expected


def test_a_count_that_is_short_contradicts_only_where_the_list_was_complete() -> None:
    claim = contains(Expected(counts={Kind.GPU: 8}))
    site = Site()
    found = ask(site, claim)
    assert found.verdict is Verdict.CONSISTENT
    assert [(each.what, each.expected, each.found) for each in found.differences] == [("not_listed", 8, 1)]
    site.change(TRAY, complete=(Complete(Kind.GPU, BEGAN, None),))
    found = ask(site, claim)
    assert found.verdict is Verdict.CONTRADICTED
    assert [each.what for each in found.differences] == ["short"]
    swapped = Site(explained=planned(TRAY))
    swapped.change(TRAY, complete=(Complete(Kind.GPU, BEGAN, None),))
    leave(swapped, when=WHEN)
    swapped.put(newcomer(when=WHEN + 10 * MINUTE))
    assert ask(swapped, contains(Expected(counts={Kind.GPU: 1}))).verdict is Verdict.CONFIRMED


def test_what_nobody_ever_saw_is_never_confirmed_nor_contradicted() -> None:
    named = Expected(ALL, frozenset({Kind.GPU}), unknown=("serial X1",))
    found = ask(Site(), contains(named))
    assert found.verdict is Verdict.CONSISTENT
    assert [(each.what, each.given) for each in found.differences] == [("never_seen", "serial X1")]
    assert canonical(document(found))
    ghost = Expected(frozenset({AssetId("ghost")}))
    assert ask(Site(), contains(ghost)).verdict is Verdict.UNPROVEN
    assert ask(Site(), contains(), AssetId("nobody-knows-it")).verdict is Verdict.UNPROVEN


def test_a_slot_of_another_name_only_lowers() -> None:
    right = Expected(frozenset({GPU}), frozenset({Kind.GPU}), slots={GPU: f"slot/{GPU}"})
    assert ask(Site(), contains(right)).verdict is Verdict.CONFIRMED
    wrong = replace(right, slots={GPU: "slot/other"})
    found = ask(Site(), contains(wrong))
    assert (found.verdict, what(found)) == (Verdict.CONSISTENT, [(GPU, "wrong_slot")])


def test_rule_26_silence_up_to_the_end_is_stale_and_silence_between_is_consistent() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(BEGAN, WHEN))
    found = ask(site)
    assert found.verdict is Verdict.STALE
    assert [(each.from_at, each.child) for each in found.silences] == [(WHEN, GPU)]
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(BEGAN, WHEN), run(WHEN + HOUR))
    assert ask(site).verdict is Verdict.CONSISTENT


def test_rule_27_only_short_tolerances_confirm_contents() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(tolerance=16 * MINUTE))
    found = ask(site)
    assert found.verdict is Verdict.CONSISTENT
    assert "report_interval_at_most" in {each.code for each in found.would_raise}


def test_rule_19_a_retired_source_leaves_contents_at_most_stale() -> None:
    site = Site()
    site.bind(
        GPU,
        *(
            replace(each, until_at=WHEN, end=BindingEnd.RETIRED, runs=(run(BEGAN, WHEN - 1, until=WHEN),))
            for each in site.assets[GPU].bindings
        ),
    )
    assert ask(site).verdict is Verdict.STALE


def test_rule_26_a_rival_container_contradicts_or_disputes_by_its_grade() -> None:
    site = Site()
    site.put(seen(SPARE, Kind.CHASSIS, stands(None, R7)))
    site.also(GPU, within(GPU, Kind.GPU, SPARE, PERSON))
    assert ask(site).verdict is Verdict.DISPUTED
    site.also(GPU, within(GPU, Kind.GPU, SPARE, replace(AGENT, name="agent-2")))
    found = ask(site)
    assert found.verdict is Verdict.CONTRADICTED
    assert {each.container for each in found.contradicting} == {SPARE}


def test_a_beginning_without_contents_confirms_nothing() -> None:
    site = Site()
    for asset in (GPU, NIC):
        site.bind(
            asset, *(replace(each, from_at=T0 + HOUR, runs=(run(T0 + HOUR),)) for each in site.assets[asset].bindings)
        )
        site.where(asset, stands(TRAY, from_at=T0 + HOUR))
    found = ask(site)
    assert found.verdict is Verdict.CONSISTENT
    assert "ask_from" in {each.code for each in found.would_raise}
    assert ask(site, contains(from_at=T0 + HOUR)).verdict is Verdict.CONFIRMED


def test_rule_28_contents_of_a_set_and_none_that_are_listed() -> None:
    judged = judge_set(contains(), [TRAY, RACK, GPU], Site().evidence())
    assert judged.counts == {
        Kind.CHASSIS: {Verdict.CONFIRMED: 1},
        Kind.GPU: {Verdict.UNPROVEN: 1},
        Kind.RACK: {Verdict.CONFIRMED: 1},
    }
    with pytest.raises(BadClaim):
        judge_set(contains(Expected(counts={Kind.GPU: 8})), [TRAY], Site().evidence())


def test_rule_3_contents_are_judged_as_known() -> None:
    known = Site(known_at=WHEN)
    leave(known, when=WHEN)
    assert ask(known).verdict is Verdict.CONFIRMED
    assert ask(known).judged_until == WHEN
    assert UNTIL > WHEN


def test_rule_26_a_container_whose_identity_is_disputed_makes_its_contents_disputed() -> None:
    site = Site()
    site.change(TRAY, identity_disputes=(IdentityDispute(BEGAN, None, "serial_disputed"),))
    assert ask(site).verdict is Verdict.DISPUTED


@pytest.mark.parametrize(("goes", "comes"), [(True, False), (False, True), (False, False)])
def test_planned_work_explains_what_it_announced_and_no_more(goes: bool, comes: bool) -> None:
    site = Site(explained=(replace(planned(TRAY)[0], goes=goes, comes=comes),))
    leave(site)
    assert (ask(site).verdict is Verdict.CONFIRMED) is goes
    site = Site(explained=(replace(planned(TRAY)[0], goes=goes, comes=comes),))
    site.put(newcomer())
    assert (ask(site).verdict is Verdict.CONFIRMED) is comes


def test_rule_7_the_complete_list_of_one_tray_is_none_of_its_rack() -> None:
    """Another tray of the rack may have no source yet: what it would hold is not missing."""
    site = Site()
    for holder in (TRAY, RACK):  # an agent's inventory names the rack too
        site.change(holder, complete=(Complete(Kind.GPU, BEGAN, None),))
    short = contains(Expected(counts={Kind.GPU: 8}))
    assert what(ask(site, short, RACK)) == [(None, "not_listed")]
    assert ask(site, short, RACK).verdict is Verdict.CONSISTENT
    assert what(ask(site, short, TRAY)) == [(None, "short")]
    listed = contains(Expected(frozenset({GPU, NEW})))
    site.put(seen(NEW, Kind.GPU, ()))
    assert what(ask(site, listed, RACK)) == [(NEW, "never_seen")]
    assert what(ask(site, listed, TRAY)) == [(NEW, "missing")]


def test_rule_26_what_fell_silent_is_stale_though_something_else_was_never_seen() -> None:
    site = Site()
    for asset, found in list(site.assets.items()):
        silent = tuple(replace(each, runs=(run(last=T0 + HOUR),)) for each in found.bindings)
        site.change(asset, bindings=silent)
    assert ask(site).verdict is Verdict.STALE
    listed = contains(Expected(frozenset({GPU, NIC, NEW})))
    site.put(seen(NEW, Kind.GPU, ()))
    assert ask(site, listed).verdict is Verdict.STALE
