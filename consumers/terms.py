"""What was enrolled of a cell's sources, by time. Pure, but for `load`."""

from bisect import bisect_right
from dataclasses import dataclass, field

from schemas.words import SourceClass
from service.facts.records import UNKNOWN_DOMAIN, Millis
from service.facts.runs import DEFAULT_LATENESS
from service.store import intake
from service.store.pool import Connection

NEVER: Millis = 1 << 62


@dataclass(frozen=True, slots=True)
class Term:
    """How a source is enrolled from `from_at` on."""

    from_at: Millis
    source_class: SourceClass
    control_domain: str = UNKNOWN_DOMAIN
    interval: Millis | None = None
    clock_offset: Millis = 0
    lateness: Millis = DEFAULT_LATENESS
    retired: bool = False


@dataclass(slots=True)
class Terms:
    """All terms of one cell, as of version `version` of the cell's row."""

    version: int = -1
    by_source: dict[str, list[Term]] = field(default_factory=dict)

    def at(self, source: str, at: Millis) -> tuple[Term | None, Millis]:
        """The term of a source in force at an append time (None: not enrolled), and when the next one begins."""
        terms = self.by_source.get(source)
        if not terms:
            return None, NEVER
        index = bisect_right(terms, at, key=lambda term: term.from_at)
        until = terms[index].from_at if index < len(terms) else NEVER
        return (terms[index - 1] if index else None), until

    def retired_between(self, source: str, after: Millis, upto: Millis) -> bool:
        """Whether a source was retired after one moment and up to another."""
        return any(term.retired and after < term.from_at <= upto for term in self.by_source.get(source, ()))

    def any_retired(self) -> bool:
        """Whether any source of the cell ever was retired."""
        return any(term.retired for terms in self.by_source.values() for term in terms)


async def load(connection: Connection, cell: str, version: int) -> Terms:
    """Read a cell's terms."""
    terms = Terms(version)
    for row in await intake.terms(connection, cell):
        terms.by_source.setdefault(row["source"], []).append(
            Term(
                row["from_at"],
                SourceClass(row["source_class"]),
                row["control_domain"],
                row["interval_ms"],
                row["clock_offset_ms"],
                row["lateness_ms"],
                row["retired"],
            )
        )
    return terms
