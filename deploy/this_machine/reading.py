"""One look at the machine, as an inventory and as the body of our own report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.this_machine import cards, drives
from deploy.this_machine.box import chassis, processors
from deploy.this_machine.files import Files
from deploy.this_machine.gpus import gpus, run_tool
from schemas.canonical import canonical
from schemas.inventory import Inventory, Item, inventory
from schemas.words import Kind

SCOPE = "node"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, and in words what was left out and why."""

    inventory: Inventory
    left_out: tuple[str, ...]


def read_machine(root: Path = Path("/"), nvidia_smi: Callable[[], bytes | None] = run_tool) -> Reading:
    """Read the machine whose /sys and /proc are below `root`. Blocks: milliseconds, and seconds for `nvidia_smi`.

    There is always a chassis, whatever else may be read; nothing is guessed.
    """
    files = Files(root)
    found, all_gpus, rack = gpus(files, nvidia_smi())
    sockets, ports = processors(files), cards.cards(files)
    disks, all_drives = drives.drives(files)
    items: list[Item] = [chassis(files, rack), *sockets, *disks, *ports, *found]
    whole = {
        Kind.CPU: bool(sockets),
        Kind.DRIVE: all_drives,
        Kind.NIC: cards.whole(files, ports),
        Kind.GPU: all_gpus,
    }
    complete = [kind for kind, known in whole.items() if known]
    return Reading(inventory(_distinct(items), complete), files.left_out)


def _distinct(items: list[Item]) -> list[Item]:
    """Keep the kinds of one PCI address apart: a slot is named once in an inventory."""
    taken: set[str] = set()
    out = []
    for item in items:
        slot = item.slot if item.slot not in taken else f"{item.slot}/{item.kind.value}"
        taken.add(slot)
        out.append(Item(slot, item.kind, item.within, item.identifiers, item.place, item.facts))
    return out


def report_body(reading: Reading) -> bytes:
    """Give the body of our own report: the same bytes as long as the machine is the same."""
    return canonical({"scope": SCOPE, **reading.inventory.document()})
