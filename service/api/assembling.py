"""Evidence out of gathered rows, cut at `known_at`. Pure: the same rows as known then give the same evidence."""

import json
from collections.abc import Iterable, Sequence

import asyncpg

from schemas.words import BindingEnd, FindingKind, IdentityGrade, Kind, PlaceKind, RunEnd, SourceClass, Timing
from service.api.gathering import BEFORE, Gathered
from service.api.lifting import lifted, rack_position
from service.api.stating import plans, statements
from service.facts import gaps
from service.facts.announced import Plan
from service.facts.evidence import AssetEvidence, Complete, Evidence, Explained, Gap, IdentityDispute
from service.facts.intervals import Interval, interval
from service.facts.records import UNKNOWN_DOMAIN, AssetId, Binding, Dispute, Millis, Places, Run, Source, Whereabouts


def assemble(held: Gathered) -> Evidence:
    """Make the evidence."""
    assembler = _Assembler(held)
    return Evidence(
        held.known_at,
        {AssetId(asset): assembler.asset(asset) for asset in sorted(held.bindings)},
        assembler.places,
        {row["place"]: PlaceKind(row["kind"]) for row in held.places},
        tuple(assembler.gaps()),
        tuple(assembler.explained()),
        held.restated,
        held.began,
        frozenset(map(AssetId, held.ambiguous)),
    )


def places_of(rows: Iterable[asyncpg.Record]) -> Places:
    """Make the tree of places."""
    kept = list(rows)
    return Places(
        {row["place"]: row["within"] for row in kept},
        {row["place"]: row["country"] for row in kept if row["country"] is not None},
    )


