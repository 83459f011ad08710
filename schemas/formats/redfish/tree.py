"""Part of a Redfish tree: resources by path. Links may lead nowhere; nothing is followed beyond the message. Pure."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.formats._stated import member

Resource = Mapping[str, Any]

ROOT = "/redfish/v1"
MAX_NAMING = 1000  # more chassis than that in one message do not name one thing

# The links of a chassis by which things are looked up.
PARTS = ("Drives", "Processors", "PCIeDevices", "NetworkAdapters", "Switches")
NAMES = ("Contains", "ComputerSystems", "ManagersInChassis", *PARTS)

# Types by path, for resources that do not state theirs.
_TYPES = (
    (re.compile(r"[^#]*/Power(#|/)/?PowerSupplies/[^/#]+"), "PowerSupply"),
    (re.compile(ROOT + r"/Chassis/[^/#]+"), "Chassis"),
    (re.compile(ROOT + r"/Systems/[^/#]+"), "ComputerSystem"),
    (re.compile(ROOT + r"/Managers/[^/#]+"), "Manager"),
    (re.compile(r"[^#]*/Processors/[^/#]+"), "Processor"),
    (re.compile(r"[^#]*/Drives/[^/#]+"), "Drive"),
    (re.compile(r"[^#]*/PowerSupplies/[^/#]+"), "PowerSupply"),
    (re.compile(r"[^#]*/NetworkAdapters/[^/#]+"), "NetworkAdapter"),
    (re.compile(r"[^#]*/EthernetInterfaces/[^/#]+"), "EthernetInterface"),
)


def normal(path: str) -> str:
    """Give one spelling of a resource's path."""
    return path.strip().removesuffix("/index.json").rstrip("/") or "/"


def path_of(resource: object) -> str | None:
    """Give the path that a resource (or a link) states."""
    stated = member(resource, "@odata.id")
    return normal(stated) if isinstance(stated, str) and stated.strip() else None


def type_of(path: str, resource: Resource) -> str:
    """Give a resource's type without its version: what it states, else what its path says, else ""."""
    stated = resource.get("@odata.type")
    if isinstance(stated, str) and stated:
        return stated.rpartition(".")[2].lstrip("#")
    return next((known for pattern, known in _TYPES if pattern.fullmatch(path)), "")


@dataclass(frozen=True, slots=True)
class Tree:
    """Resources by path, in the order of their paths, with what is looked up often.

    `types`: the paths of each type. `naming`: for each kind of link and each path, the chassis that link to it.
    """

    resources: Mapping[str, Resource]
    types: Mapping[str, Mapping[str, Resource]]
    naming: Mapping[str, Mapping[str, tuple[str, ...]]]
    paths: tuple[str, ...]

    def of(self, *types: str) -> Iterator[tuple[str, Resource]]:
        """Give the resources of some types whose slots are not empty."""
        for known in types:
            for path, resource in self.types.get(known, {}).items():
                if not absent(resource):
                    yield path, resource

    def is_a(self, path: str, *types: str) -> bool:
        """Whether the resource at a path is in the message and of one of these types."""
        return any(path in self.types.get(known, {}) for known in types)

    def named_by(self, path: str, *names: str) -> tuple[str, ...]:
        """Give the chassis that link to a path by one of these names, each once."""
        return tuple(
            dict.fromkeys(at for name in names for at in self.naming.get(name, {}).get(path, ()) if at != path)
        )

    def under(self, path: str) -> Iterator[tuple[str, Resource]]:
        """Give what is below a path."""
        for at in self.paths[bisect_left(self.paths, path + "/") :]:
            if not at.startswith(path + "/"):
                return
            yield at, self.resources[at]


def absent(resource: Resource) -> bool:
    """Whether the resource says that its slot is empty."""
    return bool(member(resource, "Status", "State") == "Absent")


def links(resource: object, *names: str) -> tuple[str, ...]:
    """Give the paths that members of these names link to, each once: those under `Links`, then the resource's own."""
    found: dict[str, None] = {}
    for name in names:
        for stated in (member(resource, "Links", name), member(resource, name)):
            for one in stated if isinstance(stated, list) else [stated]:
                path = path_of(one)
                if path is not None:
                    found[path] = None
    return tuple(found)


def parents(path: str) -> Iterator[str]:
    """Give the paths above a path, nearest first."""
    at = path.partition("#")[0] if "#" in path else path.rpartition("/")[0]
    while at and at != ROOT:
        yield at
        at = at.rpartition("/")[0]


def grow(value: object) -> Tree:
    """Gather all resources of a JSON value.

    It may be an object of path → resource, a list of resources, one resource, or collections whose members stand in
    them whole. What states a path and more than a path is a resource; what stands nearest the top goes first.
    """
    found: dict[str, Resource] = {}
    level: list[tuple[str | None, object]] = [(None, value)]
    while level:
        deeper: list[tuple[str | None, object]] = []
        for key, one in level:
            if isinstance(one, Mapping):
                path = path_of(one) or (normal(key) if key is not None and key.startswith("/redfish") else None)
                if path is not None and _stands_alone(path) and any(name != "@odata.id" for name in one):
                    found.setdefault(path, one)
                deeper.extend(one.items())
            elif isinstance(one, list):
                deeper.extend((None, element) for element in one)
        level = deeper
    resources = {path: found[path] for path in sorted(found)}
    types: dict[str, dict[str, Resource]] = {}
    for path, resource in resources.items():
        types.setdefault(type_of(path, resource), {})[path] = resource
    return Tree(resources, types, _naming(types.get("Chassis", {})), tuple(resources))


def _stands_alone(path: str) -> bool:
    """Whether a path is a resource's own: members of resources have none but in the old power resource."""
    return "#" not in path or _TYPES[0][0].fullmatch(path) is not None


def _naming(chassis: Mapping[str, Resource]) -> dict[str, dict[str, tuple[str, ...]]]:
    naming: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in NAMES}
    for path, resource in chassis.items():
        if not absent(resource):
            for name, paths in naming.items():
                for at in links(resource, name):
                    paths[at] = (*paths.get(at, ()), path) if len(paths.get(at, ())) < MAX_NAMING else paths[at]
    return naming
