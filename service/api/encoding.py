"""Rows as JSON Lines, as CSV (RFC 4180), and as Parquet: the bytes of each, piece by piece. No I/O.

In CSV a text that a spreadsheet would take for a formula has an apostrophe before it, since telemetry holds whatever a
source sent; who needs the very text takes one of the other two.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import Column, Holds

NDJSON, CSV, PARQUET = "application/x-ndjson", "text/csv", "application/vnd.apache.parquet"
GROUP_ROWS = 20_000  # of Parquet: what is held back until it is written

Row = Mapping[str, Any]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ARROW = {
    Holds.TEXT: pa.string(),
    Holds.WHOLE: pa.int64(),
    Holds.FLAG: pa.bool_(),
    Holds.MOMENT: pa.timestamp("ms", tz="UTC"),
    Holds.JSON: pa.string(),
}


class Encoder(Protocol):
    """Makes bytes of rows. `rows` may hold some back until later; `end` gives what is left."""

    def rows(self, rows: Sequence[Row]) -> bytes:
        """Take rows, and give what can be written."""
        ...

    def end(self) -> bytes:
        """Give what is left, once all rows were taken."""
        ...


class _Lines:
    def __init__(self, _columns: Sequence[Column]) -> None:
        pass

    def rows(self, rows: Sequence[Row]) -> bytes:
        return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)

    def end(self) -> bytes:
        return b""


class _Csv:
    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._out = io.StringIO(newline="")
        self._writer = csv.writer(self._out, lineterminator="\r\n")
        self._writer.writerow([each.name for each in columns])

    def rows(self, rows: Sequence[Row]) -> bytes:
        self._writer.writerows([[_cell(row[each.name], each.holds) for each in self._columns] for row in rows])
        return self._taken()

    def end(self) -> bytes:
        return self._taken()

    def _taken(self) -> bytes:
        written = self._out.getvalue().encode()
        self._out.seek(0)
        self._out.truncate()
        return written


class _Sink(io.RawIOBase):
    """What was written and not taken yet; it is told by how far it is in all."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer of bytes
        self._held.append(bytes(data))
        self._at += len(self._held[-1])
        return len(self._held[-1])

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        """Give what was written since the last time."""
        taken = b"".join(self._held)
        self._held.clear()
        return taken


class _Parquet:
    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._sink = _Sink()
        self._schema = pa.schema([pa.field(each.name, _ARROW[each.holds]) for each in columns])
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._held: list[pa.Table] = []

    def rows(self, rows: Sequence[Row]) -> bytes:
        made = [
            pa.array([_value(row[each.name], each.holds) for row in rows], _ARROW[each.holds]) for each in self._columns
        ]
        self._held.append(pa.table(made, schema=self._schema))
        if sum(each.num_rows for each in self._held) >= GROUP_ROWS:
            self._group()
        return self._sink.take()

    def end(self) -> bytes:
        self._group()
        self._writer.close()
        return self._sink.take()

    def _group(self) -> None:
        if self._held:
            self._writer.write_table(pa.concat_tables(self._held))
            self._held.clear()


ENCODERS: Mapping[str, Callable[[Sequence[Column]], Encoder]] = {NDJSON: _Lines, CSV: _Csv, PARQUET: _Parquet}
SUFFIX = {NDJSON: "jsonl", CSV: "csv", PARQUET: "parquet"}


def _cell(value: object, holds: Holds) -> object:
    if value is None:
        return ""
    if holds is Holds.JSON:
        value = orjson.dumps(value).decode()
    if holds is Holds.FLAG:
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _value(value: object, holds: Holds) -> object:
    if value is None:
        return None
    if holds is Holds.JSON:
        return orjson.dumps(value).decode()
    if holds is Holds.MOMENT:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    return value
