"""Rules 15 and 16 as properties: what a deriver computes step by step is what the whole set says, in any order."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.inventory import Identifier, Item
from schemas.words import Kind, Scheme
from service.facts import identity
from service.facts.carriers import Carrier, Part, part_of, split
from service.facts.identity import Component, Edge, Placed, resolve, union
from service.facts.schemes import SINGLE, Value, everywhere, usable

Sighting = tuple[str, Carrier]  # source and carrier, whose slot is the source's own
Pair = tuple[int, int]  # two sightings, by their place in the order of rule 5
Partition = frozenset[frozenset[int]]


class Book:
    """A deriver without a database: keeps parts, their values and groups, and touches one component at a time."""

    def __init__(self) -> None:
        self.sightings: dict[int, Sighting] = {}
        self.part_at: dict[int, bytes] = {}
        self.parts: dict[bytes, Placed] = {}
        self.by_value: dict[Value, set[bytes]] = defaultdict(set)
        self.shared: set[Value] = set()
        self.group_of: dict[bytes, frozenset[bytes]] = {}
        self.merges: set[Pair] = set()
        self.cuts: set[Pair] = set()
        self.largest = 0

    def see(self, place: int, sighting: Sighting) -> None:
        """Take a sighting, at its place in the order of rule 5."""
        self.sightings[place] = sighting
        self._recompute({self._bind(place)})

    def share(self, values: AbstractSet[Value]) -> None:
        """Take a person's word that values are shared."""
        new = values - self.shared
        self.shared |= new
        self._recompute({key for value in new for key in self.by_value[value]})

    def say(self, pairs: set[Pair], pair: Pair, *, undo: bool = False) -> None:
        """Take a person's merge or part (`pairs` says which), or take it back."""
        (pairs.discard if undo else pairs.add)(pair)
        self._recompute({self.part_at[place] for place in pair if place in self.part_at})

    def _bind(self, place: int) -> bytes:
        source, carrier = self.sightings[place]
        part = part_of(carrier, source, "node", self.shared)
        had = self.parts.get(part.key)
        placed = Placed(part, (place,))
        self.parts[part.key] = placed if had is None else union((had, placed))[part.key]
        for value in part.strong | part.weak:
            self.by_value[value].add(part.key)
        self.part_at[place] = part.key
        return part.key

    def _keys(self, pairs: set[Pair]) -> set[Edge]:
        return {
            (self.part_at[one], self.part_at[other])
            for one, other in pairs
            if one in self.part_at and other in self.part_at
        }

    def _recompute(self, begin: set[bytes]) -> None:
        while begin:
            component = Component()
            self._add(component, begin)
            while wanted := component.wanted():
                self._add(component, wanted.parts.union(*(self.by_value[value] for value in wanted.values)))
            self.largest = max(self.largest, len(component.parts))
            resolution = component.resolve(self._keys(self.cuts))
            self.shared |= resolution.shared
            for group in resolution.groups:
                for key in group.parts:
                    self.group_of[key] = group.parts
            begin = {self._bind(place) for place, key in list(self.part_at.items()) if key in resolution.scattered}

    def _add(self, component: Component, keys: Iterable[bytes]) -> None:
        placed = [self.parts[key] for key in keys]
        values = {value for one in placed for value in one.part.strong | one.part.weak}
        component.add(placed, values & self.shared, self._keys(self.merges))

    def partition(self) -> Partition:
        """Give the sightings that are of one thing."""
        out: dict[frozenset[bytes], set[int]] = defaultdict(set)
        for place, key in self.part_at.items():
            out[self.group_of[key]].add(place)
        return frozenset(map(frozenset, out.values()))


def whole(
    sightings: Sequence[tuple[int, Sighting]],
    shared: AbstractSet[Value] = frozenset(),
    merges: Iterable[Pair] = (),
    cuts: Iterable[Pair] = (),
) -> tuple[Partition, frozenset[Value], dict[int, Part]]:
    """Resolve everything at once, until sharing makes nothing else shared."""
    known = frozenset(shared)
    while True:
        part_at = {place: part_of(carrier, source, "node", known) for place, (source, carrier) in sightings}
        resolution = resolve(
            [Placed(part, (place,)) for place, part in part_at.items()],
            [(part_at[one].key, part_at[other].key) for one, other in merges],
            [(part_at[one].key, part_at[other].key) for one, other in cuts],
            known,
        )
        if not resolution.shared and not resolution.scattered:
            break
        known |= resolution.shared
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, part in part_at.items():
        places[part.key].append(place)
    out = frozenset(frozenset(place for key in group.parts for place in places[key]) for group in resolution.groups)
    return out, known, part_at


