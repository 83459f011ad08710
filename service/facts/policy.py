"""Limits on silence, per kind, and the ruleset that an answer names (SEMANTICS rule 27)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.words import Kind
from service.facts.records import Millis

MINUTE: Millis = 60_000
HOUR: Millis = 60 * MINUTE

MIN_TOLERANCE: Millis = 5 * MINUTE
INTERVALS_PER_TOLERANCE = 3

_CAPS: dict[Kind, Millis] = dict.fromkeys(Kind, HOUR) | {
    Kind.RACK: 4 * HOUR,
    Kind.GPU: 15 * MINUTE,
    Kind.DRIVE: 15 * MINUTE,
}


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A version of the rules and its caps. A new version is a new one here; an old one stays for ever."""

    version: str
    caps: Mapping[Kind, Millis]


CURRENT = Ruleset("2026-1", MappingProxyType(_CAPS))
RULESETS: Mapping[str, Ruleset] = MappingProxyType({CURRENT.version: CURRENT})


def effective(asked: Mapping[Kind, Millis], ruleset: Ruleset = CURRENT) -> dict[Kind, Millis]:
    """Give the limit of every kind: what was asked, never above the cap. Pure."""
    return {kind: min(asked.get(kind, ruleset.caps[kind]), ruleset.caps[kind]) for kind in Kind}


def tolerance_of(interval: Millis) -> Millis:
    """Tolerance of a source that reports every `interval` (SEMANTICS rule 9)."""
    return max(INTERVALS_PER_TOLERANCE * interval, MIN_TOLERANCE)


def interval_for(limit: Millis) -> Millis | None:
    """Longest report interval whose runs can confirm under `limit`; None where no interval would do."""
    return limit // INTERVALS_PER_TOLERANCE if limit >= MIN_TOLERANCE else None
