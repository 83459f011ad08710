"""Our own heartbeat: nothing changed since the report with this digest (SEMANTICS rule 11)."""

from typing import Annotated, Any

from pydantic import Field, StrictStr

from schemas.formats import _json, _models
from schemas.report import Format, Heartbeat, Message
from schemas.words import SourceClass

TYPE = "io.holdfast.heartbeat.v1"
SCHEMA_FILE = "heartbeat.schema.json"


class HeartbeatIn(_models.Shape):
    """The digest of the inventory that the source stated last for this scope."""

    scope: Annotated[_models.Name, Field(description="The scope of the report that this stands for")]
    digest: Annotated[
        StrictStr,
        Field(pattern="^[0-9a-fA-F]{64}$", description="SHA-256 of the inventory's RFC 8785 form, hexadecimal"),
    ]


def decode(message: Message) -> Heartbeat:
    """Read a heartbeat. Pure. Raises `Rejected`."""
    stated = _models.read(HeartbeatIn, _json.load_object(message.value))
    return Heartbeat(stated.scope, bytes.fromhex(stated.digest))


def detect(body: bytes) -> bool:
    """Whether bytes look like our own heartbeat."""
    value = _json.peek(body)
    return isinstance(value, dict) and value.keys() == {"scope", "digest"}


def schema() -> dict[str, Any]:
    """Give the published JSON Schema."""
    return _models.schema(HeartbeatIn, "Holdfast heartbeat", "Body of a Kafka record with ce_type " + TYPE)


FORMAT = Format(
    type=TYPE,
    title="Holdfast heartbeat",
    content_types=("application/json",),
    source_class=SourceClass.IN_BAND,
    interval_s=300,
    decode=decode,
    detect=detect,
)
