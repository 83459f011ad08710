"""What a record is to the pipeline, and who it is from. Pure."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from schemas.envelope import BEAT_TYPE, TYPE

_BEAT = BEAT_TYPE.encode()


class Record(Protocol):
    """The members of a Kafka record that are used; aiokafka's ConsumerRecord has them."""

    @property
    def partition(self) -> int:
        """Its partition."""

    @property
    def offset(self) -> int:
        """Its offset."""

    @property
    def timestamp(self) -> int:
        """Its append time in milliseconds (in simulated cells, the creator's)."""

    @property
    def key(self) -> bytes | None:
        """Its key: the source's name."""

    @property
    def value(self) -> bytes | None:
        """Its body; None is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Its headers."""


class Lane(NamedTuple):
    """One partition of one cell: `topic` is "acts" or "telemetry"."""

    cell: str
    topic: str
    partition: int

    @property
    def label(self) -> str:
        """The name of it that people read."""
        return f"{self.topic}.{self.cell}/{self.partition}"


def weight(record: Record) -> int:
    """Bytes that a record holds in memory: its body and key. Headers count where they are kept."""
    return len(record.value or b"") + len(record.key or b"")


def is_beat(record: Record) -> bool:
    """Whether a record only says that time went by."""
    return any(name == TYPE and value == _BEAT for name, value in record.headers)


def fingerprint(record: Record) -> bytes:
    """SHA-256 over what a record brought, by which it is known again (SEMANTICS rule 33)."""
    hasher = hashlib.sha256()
    pieces = [b"" if record.key is None else record.key, b"" if record.value is None else record.value]
    for name, value in record.headers:
        pieces += (name.encode("utf-8", "replace"), value or b"")
    for piece in pieces:
        hasher.update(len(piece).to_bytes(8, "big"))
        hasher.update(piece)
    hasher.update(record.timestamp.to_bytes(8, "big", signed=True))
    return hasher.digest()
