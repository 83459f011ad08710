"""How time goes by in one partition: the running maximum of append time, and what breaks it (SEMANTICS rules 1, 6, 12).

Pure. A record that states no usable append time (a simulated cell's are its creator's) moves no clock.
"""

from consumers.batch import Batch, Change
from consumers.records import Record
from schemas.canonical import canonical
from schemas.errors import Rejected
from service.facts.records import Millis
from service.facts.runs import OUTAGE

ACTS, TELEMETRY = 0, 1  # ranks in the order of rule 5
CLOCK_STEP: Millis = 60_000  # a step back of the broker's clock above this is ours (rule 6)
TOO_LATE: Millis = 253_370_764_800_000  # year 9999: what lies within a tolerance of it can still be written


class Clock:
    """`applied` is the append time up to which a partition is applied, `last` that of its last record (None: none)."""

    __slots__ = ("applied", "last")

    def __init__(self, applied: Millis, last: Millis | None) -> None:
        self.applied = applied
        self.last = last

    def note(self, record: Record, rank: int, batch: Batch) -> Millis:
        """Move to a record's append time; note a stretch without any record, and a clock that stepped back.

        Raises `Rejected("bad_time")` where the record states no usable time: nothing moves then.
        """
        stated = record.timestamp
        if not 0 <= stated < TOO_LATE:
            raise Rejected(
                "bad_time", f"its append time is {stated} ms since 1970: write it with times below year 9999"
            )
        at, before = max(stated, self.applied), self.last
        if before is not None:
            order = (at, rank, record.partition, record.offset, 0)
            self._break(order, stated if before - stated > CLOCK_STEP else None, batch)
        self.applied, self.last = at, stated
        return at

    def resume(self, at: Millis, record: Record, batch: Batch) -> None:
        """Move to when a suspended partition counted again: what rested is known from then on (rule 6)."""
        if at <= self.applied:
            return
        if self.last is not None:  # -1: `note` may have more to say of the very same record, as its 0
            self._break((at, TELEMETRY, record.partition, record.offset, -1), None, batch)
        self.applied = at

    def _break(self, order: tuple[Millis, int, int, int, int], back: Millis | None, batch: Batch) -> None:
        """Note an outage up to a place in the order of rule 5, and a clock that stepped back to a moment there."""
        at = order[0]
        silent = outage(self.applied, at)
        if silent:
            batch.outages.append((self.applied, at))
        if silent or back is not None:
            detail = canonical({"from": self.applied, "until": at, "stepped_back_to": back})
            batch.changes.append(Change(*order, "outage", None, detail))


def outage(before: Millis, at: Millis) -> bool:
    """Whether a stretch without any record is ours. Pure."""
    return at - before >= OUTAGE
