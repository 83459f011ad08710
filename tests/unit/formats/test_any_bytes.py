"""Whatever the bytes: an observation, or a refusal with a code; never anything else, and never slowly."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import formats
from schemas.errors import Rejected
from schemas.report import Format, Heartbeat, Message, Observation, Report

WITHIN = timedelta(seconds=1)
KNOWN = pytest.mark.parametrize("known", formats.FORMATS, ids=lambda known: known.type)

# Words that the formats look for, so that what is drawn gets past the first check.
WORDS = st.sampled_from(
    [
        *(
            "scope",
            "items",
            "slot",
            "kind",
            "within",
            "identifiers",
            "scheme",
            "value",
            "place",
            "facts",
            "complete_for",
        ),
        *("observations", "sees", "reads", "readings", "digest", "lldp", "interface", "chassis", "port", "id", "name"),
        *("type", "mac", "capability", "enabled", "@odata.id", "@odata.type", "Members", "Links", "Contains"),
        *("ContainedBy", "ComputerSystems", "ChassisType", "Status", "State", "Location", "PartLocation"),
        *("/redfish/v1/Chassis/1", "/redfish/v1/Systems/1", "/redfish/v1/Systems/1/Processors/1", "Absent", "Zone"),
        *("#Chassis.v1_1_0.Chassis", "#Processor.v1_1_0.Processor", "#Drive.v1_1_0.Drive", "ProcessorType", "GPU"),
        *("SerialNumber", "UUID", "HeightMm", "gpu", "serial", "power", "node", "ab" * 32, "Placement", "Rack", "Row"),
    ]
)
TEXTS = st.text(max_size=12) | WORDS
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=8), max_leaves=40
)
XML = st.recursive(
    TEXTS.map(lambda text: text.replace("<", "")),
    lambda inner: st.tuples(
        st.sampled_from(["nvidia_smi_log", "gpu", "uuid", "platformInfo", "slot_number", "attached_gpus"]),
        st.sampled_from(["", ' id="0:1:2.3"', ' id="x"']),
        st.lists(inner, max_size=4).map("".join),
    ).map(lambda parts: f"<{parts[0]}{parts[1]}>{parts[2]}</{parts[0]}>"),
    max_leaves=12,
)


def holds(known: Format, body: bytes) -> None:
    known.detect(body)
    at, source = known.event_time(body), known.source(body)
    assert at is None or isinstance(at, int)
    assert source is None or source.strip() == source != ""
    try:
        found = known.decode(Message(body))
    except Rejected as exc:
        code = exc.code
    else:
        code = ""
        made(found)
    assert code.isidentifier() or not code


def made(found: Observation) -> None:
    if isinstance(found, Heartbeat):
        assert len(found.digest) == 32
        return
    assert isinstance(found, Report)
    assert len(found.inventory.digest()) == 32
    assert found.inventory.items


@KNOWN
@settings(deadline=WITHIN, max_examples=150)
@given(body=st.binary(max_size=400))
def test_any_bytes(known: Format, body: bytes) -> None:
    holds(known, body)


@KNOWN
@settings(deadline=WITHIN, max_examples=200)
@given(value=VALUES)
def test_any_json(known: Format, value: object) -> None:
    holds(known, json.dumps(value).encode())


@settings(deadline=WITHIN, max_examples=200)
@given(text=XML)
def test_any_xml(text: str) -> None:
    for known in formats.FORMATS:
        holds(known, f"<nvidia_smi_log>{text}</nvidia_smi_log>".encode("utf-8", "surrogatepass"))


@settings(deadline=WITHIN, max_examples=200)
@given(
    resources=st.dictionaries(
        st.sampled_from([f"/redfish/v1/{top}/{n}" for top in ("Chassis", "Systems", "Managers") for n in range(4)]),
        st.fixed_dictionaries(
            {},
            optional={
                "ChassisType": st.sampled_from(["Rack", "Zone", "Module", "Row", "Shelf", 7, None]),
                "SerialNumber": LEAVES,
                "ProcessorType": st.sampled_from(["GPU", "CPU", "FPGA"]),
                "HeightMm": LEAVES,
                "Location": VALUES,
                "Links": st.dictionaries(
                    st.sampled_from(["ContainedBy", "Contains", "ComputerSystems", "Chassis", "ManagerForChassis"]),
                    st.lists(
                        st.builds(
                            lambda top, n: {"@odata.id": f"/redfish/v1/{top}/{n}"},
                            st.sampled_from(["Chassis", "Systems"]),
                            st.integers(0, 4),
                        ),
                        max_size=3,
                    ),
                ),
            },
        ),
        min_size=1,
    )
)
def test_any_tree(resources: dict[str, Any]) -> None:
    holds(formats.by_type("io.holdfast.redfish.tree.v1"), json.dumps(resources).encode())
