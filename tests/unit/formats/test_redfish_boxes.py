"""Redfish: which chassis and systems are things, and what stands in what; each decision in one test."""

from typing import TYPE_CHECKING, Any

import pytest

from schemas.inventory import Identifier, Item
from schemas.words import Kind, Scheme
from tests.unit.facts.test_identity import Seen
from tests.unit.formats.trees import SYSTEM, ref, things, tree

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("chassis", "kind"),
    [
        ({"ChassisType": "Rack", "HeightMm": 2236}, Kind.RACK),
        ({"ChassisType": "Rack", "HeightMm": 2236, "Links": {"ComputerSystems": [ref("/Systems/1")]}}, Kind.RACK),
        ({"ChassisType": "Rack"}, Kind.RACK),
        ({"ChassisType": "Rack", "HeightMm": 87}, Kind.CHASSIS),
        ({"ChassisType": "Rack", "Links": {"ComputerSystems": [ref("/Systems/1")]}}, Kind.CHASSIS),
        ({"ChassisType": "Rack", "HeightMm": 0, "Links": {"Drives": [ref("/Chassis/1/Drives/1")]}}, Kind.CHASSIS),
        ({"ChassisType": "RackMount", "HeightMm": 2236}, Kind.CHASSIS),
        ({"ChassisType": "Module"}, Kind.BOARD),
        ({"ChassisType": "Zone"}, Kind.BOARD),
        ({"Name": "x"}, Kind.CHASSIS),
        ({"ChassisType": "RackMount", "Id": "PowerShelf_0", "PowerSubsystem": ref("/x")}, Kind.POWER_SHELF),
        ({"ChassisType": "RackMount", "Id": "PowerShelf_0"}, Kind.CHASSIS),
    ],
)
def test_what_a_chassis_is_goes_by_more_than_its_type(chassis: dict[str, Any], kind: Kind) -> None:
    (item,) = things(tree({"/Chassis/1": chassis})).values()
    assert item.kind is kind


@pytest.mark.parametrize(
    "stated", [{"ChassisType": "Row"}, {"ChassisType": "Component", "Model": "18x1RU CBL Cartridge"}]
)
def test_groups_and_cable_cartridges_are_no_things(stated: dict[str, Any]) -> None:
    inside = {"ChassisType": "Sled", "Links": {"ContainedBy": ref("/Chassis/1")}}
    outer = {"ChassisType": "Enclosure", "Links": {"Contains": [ref("/Chassis/1")]}}
    found = things(tree({"/Chassis/1": stated, "/Chassis/2": inside, "/Chassis/3": outer}))
    assert found.keys() == {"chassis/Chassis/2", "chassis/Chassis/3"}
    assert found["chassis/Chassis/2"].within == "chassis/Chassis/3"


def test_the_systems_serial_goes_before_the_boxs_unless_it_is_a_placeholder() -> None:
    box = {"SerialNumber": "HA258S046822", "Links": {"ComputerSystems": [ref("/Systems/1")]}}
    placeholders = ("To be filled by O.E.M.", "0123456789", "00000000", " ", "A1")
    for serial, chosen in (("S9645", "S9645"), *((text, "HA258S046822") for text in placeholders)):
        (item,) = things(tree({"/Chassis/1": box, "/Systems/1": {**SYSTEM, "SerialNumber": serial}})).values()
        stated = {known.scheme: known.value for known in item.identifiers}
        assert stated == {Scheme.SERIAL: chosen, Scheme.SYSTEM_UUID: SYSTEM["UUID"]}


def test_a_serial_that_the_system_only_repeats_is_its_modules() -> None:
    stated = {"SerialNumber": "165", "Manufacturer": "NVIDIA", "PartNumber": "699-2G548"}
    zone = {"ChassisType": "Zone", "SerialNumber": "N/A", "Links": {"ComputerSystems": [ref("/Systems/1")]}}
    module = {"ChassisType": "Module", "Links": {"ContainedBy": ref("/Chassis/Z")}, **stated}
    found = things(tree({"/Chassis/Z": zone, "/Chassis/M": module, "/Systems/1": stated}))
    assert [known.value for known in found["board/Chassis/Z"].identifiers] == ["N/A"]
    assert [known.value for known in found["board/Chassis/M"].identifiers] == ["165"]


def test_several_systems_of_one_box_are_boards_in_it() -> None:
    box = {"Links": {"ComputerSystems": [ref("/Systems/1"), ref("/Systems/2")]}}
    found = things(tree({"/Chassis/1": box, "/Systems/1": SYSTEM, "/Systems/2": SYSTEM}))
    assert {(item.kind, item.within) for item in found.values()} == {
        (Kind.CHASSIS, None),
        (Kind.BOARD, "chassis/Chassis/1"),
    }


def test_a_system_without_a_box_is_its_own_and_a_virtual_one_is_no_thing() -> None:
    (item,) = things(tree({"/Systems/1": SYSTEM, "/Systems/2": {**SYSTEM, "SystemType": "Virtual"}})).values()
    assert (item.slot, item.kind) == ("chassis/Systems/1", Kind.CHASSIS)


