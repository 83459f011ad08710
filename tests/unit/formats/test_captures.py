"""Every capture is recognised or refused for a reason; none is a crash, whole or cut off anywhere."""

from pathlib import Path

import pytest

from schemas import formats
from schemas.errors import Rejected
from schemas.formats import lldp, nvidia_smi, redfish_tree
from schemas.inventory import Inventory
from schemas.report import Message, Report
from schemas.words import Kind, Scheme

# Resources of each tree that are JSON, and the kinds that they show.
TREES = {
    "dmtf-public-rackmount1": "chassis cpu nic nic nic psu",
    "gb300-supermicro": "board*17 chassis cpu gpu gpu nic*4",
    "hpe-dl380a-ilo": "chassis*2 cpu*2 gpu*2 nic*3 psu*4",
    "supermicro-x10": "chassis cpu",
    "lambdalabs/gb300_happypath": "chassis*2 cpu gpu*2",
    "lambdalabs/gathergpus_happypath": "chassis*2 cpu gpu",
    "lambdalabs/powershelf_delta": "power_shelf psu*6",
    "lambdalabs/powershelf_none": "chassis",
    "telegraf-dell-hp/dell": "chassis psu",
}


def inventory_of(body: bytes, ce_type: str) -> Inventory:
    found = formats.decode(Message(body), ce_type)
    assert isinstance(found, Report)
    return found.inventory


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def outcome(body: bytes, ce_type: str) -> str:
    try:
        formats.decode(Message(body), ce_type)
    except Rejected as exc:
        return exc.code
    return "read"


def gathered(folder: Path) -> bytes:
    bodies = [path.read_bytes() for path in files(folder)]
    return redfish_tree.gather(body for body in bodies if redfish_tree.detect(body))


def test_every_nvidia_smi_capture_is_read(shared_data: Path) -> None:
    captures = [path for path in files(shared_data / "nvidia" / "nvidia-smi-xml") if path.suffix == ".xml"]
    assert captures
    for path in captures:
        body = path.read_bytes()
        assert formats.detect(body) is nvidia_smi.FORMAT, path
        found = inventory_of(body, nvidia_smi.TYPE)
        gpus = [item for item in found.items if item.kind is Kind.GPU]
        assert gpus, path
        assert found.complete_for == {Kind.GPU}, path
        assert all({known.scheme for known in item.identifiers} >= {Scheme.GPU_UUID, Scheme.SERIAL} for item in gpus)
        assert nvidia_smi.event_time(body) is None, path
        assert (nvidia_smi.source(body) or "").startswith("nvidia-smi/GPU-"), path
        assert any(item.kind is Kind.RACK for item in found.items) == path.name.startswith(("qx-gb200", "qx-gb300")), (
            path
        )


@pytest.mark.parametrize("name", TREES)
def test_every_tree_shows_its_things(shared_data: Path, name: str) -> None:
    found = inventory_of(gathered(shared_data / "redfish" / name), redfish_tree.TYPE)
    expected: list[str] = []
    for word in TREES[name].split():
        kind, _, count = word.partition("*")
        expected += [kind] * int(count or 1)
    assert sorted(item.kind.value for item in found.items) == expected


def test_the_gpus_of_a_tray_stand_on_their_module_in_it(shared_data: Path) -> None:
    found = {
        item.slot: item
        for item in inventory_of(gathered(shared_data / "redfish/gb300-supermicro"), redfish_tree.TYPE).items
    }
    way = ["gpu/HGX_Chassis_0/ProcessorModule_0/GPU_0"]
    while (holder := found[way[-1]].within) is not None:
        way.append(holder)
    assert way[1:] == ["board/HGX_Chassis_0/ProcessorModule_0", "board/Chassis_0/HGX_Chassis_0", "chassis/Chassis_0"]
    values = {known.value for known in found["chassis/Chassis_0"].identifiers}
    assert values == {"$PRODUCT_ASSET_TAG", "S964512X5913271", "5f1cf000-643d-11f0-8000-7cc25590513a"}


def test_a_server_that_calls_itself_a_rack_is_none_and_nulls_are_no_place(shared_data: Path) -> None:
    body = (shared_data / "redfish/extracts/cisco-c240m5-chassis-1.json").read_bytes()
    (item,) = inventory_of(body, redfish_tree.TYPE).items
    assert (item.kind, item.place) == (Kind.CHASSIS, None)


def test_every_lldp_capture_with_neighbours_is_read(shared_data: Path) -> None:
    captures = [
        shared_data / "nvidia/bare-metal-manager-core/lldp_query.json",
        *files(shared_data / "host/netbox-agent/lldp"),
    ]
    outcomes = {path.name: outcome(path.read_bytes(), lldp.TYPE) for path in captures}
    assert outcomes.pop("223.txt") == "not_a_report"  # VLANs of ports, and no neighbour
    assert set(outcomes.values()) == {"read"}
    assert all(formats.detect(path.read_bytes()) is lldp.FORMAT for path in captures)


def test_every_redfish_file_is_read_or_shows_no_thing(shared_data: Path) -> None:
    captures = [path for path in files(shared_data / "redfish") if path.suffix == ".json"]
    seen: dict[str, list[str]] = {}
    for path in captures:
        body = path.read_bytes()
        seen.setdefault(outcome(body, redfish_tree.TYPE), []).append(path.name)
        known = formats.detect(body)
        assert known in (None, redfish_tree.FORMAT), path
    assert seen.keys() <= {"read", "no_items", "not_a_report", "bad_json"}
    assert all("invalid" in name for name in seen["bad_json"])
    assert len(seen["read"]) > 60


def test_no_file_at_all_is_a_crash(shared_data: Path) -> None:
    for path in files(shared_data):
        body = path.read_bytes()
        found = formats.detect(body)
        for known in formats.FORMATS:
            assert outcome(body, known.type)
        if found is not None:
            found.source(body)
            found.event_time(body)


def test_a_capture_cut_off_anywhere_is_refused_or_read(shared_data: Path) -> None:
    captures = [
        *files(shared_data / "nvidia" / "nvidia-smi-xml"),
        *files(shared_data / "host/netbox-agent/lldp"),
        shared_data / "nvidia/bare-metal-manager-core/lldp_query.json",
        *files(shared_data / "redfish" / "telegraf-dell-hp"),
        *files(shared_data / "redfish" / "extracts"),
    ]
    trees = [gathered(shared_data / "redfish" / name) for name in TREES if name != "gb300-supermicro"]
    for body in [*(path.read_bytes() for path in captures), *trees]:
        for part in range(1, 12):
            cut = body[: len(body) * part // 12]
            for known in formats.FORMATS:
                assert outcome(cut, known.type)
