"""`accounted_for`: at every moment a thing is in exactly one account, by what sources see, then by what people say."""

import itertools
from dataclasses import replace

import pytest

from schemas.canonical import canonical
from schemas.words import Account, BindingEnd, Kind, RunEnd, SourceClass, Status, Verdict
from service.facts.accounts import DAY, REPLACED_FOR
from service.facts.claims import BadClaim, Claim
from service.facts.document import document, document_of_set
from service.facts.evidence import AssetEvidence, Explained
from service.facts.judge import judge
from service.facts.judgement import Judgement
from service.facts.records import AssetId, Millis
from service.facts.sets import judge_set
from service.facts.statuses import Accepted, Stated, standing
from tests.support.verdicts import (
    AGENT,
    BEGAN,
    BMC,
    GPU,
    HOUR,
    MINUTE,
    NIC,
    R7,
    R8,
    RACK,
    SITE,
    SWITCH,
    T0,
    TRAY,
    UNTIL,
    Site,
    accounted,
    at,
    run,
    seen,
    stands,
    within,
)

GONE_AT = T0 + 4 * HOUR
LOST = AssetId("gpu-2")


def said(status: Status, from_at: Millis = T0, key: str = "k-1", **more: object) -> Stated:
    """Make a statement about a thing."""
    return replace(Stated(key, 1, status, from_at, "p-1"), **more)  # type: ignore[arg-type]


def pulled(site: Site, at: Millis = GONE_AT) -> None:
    """Let both sources see the GPU gone from the tray, and its whereabouts end."""
    for source in (AGENT, BMC):
        heard = run(last=at - MINUTE, until=at, end=RunEnd.REPLACED)
        site.all_runs(GPU, source, heard)
    ended = (replace(each, until_at=at, end=BindingEnd.ABSENT) for each in site.assets[GPU].bindings)
    site.bind(GPU, *ended)
    site.where(GPU, stands(TRAY, until_at=at))


def judged(site: Site, *statements: Stated, claim: Claim | None = None, of: AssetId = GPU) -> Judgement:
    """Judge the GPU, with what people say of it."""
    site.change(of, statuses=statements)
    return judge(claim or accounted(), of, site.evidence())


