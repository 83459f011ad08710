"""Acts about how long records are kept, and about holds; and the plan that says what would leave (DESIGN section 5).

A class says for which records, by which law, licence, contract or policy, how long from which trigger on. Where several
classes are about one record, it is kept until the last of them lets it go. A hold overrides them all. What no class is
about is kept.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.acting import Act, Name, Thing
from schemas.answers import At
from schemas.paging import AT, Answered, example
from schemas.statuses import MAX_THINGS
from schemas.words import Basis, RecordKind, Trigger

MAX_DAYS = 36_525  # a hundred years

_DUE = "2032-06-01T00:00:00.000Z"


class RetentionPut(Act):
    """A class of records: kept for so many days after the trigger. Put again under its name, it is changed."""

    act: Literal["retention.put"] = "retention.put"
    name: Name
    record: RecordKind
    trigger: Trigger
    keep_days: Annotated[int, Field(ge=0, le=MAX_DAYS)]
    basis: Basis
    reference: Annotated[Name, Field(description="Where it says so: a paragraph, a condition, a clause")]


class RetentionDrop(Act):
    """A class is no more: it keeps nothing from now on."""

    act: Literal["retention.drop"] = "retention.drop"
    name: Name


class HoldPut(Act):
    """Nothing of what it names may leave, whatever its class says, until it is released. Its key is its name."""

    act: Literal["hold.put"] = "hold.put"
    things: Annotated[tuple[Thing, ...], Field(max_length=MAX_THINGS)] = ()
    whole: Annotated[bool, Field(description="All of the cell")] = False
    reference: Annotated[Name, Field(description="What it is for: a matter, a request; no names")]

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.things) == self.whole:
            msg = "a hold is of `things`, or of the `whole` cell: give exactly one"
            raise ValueError(msg)
        return self


class HoldRelease(Act):
    """A hold is over, by its key."""

    act: Literal["hold.release"] = "hold.release"
    releases: Name


RetentionAct = RetentionPut | RetentionDrop | HoldPut | HoldRelease


class ClassShown(Answered):
    """A class of records as it stands."""

    model_config = example(
        name="ear-762",
        record="event",
        trigger="departed",
        keep_days=1826,
        basis="law",
        reference="15 CFR 762.6",
        by="person-1",
        known_from=AT,
    )

    name: str
    record: RecordKind
    trigger: Trigger
    keep_days: int
    basis: Basis
    reference: str
    by: str
    known_from: At


class HoldShown(Answered):
    """A hold that stands, or stood: of how many things, or of the whole cell."""

    model_config = example(
        key="hold-7", whole=False, things=12, reference="matter 2026-14", by="person-1", known_from=AT, released_at=None
    )

    key: str
    whole: bool
    things: int
    reference: str
    by: str
    known_from: At
    released_at: At | None = None


class Leaving(Answered):
    """What would leave of one kind of record, and why the rest would not: each record in exactly one of the counts."""

    record: RecordKind
    classes: Annotated[list[str], Field(description="Names of the classes that are about it; none: all is kept")]
    total: int
    due: Annotated[int, Field(description="Would leave")]
    held: Annotated[int, Field(description="Would leave but for a hold")]
    running: Annotated[int, Field(description="The clock runs")]
    waiting: Annotated[int, Field(description="The clock has not begun: it is going on, or the thing is here")]
    unclassed: Annotated[int, Field(description="No class is about it")]
    next_due: Annotated[At | None, Field(description="When the next one would leave, of those whose clock runs")] = None


class RetentionPlan(Answered):
    """What would leave at a moment, before anything does."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        known_at=AT,
        at=_DUE,
        holds=["hold-7"],
        records=[
            {
                "record": "event",
                "classes": ["ear-762"],
                "total": 4212,
                "due": 12,
                "held": 3,
                "running": 97,
                "waiting": 4100,
                "unclassed": 0,
                "next_due": _DUE,
            }
        ],
    )

    cell: str
    simulated: bool
    known_at: At
    at: Annotated[At, Field(description="The moment that is asked about; the clock's, unless another one is")]
    holds: list[str]
    records: list[Leaving]
