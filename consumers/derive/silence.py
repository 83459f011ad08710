"""Silence: gaps open when the horizon passes last + tolerance, and close with the next run (SEMANTICS rules 9, 12)."""

from typing import TYPE_CHECKING

from consumers.derive.book import Book, Pair
from consumers.derive.events import when
from consumers.derive.findings import Findings
from consumers.derive.memory import OpenGap
from consumers.derive.order import Moment
from schemas.words import FindingKind, SourceClass, Timing
from service.store import derived

if TYPE_CHECKING:
    from service.facts.records import Millis

_MACHINES = (SourceClass.IN_BAND, SourceClass.OUT_OF_BAND)
_LISTED = 100  # silent racks that a finding names; the rest is counted


class Silence:
    """Gaps of one cell within one transaction."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._findings = Findings(book)

    async def fell_silent(self, run: derived.Row, moment: Moment) -> None:
        """A run's check is due and it was not extended: note the silence. A person's is no gap: nobody waits."""
        book = self._book
        source, scope = str(run["source"]), str(run["scope"])
        last: Millis = run["last_at"]
        book.append(
            moment, "run_silent", None, source=source, scope=scope, run=str(run["run"]), first=when(run["first_at"]),
            last=when(last), timing=str(run["timing"]),
        )  # fmt: skip
        memory = book.memory
        memory.end(source, run["run"])
        if run["timing"] == Timing.FRESH:
            if memory.speaks(source, Timing.LATE) and not memory.speaks(source, Timing.FRESH):
                wrong_clock(self._findings, source, Timing.LATE, moment)  # all that still comes has other times
        elif not memory.speaks(source, Timing.LATE, Timing.UNTIMED):
            self._findings.close(FindingKind.CLOCK_WRONG, source, moment, "the source no longer reports so")
        term, _ = book.memory.terms.at(source, moment.horizon - 1)
        if run["timing"] == Timing.LATE or (term is not None and term.retired) or (source, scope) in book.memory.gaps:
            return
        await book.load_sources({source})
        if book.memory.source_class(source, moment.known) is SourceClass.PERSON:
            return
        others = await derived.rows(
            book.connection, "still_covered", book.cell, source, scope, run["run"], moment.known
        )
        if others:
            return
        gap = OpenGap(last, moment.known, int(str(run["run"])), int(str(run["partition"])))
        book.memory.gaps[(source, scope)] = gap
        book.gaps[(source, scope, last)] = (gap, None, False)
        book.append(moment, "gap_opened", None, source=source, scope=scope, since=when(last), run=str(gap.run))
        await self._racks({source}, moment)

    async def spoke(self, pair: Pair, moment: Moment) -> None:
        """A covering run of a source and scope begins: its gap, which stands, closes. The page was turned."""
        self._close(pair, moment)
        await self._racks({pair[0]}, moment)

    def _close(self, pair: Pair, moment: Moment) -> None:
        book = self._book
        gap = book.memory.gaps.pop(pair)
        key = (*pair, gap.from_at)
        stored = key not in book.gaps or book.gaps[key][2]
        book.gaps[key] = (gap, moment.known, stored)
        book.append(moment, "gap_closed", None, source=pair[0], scope=pair[1], since=when(gap.from_at))

    async def retired(self, source: str, moment: Moment) -> None:
        """A source was retired: what it does not say any more is no silence. The page was turned before the act."""
        pairs = [each for each in self._book.memory.gaps if each[0] == source]
        for pair in pairs:
            self._close(pair, moment)
        if pairs:
            await self._racks({source}, moment, without=source)

    def joined(self, moment: Moment) -> None:
        """Silent racks turned out to be others: those stay as they were found, silent or not."""
        silent = self._book.memory.silent
        sites = {silent[rack] for rack in self._book.joined if rack in silent}
        for rack in self._book.joined:
            self._set(rack, None)
        self._book.joined.clear()
        self._tell(sites, moment)

    async def _racks(self, sources: set[str], moment: Moment, without: str | None = None) -> None:
        """One finding for each site: which of its racks are silent, every machine's source within them."""
        silent = self._book.memory.silent
        touched: set[str] = set()
        for site, rack, unheard in await self._heard(sources, moment, without):
            now = site if unheard else None
            if silent.get(rack) != now:
                touched |= {each for each in (now, silent.get(rack)) if each is not None}
                self._set(rack, now)
        self._tell(touched, moment)

    def _set(self, rack: str, site: str | None) -> None:
        """Note that a rack of a site is silent, or (None) is not."""
        book = self._book
        had = book.memory.silent.pop(rack, None) if site is None else book.memory.silent.get(rack)
        if had != site:
            book.silent[rack] = site
        if site is not None:
            book.memory.silent[rack] = site

    def _tell(self, sites: set[str], moment: Moment) -> None:
        for site in sorted(sites):
            standing = sorted(rack for rack, where in self._book.memory.silent.items() if where == site)
            if standing:
                self._findings.put(
                    FindingKind.RACK_SILENT, site, moment, "racks of which every source is silent",
                    {"count": len(standing), "racks": list(standing[:_LISTED])},
                )  # fmt: skip
            else:
                self._findings.close(FindingKind.RACK_SILENT, site, moment, "its racks are heard again")

    async def _heard(self, sources: set[str], moment: Moment, without: str | None) -> list[tuple[str, str, bool]]:
        """(site, rack, whether every machine's source within it is silent) of the racks that sources speak of.

        Read as it is stored: whoever calls has turned the page. `without`: a source that counts no more.
        """
        book = self._book
        rows = await derived.rows(book.connection, "racks_of_sources", book.cell, sorted(sources), moment.known)
        await book.load_sources({row["source"] for row in rows})
        spoken = {pair[0] for pair in book.memory.gaps}
        racks: dict[str, tuple[str, set[str]]] = {}
        for row in rows:
            racks.setdefault(row["rack"], (book.memory.site(row["place"]) or book.cell, set()))[1].add(row["source"])
        out = []
        for rack, (site, within) in sorted(racks.items()):
            within.discard(without or "")
            machines = {each for each in within if book.memory.source_class(each, moment.known) in _MACHINES}
            out.append((site, rack, bool(machines) and machines <= spoken))
        return out


def seal(book: Book, run: derived.Row, moment: Moment) -> None:
    """Append what a run was, now that nothing extends it any more."""
    book.append(
        moment, "run_ended", None, run=str(run["run"]), source=run["source"], scope=run["scope"], timing=run["timing"],
        first=when(run["first_at"]), last=when(run["last_at"]), until=when(run["until_at"]), cause=run["end_cause"],
    )  # fmt: skip


def wrong_clock(findings: Findings, source: str, timing: Timing, moment: Moment) -> None:
    """Find that a source has no usable time, or only such as do not fit the broker's."""
    what = "states no usable time" if timing is Timing.UNTIMED else "states times that do not fit the broker's"
    findings.put(FindingKind.CLOCK_WRONG, source, moment, f"source {source} {what}", {"timing": timing.value})
