"""Captures that are changed a little: another order changes nothing; what is lost or filled in names nothing new."""

import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from defusedxml.ElementTree import fromstring

from schemas import formats
from schemas.errors import Rejected
from schemas.formats import lldp, nvidia_smi, redfish_tree
from schemas.inventory import Inventory
from schemas.placeholders import placeholder
from schemas.report import Message, Report
from service.facts.carriers import carriers
from service.facts.schemes import TABLE, Value
from tests.unit.formats.test_captures import TREES, files, gathered
from tests.unit.formats.test_nvidia_smi import gpu, platform, smi
from tests.unit.formats.trees import SYSTEM, ref, tree

ROUNDS, FEWER = 12, 3
PLACEHOLDERS = ("N/A", "To be filled by O.E.M.", "0000000000", "00000000-0000-0000-0000-000000000000", "Default string")
NAMING = ("serial", "uuid", "mac", "durablename", "sku")  # in names of members that identify

NODE = smi(
    gpu("8:6:0.0", platform(), uuid="GPU-ffd6582a-64de-b17e-ad24-af5a28aed641", serial="1653125034241"),
    gpu("9:6:0.0", platform(), uuid="GPU-fa49ed8c-3b81-945b-9773-835a3ab67e74", serial="1653125034242"),
    gpu("18:6:0.0", platform(), uuid="GPU-0f49ed8c-3b81-945b-9773-835a3ab67e75", serial="1653125034243"),
)
SYSTEMS = ("/Systems/1", "/Systems/B")
GPU = {"ProcessorType": "GPU"}
SERVER = json.dumps(
    tree(
        {
            "/Chassis": {"Members": [ref("/Chassis/1"), ref("/Chassis/2")]},
            "/Chassis/1": {
                "SerialNumber": "CH7301",
                "Links": {"ComputerSystems": [ref("/Systems/1"), ref("/Systems/B")]},
            },
            "/Chassis/2": {"SerialNumber": "CH7302", "Links": {"ContainedBy": ref("/Chassis/1")}},
            "/Systems": {"Members": [ref(at) for at in SYSTEMS]},
            "/Systems/1": {**SYSTEM, "Processors": ref("/Systems/1/Processors")},
            "/Systems/B": {"SystemType": "DPU", "SerialNumber": "MT2301X07001"},
            "/Systems/1/Processors": {"Members": [ref(f"/Systems/1/Processors/{n}") for n in (1, 2, 3)]},
            **{
                f"/Systems/1/Processors/{n}": {
                    "ProcessorType": "GPU",
                    "UUID": f"ffd6582a-64de-b17e-ad24-af5a28aed64{n}",
                }
                for n in (1, 2, 3)
            },
        }
    )
).encode()
NEIGHBOURS = json.dumps(
    {
        "lldp": {
            "interface": [
                {
                    port: {
                        "chassis": {"n": {"id": {"type": "mac", "value": f"7c:c2:55:90:51:0{n}"}}},
                        "port": {"id": {"type": "mac", "value": f"7c:c2:55:90:51:3{n}"}},
                    }
                }
                for n, port in enumerate(("swp7", "swp7", "swp8", "swp7"))
            ]
        }
    }
).encode()
MADE = [(nvidia_smi.TYPE, NODE), (redfish_tree.TYPE, SERVER), (lldp.TYPE, NEIGHBOURS)]


def seeded(rounds: int) -> Iterator[random.Random]:
    return (random.Random(seed) for seed in range(rounds))  # noqa: S311 - repeatable on purpose


def read(ce_type: str, body: bytes) -> Inventory | None:
    try:
        found = formats.decode(Message(body), ce_type)
    except Rejected:
        return None
    assert isinstance(found, Report)
    return found.inventory


def identity(found: Inventory | None) -> set[Value]:
    return set() if found is None else {value for each in carriers(found).carriers for value in each.strong}


def other_order(rng: random.Random, ce_type: str, body: bytes) -> bytes:
    """Give the capture with its elements, members and lists in another order."""
    if ce_type == nvidia_smi.TYPE:
        root = fromstring(body)
        for element in list(root.iter()):
            element[:] = rng.sample(list(element), len(element))
        return ET.tostring(root)
    return json.dumps(_shuffled(rng, json.loads(body))).encode()


