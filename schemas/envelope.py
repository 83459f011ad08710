"""The envelope of a record: CloudEvents in Kafka's binary mode. No I/O.

Headers: `ce_type` (which format), `ce_source` (the source's name; the record's key too), `ce_id`,
`ce_time` (event time, RFC 3339 with a zone), `ce_sequence` (optional, digits), `content-type`.
Topics: `telemetry.<cell>`, `acts.<cell>` and `acts.common`.
"""

import re
from datetime import UTC, datetime

TYPE = "ce_type"
SOURCE = "ce_source"
ID = "ce_id"
TIME = "ce_time"
SEQUENCE = "ce_sequence"
CONTENT_TYPE = "content-type"

BEAT_TYPE = "io.holdfast.beat.v1"
ACT_TYPE = "io.holdfast.act.v1"

COMMON = "common"  # the cell-like name of what spans cells; `acts.common` only
TELEMETRY_PREFIX = "telemetry."
ACTS_PREFIX = "acts."

# Cells are part of topic names and of URLs.
CELL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def telemetry_topic(cell: str) -> str:
    """Name of the topic that a cell's sources report to."""
    return TELEMETRY_PREFIX + cell


def acts_topic(cell: str) -> str:
    """Name of the topic that a cell's acts (of persons and programs) go through."""
    return ACTS_PREFIX + cell


def millis(text: str | bytes) -> int | None:
    """Milliseconds since the epoch of an RFC 3339 time, or None where it is no usable time.

    Not usable: no zone, year 0000, nonsense. Years such as 1970 or 2100 are usable, and not fresh.
    """
    try:
        moment = datetime.fromisoformat(text.decode("ascii") if isinstance(text, bytes) else text)
    except (ValueError, UnicodeDecodeError):
        return None
    if moment.tzinfo is None:
        return None
    try:
        delta = moment - _EPOCH
    except OverflowError:
        return None
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def rfc3339(at: int) -> str:
    """Write milliseconds since the epoch as RFC 3339 in UTC, with milliseconds."""
    seconds, rest = divmod(at, 1000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03d}Z"
