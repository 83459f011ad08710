"""A portion of a set as JSON, and back: what is kept of it until the last is judged. Pure; standard library alone."""

from collections.abc import Mapping
from typing import Any, TypeVar

from schemas.canonical import Json
from schemas.words import Account, Cause, Kind, Verdict
from service.facts.evidence import Gap
from service.facts.portions import Portion
from service.facts.records import AssetId
from service.facts.tally import Counted, Unaccounted
from service.facts.trust import Trust

Written = dict[str, Json]
W = TypeVar("W", Account, Verdict)


def dump(portion: Portion[Written]) -> dict[str, Json]:
    """Give the JSON form of a portion whose worst members were written."""
    trust = portion.trust
    return {
        "members": portion.members,
        "counts": _counts(portion.counts),
        "worst": [[list(order), written] for order, written in portion.worst],
        "counted": _counted(portion.counted) if portion.counted is not None else None,
        "domains": {domain: list[Json](sorted(names)) for domain, names in trust.domains.items()},
        "alone": {kind.value: list[Json](sorted(names)) for kind, names in trust.alone.items()},
        "senses": trust.senses,
        "unsigned": trust.unsigned,
        "nameless": list[Json](sorted(trust.nameless)),
        "silences": dict(portion.silences),
        "longest": [
            [each.source, each.scope, each.from_at, each.until_at, each.cause.value] for each in portion.longest
        ],
    }


def load(form: Mapping[str, Any]) -> Portion[Written]:
    """Give the portion of a JSON form."""
    counted = form["counted"]
    return Portion(
        form["members"],
        _counts_of(form["counts"], Verdict),
        tuple(((order[0], order[1], AssetId(order[2])), written) for order, written in form["worst"]),
        _counted_of(counted) if counted is not None else None,
        Trust(
            {domain: frozenset(names) for domain, names in form["domains"].items()},
            {Kind(kind): frozenset(names) for kind, names in form["alone"].items()},
            form["senses"],
            form["unsigned"],
            frozenset(map(AssetId, form["nameless"])),
        ),
        form["silences"],
        tuple(Gap(source, scope, since, until, Cause(cause)) for source, scope, since, until, cause in form["longest"]),
    )


def _counted(found: Counted) -> Json:
    return {
        "accounts": _counts(found.accounts),
        "released": [[*to, *how_many] for to, how_many in sorted(found.released.items(), key=str)],
        "lost": [[each.asset, each.kind.value if each.kind else None, each.why, each.since] for each in found.lost],
        "missing": found.missing,
    }


def _counted_of(form: Mapping[str, Any]) -> Counted:
    return Counted(
        _counts_of(form["accounts"], Account),
        {(party, paper): (count, accepted) for party, paper, count, accepted in form["released"]},
        tuple(Unaccounted(AssetId(asset), _kind(kind), why, since) for asset, kind, why, since in form["lost"]),
        form["missing"],
    )


def _counts(counts: Mapping[Kind | None, Mapping[W, int]]) -> Json:
    return {kind.value if kind else "": {word.value: n for word, n in each.items()} for kind, each in counts.items()}


def _counts_of(form: Mapping[str, Mapping[str, int]], word: type[W]) -> dict[Kind | None, dict[W, int]]:
    return {_kind(kind): {word(name): n for name, n in each.items()} for kind, each in form.items()}


def _kind(kind: str | None) -> Kind | None:
    return Kind(kind) if kind else None
