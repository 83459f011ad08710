"""What judgements look like in an answer. Pure; every value has a canonical form (no floats, times as RFC 3339)."""

import hashlib
from collections.abc import Iterable, Sequence

from schemas.canonical import Json
from schemas.words import Account, Verdict
from service.facts.claims import Claim
from service.facts.document import by_kind, document, document_of_written
from service.facts.document import claim as claim_document
from service.facts.evidence import Evidence, Gap
from service.facts.judge import Court, judge
from service.facts.judgement import instant
from service.facts.portion_form import Written
from service.facts.portions import Portion, judged, nothing
from service.facts.records import AssetId, Millis
from service.facts.sets import concluded
from service.facts.wording import explain_set

MAX_LISTED = 100  # events, by number and hash
MAX_WORST = 20

_BESIDE = ("claim", "ruleset", "known_at")  # said once, beside the judgements


def one(claim: Claim, asset: AssetId, facts: Evidence) -> dict[str, Json]:
    """Judge one asset; give the ruleset and the verdict with all that it rests on."""
    judgement = judge(claim, asset, facts)
    return {"ruleset": judgement.ruleset, "answer": _without(document(judgement))}


def portion(court: Court, subjects: Iterable[AssetId], named: frozenset[AssetId] | None = None) -> Portion[Written]:
    """Judge a portion of a set; its worst members are written as the answer has them.

    `named`: of whom it may be said which sources speak, and were silent; None: of all.
    """
    return judged(court, subjects, MAX_WORST, named).written(lambda each: _without(document(each)))


def several(claim: Claim, whole: Portion[Written], known_at: Millis) -> dict[str, Json]:
    """Give counts per kind and verdict of a set, and the worst. Never one word (rule 28).

    `silences`, and what remains to be trusted, are those of all sources that speak of the set or of what holds it.
    """
    found = concluded(claim, whole, known_at)
    written = _without(document_of_written(found))
    written["silences"] = {"count": found.silences, "longest": [_silence(gap) for gap in found.longest]}
    return {"ruleset": found.ruleset, "set": written}


def together(claim: Claim, cells: Sequence[tuple[str, bool, Portion[Written]]]) -> list[Json]:
    """Sum up what was found in several cells (name, whether it is simulated, what): those that are simulated apart."""
    found: list[Json] = []
    for simulated in (False, True):
        mine = [(cell, portion) for cell, is_simulated, portion in cells if is_simulated is simulated]
        whole: Portion[Written] = nothing(claim)
        for _, portion in mine:
            whole = whole.joined(portion, 0)
        sums: dict[str, Json] = {"members": whole.members, "counts": by_kind(whole.counts, Verdict)}
        if whole.counted is not None:
            sums["accounts"] = by_kind(whole.counted.accounts, Account)
        words = list[Json](explain_set(sums, claim_document(claim)))
        if mine:
            found.append({"simulated": simulated, "cells": [cell for cell, _ in mine], **sums, "words": words})
    return found


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


def _silence(gap: Gap) -> Json:
    return {
        "source": gap.source,
        "scope": gap.scope,
        "from": instant(gap.from_at),
        "until": instant(gap.until_at),
        "cause": gap.cause.value,
    }
