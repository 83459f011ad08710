"""Reading a Linux machine: trees that look like /sys and /proc of real ones, and the one that runs the tests."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from deploy.cli.report_this_machine import report_this_machine
from deploy.kafka_client import bootstrap
from deploy.settings import Settings
from deploy.this_machine import Reading, read_machine, report_body
from schemas import formats
from schemas.errors import NoKafka
from schemas.formats import holdfast_report
from schemas.inventory import Identifier, Item
from schemas.report import Message, Report
from schemas.words import Kind, Scheme
from tests.unit.facts.test_identity import Seen

if TYPE_CHECKING:
    from collections.abc import Callable

NVME = "devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/nvme/nvme0"
SATA = "devices/pci0000:00/0000:00:17.0/ata3/host2/target2:0:0/2:0:0:0"
SAS = "devices/pci0000:17/0000:18:00.0/host0/port-0:3/end_device-0:3/target0:0:3/0:0:3:0"
USB = "devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0/host6/target6:0:0/6:0:0:0"
DVD = "devices/pci0000:00/0000:00:17.0/ata5/host4/target4:0:0/4:0:0:0"
CARD = "devices/pci0000:5d/0000:5d:00.0/0000:5e:00"
DMI = {
    "sys_vendor": "Contoso",
    "product_name": "AI 8U",
    "product_serial": "CT4471A0012",
    "product_uuid": "7d1c1c52-5c0e-4f0e-9f5b-6a6f0a1f9b01",
    "board_serial": "B0001",
    "board_vendor": "Contoso",
    "chassis_serial": "To be filled by O.E.M.",
    "chassis_asset_tag": "KUL-17",
}
CPUINFO = "".join(
    f"processor\t: {n}\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: {n % 2}\nflags\t\t: fpu\n\n"
    for n in range(4)
)
GPUS = (
    b"<nvidia_smi_log><attached_gpus>1</attached_gpus><gpu id='00000008:06:00.0'><uuid>GPU-1</uuid><platformInfo>"
    b"<chassis_serial_number>1820000000001</chassis_serial_number><slot_number>25</slot_number></platformInfo></gpu>"
    b"</nvidia_smi_log>"
)


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())


def link(root: Path, name: str, target: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (root / target).mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath(root / target, path.parent))


def block(root: Path, name: str, device: str, sectors: str, **attributes: str | bytes) -> None:
    link(root, f"sys/block/{name}", f"sys/{device}/block/{name}")
    link(root, f"sys/{device}/block/{name}/device", f"sys/{device}")
    write(root, {f"sys/{device}/block/{name}/size": sectors})
    write(root, {f"sys/{device}/{key}": value for key, value in attributes.items()})


def port(root: Path, name: str, device: str, **attributes: str) -> None:
    link(root, f"sys/class/net/{name}", f"sys/{device}/net/{name}")
    link(root, f"sys/{device}/net/{name}/device", f"sys/{device}")
    write(root, {f"sys/{device}/net/{name}/{key}": value for key, value in attributes.items()})


@pytest.fixture
def server(tmp_path: Path) -> Path:
    root = tmp_path
    write(root, {f"sys/class/dmi/id/{name}": value for name, value in DMI.items()})
    write(root, {"proc/cpuinfo": CPUINFO})
    link(root, "sys/class/nvme/nvme0", f"sys/{NVME}")
    write(root, {f"sys/{NVME}/serial": "S64FNE0R509973  ", f"sys/{NVME}/model": "SAMSUNG MZQL27T6"})
    write(root, {f"sys/{NVME}/nvme0c0n1/size": "15002931888", f"sys/{NVME}/nvme0c0n1/wwid": "eui.0025385b11b2f1c3"})
    link(root, "sys/block/nvme0n1", "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1")
    link(root, "sys/block/loop0", "sys/devices/virtual/block/loop0")
    page = b"\x00\x80\x00\x08" + b" WD-ABC1"
    block(root, "sda", SATA, "1000", vendor="ATA", model="WDC", wwid="naa.50014ee2b5f8a1c0", vpd_pg80=page, type="0")
    write(root, {"sys/class/ata_port/ata3/port_no": "2"})
    block(root, "sdb", SAS, "2000", vendor="SEAGATE", model="ST18", wwid="t10.ATA     made up", vpd_pg80=page)
    write(root, {"sys/class/sas_device/end_device-0:3/bay_identifier": "7"})
    block(root, "sdc", USB, "4000", vendor="Contoso", model="Stick")
    block(root, "sr0", DVD, "0", vendor="HL", model="DVD", type="5")
    port(root, "ens1f0", f"{CARD}.0", address="58:a2:e1:03:96:f2", addr_assign_type="0", type="1")
    port(root, "ens1f1", f"{CARD}.1", address="58:a2:e1:03:96:f2", addr_assign_type="3", type="1")
    write(root, {f"sys/{CARD}.1/net/ens1f1/bonding_slave/perm_hwaddr": "58:a2:e1:03:96:f3"})
    port(root, "ens1f2", f"{CARD}.2", address="02:00:00:00:00:01", addr_assign_type="3", type="1")
    port(root, "ib0", f"{CARD}.3", address="00:00:10:49:fe:80:00:00:00:00:00:00:58:a2:e1:03:00:03:96:f4", type="32")
    port(root, "ens1f0v0", f"{CARD}.4", address="5a:00:00:00:00:01", addr_assign_type="0", type="1")
    write(root, {f"sys/{CARD}.4/physfn/vendor": "0x15b3"})
    link(root, "sys/class/net/lo", "sys/devices/virtual/net/lo")
    write(
        root,
        {"sys/bus/pci/devices/0000:00:02.0/class": "0x030000", "sys/bus/pci/devices/0000:00:02.0/vendor": "0x1a03"},
    )
    return root


def slots(reading: Reading) -> dict[str, Item]:
    return {item.slot: item for item in reading.inventory.items}


def values(item: Item) -> dict[Scheme, str]:
    return {known.scheme: known.value for known in item.identifiers}


def test_the_chassis_is_what_the_firmware_says(server: Path) -> None:
    item = slots(read_machine(server, lambda: None))["chassis"]
    assert (item.kind, item.within, item.facts) == (
        Kind.CHASSIS,
        None,
        (("manufacturer", "Contoso"), ("model", "AI 8U")),
    )
    assert {(known.scheme, known.scope, known.value) for known in item.identifiers} == {
        (Scheme.SERIAL, "Contoso", "CT4471A0012"),
        (Scheme.SYSTEM_UUID, "", DMI["product_uuid"]),
        (Scheme.BOARD_SERIAL, "Contoso", "B0001"),
        (Scheme.ASSET_TAG, "", "KUL-17"),
    }


def test_drives_are_known_by_bay_and_port_and_never_by_dev_names(server: Path) -> None:
    drives = {slot: item for slot, item in slots(read_machine(server, lambda: None)).items() if item.kind is Kind.DRIVE}
    assert {slot: values(item) for slot, item in drives.items()} == {
        "pci/0000:3b:00.0": {Scheme.SERIAL: "S64FNE0R509973", Scheme.WWN: "eui.0025385b11b2f1c3"},
        "pci/0000:00:17.0/port/2": {Scheme.SERIAL: "WD-ABC1", Scheme.WWN: "naa.50014ee2b5f8a1c0"},
        "pci/0000:18:00.0/bay/7": {Scheme.SERIAL: "WD-ABC1"},
        "pci/0000:00:14.0/usb/1.4": {},
    }
    assert ("capacity_bytes", "7681501126656") in drives["pci/0000:3b:00.0"].facts
    assert all(item.within == "chassis" for item in drives.values())


def test_cards_have_the_address_that_they_were_made_with(server: Path) -> None:
    reading = read_machine(server, lambda: None)
    cards = {slot: values(item) for slot, item in slots(reading).items() if item.kind is Kind.NIC}
    assert cards == {
        "pci/0000:5e:00.0": {Scheme.MAC: "58:a2:e1:03:96:f2"},
        "pci/0000:5e:00.1": {Scheme.MAC: "58:a2:e1:03:96:f3"},
        "pci/0000:5e:00.2": {},
        "pci/0000:5e:00.3": {Scheme.MAC: "58:a2:e1:03:00:03:96:f4"},
    }
    assert any("pci/0000:5e:00.2" in words for words in reading.left_out)


def test_processors_stand_in_sockets(server: Path) -> None:
    reading = read_machine(server, lambda: None)
    assert [slot for slot, item in slots(reading).items() if item.kind is Kind.CPU] == ["socket/0", "socket/1"]
    assert reading.inventory.complete_for == {Kind.CPU, Kind.DRIVE, Kind.NIC}
    assert any("graphics" in words for words in reading.left_out)


def test_gpus_stand_in_this_machine_and_it_in_their_rack(server: Path) -> None:
    reading = read_machine(server, lambda: GPUS)
    found = slots(reading)
    assert found["pci/0008:06:00.0"].within == "chassis"
    assert found["chassis"].within == "rack"
    assert values(found["rack"]) == {Scheme.SERIAL: "1820000000001"}


def devices(root: Path, pci_class: str, vendor: str, *addresses: str) -> None:
    for address in addresses:
        write(
            root, {f"sys/bus/pci/devices/{address}/class": pci_class, f"sys/bus/pci/devices/{address}/vendor": vendor}
        )


def test_gpus_are_complete_only_where_the_bus_shows_no_other(tmp_path: Path) -> None:
    devices(tmp_path, "0x030200", "0x10de", "0008:06:00.0")
    assert Kind.GPU in read_machine(tmp_path, lambda: GPUS).inventory.complete_for
    devices(tmp_path, "0x030200", "0x10de", "0009:06:00.0", "0009:06:00.1")
    write(tmp_path, {"sys/bus/pci/devices/0009:06:00.1/physfn/vendor": "0x10de"})  # shown for a guest
    reading = read_machine(tmp_path, lambda: GPUS)
    assert Kind.GPU not in reading.inventory.complete_for
    assert "1 GPUs that nvidia-smi does not list: pci/0009:06:00.0" in reading.left_out


def test_cards_are_complete_only_where_the_bus_shows_no_other(server: Path) -> None:
    devices(server, "0x020000", "0x15b3", "0000:5e:00.0", "0000:5e:00.1")
    assert Kind.NIC in read_machine(server, lambda: None).inventory.complete_for
    devices(server, "0x020700", "0x15b3", "0000:af:00.0")
    reading = read_machine(server, lambda: None)
    assert Kind.NIC not in reading.inventory.complete_for
    assert "1 network cards that the kernel does not show here: pci/0000:af:00.0" in reading.left_out


def test_a_machine_that_shows_only_its_loopback_says_nothing_about_cards(tmp_path: Path) -> None:
    link(tmp_path, "sys/class/net/lo", "sys/devices/virtual/net/lo")
    devices(tmp_path, "0x060000", "0x8086", "0000:00:00.0")
    assert Kind.NIC not in read_machine(tmp_path, lambda: None).inventory.complete_for


@pytest.mark.parametrize("placeholder", ["0123456789", "To be filled by O.E.M.", "00000000", "1"])
def test_a_placeholder_does_not_hide_the_chassis_serial(tmp_path: Path, placeholder: str) -> None:
    dmi = {"sys_vendor": "Supermicro", "product_serial": placeholder, "chassis_serial": "C8190AG48N00123"}
    write(tmp_path, {f"sys/class/dmi/id/{name}": value for name, value in dmi.items()})
    assert values(slots(read_machine(tmp_path, lambda: None))["chassis"]) == {Scheme.SERIAL: "C8190AG48N00123"}


LUN = "devices/pci0000:17/0000:18:00.0/host0/rport-0:0-1/target0:0:1/0:0:1:0"
ISCSI = "devices/platform/host9/session1/target9:0:0/9:0:0:0"
VOLUME = "devices/pci0000:17/0000:18:00.0/host0/target0:2:1/0:2:1:0"


@pytest.mark.parametrize(
    ("device", "made", "whole", "words"),
    [
        (LUN, ("NETAPP", "LUN C-Mode"), True, "network"),
        (ISCSI, ("LIO-ORG", "x"), True, "network"),
        (VOLUME, ("DELL", "PERC H755"), False, "RAID"),
        (VOLUME, ("HPE", "LOGICAL VOLUME"), False, "RAID"),
        (VOLUME, ("AVAGO", "MR9361-8i"), False, "RAID"),
        (USB, ("AMI", "Virtual HDisk0"), True, "virtual media"),
    ],
)
def test_what_is_no_drive_of_this_machine_is_left_out_and_said(
    tmp_path: Path, device: str, made: tuple[str, str], whole: bool, words: str
) -> None:
    vendor, model = made
    block(tmp_path, "sda", device, "2000", vendor=vendor, model=model, wwid="naa.600a098038303053453f463045727a2f")
    reading = read_machine(tmp_path, lambda: None)
    assert not [item for item in reading.inventory.items if item.kind is Kind.DRIVE]
    assert (Kind.DRIVE in reading.inventory.complete_for) == whole
    assert any(words in each for each in reading.left_out)


def nvme(root: Path, number: int, address: str, serial: str, *wwids: str, vendor: str = "0x144d") -> None:
    device = f"devices/pci0000:3a/{address}"
    link(root, f"sys/class/nvme/nvme{number}", f"sys/{device}/nvme/nvme{number}")
    link(root, f"sys/{device}/nvme/nvme{number}/device", f"sys/{device}")
    write(root, {f"sys/{device}/vendor": vendor, f"sys/{device}/nvme/nvme{number}/serial": serial})
    for space, wwid in enumerate(wwids, 1):
        write(root, {f"sys/{device}/nvme/nvme{number}/nvme{number}n{space}/wwid": wwid})


def test_rule_15_an_nvme_drive_stays_one_drive_when_its_namespace_is_made_anew(tmp_path: Path) -> None:
    """Its serial, in the scope of its maker, is the controller's; a BMC that knows the part as well joins it."""
    found = []
    for look, wwids in enumerate((["eui.0025385b11b2f1c3"], ["eui.0025385b11b2f1c9"], [], ["eui.01", "eui.02"])):
        nvme(tmp_path / str(look), 0, "0000:3b:00.0", "S64FNE0R509973", *wwids)
        found.append(slots(read_machine(tmp_path / str(look), lambda: None))["pci/0000:3b:00.0"])
    assert [values(item).get(Scheme.WWN) for item in found] == [
        "eui.0025385b11b2f1c3",
        "eui.0025385b11b2f1c9",
        None,
        None,
    ]
    bmc = Item("bay", Kind.DRIVE, None, (Identifier(Scheme.SERIAL, "SAMSUNG/MZQL27T6HBLA", "S64FNE0R509973"),))
    seen = Seen(*((f"look {look}", [replace(item, within=None)]) for look, item in enumerate(found)), ("bmc", [bmc]))
    assert seen.one(*((f"look {look}", "pci/0000:3b:00.0") for look in range(4)), ("bmc", "bay"))


