"""What people say of findings: comments, acknowledgements, closing, opening again; each an event, its words beside."""

from consumers.derive.book import Book
from consumers.derive.order import Moment
from consumers.derive.outcomes import Outcome
from consumers.derive.rows import FindingRow
from schemas import acts
from schemas.findings import (
    DisclosurePut,
    Erasable,
    FindingAcknowledge,
    FindingAct,
    FindingClose,
    FindingOpened,
    FindingReopen,
    FindingStep,
    TextErase,
)
from service.facts.answered import Disclosure, shown_from
from service.store import derived

ERASED = Erasable(text="(erased)", salt="0" * 32)


class Answers:
    """What is said of the findings of one cell within one transaction. Each act is written down at once."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def take(self, act: FindingAct, moment: Moment) -> Outcome:
        """Apply one act."""
        match act:
            case DisclosurePut():
                return await self._disclose(act, moment)
            case TextErase():
                return await self._erase(act, moment)
        row = await self._row(act.finding)
        if row is None:
            return f"there is no finding {act.finding}: GET /v1/findings names them"
        if isinstance(act, FindingOpened):
            await self._step(act.finding, moment, "opened", act.party, act.key)
            said = {"party": act.party, "credential": act.credential}
            self._book.append(moment, "finding_opened", None, finding=act.finding, **said)
            return None
        return self._refused(act, row) or await self._answer(act, row, moment)

    async def _row(self, finding: str) -> FindingRow | None:
        """Give a finding as it is in this transaction."""
        memory = self._book.memory
        for row in (*self._book.findings.values(), *memory.findings.values(), *memory.dismissed.values()):
            if row.finding == finding:
                return row
        rows = await derived.rows(self._book.connection, "finding", self._book.cell, finding)
        return FindingRow(**dict(rows[0])) if rows else None

    def _refused(self, act: FindingStep, row: FindingRow) -> str | None:
        """Say why an act cannot be; None where it can."""
        standing = self._book.memory.findings.get((row.kind, row.subject))
        match act:
            case FindingAcknowledge() | FindingClose():
                return None if row.state == "open" else f"finding {row.finding} is closed"
            case FindingReopen():
                if row.state == "open":
                    return f"finding {row.finding} is open"
                return None if standing is None else f"finding {standing.finding} stands for the same"
        return None

    async def _answer(self, act: FindingStep, row: FindingRow, moment: Moment) -> Outcome:
        memory, at = self._book.memory, (row.kind, row.subject)
        if row.shown_from is not None:
            row.shown_from = shown_from(row.shown_from, moment.known)
        match act:
            case FindingAcknowledge():
                row.acknowledged_by = act.by
            case FindingClose():
                row.state, row.closed_at, row.closed_by, row.updated_at = "closed", moment.known, act.by, moment.known
                memory.findings.pop(at, None)
                memory.dismissed[at] = row
            case FindingReopen():
                row.state, row.closed_at, row.closed_by, row.updated_at = "open", None, None, moment.known
                row.ended_at = None
                memory.dismissed.pop(at, None)
                memory.findings[at] = row
        self._book.findings[row.finding] = row
        step = act.act.removeprefix("finding.")
        why = act.why if isinstance(act, FindingClose) else None
        await self._step(row.finding, moment, step, act.by, act.key, why=why, note=act.note)
        self._book.append(
            moment, "finding_answered", None, finding=row.finding, step=step, by=act.by, why=why, state=row.state,
            commitment=None if act.note is None else act.note.commitment(),
        )  # fmt: skip
        return None

    async def _step(
        self, finding: str, moment: Moment, step: str, by: str, key: str, *, why: str | None = None,
        note: Erasable | None = None,
    ) -> None:  # fmt: skip
        said = (None, None, None) if note is None else (note.text, note.salt, note.commitment())
        await derived.rows(
            self._book.connection, "add_step", self._book.cell, finding, moment.order.offset, moment.known, step, by,
            why, key, *said,
        )  # fmt: skip

    async def _erase(self, act: TextErase, moment: Moment) -> Outcome:
        book = self._book
        rows = await derived.rows(book.connection, "erase_text", book.cell, act.erases, moment.known)
        if not rows:
            return f"no words of an act with key {act.erases!r} are there to be erased"
        (kept,) = await derived.rows(book.connection, "act_of_key", book.cell, act.erases)
        body = acts.body(without_words(acts.parse(kept["body"])))
        await derived.rows(book.connection, "erase_act", book.cell, kept["offset"], body)
        book.append(moment, "text_erased", None, by=act.by, erases=act.erases)
        return None

    async def _disclose(self, act: DisclosurePut, moment: Moment) -> Outcome:
        book = self._book
        kind, severity = act.kind and act.kind.value, act.severity and act.severity.value
        await derived.rows(
            book.connection, "put_disclosure", book.cell, moment.order.offset, kind, severity, act.hours, act.by,
            moment.known,
        )  # fmt: skip
        book.memory.disclosures.append(Disclosure(act.kind, act.severity, act.hours))
        book.append(moment, "disclosure", None, by=act.by, finding_kind=kind, severity=severity, hours=act.hours)
        return None


def without_words(act: acts.CellAct | acts.CommonAct) -> acts.CellAct | acts.CommonAct:
    """Give an act without what can be erased of it: what the log may hold. Pure."""
    return act.model_copy(update={"note": ERASED}) if getattr(act, "note", None) is not None else act
