"""Redfish: parts, their slots and places, and what a tree is complete for; each decision in one test."""

import json
from collections.abc import Mapping

import pytest

from schemas.errors import Rejected
from schemas.formats import redfish_tree
from schemas.inventory import Identifier
from schemas.words import Kind, Scheme
from tests.unit.formats.trees import BOX, SYSTEM, V1, decoded, ref, things, tree


def test_an_empty_slot_is_no_thing() -> None:
    drive = {"@odata.type": "#Drive.v1_18_0.Drive", "Status": {"State": "Absent"}}
    assert things(tree({"/Chassis/1": BOX, "/Chassis/1/Drives/1": drive})).keys() == {"chassis/Chassis/1"}


def test_labels_that_several_parts_claim_name_none_of_them() -> None:
    label = {"PhysicalLocation": {"PartLocation": {"ServiceLabel": "Bay 1"}}}
    found = things(tree({"/Chassis/1": BOX, "/Chassis/1/Drives/1": label, "/Chassis/1/Drives/2": label}))
    assert found.keys() == {"chassis/Chassis/1", "drive/Chassis/1/Drives/1", "drive/Chassis/1/Drives/2"}
    alone = things(tree({"/Chassis/1": BOX, "/Chassis/1/Drives/1": label}))
    assert "drive/1/Bay 1" in alone


def test_a_drive_has_its_worldwide_names_and_its_bay() -> None:
    names = [
        {"DurableNameFormat": "NAA", "DurableName": "5002538B1065CF30"},
        {"DurableNameFormat": "NQN", "DurableName": "n"},
    ]
    drive = {
        "Identifiers": names,
        "SerialNumber": " S64 ",
        "Manufacturer": "Samsung",
        "CapacityBytes": 7_681_501_126_656,
    }
    item = things(tree({"/Chassis/1": BOX, "/Chassis/1/Drives/1": drive}))["drive/Chassis/1/Drives/1"]
    assert item.identifiers == (
        Identifier(Scheme.SERIAL, "Samsung", "S64"),
        Identifier(Scheme.WWN, "", "5002538B1065CF30"),
    )
    assert ("capacity_bytes", "7681501126656") in item.facts


def test_a_card_has_its_own_macs_and_links_between_host_and_manager_are_none() -> None:
    function = {"@odata.type": "#NetworkDeviceFunction.v1_1_0.NetworkDeviceFunction"}
    function["Ethernet"] = {"PermanentMACAddress": "58:a2:e1:03:96:f2", "MACAddress": "02:00:00:00:00:01"}  # type: ignore[assignment]
    card = {"@odata.type": "#NetworkAdapter.v1_9_0.NetworkAdapter", "SerialNumber": "MT25"}
    same = {"MACAddress": "58-A2-E1-03-96-F2"}
    link = {"MACAddress": "58:a2:e1:03:96:00", "Links": {"HostInterface": ref("/Managers/1/HostInterfaces/1")}}
    box = {"Links": {"ComputerSystems": [ref("/Systems/1")]}}
    found = things(
        tree(
            {
                "/Chassis/1": box,
                "/Systems/1": SYSTEM,
                "/Chassis/1/NetworkAdapters/1": card,
                "/Chassis/1/NetworkAdapters/1/NetworkDeviceFunctions/1": function,
                "/Systems/1/EthernetInterfaces/1": same,
                "/Systems/1/EthernetInterfaces/2": link,
            }
        )
    )
    cards = [item for item in found.values() if item.kind is Kind.NIC]
    assert [known.value for item in cards for known in item.identifiers] == ["58:a2:e1:03:96:f2", "MT25"]


def test_a_power_supply_that_is_listed_in_two_ways_is_one() -> None:
    supply = {"@odata.type": "#PowerSupply.v1_5_0.PowerSupply", "SerialNumber": "P1"}
    old = {
        "@odata.type": "#Power.v1_7_0.Power",
        "PowerSupplies": [{**ref("/Chassis/1/Power#/PowerSupplies/0"), **supply}],
    }
    both: dict[str, Mapping[str, object]] = {
        "/Chassis/1": BOX,
        "/Chassis/1/Power": old,
        "/Chassis/1/PowerSubsystem/PowerSupplies/1": supply,
    }
    assert "psu/Chassis/1/PowerSubsystem/PowerSupplies/1" in things(tree(both))
    assert sum(item.kind is Kind.PSU for item in things(tree(both)).values()) == 1
    del both["/Chassis/1/PowerSubsystem/PowerSupplies/1"]
    assert sum(item.kind is Kind.PSU for item in things(tree(both)).values()) == 1


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (None, None),
        ({"Placement": {"Rack": None, "Row": ""}, "PostalAddress": {"Country": None}}, None),
        ({"Placement": {"RackOffset": 12}}, None),
        ({"Placement": {"Row": "North", "Rack": "WEB43", "RackOffset": 12}}, "North/WEB43/U12"),
        ({"PostalAddress": {"Country": "MY", "City": "KL"}, "Placement": {"Rack": "C07"}}, "MY/KL/C07"),
        ({"Placement": {"Rack": "C\x0007"}}, None),
    ],
)
def test_a_place_is_stated_only_where_something_is(location: object, place: str | None) -> None:
    (item,) = things(tree({"/Chassis/1": {"Location": location}})).values()
    assert item.place == place


