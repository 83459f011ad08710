"""From a claim to its answer: find the subject, gather, judge, and write the canonical bytes (SEMANTICS rule 3).

The bytes are a function of (claim, known_at, ruleset version, viewer's rights), and name all four: nothing that the
store learns afterwards, and no clock, is in them. Nor is how a set was split: its chunks are joined to the same bytes.
"""

import asyncio
from dataclasses import dataclass, replace

from schemas.answers import ClaimAsked
from schemas.canonical import Json, canonical
from schemas.envelope import rfc3339
from schemas.list_table import Things
from service.api import answering, chunks
from service.api.asking import Opened, PlaceNotFound, open_book
from service.api.assembling import assemble
from service.api.disclosing import Disclosure, judging, named_in, withheld
from service.api.gathering import Gathered, gather
from service.api.members import TooLarge, Whom, find
from service.api.questions import Question, claim_of, question
from service.facts.claims import BadClaim, Claim
from service.facts.records import AssetId, Millis
from service.facts.sets import check_set
from service.store import reading
from service.store.jobs import Chunk
from service.store.pool import Connection
from service.store.reading import Book, Viewer

MAX_OF_PARTIES = 20_000
# Said of every set that a party asks about without a grant of the whole cell, whether there is more or not.
PARTIAL = "This is about what was granted of it: there may be more, of which nothing is said here."


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer's bytes, and what is true of the moment of asking alone, which is not in them."""

    body: bytes
    known_at: Millis
    horizon: Millis
    opened: Opened


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claim that can be judged: the question, whom it is about, and whether it takes longer than a second.

    `disclosure`: what a party sees of the cell; None where it is the asker's own.
    """

    opened: Opened
    question: Question
    claim: Claim
    whom: Whom
    long: bool
    disclosure: Disclosure | None

    async def chunks(self) -> list[Chunk]:
        """Split a set for judging it piece by piece."""
        return await chunks.chunks_of(self.opened.book, self.claim, self.whom)


async def attest(connection: Connection, viewer: Viewer, asked: ClaimAsked, things: Things | None = None) -> Answered:
    """Answer a claim, however long it takes. The connection has the API's role. Raises what `prepare` raises."""
    return await answer(await prepare(connection, viewer, asked, things))


async def prepare(
    connection: Connection, viewer: Viewer, asked: ClaimAsked, things: Things | None = None, *, of_many: bool = False
) -> Prepared:
    """Find whom a claim is about, or why it cannot be judged; `things`: a list that was sent beside it.

    `of_many`: it is put to other cells too, and one that knows nothing yet of the interval says so by its verdicts.
    Raises `CellNotFound`, `AssetNotFound`, `PlaceNotFound`, `AmbiguousSubject`, `BadClaim`, `TooLarge`, `NotGranted`.
    """
    opened = await open_book(connection, viewer, asked.cell, asked.known_at)
    book = opened.book
    claim = await claim_of(book, asked)
    if claim.from_at >= book.known_at and not of_many:
        raise BadClaim(
            f"the interval begins at {rfc3339(claim.from_at)}, and nothing is known after {rfc3339(book.known_at)}: "
            "ask about the past"
        )
    if claim.place is not None:
        await _known_place(book, claim.place)
    disclosure = Disclosure.of(book.viewer)
    whom = await find(book, asked.subject, claim, things)
    if not whom.one:
        check_set(claim)
        whom = _granted(whom, disclosure)
    long = not whom.one and await chunks.takes_long(book, claim, whom)
    listed = things.stated() if things else None
    return Prepared(opened, await question(opened, asked, listed), claim, whom, long, disclosure)


def _granted(whom: Whom, disclosure: Disclosure | None) -> Whom:
    """Give what was granted of a set. Raises `TooLarge`: a party waits for its answer, which is noted as it leaves."""
    if disclosure is None:
        return whom
    whom = replace(whom, members=[each for each in whom.members if disclosure.grants(each)])
    if whom.size > MAX_OF_PARTIES:
        raise TooLarge(
            f"this claim is about {whom.size} things, and at most {MAX_OF_PARTIES} that were granted can be judged in "
            "one: ask hall by hall or rack by rack, or choose `kinds`"
        )
    return whom


async def answer(prepared: Prepared) -> Answered:
    """Judge what was prepared; a large set chunk by chunk, so that memory is needed for one."""
    opened, claim, whom, disclosure = prepared.opened, prepared.claim, prepared.whom, prepared.disclosure
    expected = claim.expected.assets if claim.expected else frozenset()
    wanted = [*whom.members, *expected]
    book = await judging(opened.book, wanted, claim.predicate)
    if whom.one:
        verdicts, names = await _single(book, claim, whom, wanted)
    else:
        split = await prepared.chunks() if prepared.long else [chunks.whole(book, whom)]
        found, names = await chunks.judge_all(book, claim, split, disclosure)
        verdicts = answering.several(claim, found, book.known_at)
    document = prepared.question.document(opened.book.viewer, await chunks.rests_on(book, names), verdicts)
    if disclosure is not None:
        typed = named_in(prepared.question.stated)
        document |= {name: withheld(value, disclosure, typed) for name, value in verdicts.items()}
        document["viewer"] = disclosure.rights(opened.book.viewer.operator)
        if not (whom.one or disclosure.whole):
            document["partial"] = PARTIAL
    return Answered(canonical(document), book.known_at, opened.horizon, opened)


async def _single(book: Book, claim: Claim, whom: Whom, wanted: list[str]) -> tuple[dict[str, Json], frozenset[str]]:
    held = await gather(book, wanted, claim.from_at, claim.until_at, predicate=claim.predicate)
    held.ambiguous = whom.ambiguous
    subject = AssetId(next(iter((*whom.members, *whom.unborne))))
    verdicts = await asyncio.to_thread(_judged, claim, subject, held)
    return verdicts, chunks.names_about(held, whom.members)


def _judged(claim: Claim, subject: AssetId, held: Gathered) -> dict[str, Json]:
    """Judge; what holds many things takes long, and other requests are answered meanwhile. Pure."""
    return answering.one(claim, subject, assemble(held))


async def _known_place(book: Book, place: str) -> None:
    if all(row["place"] != place for row in await reading.places(book)):
        raise PlaceNotFound(f"{book.cell} had no place {place!r} as known then: GET /v1/places names them")
