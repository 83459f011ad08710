"""Acts: what persons and programs write, each one message on `acts.<cell>` or `acts.common` (SEMANTICS rule 4).

A body is one JSON object: `act` names the kind, `key` is the idempotency key (applied once), `by` refers to who
says so (a reference, never a name: personal data stays out of events), the rest belongs to the kind.
Dates that a person states bound `as_of`; known_from is the record's append time.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from schemas import names
from schemas.acting import Act, AssetRef, Book, Cell, Country, EventRef, Name, Offset, Operator, Partition
from schemas.errors import Rejected
from schemas.findings import FindingAct
from schemas.formats import _json as strict_json
from schemas.grants import GrantAct
from schemas.inventory import MAX_NAME
from schemas.planning import WorkAct
from schemas.retention import RetentionAct
from schemas.statuses import StatusAct
from schemas.words import IdentityGrade, PlaceKind, Scheme, SourceClass

MAX_ACT_BYTES = 1_000_000
FINDER = "holdfast"  # who says that a partition was found: the consumer itself


class SitePut(Act):
    """A site and where it is; its name is the first part of the names of the places in it."""

    act: Literal["site.put"] = "site.put"
    site: Name
    country: Country
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class PlacePut(Act):
    """A place within a place: hall, row, rack position or unit."""

    act: Literal["place.put"] = "place.put"
    place: Name
    kind: PlaceKind
    within: Name
    alias: Annotated[tuple[Name, ...], Field(description="Other names that sources state for it")] = ()


class SurveyPut(Act):
    """Where slots of a facility source are: what it reports in such a slot is sensed there."""

    act: Literal["survey.put"] = "survey.put"
    source: Name
    positions: Annotated[dict[Name, Name], Field(description="slot → place", min_length=1)]


class SurveyRemove(Act):
    """Slots of a facility source that are no longer tied to a place."""

    act: Literal["survey.remove"] = "survey.remove"
    source: Name
    slots: Annotated[tuple[Name, ...], Field(min_length=1)]


class SourceEnrol(Act):
    """A source, its class, who controls it, and how it reports. Enrolling again changes it."""

    act: Literal["source.enrol"] = "source.enrol"
    source: Name
    source_class: SourceClass
    control_domain: Annotated[Name, AfterValidator(str.casefold)] = "unknown"  # one domain, however it is typed
    interval_s: Annotated[int, Field(ge=1, le=86_400)] | None = None
    clock_offset_s: Annotated[int, Field(ge=-86_400, le=86_400)] = 0
    lateness_s: Annotated[int, Field(ge=1, le=86_400)] = 120


class SourceRetire(Act):
    """A source reports no more; what it sends afterwards is a dead letter."""

    act: Literal["source.retire"] = "source.retire"
    source: Name


class AssetMerge(Act):
    """Two names are one asset."""

    act: Literal["asset.merge"] = "asset.merge"
    assets: Annotated[tuple[AssetRef, AssetRef], Field(description="Two asset ids")]


class AssetPart(Act):
    """Two names are not one asset, whatever their identifiers say."""

    act: Literal["asset.part"] = "asset.part"
    assets: tuple[AssetRef, AssetRef]


class AssetUndo(Act):
    """Take a merge or a part back, by its key."""

    act: Literal["asset.undo"] = "asset.undo"
    undoes: Name


class IdentifierShare(Act):
    """A value is known to stand on several things: it joins nothing."""

    act: Literal["identifier.share"] = "identifier.share"
    scheme: Scheme
    scope: Annotated[str, Field(max_length=MAX_NAME), AfterValidator(names.words)] = ""
    value: Name


class PartitionJoin(Act):
    """A partition that was added to a cell that lives already: it counts from this act's append time.

    The consumer that found it says so; of anybody else it is refused, since a partition that is not there would hold
    the cell's horizon for ever.
    """

    act: Literal["partition.join"] = "partition.join"
    partition: Partition


class PartitionSuspend(Act):
    """A partition that is stopped no longer holds the cell's horizon back; answers say so.

    What it brings from `next_offset` on rests, and is known from the resumption on. Refused where records from there on
    were applied already. It counts until it has come to that offset.
    """

    act: Literal["partition.suspend"] = "partition.suspend"
    partition: Partition
    next_offset: Offset


class PartitionResume(Act):
    """A suspended partition counts again: what rested is known from the later of its own append time and this act's."""

    act: Literal["partition.resume"] = "partition.resume"
    partition: Partition


