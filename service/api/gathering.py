"""The rows that a claim is judged on: the subjects, all that holds them, and all that these hold. Reads only.

Every round is set-based: a whole site takes as many round trips as one thing. What is read is a function of the book's
`known_at` once it is cut there (`service.api.assembling` does), since the store keeps what was corrected.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.words import Predicate
from service.facts.records import Millis
from service.store import evidence, reading
from service.store.reading import Book, Rows

BEFORE: Millis = 4 * 3_600_000  # how long before the interval a binding may have ended and still be looked at
_DEPTH = 6  # deeper chains of containers are nobody's


@dataclass(slots=True)
class Gathered:
    """Rows by canonical asset. Mutable while it is gathered, by one caller."""

    from_at: Millis
    until_at: Millis
    known_at: Millis
    asset_of: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    kinds: dict[str, str] = field(default_factory=dict)
    whereabouts: dict[str, Rows] = field(default_factory=dict)
    bindings: dict[str, Rows] = field(default_factory=dict)
    within: dict[str, Rows] = field(default_factory=dict)
    runs: dict[tuple[str, str], Rows] = field(default_factory=lambda: defaultdict(list))
    complete: dict[bytes, bytes] = field(default_factory=dict)
    disputes: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    identity_disputes: Rows = field(default_factory=list)
    gaps: Rows = field(default_factory=list)
    outages: Rows = field(default_factory=list)
    work: Rows = field(default_factory=list)
    places: Rows = field(default_factory=list)
    restated: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    merges: Rows = field(default_factory=list)
    terms: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    began: Millis | None = None
    ambiguous: frozenset[str] = frozenset()


async def gather(
    book: Book, subjects: Iterable[str], from_at: Millis, until_at: Millis, *, predicate: Predicate
) -> Gathered:
    """Gather what is known of subjects (any names) during an interval, as far as such a claim is judged on it."""
    held = Gathered(min(from_at, book.known_at), until_at, book.known_at)
    level = await _names(book, held, subjects)
    while level:
        level = await _load(book, held, level)
    level = set(held.bindings)
    for _ in range(_DEPTH):
        level = await _descend(book, held, level)
        above = await _load(book, held, level)
        while above:
            above = await _load(book, held, above)
        if not level:
            break
    await _rest(book, held, complete=predicate is Predicate.CONTAINS)
    if predicate is Predicate.NOT_ON_RECORD:
        held.began = await evidence.began(book)
    if predicate in {Predicate.ACCOUNTED_FOR, Predicate.NOT_ON_RECORD}:
        names = sorted(name for asset in held.bindings for name in held.members[asset])
        for row in await evidence.statuses(book, names, until_at):
            held.statuses[held.asset_of[row["asset"]]].append(row)
    return held


async def _names(book: Book, held: Gathered, names: Iterable[str]) -> set[str]:
    """Find whose names these are; give the assets."""
    given = set(names)
    if new := sorted(given - held.asset_of.keys()):
        for row in await evidence.names(book, new):
            held.asset_of[row["name"]] = row["asset"]
            held.members[row["asset"]].add(row["name"])
        for name in new:
            held.asset_of.setdefault(name, name)
            held.members[held.asset_of[name]].add(name)
    return {held.asset_of[name] for name in given}


async def _load(book: Book, held: Gathered, assets: set[str]) -> set[str]:
    """Read what is said of assets that were not read yet; give the containers that this names."""
    new = sorted(assets - held.bindings.keys())
    if not new:
        return set()
    names = sorted(name for asset in new for name in held.members[asset])
    bound = await evidence.bindings(book, names, held.from_at - BEFORE, held.until_at)
    stood = await evidence.whereabouts(book, new, held.from_at, held.until_at)
    for row in await evidence.kinds(book, new):
        held.kinds[row["asset"]] = row["kind"]
    for asset in new:
        held.bindings[asset], held.whereabouts[asset] = [], []
    for row in bound:
        held.bindings[held.asset_of[row["asset"]]].append(row)
    for row in stood:
        held.whereabouts[row["asset"]].append(row)
    return await _names(book, held, {row["container"] for row in (*bound, *stood) if row["container"]}) - set(
        held.bindings
    )


async def _descend(book: Book, held: Gathered, assets: set[str]) -> set[str]:
    """Read what is said to stand within assets that were not looked into yet; give what stands there."""
    new = sorted(assets - held.within.keys())
    if not new:
        return set()
    for asset in new:
        held.within[asset] = []
    names = sorted(name for asset in new for name in held.members[asset])
    rows = await evidence.bindings_within(book, names, held.from_at - BEFORE, held.until_at)
    children = await _names(book, held, {row["asset"] for row in rows})
    for row in rows:
        held.within[held.asset_of[row["container"]]].append(row)
    return children


async def _rest(book: Book, held: Gathered, *, complete: bool) -> None:
    """Read what hangs on the assets that were found."""
    assets = sorted(held.bindings)
    names = sorted(name for asset in assets for name in held.members[asset])
    sources = sorted({row["source"] for rows in held.bindings.values() for row in rows})
    earliest = min((row["from_at"] for rows in held.bindings.values() for row in rows), default=held.from_at - BEFORE)
    for row in await evidence.runs(book, sources, min(earliest, held.from_at - BEFORE), held.until_at):
        held.runs[row["source"], row["scope"]].append(row)
    if complete:
        digests = sorted({row["digest"] for rows in held.runs.values() for row in rows})
        held.complete = {row["digest"]: row["head"] for row in await evidence.completeness(book, digests)}
    for row in await evidence.disputes(book, assets, held.from_at, held.until_at):
        held.disputes[row["asset"]].append(row)
    held.identity_disputes = await evidence.identity_disputes(book, names)
    held.gaps = await evidence.gaps(book, sources, held.from_at, held.until_at)
    held.outages = await evidence.outages(book, held.from_at, held.until_at)
    held.work = await evidence.work(book, held.from_at, held.until_at)
    planned = [asset for row in held.work for asset in row["assets"]]
    await _names(book, held, planned)
    held.places = await reading.places(book)
    held.restated = frozenset(row["place"] for row in await evidence.restated(book, held.from_at))
    held.named = frozenset(row["name"] for row in await evidence.named(book, names))
    held.merges = await evidence.merges(book, names)
    for row in await evidence.terms(book, sources):
        held.terms[row["source"]].append(row)
