"""`accounted_for` under any evidence: every moment in one account, and in the one that the rules give it.

The oracle knows nothing of spans and layers: it asks at one instant after another who was heard last, who next, and
what was said last.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas.words import Account, Kind, Status, Timing, Verdict
from service.facts.claims import Claim
from service.facts.evidence import Evidence
from service.facts.judge import judge
from service.facts.policy import CURRENT
from service.facts.records import AssetId, Binding, Run
from service.facts.sets import judge_set
from service.facts.statuses import ACCOUNT, Accepted, Stated
from tests.properties.test_verdicts import ACCOUNTED, END, GONE, LOCATED, START, Fits, instants, reach, sites
from tests.support.verdicts import GPU, HOUR, MINUTE, PLACES, RACK, TRAY

HOURS = st.integers(-3, 12)


@st.composite
def statements(draw: st.DrawFn) -> tuple[Stated, ...]:
    """What people say of one thing, each by its own act; often nothing."""
    out = []
    for order in range(draw(st.sampled_from([0, 0, 1, 2, 3]))):
        status = draw(st.sampled_from(Status))
        since, until, taken = (START + draw(HOURS) * HOUR for _ in range(3))
        ends = until if until > since and draw(st.booleans()) else None
        accepted = Accepted(taken, "party-1") if status is Status.RELEASED and draw(st.booleans()) else None
        out.append(Stated(f"k-{order}", order, status, since, "p-1", ends, accepted=accepted))
    return tuple(draw(st.permutations(out)))


@st.composite
def said_of(draw: st.DrawFn) -> Evidence:
    """A site, and what people say of what is there."""
    evidence = draw(sites(plugged=False))
    return replace(
        evidence,
        assets={asset: replace(found, statuses=draw(statements())) for asset, found in evidence.assets.items()},
    )


def spoken(claims: Sequence[Binding], limit: int, moment: int, known_at: int, timings: set[Timing]) -> bool:
    """Whether claims are heard at a moment, or silent for at most the limit while one of them stands throughout."""
    good = []
    for claim in claims:
        until_at = claim.until_at or known_at
        for run in claim.runs:
            begin, end = max(run.first, claim.from_at), min(reach(run, known_at), until_at)
            if run.timing in timings and begin < end:
                good.append((begin, end, _last(run, end, known_at)))
    if any(begin <= moment < end for begin, end, _ in good):
        return True
    bound = min(END, known_at)
    before = [(last, end) for _, end, last in good if end <= moment]
    after = min([bound, *(begin for begin, _, _ in good if begin > moment)])
    if not before or after - max(last for last, _ in before) > limit:
        return False
    silent = max(end for _, end in before)
    edges = {silent, *(edge for claim in claims for edge in (claim.from_at, claim.until_at or known_at))}
    return all(
        any(claim.from_at <= edge < (claim.until_at or known_at) for claim in claims)
        for edge in edges
        if silent <= edge < after
    )


def _last(run: Run, end: int, known_at: int) -> int:
    """When a run was last heard, as far as may be known of it."""
    covered = run.last + run.tolerance
    if run.until is not None and run.until < known_at:
        covered = min(covered, run.until)
    return min(end, known_at if covered >= known_at else min(run.last, covered))


COVER = {Timing.FRESH, Timing.UNTIMED}


def spoken_of(evidence: Evidence, asset: AssetId, moment: int) -> bool:
    """Whether anything is heard of it, wherever it is."""
    found = evidence.assets[asset]
    return spoken(found.bindings, CURRENT.caps[found.kind], moment, evidence.known_at, COVER)


def put_at(evidence: Evidence, asset: AssetId, moment: int, fits: Fits) -> bool:
    """Whether anybody puts it at a place that fits, by whatever steps."""
    found = evidence.assets[asset]
    limit = CURRENT.caps[found.kind]
    placed = [each for each in found.bindings if each.place is not None and fits(each.place)]
    for source in {(each.source.control_domain, each.place, each.surveyed) for each in placed}:
        same = [each for each in placed if (each.source.control_domain, each.place, each.surveyed) == source]
        if any(spoken(same, limit, moment, evidence.known_at, {timing}) for timing in COVER):
            return True
    for container in {each.container for each in found.bindings} - {None}:
        links = [each for each in found.bindings if each.container == container]
        inside = container is not None and spoken(links, limit, moment, evidence.known_at, COVER)
        if inside and container is not None and put_at(evidence, container, moment, fits):
            return True
    return False


def stood_last(evidence: Evidence, asset: AssetId, moment: int) -> Stated | None:
    """What was said last of it, by a moment."""
    begun = [each for each in evidence.assets[asset].statuses if each.from_at <= moment]
    return max(begun, key=lambda each: (each.from_at, each.order), default=None)


def overdue(stated: Stated, moment: int) -> bool:
    """Whether it was expected by now: back, or accepted."""
    taken = stated.accepted is not None and stated.accepted.at <= moment
    return stated.until_at is not None and stated.until_at <= moment and not taken


def lost(evidence: Evidence, asset: AssetId, moment: int) -> bool:
    """Whether it, or what it stands in, was seen gone, and nobody lists it now."""
    found = evidence.assets[asset].bindings
    known_at = evidence.known_at
    now = [each for each in found if each.from_at <= moment < (each.until_at or known_at)]
    bound = min(END, known_at)
    went = any(
        each.end in GONE and each.until_at and each.until_at <= moment and each.until_at < bound for each in found
    )
    if went and not now:
        return True
    return any(each.container is not None and lost(evidence, each.container, moment) for each in now)


def expected(evidence: Evidence, claim: Claim, asset: AssetId, moment: int) -> tuple[Account, str | None]:
    """Give the account of a moment, and why it is in none."""
    place = claim.place
    here: Fits = (lambda at: PLACES.within(at, place)) if place else (lambda at: at in PLACES.parent)
    if put_at(evidence, asset, moment, here):
        return Account.PRESENT, None
    stated = stood_last(evidence, asset, moment)
    account = None if stated is None else ACCOUNT[stated.status]
    late = stated is not None and overdue(stated, moment)
    if account is not None and not late:
        return account, None
    if place and put_at(evidence, asset, moment, lambda at: not PLACES.agree(at, place)):
        return Account.ELSEWHERE, None
    if spoken_of(evidence, asset, moment):
        return (Account.UNACCOUNTED, "unplaced") if place else (Account.PRESENT, "unplaced")
    return Account.UNACCOUNTED, "overdue" if account is not None else why(evidence, asset, moment)


def why(evidence: Evidence, asset: AssetId, moment: int) -> str:
    """Say why nobody, sources or people, accounts for it."""
    if lost(evidence, asset, moment):
        return "missing"
    return "silent" if any(each.from_at <= moment for each in evidence.assets[asset].bindings) else "never_seen"


def moments(evidence: Evidence) -> Iterator[int]:
    """Give every moment at which something begins or ends, what people say included."""
    yield from instants(evidence)
    for found in evidence.assets.values():
        for each in found.statuses:
            for edge in (each.from_at, each.until_at, each.accepted.at if each.accepted else None):
                if edge is not None and START <= edge < min(END, evidence.known_at):
                    yield edge


@settings(max_examples=200, deadline=None)
@given(said_of(), st.sampled_from(ACCOUNTED))
def test_every_moment_is_in_the_one_account_that_the_rules_give_it(evidence: Evidence, claim: Claim) -> None:
    for subject in (GPU, TRAY, RACK):
        answer = judge(claim, subject, evidence)
        assert [each.from_at for each in answer.accounts] == [
            claim.from_at,
            *(each.until_at for each in answer.accounts[:-1]),
        ]
        assert answer.accounts[-1].until_at == min(END, evidence.known_at)
        for moment in moments(evidence):
            (now,) = [each for each in answer.accounts if each.from_at <= moment < each.until_at]
            found = (now.account, now.why)
            assert found == expected(evidence, claim, subject, moment), (subject, (moment - START) / MINUTE)
            event(f"{found[0]} {found[1]}")


@settings(max_examples=150, deadline=None)
@given(said_of())
def test_rule_26_the_verdict_is_the_worst_that_the_accounts_allow(evidence: Evidence) -> None:
    """Confirmed only where the place itself is; never above what is missing, overdue, or silent to the end."""
    for claim, place in zip(ACCOUNTED[:1], LOCATED[:1], strict=True):
        for subject in (GPU, TRAY, RACK):
            answer = judge(claim, subject, evidence)
            whys = {each.why for each in answer.accounts if each.account is Account.UNACCOUNTED}
            if answer.verdict is Verdict.CONFIRMED:
                assert judge(place, subject, evidence).verdict is Verdict.CONFIRMED
                assert not whys
            if whys & {"missing", "overdue"}:
                assert answer.verdict is Verdict.CONTRADICTED
            if answer.accounts[-1].account is Account.UNACCOUNTED:
                assert answer.verdict not in {Verdict.CONFIRMED, Verdict.CONSISTENT}
            event(str(answer.verdict))


@settings(max_examples=60, deadline=None)
@given(said_of(), st.sampled_from(ACCOUNTED))
def test_rule_28_every_thing_of_a_set_is_counted_once_where_it_ends(evidence: Evidence, claim: Claim) -> None:
    judged = judge_set(claim, [GPU, TRAY, RACK, TRAY], evidence)
    assert judged.tally is not None
    for subject, kind in ((GPU, Kind.GPU), (TRAY, Kind.CHASSIS), (RACK, Kind.RACK)):
        last = judge(claim, subject, evidence).accounts[-1].account
        assert judged.tally.accounts[kind] == {last: 1}
    lost_things = {each.asset for each in judged.tally.unaccounted}
    counted = sum(of_kind.get(Account.UNACCOUNTED, 0) for of_kind in judged.tally.accounts.values())
    assert len(lost_things) == judged.tally.missing == counted
