"""Acts about the status of things, and about handing them over: what people say (DESIGN sections 2 and 8).

All are statements, kept beside what sources see and never instead of it. A thing that nobody reported yet may be named.
"""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.acting import Act, AssetRef, Name, Thing
from schemas.answers import KUL, At
from schemas.paging import AT, Answered, example
from schemas.words import Status

MAX_THINGS = 5_000
Things = Annotated[tuple[Thing, ...], Field(min_length=1, max_length=MAX_THINGS)]
Stated = Literal[
    Status.IN_STOCK,
    Status.IN_TRANSIT,
    Status.INSTALLED,
    Status.SPARE,
    Status.FAILED,
    Status.IN_REPAIR,
    Status.ON_LOAN,
    Status.SCRAPPED,
    Status.SOLD,
]
Since = Annotated[AwareDatetime | None, Field(description="From when on; default: when this act was received")]


class _Dated(Act):
    """What is said of a stretch of time."""

    from_at: Since = None
    until_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.from_at is not None and self.until_at is not None and self.until_at <= self.from_at:
            msg = "until_at must be later than from_at"
            raise ValueError(msg)
        return self


class StatusPut(_Dated):
    """A status of things. The one that began last stands; past its `until_at` the thing is expected to be back."""

    act: Literal["status.put"] = "status.put"
    things: Things
    status: Stated
    party: Annotated[Name | None, Field(description="Who has it now: a workshop, a borrower, a buyer")] = None
    document: Annotated[Name | None, Field(description="Paper that says so: order, certificate, delivery note")] = None
    ticket: Annotated[Name | None, Field(description="The same ticket joins what went out and what came in")] = None
    place: Annotated[Name | None, Field(description="Place of this cell where it is kept")] = None


class StatusWithdraw(Act):
    """Take back a status, a release or an acceptance, by its key: it counts no more from now on."""

    act: Literal["status.withdraw"] = "status.withdraw"
    withdraws: Name


class TransferRelease(_Dated):
    """Things are handed over to a party. `until_at`: by when it is to accept them."""

    act: Literal["transfer.release"] = "transfer.release"
    things: Things
    party: Name
    document: Name | None = None


class TransferAccept(Act):
    """What was released has been accepted: all of it, or the things that are named."""

    act: Literal["transfer.accept"] = "transfer.accept"
    releases: Annotated[Name, Field(description="Key of the release")]
    things: Annotated[tuple[Thing, ...], Field(max_length=MAX_THINGS)] = ()
    document: Name | None = None
    from_at: Since = None


StatusAct = StatusPut | StatusWithdraw | TransferRelease | TransferAccept


class AcceptedShown(Answered):
    """When, by whom and on which paper the other side accepted what was released."""

    at: At
    by: str
    document: str | None = None


class StatusShown(Answered):
    """What was said of the status of one thing: a statement, whatever sources see."""

    model_config = example(
        key="rma-4711-out",
        asset=KUL,
        status="in_repair",
        party="Maintainer Sdn Bhd",
        document=None,
        ticket="RMA-4711",
        place=None,
        by="ticketing",
        from_at=AT,
        until_at=None,
        known_from=AT,
        accepted=None,
    )

    key: str
    asset: AssetRef
    status: Status
    party: str | None = None
    document: str | None = None
    ticket: str | None = None
    place: str | None = None
    by: str
    from_at: At
    until_at: At | None = None
    known_from: At
    accepted: Annotated[AcceptedShown | None, Field(description="Only of what was released")] = None
