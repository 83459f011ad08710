"""What is published is what the models say, and its examples are valid, read, and named in the AsyncAPI document."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from schemas import acts, formats
from schemas.envelope import ACT_TYPE, BEAT_TYPE
from schemas.report import Heartbeat, Message, Report
from tests.unit.formats.published import FOLDER, schemas, written

EXAMPLES = sorted(path.name for path in (FOLDER / "examples").iterdir())
ASYNCAPI = json.loads((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))  # YAML in its JSON form


def schema_of(example: str) -> str:
    kind = example.partition("-")[0].partition(".")[0]
    return {"act": "acts"}.get(kind, kind) + ".schema.json"


@pytest.mark.parametrize("name", schemas())
def test_schemas_are_those_of_the_models(name: str) -> None:
    schema = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert text == written(schema), "write them again: python -m tests.unit.formats.published"


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_valid_and_read(name: str) -> None:
    body = (FOLDER / "examples" / name).read_bytes()
    schema = json.loads((FOLDER / schema_of(name)).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(body))
    if name.startswith("act-"):
        assert acts.parse(body).key
        return
    found = formats.detect(body)
    assert found is not None
    formats.decode(Message(body), found.type)


def test_the_heartbeat_example_names_the_report_examples_inventory() -> None:
    bodies = [(FOLDER / "examples" / name).read_bytes() for name in ("report.json", "heartbeat.json")]
    report, heartbeat = (
        formats.decode(Message(body), found.type) for body in bodies if (found := formats.detect(body))
    )
    assert isinstance(report, Report)
    assert isinstance(heartbeat, Heartbeat)
    assert heartbeat.digest == report.inventory.digest()


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inside in value.items():
            if name == "$ref":
                yield inside
            else:
                yield from references(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from references(inside)


def found_at(pointer: str) -> dict[str, Any]:
    at: Any = ASYNCAPI
    for step in pointer.removeprefix("#/").split("/"):
        at = at[step]
    assert isinstance(at, dict)
    return at


def test_the_asyncapi_document_has_what_version_3_asks() -> None:
    assert ASYNCAPI["asyncapi"].startswith("3.")
    assert ASYNCAPI["info"].keys() >= {"title", "version"}
    assert {channel["address"] for channel in ASYNCAPI["channels"].values()} == {
        "telemetry.{cell}",
        "acts.{cell}",
        "acts.common",
    }
    for channel in ASYNCAPI["channels"].values():
        assert ("{cell}" in channel["address"]) == ("parameters" in channel)
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = found_at(operation["channel"]["$ref"])
        assert {ref["$ref"].rpartition("/")[2] for ref in operation["messages"]} <= channel["messages"].keys()


def test_every_reference_leads_somewhere() -> None:
    for reference in references(ASYNCAPI):
        if reference.startswith("#/"):
            assert found_at(reference) is not None
        else:
            assert (FOLDER / reference).is_file(), reference


def test_every_type_has_its_message_and_its_examples_are_the_files() -> None:
    types = set()
    for message in ASYNCAPI["components"]["messages"].values():
        types.add(message["headers"]["allOf"][1]["properties"]["ce_type"]["const"])
        for example in message.get("examples", ()):
            assert example["payload"] == json.loads((FOLDER / "examples" / f"{example['name']}.json").read_bytes())
    assert types == {*(known.type for known in formats.FORMATS), BEAT_TYPE, ACT_TYPE}
