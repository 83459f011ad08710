"""A cell's facts out of its events' bytes alone (SEMANTICS rule 29): whereabouts, sealed runs, findings. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from service.facts.records import Millis


class Where(NamedTuple):
    """One row of whereabouts, with the period in which we believed it (`known_until` None: still)."""

    asset: str
    container: str | None
    container_slot: str | None
    place: str | None
    moving: bool
    disputed: bool
    from_at: Millis
    until_at: Millis | None
    known_from: Millis
    known_until: Millis | None


class SealedRun(NamedTuple):
    """A run that nothing extends any more."""

    run: int
    source: str
    scope: str
    timing: str
    first: Millis
    last: Millis
    until: Millis
    cause: str


class FoundFinding(NamedTuple):
    """A finding as its last event left it."""

    finding: str
    kind: str
    subject: str
    state: str
    opened_at: Millis
    closed_at: Millis | None


@dataclass(slots=True)
class Rebuilt:
    """What the events say, taken in their order."""

    live: dict[str, dict[Millis, Where]] = field(default_factory=dict)
    past: set[Where] = field(default_factory=set)
    runs: dict[int, SealedRun] = field(default_factory=dict)
    findings: dict[str, FoundFinding] = field(default_factory=dict)

    def take(self, raw: bytes) -> None:
        """Take one event's bytes. Kinds that none of this follows from are passed over."""
        event = json.loads(raw)
        match event["kind"]:
            case "whereabouts":
                self._where(event)
            case "run_ended":
                number = int(event["run"])
                self.runs[number] = SealedRun(
                    number, event["source"], event["scope"], event["timing"], _must(event["first"]),
                    _must(event["last"]), _must(event["until"]), event["cause"],
                )  # fmt: skip
            case "finding":
                self.findings[event["finding"]] = FoundFinding(
                    event["finding"], event["finding_kind"], event["about"], event["state"], _must(event["opened_at"]),
                    _at(event["closed_at"]),
                )  # fmt: skip

    def _where(self, event: dict[str, Any]) -> None:
        known = _must(event["at"])
        rows = self.live.setdefault(event["asset"], {})
        for text in event["withdrawn"]:
            row = rows.pop(_must(text))
            if row.known_from < known:
                self.past.add(row._replace(known_until=known))
        for new in event["rows"]:
            from_at = _must(new["from"])
            rows[from_at] = Where(
                event["asset"], new["container"], new["container_slot"], new["place"], new["moving"], new["disputed"],
                from_at, _at(new["until"]), known, None,
            )  # fmt: skip


def rebuild(events: Iterable[bytes]) -> Rebuilt:
    """Rebuild from events in the order of their numbers."""
    rebuilt = Rebuilt()
    for raw in events:
        rebuilt.take(raw)
    return rebuilt


def _must(text: str) -> Millis:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _at(text: str | None) -> Millis | None:
    return None if text is None else _must(text)
