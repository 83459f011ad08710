"""Findings: raised once, updated while they last, closed by evidence; each step is an event (DESIGN section 9)."""

import orjson

from consumers.derive.book import Book
from consumers.derive.events import when
from consumers.derive.order import Moment
from consumers.derive.rows import FindingRow
from schemas.canonical import Json, canonical
from schemas.words import FindingKind, Severity
from service.facts.announced import Explanation, explanation, standing
from service.facts.answered import disclosed_after
from service.facts.records import Millis
from service.facts.wording import span

_SEVERITY = {
    FindingKind.IDENTITY_DISPUTED: Severity.HIGH,
    FindingKind.COMPONENT_MISSING: Severity.HIGH,
    FindingKind.COMPONENT_FOREIGN: Severity.MEDIUM,
    FindingKind.RACK_MOVED: Severity.CRITICAL,
    FindingKind.RACK_SILENT: Severity.MEDIUM,
    FindingKind.CLOCK_WRONG: Severity.LOW,
    FindingKind.OUTAGE_OURS: Severity.LOW,
}


class Findings:
    """The open findings of a cell, by kind and subject."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._open = book.memory.findings
        self._dismissed = book.memory.dismissed

    def put(self, kind: FindingKind, subject: str, moment: Moment, words: str, evidence: dict[str, Json]) -> None:
        """Raise a finding, or update the one that stands where its evidence changed."""
        row = self._open.get((kind.value, subject))
        raw = canonical(evidence)
        if row is None:
            before = self._dismissed.get((kind.value, subject))
            if before is not None and before.evidence == raw:
                return  # a person closed it on this evidence
            self._ended(kind, subject, moment)
            row = self._open[(kind.value, subject)] = FindingRow(
                self._book.mint("finding", moment),
                kind.value,
                _SEVERITY[kind],
                subject,
                "open",
                moment.known,
                moment.known,
                None,
                words,
                raw,
                shown_from=moment.known + disclosed_after(self._book.memory.disclosures, kind, _SEVERITY[kind]),
            )
        elif row.evidence == raw:
            return
        row.updated_at, row.words, row.evidence = moment.known, words, raw
        self._write(row, moment)

    def close(self, kind: FindingKind, subject: str, moment: Moment, why: str) -> None:
        """Close a finding by evidence, where one stands."""
        row = self._open.pop((kind.value, subject), None)
        self._ended(kind, subject, moment)
        if row is not None:
            row.state, row.updated_at, row.closed_at = "closed", moment.known, moment.known
            row.words = f"{row.words}; closed: {why}"
            self._write(row, moment)

    def explain(self, kind: FindingKind, subject: str, moment: Moment, by: Explanation) -> None:
        """Close a finding that planned work explains after all, marked late where that was told after it happened."""
        row = self._open[(kind.value, subject)]
        late = {"late_ms": by.late} if by.late else {}
        row.evidence = canonical({**orjson.loads(row.evidence), "explained_by": by.ticket, **late})
        told = f", told late: {span(by.late)} after it" if by.late else ""
        self.close(kind, subject, moment, f"planned work {by.ticket} explains it{told}")

    def _ended(self, kind: FindingKind, subject: str, moment: Moment) -> None:
        """Note that what a person closed is over by evidence too, or stands on another one now."""
        row = self._dismissed.pop((kind.value, subject), None)
        if row is not None:
            row.ended_at = moment.known
            self._book.findings[row.finding] = row

    def _write(self, row: FindingRow, moment: Moment) -> None:
        self._book.findings[row.finding] = row
        self._book.append(
            moment, "finding", None, finding=row.finding, finding_kind=row.kind, severity=row.severity,
            about=row.subject, state=row.state, opened_at=when(row.opened_at), closed_at=when(row.closed_at),
            words=row.words, evidence=row.evidence.decode(),
        )  # fmt: skip


def explained(book: Book, kind: FindingKind, assets: set[str], places: set[str], at: Millis) -> Explanation | None:
    """The planned work that explains such a finding about assets or places at a moment, and how late that was told."""
    tree = book.memory.places
    outer = {each for place in places for each in tree.path(place)}
    told = [
        (plan.ticket, plan.known_from)
        for versions in book.memory.works.values()
        for plan in standing(versions)
        if kind.value in plan.explains and plan.from_at <= at < plan.until_at
        if plan.assets & assets or plan.places & outer
    ]
    return explanation(at, told)
