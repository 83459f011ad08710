"""Our own report: everything that one source sees of one scope."""

from typing import Annotated, Any

from pydantic import Field

from schemas.formats import _json, _models
from schemas.inventory import MAX_ITEMS, inventory
from schemas.report import Format, Message, Report
from schemas.words import Kind, SourceClass

TYPE = "io.holdfast.report.v1"
SCHEMA_FILE = "report.schema.json"


class ItemIn(_models.Thing):
    """One component in one slot."""

    slot: Annotated[_models.Name, Field(description="Physical: a PCI slot, a bay; never a /dev name")]
    within: Annotated[_models.Name | None, Field(description="Slot of the container in this report")] = None
    place: Annotated[_models.Name | None, Field(description="Name of a place, as somebody typed it")] = None


class ReportIn(_models.Shape):
    """A full inventory of one scope. Times and sequence are headers: an unchanged report has the same bytes."""

    scope: Annotated[_models.Name, Field(description="What the source reports on: node, redfish, ports, …")]
    complete_for: Annotated[
        tuple[Kind, ...], Field(description="Kinds of which everything in scope is listed: what is not is missing")
    ] = ()
    items: Annotated[tuple[ItemIn, ...], Field(min_length=1, json_schema_extra={"maxItems": MAX_ITEMS})]


def decode(message: Message) -> Report:
    """Read a report. Pure. Raises `Rejected`."""
    body = _json.load_object(message.value)
    if body.get("items") == []:
        inventory(())
    stated = _models.read(ReportIn, body)
    items = (item.item(item.slot, item.within, item.place) for item in stated.items)
    return Report(stated.scope, inventory(items, stated.complete_for))


def detect(body: bytes) -> bool:
    """Whether bytes look like our own report."""
    value = _json.peek(body)
    return isinstance(value, dict) and "scope" in value and isinstance(value.get("items"), list)


def schema() -> dict[str, Any]:
    """Give the published JSON Schema."""
    return _models.schema(ReportIn, "Holdfast report", "Body of a Kafka record with ce_type " + TYPE)


FORMAT = Format(
    type=TYPE,
    title="Holdfast report",
    content_types=("application/json",),
    source_class=SourceClass.IN_BAND,
    interval_s=300,
    decode=decode,
    detect=detect,
)
