"""Drives: NVMe controllers, and block devices that are a device of their own. Blocks briefly.

What comes over a network (Fibre Channel, iSCSI, NVMe over fabrics) stands elsewhere, and is seen by several machines;
a volume that a RAID controller or a virtual machine's host makes, and what a BMC shows as a medium, are no drives: they
are left out, and it is said. Behind a RAID controller or a host there are drives that are not seen.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deploy.this_machine import pci
from deploy.this_machine.box import CHASSIS
from deploy.this_machine.files import Files
from deploy.this_machine.slots import apart, is_virtual, made_by_host, over_network, slot
from schemas.formats._stated import facts, identifier, scope
from schemas.inventory import Identifier, Item
from schemas.placeholders import serial as is_serial
from schemas.words import Kind, Scheme

_BLOCK = "/sys/block"
_SECTOR = 512  # bytes; the kernel counts sizes in these, whatever the drive's own are
_OPTICAL = "5"  # SCSI's type of CD and DVD drives
_NVME = "0x0108"  # PCI class
_WORLDWIDE = re.compile(r"(naa|eui)\.[0-9a-fA-F]{16,32}")
_NAMESPACE = re.compile(r"nvme\d+(c\d+)?n\d+")
_PAGE_HEADER = 4
_VOLUME = re.compile(
    r"\b(PERC|MegaRAID|ServeRAID|SmartRAID|RAID|MR\d{4}\S*|LOGICAL[ _]VOLUME|LogicalDrv|BOSS|DELLBOSS)\b", re.IGNORECASE
)
_MEDIUM = re.compile(r"\b(Virtual|iDRAC|LCDRIVE|iLO|File-Stor Gadget|File-CD Gadget|ATEN)\b", re.IGNORECASE)
_BY_HOST = re.compile(
    r"\b(QEMU|VBOX|VMware|Msft|Amazon Elastic Block Store|PersistentDisk|nvme_card-pd)\b", re.IGNORECASE
)
# Makers by the PCI vendor id of their controllers, spelled as their BMCs' inventories do.
_MAKERS = {
    "0x025e": "Solidigm",
    "0x1179": "KIOXIA",
    "0x1344": "Micron",
    "0x144d": "Samsung",
    "0x15b7": "WDC",
    "0x1b96": "WDC",
    "0x1bb1": "Seagate",
    "0x1c5c": "SK hynix",
    "0x1e0f": "KIOXIA",
    "0x8086": "Intel",
}


class _Found(NamedTuple):
    slot: str
    identifiers: tuple[Identifier, ...]
    facts: tuple[tuple[str, str], ...]


def drives(files: Files) -> tuple[list[Item], bool]:
    """Give the drives, each in its physical slot, and whether these are all that are in the machine."""
    hosts = _by_host(files)
    controllers = list(_nvme(files, hosts))
    disks, volumes = _others(files, hosts)
    found = [*controllers, *disks]
    names = apart([each.slot for each in found])
    items = [
        Item(name, Kind.DRIVE, CHASSIS, each.identifiers, None, each.facts)
        for name, each in zip(names, found, strict=True)
    ]
    unlisted = pci.unseen(files, (slot(files, at) for _, at in files.entries("/sys/class/nvme")), _NVME)
    if unlisted:
        files.leave_out(f"{len(unlisted)} NVMe drives that the kernel does not show here: {', '.join(unlisted)}")
    return items, files.path(_BLOCK).is_dir() and not unlisted and not volumes and not hosts


def _by_host(files: Files) -> frozenset[Path]:
    """Give the devices (controllers of NVMe, else of block devices) that a virtual machine's host makes up."""
    nvme = [at for _, at in files.entries("/sys/class/nvme")]
    others = [
        files.real(block / "device")
        for name, block in files.entries(_BLOCK)
        if not _NAMESPACE.fullmatch(name) and not is_virtual(files, block)
    ]
    found = frozenset(
        device for device in (*nvme, *others) if made_by_host(files, device) or _BY_HOST.search(_called(files, device))
    )
    if found:
        files.leave_out(f"{len(found)} disks that the host of this virtual machine makes: it does not show its drives")
    return found


