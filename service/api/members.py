"""Whom a claim is about: one thing, or a set: what stood in a place or within an asset, or a list."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from schemas.acting import IdentifierAsked
from schemas.answers import Subject
from schemas.errors import HoldfastError
from schemas.inventory import Identifier
from schemas.list_table import Things
from schemas.words import Kind, Predicate
from service.api.asking import asset_names
from service.api.assets import assets_bearing, places_within, standing_at
from service.facts.claims import BadClaim, Claim
from service.facts.records import Millis
from service.facts.schemes import scope_of, usable
from service.facts.spans import Span, Spans, intersect, union
from service.store import evidence, reading
from service.store.reading import Book, Rows

if TYPE_CHECKING:
    import asyncpg

MAX_MEMBERS = 100_000
_DEPTH = 8
_MANY = 300_000  # of everything, no more are looked at: it is far too many
_BATCH = 5_000  # identifiers looked up at once: their rows are held in memory


class AmbiguousSubject(HoldfastError):
    """Several assets bear this identifier."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "ambiguous-subject"


class TooLarge(HoldfastError):
    """The claim is about too many things at once; the text says what would be small enough."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "claim-too-large"


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a claim is about: `one` thing, or a set.

    `members` are assets of the book. `unborne` are subjects as they were asked for, of which the book has none; those
    of them that name nothing, or many things, are `ambiguous`.
    """

    members: list[str]
    one: bool = False
    unborne: tuple[str, ...] = ()
    ambiguous: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """How many are judged."""
        return len(self.members) + len(self.unborne)


async def find(book: Book, subject: Subject, claim: Claim, things: Things | None = None) -> Whom:
    """Find whom a claim is about; `things` is a list that was sent beside it.

    Raises `BadClaim`, `TooLarge`, `AssetNotFound`, `PlaceNotFound`, `AmbiguousSubject`.
    """
    ways = (subject.asset, subject.identifier, subject.place, subject.inside, subject.listed, subject.everything)
    if sum(way is not None for way in (*ways, things)) != 1:
        raise BadClaim(
            "the subject is an asset, an identifier, a place, what is inside an asset, a list, or everything: give one"
        )
    if subject.asset is not None or subject.identifier is not None:
        if subject.kinds:
            raise BadClaim("`kinds` chooses among a set: ask about a place, what is inside an asset, or a list")
        return await _one(book, subject, claim)
    whom = await _set(book, subject, claim, things)
    if subject.kinds and subject.everything is None:
        kinds = {row["asset"]: row["kind"] for row in await evidence.kinds(book, whom.members)}
        whom = replace(whom, members=[each for each in whom.members if kinds.get(each) in subject.kinds])
    await _check_size(book, whom)
    return whom


async def _check_size(book: Book, whom: Whom) -> None:
    """Raise `TooLarge`, saying what would be small enough, where a claim is about more than can be judged."""
    if whom.size <= MAX_MEMBERS:
        return
    counts: dict[str, int] = {}
    for row in await evidence.kinds(book, whom.members):
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
    few = ", ".join(f"{kind} ({count})" for kind, count in sorted(counts.items()) if count <= MAX_MEMBERS)
    kinds = f"choose `kinds` that are few enough: {few}; or " if few else ""
    at_least = "at least " if len(whom.members) >= _MANY else ""
    raise TooLarge(
        f"this claim is about {at_least}{whom.size} things, and at most {MAX_MEMBERS} can be judged in one: {kinds}ask "
        "hall by hall or rack by rack, or about parts of the list"
    )


async def _one(book: Book, subject: Subject, claim: Claim) -> Whom:
    if subject.identifier is None:
        canonical, _, _ = await asset_names(book, str(subject.asset))
        return Whom([canonical], one=True)
    if claim.predicate is not Predicate.NOT_ON_RECORD:
        return Whom([await bearer(book, subject.identifier)], one=True)
    return replace(_gathered(await borne(book, [subject.identifier])), one=True)


async def _set(book: Book, subject: Subject, claim: Claim, things: Things | None) -> Whom:
    if things is not None:
        return await _listed(book, things.assets, things.identifiers)
    if subject.listed is not None:
        if not (subject.listed.assets or subject.listed.identifiers):
            raise BadClaim("the list is empty: name assets, identifiers or both")
        return await _listed(book, sorted(set(subject.listed.assets)), subject.listed.identifiers)
    if claim.predicate is Predicate.NOT_ON_RECORD:
        raise BadClaim("not_on_record is asked of things by name: of a place or a rack, ask accounted_for")
    if subject.everything is not None:
        return Whom(await _everything(book, subject, claim))
    if subject.inside is not None:
        canonical, _, names = await asset_names(book, subject.inside)
        within = await evidence.inside(book, [], names, claim.from_at, _DEPTH)
        return Whom(sorted({canonical, *(str(row["asset"]) for row in within)}))
    place = str(subject.place)
    if claim.predicate is Predicate.ACCOUNTED_FOR:
        return Whom(await stood_or_kept(book, place, claim.from_at, claim.until_at))
    return Whom([str(row["asset"]) for row in await standing_at(book, place, claim.from_at, _DEPTH)])


async def _everything(book: Book, subject: Subject, claim: Claim) -> list[str]:
    """Name all that the book knew of when the interval began; where accounts are asked for, before it ended."""
    before = claim.until_at - 1 if claim.predicate is Predicate.ACCOUNTED_FOR else claim.from_at
    kinds = None if subject.kinds is None else [kind.value for kind in subject.kinds]
    return await evidence.everything(book, kinds, before, _MANY)


