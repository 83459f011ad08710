"""The columns that a model makes as a table, and its values in them. Pure.

A column is what the JSON Schema of a member says. What is neither text, a number, a moment nor true or false stands in
its column as JSON.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel


class Holds(Enum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"  # numbers, 64 bits
    FLAG = "flag"
    MOMENT = "moment"  # RFC 3339 with a zone; milliseconds
    JSON = "json"


class Column(NamedTuple):
    """A column by name."""

    name: str
    holds: Holds


_TYPES = {"integer": Holds.WHOLE, "boolean": Holds.FLAG, "string": Holds.TEXT}


@cache
def columns(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> tuple[Column, ...]:
    """Give the columns of a model in its order, as it is read (`validation`) or written."""
    schema = model.model_json_schema(mode=mode, by_alias=True)
    return tuple(Column(name, _holds(said, schema)) for name, said in schema["properties"].items())


def _holds(said: Mapping[str, Any], schema: Mapping[str, Any]) -> Holds:
    while "$ref" in said:
        said = schema["$defs"][said["$ref"].rpartition("/")[2]]
    if "anyOf" in said:
        found = {_holds(each, schema) for each in said["anyOf"] if each.get("type") != "null"}
        return found.pop() if len(found) == 1 else Holds.JSON
    if said.get("format") == "date-time":
        return Holds.MOMENT
    return _TYPES.get(str(said.get("type", "string" if "const" in said else "")), Holds.JSON)
