"""Differences between two states of a place or of what holds things, as the API answers them."""

from typing import Annotated

from pydantic import Field

from schemas.acting import Cell
from schemas.answers import KUL, RACK, At
from schemas.paging import AT, Answered, example
from schemas.words import Kind

_LATER = "2025-07-01T00:00:00.000Z"


class HeldShown(Answered):
    """Where a thing stood: in a slot of a container, at a place, or both."""

    model_config = example(container=RACK, container_slot="U12", place=None)

    container: str | None = None
    container_slot: str | None = None
    place: str | None = None


class DifferenceShown(Answered):
    """A thing that came, went or moved. Outside of what is asked about it is shown too, if it is known where."""

    model_config = example(
        asset=KUL,
        kind="chassis",
        what="went",
        before={"container": RACK, "container_slot": "U12", "place": None},
        after=None,
    )

    asset: str
    kind: Kind | None = None
    what: Annotated[str, Field(description="came, went or moved")]
    before: HeldShown | None = None
    after: HeldShown | None = None


class StateAsked(Answered):
    """One of the two states: as it was at `as_of`, as known at `known_at`; and how many things were inside."""

    model_config = example(as_of=AT, known_at=AT, things=12)

    as_of: At
    known_at: At
    things: int


class DifferencesAnswer(Answered):
    """A page of differences by asset, with what was compared. `next` is the cursor of the following page."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        before={"as_of": AT, "known_at": _LATER, "things": 12},
        after={"as_of": _LATER, "known_at": _LATER, "things": 11},
        items=[
            {
                "asset": KUL,
                "kind": "chassis",
                "what": "went",
                "before": {"container": RACK, "container_slot": "U12", "place": None},
                "after": None,
            }
        ],
        next=None,
    )

    cell: Cell
    simulated: bool
    before: StateAsked
    after: StateAsked
    items: list[DifferenceShown]
    next: str | None = None