def timeline(judgement: Judgement) -> list[tuple[str, int, int]]:
    """Give each account with the hours of the interval that it holds, and check that none is left out."""
    ends = [(each.from_at, each.until_at) for each in judgement.accounts]
    assert ends[0][0] == T0
    assert ends[-1][1] == UNTIL
    assert all(one[1] == other[0] for one, other in itertools.pairwise(ends))
    return [
        (each.why or each.account.value, (each.from_at - T0) // HOUR, (each.until_at - T0) // HOUR)
        for each in judgement.accounts
    ]


def test_what_is_corroborated_in_the_place_all_along_is_confirmed_and_present() -> None:
    answer = judged(Site())
    assert answer.verdict is judge(at(), GPU, Site().evidence()).verdict is Verdict.CONFIRMED
    assert timeline(answer) == [("present", 0, 24)]
    assert answer.accounts[0].place == R7
    assert judged(Site(), claim=accounted(None)).verdict is Verdict.CONFIRMED


def test_what_was_seen_gone_and_of_which_nobody_says_where_it_went_contradicts() -> None:
    site = Site()
    pulled(site)
    answer = judged(site)
    assert answer.verdict is Verdict.CONTRADICTED
    assert timeline(answer) == [("present", 0, 4), ("missing", 4, 24)]
    assert ("a_status_of_it_or_a_source_that_sees_it", (("why", "missing"),)) in {
        (each.code, each.detail) for each in answer.would_raise
    }


@pytest.mark.parametrize(
    ("status", "account"),
    [
        (Status.IN_STOCK, Account.SPARE),
        (Status.IN_TRANSIT, Account.RELEASED),
        (Status.SPARE, Account.SPARE),
        (Status.FAILED, Account.IN_REPAIR),
        (Status.IN_REPAIR, Account.IN_REPAIR),
        (Status.ON_LOAN, Account.ON_LOAN),
        (Status.SCRAPPED, Account.SCRAPPED),
        (Status.SOLD, Account.SOLD),
        (Status.RELEASED, Account.RELEASED),
    ],
)
def test_what_people_say_accounts_for_what_is_not_seen_and_confirms_nothing(status: Status, account: Account) -> None:
    site = Site()
    pulled(site)
    answer = judged(site, said(status, GONE_AT))
    assert answer.verdict is Verdict.CONSISTENT
    assert timeline(answer) == [("present", 0, 4), (account.value, 4, 24)]
    assert answer.accounts[-1].stated == said(status, GONE_AT)
    assert "what_people_said" in {each.code for each in answer.remains_to_trust}


def test_that_somebody_typed_installed_accounts_for_nothing() -> None:
    site = Site()
    pulled(site)
    assert judged(site, said(Status.INSTALLED)).verdict is Verdict.CONTRADICTED


def test_what_is_seen_goes_before_what_is_said() -> None:
    answer = judged(Site(), said(Status.SPARE))
    assert (answer.verdict, timeline(answer)) == (Verdict.CONFIRMED, [("present", 0, 24)])


@pytest.mark.parametrize("status", [Status.SCRAPPED, Status.ON_LOAN, Status.IN_TRANSIT])
def test_what_is_said_to_be_gone_and_is_heard_a_day_later_is_disputed(status: Status) -> None:
    answer = judged(Site(), said(status, T0 - DAY + HOUR))
    assert answer.verdict is Verdict.DISPUTED
    (dispute,) = answer.disputes
    assert (dispute.about, dispute.why, dispute.sources) == ("status", f"said_to_be_{status.value}", ("agent", "bmc"))
    assert judged(Site(), said(status, T0 + HOUR)).verdict is Verdict.CONFIRMED  # a date, not a moment


def test_what_was_released_is_here_until_it_is_accepted() -> None:
    released = said(Status.RELEASED, T0 - 3 * DAY, party="Lessee Ltd", document="DN-7")
    assert judged(Site(), released).verdict is Verdict.CONFIRMED
    accepted = replace(released, accepted=Accepted(T0 - 2 * DAY, "lessee"))
    assert judged(Site(), accepted).verdict is Verdict.DISPUTED


def test_a_release_that_nobody_accepts_in_time_is_overdue_until_somebody_does() -> None:
    site = Site()
    pulled(site)
    released = said(Status.RELEASED, GONE_AT, party="Lessee Ltd", until_at=T0 + 10 * HOUR)
    answer = judged(site, released)
    assert answer.verdict is Verdict.CONTRADICTED
    assert timeline(answer) == [("present", 0, 4), ("released", 4, 10), ("overdue", 10, 24)]
    late = judged(site, replace(released, accepted=Accepted(T0 + 12 * HOUR, "lessee")))
    assert timeline(late)[2:] == [("overdue", 10, 12), ("released", 12, 24)]
    soon = judged(site, replace(released, accepted=Accepted(T0 + 9 * HOUR, "lessee")))
    assert (soon.verdict, timeline(soon)[1:]) == (Verdict.CONSISTENT, [("released", 4, 24)])
    assert "an_acceptance_of_the_release" in {each.code for each in answer.would_raise}
    assert "an_acceptance_of_the_release" not in {each.code for each in soon.would_raise}


def test_the_statement_that_began_last_stands_and_of_two_at_once_the_later_act() -> None:
    site = Site()
    pulled(site)
    out = said(Status.IN_REPAIR, GONE_AT)
    back = said(Status.SPARE, T0 + 9 * HOUR, "k-2", order=2)
    sold = said(Status.SOLD, T0 + 9 * HOUR, "k-3", order=3)
    answer = judged(site, sold, out, back)
    assert timeline(answer) == [("present", 0, 4), ("in_repair", 4, 9), ("sold", 9, 24)]
    assert [each.stated.key for each in standing((sold, out, back), T0, UNTIL)] == ["k-1", "k-3"]


def test_silence_to_the_end_is_stale_and_silence_that_ended_is_not() -> None:
    site = Site()
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(last=T0 + HOUR))
    answer = judged(site)
    assert (answer.verdict, timeline(answer)) == (Verdict.STALE, [("present", 0, 1), ("silent", 1, 24)])
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(last=T0 + HOUR), run(first=T0 + 9 * HOUR))
    answer = judged(site)
    assert answer.verdict is Verdict.CONSISTENT
    assert timeline(answer) == [("present", 0, 1), ("silent", 1, 9), ("present", 9, 24)]


