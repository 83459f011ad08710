"""What acts of a linker mean in one cell's book (SEMANTICS rule 22). No other cell's rows are read here.

Each step is an event; the SHA-256 of its bytes is what the other side's next step refers to.
"""

import hashlib

from consumers.derive.book import Book
from consumers.derive.findings import Findings
from consumers.derive.graph import Graph
from consumers.derive.order import Moment
from schemas import acts
from schemas.words import FindingKind
from service.facts.records import Millis, Run
from service.store import derived, linking


class Links:
    """Links of one cell's assets with those of others, within one transaction."""

    def __init__(self, book: Book, graph: Graph) -> None:
        self._book = book
        self._graph = graph
        self._findings = Findings(book)

    async def take(self, act: acts.LinkAct, moment: Moment) -> str | None:
        """Apply one step; None, or why not. `departed` is refused while an open run of this cell binds the asset."""
        book = self._book
        state = act.act.removeprefix("link.")
        why = await self._wrong(act, state, moment)
        if why is not None:
            return why
        ref = None if isinstance(act, acts.LinkArrived) else act.ref
        book.append(
            moment, "link", act.asset, state=state, other_cell=act.other_cell, other_asset=act.other_asset,
            trip=act.trip, grade=act.grade.value, ref=ref,
        )  # fmt: skip
        event = hashlib.sha256(book.events[-1].bytes).digest()
        where = (act.asset, act.other_cell, act.other_asset, act.trip)
        row = (*where, state, None if ref is None else bytes.fromhex(ref), event, moment.known)
        await linking.add_link(book.connection, book.cell, row)
        subject = f"link:{act.asset}:{act.other_cell}:{act.other_asset}"
        if isinstance(act, acts.LinkDisputed):
            self._findings.put(
                FindingKind.IDENTITY_DISPUTED, subject, moment,
                f"another cell reports asset {act.asset} while this one does",
                {"asset": act.asset, "other_cell": act.other_cell, "other_asset": act.other_asset, "ref": ref},
            )  # fmt: skip
        elif not isinstance(act, acts.LinkArrived):
            self._findings.close(FindingKind.IDENTITY_DISPUTED, subject, moment, "one cell alone reports it now")
        return None

    async def _wrong(self, act: acts.LinkAct, state: str, moment: Moment) -> str | None:
        book = self._book
        if act.cell != book.cell or act.other_cell == book.cell:
            return f"this is the book of cell {book.cell}: a step is written to its own cell and names another one"
        known = await derived.rows(book.connection, "parts_by_asset", book.cell, [act.asset])
        if not known and act.asset not in self._graph.name_of.values():
            return f"there is no asset {act.asset}"
        standing = await linking.trip(book.connection, book.cell, act.asset, act.other_cell, act.other_asset, act.trip)
        if state in standing:
            return f"trip {act.trip} has {state!r} already"
        if state == "linked" and "arrived" not in standing:
            return f"trip {act.trip} never arrived here"
        if state == "departed" and await self._reported(act.asset, moment):
            return "an open run still reports it here"
        return None

    async def _reported(self, asset: str, moment: Moment) -> bool:
        """Whether an open binding of any of the asset's names is covered by a run at this moment."""
        book = self._book
        await book.load_names([asset])
        group = book.asset_of(asset)
        await book.load_members([group])
        names = sorted(book.names_of(group) | {group})
        await book.load_bindings(names)
        pairs = {(row.source, row.scope) for name in names for row in book.by_name[name] if row.until_at is None}
        await book.load_runs(pairs)
        return any(_covers(run, moment.known) for pair in pairs for _, run in book.runs[pair])


def _covers(run: Run, at: Millis) -> bool:
    """Whether a run covers the moment just before `at`: acts come before the telemetry of their moment."""
    return run.first < at <= run.last + run.tolerance and (run.until is None or run.until >= at)
