"""Section 4 of SEMANTICS: whereabouts of every asset, recomputed whole, and corrected where they differ."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from schemas.words import Kind
from service.facts.nameless import Nameless
from service.facts.records import AssetId, Binding, Run, Source, Whereabouts
from service.facts.whereabouts import History, history
from tests.reference.binding import Bindings, Bound
from tests.reference.enrolment import Enrolment
from tests.reference.folding import Folded
from tests.reference.shapes import DisputeFact, WhereFact
from tests.reference.standing import Standing

Name = bytes
Span = tuple[int, int | None]


@dataclass(slots=True)
class View:
    """Everything that is claimed, as known at a moment (exclusive). Made anew for each moment and thrown away.

    `passed` is the moment up to which everything is known: nothing is decided that waits for a later one (rule 18).
    """

    at: int
    passed: int
    bindings: Bindings
    runs: list[Folded]
    standing: Standing
    enrolment: Enrolment
    _made: dict[Name, History | None] = field(default_factory=dict)

    def assets(self) -> set[Name]:
        """Give every asset that anything was ever said of."""
        return {self.asset(row.part) for row in self.bindings.rows}

    def asset(self, part: bytes) -> Name:
        """Give the asset of a part."""
        return self.bindings.identity.asset_of(part)

    def direct(self, asset: Name) -> list[Bound]:
        """Give what is said of an asset itself."""
        return [row for row in self.bindings.rows if self.asset(row.part) == asset]

    def history(self, asset: Name) -> History:
        """Compute an asset's whereabouts; those of what holds it come first, as claims that agree depend on them."""
        made = self._made.get(asset)
        if made is None:
            self._made[asset] = History((), (), None)  # a thing that holds itself holds nothing
            claims = self._claims(asset)
            chain = self._claimed(claims)
            cuts = {at for name in chain for row in self._rows(name) for at in (row.from_at, row.until_at)}
            regard = {at for at in cuts if at is not None and at < self.at}
            nameless = self._nameless(chain)
            where = self.standing.places()
            made = history(claims, where, self._holds, self.at, regard, nameless, passed=self.passed)
            self._made[asset] = made
        return made

    def _claims(self, asset: Name) -> list[Binding]:
        direct = self.direct(asset)
        kind = direct[0].carrier.kind if direct else Kind.BOARD
        lifted = self._lifted(asset, frozenset())
        return [self._claim(asset, row) for row in direct] + [self._lift(asset, kind, *each) for each in lifted]

    def input(self, asset: Name) -> object:
        """Give what an asset's whereabouts depend on, but for how far runs were extended: rule 17 looks at changes."""
        claims = self._claims(asset)
        said = {
            replace(claim, runs=tuple(replace(run, last=run.first) for run in claim.runs)): None for claim in claims
        }
        chain = self._claimed(claims)
        stood = {(name, row.container, row.from_at, row.until_at) for name in chain for row in self._rows(name)}
        nameless = self._nameless(chain)
        return frozenset(said), frozenset(stood), nameless.assets, nameless.racks, repr(self.standing.places())

    def _claim(self, asset: Name, row: Bound) -> Binding:
        return Binding(
            self._source(row.source),
            row.scope,
            row.slot,
            AssetId(asset.hex()),
            row.carrier.kind,
            row.from_at,
            row.until,
            row.end,
            AssetId(self.asset(row.container).hex()) if row.container else None,
            row.holder.slot if row.holder else None,
            row.place,
            row.surveyed,
            tuple(run.as_of(self.at) for run in self._stating(row)),
        )

    def _source(self, name: str) -> Source:
        term = self.enrolment.term(name, self.at - 1)
        first = next(run.source_class for run in self.runs if run.source == name)
        return Source(name, (term.source_class if term else None) or first)

    def _runs(self, row: Bound) -> list[Folded]:
        pair = (row.source, row.scope)
        return [
            run
            for run in self.runs
            if (run.source, run.scope) == pair and run.covers and run.known and run.first < self.at
        ]

    def _stating(self, row: Bound) -> list[Folded]:
        """Give the runs that state a binding: one that goes on where it begins, and those that begin meanwhile."""
        known = [run for run in self._runs(row) if row.until is None or run.first < row.until]
        runs = [run for run in known if run.first >= row.from_at]
        before = [run for run in known if run.first < row.from_at]
        if before and all(run.first > row.from_at for run in runs) and before[-1].speaks(row.from_at):
            runs.insert(0, before[-1])  # stated anew in the middle of a run: a place or a survey came or went
        return runs

    def _lifted(self, asset: Name, above: frozenset[Name]) -> list[tuple[Bound, Span]]:
        """Give the surveyed sightings of what an asset holds, for the time that it holds it."""
        out: list[tuple[Bound, Span]] = []
        inside: dict[Name, list[Bound]] = {}
        for row in self.bindings.rows:
            if row.container is not None and self.asset(row.container) == asset:
                inside.setdefault(self.asset(row.part), []).append(row)
        for child, rows in inside.items():
            if child in above or child == asset:
                continue
            seen = [(row, (row.from_at, row.until)) for row in self.direct(child) if row.surveyed]
            seen += self._lifted(child, above | {asset})
            for claim, span in seen:
                out += [(claim, both) for both in common(rows, span)]
        return out

    def _lift(self, asset: Name, kind: Kind, row: Bound, span: Span) -> Binding:
        one = self._claim(asset, row)
        from_at, until = span
        place = row.place
        if kind is Kind.RACK and place is not None:
            place = self.standing.rack_position(place)
        runs: list[Run] = []
        for run in self._stating(row):
            now = run.as_of(self.at)
            reach = now.last + now.tolerance if now.until is None else min(now.last + now.tolerance, now.until - 1)
            if (until is None or run.first < until) and (run.first >= from_at or reach >= from_at):
                runs.append(now)
        return Binding(
            one.source,
            row.scope,
            row.slot,
            AssetId(asset.hex()),
            kind,
            from_at,
            until,
            row.end if until == row.until else None,
            None,
            None,
            place,
            surveyed=True,
            runs=tuple(runs),
            lifted_from=AssetId(self.asset(row.part).hex()),
        )

    def _holds(self, outer: str, inner: str, moment: int) -> bool:
        seen: set[str] = set()
        here: str | None = inner
        while here is not None and here not in seen:
            seen.add(here)
            here = self._within(here, moment)
            if here == outer:
                return True
        return False

    def one(self, one: str, other: str, moments: list[int]) -> bool:
        """Say whether two containers are one now, or one held the other at any of some moments."""
        first, second = (AssetId(self.asset(bytes.fromhex(each)).hex()) for each in (one, other))
        if first == second:
            return True
        nameless = self._nameless(self._above({first, second}))
        holds = self._holds
        return any(
            holds(first, second, at) or holds(second, first, at) or nameless.agree(first, second, at) for at in moments
        )

    def _claimed(self, claims: list[Binding]) -> set[AssetId]:
        return self._above(claim.container for claim in claims if claim.container is not None)

    def _within(self, asset: str, moment: int) -> AssetId | None:
        rows = self._rows(AssetId(asset))
        held = (r for r in rows if r.from_at <= moment and (r.until_at is None or moment < r.until_at))
        return next((r.container for r in held), None)

    def _above(self, containers: Iterable[AssetId]) -> set[AssetId]:
        """Give containers, and all that they have been in."""
        level, seen = set(containers), set[AssetId]()
        while level:
            seen |= level
            level = {row.container for name in level for row in self._rows(name) if row.container is not None} - seen
        return seen

    def _rows(self, name: AssetId) -> tuple[Whereabouts, ...]:
        return self.history(bytes.fromhex(name)).rows

    def _nameless(self, chain: set[AssetId]) -> Nameless:
        kinds, named = self.bindings.identity.described()
        ids = {name: bytes.fromhex(name) for name in chain}
        nameless = frozenset(name for name, asset in ids.items() if asset not in named)
        racks = frozenset(name for name, asset in ids.items() if kinds.get(asset) is Kind.RACK)
        return Nameless(self._holds, self._within, nameless, racks)