def test_rule_15_nvme_drives_without_worldwide_names_are_told_apart_by_their_serials(tmp_path: Path) -> None:
    for number, vendor in enumerate(("0x8086", "0x9999")):
        nvme(tmp_path, number, f"0000:3{number}:00.0", f"PHLJ11220{number}", vendor=vendor)
    drives = [item for item in read_machine(tmp_path, lambda: None).inventory.items if item.kind is Kind.DRIVE]
    assert [each.scope for item in drives for each in item.identifiers] == ["Intel", "0x9999"]
    seen = Seen(
        ("a", [replace(item, within=None) for item in drives]), ("b", [replace(drives[0], slot="x", within=None)])
    )
    assert seen.one(("a", drives[0].slot), ("b", "x"))
    assert seen.apart(*(("a", item.slot) for item in drives))


def test_two_controllers_with_one_serial_are_one_drive(tmp_path: Path) -> None:
    for number, address in enumerate(("0000:af:00.0", "0000:3b:00.0")):
        nvme(tmp_path, number, address, "S64FNE0R509973", "eui.0025385b11b2f1c3")
    drives = [item.slot for item in read_machine(tmp_path, lambda: None).inventory.items if item.kind is Kind.DRIVE]
    assert drives == ["pci/0000:3b:00.0"]