async def _listed(book: Book, asked: Sequence[str], identifiers: Sequence[IdentifierAsked]) -> Whom:
    found: dict[IdentifierAsked, str | Literal[False] | None] = {}
    for first in range(0, len(identifiers), _BATCH):
        found |= await borne(book, identifiers[first : first + _BATCH])
    gathered = _gathered(found)
    known = {row["name"]: row["asset"] for row in await evidence.names(book, list(asked))} if asked else {}
    there = {row["asset"] for row in await evidence.kinds(book, sorted(set(known.values())))}
    members = {known[name] for name in asked if known.get(name) in there}
    strangers = tuple(name for name in asked if known.get(name) not in there)
    return Whom(
        sorted({*gathered.members, *members}),
        unborne=(*gathered.unborne, *strangers),
        ambiguous=gathered.ambiguous | set(strangers),
    )


def _gathered(found: Mapping[IdentifierAsked, str | Literal[False] | None]) -> Whom:
    """Sort identifiers by whether something bears them; each that nothing does goes by what was asked."""
    members = sorted({asset for asset in found.values() if asset})
    unborne = {_written(asked): asset is False for asked, asset in found.items() if not asset}
    return Whom(
        members, unborne=tuple(sorted(unborne)), ambiguous=frozenset(name for name, bad in unborne.items() if bad)
    )


def _written(asked: IdentifierAsked) -> str:
    return f"{asked.scheme.value}:{asked.value}{f'@{asked.scope}' if asked.scope else ''}"


async def stood_or_kept(book: Book, place: str, from_at: Millis, until_at: Millis) -> list[str]:
    """Give the assets that stood in a place, or are said to be kept there, at any moment of [from_at, until_at).

    Raises `PlaceNotFound`.
    """
    places = await places_within(book, place)
    found: dict[str, Spans] = {}
    rows = await evidence.stood(book, places, [], from_at, until_at)
    for depth in range(_DEPTH):
        fresh = _entered(rows, found, {} if depth == 0 else dict(found), (from_at, until_at, until_at))
        if not fresh:
            break
        rows = await evidence.stood(book, [], sorted(fresh), from_at, until_at)
    names = sorted({*found, *await evidence.kept(book, places, from_at, until_at)})
    canonical = {row["name"]: row["asset"] for row in await evidence.names(book, names)}
    return sorted({canonical.get(name, name) for name in names})


async def bearer(book: Book, asked: IdentifierAsked) -> str:
    """Give the one asset that bears an identifier. Raises `AssetNotFound`, `AmbiguousSubject`."""
    found = await assets_bearing(book, asked.scheme, asked.value, asked.scope)
    if len(found) > 1:
        raise AmbiguousSubject(
            f"{len(found)} assets bear the {asked.scheme.value} {asked.value!r}: give its scope, or "
            f"ask about one of {', '.join(found[:5])}"
        )
    return found[0]


async def borne(book: Book, several: Iterable[IdentifierAsked]) -> dict[IdentifierAsked, str | Literal[False] | None]:
    """Give what bears each identifier: an asset; None where nothing does; False where it names nothing, or many things.

    A few round trips for any number of them.
    """
    normal = await asyncio.to_thread(_normal, several)
    names: set[str] = set()
    for scheme in sorted({asked.scheme for asked in normal}):
        values = sorted({value for asked, each in normal.items() if asked.scheme is scheme for value in each})
        names |= {row["name"] for row in await evidence.bearers(book, scheme, values)}
    rows = await reading.identifiers(book, sorted(names))
    asset_of = {row["name"]: row["asset"] for row in await evidence.names(book, sorted(names))}
    by_value: dict[tuple[str, str], list[asyncpg.Record]] = {}
    for row in rows:
        by_value.setdefault((row["scheme"], row["value"]), []).append(row)
    found: dict[IdentifierAsked, str | Literal[False] | None] = {}
    for asked, mine in normal.items():
        wanted = None if asked.scope is None else scope_of(asked.scope)
        meant = [row for value in mine for row in by_value.get((asked.scheme.value, value), ())]
        meant = [row for row in meant if wanted is None or row["scope"] == wanted]
        assets = {asset_of.get(row["name"], row["name"]) for row in meant}
        clear = bool(mine) and len(assets) <= 1 and not any(row["shared"] for row in meant)
        found[asked] = next(iter(assets), None) if clear else False
    return found


def _normal(several: Iterable[IdentifierAsked]) -> dict[IdentifierAsked, set[str]]:
    """Give the values by which each may be kept; of thousands that takes a while, and others are answered meanwhile."""
    normal: dict[IdentifierAsked, set[str]] = {}
    for asked in several:
        stated = Identifier(asked.scheme, asked.scope or "", asked.value)
        normal[asked] = {value.value for kind in Kind if (value := usable(kind, stated)) is not None}
    return normal


def _entered(rows: Rows, found: dict[str, Spans], holders: Mapping[str, Spans], window: Span) -> set[str]:
    """Note when the assets of some rows stood there: while their holders did. Give those that are new to that."""
    fresh = set()
    for row in rows:
        end = window[1] if row["until_at"] is None else row["until_at"]
        there = intersect(((row["from_at"], end, end),), holders.get(row["container"], (window,)))
        before = found.get(row["asset"], ())
        after = union((*before, *there))
        if after != before:
            found[row["asset"]] = after
            fresh.add(row["asset"])
    return fresh