UUIDS = [f"GPU-0000000{n}-1111-2222-3333-44444444444{n}" for n in range(3)]
SERIALS = ["S100", "S200", "N/A"]
IDENTIFIERS = st.one_of(
    st.builds(Identifier, st.just(Scheme.GPU_UUID), st.just(""), st.sampled_from(UUIDS)),
    st.builds(Identifier, st.just(Scheme.SYSTEM_UUID), st.just(""), st.sampled_from(UUIDS)),
    st.builds(
        Identifier,
        st.just(Scheme.SERIAL),
        st.sampled_from(["acme/a10", "acme", "", "bolt/a10"]),
        st.sampled_from(SERIALS),
    ),
    st.builds(Identifier, st.just(Scheme.WWN), st.just(""), st.sampled_from(["5000c500a1b2c3d4", "5000c500a1b2c3d5"])),
    st.builds(Identifier, st.just(Scheme.ASSET_TAG), st.just(""), st.sampled_from(["TAG-1", "TAG-2", "$ASSET_TAG"])),
)
ITEMS = st.builds(
    Item,
    st.sampled_from(["one", "two", "three"]),
    st.sampled_from([Kind.GPU, Kind.CHASSIS]),
    st.none(),
    st.lists(IDENTIFIERS, max_size=4).map(tuple),
)


@st.composite
def sets_of_sightings(draw: st.DrawFn) -> list[tuple[int, Sighting]]:
    reports = draw(st.lists(st.tuples(st.sampled_from(["agent", "bmc", "other"]), ITEMS), max_size=12))
    seen = [(source, carrier) for source, item in reports for carrier in split(item)]
    return list(enumerate(seen))


PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=3)


def within(pairs: Iterable[Pair], sightings: Sequence[object]) -> list[Pair]:
    return [pair for pair in pairs if max(pair) < len(sightings)]


SHARES = st.lists(st.sampled_from(SERIALS[:2]), max_size=1).map(
    lambda texts: frozenset[Value]().union(
        *(everywhere(Identifier(Scheme.SERIAL, scope, text)) for text in texts for scope in ("acme/a10", "acme", ""))
    )
)


@given(sets_of_sightings(), SHARES, PAIRS, PAIRS, st.data())
@settings(max_examples=400, deadline=None)
def test_rule_16_the_number_of_holders_decides_in_any_order(
    sightings: list[tuple[int, Sighting]],
    shares: frozenset[Value],
    merges: list[Pair],
    cuts: list[Pair],
    data: st.DataObject,
) -> None:
    """The same as the next, with so low a bound that values reach it."""
    with patch.object(identity, "SHARED_ABOVE", data.draw(st.sampled_from([1, 2, 3]))):
        step_by_step(sightings, shares, merges, cuts, data)


@given(sets_of_sightings(), SHARES, PAIRS, PAIRS, st.data())
@settings(max_examples=400, deadline=None)
def test_rule_15_step_by_step_gives_what_the_whole_set_gives_in_any_order(
    sightings: list[tuple[int, Sighting]],
    shares: frozenset[Value],
    merges: list[Pair],
    cuts: list[Pair],
    data: st.DataObject,
) -> None:
    step_by_step(sightings, shares, merges, cuts, data)


def step_by_step(
    sightings: list[tuple[int, Sighting]],
    shares: frozenset[Value],
    merges: list[Pair],
    cuts: list[Pair],
    data: st.DataObject,
) -> None:
    merges, cuts = within(merges, sightings), within(cuts, sightings)
    undone = within(data.draw(PAIRS), sightings)
    expected, shared, _ = whole(sightings, shares, merges, cuts)
    again, _, _ = whole(list(reversed(sightings)), shares, merges, cuts)
    assert again == expected
    book = Book()
    steps: list[tuple[str, object]] = [("see", sighting) for sighting in sightings]
    steps += [("merge", pair) for pair in merges] + [("cut", pair) for pair in cuts] + [("share", shares)]
    steps += [("passing", pair) for pair in undone if pair not in merges]
    for what, value in data.draw(st.permutations(steps)):
        if what == "see":
            assert isinstance(value, tuple)
            book.see(*value)
        elif what == "share":
            assert isinstance(value, frozenset)
            book.share(value)
        else:
            assert isinstance(value, tuple)
            book.say(book.cuts if what == "cut" else book.merges, value)
            if what == "passing":
                book.say(book.merges, value, undo=True)
    assert book.partition() == expected
    assert book.shared == shared


