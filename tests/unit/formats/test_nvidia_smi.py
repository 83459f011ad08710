"""nvidia-smi: what is decided about it, each decision in one test."""

import json

import pytest

from schemas import formats
from schemas.formats import nvidia_smi, redfish_tree
from schemas.inventory import Identifier
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


def test_rule_8_racks_are_numbered_in_no_order_of_the_gpus() -> None:
    gpus = [gpu(f"{n}:6:0.0", platform(serial)) for n, serial in enumerate(("1820000000002", "1820000000001"))]
    one, other = (decoded(smi(*listed), nvidia_smi.TYPE).inventory for listed in (gpus, gpus[::-1]))
    assert one == other


@pytest.mark.parametrize(
    "unread", [platform("N/A"), platform("N/A", "N/A", "N/A"), platform(slot="N/A", host="N/A"), ""]
)
def test_a_gpu_whose_platform_is_not_whole_stands_with_the_others_of_its_node(unread: str) -> None:
    gpus = [gpu("8:6:0.0", unread), gpu("9:6:0.0", platform()), gpu("18:6:0.0", platform())]
    for listed in (gpus, gpus[::-1]):
        found = decoded(smi(*listed), nvidia_smi.TYPE).inventory.items
        assert [item.slot for item in found if item.kind is not Kind.GPU] == ["rack", "slot/25/host/1"]
        assert {item.within for item in found if item.kind is Kind.GPU} == {"slot/25/host/1"}


def test_a_gpu_that_says_something_else_than_the_others_stands_apart() -> None:
    found = decoded(smi(gpu("8:6:0.0", platform("N/A", "21")), gpu("9:6:0.0", platform())), nvidia_smi.TYPE)
    assert {item.slot: item.within for item in found.inventory.items} == {
        "pci/0008:06:00.0": "slot/21/host/1",
        "pci/0009:06:00.0": "slot/25/host/1",
        "rack": None,
        "slot/21/host/1": None,
        "slot/25/host/1": "rack",
    }


@pytest.mark.parametrize(
    "serial", ["0", "NA", "REDACTED", "1234567890", "0000000000000", "To be filled by O.E.M.", "12"]
)
def test_a_placeholder_is_no_rack(serial: str) -> None:
    found = decoded(smi(gpu("8:6:0.0", platform(serial))), nvidia_smi.TYPE).inventory.items
    assert {item.slot: (item.kind, item.within) for item in found if item.kind is not Kind.GPU} == {
        "slot/25/host/1": (Kind.CHASSIS, None)
    }
    alone = decoded(smi(gpu("8:6:0.0", platform(serial, "N/A", "N/A"))), nvidia_smi.TYPE).inventory.items
    assert [item.kind for item in alone] == [Kind.GPU]


def test_a_tray_is_named_by_its_slot_else_by_its_index() -> None:
    both = platform() + "<tray_index>15</tray_index>"
    index = platform(slot="N/A") + "<tray_index>15</tray_index>"
    trays = [decoded(smi(gpu("8:6:0.0", each)), nvidia_smi.TYPE).inventory.items[-1].slot for each in (both, index)]
    assert trays == ["slot/25/host/1", "tray/15/host/1"]


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