class GoOn(Act):
    """Go on after a stop of a partition: at `next_offset`, with the records before it recorded as a gap.

    Refused where records from there on were applied already, unless the topic is another one than it was.
    """

    act: Literal["go_on"] = "go_on"
    partition: Partition
    next_offset: Offset


class DeadLetterRetry(Act):
    """Put a dead letter through again, its cause mended; its facts are known from this act on."""

    act: Literal["dead_letter.retry"] = "dead_letter.retry"
    partition: Partition
    offset: Offset


class _Link(Act):
    """A step of linking one thing in two books, by a linker with rights in both (SEMANTICS rule 22)."""

    cell: Annotated[Cell, Field(description="The cell that this act is written to")]
    asset: AssetRef
    other_cell: Cell
    other_asset: AssetRef
    trip: Annotated[
        int, Field(ge=1, lt=2**31, description="Counts how often the thing went from one of the two to the other")
    ]
    grade: Annotated[IdentityGrade, Field(description="What its identity rests on")] = IdentityGrade.REPORTED


class LinkArrived(_Link):
    """What another cell had before is reported here."""

    act: Literal["link.arrived"] = "link.arrived"


class LinkDeparted(_Link):
    """It is reported here no longer, and has arrived in another cell."""

    act: Literal["link.departed"] = "link.departed"
    ref: Annotated[EventRef, Field(description="The other cell's `arrived`")]


class LinkLinked(_Link):
    """The cell that it came from has let it go: both books tell of one thing."""

    act: Literal["link.linked"] = "link.linked"
    ref: Annotated[EventRef, Field(description="The other cell's `departed`")]


class LinkDisputed(_Link):
    """Both cells report it at once. Nothing is closed by that."""

    act: Literal["link.disputed"] = "link.disputed"
    ref: Annotated[EventRef, Field(description="The `arrived` that is not believed")]


class OperatorPut(Act):
    """An operator: the legal entity whose cells are its own to see. On `acts.common` only."""

    act: Literal["operator.put"] = "operator.put"
    operator: Operator
    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(names.words)]
    country: Country | None = None


class CellPut(Act):
    """A cell, whose it is, and whether it is simulated. On `acts.common` only; first word stands.

    Refused where the cell is another operator's, or has facts and is simulated otherwise.
    """

    act: Literal["cell.put"] = "cell.put"
    cell: Book
    operator: Operator
    simulated: bool = False


CellAct = (
    SitePut
    | PlacePut
    | SurveyPut
    | SurveyRemove
    | SourceEnrol
    | SourceRetire
    | AssetMerge
    | AssetPart
    | AssetUndo
    | IdentifierShare
    | WorkAct
    | PartitionJoin
    | PartitionSuspend
    | PartitionResume
    | GoOn
    | DeadLetterRetry
    | LinkArrived
    | LinkDeparted
    | LinkLinked
    | LinkDisputed
    | StatusAct
    | GrantAct
    | FindingAct
    | RetentionAct
)
LinkAct = LinkArrived | LinkDeparted | LinkLinked | LinkDisputed
CommonAct = OperatorPut | CellPut
AnyAct = Annotated[CellAct | CommonAct, Field(discriminator="act")]

ACT: TypeAdapter[CellAct | CommonAct] = TypeAdapter(AnyAct)
LINK: TypeAdapter[LinkAct] = TypeAdapter(Annotated[LinkAct, Field(discriminator="act")])


def parse(body: bytes) -> CellAct | CommonAct:
    """Read an act's body. Pure.

    Raises `Rejected`: `bad_act` names the member and what is wrong; `too_large`, and what strict JSON is not.
    """
    if len(body) > MAX_ACT_BYTES:
        raise Rejected("too_large", f"an act may have {MAX_ACT_BYTES} bytes; this one has {len(body)}: split it")
    return of(strict_json.load(body))


def of(members: object) -> CellAct | CommonAct:
    """Make an act of what JSON says. Pure. Raises `Rejected`: `bad_act` names the member and what is wrong."""
    try:
        return ACT.validate_python(members)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "act"
        raise Rejected("bad_act", f"{where}: {first['msg']}") from exc


def body(act: CellAct | CommonAct) -> bytes:
    """Write an act's body."""
    return act.model_dump_json(exclude_none=True).encode()
