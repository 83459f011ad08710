"""When others than the operator may see a finding: after a time that the cell says, or once it was answered. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.words import FindingKind, Severity
from service.facts.records import Millis

HOUR: Millis = 3_600_000
DEFAULT_HOURS = 72  # where a cell says nothing


class Disclosure(NamedTuple):
    """What a cell says: of a kind, of a severity, or (both None) of all that nothing closer is said of."""

    kind: FindingKind | None
    severity: Severity | None
    hours: int


def disclosed_after(said: Iterable[Disclosure], kind: FindingKind, severity: Severity) -> Millis:
    """Give how long after it was raised a finding is shown to others.

    The closest word counts: of both its kind and severity, then of its kind, then of its severity, then of all; of two
    alike the later one.
    """
    found, best = DEFAULT_HOURS, -1
    for each in said:
        fits = each.kind in {None, kind} and each.severity in {None, severity}
        closeness = 2 * (each.kind is not None) + (each.severity is not None)
        if fits and closeness >= best:
            found, best = each.hours, closeness
    return found * HOUR


def shown_from(before: Millis, answered_at: Millis) -> Millis:
    """Give from when on a finding is shown to others once its operator answered it."""
    return min(before, answered_at)
