"""`nvidia-smi -q -x`: the GPUs of one node, and the tray and rack that they say they are in.

The tool speaks of its own maker's things only, so the maker in the scope of serials is NVIDIA. A GPU's serial is
scoped by the part number that a BMC states for it too (`gpu_part_number`), else by its board's.
Where the platform states a slot or a tray of the chassis, the chassis is the rack that holds the trays (GB200, GB300
NVL72), and the node's tray stands in that slot; without either it is the chassis that holds the GPUs. A rack or chassis
whose serial is absent or a placeholder is no item.

The tray has no identifier here: it is a container without a name, known by this source and slot alone. It says that the
GPUs are together in that slot of that rack, and not which tray holds them: that says whoever names one (an agent, a
BMC), and the two do not disagree (decision 0004). Its slot is that of the rack: another one is another sighting.
Where some GPUs' platform could not be read whole, what the node's others say, if they all say the same, holds for them
too: the document is of one node.
"""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from schemas import placeholders
from schemas.envelope import millis
from schemas.errors import Rejected
from schemas.formats import _json, _xml
from schemas.formats._stated import facts, identifier, name, scope, text
from schemas.inventory import Identifier, Item, inventory
from schemas.report import Format, Message, Report
from schemas.words import Kind, Scheme, SourceClass

TYPE = "io.holdfast.nvidia-smi.v1"
SCOPE = "nvidia-smi"
MAKER = "NVIDIA"
_ROOT = "nvidia_smi_log"

# The tool's own words for "there is no such value" and for "it could not be read"; never an identifier.
_ABSENT = re.compile(
    r"\[?(N/A|Not Supported|Not Found|Not Available|None|Requested functionality has been deprecated|Unknown Error|"
    r"Insufficient Permissions|GPU is lost|GPU requires reset|GPU access blocked by the operating system|"
    r"ERR!|Error|Failed|Unknown)\]?",
    re.IGNORECASE,
)
_LOST = frozenset({"gpu is lost", "gpu requires reset", "unknown error", "err!", "[unknown error]"})
_BUS_ID = re.compile(r"(?:([0-9a-fA-F]{1,8}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\.([0-7])")


def decode(message: Message) -> Report:
    """Read GPUs by PCI address.

    Complete for GPUs where as many are listed as are attached and all could be read; one that could not be read is
    left out. Pure. Raises `Rejected`.
    """
    root = _root(message.value)
    gpus = root.findall("gpu")
    if not gpus:
        raise Rejected("no_items", "nvidia-smi lists no GPU")
    readable = [gpu for gpu in gpus if not _lost(gpu)]
    attached = _stated(root, "attached_gpus")
    complete = len(readable) == len(gpus) and attached == str(len(gpus))
    return Report(SCOPE, inventory(_items(readable), (Kind.GPU,) if complete else ()))


def gpu_items(body: bytes) -> tuple[Item, ...]:
    """Give the items alone, for a report that has more than GPUs. Pure. Raises `Rejected`."""
    return tuple(_items([gpu for gpu in _root(body).findall("gpu") if not _lost(gpu)]))


def _root(body: bytes) -> Element:
    root = _xml.load(_json.sized(body))
    if root.tag != _ROOT:
        raise Rejected("not_a_report", f"the document is <{root.tag[:40]}>, not <{_ROOT}>: send `nvidia-smi -q -x`")
    return root


_Stands = tuple[str | None, str | None]  # serial of the chassis, slot of the tray in it


def _items(gpus: list[Element]) -> Iterator[Item]:
    stated = [_platform(gpu) for gpu in gpus]
    whole = {stands for stands in stated if None not in stands}
    held = [_completed(stands, whole) for stands in stated]
    holders, boxes = _boxes(set(held))
    yield from boxes
    for gpu, stands in zip(gpus, held, strict=True):
        part = _stated(gpu, "gpu_part_number") or _stated(gpu, "board_part_number")
        identifiers: tuple[Identifier, ...] = (
            *identifier(Scheme.GPU_UUID, _stated(gpu, "uuid")),
            *identifier(Scheme.SERIAL, _stated(gpu, "serial"), scope(MAKER, part)),
            *identifier(Scheme.MODULE_SERIAL, _stated(gpu, "module_serial"), MAKER),
        )
        described = facts(manufacturer=MAKER, model=_stated(gpu, "product_name"), part_number=part)
        yield Item(_slot(gpu), Kind.GPU, holders.get(stands), identifiers, None, described)