def test_a_box_that_names_a_system_holds_its_parts_even_where_the_system_is_missing() -> None:
    box = {"Links": {"ComputerSystems": [ref("/Systems/1")]}}
    cpu = {"ProcessorType": "CPU", "Socket": "Proc 1"}
    found = things(tree({"/Chassis/1": box, "/Systems/1/Processors/1": cpu}))
    assert found["cpu/1/Proc 1"].within == "chassis/Chassis/1"


def test_a_component_that_is_one_processor_is_that_processor() -> None:
    component = {
        "ChassisType": "Component",
        "SerialNumber": "165",
        "Links": {"Processors": [ref("/Systems/1/Processors/G")]},
    }
    module = {"ChassisType": "Module", "Links": {"Contains": [ref("/Chassis/G")]}}
    card = {
        "ProcessorType": "GPU",
        "UUID": "ffd6582a-64de-b17e-ad24-af5a28aed641",
        "Links": {"Chassis": ref("/Chassis/G")},
    }
    trust = {"ChassisType": "Component", "Links": {"ContainedBy": ref("/Chassis/G")}}
    parts = {"/Chassis/G": component, "/Chassis/M": module, "/Chassis/T": trust, "/Systems/1/Processors/G": card}
    found = things(tree(parts))
    assert found.keys() == {"board/Chassis/M", "board/Chassis/T", "gpu/Systems/1/Processors/G"}
    assert found["gpu/Systems/1/Processors/G"].within == "board/Chassis/M"
    assert found["board/Chassis/T"].within == "gpu/Systems/1/Processors/G"


def test_a_dells_service_tag_is_the_boxs_serial_and_its_planars_is_the_boards() -> None:
    stated = {
        "Manufacturer": "Dell Inc.",
        "SKU": "CLFV7M2",
        "SerialNumber": "CNIVC007CV0803",
        "PartNumber": "0CRT1GA05",
    }
    box = {**stated, "Links": {"ComputerSystems": [ref("/Systems/1")]}}
    (item,) = things(tree({"/Chassis/1": box, "/Systems/1": {**SYSTEM, **stated}})).values()
    assert item.identifiers == (
        Identifier(Scheme.BOARD_SERIAL, "Dell Inc./0CRT1GA05", "CNIVC007CV0803"),
        Identifier(Scheme.SERIAL, "Dell Inc.", "CLFV7M2"),
        Identifier(Scheme.SYSTEM_UUID, "", SYSTEM["UUID"]),
    )


@pytest.mark.parametrize(
    "changed", [{"SKU": None}, {"SKU": "210-AKWU/R640"}, {"SKU": "0000000"}, {"Manufacturer": "HPE"}]
)
def test_where_a_sku_is_no_service_tag_the_serial_stays_the_serial(changed: dict[str, object]) -> None:
    stated = {"Manufacturer": "Dell Inc.", "SKU": "CLFV7M2", "SerialNumber": "CNIVC007CV0803", **changed}
    (item,) = things(tree({"/Chassis/1": stated})).values()
    assert {known.scheme: known.value for known in item.identifiers} == {Scheme.SERIAL: "CNIVC007CV0803"}


def test_rule_17_an_agent_and_a_dells_bmc_speak_of_one_chassis_and_one_board() -> None:
    """The firmware's tables give the service tag as serial, and the board's between dots, behind the tag."""
    stated = {
        "Manufacturer": "Dell Inc.",
        "SKU": "CLFV7M2",
        "SerialNumber": "CNIVC007CV0803",
        "PartNumber": "0CRT1GA05",
    }
    (bmc,) = things(tree({"/Systems/1": stated})).values()
    known = (Identifier(Scheme.SERIAL, "Dell Inc.", "CLFV7M2"),)
    board = (Identifier(Scheme.BOARD_SERIAL, "Dell Inc.", ".CLFV7M2.CNIVC007CV0803."),)
    seen = Seen(("agent", [Item("chassis", Kind.CHASSIS, None, (*known, *board))]), ("bmc", [bmc]))
    assert seen.one(("agent", "chassis"), ("bmc", bmc.slot))
    assert seen.one(("agent", "chassis/board"), ("bmc", bmc.slot + "/board"))


@pytest.mark.parametrize("present", [True, False, None])
def test_a_dpus_own_system_changes_nothing_about_the_box(present: bool | None) -> None:
    """It is in the tree, or only linked, or neither: the host occupies its box alone."""
    linked = [ref("/Systems/1")] if present is None else [ref("/Systems/1"), ref("/Systems/Bluefield")]
    resources: dict[str, Mapping[str, object]] = {
        "/Chassis/1": {"SerialNumber": "CH7301", "Links": {"ComputerSystems": linked}},
        "/Systems/1": SYSTEM,
    }
    if present:
        resources["/Systems/Bluefield"] = {"SystemType": "DPU", "SerialNumber": "MT2301X07001"}
    found = things(tree(resources))
    box = found["chassis/Chassis/1"]
    assert {known.value for known in box.identifiers} == {SYSTEM["SerialNumber"], SYSTEM["UUID"]}
    assert [(item.kind, item.within) for item in found.values() if item is not box] == (
        [(Kind.DPU, "chassis/Chassis/1")] if present else []
    )


def test_rule_8_a_hosts_name_is_not_in_the_inventory() -> None:
    one, other = (things(tree({"/Systems/1": {**SYSTEM, "HostName": name}})) for name in ("node-7", "node-8"))
    assert one == other
