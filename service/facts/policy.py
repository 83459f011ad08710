"""Limits on silence, per kind, and the ruleset that an answer names (SEMANTICS rule 27)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.words import Kind
from service.facts.records import Millis
from service.facts.runs import INTERVALS_PER_TOLERANCE, MIN_TOLERANCE

MINUTE: Millis = 60_000
HOUR: Millis = 60 * MINUTE

_CAPS: dict[Kind, Millis] = dict.fromkeys(Kind, HOUR) | {
    Kind.RACK: 4 * HOUR,
    Kind.GPU: 15 * MINUTE,
    Kind.DRIVE: 15 * MINUTE,
}


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A version of the rules and its caps: what an answer names. There is one so far (decision 0005)."""

    version: str
    caps: Mapping[Kind, Millis]


CURRENT = Ruleset("2026-1", MappingProxyType(_CAPS))


def effective(asked: Mapping[Kind, Millis], ruleset: Ruleset = CURRENT) -> dict[Kind, Millis]:
    """Give the limit of every kind: what was asked, never above the cap. Pure."""
    return {kind: min(asked.get(kind, ruleset.caps[kind]), ruleset.caps[kind]) for kind in Kind}


def interval_for(limit: Millis) -> Millis | None:
    """Longest report interval whose runs can confirm under `limit`; None where no interval would do."""
    return limit // INTERVALS_PER_TOLERANCE if limit >= MIN_TOLERANCE else None
