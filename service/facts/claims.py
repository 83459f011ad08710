"""What is asked: a claim about one subject, or about each member of a set (DESIGN section 7)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from schemas.errors import HoldfastError
from schemas.words import IdentityGrade, Kind, PlaceGrade, Predicate, rank
from service.facts.records import AssetId, Millis

COUNTRY = re.compile(r"[A-Z]{2}")


class BadClaim(HoldfastError):
    """The claim cannot be judged as it stands; the text says what to change."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "bad-claim"


@dataclass(frozen=True, slots=True)
class Expected:
    """A bill of materials to compare with: these things, so many of these kinds, or both.

    `assets` are canonical asset ids that the caller found for the identifiers given. `slots` names the slot in which
    some of them must stand. `unknown` are identifiers, as given, that no asset of the cell bears. Kinds that appear
    neither in `counts` nor among `kinds` (the kinds of what was listed) are not compared.
    """

    assets: frozenset[AssetId] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    slots: Mapping[AssetId, str] = field(default_factory=dict)
    counts: Mapping[Kind, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement to check about [from_at, until_at), with the grades asked for and the silences allowed.

    - `located_at`: in `place`, or in `country`, at every moment. Exactly one of the two.
    - `not_in`: known to be elsewhere than in `place`, or `country`, at every moment. Exactly one of the two.
    - `stayed`: at every moment at the rack position where it was at `from_at`; with `place`, never left that place.
    - `accounted_for`: what became of it is known at every moment: seen in `place` (anywhere, where none is given), or
      elsewhere, or as people say: released, in repair, on loan, …
    - `not_on_record`: nothing in this book speaks of it at any moment.
    - `contains`: the contents at every moment are `expected`, or what they were at `from_at`.

    `place_grade` below `corroborated` is judged as `corroborated`: a place is never confirmed on less.
    Raises `BadClaim` when made of what cannot be judged.
    """

    predicate: Predicate
    from_at: Millis
    until_at: Millis
    place: str | None = None
    country: str | None = None
    expected: Expected | None = None
    identity: IdentityGrade = IdentityGrade.REPORTED
    place_grade: PlaceGrade = PlaceGrade.CORROBORATED
    max_silence: Mapping[Kind, Millis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        for wrong, words in (*self._shape(), *self._values()):
            if wrong:
                raise BadClaim(words)

    def _shape(self) -> tuple[tuple[bool, str], ...]:
        located = self.predicate in {Predicate.LOCATED_AT, Predicate.NOT_IN}
        contains = self.predicate is Predicate.CONTAINS
        placeless = self.predicate in {Predicate.CONTAINS, Predicate.NOT_ON_RECORD}
        name = self.predicate.value
        return (
            (self.until_at <= self.from_at, "the interval is empty or backwards: `until` must be later than `from`"),
            (
                located and (self.place is None) == (self.country is None),
                f"{name} needs either a place or a country: give exactly one of them",
            ),
            (not located and self.country is not None, f"{name} takes no country: ask located_at or not_in for one"),
            (placeless and self.place is not None, f"{name} takes no place: ask located_at or not_in for one"),
            (not contains and self.expected is not None, f"{name} takes no expected contents: ask contains for them"),
        )

    def _values(self) -> tuple[tuple[bool, str], ...]:
        listed = self.expected
        return (
            (
                self.country is not None and not COUNTRY.fullmatch(self.country),
                "a country is two capital letters (ISO 3166-1), such as MY",
            ),
            (self.place == "", "a place has a name: give it, or leave the member out"),
            (
                listed is not None and not (listed.assets or listed.counts or listed.unknown),
                "the expected contents are empty: list things or counts, or leave the member out",
            ),
            (
                listed is not None and any(count < 0 for count in listed.counts.values()),
                "a count of expected contents cannot be negative",
            ),
            (any(limit <= 0 for limit in self.max_silence.values()), "max_silence must be above zero"),
        )

    @property
    def place_needed(self) -> PlaceGrade:
        """Grade of place below which nothing is confirmed."""
        return max(self.place_grade, PlaceGrade.CORROBORATED, key=rank)