def common(rows: list[Bound], span: Span) -> list[Span]:
    """Give what a span has in common with the union of the rows' times."""
    out: list[Span] = []
    for row in sorted(rows, key=lambda each: each.from_at):
        begin = max(row.from_at, span[0])
        ends = [each for each in (row.until, span[1]) if each is not None]
        end = min(ends, default=None)
        if end is not None and end <= begin:
            continue
        if out and (out[-1][1] is None or begin <= out[-1][1]):
            last = out[-1][1]
            out[-1] = (out[-1][0], None if last is None or end is None else max(last, end))
        else:
            out.append((begin, end))
    return out


@dataclass(slots=True)
class Beliefs:
    """What we believed of where things are, and when (rule 20)."""

    where: dict[Name, set[WhereFact]] = field(default_factory=dict)
    past: set[WhereFact] = field(default_factory=set)
    disputes: dict[Name, set[DisputeFact]] = field(default_factory=dict)
    past_disputes: set[DisputeFact] = field(default_factory=set)
    inputs: dict[Name, object] = field(default_factory=dict)
    decide: dict[Name, int | None] = field(default_factory=dict)

    def revise(self, asset: Name, found: History, known: int) -> None:
        """Take a new history of an asset: rows that changed are past from now on, others come in."""
        name = asset.hex()
        rows = {
            (name, r.container, r.container_slot, r.place, r.moving, r.disputed, r.from_at, r.until_at)
            for r in found.rows
        }
        before = self.where.get(asset, set())
        kept = {fact for fact in before if fact[:8] in rows}
        self.past |= {fact._replace(known_until=known) for fact in before - kept if fact.known_from < known}
        come = rows - {fact[:8] for fact in kept}
        self.where[asset] = kept | {WhereFact(*row, known, None) for row in come}
        disputed = {(name, d.from_at, d.until_at, d.shown, d.rival) for d in found.disputes}
        had = self.disputes.get(asset, set())
        still = {fact for fact in had if fact[:5] in disputed}
        self.past_disputes |= {fact._replace(known_until=known) for fact in had - still if fact.known_from < known}
        opened = disputed - {fact[:5] for fact in still}
        self.disputes[asset] = still | {DisputeFact(*row, known, None) for row in opened}
