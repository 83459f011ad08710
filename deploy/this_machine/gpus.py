"""GPUs: what `nvidia-smi -q -x` says, where it is; else how many there seem to be. Blocks while the tool runs."""

import shutil
import subprocess
from dataclasses import replace

from deploy.this_machine import pci
from deploy.this_machine.box import CHASSIS
from deploy.this_machine.files import Files
from schemas.errors import Rejected
from schemas.formats.nvidia_smi import FORMAT
from schemas.inventory import Item
from schemas.report import Message, Report
from schemas.words import Kind

_TOOL = "nvidia-smi"
_PATIENCE = 60  # seconds; a node of eight takes a few
_GRAPHICS = ("0x0300", "0x0302", "0x1200")  # PCI classes: display, 3D and processing accelerators


def run_tool() -> bytes | None:
    """Run the tool; None where there is none or it fails."""
    tool = shutil.which(_TOOL)
    if tool is None:
        return None
    try:
        done = subprocess.run([tool, "-q", "-x"], capture_output=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def gpus(files: Files, document: bytes | None) -> tuple[list[Item], bool, str | None]:
    """Give the GPUs, whether these are all, and the slot of the rack that they say this machine stands in.

    The tray that the tool speaks of is this machine's chassis. The tool counts what its driver holds: these are all
    only where the bus shows no other.
    """
    seen = list(pci.devices(files, *_GRAPHICS))
    others = sum(files.text(path / "vendor") != pci.NVIDIA for _, path in seen)
    if others:
        files.leave_out(f"{others} graphics devices that are not NVIDIA's: there is no tool here that names them")
    if document is None:
        if len(seen) > others:
            files.leave_out(f"{len(seen) - others} GPUs: {_TOOL} is not here, or it fails")
        return [], not seen and pci.countable(files), None
    try:
        report = FORMAT.decode(Message(document))
    except Rejected as exc:
        files.leave_out(f"GPUs: {_TOOL} says what cannot be read ({exc.words})")
        return [], False, None
    if not isinstance(report, Report):
        return [], False, None
    items = report.inventory.items
    racks = [item for item in items if item.kind is Kind.RACK]
    if len(racks) > 1:
        files.leave_out("the rack: the GPUs name several")
        racks = []
    cards = [replace(item, within=CHASSIS) for item in items if item.kind is Kind.GPU]
    unlisted = pci.unseen(files, (card.slot for card in cards), *_GRAPHICS, vendor=pci.NVIDIA)
    if unlisted:
        files.leave_out(f"{len(unlisted)} GPUs that {_TOOL} does not list: {', '.join(unlisted)}")
    whole = Kind.GPU in report.inventory.complete_for and pci.countable(files) and not others and not unlisted
    return [*cards, *racks], whole, racks[0].slot if racks else None