def test_an_nvme_drive_that_a_guest_holds_leaves_the_drives_incomplete(server: Path) -> None:
    devices(server, "0x010802", "0x144d", "0000:3b:00.0")
    assert Kind.DRIVE in read_machine(server, lambda: None).inventory.complete_for
    devices(server, "0x010802", "0x144d", "0000:3c:00.0")
    assert Kind.DRIVE not in read_machine(server, lambda: None).inventory.complete_for


@pytest.mark.parametrize("document", [b"", b"<other/>", b"NVIDIA-SMI has failed"])
def test_a_tool_that_fails_is_said_and_nothing_more(server: Path, document: bytes) -> None:
    reading = read_machine(server, lambda: document)
    assert not [item for item in reading.inventory.items if item.kind is Kind.GPU]
    assert any("GPUs" in words for words in reading.left_out)
    assert Kind.GPU not in reading.inventory.complete_for


def test_what_only_root_may_read_is_left_out_and_said(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *args: object, **options: object) -> object:
        if path.name.endswith(("_serial", "_uuid")):
            raise PermissionError(path)
        return opened(path, *args, **options)

    opened: Callable[..., object] = Path.open
    monkeypatch.setattr(Path, "open", refuse)
    reading = read_machine(server, lambda: None)
    assert values(slots(reading)["chassis"]) == {Scheme.ASSET_TAG: "KUL-17"}
    assert "the machine's serial: only root may read /sys/class/dmi/id/product_serial" in reading.left_out