@given(sets_of_sightings())
@settings(max_examples=300, deadline=None)
def test_rule_15_no_group_holds_two_values_of_a_single_valued_scheme(sightings: list[tuple[int, Sighting]]) -> None:
    groups, _, part_at = whole(sightings)
    for group in groups:
        stated = defaultdict(set)
        for place in group:
            for value in part_at[place].strong | part_at[place].weak:
                stated[value.scheme].add(value.value)
        assert len({part_at[place].kind for place in group}) == 1
        assert all(len(values) == 1 for scheme, values in stated.items() if scheme in SINGLE)


@given(sets_of_sightings(), PAIRS, PAIRS)
@settings(max_examples=200, deadline=None)
def test_rule_16_persons_part_and_merge_and_both_are_undone(
    sightings: list[tuple[int, Sighting]], merges: list[Pair], cuts: list[Pair]
) -> None:
    merges, cuts = within(merges, sightings), within(cuts, sightings)
    groups, _, part_at = whole(sightings, frozenset(), merges, cuts)
    for one, other in cuts:
        if part_at[one].key != part_at[other].key:
            assert not any({one, other} <= group for group in groups)
    book = Book()
    for place, sighting in sightings:
        book.see(place, sighting)
    before = book.partition()
    for pairs, said in ((book.merges, merges), (book.cuts, cuts)):
        for pair in said:
            book.say(pairs, pair)
    assert book.partition() == groups
    for pairs in (book.merges, book.cuts):
        for pair in list(pairs):
            book.say(pairs, pair, undo=True)
    assert book.partition() == before == whole(sightings)[0]


@given(st.text(max_size=300), st.sampled_from(list(Scheme)), st.sampled_from(list(Kind)), st.text(max_size=40))
@settings(max_examples=400, deadline=None)
def test_rule_15_any_text_is_a_value_or_none_and_normal_forms_are_stable(
    text: str, scheme: Scheme, kind: Kind, scope: str
) -> None:
    value = usable(kind, Identifier(scheme, scope, text))
    if value is not None:
        assert usable(kind, Identifier(scheme, value.scope, value.value)) == value


def gpu(n: int, serial: str) -> Carrier:
    uuid = f"GPU-{n:08x}-1234-5678-9abc-def012345678"
    identifiers = (Identifier(Scheme.GPU_UUID, "", uuid), Identifier(Scheme.SERIAL, "acme/gpu", serial))
    return split(Item(f"gpu{n}", Kind.GPU, None, identifiers))[0]


def test_rule_15_twenty_thousand_parts_take_seconds() -> None:
    sightings = [(n, (f"node{n // 2}", gpu(n // 2, f"SER{n // 2:06}"))) for n in range(20_000)]
    begun = time.process_time()
    groups, shared, _ = whole(sightings)
    assert time.process_time() - begun < 10
    assert len(groups) == 10_000
    assert not shared


@pytest.mark.parametrize("told", ["with its UUID", "alone"])
def test_rule_16_a_serial_cloned_a_thousand_times_is_cheap_for_each(told: str) -> None:
    """A serial that a thousand trays state is shared after a few, and then each tray's report touches only itself."""
    book = Book()
    begun = time.process_time()
    for n in range(1_000):
        if told == "alone":
            board = Identifier(Scheme.SYSTEM_UUID, "", f"{n:08x}-1234-5678-9abc-def012345678")
            item = Item("chassis", Kind.CHASSIS, None, (Identifier(Scheme.SERIAL, "acme/tray", "CLONED1"), board))
            book.see(n, (f"node{n}", split(item)[0]))
        else:
            book.see(n, (f"node{n}", gpu(n, "CLONED1")))
    assert time.process_time() - begun < 20
    assert book.largest <= 34
    assert len(book.partition()) == 1_000


def test_rule_15_a_chain_of_a_thousand_parts_is_one_component() -> None:
    """Cards with two MACs each, every one seen with its neighbour's: nothing is single-valued, all are one."""
    book = Book()
    macs = [f"0c:42:a1:00:{n // 256:02x}:{n % 256:02x}" for n in range(1_001)]
    begun = time.process_time()
    for n in range(1_000):
        identifiers = tuple(Identifier(Scheme.MAC, "", mac) for mac in macs[n : n + 2])
        source, carrier = f"switch{n}", split(Item("port", Kind.NIC, None, identifiers))[0]
        part = part_of(carrier, source, "node")
        book.sightings[n] = (source, carrier)
        book._bind(n)  # noqa: SLF001 - all are there before any is resolved
    book._recompute({part.key})  # noqa: SLF001
    assert time.process_time() - begun < 5
    assert book.partition() == frozenset({frozenset(range(1_000))})
