"""Who carries an identifier: items become carriers, carriers become parts (rule 15). Pure; standard library alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from schemas.canonical import digest
from schemas.inventory import Inventory, Item
from schemas.words import Kind, Scheme
from service.facts.schemes import HOLDS_BOARD, SINGLE, TABLE, Value, lesser, strong, usable

NOTHING: frozenset[Value] = frozenset()


@dataclass(frozen=True, slots=True)
class Carrier:
    """One thing that an item speaks of: the item's own (`slot` is the item's), or a board that was split off.

    `within` is the slot of what holds it in the same inventory. `weak` has also what its serials are to those who
    know less of their scope.
    """

    slot: str
    kind: Kind
    within: str | None
    strong: frozenset[Value] = NOTHING
    weak: frozenset[Value] = NOTHING


@dataclass(frozen=True, slots=True)
class Carriers:
    """The carriers of one inventory, and the values that it shows on two things at once: shared from now on."""

    carriers: tuple[Carrier, ...]
    shared: frozenset[Value]


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the identity graph. `alone`: it is keyed by (source, scope, slot), since nothing else can name it.

    The key follows from kind, strong values and stated serials, so that other weak values (asset tag, boards held)
    may change. One key may come with several sets of weak values: their union counts.
    """

    key: bytes
    kind: Kind
    strong: frozenset[Value]
    weak: frozenset[Value]
    alone: bool


def split(item: Item, taken: AbstractSet[str] = frozenset()) -> tuple[Carrier, ...]:
    """Split an item by the kinds that carry its identifiers; the first carrier is the item's own.

    `taken` are slots that a split-off board must not be given. A board that holds the item's system UUID or board
    serial stands in `<slot>/board` within the item; a module that the item sits on stands in `<slot>/module`, beside
    it. The holder of a split-off board gets weak values that name the board.
    """
    below: dict[str, set[Value]] = defaultdict(set)
    for identifier in item.identifiers:
        row = TABLE[identifier.scheme]
        derived = row.carrier is not None and row.carrier is not item.kind
        kind = row.carrier if derived and row.carrier is not None else item.kind
        value = usable(kind, identifier)
        if value is not None:
            below[row.under if derived else ""].add(value)
    boards = [
        _carrier(
            _free(f"{item.slot}/{under}", taken), Kind.BOARD, item.slot if under == "board" else item.within, values
        )
        for under, values in sorted(below.items())
        if under
    ]
    held = {
        Value(item.kind, HOLDS_BOARD, value.scheme, f"{value.scope}:{value.value}")
        for board in boards
        if board.within == item.slot
        for value in board.strong
    }
    return (_carrier(item.slot, item.kind, item.within, below[""] | held), *boards)


def _free(slot: str, taken: AbstractSet[str]) -> str:
    while slot in taken:
        slot += "~"
    return slot


def _carrier(slot: str, kind: Kind, within: str | None, values: Iterable[Value]) -> Carrier:
    """Sort values by strength. Of a scheme that has one value per thing, two different ones say nothing."""
    stated: dict[str, set[str]] = defaultdict(set)
    values = set(values)
    for value in values:
        stated[value.scheme].add(value.value)
    kept = {value for value in values if value.scheme not in SINGLE or len(stated[value.scheme]) == 1}
    joins = frozenset(value for value in kept if strong(value))
    return Carrier(slot, kind, within, joins, frozenset(kept - joins).union(*(lesser(value) for value in joins)))


def carriers(inventory: Inventory) -> Carriers:
    """Split a whole inventory; find what one look shows of its values.

    An item that repeats all strong values of a thing of its kind that holds it names its holder: it is left without
    values of its own. A board that the holder states already is not stated again. A value of a single-valued
    scheme on two things of one kind, neither holding the other, is `shared`; except on cards, which are often listed
    once for each port, on modules, which each GPU on them states, and where a WWN or MAC says that both are one.
    """
    items = {item.slot: item for item in inventory.items}
    parts = {slot: list(split(item, items.keys())) for slot, item in items.items()}
    for slot, own in parts.items():
        above = [carrier for holder in _holders(items, slot) for carrier in parts[holder]]
        named = {(carrier.kind, carrier.strong) for carrier in above}
        for at, carrier in enumerate(own):
            if not carrier.strong or (carrier.kind, carrier.strong) not in named:
                continue
            own[at] = replace(carrier, strong=NOTHING, weak=NOTHING)
        if any(not board.strong for board in own[1:] if board.within == slot):  # the holder's board, not this item's
            own[0] = replace(own[0], weak=frozenset(v for v in own[0].weak if v.scheme != HOLDS_BOARD))
    every = [
        carrier for own in parts.values() for at, carrier in enumerate(own) if at == 0 or carrier.strong or carrier.weak
    ]
    return Carriers(tuple(every), _twins(every))


def _holders(items: Mapping[str, Item], slot: str) -> Iterable[str]:
    within = items[slot].within
    while within is not None:
        yield within
        within = items[within].within


def _twins(every: Iterable[Carrier]) -> frozenset[Value]:
    standing: dict[Value, list[Carrier]] = defaultdict(list)
    for carrier in every:
        if carrier.kind not in (Kind.NIC, Kind.DPU):
            for value in carrier.strong:
                if value.scheme in SINGLE and value.scheme != Scheme.MODULE_SERIAL:
                    standing[value].append(carrier)
    shared: set[Value] = set()
    for value, several in standing.items():
        if len(several) > 1:
            ports = [{v for v in carrier.strong if v.scheme not in SINGLE} for carrier in several]
            if not set.intersection(*ports):
                shared.update((value, *lesser(value)))
    return frozenset(shared)


def names(values: AbstractSet[Value], weak: AbstractSet[Value]) -> frozenset[Value]:
    """Give the weak values that name a thing all the same: serials as stated, without a known scope."""
    known = {less for value in values for less in lesser(value)}
    return frozenset(value for value in weak if value.scheme in SINGLE and value not in known)


def part_of(carrier: Carrier, source: str, scope: str, shared: AbstractSet[Value] = NOTHING) -> Part:
    """Give the part that a carrier is a sighting of. Pure.

    `shared`: those of the carrier's strong values that are known to be shared (more do no harm). A carrier without
    a strong value that is not shared stands alone, as (source, scope, slot) and its serials.
    """
    alone = carrier.strong <= shared
    where = [source, scope, carrier.slot] if alone else None
    stated = sorted(carrier.strong), sorted(names(carrier.strong, carrier.weak))
    key = digest([carrier.kind.value, *([list(map(str, value)) for value in values] for values in stated), where])
    return Part(key, carrier.kind, carrier.strong, carrier.weak, alone)
