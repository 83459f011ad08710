"""What judgements look like in an answer. Pure; every value has a canonical form (no floats, times as RFC 3339)."""

import hashlib
from collections.abc import Iterable, Sequence

from schemas.canonical import Json
from service.facts.claims import Claim
from service.facts.document import document, document_of_set
from service.facts.evidence import Evidence, Gap
from service.facts.judge import judge
from service.facts.judgement import instant
from service.facts.records import AssetId
from service.facts.sets import judge_set

MAX_LISTED = 100  # events, by number and hash
MAX_WORST = 20
MAX_SILENCES = 20

_BESIDE = ("claim", "ruleset", "known_at")  # said once, beside the judgements


def one(claim: Claim, asset: AssetId, facts: Evidence) -> dict[str, Json]:
    """Judge one asset; give the ruleset and the verdict with all that it rests on."""
    judgement = judge(claim, asset, facts)
    return {"ruleset": judgement.ruleset, "answer": _without(document(judgement))}


def several(
    claim: Claim, assets: Iterable[AssetId], facts: Evidence, named: frozenset[AssetId] | None = None
) -> dict[str, Json]:
    """Judge each of a set; give counts per kind and verdict, and the worst. Never one word (rule 28).

    `silences`, and what remains to be trusted, are those of all sources that speak of the set or of what holds it;
    with `named`, of those that speak of these.
    """
    members = sorted(set(assets))
    judged = judge_set(claim, members, facts, worst=MAX_WORST, named=named)
    written = _without(document_of_set(judged))
    written["worst"] = [_without(document(each)) for each in judged.worst]
    spoke = None if named is None else {each.source.name for asset in named for each in facts.assets[asset].bindings}
    written["silences"] = _silences(each for each in facts.gaps if spoke is None or each.source in spoke)
    return {"ruleset": judged.ruleset, "set": written}


def rests_on(events: Sequence[tuple[int, bytes]]) -> dict[str, Json]:
    """Give how many events, the last one's number, one hash over all their hashes, and each while they are few."""
    together = hashlib.sha256(b"".join(sha256 for _, sha256 in events)).hexdigest()
    listed: list[Json] = [{"n": n, "sha256": sha256.hex()} for n, sha256 in events]
    return {
        "count": len(events),
        "last": events[-1][0] if events else None,
        "sha256": together,
        "listed": listed if len(listed) <= MAX_LISTED else [],
    }


def _without(written: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in written.items() if name not in _BESIDE}


def _silences(gaps: Iterable[Gap]) -> dict[str, Json]:
    """Give how many silences were recorded, and the longest: those that still last first."""
    every = list(gaps)
    longest = sorted(
        every,
        key=lambda gap: (
            gap.until_at is not None,
            gap.from_at - gap.until_at if gap.until_at is not None else gap.from_at,
            gap.source,
            gap.scope,
            gap.from_at,
        ),
    )
    return {
        "count": len(every),
        "longest": [
            {
                "source": gap.source,
                "scope": gap.scope,
                "from": instant(gap.from_at),
                "until": instant(gap.until_at),
                "cause": gap.cause.value,
            }
            for gap in longest[:MAX_SILENCES]
        ],
    }