def _called(files: Files, device: Path) -> str:
    return " ".join(files.text(device / key) or "" for key in ("vendor", "model"))


def _nvme(files: Files, hosts: frozenset[Path]) -> Iterator[_Found]:
    """One drive for each controller: with multipath its namespaces are no device's own.

    A drive is known by the serial of its controller, in the scope of who made that. A namespace's worldwide name is
    the drive's only while it has just one; making that anew gives another name, and not another drive. Two
    controllers with one serial are the two ports of one drive.
    """
    known: set[tuple[str, str]] = set()
    local = (at for _, at in files.entries("/sys/class/nvme") if not is_virtual(files, at))  # else over a network
    for controller in sorted((at for at in local if at not in hosts), key=lambda at: slot(files, at)):
        stated = files.text(controller / "serial")
        vendor = files.text(files.real(controller / "device") / "vendor")
        maker = _MAKERS.get(vendor or "", vendor)
        if stated is not None and is_serial(stated):
            if (maker or "", stated) in known:
                continue
            known.add((maker or "", stated))
        names = [at for at in sorted(_listed(controller)) if _NAMESPACE.fullmatch(at.name)]
        worldwide = {found for at in names for found in _wwn(files.text(at / "wwid"))}
        yield _Found(
            slot(files, controller),
            (
                *identifier(Scheme.SERIAL, stated, scope(maker, None)),
                *(worldwide if len(names) == 1 else ()),
            ),
            _described(files, controller, sum(_bytes(files, at) for at in names), _MAKERS.get(vendor or "")),
        )


def _others(files: Files, hosts: frozenset[Path]) -> tuple[list[_Found], int]:
    """Give the drives that are no NVMe, and how many devices were volumes that hide drives."""
    found: list[_Found] = []
    remote = volumes = media = 0
    for name, block in files.entries(_BLOCK):
        if _NAMESPACE.fullmatch(name) or is_virtual(files, block) or not (block / "device").exists():
            continue
        device = files.real(block / "device")
        if files.text(device / "type") == _OPTICAL or name.startswith("fd") or device in hosts:
            continue
        called = _called(files, device)
        if over_network(files, block):
            remote += 1
        elif _VOLUME.search(called):
            volumes += 1
        elif _MEDIUM.search(called):
            media += 1
        else:
            found.append(_disk(files, block, device))
    for count, words in (
        (remote, "block devices that come over a network: they stand elsewhere"),
        (volumes, "volumes of a RAID controller: it does not show the drives behind them"),
        (media, "virtual media: they are no drives"),
    ):
        if count:
            files.leave_out(f"{count} {words}")
    return found, volumes


def _disk(files: Files, block: Path, device: Path) -> _Found:
    serial = files.text(block / "serial") or files.text(device / "serial") or _page(files, device)
    maker = files.text(device / "vendor")
    maker = None if maker is None or maker == "ATA" or maker.startswith("0x") else maker
    return _Found(
        slot(files, block),
        (*identifier(Scheme.SERIAL, serial, scope(maker, None)), *_wwn(files.text(device / "wwid"))),
        _described(files, device, _bytes(files, block), maker),
    )


def _page(files: Files, device: Path) -> str | None:
    """Read a SCSI or SATA drive's serial from its page 0x80."""
    page = files.data(device / "vpd_pg80", f"the serial of the drive in {slot(files, device / 'block' / 'x')}")
    return page[_PAGE_HEADER:].decode("ascii", "replace").strip("\0 ") or None if page is not None else None


def _wwn(stated: str | None) -> tuple[Identifier, ...]:
    """Give a worldwide name. What the kernel makes up of model and serial where there is none is no name."""
    return tuple(identifier(Scheme.WWN, stated)) if stated and _WORLDWIDE.fullmatch(stated) else ()


def _described(files: Files, device: Path, size: int, maker: str | None = None) -> tuple[tuple[str, str], ...]:
    model = files.text(device / "model") or files.text(device / "name")
    return facts(manufacturer=maker, model=model, capacity_bytes=str(size) if size else None)


def _bytes(files: Files, block: Path) -> int:
    sectors = files.text(block / "size") or ""
    return int(sectors) * _SECTOR if sectors.isdecimal() else 0


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
