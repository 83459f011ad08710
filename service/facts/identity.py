"""Which parts are one thing (rules 15 and 16): a pure function of the set of parts, never of their order of arrival.

How a deriver drives it, for one changed inventory:

1. `carriers(inventory)`; its `shared` values are shared from now on; `part_of` each carrier.
2. Keep each part for ever under its key, with the union of its weak values and its first place in the order of rule 5.
3. Begin a `Component` with the parts that are new or have new weak values, with all parts that have a value which
   has just become shared by 1 or by a person, and with both ends of an edge or cut that came or went. Look up what
   it wants until it wants nothing.
4. `resolve` it. Write its groups. Keep the newly `shared` values.
5. For each part in `scattered`: its sightings are things apart now. `part_of` each again, and go on at 2 with those.

The order of arrival does not matter, as what decides only grows: the parts, their weak values, the shared values. A
value that was shared early is shared at the end too, because what made it so stays. Groups may fall apart when a
value becomes shared; the asset's id stays with the group's first part. Standard library alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import chain

from service.facts.carriers import NOTHING, Part
from service.facts.groups import Forest
from service.facts.schemes import HOLDS_BOARD, LEVELS, SCOPED, SINGLE, TABLE, Value, lesser

SHARED_ABOVE = 32  # a value on more parts than this joins nothing (rule 16)

Order = tuple[int, ...]
Edge = tuple[bytes, bytes]  # two keys of parts


@dataclass(frozen=True, slots=True)
class Placed:
    """A part and the place of its first sighting in the order of rule 5. Orders of one call have one length."""

    part: Part
    order: Order


@dataclass(frozen=True, slots=True)
class Group:
    """One asset. It bears the name of `first`, its first part in the order of rule 5; the others' are aliases."""

    first: bytes
    parts: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Disputed:
    """A strong value that would put two things in one: it joins nothing, and is a finding (`identity_disputed`)."""

    value: Value
    parts: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The outcome. `groups` are ordered by their first parts and hold every part but those in `scattered`.

    `shared`: values found to be shared, besides those that were known. `disputed`: sorted by value; a value that
    becomes shared by conflict is named there when it does, and not again. `scattered`: parts that may no longer stand
    for several sightings, since all their strong values are shared (they may be named again when none are left).
    """

    groups: tuple[Group, ...]
    disputed: tuple[Disputed, ...]
    shared: frozenset[Value]
    scattered: frozenset[bytes]

    def parts(self) -> frozenset[bytes]:
        """Give all parts that were resolved."""
        return self.scattered.union(*(group.parts for group in self.groups))


def union(placed: Iterable[Placed]) -> dict[bytes, Placed]:
    """Fold parts by key: all weak values, and the first place. What a store must do when it keeps a part."""
    out: dict[bytes, Placed] = {}
    for one in placed:
        had = out.get(one.part.key)
        if had is not None:
            part = replace(had.part, weak=had.part.weak | one.part.weak)
            one = Placed(part, min(had.order, one.order))  # noqa: PLW2901
        out[one.part.key] = one
    return out


def resolve(
    placed: Iterable[Placed],
    edges: Iterable[Edge] = (),
    cuts: Iterable[Edge] = (),
    shared: AbstractSet[Value] = NOTHING,
) -> Resolution:
    """Group the parts of whole components. Pure; the order of its arguments does not matter.

    `shared`: the values known to be shared, by persons or earlier. `edges` and `cuts`: what persons merged and parted,
    as keys of parts (those of parts that are not here are ignored). Strong values join level by level, all of a level
    at once; then serials with less scope, persons' edges, weak values. What would put two values of a single-valued
    scheme (persons' edges may), or both ends of a cut, into one group joins nothing on its level.
    """
    parts = union(placed)
    holders = _holders(parts.values())
    found, disputed = _shared(parts, holders, shared)
    shared = shared | found
    scattered = {key for key, one in parts.items() if not one.part.alone and one.part.strong <= shared}
    live = {key: one.part for key, one in parts.items() if key not in scattered}
    holders = {value: [key for key in keys if key in live] for value, keys in holders.items() if value not in shared}
    forest = Forest({key: _singles(part) for key, part in live.items()}, cuts)
    for level in LEVELS:
        links = {
            value: keys
            for value, several in holders.items()
            if TABLE[value.scheme].strength == level
            and len(keys := [key for key in several if value in live[key].strong]) > 1
        }
        for value in forest.unite(links):
            disputed[value] = frozenset(links[value])
    for unscoped in (False, True):
        forest.unite(_ladder(live, holders, forest, unscoped=unscoped))
    persons = {edge: [key for key in edge if key in live] for edge in edges}
    forest.unite(persons, persons=True)
    _weak(live, holders, forest, shared)
    ordered = [sorted(keys, key=lambda key: (parts[key].order, key)) for keys in forest.groups()]
    groups = [Group(keys[0], frozenset(keys)) for keys in ordered]
    groups.sort(key=lambda group: (parts[group.first].order, group.first))
    findings = tuple(Disputed(value, disputed[value]) for value in sorted(disputed))
    return Resolution(tuple(groups), findings, frozenset(found), frozenset(scattered))


def _holders(placed: Iterable[Placed]) -> dict[Value, list[bytes]]:
    holders: dict[Value, list[bytes]] = defaultdict(list)
    for one in placed:
        for value in one.part.strong | one.part.weak:
            holders[value].append(one.part.key)
    return holders


def _singles(part: Part) -> dict[str, frozenset[str]]:
    """Give the values, whatever their scopes, that a part has in single-valued schemes."""
    stated: dict[str, set[str]] = defaultdict(set)
    for value in chain(part.strong, part.weak):
        if value.scheme in SINGLE:
            stated[value.scheme].add(value.value)
    return {scheme: frozenset(values) for scheme, values in stated.items()}


def _shared(
    parts: Mapping[bytes, Placed], holders: Mapping[Value, Sequence[bytes]], known: AbstractSet[Value]
) -> tuple[set[Value], dict[Value, frozenset[bytes]]]:
    """Find the values that are shared by what is here, and the conflicts that made strong ones so.

    A part all of whose strong values are shared is nobody's any more: it counts for its strong values alone.
    """
    singles = {key: _singles(one.part) for key, one in parts.items()}
    found: set[Value] = set()
    conflicts: dict[Value, frozenset[bytes]] = {}
    for value, keys in holders.items():
        if value in known:
            continue
        own = [parts[key].part for key in keys]
        own = [part for part in own if part.alone or value in part.strong or not part.strong <= known]
        stated: dict[str, set[str]] = defaultdict(set)
        for part in own:
            for scheme, values in singles[part.key].items():
                stated[scheme] |= values
        conflict = len(own) > 1 and any(len(values) > 1 for values in stated.values())
        if conflict or sum(_weight(part) if value in part.strong else 1 for part in own) > SHARED_ABOVE:
            found.add(value)
        if conflict and any(value in part.strong for part in own):
            conflicts[value] = frozenset(part.key for part in own)
    return found, conflicts


def _weight(part: Part) -> int:
    """How many tuples a part stands for: the boards that one name was seen to hold, else one."""
    boards: dict[str, int] = defaultdict(int)
    for value in part.weak:
        if value.scheme == HOLDS_BOARD:
            boards[value.scope] += 1
    return max(boards.values(), default=1)


def _ladder(
    live: Mapping[bytes, Part], holders: Mapping[Value, Sequence[bytes]], forest: Forest, *, unscoped: bool
) -> dict[Value, list[bytes]]:
    """Link a serial stated with less scope to the one thing that states it with more, while there is one."""
    links: dict[Value, list[bytes]] = {}
    for value, keys in holders.items():
        if value.scheme not in SCOPED or (value.scope == "") is not unscoped or len(keys) < 2:  # noqa: PLR2004
            continue
        fuller = [key for key in keys if any(value in lesser(more) for more in live[key].strong)]
        if len({forest.root(key) for key in fuller}) == 1 and len(fuller) < len(keys):
            links[value] = list(keys)
    return links


def _weak(
    live: Mapping[bytes, Part], holders: Mapping[Value, Sequence[bytes]], forest: Forest, shared: AbstractSet[Value]
) -> None:
    """Let groups without a strong value join the one group that has one and their weak value.

    A group whose weak values lead to two candidates joins neither; those that contradict their candidate, or one
    another, stay apart.
    """
    known = {forest.root(key) for key, part in live.items() if part.strong - shared}
    candidates: dict[bytes, set[bytes]] = defaultdict(set)
    for keys in holders.values():
        roots = {forest.root(key) for key in keys}
        if len(anchors := roots & known) == 1:
            for root in roots - known:
                candidates[root] |= anchors
    joining: dict[bytes, list[bytes]] = defaultdict(list)
    for root, anchors in candidates.items():
        if len(anchors) == 1 and forest.agree(root, *anchors):
            joining[next(iter(anchors))].append(root)
    forest.unite({anchor: [anchor, *roots] for anchor, roots in joining.items()})


@dataclass(slots=True)
class Component:
    """The parts that one part is connected with, found without loading the world. Mutable, of one caller, never blocks.

    Hand over the parts to begin with by `add`, then look up what `wanted` names and `add` that, until it names nothing.
    Values known to be shared connect nothing, and a value becomes shared before it has many holders: each step is
    small.
    """

    parts: dict[bytes, Placed] = field(default_factory=dict)
    shared: set[Value] = field(default_factory=set)
    edges: set[Edge] = field(default_factory=set)
    _fresh: set[bytes] = field(default_factory=set)
    _asked: set[Value | bytes] = field(default_factory=set)

    def add(self, placed: Iterable[Placed], shared: Iterable[Value] = (), edges: Iterable[Edge] = ()) -> None:
        """Take parts, with all their weak values; of all their values those known to be shared; and persons' merges.

        A part that is scattered (not alone, and all its strong values shared) connects nothing.
        """
        self.shared.update(shared)
        self.edges.update(edges)
        for key, one in union(placed).items():
            had = self.parts.get(key)
            self.parts[key] = one if had is None else union((had, one))[key]
            self._fresh.add(key)

    def wanted(self) -> "Wanted":
        """Give what to look up next, each thing once; false when the component is whole."""
        values: set[Value] = set()
        keys: set[bytes] = set()
        for key in self._fresh:
            part = self.parts[key].part
            if part.alone or not part.strong <= self.shared:
                values |= part.strong | part.weak
                keys.add(key)
        self._fresh.clear()
        ends = {key for edge in self.edges for key in edge if set(edge) & self.parts.keys()} - self.parts.keys()
        out = Wanted(
            frozenset(values - self.shared - self._asked), frozenset(keys - self._asked), frozenset(ends - self._asked)
        )
        self._asked.update(out.values, out.edges_of, out.parts)
        return out

    def resolve(self, cuts: Iterable[Edge] = ()) -> Resolution:
        """Resolve it, once nothing is wanted. `cuts`: at least those between its parts."""
        return resolve(self.parts.values(), self.edges, cuts, frozenset(self.shared))


@dataclass(frozen=True, slots=True)
class Wanted:
    """`values`: give all parts that have one, strong or weak. `edges_of`: persons' merges of these. `parts`: these."""

    values: frozenset[Value]
    edges_of: frozenset[bytes]
    parts: frozenset[bytes]

    def __bool__(self) -> bool:
        return bool(self.values or self.edges_of or self.parts)
