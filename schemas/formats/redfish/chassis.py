"""Chassis and systems: what holds the parts. Pure.

Which kind a chassis is goes by more than its type:
- `Rack`: a rack where its stated height is at least MIN_RACK_MM; where no height is stated, if it lists no systems,
  processors, drives or devices of its own. Else it is a chassis that says so of its mounting (a 2U server does).
- A chassis that is named a power shelf and has a power subsystem is a power shelf.
- A `Zone` is, by the standard, a part of a chassis that cannot be taken apart: a board. It stands in the one
  chassis of the tree that has systems and stands in nothing, where there is exactly one.
- Rows, pods and other groups are no things. Cable cartridges belong to a rack, and each tray's BMC lists them all.

The system's serial and UUID are those of the box that it alone occupies. Where both box and system state a serial,
the system's goes first (it is the product's, as in SMBIOS; the box's is often a backplane's), unless it is a
placeholder. Several systems in one box are boards in it; a DPU's own system is a card in the box and no second one,
whether it is in the tree or only linked. A system without a box in the tree is its own box. The name that a system
bears in the network is no part of it: it changes by itself.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from schemas.formats._stated import identifier, member, name, text
from schemas.formats.redfish.drafts import Draft, draft
from schemas.formats.redfish.tree import Resource, Tree, links
from schemas.inventory import Identifier
from schemas.placeholders import serial
from schemas.words import Kind, Scheme

MIN_RACK_MM = 600
MAX_LEVELS = 32

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        (
            *("RackMount", "StandAlone", "Blade", "Enclosure", "Shelf", "Sled", "Drawer", "Expansion"),
            *("StorageEnclosure", "IPBasedDrive", "Sidecar", "ImmersionTank"),
        ),
        Kind.CHASSIS,
    ),
    **dict.fromkeys(("Module", "Component", "Card", "Zone", "Backplane"), Kind.BOARD),
    "Rack": Kind.RACK,
}
_POWER_SHELF = re.compile(r"power[\s_-]?shelf", re.IGNORECASE)
_CARTRIDGE = re.compile(r"\b(cbl|cable)\b.*\bcartridge\b", re.IGNORECASE)
_DPU = re.compile(r"bluefield|dpu", re.IGNORECASE)
_VIRTUAL = frozenset({"Virtual", "OS", "VirtuallyPartitioned"})
_OWN = ("ComputerSystems", "Processors", "Drives", "PCIeDevices", "Storage")
_ADDRESS = ("Country", "Territory", "City", "District", "Street", "HouseNumber", "Name", "Building", "Floor", "Room")
_PLACEMENT = ("Row", "Rack")


def kind_of(resource: Resource) -> Kind | None:
    """Give the kind of a chassis, or None where it is no thing of a kind that is known."""
    stated = resource.get("ChassisType")
    kind = _KINDS.get(stated) if isinstance(stated, str) else Kind.CHASSIS
    if kind is Kind.BOARD and _CARTRIDGE.search(text(resource.get("Model")) or ""):
        return None
    if "PowerSubsystem" in resource and any(_POWER_SHELF.search(str(resource.get(key))) for key in ("Id", "Name")):
        return Kind.POWER_SHELF
    if kind is Kind.RACK:
        height = resource.get("HeightMm")
        if isinstance(height, int | float) and height > 0:
            return Kind.RACK if height >= MIN_RACK_MM else Kind.CHASSIS
        return Kind.CHASSIS if any(links(resource, own) for own in _OWN) else Kind.RACK
    return kind


def holders(tree: Tree) -> dict[str, str | None]:
    """Give for each chassis the one that holds it: the one that it names, else the only one that names it."""
    whole = [path for path, resource in tree.of("Chassis") if _is_box(tree, resource)]
    zones = whole[0] if len(whole) == 1 else None
    return {path: _holder_of(tree, path, resource, zones) for path, resource in tree.of("Chassis")}


def _holder_of(tree: Tree, path: str, resource: Resource, zones: str | None) -> str | None:
    for stated in links(resource, "ContainedBy"):
        if stated in tree.resources and stated != path:
            return stated
    naming = tree.named_by(path, "Contains")
    if naming:
        return naming[0] if len(naming) == 1 else None
    return zones if resource.get("ChassisType") == "Zone" else None


def _is_box(tree: Tree, resource: Resource) -> bool:
    return (
        kind_of(resource) is Kind.CHASSIS
        and bool(links(resource, "ComputerSystems"))
        and not any(stated in tree.resources for stated in links(resource, "ContainedBy"))
    )


def merged(tree: Tree) -> dict[str, str]:
    """Give the components that are one processor and nothing else: path of the chassis → path of the processor."""
    found: dict[str, str] = {}
    for path, processor in tree.of("Processor"):
        for box in links(processor, "Chassis"):
            resource = tree.resources.get(box, {})
            if kind_of(resource) is Kind.BOARD and links(resource, "Processors") == (path,):
                found[box] = path
    return found


def boxes(
    tree: Tree, processors: Mapping[str, str], held: Mapping[str, str | None]
) -> tuple[dict[str, Draft], dict[str, str | None]]:
    """Give the drafts of chassis, systems and power equipment by path, and what stands for the others."""
    drafts: dict[str, Draft] = {}
    stands: dict[str, str | None] = dict(processors)
    for path, resource in tree.of("Chassis"):
        holder = held[path]
        kind = kind_of(resource)
        if path in processors:
            continue
        if kind is None:
            stands[path] = holder
            continue
        tag = identifier(Scheme.ASSET_TAG, resource.get("AssetTag"))
        drafts[path] = replace(draft(path, resource, kind, holder, *tag), place=place(resource))
    for path, resource in tree.of("PowerDistribution"):
        if resource.get("EquipmentType") == "PowerShelf":
            holder = next(iter(links(resource, "Chassis")), None)
            drafts[path] = replace(draft(path, resource, Kind.POWER_SHELF, holder), place=place(resource))
    _add_systems(tree, held, drafts, stands)
    return drafts, stands


def _add_systems(
    tree: Tree, held: Mapping[str, str | None], drafts: dict[str, Draft], stands: dict[str, str | None]
) -> None:
    named = tree.naming["ComputerSystems"].keys() - tree.resources.keys()
    systems = {path: resource for path, resource in tree.of("ComputerSystem") if not _is_virtual(resource)}
    stated = Counter(known for box in drafts.values() for known in box.identifiers)
    tenants: dict[str | None, list[str]] = defaultdict(list)
    cards: dict[str, Draft] = {}
    for path in sorted(systems.keys() | named):
        box = _box_of(tree, path, held, drafts)
        if not _is_dpu(path, systems.get(path, {})):
            tenants[box].append(path)
        elif path in systems:
            named_boxes = (at for at in links(systems[path], "Chassis") if at in drafts)
            cards[path] = _system(path, systems[path], Kind.DPU, box or next(named_boxes, None))
        else:
            stands[path] = box
    for box, inside in tenants.items():
        for path in inside:
            if path in systems:
                shared = len(inside) > 1 and box is not None
                kind, holder = (Kind.BOARD, box) if shared else (Kind.CHASSIS, None)
                drafts[path] = _system(path, systems[path], kind, holder)
            if box is None or len(inside) > 1:
                continue
            stands[path] = box
            if path in drafts and drafts[path].kind is Kind.CHASSIS:
                drafts[box] = _occupied(drafts[box], drafts.pop(path), stated)
    drafts.update(cards)


def _is_virtual(system: Resource) -> bool:
    return system.get("SystemType") in _VIRTUAL


def _is_dpu(path: str, system: Resource) -> bool:
    """Whether a system is a card's own; one that is only linked is known by the name in its path."""
    return system.get("SystemType") == "DPU" if system else _DPU.search(path.rpartition("/")[2]) is not None


