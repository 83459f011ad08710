"""What answers and pages of the API's reading routes have in common, examples included. No I/O."""

from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, JsonValue

from schemas.acting import Cell
from schemas.answers import At

AT = "2025-06-01T00:00:00.000Z"


class Answered(BaseModel):
    """What every answer is: immutable."""

    model_config = ConfigDict(frozen=True)


Shown = TypeVar("Shown", bound=Answered)


def example(**members: JsonValue) -> ConfigDict:
    """Configure a frozen model with one example."""
    return ConfigDict(frozen=True, json_schema_extra={"examples": [members]})


def _page_example(schema: dict[str, Any], page: type[BaseModel]) -> None:
    """Let the example of a page hold the example of what is on it."""
    (shown,) = get_args(page.model_fields["items"].annotation)
    items = shown.model_config["json_schema_extra"]["examples"]
    schema["examples"] = [
        {"cell": "kul-1", "simulated": True, "known_at": AT, "as_of": None, "items": items, "next": None}
    ]


class Page(Answered, Generic[Shown]):
    """A page in a stable order. `next` is the cursor of the following page; null on the last."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_page_example)

    cell: Cell
    simulated: bool
    known_at: At
    as_of: At | None = None
    items: list[Shown]
    next: str | None = None
