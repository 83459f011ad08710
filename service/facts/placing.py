"""Who says, and with what grade, that a thing is at a place, or elsewhere, by way of the chain that it stands in.

A **testimony** is what one control domain says of one place: all its sources together, sensed and declared apart.
A place is `corroborated` where testimonies of two known control domains, of different sources, agree and one of them
is sensed (rule 26); each of the two must be unbroken by itself, but for silences within the limit.
Pure; standard library alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from schemas.words import PlaceGrade, SourceClass
from service.facts.chain import GONE, Chain, Mode
from service.facts.records import UNKNOWN_DOMAIN, AssetId, Binding, Millis, Places
from service.facts.spans import NONE, Span, Spans, bridge, intersect, subtract, union


@dataclass(frozen=True, slots=True)
class Target:
    """The place, or the country, that a claim names, or any known place; `outside`: all the rest of the world instead.

    A place that holds the one named, or that stands in no known country, is neither within nor outside.
    """

    places: Places
    place: str | None = None
    country: str | None = None
    outside: bool = False

    def supports(self, place: str) -> bool:
        """Whether being at `place` is being at the target."""
        return self._elsewhere(place) if self.outside else self._within(place)

    def refuses(self, place: str) -> bool:
        """Whether being at `place` is being where the target is not."""
        return self._within(place) if self.outside else self._elsewhere(place)

    def _within(self, place: str) -> bool:
        if self.place is not None:
            return self.places.within(place, self.place)
        if self.country is None:
            return place in self.places.parent
        return self.places.country_of(place) == self.country

    def _elsewhere(self, place: str) -> bool:
        if self.place is not None:
            return not self.places.agree(place, self.place)
        country = self.places.country_of(place)
        return self.country is not None and country is not None and country != self.country


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the sources of one control domain say of one place. `pairs`: it may be one of two that corroborate."""

    domain: str
    sources: frozenset[str]
    place: str
    sensed: bool
    pairs: bool
    spans: Spans
    stands: Spans

    def during(self, spans: Spans, standing: Spans) -> "Testimony":
        """Give the same, for something that stands in what it is about during `spans`."""
        return replace(self, spans=intersect(self.spans, spans), stands=intersect(self.stands, standing))


@dataclass(frozen=True, slots=True)
class Grades:
    """When a place is supported by at least a grade."""

    declared: Spans = NONE
    sensed: Spans = NONE
    corroborated: Spans = NONE

    def during(self, spans: Spans) -> "Grades":
        """Give the same, cut."""
        return Grades(
            intersect(self.declared, spans), intersect(self.sensed, spans), intersect(self.corroborated, spans)
        )

    def above(self, grade: PlaceGrade) -> Spans:
        """Give when the grade is better than `grade`."""
        if grade is PlaceGrade.DECLARED:
            return union((*self.sensed, *self.corroborated))
        return self.corroborated if grade is PlaceGrade.SENSED else NONE

    def at_least(self, grade: PlaceGrade) -> Spans:
        """Give when the grade is `grade` or better; nothing in this version reaches `inspected`."""
        by_grade = {
            PlaceGrade.DECLARED: self.declared,
            PlaceGrade.SENSED: self.sensed,
            PlaceGrade.CORROBORATED: self.corroborated,
        }
        return by_grade.get(grade, NONE)


_Key = tuple[AssetId, Mode, bool]


