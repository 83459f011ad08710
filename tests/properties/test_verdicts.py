"""Verdicts under any evidence (SEMANTICS rules 3, 26, 27): above all, `confirmed` is never said wrongly.

The oracle below knows nothing of spans: it asks at one instant after another who was heard last and who next.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas.canonical import canonical
from schemas.words import BindingEnd, Kind, Predicate, RunEnd, SourceClass, Timing, Verdict
from service.facts.claims import Claim
from service.facts.document import document, document_of_set
from service.facts.evidence import Evidence, IdentityDispute
from service.facts.judge import judge
from service.facts.policy import CURRENT
from service.facts.records import AssetId, Binding, Run, Source, Whereabouts
from service.facts.sets import judge_set
from tests.support.verdicts import (
    ABROAD,
    GPU,
    HOUR,
    MINUTE,
    NIC,
    PLACES,
    R7,
    R8,
    RACK,
    SITE,
    T0,
    TRAY,
    Site,
    accounted,
    at,
    contains,
    off_record,
    out_of,
    seen,
    stands,
    stayed,
)

GONE = {BindingEnd.ABSENT, BindingEnd.REPLACED}
START, END = T0, T0 + 10 * HOUR
SOURCES = (
    Source("agent", SourceClass.IN_BAND, "op"),
    Source("bmc", SourceClass.OUT_OF_BAND, "vendor"),
    Source("switch", SourceClass.FACILITY, "net"),
    Source("power", SourceClass.FACILITY, "grid"),
    Source("door", SourceClass.FACILITY, "net"),
    Source("stray", SourceClass.FACILITY),
    Source("desk", SourceClass.PERSON, "desk"),
)
MOSTLY_SOUND = st.sampled_from([5, 5, 5, 5, 15, 16, 60, 61, 300])
minutes = st.integers(-120, 660)


@st.composite
def runs(draw: st.DrawFn) -> tuple[Run, ...]:
    """Runs of one source and scope, one after the other; often the whole time."""
    if draw(st.integers(0, 3)):
        timing = draw(st.sampled_from([Timing.FRESH] * 6 + [Timing.UNTIMED, Timing.LATE]))
        whole = Run(START - HOUR, END + HOUR, draw(MOSTLY_SOUND) * MINUTE, timing)
        if draw(st.booleans()):
            return (whole,)
        cut = START + draw(st.integers(0, 600)) * MINUTE
        silent = draw(st.sampled_from([6, 10, 15, 16, 60, 61, 239, 241])) * MINUTE
        return (replace(whole, last=cut), replace(whole, first=cut + silent, last=max(whole.last, cut + silent)))
    out: list[Run] = []
    for first, last in draw(st.lists(st.tuples(minutes, st.integers(0, 300)), max_size=3)):
        begin = START + first * MINUTE
        if out and begin <= out[-1].last:
            continue
        if out and begin <= out[-1].last + out[-1].tolerance:
            out[-1] = replace(out[-1], until=begin, end=RunEnd.REPLACED)
        out.append(Run(begin, begin + last * MINUTE, draw(MOSTLY_SOUND) * MINUTE))
        out.sort(key=lambda each: each.first)
    return tuple(out)


@st.composite
def bindings(draw: st.DrawFn, asset: AssetId, kind: Kind, container: AssetId | None, number: int) -> Binding:
    """A claim about where a thing stands: a container, or else a place."""
    source = draw(st.sampled_from(SOURCES))
    place = None if container else draw(st.sampled_from([R7, R7, R7, R7, R7, f"{R7}/u1", R8, SITE]))
    heard = draw(runs())
    ends = draw(st.integers(0, 4)) == 0
    until_at = START + draw(minutes) * MINUTE if ends else None
    end = draw(st.sampled_from(list(BindingEnd))) if ends else None
    return Binding(
        source,
        "scope",
        f"slot-{number}",
        asset,
        kind,
        min([START - HOUR, *(each.first for each in heard)]),
        until_at,
        end,
        container,
        place=place,
        surveyed=source.source_class is SourceClass.FACILITY and draw(st.integers(0, 4)) > 0,
        runs=heard,
    )


@st.composite
def nearly_whole(draw: st.DrawFn) -> tuple[Run, ...]:
    """Runs over the whole time, but for a silence or two of lengths about the limits."""
    out = [Run(START - HOUR, END + HOUR, draw(st.sampled_from([5, 5, 5, 15, 16])) * MINUTE)]
    for _ in range(draw(st.integers(0, 2))):
        last = out.pop()
        cut = last.first + draw(st.integers(0, 400)) * MINUTE
        silent = draw(st.sampled_from([2, 6, 14, 15, 15, 16, 59, 60, 61, 240, 241])) * MINUTE
        if silent < last.tolerance:
            out.append(replace(last, last=cut, until=cut + silent, end=RunEnd.REPLACED))
        else:
            out.append(replace(last, last=cut))
        out.append(replace(last, first=cut + silent, last=max(last.last, cut + silent)))
    return tuple(out)


def _say(asset: AssetId, kind: Kind, source: Source, container: AssetId | None, heard: tuple[Run, ...]) -> Binding:
    place = None if container else R7
    surveyed = source.source_class is SourceClass.FACILITY and container is None
    begin = heard[0].first
    return Binding(
        source, "node", "x", asset, kind, begin, container=container, place=place, surveyed=surveyed, runs=heard
    )


@st.composite
def sites(draw: st.DrawFn, *, plugged: bool = True) -> Evidence:
    """A GPU, its tray and its rack, half of them nearly sound; with `plugged`, now and then a card in a switch's port.

    The derived whereabouts always show them at r7, so that the evidence alone decides.
    """
    agent, bmc, switch, power = SOURCES[:4]
    sound = draw(st.booleans())

    def some(asset: AssetId, kind: Kind, container: AssetId | None, least: int, most: int) -> tuple[Binding, ...]:
        usual = [agent, bmc] if container else [agent, switch] if kind is Kind.CHASSIS else [switch, power]
        names = [draw(st.sampled_from([name, name, name, draw(st.sampled_from(SOURCES))])) for name in usual]
        said = [_say(asset, kind, name, container, draw(nearly_whole())) for name in names] if sound else []
        count = draw(st.sampled_from([0, 0, 0, 1]) if sound else st.integers(least, most))
        said += [draw(bindings(asset, kind, container, number)) for number in range(count)]
        return tuple(said)

    site = Site(known_at=START + draw(st.sampled_from([300, 600, 720])) * MINUTE)
    site.assets.clear()
    begin = START - 2 * HOUR
    site.put(
        seen(GPU, Kind.GPU, stands(TRAY, from_at=begin), *some(GPU, Kind.GPU, TRAY, 1, 2)),
        seen(
            TRAY,
            Kind.CHASSIS,
            stands(RACK, from_at=begin),
            *some(TRAY, Kind.CHASSIS, RACK, 0, 2),
            *some(TRAY, Kind.CHASSIS, None, 1, 4),
        ),
        seen(RACK, Kind.RACK, stands(None, R7, from_at=begin), *some(RACK, Kind.RACK, None, 0, 3)),
    )
    if plugged and draw(st.booleans()):
        _plug(draw, site, begin)
    return site.evidence()


def _plug(draw: st.DrawFn, site: Site, begin: int) -> None:
    """Put a card into the tray, which a switch sees; the agent may see it gone for a while, and may see it again."""
    agent, switch = SOURCES[0], SOURCES[2]
    inside = [_say(NIC, Kind.NIC, agent, TRAY, draw(nearly_whole()))]
    if draw(st.booleans()):
        gone = START + draw(st.integers(0, 600)) * MINUTE
        back = gone + draw(st.sampled_from([6, 16, 50, 61, 300])) * MINUTE
        before = Run(START - HOUR, gone - MINUTE, 5 * MINUTE, until=gone, end=RunEnd.REPLACED)
        first = replace(inside[0], until_at=gone, end=draw(st.sampled_from(list(BindingEnd))), runs=(before,))
        inside = [first, replace(inside[0], from_at=back, runs=(Run(back, END + HOUR, 5 * MINUTE),))]
    port = _say(NIC, Kind.NIC, switch, None, draw(nearly_whole()))
    site.put(seen(NIC, Kind.NIC, stands(TRAY, from_at=begin), *inside, port))
    site.also(TRAY, replace(port, asset=TRAY, kind=Kind.CHASSIS, lifted_from=NIC))


def during(claim: Claim) -> Claim:
    return replace(claim, from_at=START, until_at=END)


LOCATED = tuple(
    during(each)
    for each in (at(), at(SITE), at(country="MY"), stayed(), out_of(country="SG"), out_of(ABROAD), out_of(R8))
)
OFF_RECORD = during(off_record())
ANYWHERE = during(accounted(None))
ACCOUNTED = (*(during(accounted(place)) for place in (R7, R8, SITE, ABROAD)), ANYWHERE)
CLAIMS = (*LOCATED, *ACCOUNTED, during(contains()), OFF_RECORD)
Fits = Callable[[str], bool]


# -- the oracle


def reach(run: Run, known_at: int) -> int:
    """Until when a run covers."""
    end = run.last + run.tolerance
    return min(known_at, end if run.until is None else min(end, run.until))


def alive(claims: list[Binding], limit: int, moment: int, known_at: int, *, timed: bool = False) -> bool:
    """Whether claims that say the same are heard at a moment, or silent for at most the limit while they stand."""
    good = [
        (max(run.first, claim.from_at), min(reach(run, known_at), claim.until_at or known_at), run)
        for claim in claims
        for run in claim.runs
        if run.timing is not Timing.LATE
        and run.tolerance <= limit
        and not (timed and run.timing is Timing.UNTIMED)
        and claim.source.source_class is not SourceClass.PERSON
    ]
    good = [(begin, end, run) for begin, end, run in good if begin < end]
    if any(begin <= moment < end for begin, end, _ in good):
        return True
    if not any(each.from_at <= moment < (each.until_at or known_at) for each in claims):
        return False
    before = [min(run.last, end) for _, end, run in good if end <= moment]
    after = [begin for begin, _, _ in good if begin > moment]
    bound = min(END, known_at)
    return bool(before) and min([*after, bound]) - max(before) <= limit


def voices(evidence: Evidence, asset: AssetId, moment: int) -> Iterator[tuple[str, str, str, bool]]:
    """Give (domain, source names, place, sensed) of what is said at a moment of the asset and what holds it."""
    found = evidence.assets[asset]
    limit = CURRENT.caps[found.kind]
    placed = [each for each in found.bindings if each.place is not None]
    for key in {(each.source.control_domain, each.place, senses(each)) for each in placed}:
        same = [each for each in placed if (each.source.control_domain, each.place, senses(each)) == key]
        speaking = any(
            each.from_at <= moment < (each.until_at or evidence.known_at)
            and (each.lifted_from is None or plugged(evidence, each.lifted_from, asset, moment))
            for each in same
        )
        if speaking and alive(same, limit, moment, evidence.known_at, timed=True):
            yield key[0], " ".join(sorted({each.source.name for each in same})), key[1] or "", key[2]
    for container in {each.container for each in found.bindings} - {None}:
        links = [each for each in found.bindings if each.container == container]
        if container is not None and alive(links, limit, moment, evidence.known_at):
            yield from voices(evidence, container, moment)


def plugged(evidence: Evidence, part: AssetId, holder: AssetId, moment: int) -> bool:
    """Whether a part is heard to be in its holder, and was not seen gone from it."""
    links = [each for each in evidence.assets[part].bindings if each.container == holder]
    limit = CURRENT.caps[evidence.assets[part].kind]
    return alive(links, limit, moment, evidence.known_at) and not unplugged(evidence, part, moment)


def ends_seen(evidence: Evidence, asset: AssetId, moment: int) -> Iterator[tuple[Binding, int]]:
    """Give the claims that had ended by a moment since their source saw the thing gone, and when."""
    for each in evidence.assets[asset].bindings:
        gone = each.until_at
        if gone is None or not each.from_at < gone <= moment or gone >= min(END, evidence.known_at):
            continue
        if each.end in GONE:
            yield each, gone


def unplugged(evidence: Evidence, asset: AssetId, moment: int) -> bool:
    """Whether a source saw it gone from its container, and has not seen it there since."""
    links = [each for each in evidence.assets[asset].bindings if each.container is not None]
    return any(
        not any(
            other.source.name == each.source.name
            and (other.until_at is None or other.until_at > gone)
            and other.from_at <= moment
            for other in links
        )
        for each, gone in ends_seen(evidence, asset, moment)
        if each.container is not None
    )


def seen_gone(evidence: Evidence, asset: AssetId, moment: int, fits: Fits) -> bool:
    """Whether it was seen gone: from the container that its place rests on, or by a sensing domain from the place."""
    found = evidence.assets[asset].bindings
    own = [each for each in found if each.lifted_from is None and each.place and fits(each.place)]
    for each, gone in ends_seen(evidence, asset, moment):
        domain = [other for other in own if other.source.control_domain == each.source.control_domain]
        if each in own and senses(each) and not any(_heard(evidence, other, gone, moment) for other in domain):
            return True
    if any(each.place for each in found):
        return False
    return unplugged(evidence, asset, moment) or any(
        container is not None and seen_gone(evidence, container, moment, fits)
        for container in {each.container for each in found}
    )


def _heard(evidence: Evidence, binding: Binding, gone: int, moment: int) -> bool:
    for run in binding.runs:
        end = reach(run, evidence.known_at)
        last = end if end == evidence.known_at else min(run.last, end) + 1
        first, last = max(run.first, binding.from_at), min(last, binding.until_at or evidence.known_at)
        if run.timing is not Timing.LATE and first < last and last > gone and first <= moment:
            return True
    return False


def senses(binding: Binding) -> bool:
    return binding.surveyed and binding.source.source_class is SourceClass.FACILITY


def fitting(claim: Claim) -> Fits:
    """Give what tells whether a place is where the claim says that its subject is."""
    place, country = claim.place or (None if claim.country else R7), claim.country
    if claim.predicate is Predicate.NOT_IN:
        return lambda at: (
            not PLACES.agree(at, place) if place else PLACES.country_of(at) not in {None, country}  # either is given
        )
    return lambda at: PLACES.within(at, place) if place else PLACES.country_of(at) == country


def corroborated(evidence: Evidence, asset: AssetId, fits: Fits, moment: int) -> bool:
    """Whether two known domains that agree, one of them sensing, put the asset at one place that fits."""
    heard = [each for each in voices(evidence, asset, moment) if each[0] != "unknown" and fits(each[2])]
    return any(one[3] and one[0] != other[0] and PLACES.agree(one[2], other[2]) for one in heard for other in heard)


def instants(evidence: Evidence) -> list[int]:
    """Every moment at which something begins or ends, and those beside it."""
    edges = {START, END}
    for found in evidence.assets.values():
        for binding in found.bindings:
            edges |= {binding.from_at, binding.until_at or END}
            for run in binding.runs:
                edges |= {run.first, run.last, run.last + run.tolerance, run.until or END}
    near = {edge + step for edge in edges for step in (-1, 0, 1)} | set(range(START, END, HOUR))
    return sorted(moment for moment in near if START <= moment < min(END, evidence.known_at))


@settings(max_examples=250, deadline=None)
@given(sites())
def test_rule_26_confirmed_implies_corroborated_at_every_moment(evidence: Evidence) -> None:
    for claim in LOCATED:
        for subject in (GPU, TRAY, RACK):
            verdict = judge(claim, subject, evidence).verdict
            event(f"{subject} {verdict}")
            if verdict is Verdict.CONFIRMED:
                fits = fitting(claim)
                for moment in instants(evidence):
                    assert corroborated(evidence, subject, fits, moment), moment - START
                    assert not seen_gone(evidence, subject, moment, fits), moment - START


GOOD = {Verdict.CONFIRMED, Verdict.CONSISTENT, Verdict.STALE}


@settings(max_examples=150, deadline=None)
@given(sites(), st.sampled_from([at(country="MY"), at(SITE), at(R7), at(R8)]))
def test_rule_26_what_is_somewhere_is_not_elsewhere(evidence: Evidence, claim: Claim) -> None:
    inside = during(claim)
    outside = replace(inside, predicate=Predicate.NOT_IN)
    for subject in (GPU, TRAY, RACK):
        one, other = judge(inside, subject, evidence).verdict, judge(outside, subject, evidence).verdict
        assert not (one in GOOD and other in GOOD)
        for sure, denied in ((one, other), (other, one)):
            if sure is Verdict.CONFIRMED:
                assert denied is Verdict.CONTRADICTED
        if one is Verdict.CONFIRMED:  # to be outside what does not touch it asks for less than to be within it
            for away in (out_of(country="SG"), out_of(ABROAD)):
                assert judge(during(away), subject, evidence).verdict is Verdict.CONFIRMED


@settings(max_examples=120, deadline=None)
@given(sites(), bindings(TRAY, Kind.CHASSIS, None, 99), runs())
def test_rule_26_a_contradicting_binding_never_makes_a_verdict_confirmed(
    evidence: Evidence, rival: Binding, heard: tuple[Run, ...]
) -> None:
    rival = replace(rival, place=ABROAD, runs=heard)
    found = evidence.assets[TRAY]
    more = replace(evidence, assets={**evidence.assets, TRAY: replace(found, bindings=(*found.bindings, rival))})
    said = any(
        run.timing is not Timing.LATE
        and rival.from_at <= run.first
        and START <= run.first < min(END, evidence.known_at, rival.until_at or END, reach(run, evidence.known_at))
        for run in heard
    )
    claims = [claim for claim in CLAIMS if claim not in (ANYWHERE, OFF_RECORD)]  # places speak against neither
    refused = [claim for claim in claims if claim.predicate is Predicate.CONTAINS or not fitting(claim)(ABROAD)]
    for claim in refused:
        for subject in (GPU, TRAY, RACK):
            after = judge(claim, subject, more).verdict
            if after is Verdict.CONFIRMED:
                assert judge(claim, subject, evidence).verdict is Verdict.CONFIRMED
                assert not said or subject != TRAY or claim.predicate == "contains"


@settings(max_examples=120, deadline=None)
@given(sites(), st.data())
def test_rule_27_taking_supporting_runs_away_never_makes_a_verdict_confirmed(
    evidence: Evidence, data: st.DataObject
) -> None:
    """Unless what was disputed, or said otherwise, was known only by way of a link that nothing supports any more."""
    fewer = {}
    for asset, found in evidence.assets.items():
        kept = tuple(
            replace(each, runs=tuple(run for run in each.runs if data.draw(st.booleans())))
            if each.place != R8
            else each
            for each in found.bindings
        )
        fewer[asset] = replace(found, bindings=kept)
    less = replace(evidence, assets=fewer)
    for claim in CLAIMS:
        for subject in (GPU, TRAY, RACK):
            if judge(claim, subject, less).verdict is Verdict.CONFIRMED:
                before = judge(claim, subject, evidence)
                assert before.verdict in {Verdict.CONFIRMED, Verdict.CONTRADICTED, Verdict.DISPUTED}
                if before.verdict is not Verdict.CONFIRMED:
                    assert before.disputes or before.contradicting
                    assert _lost(evidence, less)


@settings(max_examples=150, deadline=None)
@given(sites())
def test_what_was_heard_of_is_on_record_and_the_absence_of_records_is_never_more_than_consistent(
    evidence: Evidence,
) -> None:
    for subject in (GPU, TRAY, RACK):
        answer = judge(OFF_RECORD, subject, replace(evidence, began=START - HOUR)).verdict
        own = [each for each in evidence.assets[subject].bindings if each.lifted_from is None]
        said = [each for each in own if each.source.source_class is not SourceClass.PERSON]
        heard = any(_heard(evidence, each, moment, moment) for each in said for moment in instants(evidence))
        event(str(answer))
        assert answer is not Verdict.CONFIRMED
        assert heard is (answer is Verdict.CONTRADICTED)


def _lost(evidence: Evidence, less: Evidence) -> bool:
    """Whether a link lost a run."""
    return any(
        len(one.runs) > len(other.runs)
        for asset, found in evidence.assets.items()
        for one, other in zip(found.bindings, less.assets[asset].bindings, strict=True)
        if one.container is not None
    )


def lived_on(evidence: Evidence, later: int, extra: Binding) -> Evidence:
    """Give the same evidence after the database went on living: what was appended at `known_at` or later came in."""
    known_at = evidence.known_at
    assets = {}
    for asset, found in evidence.assets.items():
        kept = []
        for binding in found.bindings:
            open_end = binding.until_at is None or binding.until_at >= known_at
            kept.append(
                replace(
                    binding,
                    runs=tuple(_later(run, known_at, later) for run in binding.runs),
                    until_at=known_at + later if open_end else binding.until_at,
                    end=BindingEnd.ABSENT if open_end else binding.end,
                )
            )
        moved = Whereabouts(known_at, None, None, None, "sin/r1")
        rows = (*(replace(row, until_at=known_at) for row in found.whereabouts), moved)
        disputes = (IdentityDispute(known_at, None, "serial_disputed"),)
        assets[asset] = replace(found, bindings=tuple(kept), whereabouts=rows, identity_disputes=disputes)
    tray = assets[TRAY]
    new = replace(extra, from_at=known_at, runs=(Run(known_at, known_at + HOUR, 5 * MINUTE),), until_at=None)
    assets[TRAY] = replace(tray, bindings=(*tray.bindings, new))
    return replace(evidence, assets=assets)


def _later(run: Run, known_at: int, later: int) -> Run:
    """A run whose coverage reached known_at may have gone on, or been replaced; another can only stay as it is."""
    if run.first >= known_at or reach(replace(run, until=None), known_at) < known_at:
        return run
    if run.until is not None and run.until < known_at:
        return run
    return replace(run, last=max(run.last, known_at + later), until=known_at + 2 * later, end=RunEnd.REPLACED)


@settings(max_examples=120, deadline=None)
@given(sites(), st.integers(1, 300), bindings(TRAY, Kind.CHASSIS, None, 99))
def test_rule_3_what_came_later_changes_no_byte(evidence: Evidence, later: int, extra: Binding) -> None:
    after = lived_on(evidence, later * MINUTE, extra)
    for claim in CLAIMS:
        for subject in (GPU, TRAY, RACK):
            one, other = judge(claim, subject, evidence), judge(claim, subject, after)
            assert canonical(document(one)) == canonical(document(other))


@settings(max_examples=60, deadline=None)
@given(sites(), st.permutations([GPU, TRAY, RACK]))
def test_rule_28_a_set_says_of_each_member_what_is_said_of_it_alone(evidence: Evidence, order: list[AssetId]) -> None:
    for claim in CLAIMS:
        judged = judge_set(claim, order, evidence, worst=3)
        for each in judged.worst:
            assert canonical(document(each)) == canonical(document(judge(claim, each.subject, evidence)))
        assert sum(sum(of_kind.values()) for of_kind in judged.counts.values()) == 3
        assert canonical(document_of_set(judged)) == canonical(
            document_of_set(judge_set(claim, [RACK, GPU, TRAY], evidence, worst=3))
        )


@settings(max_examples=80, deadline=None)
@given(sites())
def test_the_order_of_bindings_and_runs_changes_no_byte(evidence: Evidence) -> None:
    turned = {
        asset: replace(found, bindings=tuple(replace(each, runs=each.runs[::-1]) for each in reversed(found.bindings)))
        for asset, found in reversed(list(evidence.assets.items()))
    }
    for claim in CLAIMS:
        for subject in (GPU, TRAY, RACK):
            one, other = judge(claim, subject, evidence), judge(claim, subject, replace(evidence, assets=turned))
            assert canonical(document(one)) == canonical(document(other))
