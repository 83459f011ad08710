"""What was enrolled of a cell's sources, by time. Pure, but for `load`."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from schemas.words import SourceClass
from service.facts.records import UNKNOWN_DOMAIN, Millis
from service.facts.runs import DEFAULT_LATENESS
from service.store import intake
from service.store.pool import Connection

NEVER: Millis = 1 << 62


@dataclass(frozen=True, slots=True)
class Term:
    """How a source is enrolled from `from_at` on; class None: never enrolled, only retired."""

    from_at: Millis
    source_class: SourceClass | None
    control_domain: str = UNKNOWN_DOMAIN
    interval: Millis | None = None
    clock_offset: Millis = 0
    lateness: Millis = DEFAULT_LATENESS
    retired: bool = False


@dataclass(slots=True)
class Terms:
    """All terms of one cell, as of version `version` of the cell's row. `any_retired`: whether a source ever was."""

    version: int = -1
    by_source: dict[str, list[Term]] = field(default_factory=dict)
    any_retired: bool = False

    def add(self, source: str, term: Term) -> None:
        """Bring a term; one of the same source and moment goes."""
        terms = self.by_source.setdefault(source, [])
        index = bisect_left(terms, term.from_at, key=lambda each: each.from_at)
        same = index < len(terms) and terms[index].from_at == term.from_at
        terms[index : index + same] = [term]
        self.any_retired = self.any_retired or term.retired

    def at(self, source: str, at: Millis) -> tuple[Term | None, Millis]:
        """The term of a source in force at an append time (None: not enrolled), and when the next one begins."""
        terms = self.by_source.get(source)
        if not terms:
            return None, NEVER
        index = bisect_right(terms, at, key=lambda term: term.from_at)
        until = terms[index].from_at if index < len(terms) else NEVER
        return (terms[index - 1] if index else None), until

    def retired_between(self, source: str, after: Millis, upto: Millis) -> Millis | None:
        """When a source was first retired after one moment and up to another; None: it was not."""
        terms = self.by_source.get(source, ())
        return next((term.from_at for term in terms if term.retired and after < term.from_at <= upto), None)


async def load(connection: Connection, cell: str, version: int, terms: Terms) -> None:
    """Bring a cell's terms up to a version: what came since is read, and nothing else."""
    for row in await intake.terms(connection, cell, terms.version):
        terms.add(
            row["source"],
            Term(
                row["from_at"],
                row["source_class"] and SourceClass(row["source_class"]),
                row["control_domain"],
                row["interval_ms"],
                row["clock_offset_ms"],
                row["lateness_ms"],
                row["retired"],
            ),
        )
    terms.version = version
