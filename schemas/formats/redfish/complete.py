"""What a part of a tree is complete for: kinds of which every collection that is linked is in it, whole. Pure.

A BMC knows a system's parts from its firmware, once that has run: while a system is off, or on its way, what is below
it is complete for nothing.
"""

from collections.abc import Iterator

from schemas.formats._stated import member
from schemas.formats.redfish.tree import ROOT, Resource, Tree, links
from schemas.words import Kind

# For each kind: in the resources of which top collection, along which links, its parts stand; and whether at least
# one of the resources must have the way: a service that shows no storage at all does not say that there is none.
_WAYS: dict[Kind, tuple[tuple[str, tuple[str, ...], bool], ...]] = {
    Kind.CHASSIS: (("Chassis", (), True), ("Systems", (), True)),
    Kind.BOARD: (("Chassis", (), True), ("Systems", (), True)),
    Kind.RACK: (("Chassis", (), True),),
    Kind.POWER_SHELF: (("Chassis", (), True),),
    Kind.CPU: (("Systems", ("Processors",), True),),
    Kind.GPU: (("Systems", ("Processors",), True),),
    Kind.DRIVE: (("Systems", ("Storage", "Drives"), True), ("Chassis", ("Drives",), False)),
    Kind.PSU: (("Chassis", ("PowerSubsystem|Power", "PowerSupplies"), True),),
    Kind.NIC: (
        ("Chassis", ("NetworkAdapters",), False),
        ("Systems", ("NetworkAdapters",), False),
        ("Systems", ("EthernetInterfaces",), True),
        ("Managers", ("EthernetInterfaces",), True),
    ),
}

_NOT_ON = frozenset({"Off", "PoweringOn", "PoweringOff", "Paused"})
_STARTING = frozenset(  # of BootProgress: the firmware has not found all devices
    {
        "PrimaryProcessorInitializationStarted",
        "BusInitializationStarted",
        "MemoryInitializationStarted",
        "SecondaryProcessorInitializationStarted",
        "PCIResourceConfigStarted",
    }
)


def complete_for(tree: Tree) -> frozenset[Kind]:
    """Give the kinds whose whole collections are in the tree, each with all its members."""
    return frozenset(kind for kind, ways in _WAYS.items() if all(_whole(tree, *way) for way in ways))


def _whole(tree: Tree, top: str, steps: tuple[str, ...], must: bool) -> bool:
    members = _members(tree, f"{ROOT}/{top}")
    if members is None or (
        must and steps and not any(name in resource for resource in members for name in steps[0].split("|"))
    ):
        return False
    if steps and top == "Systems" and not all(_runs(resource) for resource in members):
        return False
    return all(_along(tree, resource, steps) for resource in members)


def _runs(system: Resource) -> bool:
    return system.get("PowerState") not in _NOT_ON and member(system, "BootProgress", "LastState") not in _STARTING


def _along(tree: Tree, resource: Resource, steps: tuple[str, ...]) -> bool:
    """Whether all that the links lead to is in the tree. A link that is not there leads to nothing."""
    if not steps:
        return True
    return all(_reached(tree, path, steps[1:]) for path in _own(resource, steps[0]))


def _own(resource: Resource, name: str) -> tuple[str, ...]:
    return links({one: resource.get(one) for one in name.split("|")}, *name.split("|"))


def _reached(tree: Tree, path: str, steps: tuple[str, ...]) -> bool:
    resource = tree.resources.get(path)
    if resource is None:
        return False
    if "Members" not in resource:
        return _along(tree, resource, steps)
    members = _members(tree, path)
    return members is not None and all(_along(tree, one, steps) for one in members)


def _members(tree: Tree, path: str) -> list[Resource] | None:
    """Give the members of a collection, None where it or one of them is missing or it goes on elsewhere."""
    collection = tree.resources.get(path)
    if collection is None or not isinstance(collection.get("Members"), list):
        return None
    paths = _own(collection, "Members")
    count = collection.get("Members@odata.count", len(paths))
    if count != len(paths) or any(key.endswith("nextLink") for key in collection):
        return None
    found = list(_resources(tree, paths))
    return found if len(found) == len(paths) else None


def _resources(tree: Tree, paths: tuple[str, ...]) -> Iterator[Resource]:
    return (tree.resources[path] for path in paths if path in tree.resources)
