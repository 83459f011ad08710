"""Where assets are, recomputed for what was touched, corrected where it comes out otherwise (SEMANTICS 17 to 20)."""

from collections.abc import Iterable

from consumers.derive.alarms import Alarms
from consumers.derive.book import Book, Pair
from consumers.derive.events import when
from consumers.derive.findings import Findings
from consumers.derive.nesting import DEPTH, Move, Nesting, move
from consumers.derive.order import Moment
from consumers.derive.parts import Parts
from consumers.derive.rows import BindingRow, WhereRow, common_time
from schemas.words import BindingEnd, FindingKind, Kind
from service.facts.records import AssetId, Binding, Dispute, Millis, Run, Source, Whereabouts
from service.facts.whereabouts import history

LOOKS = 2  # at one asset at one moment


class Standing:
    """Whereabouts of one cell within one transaction."""

    def __init__(self, book: Book, parts: Parts) -> None:
        self._book = book
        self._findings = Findings(book)
        self._nesting = Nesting(book, parts)
        self._alarms = Alarms(book, parts)
        self._changed: dict[str, tuple[str, list[WhereRow]]] = {}  # asset → kind, and where it was before this moment

    async def settle(self, moment: Moment) -> None:
        """Look at everything that was touched, containers before contents, and at what that concerns in turn.

        That is what contains it, where a surveyed place is known of it or lifted, and what is inside it, where claims
        may agree now or no longer do. What stands in a circle is looked at twice at most. Alarms are raised once all is
        settled: whether a thing moved depends on where its containers are.
        """
        book, nesting = self._book, self._nesting
        nesting.begin()
        if await nesting.surveyed(book.renamed):
            book.lifting |= book.renamed
        book.renamed.clear()
        book.touched.update(dict.fromkeys(sorted(await nesting.outwards(book.lifting))))
        book.lifting.clear()
        looks: dict[str, int] = {}
        while book.touched:
            assets = await nesting.outermost(book.touched)
            await self._load(assets)
            above: set[str] = set()
            moves: dict[str, Move] = {}
            for asset in assets:
                del book.touched[asset]
                looks[asset] = looks.get(asset, 0) + 1
                before = book.where[asset]
                if await self._look(asset, moment):
                    above |= nesting.containers(asset)
                if (moved := move(before, book.where[asset])) is not None:
                    moves[asset] = moved
            again = {asset for asset in await nesting.concerned(moves) if looks.get(asset, 0) < LOOKS}
            book.touched.update(dict.fromkeys(sorted(again | (above - looks.keys()))))
        changed, self._changed = self._changed, {}
        for asset, (kind, before) in changed.items():
            await self._alarms.look(asset, kind, nesting.claims(asset), before, moment)

    async def _load(self, assets: Iterable[str]) -> None:
        book = self._book
        await book.load_names(assets)
        await book.load_members(assets)
        names = {name for asset in assets for name in book.names_of(asset)}
        await book.load_bindings(names)
        await book.load_within(names)
        rows = [row for name in names for row in (*book.by_name[name], *book.within[name])]
        await book.load_names({name for row in rows for name in (row.asset, row.container) if name is not None})
        await book.load_runs({(row.source, row.scope) for name in names for row in book.by_name[name]})
        await book.load_where(assets)
        await book.load_sources({row.source for row in rows})

    async def _look(self, asset: str, moment: Moment) -> bool:
        """Recompute one asset; whether a surveyed place is known of it (which then is its containers' too)."""
        book = self._book
        rows = self._nesting.claims(asset)
        bindings = [self._binding(asset, row, row.from_at, row.until_at, moment) for row in rows]
        lifted = await self._lifted(asset, moment, 0)
        kind = next((row.kind for row in rows), None) or (book.where[asset][0].kind if book.where[asset] else None)
        if kind is None:
            kind = book.kinds.get(asset)
        if kind is not None:
            bindings += [self._lift(asset, kind, *each, moment) for each in lifted]
            containers = {each.container for each in bindings if each.container is not None}
            regard, nameless = set[Millis](), None
            if len(containers) > 1:
                regard = await self._nesting.chains(containers, moment.horizon)
                nameless = await self._nesting.nameless(containers)
            found = history(
                bindings, book.memory.places, self._nesting.holds, moment.horizon, regard, nameless, passed=moment.known
            )
            self._keep(asset, kind, found.rows, moment)
            self._dispute(asset, found.disputes, moment)
            self._decide(asset, found.decide_at)
        return bool(lifted) or any(row.surveyed for row in rows)

    # -- what is claimed ---------------------------------------------------------------------------------------------

    def _binding(
        self, asset: str, row: BindingRow, from_at: Millis, until_at: Millis | None, moment: Moment
    ) -> Binding:
        book = self._book
        term, _ = book.memory.terms.at(row.source, moment.known)
        source = Source(
            row.source,
            book.memory.source_class(row.source, moment.known),
            "unknown" if term is None else term.control_domain,
        )
        return Binding(
            source, row.scope, row.slot, AssetId(asset), Kind(row.kind), from_at, until_at,
            None if row.end is None else BindingEnd(row.end),
            None if row.container is None else AssetId(book.asset_of(row.container)), row.container_slot,
            row.place, row.surveyed, self._runs((row.source, row.scope), from_at, until_at, moment),
        )  # fmt: skip

    def _runs(self, pair: Pair, from_at: Millis, until_at: Millis | None, moment: Moment) -> tuple[Run, ...]:
        """Runs of a pair within an interval, and the one that was going on when it began.

        Of those that begin at this moment only what was taken already: what the others state is not bound yet.
        """
        return tuple(
            run
            for begun, run in self._book.runs.get(pair, ())
            if begun <= moment.order[:4]
            and (until_at is None or run.first < until_at)
            and (run.first >= from_at or run.speaks(from_at))
        )

    async def _lifted(self, asset: str, moment: Moment, depth: int) -> list[tuple[BindingRow, Millis, Millis | None]]:
        """Surveyed bindings of the parts of an asset, for the time that they are its parts."""
        book = self._book
        if depth >= DEPTH:
            return []
        names = book.names_of(asset)
        await book.load_within(names)
        stands: dict[str, list[BindingRow]] = {}
        children = [row for name in sorted(names) for row in book.within[name]]
        await book.load_names({row.asset for row in children})
        for row in children:
            stands.setdefault(book.asset_of(row.asset), []).append(row)
        await book.load_members(stands)
        parts = {name for child in stands for name in book.names_of(child)}
        await book.load_bindings(parts)
        out: list[tuple[BindingRow, Millis, Millis | None]] = []
        for child, rows in sorted(stands.items()):
            claims = [(row, row.from_at, row.until_at) for row in self._nesting.claims(child) if row.surveyed]
            claims += await self._lifted(child, moment, depth + 1)
            for claim, from_at, until_at in claims:
                out += [(claim, *both) for both in common_time(rows, from_at, until_at)]
        await book.load_runs({(row.source, row.scope) for row, _, _ in out})
        await book.load_sources({row.source for row, _, _ in out})
        return out

    def _lift(  # noqa: PLR0917 - a claim and what it is lifted to
        self, asset: str, kind: str, row: BindingRow, from_at: Millis, until_at: Millis | None, moment: Moment
    ) -> Binding:
        book = self._book
        one = self._binding(asset, row, from_at, until_at, moment)
        place = row.place
        if kind == Kind.RACK and place is not None:
            place = book.memory.rack_position(place)
        return Binding(
            one.source, one.scope, one.slot, AssetId(asset), Kind(kind), from_at, until_at,
            one.end if until_at == row.until_at else BindingEnd.REPLACED,
            place=place, surveyed=True, runs=one.runs, lifted_from=AssetId(book.asset_of(row.asset)),
        )  # fmt: skip

    # -- what follows ------------------------------------------------------------------------------------------------

    def _keep(self, asset: str, kind: str, rows: Iterable[Whereabouts], moment: Moment) -> None:
        book = self._book
        before = book.where[asset]
        new = [
            WhereRow(
                asset,
                kind,
                r.container,
                r.container_slot,
                r.place,
                r.moving,
                r.disputed,
                r.from_at,
                r.until_at,
                moment.known,
            )
            for r in rows
        ]
        same = {row.says() for row in before} & {row.says() for row in new}
        gone = [row for row in before if row.says() not in same]
        come = [row for row in new if row.says() not in same]
        if not gone and not come:
            return
        for row in gone:
            if row.stored:
                book.writes["drop_whereabouts"].append((asset, row.from_at))
            if row.known_from < moment.known:
                book.writes["add_past_whereabouts"].append((*row.columns(), moment.known))
        book.where[asset] = sorted([row for row in before if row.says() in same] + come, key=lambda row: row.from_at)
        book.append(
            moment, "whereabouts", asset, asset_kind=kind, withdrawn=[when(row.from_at) for row in gone],
            rows=[
                {
                    "from": when(row.from_at), "until": when(row.until_at), "container": row.container,
                    "container_slot": row.container_slot, "place": row.place, "moving": row.moving,
                    "disputed": row.disputed,
                }
                for row in come
            ],
        )  # fmt: skip
        self._changed.setdefault(asset, (kind, before))

    def _dispute(self, asset: str, disputes: Iterable[Dispute], moment: Moment) -> None:
        book = self._book
        kept = book.disputes[asset]
        new = set(disputes)
        for dispute in [each for each in kept if each not in new]:
            known, stored = kept.pop(dispute)
            key = (asset, dispute.from_at, *dispute.shown, *dispute.rival, known, moment.known)
            if stored and known == moment.known:  # nobody could know it; the same one may be opened again
                book.writes["drop_disputes"].append(key[:-1])
            elif stored:
                book.writes["close_disputes"].append(key)
            elif known < moment.known:
                book.writes["add_disputes"].append((*key[:2], dispute.until_at, *key[2:]))
        for dispute in sorted(new - kept.keys(), key=lambda d: (d.from_at, d.shown, d.rival)):
            kept[dispute] = (moment.known, False)
            book.append(
                moment, "dispute", asset, since=when(dispute.from_at), until=when(dispute.until_at),
                shown=list(dispute.shown), rival=list(dispute.rival),
            )  # fmt: skip
        standing = [each for each in kept if each.until_at is None]
        if standing:
            self._findings.put(
                FindingKind.IDENTITY_DISPUTED, asset, moment, "sources disagree where it is, and neither gives way",
                {"claims": sorted([list(each.shown), list(each.rival)] for each in standing)},
            )  # fmt: skip
        else:
            self._findings.close(FindingKind.IDENTITY_DISPUTED, asset, moment, "the sources agree again")

    def _decide(self, asset: str, at: Millis | None) -> None:
        self._book.decisions[asset] = at
