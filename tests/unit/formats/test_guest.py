"""A virtual machine with a real GPU, captured: only what its host does not make up is named."""

import json
from pathlib import Path

import pytest

from deploy.this_machine import Reading, read_machine
from schemas import formats
from schemas.formats import nvidia_smi
from schemas.report import Message, Report
from schemas.words import Kind, Scheme
from tests.unit.formats.test_this_machine import block, nvme, port, slots, values, write

CAPTURES = Path(__file__).parent / "captures"
CAPTURE = CAPTURES / "h200-guest"
IDLE, BUSY = ((CAPTURE / f"{name}.xml").read_bytes() for name in ("nvidia-smi", "nvidia-smi-busy"))
H100 = (CAPTURES / "h100-guest/nvidia-smi.xml").read_bytes()
GPU = {Scheme.GPU_UUID: "GPU-5e0b7c1d-93aa-5c21-8f4e-2b6d90c417af", Scheme.SERIAL: "1650000000017"}
OTHER_GPU = {Scheme.GPU_UUID: "GPU-7d31f0a2-45c6-5b18-92de-0a6c8e13f5b4", Scheme.SERIAL: "1650000000024"}


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    tree = json.loads((CAPTURE / "tree.json").read_bytes())
    write(tmp_path, tree["files"])
    for name, target in tree["links"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / target).resolve().mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    return tmp_path


def kinds(reading: Reading) -> set[Kind]:
    return {item.kind for item in reading.inventory.items}


@pytest.mark.parametrize(("document", "gpu"), [(IDLE, GPU), (H100, OTHER_GPU)], ids=["h200", "h100"])
def test_rule_15_what_a_host_makes_up_is_no_hardware_of_its_guest(
    guest: Path, document: bytes, gpu: dict[Scheme, str]
) -> None:
    reading = read_machine(guest, lambda: document)
    assert kinds(reading) == {Kind.CHASSIS, Kind.CPU, Kind.GPU}
    assert values(slots(reading)["pci/0000:00:06.0"]) == gpu
    assert all(item.identifiers == () for item in reading.inventory.items if item.kind is not Kind.GPU)
    assert reading.inventory.complete_for == {Kind.CPU, Kind.GPU}
    assert [words for words in reading.left_out if "host" in words] == [
        "proof that these parts are real: this is a virtual machine, and shows what its host makes up",
        "2 disks that the host of this virtual machine makes: it does not show its drives",
        "1 network cards that the host of this virtual machine makes: it does not show its own",
    ]


def test_a_gpu_that_works_is_the_gpu_that_rested(guest: Path) -> None:
    assert read_machine(guest, lambda: BUSY).inventory == read_machine(guest, lambda: IDLE).inventory
    reports = [formats.decode(Message(body), nvidia_smi.TYPE) for body in (IDLE, BUSY)]
    assert all(isinstance(report, Report) for report in reports)
    assert len({report.inventory for report in reports if isinstance(report, Report)}) == 1


@pytest.mark.parametrize(
    ("device", "made"),
    [
        ("devices/vbd-51712", ("", "")),
        (
            "devices/LNXSYSTM:00/device:00/ACPI0004:00/VMBUS:01/f8b3781a-1e82-4818-a1c3-63d806ec15bb/host0/0:0:0:0",
            ("", ""),
        ),
        ("devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", ("ATA", "QEMU HARDDISK")),
        ("devices/pci0000:00/0000:00:10.0/host2/target2:0:0/2:0:0:0", ("VMware", "disk")),
    ],
)
def test_disks_of_other_hosts(tmp_path: Path, device: str, made: tuple[str, str]) -> None:
    block(tmp_path, "sda", device, "2000", vendor=made[0], model=made[1], serial="QM00001X")
    port(tmp_path, "eth0", "devices/vif-0", address="00:16:3e:11:22:33", addr_assign_type="0", type="1")
    reading = read_machine(tmp_path, lambda: None)
    assert kinds(reading) == {Kind.CHASSIS}
    assert not {Kind.DRIVE, Kind.NIC} & reading.inventory.complete_for


def test_an_nvme_disk_of_a_host_leaves_the_drives_incomplete(tmp_path: Path) -> None:
    nvme(tmp_path, 0, "0000:00:04.0", "vol0a1b2c3d4e5f60718")
    nvme(tmp_path, 1, "0000:00:05.0", "S64FNE0R509973")
    at = (tmp_path / "sys/class/nvme/nvme0").resolve()
    (at / "model").write_text("Amazon Elastic Block Store\n")
    reading = read_machine(tmp_path, lambda: None)
    assert [values(item)[Scheme.SERIAL] for item in reading.inventory.items if item.kind is Kind.DRIVE] == [
        "S64FNE0R509973"
    ]
    assert Kind.DRIVE not in reading.inventory.complete_for