def test_what_is_seen_at_another_place_is_accounted_for_but_not_here() -> None:
    answer = judged(Site(), claim=accounted(R8))
    assert (answer.verdict, timeline(answer)) == (Verdict.CONSISTENT, [("elsewhere", 0, 24)])
    assert answer.accounts[0].place == R7
    assert judged(Site(), claim=accounted(SITE)).verdict is Verdict.CONFIRMED


def test_what_is_heard_and_nobody_says_where_is_present_only_where_no_place_is_asked() -> None:
    site = Site()
    site.bind(TRAY)
    site.bind(RACK)
    site.where(TRAY)
    answer = judged(site)
    assert (answer.verdict, timeline(answer)) == (Verdict.STALE, [("unplaced", 0, 24)])
    anywhere = judged(site, claim=accounted(None))
    assert anywhere.verdict is Verdict.CONSISTENT
    assert [(each.account, each.why) for each in anywhere.accounts] == [(Account.PRESENT, "unplaced")]
    assert anywhere.covered == UNTIL - T0


def test_what_goes_with_its_tray_is_missing_though_its_own_agent_never_saw_it_go() -> None:
    site = Site()
    site.bind(
        TRAY,
        *(
            replace(each, until_at=GONE_AT, end=BindingEnd.ABSENT, runs=(run(last=GONE_AT - MINUTE, until=GONE_AT),))
            for each in site.assets[TRAY].bindings
        ),
    )
    site.where(TRAY, stands(RACK, R7, until_at=GONE_AT))
    for source in (AGENT, BMC):
        site.all_runs(GPU, source, run(last=GONE_AT - MINUTE))
    answer = judged(site)
    assert answer.verdict is Verdict.CONTRADICTED
    assert timeline(answer)[-1] == ("missing", 4, 24)


def test_planned_work_lets_it_be_away_with_its_ticket_and_no_longer() -> None:
    site = Site(explained=(Explained(GONE_AT - HOUR, T0 + 10 * HOUR, frozenset({TRAY}), "CHG-1"),))
    pulled(site)
    answer = judged(site)
    assert timeline(answer) == [("present", 0, 4), ("planned_work", 4, 10), ("missing", 10, 24)]
    assert answer.accounts[1].account is Account.IN_REPAIR
    assert answer.accounts[1].ticket == "CHG-1"


@pytest.mark.parametrize(("status", "why"), [(Status.SPARE, "replaced_by_a_spare"), (Status.INSTALLED, "missing")])
def test_a_known_spare_in_its_slot_explains_the_one_that_came_out(status: Status, why: str) -> None:
    site = Site()
    pulled(site)
    came = replace(
        within(LOST, Kind.GPU, TRAY), slot=f"slot/{GPU}", from_at=GONE_AT, runs=(run(first=GONE_AT, last=UNTIL),)
    )
    site.put(seen(LOST, Kind.GPU, stands(TRAY, from_at=GONE_AT), came))
    site.change(LOST, statuses=(said(status, BEGAN),))
    answer = judged(site)
    assert timeline(answer) == [("present", 0, 4), (why, 4, 24)]
    if status is Status.SPARE:
        assert (answer.verdict, answer.accounts[1].other) == (Verdict.CONSISTENT, LOST)


