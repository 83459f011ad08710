"""From a claim to its answer: find the subject, gather, judge, and write the canonical bytes (SEMANTICS rule 3).

The bytes are a function of (claim, known_at, ruleset version, viewer's rights), and name all four: nothing that the
store learns afterwards, and no clock, is in them.
"""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from schemas.acting import IdentifierAsked
from schemas.answers import ClaimAsked, ExpectedAsked
from schemas.canonical import Json, canonical
from schemas.envelope import rfc3339
from schemas.errors import HoldfastError
from schemas.words import Kind, Predicate
from service.api import answering
from service.api.asking import AssetNotFound, Opened, PlaceNotFound, asset_names, open_book
from service.api.assembling import assemble
from service.api.assets import assets_bearing, standing_at
from service.api.gathering import Gathered, gather
from service.api.members import on_record, stood_or_kept
from service.facts.claims import BadClaim, Claim, Expected
from service.facts.records import AssetId, Millis
from service.store import evidence, reading
from service.store.pool import Connection
from service.store.reading import Book, Viewer

_DEEP = 8


class AmbiguousSubject(HoldfastError):
    """Several assets bear this identifier."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "ambiguous-subject"


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer's bytes, and what is true of the moment of asking alone: not in them."""

    body: bytes
    known_at: Millis
    horizon: Millis


async def attest(connection: Connection, viewer: Viewer, asked: ClaimAsked) -> Answered:
    """Answer a claim. The connection has the API's role.

    Raises `CellNotFound`, `AssetNotFound`, `PlaceNotFound`, `AmbiguousSubject`, `BadClaim`.
    """
    opened = await open_book(connection, viewer, asked.cell, asked.known_at)
    book = opened.book
    claim = await _claim(book, asked)
    if claim.from_at >= book.known_at:
        raise BadClaim(
            f"the interval begins at {rfc3339(claim.from_at)}, and nothing is known after {rfc3339(book.known_at)}: "
            "ask about the past"
        )
    if claim.place is not None:
        await _known_place(book, claim.place)
    whom = await _whom(book, asked, claim)
    members = whom.members
    expected = claim.expected.assets if claim.expected else frozenset()
    wanted = [*members, *expected]
    held = await gather(book, wanted, claim.from_at, claim.until_at, predicate=claim.predicate)
    held.names_one = whom.names_one
    verdicts = await asyncio.to_thread(_judged, claim, held, whom, one=asked.subject.place is None)
    document = {
        "v": 1,
        "cell": book.cell,
        "simulated": opened.simulated,
        "claim": _stated(asked),
        "known_at": rfc3339(book.known_at),
        "viewer": {"operator": viewer.operator, "rights": "own-cells"},
        "events": await _rests_on(book, held, members),
        **await _remarks(opened),
        **verdicts,
    }
    return Answered(canonical(document), book.known_at, opened.horizon)


def _judged(claim: Claim, held: Gathered, whom: "_Whom", *, one: bool) -> dict[str, Json]:
    """Judge; a large set takes seconds, and other requests are answered meanwhile. Pure."""
    facts = assemble(held)
    if one:
        return answering.one(claim, AssetId(whom.members[0] if whom.members else whom.named), facts)
    return answering.several(claim, [AssetId(member) for member in whom.members], facts)


async def _remarks(opened: Opened) -> dict[str, Json]:
    """Say that the horizon was asked beyond, and which partitions did not count, by a person's word (rule 6)."""
    remarks: dict[str, Json] = {} if opened.asked is None else {"known_at_asked": rfc3339(opened.asked)}
    suspended: list[Json] = [row["partition"] for row in await evidence.resting(opened.book)]
    return {**remarks, "suspended": suspended} if suspended else remarks


def _stated(asked: ClaimAsked) -> dict[str, Json]:
    """Give the claim as it was asked, defaults filled in; `known_at` and the cell stand beside it."""
    stated: dict[str, Json] = asked.model_dump(
        mode="json", by_alias=True, exclude={"cell", "known_at"}, exclude_none=True
    )
    return stated


async def _claim(book: Book, asked: ClaimAsked) -> Claim:
    place = asked.place
    if asked.predicate is Predicate.ACCOUNTED_FOR and asked.country is None:
        place = place or asked.subject.place
    return Claim(
        asked.predicate,
        asked.from_at,
        asked.until_at,
        place,
        asked.country,
        await _expected(book, asked.expected) if asked.expected else None,
        asked.grades.identity,
        asked.grades.place,
        {kind: seconds * 1000 for kind, seconds in asked.max_silence_s.items()},
    )


