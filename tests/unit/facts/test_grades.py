"""What an identity or a place rests on, where that is a person's word or nothing at all (rules 4, 16, 17, 26)."""

from dataclasses import replace

from schemas.words import IdentityGrade, Kind, Verdict
from service.facts.judge import judge
from service.facts.judgement import Judgement
from service.facts.records import AssetId
from tests.support.verdicts import (
    BMC,
    GPU,
    HOUR,
    R7,
    RACK,
    SITE,
    T0,
    TRAY,
    UNTIL,
    Site,
    at,
    contains,
    run,
    seen,
    stands,
    stayed,
    within,
)

PSU, UNNAMED = AssetId("psu-1"), AssetId("tray-without-a-name")


def codes(found: Judgement) -> dict[str, object]:
    return {each.code: dict(each.detail) for each in (*found.would_raise, *found.cannot_see)}


def with_psu() -> Site:
    site = Site()
    site.put(seen(PSU, Kind.PSU, stands(TRAY), within(PSU, Kind.PSU, TRAY)))
    site.change(PSU, named=False, identity_grade=IdentityGrade.DECLARED)
    return site


def test_rule_26_what_nothing_names_is_no_more_than_what_fills_its_slot() -> None:
    found = judge(stayed(), PSU, with_psu().evidence())
    assert (found.verdict, found.identity) == (Verdict.CONSISTENT, IdentityGrade.DECLARED)
    assert codes(found)["an_identifier"] == {"count": 1}


def test_contents_are_confirmed_in_what_bears_a_name_and_say_how_much_does_not() -> None:
    found = judge(contains(), TRAY, with_psu().evidence())
    assert (found.verdict, found.identity) == (Verdict.CONFIRMED, IdentityGrade.REPORTED)
    assert codes(found)["a_part_without_identifier_changed_for_another"] == {"count": 1}


def test_rule_16_an_identity_that_rests_on_a_persons_merge_confirms_nothing() -> None:
    """Else a swap could be merged away: two cards, one slot, and the word of the operator that they are one."""
    site = Site()
    site.change(GPU, merged=True, identity_grade=IdentityGrade.DECLARED)
    for found in (judge(at(), GPU, site.evidence()), judge(contains(), TRAY, site.evidence())):
        assert (found.verdict, found.identity) == (Verdict.CONSISTENT, IdentityGrade.DECLARED)
        assert codes(found)["an_identity_that_rests_on_no_merge"] == {"count": 1}


def test_rule_4_places_that_people_restated_since_confirm_nothing_of_before() -> None:
    evidence = replace(Site().evidence(), restated=frozenset({SITE}))
    for claim in (at(), at(country="MY"), stayed()):
        for subject in (GPU, TRAY):
            found = judge(claim, subject, evidence)
            assert found.verdict is Verdict.CONSISTENT
            assert codes(found)["ask_from_when_places_were_restated"] == {"places": SITE, "count": 1}
    elsewhere = replace(Site().evidence(), restated=frozenset({"sin"}))
    assert judge(at(), TRAY, elsewhere).verdict is Verdict.CONFIRMED


def unnamed(rack: AssetId = RACK, *, since: int | None = None) -> Site:
    """Let the BMC list the GPU in a tray that nothing names, which stands in a rack; `since`: from then on."""
    site = Site()
    begin = T0 - HOUR if since is None else since
    site.also(GPU, within(GPU, Kind.GPU, UNNAMED, BMC))
    found = seen(UNNAMED, Kind.CHASSIS, stands(rack, from_at=begin), within(UNNAMED, Kind.CHASSIS, rack, BMC))
    site.put(replace(found, named=False))
    return site


def test_rule_17_a_container_that_nothing_names_is_no_rival_in_the_same_rack() -> None:
    site = unnamed()
    assert judge(at(), GPU, site.evidence()).verdict is Verdict.CONFIRMED
    assert judge(contains(), TRAY, site.evidence()).verdict is Verdict.CONFIRMED


def test_rule_17_a_container_that_nothing_names_is_a_rival_in_another_rack() -> None:
    other = AssetId("rack-2")
    site = unnamed(other)
    site.put(seen(other, Kind.RACK, stands(None, R7)))
    assert judge(at(), GPU, site.evidence()).verdict is Verdict.DISPUTED
    assert judge(contains(), TRAY, site.evidence()).verdict is not Verdict.CONFIRMED


def test_rule_17_a_named_container_is_a_rival_whatever_stands_in_what() -> None:
    site = unnamed()
    site.change(UNNAMED, named=True)
    assert judge(at(), GPU, site.evidence()).verdict is Verdict.DISPUTED


def test_rule_3_a_run_that_was_going_on_when_a_claim_began_counts_from_there_whenever_one_asks() -> None:
    """Its last report before the survey is all that is known at once; what is reported later changes no byte."""
    survey, known = T0 + HOUR, T0 + HOUR + 1000
    at_once = run(survey, last=survey - 120_000)
    site = Site(known_at=known)
    for asset in (RACK, TRAY):
        site.bind(
            asset,
            *(
                replace(each, from_at=survey, runs=(at_once,)) if each.surveyed else each
                for each in site.assets[asset].bindings
            ),
        )
    claim = replace(at(), from_at=survey, until_at=known)
    one = judge(claim, RACK, site.evidence())
    site.all_runs(RACK, site.assets[RACK].bindings[0].source, run(survey, last=UNTIL))
    assert judge(claim, RACK, site.evidence()) == one
