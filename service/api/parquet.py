"""Rows out of a Parquet file that somebody sent: looked at before it is read, since it may be larger than it looks."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import Rejected

MAX_READ_BYTES = 200_000_000  # what it holds once it is unpacked
_BATCH = 1_000


def rows(body: bytes, most: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the rows of a Parquet file with their numbers, from 1. Raises `Rejected`: no Parquet, or too large."""
    try:
        file = pq.ParquetFile(io.BytesIO(body))
        held = file.metadata
        groups = [held.row_group(n) for n in range(held.num_row_groups)]
        if held.num_rows > most or sum(each.total_byte_size for each in groups) > MAX_READ_BYTES:
            raise Rejected(
                "too_large", f"a file may have {most} rows and unpack to {MAX_READ_BYTES} bytes: send it in parts"
            )
        number = 0
        for batch in file.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, OSError, ValueError, OverflowError) as exc:
        raise Rejected("bad_parquet", f"the body cannot be read as Parquet ({exc}): write it anew") from exc
