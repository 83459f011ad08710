"""Network cards: physical ports with the address that they were made with. Blocks briefly.

What a virtual machine's host makes up (virtio, Xen, Hyper-V) is no card, and its address may be many machines'.
"""

import re
from pathlib import Path

from deploy.this_machine import pci
from deploy.this_machine.box import CHASSIS
from deploy.this_machine.files import Files
from deploy.this_machine.slots import apart, is_virtual, made_by_host, slot
from schemas.formats._stated import identifier
from schemas.inventory import Item
from schemas.words import Kind, Scheme

_NET = "/sys/class/net"
_PERMANENT = "0"  # addr_assign_type: the address is the one that the card was made with
_INFINIBAND = "32"  # its address ends with the port's EUI-64
_EUI64 = 23  # characters: eight octets with colons
_CLASSES = ("0x0200", "0x0207")  # PCI classes: Ethernet, InfiniBand
_REPRESENTOR = re.compile(r"(c\d+)?pf\d+(vf|sf)\d+")


def cards(files: Files) -> list[Item]:
    """Give the physical ports, each in its PCI slot; not those that a card shows for its guests."""
    found = [
        (_slot(files, device), _mac(files, name, device))
        for name, device in files.entries(_NET)
        if _physical(files, device) and not made_by_host(files, device)
    ]
    names = apart([name for name, _ in found])
    return [
        Item(name, Kind.NIC, CHASSIS, tuple(identifier(Scheme.MAC, mac)))
        for name, (_, mac) in zip(names, found, strict=True)
    ]


def whole(files: Files, items: list[Item]) -> bool:
    """Whether these are all: the bus shows no other card (one that a guest or another network namespace holds).

    The host of a virtual machine shows none of its own.
    """
    hosts = [device for _, device in files.entries(_NET) if _physical(files, device) and made_by_host(files, device)]
    if hosts:
        files.leave_out(
            f"{len(hosts)} network cards that the host of this virtual machine makes: it does not show its own"
        )
        return False
    unlisted = pci.unseen(files, (item.slot for item in items), *_CLASSES)
    if unlisted:
        files.leave_out(f"{len(unlisted)} network cards that the kernel does not show here: {', '.join(unlisted)}")
    return bool(items) and pci.countable(files) and not unlisted


def _physical(files: Files, device: Path) -> bool:
    return not is_virtual(files, device) and (device / "device").exists() and not _for_guests(files, device)


def _slot(files: Files, device: Path) -> str:
    port = files.text(device / "dev_port") or "0"
    return slot(files, device) if port == "0" else f"{slot(files, device)}/port/{port}"


def _for_guests(files: Files, device: Path) -> bool:
    name = files.text(device / "phys_port_name") or ""
    return (device / "device/physfn").exists() or _REPRESENTOR.fullmatch(name) is not None


def _mac(files: Files, name: str, device: Path) -> str | None:
    """Give the address that the card was made with; of a bond's member it stands apart from the one in use."""
    made = files.text(device / "bonding_slave/perm_hwaddr")
    if made is not None:
        return made
    if files.text(device / "addr_assign_type") not in (_PERMANENT, None):
        files.leave_out(f"the address of the network card in {_slot(files, device)}: it was changed ({name})")
        return None
    address = files.text(device / "address")
    return address[-_EUI64:] if address is not None and files.text(device / "type") == _INFINIBAND else address