def test_containers_in_a_circle_say_nothing() -> None:
    one = {"Links": {"ContainedBy": ref("/Chassis/2")}}
    other = {"Links": {"ContainedBy": ref("/Chassis/1")}}
    own = {"Links": {"ContainedBy": ref("/Chassis/3"), "Contains": [ref("/Chassis/3")]}}
    inside = {"Links": {"ContainedBy": ref("/Chassis/1")}}
    found = things(tree({"/Chassis/1": one, "/Chassis/2": other, "/Chassis/3": own, "/Chassis/4": inside}))
    assert {slot: item.within for slot, item in found.items()} == {
        "chassis/Chassis/1": None,
        "chassis/Chassis/2": None,
        "chassis/Chassis/3": None,
        "chassis/Chassis/4": "chassis/Chassis/1",
    }


def test_a_tree_may_come_in_any_shape() -> None:
    chassis = {**ref("/Chassis/1"), "@odata.type": "#Chassis.v1_1_0.Chassis", "SerialNumber": "C1"}
    collection = {**ref("/Chassis"), "@odata.type": "#ChassisCollection.ChassisCollection", "Members": [chassis]}
    shapes: list[object] = [
        {V1 + "/Chassis/1": chassis},
        {V1 + "/Chassis/1/": {"SerialNumber": "C1"}},
        {V1 + "/Chassis/1/index.json": {"SerialNumber": "C1"}},
        [chassis],
        chassis,
        collection,
        {V1 + "/Chassis": collection},
    ]
    for shape in shapes:
        (item,) = things(shape).values()
        assert item.identifiers[0].value == "C1"


def test_only_whole_collections_are_complete() -> None:
    def complete(**changed: Mapping[str, object] | None) -> frozenset[Kind]:
        resources: dict[str, Mapping[str, object] | None] = {
            "/Systems": {"Members": [ref("/Systems/1")], "Members@odata.count": 1},
            "/Systems/1": {**SYSTEM, "Processors": ref("/Systems/1/Processors")},
            "/Systems/1/Processors": {"Members": [ref("/Systems/1/Processors/G")]},
            "/Systems/1/Processors/G": {"ProcessorType": "GPU", "UUID": "x"},
        }
        kept = {path: resource for path, resource in {**resources, **changed}.items() if resource is not None}
        return decoded(json.dumps(tree(kept)).encode(), redfish_tree.TYPE).inventory.complete_for

    assert complete() == {Kind.GPU, Kind.CPU}
    assert not complete(**{"/Systems": None})
    assert not complete(**{"/Systems/1/Processors": None})
    assert not complete(**{"/Systems/1/Processors/G": None})
    assert not complete(**{"/Systems/1": SYSTEM})
    assert not complete(**{"/Systems": {"Members": [ref("/Systems/1")], "Members@odata.count": 2}})
    assert not complete(**{"/Systems": {"Members": [ref("/Systems/1")], "Members@odata.nextLink": "/x"}})


@pytest.mark.parametrize(
    ("state", "known"),
    [
        ({"PowerState": "On"}, True),
        ({}, True),
        ({"PowerState": "On", "BootProgress": {"LastState": "OSRunning"}}, True),
        ({"PowerState": "Off"}, False),
        ({"PowerState": "PoweringOn"}, False),
        ({"PowerState": "PoweringOff"}, False),
        ({"PowerState": "On", "BootProgress": {"LastState": "PCIResourceConfigStarted"}}, False),
    ],
)
def test_a_system_that_does_not_run_has_no_whole_collections(state: dict[str, object], known: bool) -> None:
    """A BMC lists no processors, cards and drives then: they are not missing."""
    below = {"Processors": ref("/Systems/1/Processors"), "Storage": ref("/Systems/1/Storage")}
    resources: dict[str, Mapping[str, object]] = {
        "/Systems": {"Members": [ref("/Systems/1"), ref("/Systems/2")]},
        "/Systems/1": {**SYSTEM, **below, **state},
        "/Systems/2": {"PowerState": "On"},
        "/Systems/1/Processors": {"Members": []},
        "/Systems/1/Storage": {"Members": []},
        "/Chassis": {"Members": [ref("/Chassis/1")]},
        "/Chassis/1": {**BOX, "PowerSubsystem": ref("/Chassis/1/PowerSubsystem")},
        "/Chassis/1/PowerSubsystem": {"PowerSupplies": ref("/Chassis/1/PowerSubsystem/PowerSupplies")},
        "/Chassis/1/PowerSubsystem/PowerSupplies": {"Members": []},
    }
    complete = decoded(json.dumps(tree(resources)).encode(), redfish_tree.TYPE).inventory.complete_for
    always = {Kind.CHASSIS, Kind.BOARD, Kind.RACK, Kind.POWER_SHELF, Kind.PSU}
    assert complete == always | ({Kind.CPU, Kind.GPU, Kind.DRIVE} if known else set())


def test_a_source_is_named_by_the_service_else_by_a_box() -> None:
    root = tree({"/Systems/1": SYSTEM}) | {V1: {"@odata.id": V1 + "/", "UUID": "92384634"}}
    assert redfish_tree.source(json.dumps(root).encode()) == "redfish/92384634"
    assert redfish_tree.source(json.dumps(tree({"/Systems/1": SYSTEM})).encode()) == "redfish/" + SYSTEM["UUID"]
    assert redfish_tree.source(b"{}") is None


def test_resources_stored_one_by_one_are_gathered_into_one_message() -> None:
    bodies = [json.dumps(resource).encode() for resource in tree({"/Chassis/1": {"SerialNumber": "C1"}}).values()]
    assert redfish_tree.gather(bodies) == redfish_tree.gather([*bodies, b'{"no": "path"}', bodies[0]])
    with pytest.raises(Rejected):
        redfish_tree.gather([b"{"])
