"""Acts about planned work: in a window, what may happen to which things, by which ticket, approved by whom."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.acting import Act, AssetRef, Cell, Name, Thing
from schemas.answers import KUL, At
from schemas.paging import AT, Answered, example
from schemas.words import FindingKind, May

MAX_PLANNED = 5_000

# What may happen, in the words of those who plan it, and the findings that it explains.
EXPLAINS: dict[May, tuple[FindingKind, ...]] = {
    May.REMOVE: (FindingKind.COMPONENT_MISSING,),
    May.INSERT: (FindingKind.COMPONENT_FOREIGN,),
    May.SWAP: (FindingKind.COMPONENT_MISSING, FindingKind.COMPONENT_FOREIGN),
    May.MOVE_RACK: (FindingKind.RACK_MOVED,),
}


class WorkPlan(Act):
    """Planned work: what may happen to which things, in a window. It explains exactly that.

    Told again under the same ticket, it is changed. What happened up to seven days before, it explains late.
    """

    act: Literal["work.plan"] = "work.plan"
    ticket: Name
    from_at: AwareDatetime
    until_at: AwareDatetime
    assets: Annotated[tuple[AssetRef, ...], Field(max_length=MAX_PLANNED)] = ()
    things: Annotated[tuple[Thing, ...], Field(max_length=MAX_PLANNED)] = ()
    places: Annotated[tuple[Name, ...], Field(max_length=MAX_PLANNED)] = ()
    may: Annotated[tuple[May, ...], Field(description="What may happen, in words of those who plan it")] = ()
    explains: Annotated[tuple[FindingKind, ...], Field(description="The same, by the findings that it explains")] = ()
    approver: Annotated[Name | None, Field(description="Reference to who approved it; no name")] = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.until_at <= self.from_at:
            msg = "the window must end after it begins"
            raise ValueError(msg)
        if not self.may and not self.explains:
            msg = "say what may happen: one or more words in `may`"
            raise ValueError(msg)
        return self

    def kinds(self) -> frozenset[FindingKind]:
        """Give the findings that it explains."""
        return frozenset(self.explains).union(*(EXPLAINS[word] for word in self.may))


class WorkCancel(Act):
    """Work under a ticket is called off: it explains nothing any more, of before either."""

    act: Literal["work.cancel"] = "work.cancel"
    ticket: Name


WorkAct = WorkPlan | WorkCancel


class WorkShown(Answered):
    """Planned work as its ticket was last told."""

    model_config = example(
        ticket="CHG-1042",
        from_at=AT,
        until_at="2025-06-01T04:00:00.000Z",
        assets=[KUL],
        places=[],
        explains=["component_missing", "component_foreign"],
        approver="cab",
        by="hook/change-management",
        known_from=AT,
        cancelled=False,
    )

    ticket: str
    from_at: At
    until_at: At
    assets: list[AssetRef]
    places: list[str]
    explains: list[FindingKind]
    approver: str | None = None
    by: str | None = None
    known_from: Annotated[At, Field(description="Since when it is known like this")]
    cancelled: bool


class Change(BaseModel):
    """A change as a change-management tool tells it: to be made of a template in that tool, sent at every step.

    `state`: `approved` (or anything that lets it go ahead) plans it; `cancelled` calls it off; while it is `draft`
    nothing is planned.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "cell": "kul-1",
                    "ticket": "CHG-1042",
                    "state": "approved",
                    "from": "2025-06-08T12:00:00Z",
                    "until": "2025-06-08T15:00:00Z",
                    "may": ["swap"],
                    "things": [{"kind": "gpu", "identifier": {"scheme": "serial", "value": "1654025000001"}}],
                    "places": ["KUL-1/H1/R3/P07"],
                    "approver": "cab",
                }
            ]
        },
    )

    cell: Cell
    ticket: Name
    state: Literal["draft", "approved", "cancelled"]
    from_at: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until_at: Annotated[AwareDatetime | None, Field(alias="until")] = None
    may: tuple[May, ...] = ()
    things: Annotated[tuple[Thing, ...], Field(max_length=MAX_PLANNED)] = ()
    places: Annotated[tuple[Name, ...], Field(max_length=MAX_PLANNED)] = ()
    approver: Name | None = None

    def act(self, key: str, by: str) -> WorkAct | None:
        """Give the act that it amounts to; None for a draft. Raises `ValidationError` where it says too little."""
        if self.state == "draft":
            return None
        said: dict[str, object] = {"key": key, "by": by, "ticket": self.ticket}
        if self.state == "cancelled":
            return WorkCancel.model_validate(said)
        more = self.model_dump(
            include={"from_at", "until_at", "may", "things", "places", "approver"}, exclude_none=True
        )
        return WorkPlan.model_validate({**said, **more})
