"""Verdicts on where things were (SEMANTICS rules 3, 9, 10, 12, 19, 25, 26, 27, 28), each on one small site."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.canonical import canonical
from schemas.words import BindingEnd, Cause, IdentityGrade, Kind, PlaceGrade, Predicate, RunEnd, SourceClass, Verdict
from service.facts.claims import BadClaim, Claim, Expected
from service.facts.document import document, document_of_set
from service.facts.evidence import Evidence, Gap, IdentityDispute
from service.facts.judge import judge
from service.facts.judgement import Judgement
from service.facts.policy import CURRENT, effective, interval_for
from service.facts.records import AssetId, Binding, Dispute, Places, Source
from service.facts.runs import tolerance
from service.facts.sets import judge_set
from tests.support.verdicts import (
    ABROAD,
    AGENT,
    BEGAN,
    BMC,
    DAY,
    GPU,
    HOUR,
    MINUTE,
    NIC,
    PERSON,
    POWER,
    R7,
    R8,
    RACK,
    SITE,
    SWITCH,
    T0,
    TRAY,
    UNTIL,
    Site,
    Timing,
    at,
    lifted,
    placed,
    port,
    run,
    seen,
    stands,
    stayed,
    within,
)

DECLARED, SENSED, CORROBORATED = PlaceGrade.DECLARED, PlaceGrade.SENSED, PlaceGrade.CORROBORATED
OTHER_BMC = Source("bmc", SourceClass.OUT_OF_BAND, "vendor")
UNKNOWN = Source("switch", SourceClass.FACILITY)


def verdict(site: Site, subject: AssetId = GPU, claim: Claim | None = None) -> Verdict:
    return judge(claim or at(), subject, site.evidence()).verdict


def codes(judgement: Judgement) -> set[str]:
    return {each.code for each in judgement.would_raise}


def alone(*places: Binding) -> Site:
    """A site where the tray is all there is, and only these bindings say where it is."""
    site = Site()
    site.where(TRAY, stands(None, R7))
    site.bind(TRAY, *places)
    return site


def tray_at(place: str, grade: PlaceGrade, names: str = "abc") -> list[Binding]:
    """Bindings that put the tray at a place with a grade, by sources of their own."""
    agent, one, two = (f"{name}-{place}" for name in names)
    said = [placed(TRAY, Kind.CHASSIS, place, Source(agent, SourceClass.IN_BAND, agent))]
    if grade is not DECLARED:
        said = [placed(TRAY, Kind.CHASSIS, place, Source(one, SourceClass.FACILITY, one))]
    if grade is CORROBORATED:
        said.append(placed(TRAY, Kind.CHASSIS, place, Source(two, SourceClass.FACILITY, two)))
    return said


# -- rule 26: the verdicts in their order


@pytest.mark.parametrize("subject", [GPU, NIC, TRAY])
def test_rule_26_confirmed_where_two_domains_agree_and_one_senses(subject: AssetId) -> None:
    for claim in (at(), at(SITE), at(country="MY"), stayed(), stayed(place=SITE)):
        found = judge(claim, subject, Site().evidence())
        assert (found.verdict, found.identity, found.place_grade) == (
            Verdict.CONFIRMED,
            IdentityGrade.REPORTED,
            CORROBORATED,
        )
        assert found.silences == ()
        assert found.covered == DAY
        assert not found.would_raise


def test_rule_26_unproven_without_evidence_for_or_against() -> None:
    assert verdict(Site(), AssetId("nobody-knows-it")) is Verdict.UNPROVEN
    assert verdict(alone(), TRAY) is Verdict.UNPROVEN
    assert verdict(Site(known_at=T0)) is Verdict.UNPROVEN  # of a time that is not known yet
    early = replace(at(), from_at=BEGAN - DAY, until_at=BEGAN)
    assert verdict(Site(), GPU, early) is Verdict.UNPROVEN  # of a time before the first record


def test_rule_26_a_place_that_holds_the_one_claimed_says_neither_yes_nor_no() -> None:
    site = alone(placed(TRAY, Kind.CHASSIS, SITE, AGENT), placed(TRAY, Kind.CHASSIS, SITE, SWITCH))
    site.where(TRAY, stands(None, SITE))
    assert verdict(site, TRAY) is Verdict.UNPROVEN
    assert verdict(site, TRAY, at(SITE)) is Verdict.CONFIRMED
    found = judge(stayed(), TRAY, site.evidence())
    assert found.verdict is Verdict.CONSISTENT
    assert "a_place_as_exact_as_a_rack_position" in codes(found)


@pytest.mark.parametrize("rival", [DECLARED, SENSED, CORROBORATED])
@pytest.mark.parametrize("holder", [DECLARED, SENSED, CORROBORATED])
def test_rule_26_a_rival_contradicts_only_with_a_grade_at_least_the_holders(
    holder: PlaceGrade, rival: PlaceGrade
) -> None:
    order = [DECLARED, SENSED, CORROBORATED]
    site = alone(*tray_at(R7, holder), *tray_at(R8, rival))
    found = judge(at(), TRAY, site.evidence())
    stronger = order.index(rival) >= order.index(holder)
    assert found.verdict is (Verdict.CONTRADICTED if stronger else Verdict.DISPUTED)
    assert {each.place for each in found.contradicting} == {R8}
    assert {each.place for each in found.supporting} == {R7}
    assert verdict(site, TRAY, at(SITE)) is not Verdict.CONTRADICTED  # both are on the site


def test_rule_26_one_contradicting_moment_is_enough() -> None:
    moment = run(T0 + HOUR, T0 + HOUR)
    site = alone(*tray_at(R7, SENSED), placed(TRAY, Kind.CHASSIS, R8, POWER, moment))
    assert verdict(site, TRAY) is Verdict.CONTRADICTED


def test_rule_26_a_rival_anywhere_on_the_chain_counts() -> None:
    site = Site()
    site.also(RACK, placed(RACK, Kind.RACK, ABROAD, POWER))
    assert verdict(site, GPU) is Verdict.DISPUTED
    assert verdict(site, GPU, at(country="MY")) is Verdict.DISPUTED


def test_rule_26_contradicted_goes_before_disputed_before_stale_before_consistent() -> None:
    silent = run(BEGAN, T0 + HOUR)
    steps: list[tuple[Verdict, Site]] = []
    consistent = alone(placed(TRAY, Kind.CHASSIS, R7, AGENT))
    steps.append((Verdict.CONSISTENT, consistent))
    stale = alone(placed(TRAY, Kind.CHASSIS, R7, AGENT, silent))
    steps.append((Verdict.STALE, stale))
    disputed = alone(placed(TRAY, Kind.CHASSIS, R7, AGENT, silent))
    disputed.change(TRAY, identity_disputes=(IdentityDispute(T0, None, "serial_disputed"),))
    steps.append((Verdict.DISPUTED, disputed))
    contradicted = alone(placed(TRAY, Kind.CHASSIS, R7, AGENT, silent), *tray_at(R8, DECLARED))
    contradicted.change(TRAY, identity_disputes=(IdentityDispute(T0, None, "serial_disputed"),))
    steps.append((Verdict.CONTRADICTED, contradicted))
    for expected, site in steps:
        assert verdict(site, TRAY) is expected


@pytest.mark.parametrize("who", [GPU, TRAY])
def test_rule_26_a_disputed_identity_on_the_chain_is_disputed(who: AssetId) -> None:
    site = Site()
    site.change(who, identity_disputes=(IdentityDispute(T0 + HOUR, T0 + 2 * HOUR, "serial_disputed"),))
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.DISPUTED
    assert [(each.asset, each.about, each.why) for each in found.disputes] == [(who, "identity", "serial_disputed")]
    assert "the_disputes_settled" in codes(found)
    later = replace(at(), from_at=T0 + 2 * HOUR)
    assert verdict(site, GPU, later) is Verdict.CONFIRMED


def test_rule_26_a_dispute_about_whereabouts_is_disputed_unless_both_sides_are_at_the_place() -> None:
    site = alone(*tray_at(R7, CORROBORATED), placed(TRAY, Kind.CHASSIS, R8, AGENT))
    shown, rival = (("b-" + R7, "here", f"port/{TRAY}/{R7}"), ("agent", "here", f"port/{TRAY}/{R8}"))
    site.change(TRAY, disputes=(Dispute(T0 + HOUR, None, shown, rival),))
    site.where(TRAY, stands(None, R7, disputed=True))
    assert verdict(site, TRAY) is Verdict.DISPUTED
    assert verdict(site, TRAY, at(SITE)) is Verdict.CONSISTENT


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: s.bind(TRAY, placed(TRAY, Kind.CHASSIS, R7, AGENT)), "a_facility_source_at_a_surveyed_position"),
        (
            lambda s: s.bind(TRAY, *tray_at(R7, DECLARED), placed(TRAY, Kind.CHASSIS, R7, OTHER_BMC)),
            "a_facility_source_at_a_surveyed_position",
        ),
        (lambda s: s.bind(TRAY, *tray_at(R7, SENSED)), "a_source_of_another_control_domain"),
        (
            lambda s: s.bind(TRAY, placed(TRAY, Kind.CHASSIS, R7, AGENT), placed(TRAY, Kind.CHASSIS, R7, UNKNOWN)),
            "control_domain_of_sources",
        ),
        (
            lambda s: s.bind(
                TRAY,
                placed(TRAY, Kind.CHASSIS, R7, SWITCH),
                placed(TRAY, Kind.CHASSIS, R7, Source("power", SourceClass.FACILITY, "net")),
            ),
            "a_source_of_another_control_domain",
        ),
        (
            lambda s: s.bind(TRAY, placed(TRAY, Kind.CHASSIS, R7, replace(AGENT, control_domain="net")), *port()[1:2]),
            "a_source_of_another_control_domain",
        ),
        (
            lambda s: s.bind(
                TRAY,
                placed(TRAY, Kind.CHASSIS, R7, AGENT, run(timing=Timing.UNTIMED)),
                placed(TRAY, Kind.CHASSIS, R7, SWITCH),
            ),
            "usable_time_in_reports",
        ),
        (
            lambda s: s.bind(
                TRAY,
                placed(TRAY, Kind.CHASSIS, R7, AGENT),
                placed(TRAY, Kind.CHASSIS, R7, SWITCH, run(timing=Timing.UNTIMED)),
            ),
            "usable_time_in_reports",
        ),
    ],
    ids=[
        "declared only",
        "an agent and a BMC never corroborate place",
        "one sensed domain",
        "rule 25: an unknown domain corroborates nothing",
        "two sources of one domain",
        "two sources of one domain, one of which senses",
        "rule 10: an untimed report is no second voice",
        "rule 10: an untimed report senses nothing",
    ],
)
def test_rule_26_a_place_below_corroborated_is_never_confirmed(change: Callable[[Site], None], code: str) -> None:
    site = alone()
    change(site)
    for claim in (at(), at(place_grade=DECLARED), at(country="MY"), stayed()):
        found = judge(claim, TRAY, site.evidence())
        assert found.verdict is Verdict.CONSISTENT
        assert code in codes(found)


def test_rule_26_a_landmark_and_a_person_raise_nothing() -> None:
    landmark = Source("rtt", SourceClass.LANDMARK, "elsewhere")
    site = alone(placed(TRAY, Kind.CHASSIS, R7, landmark))
    assert verdict(site, TRAY) is Verdict.UNPROVEN
    site = alone(*tray_at(R7, SENSED), placed(TRAY, Kind.CHASSIS, R7, PERSON))
    assert verdict(site, TRAY) is Verdict.CONSISTENT
    survey = replace(placed(TRAY, Kind.CHASSIS, R7, PERSON), surveyed=True)
    assert verdict(alone(survey, placed(TRAY, Kind.CHASSIS, R7, AGENT)), TRAY) is Verdict.CONSISTENT


def test_rule_26_grades_above_what_there_is_are_never_confirmed() -> None:
    for claim in (at(identity=IdentityGrade.SIGNED), at(place_grade=PlaceGrade.INSPECTED)):
        assert verdict(Site(), GPU, claim) is Verdict.CONSISTENT


def test_rule_26_two_places_that_disagree_do_not_corroborate_their_site() -> None:
    site = alone(placed(TRAY, Kind.CHASSIS, R7, AGENT), placed(TRAY, Kind.CHASSIS, R8, SWITCH))
    assert verdict(site, TRAY, at(SITE)) is Verdict.CONSISTENT


def test_rule_26_derived_whereabouts_must_say_it_too() -> None:
    site = Site()
    site.where(TRAY, stands(None, R7, until_at=T0 + HOUR), stands(None, R7, from_at=T0 + HOUR, moving=True))
    assert verdict(site) is Verdict.CONSISTENT
    site.where(TRAY, stands(None, R7, until_at=T0 + HOUR))
    assert verdict(site) is not Verdict.CONFIRMED


# -- rule 27: limits per link


def test_rule_27_caps_and_intervals() -> None:
    assert {kind: effective({})[kind] for kind in (Kind.RACK, Kind.CHASSIS, Kind.GPU, Kind.DRIVE, Kind.NIC)} == {
        Kind.RACK: 4 * HOUR,
        Kind.CHASSIS: HOUR,
        Kind.GPU: 15 * MINUTE,
        Kind.DRIVE: 15 * MINUTE,
        Kind.NIC: HOUR,
    }
    assert effective({Kind.GPU: 10 * HOUR, Kind.RACK: MINUTE})[Kind.GPU] == 15 * MINUTE
    assert effective({Kind.RACK: MINUTE})[Kind.RACK] == MINUTE
    for kind, minutes in ((Kind.GPU, 5), (Kind.CHASSIS, 20), (Kind.RACK, 80)):
        interval = interval_for(CURRENT.caps[kind])
        assert interval == minutes * MINUTE
        assert tolerance(interval) == CURRENT.caps[kind]
    assert interval_for(MINUTE) is None  # the tolerance of every source is longer


@pytest.mark.parametrize(
    ("asset", "source", "minutes", "expected"),
    [
        (GPU, None, 15, Verdict.CONFIRMED),
        (GPU, None, 16, Verdict.CONSISTENT),
        (TRAY, SWITCH, 60, Verdict.CONFIRMED),
        (TRAY, SWITCH, 61, Verdict.CONSISTENT),
    ],
)
def test_rule_27_each_link_by_its_own_limit(
    asset: AssetId, source: Source | None, minutes: int, expected: Verdict
) -> None:
    site = Site()
    site.bind(RACK)
    silent = (run(BEGAN, T0 + HOUR), run(T0 + HOUR + minutes * MINUTE))
    for each in (AGENT, BMC) if source is None else (source,):
        site.all_runs(asset, each, *silent)
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is expected
    assert [(each.from_at, each.until_at, each.length) for each in found.silences] == [
        (T0 + HOUR, T0 + HOUR + minutes * MINUTE, minutes * MINUTE)
    ]
    assert found.silences[0].above_limit == (expected is Verdict.CONSISTENT)
    assert found.longest == found.silences[0]
    if expected is Verdict.CONSISTENT:
        assert "no_silence_above" in codes(found)


@pytest.mark.parametrize(("minutes", "expected"), [(240, Verdict.CONFIRMED), (241, Verdict.CONSISTENT)])
def test_rule_27_the_place_of_a_rack_may_be_silent_for_the_racks_limit(minutes: int, expected: Verdict) -> None:
    site = Site()
    site.where(TRAY, stands(RACK))
    site.bind(TRAY, within(TRAY, Kind.CHASSIS, RACK))
    silent = (run(BEGAN, T0 + HOUR), run(T0 + HOUR + minutes * MINUTE))
    site.bind(RACK, placed(RACK, Kind.RACK, R7, SWITCH), placed(RACK, Kind.RACK, R7, POWER, *silent))
    assert verdict(site) is expected
    assert verdict(site, RACK) is expected


def test_rule_27_a_shorter_limit_that_was_asked_for_is_kept_and_a_longer_one_is_capped() -> None:
    site = Site()
    silent = (run(BEGAN, T0 + HOUR), run(T0 + HOUR + 14 * MINUTE))
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, *silent)
    assert verdict(site) is Verdict.CONFIRMED
    assert verdict(site, GPU, at(max_silence={Kind.GPU: 13 * MINUTE})) is Verdict.CONSISTENT
    found = judge(at(max_silence={Kind.GPU: DAY}), GPU, site.evidence())
    assert found.limits[Kind.GPU] == 15 * MINUTE
    assert found.verdict is Verdict.CONFIRMED


def test_rule_27_runs_with_a_longer_tolerance_give_at_most_consistent_and_name_the_interval() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(tolerance=16 * MINUTE))
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.CONSISTENT
    remark = next(each.document() for each in found.would_raise if each.code == "report_interval_at_most")
    assert (remark["kind"], remark["interval_ms"], remark["sources"]) == ("gpu", 5 * MINUTE, "agent, bmc")
    assert verdict(site, TRAY) is Verdict.CONFIRMED
    site.all_runs(GPU, BMC, run(tolerance=15 * MINUTE))
    assert verdict(site) is Verdict.CONFIRMED


def test_rule_27_silence_is_taken_over_the_union_of_sources() -> None:
    site = Site()
    site.all_runs(GPU, AGENT, run(BEGAN, T0 + 6 * HOUR))
    site.all_runs(GPU, BMC, run(T0 + 6 * HOUR + 10 * MINUTE))
    assert verdict(site) is Verdict.CONFIRMED
    site.all_runs(GPU, BMC, run(T0 + 6 * HOUR + 20 * MINUTE))
    assert verdict(site) is Verdict.CONSISTENT


def test_rule_27_silences_have_their_cause() -> None:
    site = Site()
    silent = (run(BEGAN, T0 + HOUR), run(T0 + 3 * HOUR))
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, *silent)
    assert [each.cause for each in judge(at(), GPU, site.evidence()).silences] == ["unknown"]
    for cause in Cause:
        site.gaps = (Gap("agent", "node", T0 + HOUR, T0 + 3 * HOUR, cause),)
        assert [each.cause for each in judge(at(), GPU, site.evidence()).silences] == [cause.value]
    site.gaps = (*site.gaps, Gap("bmc", "node", T0 + HOUR, T0 + 3 * HOUR, Cause.THEIRS))
    assert [each.cause for each in judge(at(), GPU, site.evidence()).silences] == ["mixed"]


def test_rule_9_what_was_never_heard_before_the_interval_is_no_short_silence() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(T0 + MINUTE))
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.CONSISTENT
    assert [(each.from_at, each.cause) for each in found.silences] == [(None, "unheard")]
    assert "ask_from" in codes(found)
    assert verdict(site, GPU, replace(at(), from_at=T0 + MINUTE)) is Verdict.CONFIRMED


# -- what is gone, what is retired, what moved


def ended(binding: Binding, when: int, end: BindingEnd) -> Binding:
    why = RunEnd.RETIRED if end is BindingEnd.RETIRED else RunEnd.REPLACED
    return replace(binding, until_at=when, end=end, runs=(run(BEGAN, when - MINUTE, until=when, end=why),))


def test_what_a_source_saw_gone_is_not_bridged_as_a_silence() -> None:
    site = Site(known_at=T0 + HOUR + MINUTE)
    gone = [ended(each, T0 + HOUR, BindingEnd.ABSENT) for each in site.assets[GPU].bindings]
    site.bind(GPU, *gone)
    site.where(GPU, stands(TRAY, until_at=T0 + HOUR))
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.STALE  # gone for a minute only, and the limit is 15
    assert found.silences[0].cause == "absent"


def relisted(binding: Binding, gone: int, back: int, end: BindingEnd) -> list[Binding]:
    return [ended(binding, gone, end), replace(binding, from_at=back, runs=(run(back),))]


@pytest.mark.parametrize("end", [BindingEnd.ABSENT, BindingEnd.UNLISTED, BindingEnd.RETIRED])
def test_a_claim_that_ended_for_a_moment_is_no_short_silence(end: BindingEnd) -> None:
    site = Site()
    site.bind(GPU, *relisted(site.assets[GPU].bindings[0], T0 + HOUR, T0 + HOUR + MINUTE, end))
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.CONSISTENT
    assert found.silences[0].length < 15 * MINUTE


def test_what_one_source_saw_gone_for_a_moment_is_not_bridged_by_another_that_was_silent() -> None:
    site = Site()
    agent, bmc = site.assets[GPU].bindings
    silent = replace(bmc, runs=(run(BEGAN, T0 + HOUR - MINUTE), run(T0 + HOUR + 10 * MINUTE)))
    site.bind(GPU, *relisted(agent, T0 + HOUR, T0 + HOUR + 9 * MINUTE, BindingEnd.ABSENT), silent)
    assert verdict(site) is Verdict.CONSISTENT


def test_what_one_source_saw_gone_and_another_goes_on_to_see_is_disputed() -> None:
    site = Site()
    agent, bmc = site.assets[GPU].bindings
    site.bind(GPU, ended(agent, T0 + HOUR, BindingEnd.ABSENT), bmc)
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.DISPUTED
    assert [each.about for each in found.disputes] == ["absence"]
    site.also(GPU, replace(agent, from_at=T0 + HOUR, slot="another", runs=(run(T0 + HOUR),)))
    assert verdict(site) is Verdict.CONFIRMED  # it only changed its slot


def test_rule_19_a_retired_sources_last_claim_is_at_most_stale_and_never_a_rival() -> None:
    site = Site()
    site.bind(GPU, *(ended(each, UNTIL - MINUTE, BindingEnd.RETIRED) for each in site.assets[GPU].bindings))
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.STALE  # a silence of a minute, but nobody will break it
    assert found.silences[0].cause == "retired"
    later = replace(at(), from_at=UNTIL - MINUTE)
    assert verdict(site, GPU, later) is Verdict.STALE
    assert verdict(site, GPU, replace(at(R8), from_at=UNTIL - MINUTE)) is Verdict.UNPROVEN  # no rival
    old = ended(placed(TRAY, Kind.CHASSIS, R8, POWER), T0 - HOUR, BindingEnd.RETIRED)
    site = Site()
    site.also(TRAY, old)
    assert verdict(site) is Verdict.CONFIRMED


def test_rule_12_silence_makes_stale_and_the_last_claim_stays() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(BEGAN, T0 + HOUR))
    found = judge(at(), GPU, site.evidence())
    assert found.verdict is Verdict.STALE
    assert [(each.from_at, each.until_at, each.length) for each in found.silences] == [(T0 + HOUR, None, DAY - HOUR)]
    afterwards = replace(at(), from_at=T0 + 2 * HOUR)
    assert verdict(site, GPU, afterwards) is Verdict.STALE
    assert verdict(site, GPU, replace(afterwards, place=R8)) is not Verdict.CONFIRMED


def test_rule_12_the_last_word_that_it_is_elsewhere_stands_through_silence() -> None:
    site = alone(placed(TRAY, Kind.CHASSIS, R7, SWITCH, run(BEGAN, T0 - HOUR)))
    assert verdict(site, TRAY, at(R8)) is Verdict.CONTRADICTED
    assert verdict(site, TRAY) is Verdict.STALE


def test_rule_10_late_runs_cover_nothing_for_or_against() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(BEGAN, T0 + HOUR), run(T0 + HOUR, timing=Timing.LATE))
    assert verdict(site) is Verdict.STALE
    late = placed(TRAY, Kind.CHASSIS, R8, POWER, run(timing=Timing.LATE))
    site = Site()
    site.also(TRAY, late)
    assert verdict(site) is Verdict.CONFIRMED


def test_rule_10_untimed_reports_carry_identity_at_most_as_reported() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(timing=Timing.UNTIMED))
    site.change(GPU, identity_grade=IdentityGrade.ATTESTED)
    assert verdict(site) is Verdict.CONFIRMED
    assert verdict(site, GPU, at(identity=IdentityGrade.SIGNED)) is Verdict.CONSISTENT


def moved_tray(known_at: int, when: int = T0 + 6 * HOUR) -> Site:
    """The tray was moved from r7 to r8, and everybody saw it."""
    site = Site(known_at)
    old = [replace(each, until_at=when, end=BindingEnd.REPLACED) for each in alone_at(R7, when)]
    new = [replace(each, from_at=when, runs=(run(when),)) for each in alone_at(R8, when)]
    site.bind(TRAY, *old, *new)
    site.where(TRAY, stands(None, R7, until_at=when), stands(None, R8, from_at=when))
    return site


def alone_at(place: str, when: int) -> list[Binding]:
    last = run(BEGAN, when - MINUTE, until=when, end=RunEnd.REPLACED)
    return [placed(TRAY, Kind.CHASSIS, place, AGENT, last), placed(TRAY, Kind.CHASSIS, place, SWITCH, last)]


def test_a_move_contradicts_the_old_place_and_confirms_the_new_one_from_then_on() -> None:
    site = moved_tray(UNTIL)
    moment = T0 + 6 * HOUR
    assert verdict(site, GPU) is Verdict.CONTRADICTED
    assert verdict(site, GPU, stayed()) is Verdict.CONTRADICTED
    assert verdict(site, GPU, replace(at(), until_at=moment)) is Verdict.CONFIRMED
    assert verdict(site, GPU, replace(at(R8), from_at=moment)) is Verdict.CONFIRMED
    assert verdict(site, GPU, stayed(from_at=moment)) is Verdict.CONFIRMED
    assert judge(stayed(), GPU, site.evidence()).place == R7
    assert verdict(site, GPU, at(SITE)) is Verdict.CONFIRMED
    assert verdict(moved_tray(moment), GPU) is Verdict.CONFIRMED  # nobody knew of it yet


def test_a_tolerance_that_outlasts_a_move_says_nothing_against_the_new_place() -> None:
    when = T0 + 6 * HOUR
    site = moved_tray(UNTIL)
    left = [replace(each, until_at=None, end=None, runs=(run(BEGAN, when - MINUTE),)) for each in alone_at(R7, when)]
    site.bind(TRAY, *left, *(each for each in site.assets[TRAY].bindings if each.place == R8))
    assert verdict(site, TRAY, replace(at(R8), from_at=when)) is Verdict.CONFIRMED


def test_rule_18_what_may_be_moving_is_disputed_until_it_is_decided() -> None:
    when = UNTIL - MINUTE
    younger = [replace(each, from_at=when, runs=(run(when),)) for each in tray_at(R8, CORROBORATED)]
    site = alone(*tray_at(R7, SENSED), *younger)
    assert verdict(site, TRAY) is Verdict.CONTRADICTED
    site.where(TRAY, stands(None, R7, until_at=when), stands(None, R7, from_at=when, moving=True))
    found = judge(at(), TRAY, site.evidence())
    assert found.verdict is Verdict.DISPUTED
    assert [(each.about, each.from_at) for each in found.disputes] == [("moving", when)]
    assert verdict(site, TRAY, replace(at(R8), from_at=when)) is Verdict.DISPUTED


# -- lifted evidence


def test_a_card_seen_at_a_port_says_where_its_tray_is_only_while_it_is_known_to_be_in_it() -> None:
    site = alone(placed(TRAY, Kind.CHASSIS, R7, POWER), port()[1])
    assert verdict(site, TRAY) is Verdict.CONFIRMED
    site.all_runs(NIC, AGENT, run(BEGAN, T0 + HOUR))
    assert verdict(site, TRAY) is Verdict.CONSISTENT
    del site.assets[NIC]
    assert verdict(site, TRAY) is Verdict.CONSISTENT


def test_a_card_whose_identity_is_disputed_places_nothing() -> None:
    site = alone(placed(TRAY, Kind.CHASSIS, R7, POWER), port()[1])
    site.change(NIC, identity_disputes=(IdentityDispute(T0, None, "mac_disputed"),))
    assert verdict(site, TRAY) is Verdict.CONSISTENT


def test_evidence_at_different_levels_of_a_chain_corroborates_while_the_chain_holds() -> None:
    site = Site()
    site.bind(TRAY, within(TRAY, Kind.CHASSIS, RACK), placed(TRAY, Kind.CHASSIS, R7, AGENT))
    site.bind(RACK, placed(RACK, Kind.RACK, R7, POWER))
    assert verdict(site) is Verdict.CONFIRMED
    assert verdict(site, RACK) is Verdict.CONSISTENT
    site.bind(
        TRAY, within(TRAY, Kind.CHASSIS, RACK, AGENT, run(BEGAN, T0 + HOUR)), placed(TRAY, Kind.CHASSIS, R7, AGENT)
    )
    assert verdict(site) is not Verdict.CONFIRMED


def test_things_that_stand_in_one_another_confirm_nothing() -> None:
    site = Site()
    site.also(RACK, within(RACK, Kind.RACK, TRAY))
    assert verdict(site) is Verdict.DISPUTED
    assert verdict(site, RACK) is Verdict.UNPROVEN  # the card is in it only by way of the circle


def test_two_containers_at_once_are_disputed() -> None:
    site = Site()
    other = AssetId("tray-2")
    site.put(seen(other, Kind.CHASSIS, stands(None, R7), placed(other, Kind.CHASSIS, R7, SWITCH)))
    site.also(GPU, within(GPU, Kind.GPU, other, POWER))
    assert verdict(site) is Verdict.DISPUTED


# -- claims, documents, sets


@pytest.mark.parametrize(
    "members",
    [
        {"from_at": T0, "until_at": T0, "place": R7},
        {"from_at": T0, "until_at": T0 - 1, "place": R7},
        {},
        {"place": R7, "country": "MY"},
        {"country": "Malaysia"},
        {"place": ""},
        {"predicate": Predicate.STAYED, "country": "MY"},
        {"predicate": Predicate.STAYED, "expected": Expected(counts={Kind.GPU: 8})},
        {"predicate": Predicate.CONTAINS, "place": R7},
        {"predicate": Predicate.CONTAINS, "expected": Expected()},
        {"predicate": Predicate.CONTAINS, "expected": Expected(counts={Kind.GPU: -1})},
        {"place": R7, "max_silence": {Kind.GPU: 0}},
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused(members: dict[str, object]) -> None:
    whole = {"predicate": Predicate.LOCATED_AT, "from_at": T0, "until_at": UNTIL} | members
    with pytest.raises(BadClaim) as caught:
        Claim(**whole)  # type: ignore[arg-type]
    assert (caught.value.status, caught.value.slug) == (422, "bad-claim")


def test_rule_3_the_document_is_canonical_and_names_what_it_is_a_function_of() -> None:
    made = document(judge(at(), GPU, Site().evidence()))
    assert canonical(made)
    assert (made["known_at"], made["ruleset"]) == ("2025-06-16T15:06:40.000Z", "2026-1")
    assert made["judged"] == {"from": "2025-06-15T15:06:40.000Z", "until": "2025-06-16T15:06:40.000Z"}
    assert made["coverage"] == {
        "share": "1.0000",
        "covered_ms": DAY,
        "of_ms": DAY,
        "longest_silence": "none above the tolerance",
    }
    trusted = made["remains_to_trust"]
    assert isinstance(trusted, list)
    assert trusted[0] == {"code": "independent_witnesses", "count": 0}  # said first
    assert {"code": "control_domain", "domain": "net", "sources": "switch", "count": 1} in trusted


def test_rule_3_the_last_report_of_a_run_that_reaches_known_at_is_not_in_the_answer() -> None:
    found = set()
    for last in (T0 + HOUR - 4 * MINUTE, T0 + HOUR, UNTIL):
        site = Site(known_at=T0 + HOUR)
        for asset in (GPU, NIC, TRAY, RACK):
            site.bind(asset, *(replace(each, runs=(run(last=last),)) for each in site.assets[asset].bindings))
        found.add(canonical(document(judge(at(), GPU, site.evidence()))))
    assert len(found) == 1


def test_a_share_is_rounded_down() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(BEGAN, T0 + HOUR), run(T0 + HOUR + 5 * MINUTE + 1))
    made = document(judge(at(), GPU, site.evidence()))
    coverage = made["coverage"]
    assert isinstance(coverage, dict)
    assert coverage["share"] == "0.9999"
    assert made["verdict"] == "confirmed"


def fleet() -> tuple[Evidence, list[AssetId]]:
    site = Site()
    named = [GPU, NIC, TRAY, RACK]
    for number in range(3):
        gpu = AssetId(f"gpu-x{number}")
        last = T0 + number * HOUR
        site.put(seen(gpu, Kind.GPU, stands(TRAY), within(gpu, Kind.GPU, TRAY, AGENT, run(BEGAN, last))))
        named.append(gpu)
    return site.evidence(), named


def test_rule_28_a_set_gets_counts_per_kind_and_verdict_and_its_worst_members() -> None:
    evidence, named = fleet()
    judged = judge_set(at(), named, evidence, worst=3)
    assert judged.counts == {
        Kind.GPU: {Verdict.CONFIRMED: 1, Verdict.STALE: 3},
        Kind.NIC: {Verdict.CONFIRMED: 1},
        Kind.CHASSIS: {Verdict.CONFIRMED: 1},
        Kind.RACK: {Verdict.CONSISTENT: 1},
    }
    assert [each.subject for each in judged.worst] == ["gpu-x0", "gpu-x1", "gpu-x2"]
    assert all(each == judge(at(), each.subject, evidence) for each in judged.worst)
    made = document_of_set(judged)
    assert "verdict" not in made
    assert made["counts"] == {
        "rack": {"consistent": 1},
        "chassis": {"confirmed": 1},
        "gpu": {"stale": 3, "confirmed": 1},
        "nic": {"confirmed": 1},
    }
    again = judge_set(at(), reversed([*named, GPU]), evidence, worst=3)
    assert canonical(document_of_set(again)) == canonical(made)


def test_an_unknown_thing_of_a_set_is_counted_as_unproven() -> None:
    judged = judge_set(at(), [AssetId("nobody-knows-it")], Evidence(UNTIL, {}, Places()))
    assert judged.counts == {None: {Verdict.UNPROVEN: 1}}
    assert document_of_set(judged)["counts"] == {"unknown": {"unproven": 1}}


def test_lifting_helper_keeps_the_claim() -> None:
    card = placed(NIC, Kind.NIC, R7, SWITCH)
    assert lifted(card, TRAY, Kind.CHASSIS).place == R7