def _platform(gpu: Element) -> _Stands:
    """Give where a GPU says that it is; a serial that is a placeholder is none. A slot may hold several nodes."""
    platform = gpu.find("platformInfo")
    if platform is None:
        return None, None
    serial = _stated(platform, "chassis_serial_number")
    slot, index = name(_stated(platform, "slot_number")), name(_stated(platform, "tray_index"))
    tray = f"slot/{slot[:64]}" if slot is not None else f"tray/{index[:64]}" if index is not None else None
    host = name(_stated(platform, "host_id")) if tray is not None else None
    tray = f"{tray}/host/{host[:64]}" if host is not None else tray
    return serial if serial is not None and placeholders.serial(serial) else None, tray


def _completed(stands: _Stands, whole: set[_Stands]) -> _Stands:
    """Give what the node's others all say, where it contradicts nothing that this GPU says itself."""
    if None not in stands or len(whole) != 1:
        return stands
    (others,) = whole
    return others if all(own in (None, other) for own, other in zip(stands, others, strict=True)) else stands


def _boxes(stands: set[_Stands]) -> tuple[Mapping[_Stands, str], list[Item]]:
    """Give the slot of what holds the GPUs that stand so, and the racks, chassis and trays, in no order of the GPUs.

    Of several that would bear one name, all but the first by serial are numbered.
    """
    holders: dict[_Stands, str] = {}
    items: dict[str, Item] = {}
    racks: dict[str, str] = {}
    for serial, tray in sorted(stands, key=lambda one: (one[0] or "", one[1] or "")):
        if serial is None and tray is None:
            continue
        rack = None
        if serial is not None:
            kind = Kind.CHASSIS if tray is None else Kind.RACK
            rack = racks.get(f"{kind} {serial}") or _free(kind.value, items)
            racks[f"{kind} {serial}"] = rack
            items[rack] = Item(rack, kind, None, tuple(identifier(Scheme.SERIAL, serial, MAKER)))
        if tray is not None:
            slot = _free(tray, items)
            items[slot] = Item(slot, Kind.CHASSIS, rack)
            holders[serial, tray] = slot
        elif rack is not None:
            holders[serial, tray] = rack
    return holders, list(items.values())


def _free(slot: str, taken: Mapping[str, Item]) -> str:
    numbers = (slot if number == 1 else f"{slot}#{number}" for number in range(1, len(taken) + 2))
    return next(one for one in numbers if one not in taken)


def _slot(gpu: Element) -> str:
    stated = text(gpu.get("id")) or _stated(gpu, "pci/pci_bus_id") or ""
    address = _BUS_ID.fullmatch(stated)
    if address is None:
        raise Rejected("not_a_report", f"a GPU has no PCI bus id that can be read: {stated[:40]!r}")
    domain, bus, device, function = address.groups()
    return f"pci/{int(domain or '0', 16):04x}:{int(bus, 16):02x}:{int(device, 16):02x}.{function}"


def _stated(parent: Element, path: str) -> str | None:
    value = text(parent.findtext(path))
    return None if value is None or _ABSENT.fullmatch(value) else value


def _lost(gpu: Element) -> bool:
    """Whether the GPU could not be read: its identifiers are an error's words."""
    words = {(text(gpu.findtext(path)) or "").lower() for path in ("uuid", "serial")}
    return bool(words & _LOST) and _stated(gpu, "uuid") is None


def event_time(body: bytes) -> int | None:
    """Give the document's time, if it has a zone (the tool's own has none)."""
    try:
        stamp = text(_root(body).findtext("timestamp"))
    except Rejected:
        return None
    return millis(stamp) if stamp is not None else None


def detect(body: bytes) -> bool:
    """Whether bytes look like the tool's output."""
    return b"<" + _ROOT.encode() in body[:4096]


def source(body: bytes) -> str | None:
    """Name the node by its first GPU in PCI order: the document does not name it."""
    try:
        gpus = sorted((_slot(gpu), _stated(gpu, "uuid")) for gpu in _root(body).findall("gpu") if _stated(gpu, "uuid"))
    except Rejected:
        return None
    first = name(gpus[0][1]) if gpus else None
    return f"nvidia-smi/{first}" if first is not None and len(first) < 128 else None  # noqa: PLR2004 - fits a name


FORMAT = Format(
    type=TYPE,
    title="nvidia-smi -q -x",
    content_types=("application/xml", "text/xml"),
    source_class=SourceClass.IN_BAND,
    interval_s=300,
    decode=decode,
    detect=detect,
    event_time=event_time,
    source=source,
)