class Placing:
    """Testimonies about one target on one chain. `against`: of places elsewhere, else of places within the target."""

    def __init__(self, chain: Chain, target: Target) -> None:
        self.chain = chain
        self.target = target
        self._relevant: dict[tuple[str, bool], bool] = {}
        self._testimonies: dict[_Key, tuple[Testimony, ...]] = {}
        self._grades: dict[tuple[AssetId, Mode], Grades] = {}
        self._gone: dict[AssetId, dict[str, tuple[frozenset[str], Spans]]] = {}

    def relevant(self, place: str, *, against: bool) -> bool:
        """Whether a place supports (or refuses) the target."""
        key = (place, against)
        if key not in self._relevant:
            self._relevant[key] = self.target.refuses(place) if against else self.target.supports(place)
        return self._relevant[key]

    def own(self, asset: AssetId, *, against: bool = False) -> list[Binding]:
        """Give the bindings that say a place of the asset itself, for or against."""
        return [
            binding
            for binding in self.chain.bindings(asset)
            if binding.place is not None and self.relevant(binding.place, against=against)
        ]

    def testimonies(self, asset: AssetId, mode: Mode, *, against: bool = False) -> tuple[Testimony, ...]:
        """Give what is said about the asset itself and, while it stands in them, about what holds it."""
        key = (asset, mode, against)
        if key not in self._testimonies:
            found = self._own(asset, mode, against=against)
            for link in self.chain.links(asset):
                spans = self.chain.link(link, mode)
                standing = union(self.chain.stands(binding) for binding in link.bindings)
                above = self.testimonies(link.parent, mode, against=against)
                found.extend(each.during(spans, standing) for each in above)
            self._testimonies[key] = _joined(each for each in found if each.spans or (against and each.stands))
        return self._testimonies[key]

    def grades(self, asset: AssetId, mode: Mode) -> Grades:
        """Give when the target is supported by which grade. Cheap for what has no place evidence of its own."""
        key = (asset, mode)
        if key not in self._grades:
            links = self.chain.links(asset)
            if len(links) == 1 and not self.own(asset):
                above = self.grades(links[0].parent, mode)
                self._grades[key] = above.during(self.chain.link(links[0], mode))
            else:
                self._grades[key] = graded(self.testimonies(asset, mode), self.target.places)
        return self._grades[key]

    def raw(self, asset: AssetId) -> Spans:
        """Give what runs cover of the support, no silence bridged."""
        return self.grades(asset, Mode.RAW).declared

    def _own(self, asset: AssetId, mode: Mode, *, against: bool) -> list[Testimony]:
        groups: dict[tuple[str, str, bool, bool], tuple[set[str], list[Span], list[Span]]] = {}
        for binding in self.own(asset, against=against):
            known = binding.source.control_domain not in {UNKNOWN_DOMAIN, ""}
            inside = self._inside(binding, mode)
            stands: Spans = (self.chain.stands(binding),)
            if inside is not None and not against:
                stands = intersect(stands, inside)  # where the part was not in it, there is no silence to bridge
            for fresh in (True, False):
                spans = union(self.chain.spans(binding, mode, fresh=fresh))
                if inside is not None:
                    spans = intersect(spans, inside)
                if not spans and not (fresh and against):
                    continue
                # A report without usable time may be an old one that was sent again: it is no second voice.
                key = (binding.source.control_domain, binding.place or "", senses(binding) and fresh, known and fresh)
                sources, covered, standing = groups.setdefault(key, (set(), [], []))
                sources.add(binding.source.name)
                covered.extend(spans)
                standing.extend(stands)
        out = []
        limit = self.chain.limit(asset)
        gone = self.taken_back(asset) if mode is Mode.CONFIRMING and not against else {}
        for (domain, place, sensed, pairs), (sources, covered, standing) in sorted(groups.items()):
            spans, stands = union(covered), union(standing)
            if mode in {Mode.CONFIRMING, Mode.ANY}:
                spans = bridge(spans, stands, limit, self.chain.until_at)
            if domain in gone:
                spans = subtract(spans, gone[domain][1])
            out.append(Testimony(domain, frozenset(sources), place, sensed, pairs, spans, stands))
        return out

    def _inside(self, binding: Binding, mode: Mode) -> Spans | None:
        """Give when the part of a lifted claim is supported to be in the asset: else it says where the part is.

        None where the claim is about the asset itself, or where all of it counts.
        """
        part = binding.lifted_from
        if part is None or part == binding.asset:
            return None
        if self.chain.of(part) is None:
            return NONE if mode is Mode.CONFIRMING else None
        inside = self.chain.path(part, binding.asset, mode)
        return subtract(inside, self.chain.tainted(part)) if mode is Mode.CONFIRMING else inside

    def taken_back(self, asset: AssetId) -> Mapping[str, tuple[frozenset[str], Spans]]:
        """Give, by control domain, who saw the asset itself gone from within the target, and from when until when.

        It lasts until a source of that domain is heard to see it there again; while another one of them does so all
        along (the second of two power feeds), nothing is taken back. A part that is gone from a port takes nothing
        back of what held it.
        """
        if asset not in self._gone:
            found: dict[str, tuple[frozenset[str], Spans]] = {}
            own = [each for each in self.own(asset) if each.lifted_from is None]
            for binding in own:
                gone, domain = binding.until_at, binding.source.control_domain
                if not senses(binding) or binding.end not in GONE or gone is None or gone >= self.chain.until_at:
                    continue
                mine = [each for each in own if each.source.control_domain == domain]
                heard = union(span for each in mine for span in self.chain.spans(each, Mode.HEARD))
                back = next((max(start, gone) for start, end, _ in heard if end > gone), self.chain.until_at)
                if back > gone:
                    sources, spans = found.get(domain, (frozenset(), NONE))
                    found[domain] = (sources | {binding.source.name}, union((*spans, (gone, back, back))))
            self._gone[asset] = found
        return self._gone[asset]


def senses(binding: Binding) -> bool:
    """Whether a claim of a place is more than a string: a facility source says it of a surveyed position."""
    return binding.surveyed and binding.source.source_class is SourceClass.FACILITY


def _joined(found: Iterable[Testimony]) -> tuple[Testimony, ...]:
    groups: dict[tuple[str, str, bool, bool], list[Testimony]] = {}
    for each in found:
        groups.setdefault((each.domain, each.place, each.sensed, each.pairs), []).append(each)
    out = []
    for _, same in sorted(groups.items()):
        first = same[0]
        if len(same) > 1:
            first = replace(
                first,
                sources=frozenset[str]().union(*(each.sources for each in same)),
                spans=union(span for each in same for span in each.spans),
                stands=union(span for each in same for span in each.stands),
            )
        out.append(first)
    return tuple(out)


def graded(testimonies: Sequence[Testimony], places: Places) -> Grades:
    """Give when what grade is reached (rule 26). Pure."""
    pairs: list[Span] = []
    able = [each for each in testimonies if each.pairs and each.spans]
    for one, other in permutations(able, 2):
        if (
            one.sensed
            and one.domain != other.domain
            and len(one.sources | other.sources) > 1
            and places.agree(one.place, other.place)
        ):
            pairs.extend(intersect(one.spans, other.spans))
    return Grades(
        union(span for each in testimonies for span in each.spans),
        union(span for each in testimonies if each.sensed for span in each.spans),
        union(pairs),
    )


def earliest(spans: Spans, from_at: Millis) -> Millis | None:
    """Give the first covered moment at or after `from_at`."""
    return next((max(start, from_at) for start, end, _ in spans if end > from_at), None)
