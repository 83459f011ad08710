"""From a claim to its answer: find the subject, gather, judge, and write the canonical bytes (SEMANTICS rule 3).

The bytes are a function of (claim, known_at, ruleset version, viewer's rights), and name all four: nothing that the
store learns afterwards, and no clock, is in them.
"""

import asyncio
from dataclasses import dataclass, replace

from schemas.answers import ClaimAsked, ExpectedAsked
from schemas.canonical import Json, canonical
from schemas.envelope import rfc3339
from schemas.words import Kind, Predicate
from service.api import answering
from service.api.asking import AssetNotFound, Opened, PlaceNotFound, open_book
from service.api.assembling import assemble
from service.api.disclosing import Disclosure, judging, named_in, withheld
from service.api.gathering import Gathered, gather
from service.api.members import Whom, bearer, find
from service.facts.claims import BadClaim, Claim, Expected
from service.facts.records import AssetId, Millis
from service.store import evidence, reading
from service.store.pool import Connection
from service.store.reading import Book, Viewer

_DEEP = 8
# Said of every set that a party asks about without a grant of the whole cell, whether there is more or not.
PARTIAL = "This is about what was granted of it: there may be more, of which nothing is said here."


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer's bytes, and what is true of the moment of asking alone, which is not in them."""

    body: bytes
    known_at: Millis
    horizon: Millis
    opened: Opened


async def attest(connection: Connection, viewer: Viewer, asked: ClaimAsked) -> Answered:
    """Answer a claim. The connection has the API's role.

    Raises `CellNotFound`, `AssetNotFound`, `PlaceNotFound`, `AmbiguousSubject`, `BadClaim`, `NotGranted`.
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
    disclosure = Disclosure.of(book.viewer)
    whom = await find(book, asked.subject, claim)
    if disclosure is not None and not whom.one:
        whom = replace(whom, members=[each for each in whom.members if disclosure.grants(each)])
    members = whom.members
    expected = claim.expected.assets if claim.expected else frozenset()
    wanted = [*members, *expected]
    judged = await judging(book, wanted, claim.predicate)
    held = await gather(judged, wanted, claim.from_at, claim.until_at, predicate=claim.predicate)
    held.ambiguous = whom.ambiguous
    verdicts = await asyncio.to_thread(_judged, claim, held, whom, disclosure)
    claimed = stated(asked)
    document: dict[str, Json] = {
        "v": 1,
        "cell": book.cell,
        "simulated": opened.simulated,
        "claim": claimed,
        "known_at": rfc3339(book.known_at),
        "viewer": {"operator": viewer.operator, "rights": "own-cells"},
        "events": await _rests_on(judged, held, members),
        **await _remarks(opened),
        **verdicts,
    }
    if disclosure is not None:
        typed = named_in(claimed)
        document |= {name: withheld(value, disclosure, typed) for name, value in verdicts.items()}
        document["viewer"] = disclosure.rights(viewer.operator)
        if not (whom.one or disclosure.whole):
            document["partial"] = PARTIAL
    return Answered(canonical(document), book.known_at, opened.horizon, opened)


def _judged(claim: Claim, held: Gathered, whom: Whom, disclosure: Disclosure | None) -> dict[str, Json]:
    """Judge; a large set takes seconds, and other requests are answered meanwhile. Pure."""
    facts = assemble(held)
    subjects = [AssetId(each) for each in (*whom.members, *whom.unborne)]
    if whom.one:
        return answering.one(claim, subjects[0], facts)
    named = None if disclosure is None else frozenset(each for each in facts.assets if disclosure.names(each))
    return answering.several(claim, subjects, facts, named)


async def _remarks(opened: Opened) -> dict[str, Json]:
    """Say that the horizon was asked beyond, and which partitions did not count, by a person's word (rule 6)."""
    remarks: dict[str, Json] = {} if opened.asked is None else {"known_at_asked": rfc3339(opened.asked)}
    suspended: list[Json] = [row["partition"] for row in await evidence.resting(opened.book)]
    return {**remarks, "suspended": suspended} if suspended else remarks


def stated(asked: ClaimAsked) -> dict[str, Json]:
    """Give the claim as it was asked, defaults filled in; `known_at` and the cell stand beside it."""
    claimed: dict[str, Json] = asked.model_dump(
        mode="json", by_alias=True, exclude={"cell", "known_at"}, exclude_none=True
    )
    return claimed


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
            assets.add(await bearer(book, identifier))
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


async def _known_place(book: Book, place: str) -> None:
    if all(row["place"] != place for row in await reading.places(book)):
        raise PlaceNotFound(f"{book.cell} had no place {place!r} as known then: GET /v1/places names them")


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
