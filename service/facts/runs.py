"""Folding records into runs (SEMANTICS section 2): the small decisions, each a pure function."""

from schemas.words import RunEnd, Timing
from service.facts.records import Millis

MIN_TOLERANCE: Millis = 5 * 60 * 1000
INTERVALS_PER_TOLERANCE = 3
DEFAULT_LATENESS: Millis = 2 * 60 * 1000
BEAT_INTERVAL: Millis = 10 * 1000
OUTAGE: Millis = 3 * BEAT_INTERVAL  # a stretch of at least this without any record at all is ours (rule 12)

_OFFSET_BITS = 40  # records of one partition: 10^12
_PARTITION_BITS = 16
_EPOCH_BITS = 6

LAST_EPOCH = (1 << _EPOCH_BITS) - 1
ACTS_PARTITION = (1 << _PARTITION_BITS) - 1  # runs of retried dead letters: they came by the acts topic


def tolerance(interval: Millis) -> Millis:
    """Longest silence within a run of a source that reports every `interval` (rule 9)."""
    return max(INTERVALS_PER_TOLERANCE * interval, MIN_TOLERANCE)


def timing(event: Millis | None, append: Millis, clock_offset: Millis, lateness: Millis) -> Timing:
    """How a record's event time fits its append time (rule 10); `event` is None where it is unusable."""
    if event is None:
        return Timing.UNTIMED
    return Timing.FRESH if abs(event + clock_offset - append) <= lateness else Timing.LATE


def run_number(epoch: int, partition: int, offset: int) -> int:
    """Number of the run that begins with a record: a 63-bit integer that is a function of its position alone.

    Raises `ValueError` where the position does not fit.
    """
    if not (
        0 <= offset < 1 << _OFFSET_BITS and 0 <= partition < 1 << _PARTITION_BITS and 0 <= epoch < 1 << _EPOCH_BITS
    ):
        msg = f"position (epoch {epoch}, partition {partition}, offset {offset}) is out of range"
        raise ValueError(msg)
    return (epoch << _PARTITION_BITS | partition) << _OFFSET_BITS | offset


def offset_of(number: int) -> int:
    """Offset of the record that a run begins with."""
    return number & ((1 << _OFFSET_BITS) - 1)


def act_number(epoch: int, offset: int) -> int:
    """Number of an act: its offset, above those of all logs that the topic was before. Raises as `run_number`."""
    return run_number(0, 0, offset) + (epoch << _OFFSET_BITS)


def retry_number(act: int) -> int:
    """Number of the run of a dead letter that was put through by an act."""
    epoch, offset = divmod(act, 1 << _OFFSET_BITS)
    return run_number(epoch, ACTS_PARTITION, offset)


def end_cause(last: Millis, run_tolerance: Millis, at: Millis) -> RunEnd:
    """Why a run that was last extended at `last` ends where the next one begins at `at`."""
    return RunEnd.SILENCE if at - last > run_tolerance else RunEnd.REPLACED
