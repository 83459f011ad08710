"""`not_in`: only evidence of being elsewhere shows that a thing was not somewhere (DESIGN section 7)."""

from dataclasses import replace

import pytest

from schemas.words import Kind, PlaceGrade, Predicate, Verdict
from service.facts.claims import BadClaim, Claim
from service.facts.judge import judge
from service.facts.records import Places
from tests.support.verdicts import (
    ABROAD,
    AGENT,
    GPU,
    HOUR,
    MINUTE,
    PLACES,
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
    at,
    out_of,
    placed,
    run,
    stands,
)

HALL = "kul/h1"


def verdict(site: Site, claim: Claim, places: Places = PLACES) -> Verdict:
    return judge(claim, GPU, replace(site.evidence(), places=places)).verdict


def test_rule_26_what_is_corroborated_elsewhere_is_confirmed_not_to_be_there() -> None:
    answer = judge(out_of(country="SG"), GPU, Site().evidence())
    assert (answer.verdict, answer.place_grade) == (Verdict.CONFIRMED, PlaceGrade.CORROBORATED)
    assert {each.place for each in answer.supporting if each.place} == {R7}
    assert verdict(Site(), out_of(ABROAD)) is verdict(Site(), out_of(R8)) is Verdict.CONFIRMED


@pytest.mark.parametrize("where", [{"country": "MY"}, {"place": SITE}, {"place": HALL}, {"place": R7}])
def test_rule_26_what_is_there_contradicts(where: dict[str, str]) -> None:
    answer = judge(replace(at(**where), predicate=Predicate.NOT_IN), GPU, Site().evidence())
    assert answer.verdict is Verdict.CONTRADICTED
    assert {each.place for each in answer.contradicting if each.place} == {R7}


def test_silence_is_no_evidence_of_being_elsewhere() -> None:
    """Nothing says that it was in Singapore; that is not enough."""
    site = Site()
    for asset in (GPU, TRAY, RACK):
        site.bind(asset)
    assert verdict(site, out_of(country="SG")) is Verdict.UNPROVEN
    site = Site()
    for source in (AGENT, SWITCH):
        site.all_runs(TRAY, source, run(last=T0 + HOUR), run(first=UNTIL - HOUR))
    assert verdict(site, out_of(country="SG")) is Verdict.CONSISTENT


def test_a_place_that_holds_the_one_named_or_has_no_country_says_nothing() -> None:
    site = Site()
    for asset in (GPU, TRAY, RACK):
        site.bind(asset, *(replace(each, place=HALL) if each.place else each for each in site.assets[asset].bindings))
        site.where(
            asset, *(replace(each, place=HALL) if each.place else each for each in site.assets[asset].whereabouts)
        )
    assert verdict(site, out_of(R8)) is Verdict.UNPROVEN  # it may stand in that very position of the hall
    assert verdict(site, out_of(ABROAD)) is Verdict.CONFIRMED
    assert verdict(Site(), out_of(country="SG"), Places(PLACES.parent)) is Verdict.UNPROVEN


def test_one_moment_there_contradicts_all_the_rest() -> None:
    site = Site()
    moment = run(T0 + HOUR, T0 + HOUR + MINUTE)
    site.also(RACK, replace(placed(RACK, Kind.RACK, ABROAD, POWER, moment), from_at=T0 + HOUR, until_at=T0 + 2 * HOUR))
    site.where(
        RACK,
        replace(stands(None, R7), until_at=T0 + HOUR),
        replace(stands(None, ABROAD), from_at=T0 + HOUR, until_at=T0 + 2 * HOUR),
        replace(stands(None, R7), from_at=T0 + 2 * HOUR),
    )
    answer = judge(out_of(country="SG"), RACK, site.evidence())
    assert answer.verdict in {Verdict.CONTRADICTED, Verdict.DISPUTED}
    assert ABROAD in {each.place for each in answer.contradicting}


@pytest.mark.parametrize("where", [{}, {"place": R7, "country": "MY"}])
def test_it_needs_a_place_or_a_country(where: dict[str, str]) -> None:
    with pytest.raises(BadClaim, match="not_in needs either a place or a country"):
        Claim(Predicate.NOT_IN, T0, UNTIL, **where)  # type: ignore[arg-type]
