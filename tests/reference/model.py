"""SEMANTICS in code: what a cell's records come to, slowly and from nothing. Shares no line with `consumers`.

The pure functions of `service.facts` decide identity and whereabouts here too, but over everything that is known, at
every single change; runs, gaps, bindings, the order and the corrections are the model's own.
"""

from collections.abc import Sequence

from tests.reference.deriving import Deriver
from tests.reference.enrolment import Enrolment, read_acts
from tests.reference.findings import SHOWN
from tests.reference.folding import Fold, fold
from tests.reference.shapes import ActFact, Facts, merged
from tests.support.records import Record


def facts(records: Sequence[Record], partitions: int = 1) -> Facts:
    """Give the facts of a cell whose telemetry has so many partitions. Pure; the order of `records` does not matter."""
    enrolment, folds, deriver = _played(records, partitions)
    beliefs = deriver.beliefs
    return Facts(
        deriver.horizon,
        runs=frozenset(run.fact() for run in deriver.runs),
        dead=frozenset(enrolment.dead).union(*(each.dead for each in folds)),
        outages=frozenset(enrolment.outages).union(*(each.outages for each in folds)),
        acts=frozenset(
            ActFact(said.offset, said.at, said.act.act, said.act.key, deriver.outcomes.get(said.offset))
            for said in enrolment.said
        ),
        gaps=frozenset(deriver.gaps),
        parts=frozenset((row.part.hex(), row.carrier.kind.value) for row in deriver.bindings.rows),
        aliases=deriver.alias_facts(),
        shared=frozenset((v.scheme, v.scope, v.value, v.kind.value) for v in deriver.identity.shared),
        bindings=frozenset([row.fact() for row in deriver.bindings.rows] + deriver.bindings.past),
        whereabouts=merged(beliefs.past.union(*beliefs.where.values())),
        disputes=merged(beliefs.past_disputes.union(*beliefs.disputes.values())),
        statuses=frozenset(deriver.statuses.said),
        acceptances=frozenset(deriver.statuses.accepted),
        findings=deriver.findings.facts(),
        raised=frozenset(kind.value for kind in SHOWN),
    )


def firsts(records: Sequence[Record], partitions: int = 1) -> dict[bytes, tuple[int, ...]]:
    """Give for every part the place in the order of rule 5 at which it was first seen: a cell mints ids from that."""
    return {key: placed.order for key, placed in _played(records, partitions)[2].identity.parts.items()}


def _played(records: Sequence[Record], partitions: int) -> tuple[Enrolment, list[Fold], Deriver]:
    enrolment = read_acts(records)
    folds = [fold(records, partition, enrolment) for partition in range(partitions)]
    horizon = min([enrolment.applied, *(each.applied for each in folds if not each.rests)])
    runs = sorted((run for each in folds for run in each.runs), key=lambda run: (run.first, run.partition, run.offset))
    deriver = Deriver(enrolment, runs, horizon)
    deriver.play()
    return enrolment, folds, deriver