def test_a_spare_explains_it_for_thirty_days() -> None:
    site = Site(known_at=UNTIL + REPLACED_FOR)
    pulled(site)
    came = replace(
        within(LOST, Kind.GPU, TRAY), slot=f"slot/{GPU}", from_at=GONE_AT + HOUR,
        runs=(run(first=GONE_AT + HOUR, last=UNTIL + REPLACED_FOR),),
    )  # fmt: skip
    site.put(seen(LOST, Kind.GPU, stands(TRAY, from_at=GONE_AT + HOUR), came))
    site.change(LOST, statuses=(said(Status.IN_STOCK, BEGAN),))
    answer = judged(site, claim=accounted(until_at=UNTIL + REPLACED_FOR))
    last = answer.accounts[-1]
    assert (last.why, last.from_at) == ("missing", GONE_AT + REPLACED_FOR)
    assert answer.verdict is Verdict.CONTRADICTED


def test_what_came_later_was_never_seen_before_and_what_nobody_ever_saw_is_unproven() -> None:
    site = Site()
    site.put(AssetEvidence(LOST, Kind.GPU))
    answer = judged(site, of=LOST)
    assert (answer.verdict, timeline(answer)) == (Verdict.UNPROVEN, [("never_seen", 0, 24)])
    answer = judged(site, said(Status.SPARE, T0 + HOUR), of=LOST)
    assert (answer.verdict, timeline(answer)) == (Verdict.CONSISTENT, [("never_seen", 0, 1), ("spare", 1, 24)])
    assert judge(accounted(), AssetId("nobody"), site.evidence()).verdict is Verdict.UNPROVEN


def test_a_country_or_contents_are_asked_of_other_predicates() -> None:
    with pytest.raises(BadClaim, match="accounted_for takes no country"):
        accounted(None, country="MY")


def test_rule_28_a_set_is_counted_by_kind_and_account_each_thing_once() -> None:
    site = Site()
    pulled(site)
    site.put(AssetEvidence(LOST, Kind.GPU, statuses=(said(Status.RELEASED, BEGAN, party="Lessee", document="DN"),)))
    sold = AssetId("gpu-3")
    accepted = said(Status.RELEASED, BEGAN, party="Lessee", document="DN", accepted=Accepted(T0, "lessee"))
    site.put(AssetEvidence(sold, Kind.GPU, statuses=(accepted,)))
    found = judge_set(accounted(), [GPU, NIC, TRAY, RACK, LOST, sold, GPU], site.evidence())
    written = document_of_set(found)
    assert written["accounts"] == {
        "rack": {"present": 1},
        "chassis": {"present": 1},
        "gpu": {"released": 2, "unaccounted": 1},
        "nic": {"present": 1},
    }
    assert written["released"] == {
        "count": 1,
        "listed": [{"party": "Lessee", "document": "DN", "count": 2, "accepted": 1}],
    }
    (lost,) = found.tally.unaccounted if found.tally else ()
    assert (lost.asset, lost.why, lost.since) == (GPU, "missing", GONE_AT)
    assert canonical(document(judge(accounted(), LOST, site.evidence())))


def test_the_classes_of_sources_that_sense_are_still_what_corroborates() -> None:
    """An agent and a controller alone: present, and never confirmed."""
    assert SWITCH.source_class is SourceClass.FACILITY
    site = Site()
    for asset in (TRAY, RACK, NIC):
        site.bind(asset, *(each for each in site.assets[asset].bindings if each.source is not SWITCH))
    answer = judged(site)
    assert (answer.verdict, timeline(answer)) == (Verdict.CONSISTENT, [("present", 0, 24)])
