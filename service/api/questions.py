"""A claim as it was put to one cell: all that the bytes of its answer are a function of, but for what is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.answers import ClaimAsked, ClaimParts, ExpectedAsked, Subject
from schemas.canonical import Json
from schemas.envelope import rfc3339
from schemas.words import Kind, Predicate
from service.api.asking import AssetNotFound, Opened
from service.api.members import bearer
from service.facts.claims import Claim, Expected
from service.facts.records import AssetId, Millis
from service.store import evidence
from service.store.reading import Book, Viewer


@dataclass(frozen=True, slots=True)
class Question:
    """A claim put to a cell as known at a moment. `stated`: as its answer has it; `remarks`: what that says beside it.

    `asked` is what the claim is made of again, wherever it is judged; a list is not in it.
    """

    cell: str
    simulated: bool
    known_at: Millis
    asked: ClaimAsked
    stated: dict[str, Json]
    remarks: dict[str, Json]

    def form(self) -> dict[str, Json]:
        """Give the JSON form."""
        kept = self.asked.model_copy(update={"subject": Subject(place=self.asked.subject.place)})
        return {
            "cell": self.cell,
            "simulated": self.simulated,
            "known_at": self.known_at,
            "asked": kept.model_dump(mode="json", by_alias=True, exclude_none=True),
            "stated": self.stated,
            "remarks": self.remarks,
        }

    def document(self, viewer: Viewer, events: dict[str, Json], verdicts: Mapping[str, Json]) -> dict[str, Json]:
        """Give the answer's document."""
        return {
            "v": 1,
            "cell": self.cell,
            "simulated": self.simulated,
            "claim": self.stated,
            "known_at": rfc3339(self.known_at),
            "viewer": {"operator": viewer.operator, "rights": "own-cells"},
            "events": events,
            **self.remarks,
            **verdicts,
        }


def of_form(form: Mapping[str, Any]) -> Question:
    """Give the question of a JSON form."""
    return Question(
        form["cell"],
        form["simulated"],
        form["known_at"],
        ClaimAsked.model_validate(form["asked"]),
        form["stated"],
        form["remarks"],
    )


async def question(opened: Opened, asked: ClaimAsked, listed: dict[str, Json] | None = None) -> Question:
    """Make a question of a claim and a book that was opened for it; `listed`: what is said of a list sent beside it.

    It says that the horizon was asked beyond, and which partitions did not count, by a person's word (rule 6).
    """
    remarks: dict[str, Json] = {} if opened.asked is None else {"known_at_asked": rfc3339(opened.asked)}
    suspended: list[Json] = [row["partition"] for row in await evidence.resting(opened.book)]
    if suspended:
        remarks["suspended"] = suspended
    stated = as_stated(asked)
    if listed is not None:
        stated["subject"] = {**stated["subject"], "listed": listed}  # type: ignore[dict-item]
    return Question(opened.book.cell, opened.simulated, opened.book.known_at, asked, stated, remarks)


def as_stated(asked: ClaimParts) -> dict[str, Json]:
    """Give the claim as it was asked, defaults filled in; `known_at` and the cell stand beside it."""
    stated: dict[str, Json] = asked.model_dump(
        mode="json", by_alias=True, exclude={"cell", "known_at"}, exclude_none=True
    )
    return stated


async def claim_of(book: Book, asked: ClaimAsked) -> Claim:
    """Make the claim that is judged. Raises `BadClaim`, `AmbiguousSubject`."""
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
