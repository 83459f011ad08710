"""Items in the making: known by the path of their resource until all slots are known. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from schemas.formats._stated import facts, identifier, member, name, scope
from schemas.formats.redfish.tree import ROOT, Resource
from schemas.inventory import MAX_NAME, Identifier, Item
from schemas.placeholders import serial
from schemas.words import Kind, Scheme

_DELL = re.compile(r"dell\b", re.IGNORECASE)
_SERVICE_TAG = re.compile(r"[A-Z0-9]{5,7}")
MAX_STANDS = 64  # groups within groups, between a thing and what holds it


@dataclass(frozen=True, slots=True)
class Draft:
    """An item to be. `holder` is the path of the resource that it stands in, as far as the tree says."""

    path: str
    kind: Kind
    slot: str
    holder: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    place: str | None = None
    facts: tuple[tuple[str, str], ...] = ()


def draft(path: str, resource: Resource, kind: Kind, holder: str | None, *more: Identifier) -> Draft:
    """Give the draft of a resource: its serials in their scopes, and what else it is known by."""
    maker, part = resource.get("Manufacturer"), resource.get("PartNumber")
    described = facts(
        manufacturer=maker,
        model=resource.get("Model"),
        part_number=part,
        capacity_bytes=_whole(resource, "CapacityBytes"),
    )
    return Draft(
        path, kind, slot(path, resource, kind, holder), holder, (*_serials(resource, kind), *more), None, described
    )


def _serials(resource: Resource, kind: Kind) -> Iterator[Identifier]:
    """Give the thing's own serial, and its board's where one is stated beside it.

    Dell states a chassis' and a system's own serial, the service tag, as SKU, and the board's as serial and part.
    """
    maker, tag = resource.get("Manufacturer"), resource.get("SKU")
    within = scope(maker, resource.get("PartNumber"))
    tagged = _SERVICE_TAG.fullmatch(name(tag) or "") is not None and serial(str(tag))
    if tagged and kind in (Kind.CHASSIS, Kind.BOARD) and _DELL.match(name(maker) or ""):
        yield from identifier(Scheme.SERIAL, tag, scope(maker, None))
        yield from identifier(Scheme.BOARD_SERIAL, resource.get("SerialNumber"), within)
    else:
        yield from identifier(Scheme.SERIAL, resource.get("SerialNumber"), within)


def _whole(resource: Resource, key: str) -> str | None:
    value = resource.get(key)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def slot(path: str, resource: Resource, kind: Kind, holder: str | None) -> str:
    """Name a slot: the label that is printed on the machine, within its context; else the resource's own path."""
    location = _part_location(resource)
    label = name(member(location, "PartLocation", "ServiceLabel")) or name(resource.get("Socket"))
    if label is not None:
        within = name(member(location, "PartLocationContext")) or (holder or "").rpartition("/")[2]
        made = "/".join(word for word in (kind.value, within, label) if word)
        if len(made) <= MAX_NAME:
            return made
    return _by_path(path, kind)


def _by_path(path: str, kind: Kind) -> str:
    return f"{kind.value}/{path.removeprefix(ROOT).strip('/')}"


def _part_location(resource: Resource) -> Any:  # noqa: ANN401 - a foreign document's member is any value
    for key in ("PhysicalLocation", "Location"):
        stated = resource.get(key)
        for one in stated if isinstance(stated, list) else [stated]:
            if member(one, "PartLocation") is not None:
                return one
    return None


def items(drafts: Mapping[str, Draft], stands: Mapping[str, str | None]) -> Iterator[Item]:
    """Give the items. `stands` leads from the path of a holder that is no item to the one that stands for it.

    A label that several resources claim names none of them: they are known by their paths. Containers that hold
    each other in a circle say nothing.
    """
    labels = Counter(one.slot for one in drafts.values())
    known = {
        path: one if labels[one.slot] == 1 else replace(one, slot=_by_path(path, one.kind))
        for path, one in drafts.items()
    }
    holders = {path: _resolve(one.holder, path, known, stands) for path, one in known.items()}
    circular = _circles(holders)
    for path, one in known.items():
        holder = None if path in circular else holders[path]
        within = known[holder].slot if holder is not None else None
        yield Item(one.slot, one.kind, within, one.identifiers, one.place, one.facts)


def _resolve(
    holder: str | None, path: str, drafts: Mapping[str, Draft], stands: Mapping[str, str | None]
) -> str | None:
    for _ in range(MAX_STANDS):
        if holder is None or holder in drafts:
            break
        holder = stands.get(holder)
    return holder if holder in drafts and holder != path else None


def _circles(holders: Mapping[str, str | None]) -> frozenset[str]:
    """Give what holds itself, by way of others."""
    done: set[str] = set()
    circular: set[str] = set()
    for start in holders:
        way: dict[str, int] = {}
        at: str | None = start
        while at is not None and at not in done and at not in way:
            way[at] = len(way)
            at = holders[at]
        if at is not None and at in way:
            circular.update(path for path, step in way.items() if step >= way[at])
        done.update(way)
    return frozenset(circular)
