"""Step 3: is it fresh, may this source report, and under which terms (SEMANTICS rules 9, 10, 25). Pure."""

from typing import NamedTuple

from consumers.decode import Decoded
from consumers.terms import Term
from schemas.errors import Rejected
from schemas.words import SourceClass, Timing
from service.facts.records import Millis
from service.facts.runs import DEFAULT_LATENESS, timing, tolerance


class Verified(NamedTuple):
    """How a record counts. `until`: the same terms hold for records appended before it."""

    timing: Timing
    tolerance: Millis
    source_class: SourceClass
    clock_offset: Millis
    lateness: Millis
    until: Millis


def verify(decoded: Decoded, at: Millis, term: Term | None, until: Millis) -> Verified:
    """Judge one decoded record at its append time. Raises `Rejected("retired_source")`."""
    if term is None:
        offset, lateness, interval = 0, DEFAULT_LATENESS, None
        source_class = decoded.format.source_class
    elif term.retired:
        raise Rejected("retired_source", f"source {decoded.source} is retired: enrol it again before it reports")
    else:
        offset, lateness, interval = term.clock_offset, term.lateness, term.interval
        source_class = term.source_class or decoded.format.source_class
    return Verified(
        timing(decoded.event, at, offset, lateness),
        tolerance(decoded.format.interval_s * 1000 if interval is None else interval),
        source_class,
        offset,
        lateness,
        until,
    )