def _system(path: str, resource: Resource, kind: Kind, box: str | None) -> Draft:
    known = (
        *identifier(Scheme.SYSTEM_UUID, resource.get("UUID")),
        *identifier(Scheme.ASSET_TAG, resource.get("AssetTag")),
    )
    return draft(path, resource, kind, box, *known)


def _occupied(box: Draft, system: Draft, stated: Mapping[Identifier, int]) -> Draft:
    """Give the box with its system: of two serials the first that is no placeholder, the system's before the box's.

    A serial that the system only repeats is not the box's: another chassis (a module) states it in the same scope.
    `stated` counts what all chassis state.
    """
    named = [i for i in system.identifiers if i.scheme is Scheme.SERIAL]
    serials = [i for i in named if stated.get(i, 0) <= box.identifiers.count(i)]
    serials += [i for i in box.identifiers if i.scheme is Scheme.SERIAL]
    chosen = next((i for i in serials if serial(i.value)), next(iter(serials), None))
    others = (i for one in (box, system) for i in one.identifiers if i.scheme is not Scheme.SERIAL)
    described = box.facts if chosen is None or chosen in box.identifiers else system.facts
    return replace(box, identifiers=(*(() if chosen is None else (chosen,)), *others), facts=described)


def _box_of(tree: Tree, path: str, held: Mapping[str, str | None], drafts: Mapping[str, Draft]) -> str | None:
    """Give the outermost chassis that the system and its chassis agree to be its own; None where that is not one."""
    system = tree.resources.get(path, {})
    stated = (*tree.named_by(path, "ComputerSystems"), *links(system, "Chassis"))
    own = {at for at in stated if at in drafts and drafts[at].kind is not Kind.RACK}
    outer = {at for at in own if not any(above in own for above in _above(at, held, drafts))}
    outer = {at for at in outer if drafts[at].kind is Kind.CHASSIS} or outer
    if len(outer) != 1:
        return None
    box = outer.pop()
    if drafts[box].kind is not Kind.BOARD or tree.resources[box].get("ChassisType") == "Zone":
        return box
    return next((at for at in _above(box, held, drafts) if drafts[at].kind is Kind.CHASSIS), box)


def _above(path: str, held: Mapping[str, str | None], drafts: Mapping[str, Draft]) -> Iterator[str]:
    """Give what holds a chassis, innermost first; links that lead in circles end after MAX_LEVELS."""
    at = drafts[path].holder
    for _ in range(MAX_LEVELS):
        if at is None or at == path:
            return
        if at in drafts:
            yield at
        at = held.get(at)


def place(resource: Resource) -> str | None:
    """Give the place that a resource states: its address and placement, outermost first; None where all are blank."""
    location = resource.get("Location")
    words = [_word(member(location, "PostalAddress", key)) for key in _ADDRESS]
    words += [_word(member(location, "Placement", key)) for key in _PLACEMENT]
    unit = member(location, "Placement", "RackOffset")
    if any(words) and isinstance(unit, int) and not isinstance(unit, bool):
        words.append(f"U{unit}")
    return name("/".join(word for word in words if word))


def _word(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)
