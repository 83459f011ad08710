"""Step 2: bytes of a known format become an observation. Pure; raises `Rejected` and nothing else."""

from typing import NamedTuple

from consumers.records import Record
from schemas import formats
from schemas.envelope import SOURCE, TIME, TYPE, millis
from schemas.errors import Rejected
from schemas.inventory import check_name
from schemas.report import Format, Message, Observation


class Decoded(NamedTuple):
    """What a record says: its source, what was observed, when by the sender's word (None: no usable time)."""

    source: str
    format: Format
    observation: Observation
    event: int | None


def source_of(record: Record, headers: dict[str, bytes]) -> str:
    """Name of the source. Raises `Rejected` with `no_source`, `key_mismatch` or `bad_name`."""
    stated = headers.get(SOURCE)
    raw = record.key if stated is None else stated
    if raw is None:
        raise Rejected("no_source", f"the record names no source: set its key and the header {SOURCE}")
    if record.key != raw:
        raise Rejected("key_mismatch", f"the record's key is not its {SOURCE}: key every record by its source")
    try:
        return check_name("source", raw.decode())
    except UnicodeDecodeError as exc:
        raise Rejected("bad_name", "the source's name is not UTF-8") from exc


def decode(record: Record) -> Decoded:
    """Decode one record. Raises `Rejected` with a stable code."""
    headers = dict(record.headers)
    source = source_of(record, headers)
    if record.value is None:
        raise Rejected("tombstone", "the record has no body: nothing is deleted here; send a report")
    stated = headers.get(TYPE)
    if stated is None:
        raise Rejected("no_type", f"the record has no header {TYPE}: say which format it is in")
    known = formats.by_type(stated.decode("utf-8", "replace"))
    observation = known.decode(Message(record.value, headers, record.key))
    time = headers.get(TIME)
    event = millis(time) if time is not None else known.event_time(record.value)
    return Decoded(source, known, observation, event)
