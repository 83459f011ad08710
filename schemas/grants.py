"""Acts about who else may see what: grants of an operator to a party, and what the party was shown (DESIGN section 1).

A grant discloses things whole: all that the cell has about them, in the fields that it names. An answer to a claim
comes with its grounds, whatever the fields; these say which rows can be read.
"""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.acting import Act, AssetRef, Name, Thing, Words
from schemas.answers import KUL, At
from schemas.paging import AT, Answered, example
from schemas.statuses import MAX_THINGS
from schemas.words import Disclosed

NOTER = "holdfast-api"  # who says that a party was shown something: the API itself


class GrantPut(Act):
    """A party may see certain things, what stood in a place, what a licence was drawn on for, or the whole cell.

    Whereabouts are always disclosed, and where what held a thing was meanwhile; `fields` names what is besides. Of a
    licence: the things that people said were handed over under this document.
    """

    act: Literal["grant.put"] = "grant.put"
    party: Annotated[Name, Field(description="To whom: the name that the party's keys have")]
    things: Annotated[tuple[Thing, ...], Field(max_length=MAX_THINGS)] = ()
    licence: Name | None = None
    place: Annotated[Name | None, Field(description="A site, hall, row, rack position or unit")] = None
    whole: Annotated[bool, Field(description="All of the cell")] = False
    fields: tuple[Disclosed, ...] = ()
    purpose: Annotated[Words, Field(min_length=1, description="What for, in words that the party may read")]
    until_at: AwareDatetime

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (bool(self.things), self.licence is not None, self.place is not None, self.whole)
        if sum(ways) != 1:
            msg = "a grant is of `things`, of a `licence`, of a `place` or of the `whole` cell: give exactly one"
            raise ValueError(msg)
        return self


class GrantRevoke(Act):
    """Take a grant back, by its key: the party sees nothing by it any more, within seconds."""

    act: Literal["grant.revoke"] = "grant.revoke"
    revokes: Name


class AccessNote(Act):
    """What a party is about to be shown. The API says so, before it shows it; of anybody else it is refused there."""

    act: Literal["access.note"] = "access.note"
    party: Name
    credential: Annotated[Name, Field(description="Id of the key or token that was used")]
    asked: Annotated[str, Field(max_length=100_000, description="Canonical JSON: route, parameters, claim")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Of the answer's bytes")] | None = None


GrantAct = GrantPut | GrantRevoke | AccessNote


class GrantShown(Answered):
    """A grant as it stands at `known_at`."""

    model_config = example(
        key="grant-7",
        party="exporter-1",
        whole=False,
        place=None,
        licence=None,
        things=[KUL],
        fields=["identifiers", "statuses"],
        purpose="custody of what was shipped under PO-4711",
        by="person-1",
        until_at="2026-06-01T00:00:00.000Z",
        known_from=AT,
        revoked_at=None,
        revoked_by=None,
    )

    key: str
    party: str
    whole: bool
    place: str | None = None
    licence: str | None = None
    things: list[AssetRef]
    fields: list[Disclosed]
    purpose: str
    by: str
    until_at: At
    known_from: At
    revoked_at: At | None = None
    revoked_by: str | None = None


class AccessShown(Answered):
    """What a party was shown, and when: noted before it was shown."""

    model_config = example(
        at=AT,
        party="exporter-1",
        credential="3f9c0a1b2c4d",
        asked={"route": "GET /v1/assets/{asset}", "asset": KUL},
        sha256=None,
    )

    at: At
    party: str
    credential: str
    asked: dict[str, object]
    sha256: str | None = None
