"""What a consumer is told: where Kafka is, and the bounds of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """Bounds and names; times in milliseconds. `kafka` goes to aiokafka as it is (bootstrap servers, TLS, SASL).

    At rest a batch is written `rest_ms` after its first record; while polls come back full, a batch lasts up to
    `load_ms` or `max_records`, so that many reports of one source become one UPDATE.
    """

    kafka: Mapping[str, Any]
    group: str = "holdfast"
    rest_ms: int = 30
    load_ms: int = 10_000
    max_records: int = 1_000_000
    poll_records: int = 20_000
    metadata_ms: int = 2_000
    inbox_records: int = 100_000
    housekeeping_ms: int = 1_000
    derive_ms: int = 100
