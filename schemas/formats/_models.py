"""The shapes of our own formats as pydantic models: they check messages, and the published schemas come from them."""

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from schemas.errors import Rejected
from schemas.inventory import MAX_NAME, Identifier, Item, check_name, printable
from schemas.words import Kind, Scheme


def _named(text: str) -> str:
    return check_name("name", text)


def _scoped(text: str) -> str:
    if not printable(text):
        raise Rejected("bad_name", f"identifier scope {text[:40]!r} must be printable characters")
    return text


def _facts(stated: dict[str, str | int]) -> dict[str, str | int]:
    for key, value in stated.items():
        if not printable(key) or not printable(str(value)):
            raise Rejected("bad_name", f"fact {key[:40]!r} must be printable characters")
    return stated


Name = Annotated[StrictStr, AfterValidator(_named), Field(json_schema_extra={"minLength": 1, "maxLength": MAX_NAME})]


class Shape(BaseModel):
    """A closed shape: a member that it does not know is an error, so that a slip of the pen is not lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifierIn(Shape):
    """A claim about identity. The value is kept as it is written."""

    scheme: Scheme
    scope: Annotated[
        StrictStr,
        AfterValidator(_scoped),
        Field(max_length=MAX_NAME, description="Within what the value is unique: maker/part number for serials"),
    ] = ""
    value: StrictStr

    def record(self) -> Identifier:
        """Give the record of the inventory."""
        return Identifier(self.scheme, self.scope, self.value)


class Thing(Shape):
    """A component without its slot: what it is, and what it says of its identity."""

    kind: Kind
    identifiers: tuple[IdentifierIn, ...] = ()
    facts: Annotated[
        dict[StrictStr, Annotated[StrictStr, Field(max_length=MAX_NAME)] | StrictInt],
        AfterValidator(_facts),
        Field(description="manufacturer, model, part_number, capacity_bytes; others are not kept"),
    ] = {}

    def item(self, slot: str, within: str | None = None, place: str | None = None) -> Item:
        """Give the item of the inventory that stands in `slot`."""
        facts = tuple((key, str(value)) for key, value in self.facts.items())
        return Item(slot, self.kind, within, tuple(i.record() for i in self.identifiers), place, facts)


M = TypeVar("M", bound=BaseModel)

# What a wrong member is called, where that tells more than "not a report".
_CODES = {"kind": "unknown_kind", "complete_for": "unknown_kind", "scheme": "unknown_scheme"}


def read(model: type[M], value: object) -> M:
    """Check a JSON value against a model.

    Raises `Rejected`: `unknown_kind`, `unknown_scheme`, `bad_name`, or `not_a_report` with the member that is wrong.
    """
    try:
        return model.model_validate(value)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False)[0]
        steps = list(_steps(error["loc"]))
        where = ".".join(steps) or "the body"
        words = error["msg"]
        code = "not_a_report"
        if error["type"] == "enum":
            code = next((_CODES[step] for step in reversed(steps) if step in _CODES), code)
        raise Rejected(code, f"{where[:200]}: {words}") from exc


def _steps(loc: tuple[int | str, ...]) -> Iterator[str]:
    return (repr(step[:40])[1:-1] if isinstance(step, str) else str(step) for step in loc)


def schema(model: type[BaseModel], title: str, description: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a model as it is published."""
    made = model.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": title,
        "description": description,
    }
