"""`not_on_record`: at best consistent, since our log is not the world; heard of is contradicted (DESIGN section 7)."""

from dataclasses import replace

import pytest

from schemas.words import BindingEnd, Kind, RunEnd, Status, Verdict
from service.facts.claims import BadClaim
from service.facts.evidence import AssetEvidence, Evidence
from service.facts.judge import judge
from service.facts.judgement import Judgement
from service.facts.records import AssetId
from service.facts.statuses import Accepted, Stated
from tests.support.verdicts import (
    BEGAN,
    GPU,
    HOUR,
    MINUTE,
    PERSON,
    R7,
    RACK,
    T0,
    TRAY,
    Site,
    at,
    off_record,
    run,
    seen,
    stands,
    within,
)

NOBODY = AssetId("serial:SN-404")


def kept(site: Site, **more: object) -> Evidence:
    """Give the evidence of a book that began long before."""
    return replace(replace(site.evidence(), began=BEGAN), **more)  # type: ignore[arg-type]


def of(site: Site, asset: AssetId = GPU, **more: object) -> Judgement:
    """Judge whether nothing speaks of a thing."""
    return judge(off_record(), asset, kept(site, **more))


def codes(answer: Judgement) -> set[str]:
    return {each.code for each in answer.would_raise}


def test_what_no_record_names_is_consistent_and_the_limits_say_why_not_more() -> None:
    answer = of(Site(), NOBODY)
    assert (answer.verdict, answer.contradicting, answer.would_raise) == (Verdict.CONSISTENT, (), ())
    assert {"a_part_that_nobody_reports", "what_other_books_hold"} <= {each.code for each in answer.cannot_see}


def test_what_a_source_heard_of_is_contradicted_with_who_heard_it() -> None:
    answer = of(Site())
    assert answer.verdict is Verdict.CONTRADICTED
    assert {each.source for each in answer.contradicting} == {"agent", "bmc"}


def test_what_only_people_reported_is_disputed() -> None:
    site = Site()
    site.bind(GPU, within(GPU, Kind.GPU, TRAY, PERSON))
    answer = of(site)
    assert answer.verdict is Verdict.DISPUTED
    assert {each.why for each in answer.disputes} == {"a_claim_of_it_stands"}


def test_rule_12_what_fell_silent_before_still_stands_on_record() -> None:
    site = Site()
    for binding in site.assets[GPU].bindings:
        site.all_runs(GPU, binding.source, run(last=T0 - 2 * HOUR))
    assert of(site).verdict is Verdict.DISPUTED
    assert of(site).contradicting == ()


def test_what_was_seen_gone_before_is_on_record_no_more() -> None:
    gone = T0 - HOUR
    heard = run(last=gone - MINUTE, until=gone, end=RunEnd.REPLACED)
    site = Site()
    site.put(
        seen(
            GPU,
            Kind.GPU,
            stands(TRAY, until_at=gone),
            replace(within(GPU, Kind.GPU, TRAY), until_at=gone, end=BindingEnd.ABSENT, runs=(heard,)),
        )
    )
    assert of(site).verdict is Verdict.CONSISTENT


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        (Stated("k", 1, Status.SPARE, BEGAN, "p-1"), Verdict.DISPUTED),
        (Stated("k", 1, Status.ON_LOAN, BEGAN, "p-1"), Verdict.DISPUTED),
        (Stated("k", 1, Status.RELEASED, BEGAN, "p-1"), Verdict.DISPUTED),
        (Stated("k", 1, Status.RELEASED, BEGAN, "p-1", accepted=Accepted(T0, "lessee")), Verdict.CONSISTENT),
        (Stated("k", 1, Status.SOLD, BEGAN, "p-1"), Verdict.CONSISTENT),
        (Stated("k", 1, Status.SPARE, T0 + 48 * HOUR, "p-1"), Verdict.CONSISTENT),
    ],
)
def test_what_people_say_is_theirs_is_on_record(stated: Stated, verdict: Verdict) -> None:
    site = Site()
    site.put(AssetEvidence(NOBODY, Kind.GPU, statuses=(stated,)))
    assert of(site, NOBODY).verdict is verdict


def test_before_the_book_began_and_of_what_names_nothing_or_many_nothing_is_known() -> None:
    answer = of(Site(), NOBODY, began=T0 + HOUR)
    assert (answer.verdict, codes(answer)) == (Verdict.UNPROVEN, {"ask_from"})
    assert of(Site(), NOBODY, began=None).verdict is Verdict.UNPROVEN
    assert of(Site(), began=T0 + HOUR).verdict is Verdict.CONTRADICTED  # what was heard of was heard of
    answer = of(Site(), ambiguous=frozenset({GPU}))
    assert (answer.verdict, codes(answer)) == (Verdict.UNPROVEN, {"an_identifier_that_names_one_thing"})
    assert (answer.contradicting, answer.disputes) == ((), ())


def test_a_card_that_a_port_sees_says_nothing_of_the_rack_that_holds_it() -> None:
    site = Site()
    site.bind(RACK, *(each for each in site.assets[RACK].bindings if each.lifted_from is not None))
    assert of(site, RACK).verdict is Verdict.CONSISTENT
    assert judge(at(R7), RACK, site.evidence()).verdict is not Verdict.UNPROVEN


def test_it_is_asked_of_no_place_and_no_country() -> None:
    for more in ({"place": R7}, {"country": "MY"}):
        with pytest.raises(BadClaim, match="not_on_record takes no"):
            off_record(**more)
