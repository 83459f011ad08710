"""What spans partitions, in the order of rule 5: every change and every timer, one by one, everything from nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas import acts
from schemas.words import BindingEnd, FindingKind, SourceClass
from service.facts.carriers import carriers
from tests.reference.binding import Bindings, Bound
from tests.reference.enrolment import Enrolment, Said
from tests.reference.findings import Findings
from tests.reference.folding import Folded
from tests.reference.grants import Grants
from tests.reference.identifying import Identity
from tests.reference.shapes import AliasFact, GapFact
from tests.reference.standing import Standing
from tests.reference.statuses import Statuses
from tests.reference.whereabouts import Beliefs, View

Change = tuple[tuple[int, ...], Said | Folded]


@dataclass(slots=True)
class Deriver:
    """A cell's facts up to where the order was followed."""

    enrolment: Enrolment
    runs: list[Folded]  # in the order of rule 5
    horizon: int
    standing: Standing = field(default_factory=Standing)
    identity: Identity = field(default_factory=Identity)
    gaps: list[GapFact] = field(default_factory=list)
    aliases: dict[bytes, tuple[bytes, int]] = field(default_factory=dict)
    past_aliases: list[AliasFact] = field(default_factory=list)
    beliefs: Beliefs = field(default_factory=Beliefs)
    findings: Findings = field(default_factory=Findings)
    outcomes: dict[int, str] = field(default_factory=dict)
    bindings: Bindings = field(init=False)
    statuses: Statuses = field(init=False)
    grants: Grants = field(init=False)
    _fired: int = 0  # every timer up to here has fired

    def __post_init__(self) -> None:
        self.bindings = Bindings(self.identity)
        self.statuses = Statuses(self.identity)
        self.grants = Grants(self.statuses)

    def play(self) -> None:
        """Take every change below the horizon, and every timer up to it. What falls due at a moment goes first."""
        for order, change in self._changes():
            self._timers(order[0])
            self.bindings.begun.clear()
            if isinstance(change, Folded):
                self._run(change, order)
            else:
                self._act(change, order)
            self._settle(order[0], order[0] + 1, order)
        self._timers(self.horizon)

    def _changes(self) -> Iterator[Change]:
        said: list[Change] = [((each.at, 0, 0, each.offset), each) for each in self.enrolment.said]
        began: list[Change] = [((each.first, 1, each.partition, each.offset), each) for each in self.runs]
        yield from sorted((each for each in said + began if each[0][0] < self.horizon), key=lambda each: each[0])

    # -- timers ------------------------------------------------------------------------------------------------------

    def _timers(self, upto: int) -> None:
        """Fire what falls due up to a moment, whatever happens at it; a decision may ask for another one."""
        while True:
            checks = {run.last + run.tolerance + 1 for run in self.runs if run.covers}
            decisions = {at for at in self.beliefs.decide.values() if at is not None}
            due = sorted(at for at in checks | decisions if self._fired < at <= upto)
            if not due:
                self._fired = max(self._fired, upto)
                return
            self._fired = due[0]
            self._checked(due[0])
            self._settle(due[0], due[0], (due[0],))

    def _checked(self, at: int) -> None:
        """Open the gaps of the covering runs that are known to be silent now (rule 12), but of no person's."""
        for run in self.runs:
            if not run.covers or run.last + run.tolerance + 1 != at or run.ended(at - 1):
                continue
            if self._class(run.source, at) == SourceClass.PERSON:
                continue
            pair = (run.source, run.scope)
            others = [other for other in self.runs if (other.source, other.scope) == pair and other.covers]
            standing = [gap for gap in self.gaps if gap[:2] == pair and gap.until_at is None]
            if not standing and not any(other.speaks(at) for other in others):
                self.gaps.append(GapFact(*pair, run.last, at, None))

    def _close_gaps(self, source: str, scope: str | None, at: int) -> None:
        self.gaps = [
            gap._replace(until_at=at)
            if gap.until_at is None and gap.source == source and scope in (None, gap.scope)
            else gap
            for gap in self.gaps
        ]

    # -- changes -----------------------------------------------------------------------------------------------------

    def _run(self, run: Folded, order: tuple[int, ...]) -> None:
        at = run.first
        if run.covers:
            self._close_gaps(run.source, run.scope, at)
        if not run.known:
            self._foreign(run)
            return
        self.bindings.sight(run, order)
        self._identify(at)
        if not run.covers:
            return
        wanted = self.bindings.listed(run, at)
        for row in wanted:
            row.place, row.surveyed = self._place(row, at)
        assert run.inventory is not None
        missing = self.bindings.state((run.source, run.scope), wanted, run.inventory.complete_for, at)
        self.findings.bound(self.bindings.begun, self.bindings, at)
        self.findings.missing(missing, self.bindings, at)

    def _foreign(self, run: Folded) -> None:
        """Dispute a heartbeat that names what another source states just now, if that can be told apart (rule 11)."""
        at = run.first
        for other in self.runs:
            stated = other.source != run.source and other.digest == run.digest and other.known and other.covers
            if stated and other.open_at(at) and other.inventory is not None:
                strong = {v for c in carriers(other.inventory).carriers for v in c.strong}
                if strong - self.identity.shared:
                    self.findings.put(FindingKind.IDENTITY_DISPUTED, f"source:{run.source}", at)

    def _place(self, row: Bound, at: int) -> tuple[str | None, bool]:
        """Say where a slot is: surveyed, for facility sources alone; else as stated, if such a place is known."""
        surveyed = self.standing.surveys.get((row.source, row.slot))
        if surveyed is not None and self._class(row.source, at) == "facility":
            return surveyed, True
        return self.standing.named(row.stated), False

    def _class(self, source: str, at: int) -> str:
        term = self.enrolment.term(source, at)
        first = next(run.source_class for run in self.runs if run.source == source)
        return (term.source_class if term else None) or first

    def _act(self, said: Said, order: tuple[int, ...]) -> None:
        at = order[0]
        if said.repeated:
            self.outcomes[said.offset] = "refused" if said.differs else "repeated"
            return
        applied = (
            said.offset not in self.enrolment.refused()
            and self.standing.apply(said.act)
            and self._names(said.act)
            and self.statuses.take(said.act, self.standing.kinds, order)
            and self.grants.take(said.act, self.standing.kinds, order)
        )
        self.outcomes[said.offset] = "applied" if applied else "refused"
        if not applied:
            return
        if isinstance(said.act, acts.SourceRetire):
            for row in list(self.bindings.rows):
                if row.source == said.act.source and row.until is None:
                    self.bindings.close(row, at, BindingEnd.RETIRED)
            self._close_gaps(said.act.source, None, at)
        self.identity.see((), self.standing.declared)
        self._identify(at)
        self.findings.shared(self.standing.declared, at)
        for row in list(self.bindings.rows):
            place, surveyed = self._place(row, at)
            if row.until is None and (place, surveyed) != (row.place, row.surveyed):
                self.bindings.again(row, place, surveyed=surveyed, at=at)
        self.findings.bound(self.bindings.begun, self.bindings, at)

    def _names(self, act: acts.CellAct | acts.CommonAct) -> bool:
        """Merge, part, or take that back (rule 16); whether it could be. Any other act can."""
        said = self.identity.said
        match act:
            case acts.AssetMerge() | acts.AssetPart():
                one, other = (self.identity.named(ref) for ref in act.assets)
                if one is None or other is None or one == other:
                    return False
                said[act.key] = (isinstance(act, acts.AssetMerge), (one, other))
            case acts.AssetUndo():
                return said.pop(act.undoes, None) is not None
            case _:
                pass
        return True

    def _identify(self, at: int) -> None:
        self.identity.settle()
        self.bindings.correct(at)
        for part in self.identity.parts:
            now = self.identity.asset_of(part)
            had, since = self.aliases.get(part, (part, at))
            if now == had:
                continue
            if had != part and since < at:
                self.past_aliases.append(AliasFact(part.hex(), had.hex(), since, at))
            self.aliases[part] = (now, at)
        self.findings.identities(self.identity, at)

    def _settle(self, known: int, at: int, order: tuple[int, ...]) -> None:
        """Recompute the whereabouts of everything, as known at `at` (exclusive); believed from `known` on.

        Runs that begin later in the order than what was taken last have not begun (rule 5).
        """
        runs = [run for run in self.runs if (run.first, 1, run.partition, run.offset) <= order]
        view = View(at, known, self.bindings, runs, self.standing, self.enrolment)
        for asset in sorted(view.assets() | self.beliefs.where.keys()):
            before = self.beliefs.where.get(asset, set())
            seen, due = view.input(asset), self.beliefs.decide.get(asset)
            if seen == self.beliefs.inputs.get(asset) and (due is None or known < due):
                continue  # what falls due is decided by its own timer, once the whole millisecond before it is known
            found = view.history(asset)
            self.beliefs.inputs[asset], self.beliefs.decide[asset] = seen, found.decide_at
            self.beliefs.revise(asset, found, known)
            self.findings.whereabouts(asset, before, view, self.beliefs, known)

    def alias_facts(self) -> frozenset[AliasFact]:
        """Give every stretch during which a name belonged to another one's asset."""
        now = [
            AliasFact(part.hex(), asset.hex(), since, None)
            for part, (asset, since) in self.aliases.items()
            if asset != part
        ]
        return frozenset(self.past_aliases + now)
