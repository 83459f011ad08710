"""What a consumer counts. Each name is one of a closed list, with its meaning beside it."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from consumers.batch import Batch

RECORDS = Counter("holdfast_records_total", "Records folded, by path", ["path"])  # fast, slow, beat
REJECTED = Counter("holdfast_rejected_total", "Records kept as dead letters, by reason", ["cell", "code"])
BATCH_SECONDS = Histogram("holdfast_batch_write_seconds", "Time that writing one batch took")
BATCH_RECORDS = Histogram(
    "holdfast_batch_records", "Records in one batch", buckets=(1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
)
LAG_RECORDS = Gauge("holdfast_lag_records", "Records on the broker that are not written yet", ["topic"])
LAG_SECONDS = Gauge("holdfast_lag_seconds", "Age of the append time up to which a cell is derived", ["cell"])
DERIVED_SECONDS = Histogram("holdfast_derive_seconds", "Time that deriving one chunk took")
RETRIES = Counter("holdfast_retries_total", "Batches tried again, by why", ["why"])


def count(batches: Iterable[Batch]) -> None:
    """Count what one write put down."""
    every = list(batches)
    BATCH_RECORDS.observe(sum(batch.records for batch in every))
    for batch in every:
        RECORDS.labels("fast").inc(batch.fast)
        RECORDS.labels("slow").inc(batch.slow)
        RECORDS.labels("beat").inc(batch.beats)
        for letter in batch.dead:
            REJECTED.labels(batch.lane.cell, letter.code).inc()
