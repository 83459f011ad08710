"""The parts of a tree: processors, drives, cards, switches, power supplies. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.formats._stated import identifier, member, text
from schemas.formats.redfish.drafts import Draft, draft
from schemas.formats.redfish.tree import PARTS, ROOT, Resource, Tree, links, parents
from schemas.inventory import Identifier
from schemas.words import Kind, Scheme

_PROCESSORS: Mapping[str, Kind] = {"GPU": Kind.GPU, "CPU": Kind.CPU}
_DURABLE = frozenset({"NAA", "EUI", "NGUID", "FC_WWN"})
_HOLDERS = ("Chassis", "ComputerSystem", "Manager")
_HOLDER = re.compile(ROOT + r"/(Systems|Managers)/[^/#]+")  # it may be named without being in the message
_CARD_FUNCTIONS = ("NetworkDeviceFunction", "Port", "NetworkPort", "EthernetInterface")


def parts(tree: Tree, merged: Mapping[str, str], held: Mapping[str, str | None]) -> Iterator[Draft]:
    """Give the drafts of all parts. `merged` are components that are one processor: their holder is the processor's."""
    yield from _processors(tree, merged, held)
    yield from _drives(tree)
    yield from _cards(tree)
    yield from _supplies(tree)
    for path, resource in tree.of("Switch"):
        yield draft(path, resource, Kind.SWITCH, _holder(tree, path, resource))


def _holder(tree: Tree, path: str, resource: Resource) -> str | None:
    """Give the path of what holds a part: the chassis that it names or that names it, else what its path is below."""
    for stated in links(resource, "Chassis"):
        if stated in tree.resources:
            return stated
    naming = tree.named_by(path, *PARTS)
    if len(naming) == 1:
        return naming[0]
    for above in parents(path):
        if _HOLDER.fullmatch(above) or tree.is_a(above, *_HOLDERS):
            return above
        enclosures = links(tree.resources.get(above, {}), "Enclosures")
        if len(enclosures) == 1 and enclosures[0] in tree.resources:
            return enclosures[0]
    return None


def _processors(tree: Tree, merged: Mapping[str, str], held: Mapping[str, str | None]) -> Iterator[Draft]:
    """CPUs and GPUs; other processors, cores and functions are no kind of thing that is known."""
    boxes = {processor: box for box, processor in merged.items()}
    for path, resource in tree.of("Processor"):
        kind = _PROCESSORS.get(str(resource.get("ProcessorType")))
        if kind is None:
            continue
        scheme = identifier(Scheme.GPU_UUID, resource.get("UUID")) if kind is Kind.GPU else ()
        holder = held[boxes[path]] if path in boxes else _holder(tree, path, resource)
        yield draft(path, resource, kind, holder, *scheme)


def _drives(tree: Tree) -> Iterator[Draft]:
    for path, resource in tree.of("Drive", "HpeSmartStorageDiskDrive"):
        names = [
            found
            for stated in _list(resource.get("Identifiers"))
            if member(stated, "DurableNameFormat") in _DURABLE
            for found in identifier(Scheme.WWN, member(stated, "DurableName"))
        ]
        yield draft(path, resource, Kind.DRIVE, _holder(tree, path, resource), *names)


def _supplies(tree: Tree) -> Iterator[Draft]:
    """Power supplies. A chassis that has a power subsystem lists in its old `Power` resource the same ones again."""
    found = list(tree.of("PowerSupply"))
    modern = {_power_of(path)[0] for path, _ in found if not _power_of(path)[1]}
    for path, resource in found:
        box, old = _power_of(path)
        if not old or box not in modern:
            yield draft(path, resource, Kind.PSU, _holder(tree, path, resource))


def _power_of(path: str) -> tuple[str, bool]:
    """Give what a power supply's path is below, and whether it stands in an old `Power` resource."""
    box, old, _ = path.partition("/Power#")
    if not old:
        box, old, _ = path.partition("/Power/")
    return (box, True) if old else (path.partition("/PowerSubsystem/")[0], False)


def _cards(tree: Tree) -> Iterator[Draft]:
    """Network cards with all their MACs, and the ports that a system or manager has of its own."""
    taken: set[str] = set()
    spare: list[tuple[str, Resource, str]] = []
    behind: dict[str, list[str]] = {}
    cards = dict(tree.of("NetworkAdapter", "HpeBaseNetworkAdapter"))
    for path, resource in tree.of("EthernetInterface"):
        mac = text(resource.get("PermanentMACAddress")) or text(resource.get("MACAddress"))
        if mac is None or _virtual(path, resource):
            continue
        functions = links(resource, "NetworkDeviceFunctions", "NetworkDeviceFunction")
        card = next((at for one in (*functions, path) for at in parents(one) if at in cards), None)
        if card is not None:
            behind.setdefault(card, []).append(mac)
        else:
            spare.append((path, resource, mac))
    for path, resource in cards.items():
        macs = {_plain(mac): mac for mac in reversed([*_macs(tree, path, resource), *behind.get(path, ())])}
        taken |= macs.keys()
        yield draft(path, resource, Kind.NIC, _holder(tree, path, resource), *_named(macs.values()))
    for path, resource, mac in sorted(spare, key=lambda one: member(one[1], "VLAN", "VLANEnable") is True):
        if _plain(mac) not in taken:
            taken.add(_plain(mac))
            yield draft(path, resource, Kind.NIC, _holder(tree, path, resource), *_named([mac]))


def _named(macs: Any) -> Iterator[Identifier]:  # noqa: ANN401 - any iterable of texts
    for mac in macs:
        yield from identifier(Scheme.MAC, mac)


def _virtual(path: str, resource: Resource) -> bool:
    """Whether an interface is no port: the software's own, or the link between a host and its manager."""
    return (
        resource.get("EthernetInterfaceType") == "Virtual"
        or bool(links(resource, "HostInterface"))
        or "/HostInterfaces/" in path
    )


def _macs(tree: Tree, path: str, card: Resource) -> Iterator[str]:
    for port in _list(card.get("PhysicalPorts")):
        yield from _texts(member(port, "MacAddress"))
    for at, resource in tree.under(path):
        if tree.is_a(at, *_CARD_FUNCTIONS):
            ethernet = resource.get("Ethernet")
            yield from _texts(member(ethernet, "PermanentMACAddress") or member(ethernet, "MACAddress"))
            yield from _texts(member(ethernet, "AssociatedMACAddresses"))
            if resource.get("ActiveLinkTechnology", "Ethernet") == "Ethernet":
                yield from _texts(resource.get("AssociatedNetworkAddresses"))


def _texts(value: object) -> Iterator[str]:
    yield from (stated for one in _list(value) if (stated := text(one)) is not None)


def _plain(mac: str) -> str:
    return re.sub(r"[^0-9a-f]", "", mac.lower()) or mac


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
