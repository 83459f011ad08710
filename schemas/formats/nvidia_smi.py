"""`nvidia-smi -q -x`: the GPUs of one node, and the tray and rack that they say they are in.

The tool speaks of its own maker's things only, so the maker in the scope of serials is NVIDIA. A GPU's serial is
scoped by the part number that a BMC states for it too (`gpu_part_number`), else by its board's.
Where the platform states a slot of the chassis, the chassis is the rack that holds the trays (GB200, GB300 NVL72),
and the node's tray stands in that slot; without a slot it is the chassis that holds the GPUs.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

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


def _items(gpus: list[Element]) -> Iterator[Item]:
    holders: dict[tuple[str | None, str | None], str] = {}
    for gpu in gpus:
        slot = _slot(gpu)
        platform = gpu.find("platformInfo")
        within = None
        if platform is not None:
            serial, tray = _stated(platform, "chassis_serial_number"), _tray(platform)
            if (serial, tray) in holders:
                within = holders[serial, tray]
            else:
                boxes = list(_boxes(serial, tray, len(holders)))
                within = boxes[-1].slot if boxes else None
                if within is not None:
                    holders[serial, tray] = within
                yield from boxes
        part = _stated(gpu, "gpu_part_number") or _stated(gpu, "board_part_number")
        identifiers: tuple[Identifier, ...] = (
            *identifier(Scheme.GPU_UUID, _stated(gpu, "uuid")),
            *identifier(Scheme.SERIAL, _stated(gpu, "serial"), scope(MAKER, part)),
            *identifier(Scheme.MODULE_SERIAL, _stated(gpu, "module_serial"), MAKER),
        )
        model = _stated(gpu, "product_name")
        yield Item(slot, Kind.GPU, within, identifiers, None, facts(manufacturer=MAKER, model=model, part_number=part))


def _boxes(serial: str | None, tray: str | None, others: int) -> Iterator[Item]:
    """Give the rack (or chassis) and the tray, outermost first; of several that are stated, later ones are numbered."""
    number = f"#{others + 1}" if others else ""
    named = tuple(identifier(Scheme.SERIAL, serial, MAKER))
    if tray is None:
        if named:
            yield Item(f"chassis{number}", Kind.CHASSIS, None, named)
        return
    rack = None
    if named:
        rack = f"rack{number}"
        yield Item(rack, Kind.RACK, None, named)
    yield Item(f"{tray}{number}", Kind.CHASSIS, rack)


def _tray(platform: Element) -> str | None:
    """Give the slot of the node's tray in the rack; a slot may hold several nodes."""
    slot, host = name(_stated(platform, "slot_number")), name(_stated(platform, "host_id"))
    if slot is None:
        return None
    return f"slot/{slot[:64]}/host/{host[:64]}" if host is not None else f"slot/{slot[:64]}"


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