async def _expected(book: Book, asked: ExpectedAsked) -> Expected:
    given = sorted({*asked.assets, *asked.slots})
    canonical_of = {row["name"]: row["asset"] for row in await evidence.names(book, given)} if given else {}
    known = {row["asset"]: row["kind"] for row in await evidence.kinds(book, sorted(set(canonical_of.values())))}
    unknown = [name for name in given if canonical_of.get(name) not in known]
    assets = {canonical_of[name] for name in given} & known.keys()
    for identifier in asked.identifiers:
        try:
            assets.add(await _bearer(book, identifier))
        except AssetNotFound:
            unknown.append(f"{identifier.scheme.value}:{identifier.scope or ''}:{identifier.value}")
    for row in await evidence.kinds(book, sorted(assets)):
        known[row["asset"]] = row["kind"]
    return Expected(
        frozenset(AssetId(asset) for asset in assets),
        frozenset(Kind(known[asset]) for asset in assets),
        {AssetId(canonical_of[name]): slot for name, slot in asked.slots.items() if canonical_of.get(name) in assets},
        asked.counts,
        tuple(sorted(unknown)),
    )


async def _bearer(book: Book, identifier: IdentifierAsked) -> str:
    found = await assets_bearing(book, identifier.scheme, identifier.value, identifier.scope)
    if len(found) > 1:
        raise AmbiguousSubject(
            f"{len(found)} assets bear the {identifier.scheme.value} {identifier.value!r}: give its scope, or "
            f"ask about one of {', '.join(found[:5])}"
        )
    return found[0]


async def _known_place(book: Book, place: str) -> None:
    if all(row["place"] != place for row in await reading.places(book)):
        raise PlaceNotFound(f"{book.cell} had no place {place!r} as known then: GET /v1/places names them")


@dataclass(frozen=True, slots=True)
class _Whom:
    """Whom a claim is about. Only `not_on_record` may be about what nothing bears: `named`, as it was asked."""

    members: list[str]
    named: str = ""
    names_one: bool = True


async def _whom(book: Book, asked: ClaimAsked, claim: Claim) -> _Whom:
    """Find one asset, or all that stood in the place at the beginning of the interval.

    For `accounted_for`: at any moment of it, and what people say is kept there.
    """
    subject = asked.subject
    if [subject.asset, subject.identifier, subject.place].count(None) != 2:  # noqa: PLR2004 - all but one
        raise BadClaim("the subject is an asset, an identifier or a place: give exactly one of them")
    if subject.place is not None:
        return _Whom(await _standing(book, subject.place, claim))
    if subject.identifier is not None and claim.predicate is Predicate.NOT_ON_RECORD:
        bearer, names_one = await on_record(book, subject.identifier)
        named = f"{subject.identifier.scheme.value}:{subject.identifier.value}"
        return _Whom([] if bearer is None else [bearer], named, names_one)
    if subject.identifier is not None:
        return _Whom([await _bearer(book, subject.identifier)])
    canonical_id, _, _ = await asset_names(book, str(subject.asset))
    return _Whom([canonical_id])


async def _standing(book: Book, place: str, claim: Claim) -> list[str]:
    if claim.predicate is Predicate.NOT_ON_RECORD:
        raise BadClaim("not_on_record is asked of an asset or an identifier: of a place, ask accounted_for")
    if claim.predicate is Predicate.ACCOUNTED_FOR:
        return await stood_or_kept(book, place, claim.from_at, claim.until_at)
    return [str(row["asset"]) for row in await standing_at(book, place, claim.from_at, _DEEP)]


async def _rests_on(book: Book, held: Gathered, members: list[str]) -> dict[str, Json]:
    """Name the events about the subjects and what holds them."""
    about = set(members)
    level = about
    while (
        level := {
            held.asset_of[row["container"]]
            for asset in level
            for row in (*held.bindings.get(asset, ()), *held.whereabouts.get(asset, ()))
            if row["container"]
        }
        - about
    ):
        about |= level
    names = sorted(name for asset in about for name in held.members[asset])
    return answering.rests_on([(row["n"], row["sha256"]) for row in await evidence.event_hashes(book, names)])
