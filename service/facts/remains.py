"""Beside the verdict: what would raise it, what remains to be trusted, and what this system cannot see.

All are codes with parameters, in a fixed order; words for people are made elsewhere. Pure; standard library alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.words import Account, Kind, PlaceGrade, Predicate, Status, Timing, Verdict, rank
from service.facts.chain import Chain, Mode
from service.facts.claims import Claim
from service.facts.judgement import Code, Silence, Stretch, code, instant, named
from service.facts.policy import interval_for
from service.facts.records import UNKNOWN_DOMAIN, AssetId, Binding, Millis
from service.facts.trust import senses, trust_in, trusted


def would_raise(
    claim: Claim, chain: Chain, bindings: Sequence[Binding], limits: Mapping[Kind, Millis], *, silent: Sequence[Silence]
) -> Iterator[Code]:
    """Say what evidence would raise a verdict that is not `confirmed`."""
    yield from _too_slow(chain, bindings, limits)
    yield from _silent(silent, limits)
    if claim.predicate is not Predicate.CONTAINS:
        yield from _placed(claim, chain, bindings)
    weakest = min((chain.identity_of(each) for each in bindings), key=rank, default=None)
    if weakest is not None and rank(weakest) < rank(claim.identity):
        yield code("identity_at_least", asked=claim.identity.value, found=weakest.value)
    judged = sorted({each.asset for each in bindings if not chain.by_slot(each.asset)})
    for name, wanting in (("an_identifier", _nameless), ("an_identity_that_rests_on_no_merge", _merged)):
        if count := sum(wanting(chain, asset) for asset in judged):
            yield code(name, count=count)
    untimed = sorted({each.source.name for each in bindings if any(run.timing is Timing.UNTIMED for run in each.runs)})
    if untimed:
        yield code("usable_time_in_reports", **named(untimed))
    if not bindings:
        yield code("a_source_that_reports_it")


def wanting(accounts: Iterable[Stretch]) -> Iterator[Code]:
    """Say what would account for a thing that is not accounted for, or better, and whose word is missing."""
    stretches = list(accounts)
    last = stretches[-1] if stretches else None
    if last is not None and last.account is Account.UNACCOUNTED:
        yield code("a_status_of_it_or_a_source_that_sees_it", why=last.why)
    for each in stretches:
        stated = each.stated
        if stated is not None and stated.status is Status.RELEASED and stated.accepted is None:
            yield code("an_acceptance_of_the_release", key=stated.key, party=stated.party)


def _nameless(chain: Chain, asset: AssetId) -> bool:
    found = chain.of(asset)
    return found is not None and not found.named


def _merged(chain: Chain, asset: AssetId) -> bool:
    found = chain.of(asset)
    return found is not None and found.merged


def _too_slow(chain: Chain, bindings: Iterable[Binding], limits: Mapping[Kind, Millis]) -> Iterator[Code]:
    slow: dict[Kind, set[str]] = {}
    for binding in bindings:
        found = chain.of(binding.asset)
        kind = found.kind if found is not None else binding.kind
        if any(run.tolerance > limits[kind] and run.timing is not Timing.LATE for run in binding.runs):
            slow.setdefault(kind, set()).add(binding.source.name)
    for kind in sorted(slow):
        yield code(
            "report_interval_at_most",
            kind=kind.value,
            interval_ms=interval_for(limits[kind]),
            **named(sorted(slow[kind])),
        )


def _silent(silent: Sequence[Silence], limits: Mapping[Kind, Millis]) -> Iterator[Code]:
    starts = [each.until_at for each in silent if each.from_at is None and each.until_at is not None]
    if starts:
        yield code("ask_from", at=instant(max(starts)))
    for kind in sorted({each.kind for each in silent if each.above_limit and each.from_at is not None}):
        yield code("no_silence_above", kind=kind.value, limit_ms=limits[kind])


def _placed(claim: Claim, chain: Chain, bindings: Sequence[Binding]) -> Iterator[Code]:
    placed = [each for each in bindings if each.place is not None and any(chain.spans(each, Mode.RAW))]
    sensed = [each for each in placed if senses(each)]
    domains = {each.source.control_domain for each in placed} - {UNKNOWN_DOMAIN, ""}
    if not sensed:
        yield code("a_facility_source_at_a_surveyed_position")
    if len(domains) < 2:  # noqa: PLR2004 -- two domains are what corroborates
        yield code("a_source_of_another_control_domain", have=", ".join(sorted(domains)) or None)
    unknown = sorted({each.source.name for each in placed if each.source.control_domain in {UNKNOWN_DOMAIN, ""}})
    if unknown:
        yield code("control_domain_of_sources", **named(unknown))
    if claim.place_needed is PlaceGrade.INSPECTED:
        yield code("an_inspection_on_site")


def remains_to_trust(chain: Chain, bindings: Iterable[Binding]) -> Iterator[Code]:
    """Say what remains to be trusted of what these bindings say."""
    return trusted(trust_in(chain, bindings))


def cannot_see(claim: Claim, nameless: int, verdict: Verdict) -> Iterator[Code]:
    """Say what software cannot see, whatever the verdict; `nameless`: so many parts are told by their slots alone."""
    yield code("an_unpowered_box_in_a_warehouse")
    if claim.predicate is Predicate.CONTAINS:
        yield code("a_part_that_nobody_reports")
        if nameless:
            yield code("a_part_without_identifier_changed_for_another", count=nameless)
    elif claim.predicate is Predicate.NOT_ON_RECORD:
        yield code("a_part_that_nobody_reports")
        yield code("what_other_books_hold")
    else:
        yield code("a_device_does_not_sense_where_it_is")
    if verdict is Verdict.CONFIRMED:
        yield code("what_happened_within_the_silences_allowed")
