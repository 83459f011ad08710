"""Formats of others: nvidia-smi, LLDP, Redfish; what is decided about them, each decision in one test."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from schemas import formats
from schemas.errors import Rejected
from schemas.formats import lldp, nvidia_smi, redfish_tree
from schemas.inventory import Identifier, Item
from schemas.report import Message, Report
from schemas.words import Kind, Scheme

V1 = "/redfish/v1"


def decoded(body: bytes, ce_type: str) -> Report:
    found = formats.decode(Message(body), ce_type)
    assert isinstance(found, Report)
    return found


def smi(*gpus: str, attached: int | None = None) -> bytes:
    count = len(gpus) if attached is None else attached
    stamp = "<timestamp>Fri Aug 14 10:16:52 2026</timestamp>"
    return f"<nvidia_smi_log>{stamp}<attached_gpus>{count}</attached_gpus>{''.join(gpus)}</nvidia_smi_log>".encode()


def gpu(address: str = "00000008:06:00.0", platform: str = "", **elements: str) -> str:
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    return f'<gpu id="{address}">{inside}<platformInfo>{platform}</platformInfo></gpu>'


def platform(serial: str = "1820000000001", slot: str = "25", host: str = "1") -> str:
    stated = {"chassis_serial_number": serial, "slot_number": slot, "host_id": host}
    return "".join(f"<{name}>{text}</{name}>" for name, text in stated.items())


def test_a_gpu_has_its_pci_address_for_a_slot() -> None:
    found = decoded(smi(gpu("0000:0A:00.0"), gpu("00000018:06:00.0")), nvidia_smi.TYPE)
    assert [item.slot for item in found.inventory.items] == ["pci/0000:0a:00.0", "pci/0018:06:00.0"]
    assert found.inventory.complete_for == {Kind.GPU}


def test_the_tools_words_for_nothing_are_no_identifiers() -> None:
    words = {"uuid": "N/A", "serial": "[N/A]", "gpu_part_number": "Requested functionality has been deprecated"}
    (item,) = decoded(smi(gpu(**words)), nvidia_smi.TYPE).inventory.items
    assert item.identifiers == ()
    assert item.facts == (("manufacturer", "NVIDIA"),)


def test_a_serial_is_scoped_by_the_gpus_part_number_else_the_boards() -> None:
    both = gpu("0:1:0.0", serial="165", gpu_part_number="31C2-893-A1", board_part_number="900-2G548-0081-000")
    board = gpu("0:2:0.0", serial="166", gpu_part_number="N/A", board_part_number="900-2G548-0081-000")
    one, other = decoded(smi(both, board), nvidia_smi.TYPE).inventory.items
    assert one.identifiers == (Identifier(Scheme.SERIAL, "NVIDIA/31C2-893-A1", "165"),)
    assert other.identifiers == (Identifier(Scheme.SERIAL, "NVIDIA/900-2G548-0081-000", "166"),)


def test_a_tray_stands_in_a_slot_of_its_rack() -> None:
    gpus = smi(gpu("8:6:0.0", platform()), gpu("9:6:0.0", platform()))
    found = {item.slot: item for item in decoded(gpus, nvidia_smi.TYPE).inventory.items}
    assert found["rack"].kind is Kind.RACK
    assert found["rack"].identifiers == (Identifier(Scheme.SERIAL, "NVIDIA", "1820000000001"),)
    assert (found["slot/25/host/1"].kind, found["slot/25/host/1"].within) == (Kind.CHASSIS, "rack")
    assert {item.within for item in found.values() if item.kind is Kind.GPU} == {"slot/25/host/1"}


def test_a_chassis_serial_without_a_slot_is_the_chassis_of_the_gpus() -> None:
    found = decoded(smi(gpu("8:6:0.0", platform(slot="N/A", host="N/A"))), nvidia_smi.TYPE).inventory.items
    assert [(item.slot, item.kind, item.within) for item in found] == [
        ("chassis", Kind.CHASSIS, None),
        ("pci/0008:06:00.0", Kind.GPU, "chassis"),
    ]


def test_gpus_that_name_several_racks_stand_in_several() -> None:
    found = decoded(smi(gpu("8:6:0.0", platform()), gpu("9:6:0.0", platform("1820000000002"))), nvidia_smi.TYPE)
    assert [item.slot for item in found.inventory.items if item.kind is Kind.RACK] == ["rack", "rack#2"]


def test_no_platform_is_no_container() -> None:
    (item,) = decoded(smi(gpu("8:6:0.0", platform("N/A", "N/A", "N/A"))), nvidia_smi.TYPE).inventory.items
    assert item.within is None


def test_a_gpu_that_is_lost_is_left_out_and_nothing_is_complete() -> None:
    lost = gpu("9:6:0.0", uuid="GPU is lost", serial="GPU is lost")
    found = decoded(smi(gpu(uuid="GPU-1"), lost), nvidia_smi.TYPE).inventory
    assert [item.slot for item in found.items] == ["pci/0008:06:00.0"]
    assert not found.complete_for


def test_fewer_gpus_than_are_attached_are_not_complete() -> None:
    assert not decoded(smi(gpu(), attached=8), nvidia_smi.TYPE).inventory.complete_for


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("Fri Aug 14 10:16:52 2026", None),
        ("2026-08-14T10:16:52", None),
        ("2026-08-14T10:16:52Z", 1_786_702_612_000),
        ("2026-08-14T18:16:52+08:00", 1_786_702_612_000),
        ("0000-00-00T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", 0),
        ("2100-01-01T00:00:00Z", 4_102_444_800_000),
    ],
)
def test_a_time_without_a_zone_is_none(stamp: str, at: int | None) -> None:
    body = smi(gpu()).replace(b"Fri Aug 14 10:16:52 2026", stamp.encode())
    assert nvidia_smi.event_time(body) == at
    manager = {f"{V1}/Managers/1": {"@odata.type": "#Manager.v1_1_0.Manager", "DateTime": stamp}}
    assert redfish_tree.event_time(json.dumps(manager).encode()) == at


def neighbour(port: dict[str, str], *abilities: str) -> dict[str, Any]:
    capability = [{"type": one, "enabled": True} for one in abilities]
    return {
        "chassis": {"node-7": {"id": {"type": "mac", "value": "7c:c2:55:90:51:00"}, "capability": capability}},
        "port": {"id": port},
    }


def seen(neighbours: object) -> tuple[Item, ...]:
    return decoded(json.dumps({"lldp": {"interface": neighbours}}).encode(), lldp.TYPE).inventory.items


def test_a_port_id_that_is_a_mac_is_the_neighbours_card() -> None:
    (item,) = seen({"swp7": neighbour({"type": "mac", "value": "7c:c2:55:90:51:3a"}, "Station")})
    assert (item.slot, item.kind) == ("port/swp7", Kind.NIC)
    assert item.identifiers == (Identifier(Scheme.MAC, "", "7c:c2:55:90:51:3a"),)


def test_a_chassis_id_names_a_box_and_no_card() -> None:
    switch, host = seen(
        [
            {"swp1": neighbour({"type": "ifname", "value": "swp7"}, "Bridge", "Router")},
            {"swp2": neighbour({"type": "ifname", "value": "eth0"}, "Station")},
        ]
    )
    assert (switch.kind, host.kind) == (Kind.SWITCH, Kind.CHASSIS)


def test_two_neighbours_at_one_port_are_both_kept() -> None:
    port = neighbour({"type": "mac", "value": "7c:c2:55:90:51:3a"})
    assert [item.slot for item in seen([{"swp7": port}, {"swp7": port}])] == ["port/swp7", "port/swp7#2"]


def test_json0_lists_everything_and_keyvalue_nothing() -> None:
    json0 = {
        "lldp": [
            {
                "interface": [
                    {
                        "name": "swp7",
                        "chassis": [{"id": [{"type": "mac", "value": "7c:c2:55:90:51:00"}]}],
                        "port": [{"id": [{"type": "mac", "value": "7c:c2:55:90:51:3a"}]}],
                    }
                ]
            }
        ]
    }
    keyvalue = b"lldp.swp7.via=LLDP\nlldp.swp7.chassis.mac=7c:c2:55:90:51:00\nlldp.swp7.port.mac=7c:c2:55:90:51:3a\n"
    one = decoded(json.dumps(json0).encode(), lldp.TYPE)
    assert one == decoded(keyvalue, lldp.TYPE)
    assert formats.detect(keyvalue) is formats.detect(json.dumps(json0).encode()) is lldp.FORMAT


def ref(path: str) -> dict[str, str]:
    return {"@odata.id": V1 + path}


def tree(resources: Mapping[str, Mapping[str, object]]) -> dict[str, Any]:
    return {V1 + path: {"@odata.id": V1 + path, **resource} for path, resource in resources.items()}


def things(resources: object) -> dict[str, Item]:
    return {item.slot: item for item in decoded(json.dumps(resources).encode(), redfish_tree.TYPE).inventory.items}


BOX = {"Name": "Computer System Chassis"}
SYSTEM = {"UUID": "38947555-7742-3448-3784-823347823834", "SerialNumber": "437XR1138R2", "Manufacturer": "Contoso"}


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


def test_the_systems_serial_goes_before_the_boxs_unless_only_the_boxs_has_a_digit() -> None:
    box = {"SerialNumber": "HA258S046822", "Links": {"ComputerSystems": [ref("/Systems/1")]}}
    for serial, chosen in (("S9645", "S9645"), ("To be filled by O.E.M.", "HA258S046822"), (" ", "HA258S046822")):
        (item,) = things(tree({"/Chassis/1": box, "/Systems/1": {**SYSTEM, "SerialNumber": serial}})).values()
        stated = {known.scheme: known.value for known in item.identifiers}
        assert stated == {Scheme.SERIAL: chosen, Scheme.SYSTEM_UUID: SYSTEM["UUID"]}


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