class _Assembler:
    """Rows of one gathering, and what is computed of them once."""

    def __init__(self, held: Gathered) -> None:
        self._held = held
        self._known_at = held.known_at
        self.places = places_of(held.places)
        self._bindings: dict[str, list[Binding]] = {}
        self._standing: dict[str, dict[str, list[tuple[Millis, Millis | None]]]] = {}
        self._kinds = {row["place"]: row["kind"] for row in held.places}
        self._runs: dict[tuple[str, str], list[Run]] = {
            pair: [self._run(row) for row in rows if row["known"] and row["timing"] != Timing.LATE]
            for pair, rows in held.runs.items()
        }
        self._terms = {name: _terms(name, rows) for name, rows in held.terms.items()}
        joined = [(self._asset(row["one"]), self._asset(row["other"])) for row in held.merges]
        self._merged = {one for one, other in joined if one == other}

    def _cut(self, at: Millis | None) -> Millis | None:
        """Give an end as it was known: one that is younger was not."""
        return at if at is not None and at <= self._known_at else None

    def _run(self, row: asyncpg.Record) -> Run:
        until_at = self._cut(row["until_at"])
        return Run(
            row["first_at"],
            min(row["last_at"], self._known_at),
            row["tolerance_ms"],
            Timing(row["timing"]),
            until_at,
            RunEnd(row["end_cause"]) if until_at is not None and row["end_cause"] else None,
        )

    def _runs_during(self, pair: tuple[str, str], from_at: Millis, until_at: Millis | None) -> tuple[Run, ...]:
        """Give the runs of a stretch, and the one that was going on when it began (a place was surveyed since)."""
        return tuple(
            run
            for run in self._runs.get(pair, ())
            if (until_at is None or run.first < until_at) and (run.first >= from_at or run.speaks(from_at))
        )

    def _asset(self, name: str) -> AssetId:
        return AssetId(self._held.asset_of.get(name, name))

    def _pieces(self, asset: str, row: asyncpg.Record) -> Iterable[Binding]:
        """Give what a source says, cut where another class or control domain of it was enrolled (rules 4 and 25)."""
        until_at = self._cut(row["until_at"])
        terms = self._terms.get(row["source"], [(None, Source(row["source"], SourceClass.IN_BAND))])
        begins = [at for at, _ in terms[1:]]
        for (at, source), ends in zip(terms, [*begins, None], strict=True):
            begin = row["from_at"] if at is None else max(at, row["from_at"])
            last = ends is None or (until_at is not None and until_at <= ends)
            end = until_at if last else ends
            if end is not None and end <= begin:
                continue
            yield Binding(
                source,
                row["scope"],
                row["slot"],
                AssetId(asset),
                Kind(row["kind"]),
                begin,
                end,
                BindingEnd(row["end_cause"]) if last and until_at is not None and row["end_cause"] else None,
                self._asset(row["container"]) if row["container"] else None,
                row["container_slot"],
                row["place"],
                row["surveyed"],
                self._runs_during((row["source"], row["scope"]), begin, end),
            )

    def bindings(self, asset: str) -> list[Binding]:
        """Give what sources say of an asset itself, in a fixed order."""
        if asset not in self._bindings:
            made = {
                (each.source.name, each.scope, each.slot, each.from_at): each
                for row in self._held.bindings.get(asset, ())
                for each in self._pieces(asset, row)
            }
            self._bindings[asset] = [made[key] for key in sorted(made)]
        return self._bindings[asset]

    def standing(self, asset: str) -> dict[str, list[tuple[Millis, Millis | None]]]:
        """Give the stretches during which children are said to stand within an asset."""
        if asset in self._standing:
            return self._standing[asset]
        found = self._standing[asset] = {}
        for row in self._held.within.get(asset, ()):
            child = self._asset(row["asset"])
            if child != asset:
                found.setdefault(child, []).append((row["from_at"], self._cut(row["until_at"])))
        return found

    def asset(self, asset: str) -> AssetEvidence:
        """Give all that is known of one asset."""
        held = self._held
        own = self._needed(self.bindings(asset))
        kind = Kind(held.kinds[asset]) if asset in held.kinds else (own[0].kind if own else Kind.CHASSIS)
        above = [self._lift(asset, kind, *claim) for claim in lifted(asset, self.bindings, self.standing)]
        people = bool(own) and all(each.source.source_class is SourceClass.PERSON for each in own)
        named = bool(held.members[asset] & held.named)
        merged = asset in self._merged
        return AssetEvidence(
            AssetId(asset),
            kind,
            IdentityGrade.DECLARED if people or merged or not named else IdentityGrade.REPORTED,
            tuple(self._identity_disputes(asset)),
            tuple(self._whereabouts(asset)),
            (*own, *above),
            tuple(self._disputes(asset)),
            tuple(self._complete(asset)) if held.complete else (),
            named,
            tuple(statements(held.statuses.get(asset, ()))),
            merged,
        )

    def _needed(self, bindings: Sequence[Binding]) -> list[Binding]:
        """Leave what ended long before the interval, but for the last where nothing stands at its start."""
        from_at = self._held.from_at
        near = [each for each in bindings if each.until_at is None or each.until_at > from_at - BEFORE]
        stands = any(each.from_at <= from_at and (each.until_at is None or each.until_at > from_at) for each in near)
        far = [each for each in bindings if each not in near]
        if stands or not far:
            return near
        return [max(far, key=lambda each: (each.from_at, each.source.name, each.scope, each.slot)), *near]

    def _lift(self, asset: str, kind: Kind, claim: Binding, from_at: Millis, until_at: Millis | None) -> Binding:
        place = claim.place
        if kind is Kind.RACK and place is not None:
            place = rack_position(self.places, self._kinds, place)
        runs = self._runs_during((claim.source.name, claim.scope), from_at, until_at)
        return Binding(
            claim.source,
            claim.scope,
            claim.slot,
            AssetId(asset),
            kind,
            from_at,
            until_at,
            None if until_at is None else claim.end if until_at == claim.until_at else BindingEnd.REPLACED,
            None,
            None,
            place,
            surveyed=True,
            runs=runs,
            lifted_from=claim.asset,
        )

    def _whereabouts(self, asset: str) -> Iterable[Whereabouts]:
        for row in sorted(self._held.whereabouts.get(asset, ()), key=lambda each: each["from_at"]):
            yield Whereabouts(
                row["from_at"],
                self._cut(row["until_at"]),
                self._asset(row["container"]) if row["container"] else None,
                row["container_slot"],
                row["place"],
                moving=row["moving"],
                disputed=row["disputed"],
            )

    def _disputes(self, asset: str) -> Iterable[Dispute]:
        for row in self._held.disputes.get(asset, ()):
            shown = (row["shown_source"], row["shown_scope"], row["shown_slot"])
            rival = (row["rival_source"], row["rival_scope"], row["rival_slot"])
            yield Dispute(row["from_at"], self._cut(row["until_at"]), shown, rival)

    def _identity_disputes(self, asset: str) -> Iterable[IdentityDispute]:
        names = self._held.members[asset]
        for row in self._held.identity_disputes:
            if names & set(row["assets"]):
                yield IdentityDispute(row["known_from"], self._cut(row["known_until"]), f"{row['scheme']}_disputed")

    def _complete(self, asset: str) -> Iterable[Complete]:
        """Say when a list of what stands in an asset was whole: from a run's start until the next one's."""
        found: set[Complete] = set()
        for row in self._held.bindings.get(asset, ()):
            until_at = self._cut(row["until_at"])
            runs = [
                run
                for run in self._held.runs.get((row["source"], row["scope"]), ())
                if run["known"]
                and run["timing"] != Timing.LATE
                and (until_at is None or run["first_at"] < until_at)
                and (self._cut(run["until_at"]) is None or run["until_at"] > row["from_at"])
            ]
            ends = [*(run["first_at"] for run in runs[1:]), until_at]
            for run, end in zip(runs, ends, strict=False):  # no run, no list: the end alone is left over
                begin = max(run["first_at"], row["from_at"])
                if end is None or end > begin:
                    found |= {Complete(kind, begin, end) for kind in kinds_of(self._held.complete.get(run["digest"]))}
        return sorted(found, key=lambda each: (each.kind, each.from_at, each.until_at or 0))

    def gaps(self) -> Iterable[Gap]:
        """Give the silences with their causes."""
        without: dict[int, list[Interval]] = {}
        for row in self._held.outages:
            without.setdefault(row["partition"], []).append(Interval(row["from_at"], row["until_at"]))
        for row in self._held.gaps:
            until_at = self._cut(row["until_at"])
            gap = interval(row["from_at"], self._known_at if until_at is None else until_at)
            for part in gaps.cause(gap, without.get(row["partition"], ())) if gap is not None else ():
                open_still = until_at is None and part.interval.until_at == self._known_at
                end = None if open_still else part.interval.until_at
                yield Gap(row["source"], row["scope"], part.interval.from_at, end, part.cause)

    def explained(self) -> Iterable[Explained]:
        """Give the planned work that lets things come and go; a place that it names means what stands there."""
        for plan in plans(self._held.work, self._asset):
            goes = FindingKind.COMPONENT_MISSING.value in plan.explains
            comes = FindingKind.COMPONENT_FOREIGN.value in plan.explains
            if goes or comes:
                assets = frozenset(map(AssetId, plan.assets | self._stood(plan)))
                yield Explained(plan.from_at, plan.until_at, assets, plan.ticket, goes, comes, plan.known_from)

    def _stood(self, plan: Plan) -> set[str]:
        """Give what stood at the places of a plan in its window."""
        return {
            asset
            for asset, stood in self._held.whereabouts.items()
            if any(
                each["place"] and self._at(each["place"], plan.places)
                for each in stood
                if each["from_at"] < plan.until_at and (each["until_at"] is None or each["until_at"] > plan.from_at)
            )
        }

    def _at(self, place: str, planned: Iterable[str]) -> bool:
        return any(self.places.within(place, outer) for outer in planned)


def _terms(name: str, rows: Iterable[asyncpg.Record]) -> list[tuple[Millis | None, Source]]:
    """Give from when on (None: from the first) a source had which class and control domain, each time they changed."""
    found: list[tuple[Millis | None, Source]] = []
    for row in rows:
        source = Source(name, SourceClass(row["source_class"]), row["control_domain"] or UNKNOWN_DOMAIN)
        if not found or found[-1][1] != source:
            found.append((row["from_at"] if found else None, source))
    return found


def kinds_of(head: bytes | None) -> frozenset[Kind]:
    """Read the kinds that an inventory is complete for off the beginning of its canonical form."""
    prefix = b'{"complete_for":'
    if head is None or not head.startswith(prefix):
        return frozenset()
    listed: list[str] = json.loads(head[len(prefix) : head.index(b"]") + 1])
    return frozenset(Kind(kind) for kind in listed)
