"""Whom a claim is about: one thing, or a set: what stood in a place or within an asset, or a list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from schemas.acting import IdentifierAsked
from schemas.answers import Subject
from schemas.errors import HoldfastError
from schemas.inventory import Identifier
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

MAX_MEMBERS = 20_000
_DEPTH = 8


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


async def find(book: Book, subject: Subject, claim: Claim) -> Whom:
    """Find whom a claim is about.

    Raises `BadClaim`, `TooLarge`, `AssetNotFound`, `PlaceNotFound`, `AmbiguousSubject`.
    """
    ways = (subject.asset, subject.identifier, subject.place, subject.inside, subject.listed)
    if sum(way is not None for way in ways) != 1:
        raise BadClaim("the subject is an asset, an identifier, a place, what is inside an asset, or a list: give one")
    if subject.asset is not None or subject.identifier is not None:
        if subject.kinds:
            raise BadClaim("`kinds` chooses among a set: ask about a place, what is inside an asset, or a list")
        return await _one(book, subject, claim)
    whom = await _set(book, subject, claim)
    if subject.kinds:
        kinds = {row["asset"]: row["kind"] for row in await evidence.kinds(book, whom.members)}
        whom = replace(whom, members=[each for each in whom.members if kinds.get(each) in subject.kinds])
    if len(whom.members) > MAX_MEMBERS:
        raise TooLarge(
            f"this claim is about {len(whom.members)} things, and at most {MAX_MEMBERS} can be judged at once: ask "
            "hall by hall or rack by rack, or choose `kinds`"
        )
    return whom


async def _one(book: Book, subject: Subject, claim: Claim) -> Whom:
    if subject.identifier is None:
        canonical, _, _ = await asset_names(book, str(subject.asset))
        return Whom([canonical], one=True)
    if claim.predicate is not Predicate.NOT_ON_RECORD:
        return Whom([await bearer(book, subject.identifier)], one=True)
    return replace(_gathered(await borne(book, [subject.identifier])), one=True)


async def _set(book: Book, subject: Subject, claim: Claim) -> Whom:
    if subject.listed is not None:
        if not (subject.listed.assets or subject.listed.identifiers):
            raise BadClaim("the list is empty: name assets, identifiers or both")
        found = _gathered(await borne(book, subject.listed.identifiers))
        asked = sorted(set(subject.listed.assets))
        known = {row["name"]: row["asset"] for row in await evidence.names(book, asked)} if asked else {}
        there = {row["asset"] for row in await evidence.kinds(book, sorted(set(known.values())))}
        members = {known[name] for name in asked if known.get(name) in there}
        strangers = tuple(name for name in asked if known.get(name) not in there)
        return Whom(
            sorted({*found.members, *members}),
            unborne=(*found.unborne, *strangers),
            ambiguous=found.ambiguous | set(strangers),
        )
    if claim.predicate is Predicate.NOT_ON_RECORD:
        raise BadClaim("not_on_record is asked of things by name: of a place or a rack, ask accounted_for")
    if subject.inside is not None:
        canonical, _, names = await asset_names(book, subject.inside)
        within = await evidence.inside(book, [], names, claim.from_at, _DEPTH)
        return Whom(sorted({canonical, *(str(row["asset"]) for row in within)}))
    place = str(subject.place)
    if claim.predicate is Predicate.ACCOUNTED_FOR:
        return Whom(await stood_or_kept(book, place, claim.from_at, claim.until_at))
    return Whom([str(row["asset"]) for row in await standing_at(book, place, claim.from_at, _DEPTH)])


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
    normal: dict[IdentifierAsked, set[str]] = {}
    for asked in several:
        stated = Identifier(asked.scheme, asked.scope or "", asked.value)
        normal[asked] = {value.value for kind in Kind if (value := usable(kind, stated)) is not None}
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
