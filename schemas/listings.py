"""What the API's listings of a whole cell answer, and what it answers about one row. No I/O."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from schemas.acting import AssetRef, Cell
from schemas.answers import KUL, RACK, At
from schemas.pages import DeadLetterShown, PlaceShown, SourceShown, WhereaboutsShown
from schemas.paging import AT, Answered, example
from schemas.planning import WorkShown
from schemas.words import Cause, Kind, Scheme

LATER = "2025-06-01T06:00:00.000Z"


class ClaimedShown(Answered):
    """An identifier that sources claim, as it is compared, and whose. `shared`: known to stand on several things."""

    model_config = example(
        scheme="serial", scope="acme/x100", value="SN1", kind="chassis", asset=KUL, name=KUL, strong=True, shared=False
    )

    scheme: Scheme
    scope: str
    value: str
    kind: Kind
    asset: AssetRef
    name: Annotated[AssetRef, Field(description="The name under which it was minted; the asset's own, unless merged")]
    strong: bool
    shared: bool


class StoodShown(WhereaboutsShown):
    """Where one thing stood at `as_of`, during the stretch [from, until) that holds that moment."""

    model_config = ConfigDict(
        frozen=True,
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "from": AT,
                    "until": None,
                    "container": RACK,
                    "container_slot": "U12",
                    "place": None,
                    "moving": False,
                    "disputed": False,
                    "known_from": AT,
                    "asset": KUL,
                    "kind": "chassis",
                }
            ]
        },
    )

    asset: AssetRef
    kind: Kind


class RunListed(Answered):
    """An unbroken stretch of reports of one source and scope with one inventory (its digest: SHA-256)."""

    model_config = example(
        run="281474976710656",
        source="bmc-r3-u12",
        scope="node",
        timing="fresh",
        digest="7b2faee8051e35d37aa02454b0039b17f9075710ad16e4c50d463d3b0a921f5c",
        known=True,
        tolerance_s=900,
        first=AT,
        last=LATER,
        until=None,
        end_cause=None,
    )

    run: Annotated[str, Field(description="Its number, as text: it has more digits than some programs keep")]
    source: str
    scope: str
    timing: str
    digest: str
    known: Annotated[bool, Field(description="Whether the inventory is known: else it covers no asset")]
    tolerance_s: int
    first: At
    last: At
    until: At | None = None
    end_cause: str | None = None


class CauseShown(Answered):
    """A part of a silence, with its cause."""

    from_at: At
    until_at: At | None = None
    cause: Cause


class GapShown(Answered):
    """A silence of a source and scope above its tolerance, known since `opened_at`; null `until_at`: it lasts."""

    model_config = example(
        source="bmc-r3-u12",
        scope="node",
        from_at=AT,
        until_at=LATER,
        opened_at="2025-06-01T00:15:00.001Z",
        causes=[{"from_at": AT, "until_at": LATER, "cause": "theirs"}],
    )

    source: str
    scope: str
    from_at: At
    until_at: At | None = None
    opened_at: At
    causes: list[CauseShown]


class SideShown(Answered):
    """Who says it: a source, its scope, and the slot of its report."""

    source: str
    scope: str
    slot: str


class DisputeShown(Answered):
    """Two sources that have a thing in two places, or containers, at once. `shown` is what whereabouts follow."""

    model_config = example(
        asset=KUL,
        from_at=AT,
        until_at=None,
        shown={"source": "bmc-r3-u12", "scope": "node", "slot": "gpu/0"},
        rival={"source": "agent-7", "scope": "node", "slot": "gpu/0"},
        known_from=AT,
    )

    asset: AssetRef
    from_at: At
    until_at: At | None = None
    shown: SideShown
    rival: SideShown
    known_from: At


class CellEventShown(Answered):
    """An appended fact of the cell: its number, whom it is about, its hash (the log's entry), and its very bytes."""

    model_config = example(
        n=7,
        at=AT,
        kind="asset",
        asset=KUL,
        sha256="9a0364b9e99bb480dd25e1f0284c8555c4b1d3a3d9f2f7a3b2b4e4a1c0d9e8f7",
        bytes='{"asset":"…","kind":"asset"}',
    )

    n: int
    at: At
    kind: str
    asset: AssetRef | None = None
    sha256: str
    bytes: str


class ActListed(Answered):
    """An act and what became of it; `outcome` is null until the horizon has reached it."""

    model_config = example(
        offset=41, at=AT, act="place.put", key="place-7", by="person-1", outcome="applied", words=None
    )

    offset: int
    at: At
    act: str
    key: str
    by: str
    outcome: str | None = None
    words: str | None = None


class _OfCell(Answered):
    cell: Cell
    simulated: bool
    known_at: At


class PlaceAnswer(_OfCell):
    """One place."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        known_at=AT,
        place={
            "place": "KUL-1/H1/R3/P07",
            "kind": "rack_position",
            "within": "KUL-1/H1/R3",
            "country": None,
            "since": AT,
        },
    )

    place: PlaceShown


class SourceAnswer(_OfCell):
    """One source."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        known_at=AT,
        source={
            "source": "bmc-r3-u12",
            "source_class": "out_of_band",
            "control_domain": "facilities",
            "interval_s": 300,
            "clock_offset_s": 0,
            "lateness_s": 120,
            "retired": False,
            "enrolled_at": AT,
            "first_at": AT,
        },
    )

    source: SourceShown


class TicketAnswer(_OfCell):
    """A ticket of planned work in all its versions, oldest first; the last one governs."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        known_at=AT,
        ticket="CHG-1042",
        versions=[
            {
                "ticket": "CHG-1042",
                "from_at": AT,
                "until_at": LATER,
                "assets": [KUL],
                "places": [],
                "explains": ["component_missing"],
                "approver": "cab",
                "by": "person-1",
                "known_from": AT,
                "cancelled": False,
            }
        ],
    )

    ticket: str
    versions: list[WorkShown]


class DeadLetterWhole(DeadLetterShown):
    """A dead letter with its bytes, in base64; headers as pairs of a name and base64."""

    key: str | None = None
    headers: list[tuple[str, Any]]
    value: str | None = None


class DeadLetterAnswer(_OfCell):
    """What was found at one position, the youngest first: there is more than one where the topic was made again."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        known_at=AT,
        letters=[
            {
                "topic": "telemetry",
                "partition": 0,
                "epoch": 0,
                "offset": 41,
                "at": AT,
                "code": "bad_json",
                "words": "the report is not JSON",
                "source": "bmc-r3-u12",
                "size": 1,
                "retried_at": None,
                "key": "Ym1jLXIzLXUxMg==",
                "headers": [["ce_type", "aW8uaG9sZGZhc3QucmVwb3J0LnYx"]],
                "value": "ew==",
            }
        ],
    )

    letters: list[DeadLetterWhole]
