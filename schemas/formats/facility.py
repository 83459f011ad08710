"""What the building sees: neighbours at switch ports, loads on power outlets.

Where such a slot is comes from a survey, never from the report. What a meter reads changes by itself: it may be
sent along (`readings`) and is not kept.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from schemas.errors import Rejected
from schemas.formats import _json, _models
from schemas.inventory import MAX_ITEMS, Item, inventory
from schemas.report import Format, Message, Report
from schemas.words import Kind, SourceClass

TYPE = "io.holdfast.facility.v1"
SCHEMA_FILE = "facility.schema.json"


class ObservationIn(_models.Shape):
    """What is seen in one slot of the facility. Where a meter sees a load and no more, `sees` is left out."""

    slot: Annotated[_models.Name, Field(description="Slot of the facility: port/Ethernet1/7, outlet/A12")]
    sees: Annotated[_models.Thing | None, Field(description="The neighbour at the port, the load on the outlet")] = None
    reads: Annotated[Literal["power"] | None, Field(description="Something draws power here")] = None
    readings: Annotated[dict[str, JsonValue] | None, Field(description="Not kept: it changes by itself")] = None

    def item(self) -> Item:
        """Give the item: what draws power from an outlet does so through a power supply, if nothing else is said."""
        if self.sees is not None:
            return self.sees.item(self.slot)
        if self.reads == "power":
            return Item(self.slot, Kind.PSU)
        raise Rejected("not_a_report", f"the observation in slot {self.slot!r} says neither what it sees nor reads")


class FacilityIn(_models.Shape):
    """All slots of one scope in which something is seen."""

    scope: Annotated[_models.Name, Field(description="What the source looks at: ports, power, …")]
    complete_for: Annotated[
        tuple[Kind, ...], Field(description="Kinds of which everything in scope is listed: what is not is missing")
    ] = ()
    observations: Annotated[tuple[ObservationIn, ...], Field(min_length=1, json_schema_extra={"maxItems": MAX_ITEMS})]


def decode(message: Message) -> Report:
    """Read a facility report. Pure. Raises `Rejected`."""
    body = _json.load_object(message.value)
    if body.get("observations") == []:
        inventory(())
    stated = _models.read(FacilityIn, body)
    return Report(stated.scope, inventory((seen.item() for seen in stated.observations), stated.complete_for))


def detect(body: bytes) -> bool:
    """Whether bytes look like our own facility report."""
    value = _json.peek(body)
    return isinstance(value, dict) and "scope" in value and isinstance(value.get("observations"), list)


def schema() -> dict[str, Any]:
    """Give the published JSON Schema."""
    return _models.schema(FacilityIn, "Holdfast facility report", "Body of a Kafka record with ce_type " + TYPE)


FORMAT = Format(
    type=TYPE,
    title="Holdfast facility report (LLDP neighbours, rack power)",
    content_types=("application/json",),
    source_class=SourceClass.FACILITY,
    interval_s=300,
    decode=decode,
    detect=detect,
)