def test_a_container_with_nothing_is_still_one_chassis(tmp_path: Path) -> None:
    reading = read_machine(tmp_path, lambda: None)
    (item,) = reading.inventory.items
    assert (item.slot, item.kind, item.identifiers) == ("chassis", Kind.CHASSIS, ())
    assert not reading.inventory.complete_for
    assert len(reading.left_out) == 2


def test_the_same_machine_gives_the_same_bytes_which_are_a_report(server: Path) -> None:
    reading = read_machine(server, lambda: GPUS)
    assert report_body(reading) == report_body(read_machine(server, lambda: GPUS))
    found = formats.decode(Message(report_body(reading)), holdfast_report.TYPE)
    assert isinstance(found, Report)
    assert found.inventory == reading.inventory


def test_this_very_machine_can_be_read() -> None:
    reading = read_machine()
    assert Kind.CHASSIS in {item.kind for item in reading.inventory.items}
    assert not any("/dev" in item.slot for item in reading.inventory.items)


def test_the_command_prints_the_report_and_what_was_left_out() -> None:
    done = CliRunner().invoke(report_this_machine, ["--print", "--json", "--source", "host/here"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["source"] == "host/here"
    assert answer["sent"] is None
    formats.decode(Message(json.dumps(answer["report"]).encode()), holdfast_report.TYPE)


@pytest.mark.parametrize(
    "told", [[], ["--cell", "Not A Cell", "--print"], ["--print", "--source", "\u202ehost"], ["--cell", "a" * 64]]
)
def test_the_command_says_what_is_missing_or_wrong(told: list[str]) -> None:
    assert CliRunner().invoke(report_this_machine, told).exit_code == 2


def test_without_a_kafka_the_words_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoKafka, match="holdfast up"):
        bootstrap(Settings(data_dir=tmp_path))
    assert bootstrap(Settings(data_dir=tmp_path, kafka_bootstrap="kafka:9092")) == "kafka:9092"
