"""Sets in chunks: which members are judged together, and what is found out about them (SEMANTICS rule 28).

What stands in one rack is judged together, since whatever is judged there is judged on all that the rack holds.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from schemas.canonical import Json
from service.api import answering
from service.api.assembling import assemble
from service.api.disclosing import Disclosure
from service.api.gathering import Gathered, gather
from service.api.members import Whom
from service.facts.claims import Claim
from service.facts.judge import Court
from service.facts.portion_form import Written
from service.facts.portions import Portion, longest_of, nothing
from service.facts.records import AssetId
from service.store import evidence
from service.store.jobs import Chunk
from service.store.reading import Book

CHUNK = 1_000  # members: judged in a second or so; fewer would read more racks twice
# What is judged within a second on one core (`loadtests.large_sets`): some 15 ms go by for each rack of 81 things of
# which anything is asked, since what it holds is looked at whole, and next to nothing for each thing more of it.
AT_ONCE = 3_000
RACKS_AT_ONCE = 50
_FEW = 5_000  # things whose events are read one by one; of more, the database makes the hash
_BATCH = 10_000
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found out about a chunk: a portion, whose events it rests on, and each member's verdict in order."""

    portion: Portion[Written]
    names: frozenset[str]
    verdicts: tuple[dict[str, Json], ...]

    def lines(self) -> bytes:
        """Give the verdicts as JSON Lines."""
        return b"".join(orjson.dumps(each) + b"\n" for each in self.verdicts)


def whole(book: Book, whom: Whom) -> Chunk:
    """Give all members as one chunk."""
    return Chunk(book.cell, tuple(whom.members), whom.unborne, tuple(sorted(whom.ambiguous)))


async def chunks_of(book: Book, claim: Claim, whom: Whom) -> list[Chunk]:
    """Split a set, so that what stands side by side is judged together; what the book has nothing of comes last."""
    members = await _side_by_side(book, claim, whom.members)
    found = [Chunk(book.cell, tuple(each)) for each in _batches(members, CHUNK)]
    unborne = (tuple(each) for each in _batches(whom.unborne, CHUNK))
    return found + [Chunk(book.cell, (), each, tuple(filter(whom.ambiguous.__contains__, each))) for each in unborne]


async def judge(book: Book, claim: Claim, chunk: Chunk, disclosure: Disclosure | None = None) -> Judged:
    """Judge a chunk; that takes a second of computing, and other requests are answered meanwhile.

    `disclosure`: what a party sees; what is said of sources is said of those that speak of what it may name.
    """
    held = await gather(book, chunk.members, claim.from_at, claim.until_at, predicate=claim.predicate)
    held.ambiguous = frozenset(chunk.ambiguous)
    portion, verdicts = await asyncio.to_thread(_judged, claim, held, chunk, disclosure)
    return Judged(portion, names_about(held, chunk.members), verdicts)


async def judge_all(
    book: Book, claim: Claim, chunks: Iterable[Chunk], disclosure: Disclosure | None = None
) -> tuple[Portion[Written], frozenset[str]]:
    """Judge chunks one after the other, and join them."""
    found: Portion[Written] = nothing(claim)
    names: frozenset[str] = frozenset()
    for chunk in chunks:
        judged = await judge(book, claim, chunk, disclosure)
        found = found.joined(judged.portion, answering.MAX_WORST)
        names |= judged.names
    return found, names


async def rests_on(book: Book, names: Iterable[str]) -> dict[str, Json]:
    """Give how many events there are about things, one hash over all of them, and each while they are few."""
    about = sorted(names)
    if len(about) > _FEW:
        row = await evidence.event_digest(book, about)
        if row["count"] > answering.MAX_LISTED:
            return {"count": row["count"], "last": row["last"], "sha256": row["sha256"].hex(), "listed": []}
    return answering.rests_on([(row["n"], row["sha256"]) for row in await evidence.event_hashes(book, about)])


def names_about(held: Gathered, members: Iterable[str]) -> frozenset[str]:
    """Name subjects and what holds them, by all the names that each has."""
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
    return frozenset(name for asset in about for name in held.members[asset])


def _judged(
    claim: Claim, held: Gathered, chunk: Chunk, disclosure: Disclosure | None
) -> tuple[Portion[Written], tuple[dict[str, Json], ...]]:
    facts = assemble(held)
    court = Court(claim, facts)
    subjects = [AssetId(each) for each in (*chunk.members, *chunk.unborne)]
    named = None if disclosure is None else frozenset(each for each in facts.assets if disclosure.names(each))
    portion = answering.portion(court, subjects, named)
    return portion, tuple(_verdict(court, each) for each in subjects)


def _verdict(court: Court, subject: AssetId) -> dict[str, Json]:
    kind, accounts = court.kind(subject), court.accounts(subject)
    return {
        "subject": subject,
        "kind": kind.value if kind is not None else None,
        "verdict": court.verdict(subject).value,
        "account": accounts[-1].account.value if accounts else None,
        "longest_silence_ms": longest_of(court, subject),
    }


async def takes_long(book: Book, claim: Claim, whom: Whom) -> bool:
    """Whether a set takes longer than a second: by its members, and by how many racks they stand in."""
    if not RACKS_AT_ONCE < whom.size <= AT_ONCE:
        return whom.size > AT_ONCE
    above = await _above(book, claim, whom.members)
    ways = (_way_down(above, each) for each in whom.members)
    outermost = {next((each for each in way if each in above), way[-1]) for way in ways}  # a place is above and no key
    return len(outermost) > RACKS_AT_ONCE


async def _side_by_side(book: Book, claim: Claim, members: Sequence[str]) -> list[str]:
    """Order members by the place, and what holds them there, when the interval begins; or when it ends."""
    above = await _above(book, claim, members)
    return sorted(members, key=lambda each: _way_down(above, each))


async def _above(book: Book, claim: Claim, members: Sequence[str]) -> dict[str, str]:
    """Give what holds each, and each of these, and in the end the place, at one moment of the interval."""
    last = max(min(claim.until_at, book.known_at) - 1, 0)
    above: dict[str, str] = {}
    level = list(members)
    for _ in range(_DEPTH):
        containers: set[str] = set()
        for at in (min(claim.from_at, last), last):
            for batch in _batches([each for each in level if each not in above], _BATCH):
                for row in await evidence.whereabouts(book, list(batch), at, at + 1):
                    above[row["asset"]] = row["container"] or row["place"] or ""
                    containers |= {row["container"]} if row["container"] else set()
        level = sorted(containers - above.keys())
        if not level:
            break
    return above


def _way_down(above: dict[str, str], asset: str) -> list[str]:
    way = [asset]
    while (holder := above.get(way[-1])) and holder not in way:
        way.append(holder)
    return way[::-1]


def _batches(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[first : first + size] for first in range(0, len(items), size))
