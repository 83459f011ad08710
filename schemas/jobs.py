"""Jobs: claims about large sets, how far they are judged, and what became of them: the bodies of `/v1/jobs`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.acting import AssetRef, Cell, Country, Name
from schemas.answers import RACK, At, ClaimParts, Moment
from schemas.paging import AT, Answered, example
from schemas.words import IdentityGrade, Kind, PlaceGrade, Predicate, Verdict

State = Literal["open", "done", "cancelled", "failed"]
JOB = "3f1a5c1e-7f0d-4a53-9d0e-5a6cf1a4b3c2"
_LATER = "2025-06-08T00:00:00.000Z"
_CLAIM: dict[str, Any] = {"predicate": "stayed", "subject": {"everything": True}, "from": AT, "until": _LATER}


class JobAsked(ClaimParts):
    """A claim to be judged as a job. Without a cell it is about everything in all of the operator's cells."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cell": "kul-1", **_CLAIM}, {**_CLAIM, "predicate": "accounted_for"}]}
    )

    cell: Cell | None = None


class ListAsked(BaseModel):
    """A claim about a list, but for the list: the query of `POST /v1/jobs/csv`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    cell: Cell
    predicate: Predicate
    from_at: Annotated[Moment, Field(alias="from")]
    until_at: Annotated[Moment, Field(alias="until")]
    place: Name | None = None
    country: Country | None = None
    kind: Annotated[list[Kind], Field(description="Only these kinds; may be given several times")] = []
    identity: IdentityGrade = IdentityGrade.REPORTED
    grade: Annotated[PlaceGrade, Field(description="Grade of place")] = PlaceGrade.CORROBORATED
    max_silence_s: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z_]{1,20}=[1-9][0-9]{0,4}$")]],
        Field(description="kind=seconds; may be given several times"),
    ] = []
    known_at: Moment | None = None


class Progress(Answered):
    """How many of its members are judged."""

    model_config = example(done=41_000, of=100_000)

    done: int
    of: int


class JobShown(Answered):
    """A job: what was asked of which cells, as known when, how far it is, and until when it is kept."""

    model_config = example(
        job=JOB,
        url=f"/v1/jobs/{JOB}",
        state="open",
        cells=["kul-1"],
        claim=_CLAIM,
        known_at={"kul-1": _LATER},
        progress={"done": 41_000, "of": 100_000},
        made_at=_LATER,
        expires_at="2025-06-15T00:00:00.000Z",
        ended_at=None,
        words=None,
    )

    job: AssetRef
    url: str
    state: State
    cells: list[Cell]
    claim: Annotated[dict[str, Any], Field(description="As asked; the list of a CSV by its number of things and hash")]
    known_at: Annotated[dict[Cell, At], Field(description="Of each cell")]
    progress: Progress
    made_at: At
    expires_at: At
    ended_at: At | None = None
    words: Annotated[str | None, Field(description="Why it failed, and what to do")] = None


class JobAnswer(JobShown):
    """A job with its answer, once it is done.

    Of one cell: what `POST /v1/attestations` answers. Where no cell was named: `cells`, with what each would answer,
    and `sums`, where simulated cells stand apart.
    """

    model_config = example(
        **{
            **JobShown.model_config["json_schema_extra"]["examples"][0],  # type: ignore[index, dict-item]
            "state": "done",
            "ended_at": _LATER,
            "progress": {"done": 100_000, "of": 100_000},
            "answer": {"v": 1, "cell": "kul-1", "set": {"members": 100_000, "counts": {"gpu": {"confirmed": 100_000}}}},
        }
    )

    answer: dict[str, Any] | None = None


class JobsAnswer(Answered):
    """A page of the operator's jobs, oldest first. `next` is the cursor of the following page; null on the last."""

    model_config = example(items=JobShown.model_config["json_schema_extra"]["examples"], next=None)  # type: ignore[index]

    items: list[JobShown]
    next: str | None = None


class MemberShown(Answered):
    """One line of `/members`: the verdict on one thing. `account`: of accounted_for, what became of it in the end."""

    model_config = example(subject=RACK, kind="rack", verdict="consistent", account=None, longest_silence_ms=0)

    subject: str
    kind: Kind | None
    verdict: Verdict
    account: str | None
    longest_silence_ms: int