def _shuffled(rng: random.Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {name: _shuffled(rng, value[name]) for name in rng.sample(list(value), len(value))}
    if isinstance(value, list):
        return [_shuffled(rng, one) for one in rng.sample(value, len(value))]
    return value


def changed(rng: random.Random, ce_type: str, body: bytes, filler: str | None) -> bytes:
    """Give the capture with some members that identify filled in with a placeholder; without a filler, some dropped."""
    if ce_type == nvidia_smi.TYPE:
        root = fromstring(body)
        for element in list(root.iter()):
            for child in list(element):
                if filler is None and rng.random() < 0.1:
                    element.remove(child)
                elif filler is not None and _names(child.tag) and rng.random() < 0.5:
                    child.text = filler
        return ET.tostring(root)
    return json.dumps(_changed(rng, json.loads(body), filler)).encode()


def _changed(rng: random.Random, value: Any, filler: str | None) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_changed(rng, one, filler) for one in value if filler is not None or rng.random() > 0.1]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, one in value.items():
        if filler is None and rng.random() < 0.1 and not name.startswith(("@", "/")):
            continue
        fill = filler is not None and _names(name) and isinstance(one, str) and rng.random() < 0.5
        out[name] = filler if fill else _changed(rng, one, filler)
    return out


def _names(member: str) -> bool:
    return any(word in member.lower() for word in NAMING)


def captures(folder: Path) -> Iterable[tuple[str, bytes]]:
    yield from (
        (nvidia_smi.TYPE, path.read_bytes())
        for path in files(folder / "nvidia/nvidia-smi-xml")
        if path.suffix == ".xml"
    )
    yield from ((redfish_tree.TYPE, gathered(folder / "redfish" / name)) for name in TREES)
    yield lldp.TYPE, (folder / "nvidia/bare-metal-manager-core/lldp_query.json").read_bytes()


def holds_in_any_order(ce_type: str, body: bytes, rounds: int = ROUNDS) -> None:
    expected = read(ce_type, body)
    assert expected is not None
    for rng in seeded(rounds):
        found = read(ce_type, other_order(rng, ce_type, body))
        assert found is not None
        assert found.document() == expected.document()


def names_nothing_new(ce_type: str, body: bytes, rounds: int = ROUNDS) -> None:
    """What a changed capture names by strong values was stated in the whole one; nothing is named by a placeholder."""
    stated = list(_texts(ce_type, body))
    known = {(scheme, row.form(text)) for scheme, row in TABLE.items() for text in stated}
    for rng in seeded(rounds):
        for filler in (None, *PLACEHOLDERS):
            found = identity(read(ce_type, changed(rng, ce_type, body, filler)))
            assert {(value.scheme, value.value) for value in found} <= known, filler
            assert not any(placeholder(value.value) for value in found)


def _texts(ce_type: str, body: bytes) -> Iterator[str]:
    if ce_type == nvidia_smi.TYPE:
        yield from (element.text or "" for element in fromstring(body).iter())
    else:
        yield from re.findall(r'"([^"]*)"', body.decode())


@pytest.mark.parametrize(("ce_type", "body"), MADE, ids=[ce_type for ce_type, _ in MADE])
def test_rule_8_another_order_has_the_same_digest(ce_type: str, body: bytes) -> None:
    holds_in_any_order(ce_type, body)


@pytest.mark.parametrize(("ce_type", "body"), MADE, ids=[ce_type for ce_type, _ in MADE])
def test_rule_15_what_is_dropped_or_filled_in_gives_no_new_identity(ce_type: str, body: bytes) -> None:
    names_nothing_new(ce_type, body)


def test_rule_8_real_captures_in_another_order_have_the_same_digest(shared_data: Path) -> None:
    for ce_type, body in captures(shared_data):
        holds_in_any_order(ce_type, body, FEWER)


def test_rule_15_real_captures_with_less_or_placeholders_give_no_new_identity(shared_data: Path) -> None:
    for ce_type, body in captures(shared_data):
        names_nothing_new(ce_type, body, FEWER)
