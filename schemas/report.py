"""What a format module makes of a message. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas.inventory import Inventory
from schemas.words import SourceClass


@dataclass(frozen=True, slots=True)
class Message:
    """One record as Kafka brought it: CloudEvents attributes are headers (binary mode), names lower-case."""

    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A full statement of one scope."""

    scope: str
    inventory: Inventory


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing changed: the digest (32 bytes) of the inventory that the source stated last for this scope."""

    scope: str
    digest: bytes


Observation = Report | Heartbeat


@dataclass(frozen=True, slots=True)
class Format:
    """One known format: a module that turns bytes into an Observation; adding one touches nothing else.

    `type` is the CloudEvents type. `interval_s` (seconds) and `source_class` hold for sources that nobody
    enrolled. `decode` is pure and raises `Rejected`. `event_time` gives the time that the body itself
    states in milliseconds since the epoch (UTC), or None; the header `ce_time` goes before it. `detect`
    says whether bytes of unknown origin look like this format (for `ingest`). `source` suggests the name
    of the reporting source from a capture's bytes, or None.
    """

    type: str
    title: str
    content_types: tuple[str, ...]
    source_class: SourceClass
    interval_s: int
    decode: Callable[[Message], Observation]
    detect: Callable[[bytes], bool]
    event_time: Callable[[bytes], int | None] = lambda _: None
    source: Callable[[bytes], str | None] = lambda _: None
