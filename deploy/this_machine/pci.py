"""What sits on the PCI bus, whoever drives it: what the kernel shows elsewhere is whole only if all of it is there."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.this_machine.files import Files

_DEVICES = "/sys/bus/pci/devices"
NVIDIA = "0x10de"


def countable(files: Files) -> bool:
    """Whether the kernel lists the bus here at all."""
    return files.path(_DEVICES).is_dir()


def devices(files: Files, *classes: str) -> Iterator[tuple[str, Path]]:
    """Give the devices of some classes (`0x0200`) by slot (`pci/0000:3b:00.0`), without those for guests."""
    for address, path in files.entries(_DEVICES):
        stated = files.text(path / "class")
        if stated is not None and stated.startswith(classes) and not (path / "physfn").exists():
            yield f"pci/{address}", path


def unseen(files: Files, slots: Iterable[str], *classes: str, vendor: str | None = None) -> list[str]:
    """Give the slots of devices of some classes (and of one vendor) in which, or below which, nothing was found."""
    found = set(slots)
    return [
        slot
        for slot, path in devices(files, *classes)
        if vendor in (None, files.text(path / "vendor"))
        and not any(one == slot or one.startswith((f"{slot}/", f"{slot}#")) for one in found)
    ]
