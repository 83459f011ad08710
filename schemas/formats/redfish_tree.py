"""A crawled Redfish tree, or any part of one, of any maker: one message, one scope."""

from collections.abc import Iterable
from typing import Any

import orjson

from schemas.envelope import millis
from schemas.errors import Rejected
from schemas.formats import _json
from schemas.formats._stated import name, text
from schemas.formats.redfish.chassis import boxes, holders, merged
from schemas.formats.redfish.complete import complete_for
from schemas.formats.redfish.drafts import items
from schemas.formats.redfish.parts import parts
from schemas.formats.redfish.tree import ROOT, Tree, grow, links
from schemas.inventory import inventory
from schemas.report import Format, Message, Report
from schemas.words import Kind, Scheme, SourceClass

TYPE = "io.holdfast.redfish.tree.v1"
SCOPE = "redfish"


def decode(message: Message) -> Report:
    """Read chassis, systems and parts. Pure. Raises `Rejected`, with `no_items` where the tree shows no thing."""
    tree = grow(_json.load(message.value))
    if not tree.resources:
        raise Rejected("not_a_report", "there is no Redfish resource in the body: send an object of path → resource")
    processors = merged(tree)
    held = holders(tree)
    drafts, stands = boxes(tree, processors, held)
    drafts.update((part.path, part) for part in parts(tree, processors, held))
    for path, _ in tree.of("Manager"):
        stands.setdefault(path, _box_of_manager(tree, path))
    return Report(SCOPE, inventory(items(drafts, stands), complete_for(tree)))


def _box_of_manager(tree: Tree, path: str) -> str | None:
    """Give the chassis that a manager says it is in, or that says so; else the one that it manages."""
    manager = tree.resources[path]
    for stated in (links(manager, "ManagerInChassis"), links(manager, "ManagerForChassis")):
        inside = [at for at in stated if at in tree.resources]
        if len(inside) == 1:
            return inside[0]
    naming = tree.named_by(path, "ManagersInChassis")
    return naming[0] if len(naming) == 1 else None


def gather(bodies: Iterable[bytes]) -> bytes:
    """Make one message of the resources that a crawler stored one by one. Raises `Rejected` for one that is not JSON.

    Resources that state no path are left out; of two with one path the first goes.
    """
    resources: dict[str, Any] = {}
    for body in bodies:
        for path, resource in grow(_json.load(body)).resources.items():
            resources.setdefault(path, resource)
    return orjson.dumps(resources, option=orjson.OPT_SORT_KEYS)


def event_time(body: bytes) -> int | None:
    """Give the latest time that a manager in the tree states with its zone."""
    times = [
        at
        for _, manager in grow(_json.peek(body)).of("Manager")
        if (stated := text(manager.get("DateTime"))) is not None and (at := millis(stated)) is not None
    ]
    return max(times, default=None)


def detect(body: bytes) -> bool:
    """Whether bytes look like Redfish resources."""
    return b"@odata." in body and bool(grow(_json.peek(body)).resources)


def source(body: bytes) -> str | None:
    """Name the service by its own UUID, else by the first identifier of its first box."""
    stated = [grow(_json.peek(body)).resources.get(ROOT, {}).get("UUID")]
    try:
        seen = decode(Message(body)).inventory.items
    except Rejected:
        seen = ()
    boxes_first = sorted(seen, key=lambda item: item.kind is not Kind.CHASSIS)
    for scheme in (Scheme.SYSTEM_UUID, Scheme.SERIAL):
        stated += [known.value for item in boxes_first for known in item.identifiers if known.scheme is scheme]
    named = (f"redfish/{word}" for word in map(name, stated) if word is not None)
    return next((word for word in named if name(word) is not None), None)


FORMAT = Format(
    type=TYPE,
    title="Crawled Redfish tree",
    content_types=("application/json",),
    source_class=SourceClass.OUT_OF_BAND,
    interval_s=300,
    decode=decode,
    detect=detect,
    event_time=event_time,
    source=source,
)
