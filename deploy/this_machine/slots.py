"""Where on the machine a device sits: PCI address and port, from its path in /sys; no /dev name. Blocks briefly."""

import re
from pathlib import Path

from deploy.this_machine.files import Files

PCI = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_USB_PORT = re.compile(r"\d+-(\d+(\.\d+)*)")
_TARGET = re.compile(r"\d+:(\d+:\d+:\d+)")
_ATA = re.compile(r"ata\d+")
_REMOTE = re.compile(r"(rport-|session|connection)\d")
_BY_HOST = re.compile(r"virtio\d+|(vbd|vif)-\d+|vmbus(_\d+)?|VMBUS:\d+")
_SAS = re.compile(r"end_device-[\d:]+")


def is_virtual(files: Files, device: Path) -> bool:
    """Whether a device is the kernel's own invention."""
    parts = files.devices(device)
    return not parts or parts[0] == "virtual"


def made_by_host(files: Files, device: Path) -> bool:
    """Whether a device is no hardware but what a virtual machine's host makes up: of virtio, Xen or Hyper-V."""
    return any(_BY_HOST.fullmatch(part) for part in files.devices(device))


def over_network(files: Files, device: Path) -> bool:
    """Whether a device is reached over Fibre Channel, iSCSI or the like: its path leads by a remote port or session."""
    return any(_REMOTE.match(part) for part in files.devices(device))


def slot(files: Files, device: Path) -> str:
    """Name the slot of a device by its real path: `pci/0000:3b:00.0`, with the bay or port behind it where one is."""
    parts = files.devices(device)
    address = next((f"pci/{part}" for part in reversed(parts) if PCI.fullmatch(part)), None)
    port = _port(files, device, parts)
    named = "/".join(word for word in (address, port) if word)
    return named or "platform/" + "/".join(part for part in parts[:2])


def _port(files: Files, device: Path, parts: tuple[str, ...]) -> str | None:
    """Give what tells devices behind one PCI address apart: the bay if it is known, else the port or target."""
    for enclosure in sorted(device.parent.parent.glob("enclosure_device:*")):
        return "bay/" + enclosure.name.partition(":")[2].strip()
    for part in parts:
        if (found := _USB_PORT.fullmatch(part)) is not None:
            usb = f"usb/{found[1]}"
            if not any(_USB_PORT.fullmatch(later) for later in parts[parts.index(part) + 1 :]):
                return usb
        if _ATA.fullmatch(part):
            number = files.text(files.path(f"/sys/class/ata_port/{part}/port_no"))
            return f"port/{number}" if number is not None else None
        if _SAS.fullmatch(part):
            sas = files.path(f"/sys/class/sas_device/{part}")
            bay, phy = files.text(sas / "bay_identifier"), files.text(sas / "phy_identifier")
            return f"bay/{bay}" if bay is not None else f"phy/{phy}" if phy is not None else None
    target = next((found[1] for part in parts if (found := _TARGET.fullmatch(part)) is not None), None)
    return f"target/{target}" if target is not None else None


def apart(names: list[str]) -> list[str]:
    """Give the names in their order, with a number where one comes again."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return out
