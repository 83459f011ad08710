"""A dead letter put through again by an act (SEMANTICS rule 35), once, in the order of rule 5."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from consumers.decode import decode
from consumers.derive.book import Book
from consumers.derive.events import when
from consumers.derive.graph import Graph
from consumers.derive.memory import split
from consumers.derive.order import Moment
from consumers.verify import verify
from schemas import acts
from schemas.errors import Rejected
from schemas.report import Report
from schemas.words import RunEnd, Timing
from service.facts.runs import ACTS_PARTITION, retry_number
from service.store import intake


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as a record, at the position where it was buried."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


async def retry(book: Book, graph: Graph, act: acts.DeadLetterRetry, moment: Moment) -> str | None:
    """Put a dead letter through; why not, or None. What it states is known from the act on, and covers nothing."""
    row = await intake.dead_letter(book.connection, book.cell, act.partition, act.offset, moment.known)
    if row is None:
        return f"there was no dead letter at partition {act.partition}, offset {act.offset}"
    if row["retried_at"] is not None:
        return "this dead letter was put through before"
    headers = [(name, base64.b64decode(value)) for name, value in orjson.loads(row["headers"])]
    letter = Letter(act.partition, act.offset, row["at"], row["key"], row["value"], headers)
    try:
        decoded = decode(letter)
        verified = verify(decoded, moment.known, *book.memory.terms.at(decoded.source, moment.known))
    except Rejected as exc:
        return f"still not readable: {exc.code}: {exc.words}"
    await intake.retried(book.connection, book.cell, (act.partition, row["epoch"], act.offset), moment.known)
    if not isinstance(decoded.observation, Report):
        return None
    await _state(
        book, graph, decoded.source, decoded.observation, (verified.tolerance, verified.source_class.value), moment
    )
    return None


async def _state(  # noqa: PLR0917 - what a report says, and when
    book: Book, graph: Graph, source: str, report: Report, terms: tuple[int, str], moment: Moment
) -> None:
    """Keep a report as a late run of the acts, bounded at this moment: it adds identifiers and covers nothing."""
    tolerance, source_class = terms
    at, number = moment.known, retry_number(moment.order.offset)
    document = report.inventory.canonical()
    digest = report.inventory.digest()
    writes = {
        "add_inventories": (digest, document),
        "add_sources": (source, source_class, at),
        "begin_runs": (
            number, source, report.scope, ACTS_PARTITION, Timing.LATE.value, digest, True, tolerance, at, at, at,
            RunEnd.REPLACED.value, None,
        ),
    }  # fmt: skip
    for name, row in writes.items():
        await intake.write_columns(book.connection, name, book.cell, [[value] for value in row])
    book.append(
        moment, "run_began", None, source=source, scope=report.scope, run=str(number), timing=Timing.LATE.value,
        digest=digest.hex(), known=True, tolerance_ms=tolerance, bounded=when(at),
    )  # fmt: skip
    await graph.sight(split(document).carriers, source, report.scope, moment)
