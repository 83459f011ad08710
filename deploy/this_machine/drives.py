"""Drives: NVMe controllers, and block devices that are a device of their own. Blocks briefly."""

import re
from collections.abc import Iterator
from pathlib import Path

from deploy.this_machine.box import CHASSIS
from deploy.this_machine.files import Files
from deploy.this_machine.slots import apart, is_virtual, slot
from schemas.formats._stated import facts, identifier, scope
from schemas.inventory import Identifier, Item
from schemas.words import Kind, Scheme

_BLOCK = "/sys/block"
_SECTOR = 512  # bytes; the kernel counts sizes in these, whatever the drive's own are
_OPTICAL = "5"  # SCSI's type of CD and DVD drives
_WORLDWIDE = re.compile(r"(naa|eui)\.[0-9a-fA-F]{16,32}")
_NAMESPACE = re.compile(r"nvme\d+(c\d+)?n\d+")
_PAGE_HEADER = 4


def drives(files: Files) -> list[Item]:
    """Give all drives, each in its physical slot."""
    found = [*_nvme(files), *_others(files)]
    names = apart([name for name, _, _ in found])
    return [
        Item(name, Kind.DRIVE, CHASSIS, identifiers, None, described)
        for name, (_, identifiers, described) in zip(names, found, strict=True)
    ]


def countable(files: Files) -> bool:
    """Whether the kernel lists its drives here at all."""
    return files.path(_BLOCK).is_dir()


_Found = tuple[str, tuple[Identifier, ...], tuple[tuple[str, str], ...]]


def _nvme(files: Files) -> Iterator[_Found]:
    """One drive for each controller: with multipath its namespaces are no device's own."""
    for _, controller in files.entries("/sys/class/nvme"):
        if is_virtual(files, controller):
            continue  # over a network: the drive is elsewhere
        names = [at for at in sorted(_listed(controller)) if _NAMESPACE.fullmatch(at.name)]
        sizes = [_bytes(files, at) for at in names]
        yield (
            slot(files, controller),
            (
                *identifier(Scheme.SERIAL, files.text(controller / "serial")),
                *(found for at in names for found in _wwn(files.text(at / "wwid"))),
            ),
            _described(files, controller, sum(sizes)),
        )


def _others(files: Files) -> Iterator[_Found]:
    for name, block in files.entries(_BLOCK):
        if _NAMESPACE.fullmatch(name) or is_virtual(files, block) or not (block / "device").exists():
            continue
        device = files.real(block / "device")
        if files.text(device / "type") == _OPTICAL or name.startswith("fd"):
            continue
        serial = files.text(block / "serial") or files.text(device / "serial") or _page(files, device)
        maker = files.text(device / "vendor")
        maker = None if maker is None or maker == "ATA" or maker.startswith("0x") else maker
        yield (
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
