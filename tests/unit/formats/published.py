"""The published schemas as the models give them; `python -m tests.unit.formats.published` writes them."""

import json
from typing import Any

from schemas.acts import ACT
from schemas.envelope import ACT_TYPE
from schemas.formats import facility, holdfast_heartbeat, holdfast_report
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "schemas" / "published"


def schemas() -> dict[str, dict[str, Any]]:
    """Give each file's schema."""
    acts = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ACT.json_schema(),
        "title": "Holdfast act",
        "description": f"Body of a Kafka record with ce_type {ACT_TYPE}",
    }
    ours = {module.SCHEMA_FILE: module.schema() for module in (facility, holdfast_heartbeat, holdfast_report)}
    return {**ours, "acts.schema.json": acts}


def written(schema: dict[str, Any]) -> str:
    """Give the text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in schemas().items():
        (FOLDER / name).write_text(written(schema), encoding="utf-8")
