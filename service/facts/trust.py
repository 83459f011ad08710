"""What remains to be trusted of a body of evidence, as a summary that can be joined with that of another body.

Joining is associative, commutative and idempotent: evidence that two portions of a set share counts once. Pure;
standard library alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from schemas.words import IdentityGrade, Kind, SourceClass, rank
from service.facts.chain import Chain
from service.facts.judgement import Code, code, named
from service.facts.records import UNKNOWN_DOMAIN, AssetId, Binding

N = TypeVar("N", Kind, str)


@dataclass(frozen=True, slots=True)
class Trust:
    """Who controls what speaks: sources by control domain, and the domains that alone say what holds things of a kind.

    `senses`: a surveyed source is among them. `unsigned`: something less than signed is. `nameless`: the things that
    are told by their slots alone; where contents are judged.
    """

    domains: Mapping[str, frozenset[str]] = field(default_factory=dict)
    alone: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    senses: bool = False
    unsigned: bool = False
    nameless: frozenset[AssetId] = frozenset()

    def joined(self, other: "Trust") -> "Trust":
        """Give the summary of both."""
        return Trust(
            _united(self.domains, other.domains),
            _united(self.alone, other.alone),
            self.senses or other.senses,
            self.unsigned or other.unsigned,
            self.nameless | other.nameless,
        )


def _united(one: Mapping[N, frozenset[str]], other: Mapping[N, frozenset[str]]) -> dict[N, frozenset[str]]:
    empty: frozenset[str] = frozenset()
    return {name: one.get(name, empty) | other.get(name, empty) for name in one.keys() | other.keys()}


def trust_in(chain: Chain, bindings: Iterable[Binding]) -> Trust:
    """Sum up what these bindings rest on."""
    domains: dict[str, set[str]] = {}
    holding: dict[AssetId, set[str]] = {}
    senses_any, unsigned, nameless = False, False, set()
    for binding in bindings:
        domains.setdefault(binding.source.control_domain or UNKNOWN_DOMAIN, set()).add(binding.source.name)
        if binding.container is not None:
            holding.setdefault(binding.asset, set()).add(binding.source.control_domain)
        senses_any = senses_any or senses(binding)
        unsigned = unsigned or rank(chain.identity_of(binding)) < rank(IdentityGrade.SIGNED)
        if chain.by_slot(binding.asset):
            nameless.add(binding.asset)
    alone: dict[Kind, set[str]] = {}
    for asset, mine in holding.items():
        found = chain.of(asset)
        if found is not None and len(mine) == 1:
            alone.setdefault(found.kind, set()).update(mine)
    return Trust(
        {domain: frozenset(names) for domain, names in domains.items()},
        {kind: frozenset(names) for kind, names in alone.items()},
        senses_any,
        unsigned,
        frozenset(nameless),
    )


def trusted(trust: Trust) -> Iterator[Code]:
    """Say what remains to be trusted: witnesses first, then who controls the sources, and what was not kept."""
    yield code("independent_witnesses", count=0)
    for domain in sorted(trust.domains, key=lambda name: (name != UNKNOWN_DOMAIN, name)):
        name = "sources_of_unknown_domain" if domain == UNKNOWN_DOMAIN else "control_domain"
        detail = {} if domain == UNKNOWN_DOMAIN else {"domain": domain}
        yield code(name, **detail, **named(sorted(trust.domains[domain])))
    for kind in sorted(trust.alone):
        yield code("containment_by_one_domain", kind=kind.value, domains=", ".join(sorted(trust.alone[kind])))
    if trust.senses:
        yield code("surveys_of_positions")
    if trust.unsigned:
        yield code("reports_are_not_signed")
    yield code("who_ran_the_consumer")
    yield code("raw_messages_not_kept")


def senses(binding: Binding) -> bool:
    """Whether a binding is by a facility source that a survey ties to its place."""
    return binding.place is not None and binding.surveyed and binding.source.source_class is SourceClass.FACILITY
