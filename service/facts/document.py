"""The JSON documents of judgements: the same judgement, the same members in the same order. Pure."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from schemas.canonical import Json
from schemas.words import Account, Kind, Predicate, Status, Verdict
from service.facts.claims import Claim, Expected
from service.facts.judgement import Difference, Disagreement, Judgement, Silence, Stretch, Witness, instant, share
from service.facts.policy import interval_for
from service.facts.sets import SetJudgement
from service.facts.statuses import Stated
from service.facts.tally import Tally
from service.facts.wording import explain, explain_set

W = TypeVar("W", Account, Verdict)

NONE_ABOVE = "none above the tolerance"


def document(judgement: Judgement) -> dict[str, Json]:
    """Give the answer about one thing. No count of reports and no last report of what reaches `known_at` is in it."""
    longest = judgement.longest
    length = judgement.judged_until - judgement.judged_from
    out: dict[str, Json] = {
        "verdict": judgement.verdict.value,
        "subject": judgement.subject,
        "kind": judgement.kind.value if judgement.kind is not None else None,
        "claim": claim(judgement.claim),
        "ruleset": judgement.ruleset,
        "known_at": instant(judgement.known_at),
        "judged": {"from": instant(judgement.judged_from), "until": instant(judgement.judged_until)},
        "place": judgement.place,
        "grades": {
            "identity": judgement.identity.value if judgement.identity is not None else None,
            "place": judgement.place_grade.value if judgement.place_grade is not None else None,
        },
        "coverage": {
            "share": share(judgement.covered, length),
            "covered_ms": judgement.covered,
            "of_ms": length,
            "longest_silence": _silence(longest) if longest is not None else NONE_ABOVE,
        },
        "silences": [_silence(each) for each in judgement.silences],
        "supporting": [_witness(each) for each in judgement.supporting],
        "contradicting": [_witness(each) for each in judgement.contradicting],
        "disputes": [_dispute(each) for each in judgement.disputes],
        "limits": {
            kind.value: {"max_silence_ms": limit, "report_interval_ms": interval_for(limit)}
            for kind, limit in judgement.limits.items()
        },
        "would_raise": [each.document() for each in judgement.would_raise],
        "remains_to_trust": [each.document() for each in judgement.remains_to_trust],
        "cannot_see": [each.document() for each in judgement.cannot_see],
    }
    if judgement.claim.predicate is Predicate.CONTAINS:
        out["differences"] = [_difference(each) for each in judgement.differences]
    if judgement.claim.predicate is Predicate.ACCOUNTED_FOR:
        out["account"] = judgement.accounts[-1].account.value if judgement.accounts else None
        out["accounts"] = [_stretch(each) for each in judgement.accounts]
    out["words"] = list[Json](explain(out, claim(judgement.claim)))
    return out


def document_of_set(judged: SetJudgement[Judgement]) -> dict[str, Json]:
    """Give the answer about a set: counts per kind and verdict, and the worst members; never one word."""
    return document_of_written(judged.written(document))


def document_of_written(judged: SetJudgement[dict[str, Json]]) -> dict[str, Json]:
    """Give the same of a set whose worst members were written already."""
    out: dict[str, Json] = {
        "claim": claim(judged.claim),
        "ruleset": judged.ruleset,
        "known_at": instant(judged.known_at),
        "members": judged.members,
        "counts": by_kind(judged.counts, Verdict),
        "limits": {
            kind.value: {"max_silence_ms": limit, "report_interval_ms": interval_for(limit)}
            for kind, limit in judged.limits.items()
        },
        "worst": list[Json](judged.worst),
        "remains_to_trust": [each.document() for each in judged.remains_to_trust],
        "cannot_see": [each.document() for each in judged.cannot_see],
    }
    if judged.tally is not None:
        out |= _tally(judged.tally)
    out["words"] = list[Json](explain_set(out, claim(judged.claim)))
    return out


def by_kind(counts: Mapping[Kind | None, Mapping[W, int]], words: Iterable[W]) -> dict[str, Json]:
    """Give counts by kind and word, in the order of the kinds and of the words."""
    order = list(words)
    return {
        kind.value if kind is not None else "unknown": {
            word.value: counts[kind][word] for word in order if word in counts[kind]
        }
        for kind in (*Kind, None)
        if kind in counts
    }


def claim(asked: Claim) -> dict[str, Json]:
    """Give the claim as it was judged."""
    out: dict[str, Json] = {
        "predicate": asked.predicate.value,
        "from": instant(asked.from_at),
        "until": instant(asked.until_at),
    }
    if asked.place is not None:
        out["place"] = asked.place
    if asked.country is not None:
        out["country"] = asked.country
    if asked.expected is not None:
        out["expected"] = _expected(asked.expected)
    out["grades"] = {"identity": asked.identity.value, "place": asked.place_needed.value}
    out["max_silence_ms"] = {kind.value: asked.max_silence[kind] for kind in Kind if kind in asked.max_silence}
    return out


def _expected(expected: Expected) -> dict[str, Json]:
    return {
        "assets": list[Json](sorted(expected.assets)),
        "kinds": [kind.value for kind in Kind if kind in expected.kinds],
        "slots": {asset: expected.slots[asset] for asset in sorted(expected.slots)},
        "counts": {kind.value: expected.counts[kind] for kind in Kind if kind in expected.counts},
        "unknown": list[Json](expected.unknown),
    }


def _tally(found: Tally) -> dict[str, Json]:
    return {
        "accounts": by_kind(found.accounts, Account),
        "released": {
            "count": found.releases,
            "listed": [
                {"party": each.party, "document": each.document, "count": each.count, "accepted": each.accepted}
                for each in found.released
            ],
        },
        "unaccounted": {
            "count": found.missing,
            "listed": [
                {
                    "asset": each.asset,
                    "kind": each.kind.value if each.kind is not None else None,
                    "why": each.why,
                    "since": instant(each.since),
                }
                for each in found.unaccounted
            ],
        },
    }


def _stretch(each: Stretch) -> dict[str, Json]:
    out: dict[str, Json] = {
        "account": each.account.value,
        "from": instant(each.from_at),
        "until": instant(each.until_at),
    }
    if each.why is not None:
        out["why"] = each.why
    if each.place is not None:
        out["place"] = each.place
    if each.stated is not None:
        out["stated"] = _stated(each.stated)
    if each.ticket is not None:
        out["ticket"] = each.ticket
    if each.other is not None:
        out["spare"] = each.other
    return out


def _stated(each: Stated) -> dict[str, Json]:
    out: dict[str, Json] = {"key": each.key, "status": each.status.value, "by": each.by, "from": instant(each.from_at)}
    if each.until_at is not None:
        out["until"] = instant(each.until_at)
    out |= {
        name: value for name in ("party", "document", "ticket", "place") if (value := getattr(each, name)) is not None
    }
    if each.status is Status.RELEASED:
        accepted = each.accepted
        out["accepted"] = (
            None if accepted is None else {"at": instant(accepted.at), "by": accepted.by, "document": accepted.document}
        )
    return out


def _silence(each: Silence) -> dict[str, Json]:
    return {
        "from": instant(each.from_at),
        "until": instant(each.until_at),
        "length_ms": each.length,
        "of": each.child,
        "kind": each.kind.value,
        "in": each.parent,
        "sources": [{"source": source, "scope": scope} for source, scope in each.sources],
        "cause": each.cause,
        "above_limit": each.above_limit,
    }


def _witness(each: Witness) -> dict[str, Json]:
    out: dict[str, Json] = {
        "asset": each.asset,
        "source": each.source,
        "class": each.source_class,
        "control_domain": each.control_domain,
        "scope": each.scope,
        "slot": each.slot,
    }
    if each.container is not None:
        out["container"] = each.container
    if each.place is not None:
        out["place"] = each.place
    if each.lifted_from is not None:
        out["by_way_of"] = each.lifted_from
    out["grade"] = each.grade
    out["from"] = instant(each.from_at)
    out["until"] = instant(each.until_at)
    return out


def _dispute(each: Disagreement) -> dict[str, Json]:
    return {
        "asset": each.asset,
        "about": each.about,
        "why": each.why,
        "sources": list[Json](each.sources),
        "from": instant(each.from_at),
        "until": instant(each.until_at),
    }


def _difference(each: Difference) -> dict[str, Json]:
    out: dict[str, Json] = {
        "asset": each.asset,
        "kind": each.kind.value if each.kind is not None else None,
        "what": each.what,
        "from": instant(each.from_at),
        "until": instant(each.until_at),
        "explained_by": each.explained_by,
    }
    if each.late:
        out["late_ms"] = each.late
    if each.expected is not None or each.found is not None:
        out["expected"] = each.expected
        out["found"] = each.found
    if each.given is not None:
        out["given"] = each.given
    return out
