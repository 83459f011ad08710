"""The machine itself: what its firmware says of chassis, system and board (DMI), and its processors. Blocks briefly."""

from deploy.this_machine.files import Files
from schemas import placeholders
from schemas.formats._stated import facts, identifier, scope
from schemas.inventory import Item
from schemas.words import Kind, Scheme

CHASSIS = "chassis"
_DMI = "/sys/class/dmi/id"


def chassis(files: Files, within: str | None) -> Item:
    """Give the machine's chassis: there is one, whatever may be read of it.

    Of the serials of system and chassis the first that is no placeholder is taken, the system's before the chassis':
    most tools call it the machine's serial.
    """
    if not files.path(_DMI).is_dir():
        files.leave_out(
            f"serial, UUID and maker of the machine: there is no {_DMI} here (a container, or no such firmware)"
        )
    vendor, model = _dmi(files, "sys_vendor"), _dmi(files, "product_name")
    serials = [
        (_dmi(files, "product_serial", "the machine's serial"), vendor),
        (_dmi(files, "chassis_serial", "the chassis' serial"), _dmi(files, "chassis_vendor")),
    ]
    stated = [(serial, maker) for serial, maker in serials if serial is not None]
    named = next((one for one in stated if placeholders.serial(one[0])), next(iter(stated), (None, None)))
    board = _dmi(files, "board_serial", "the board's serial")
    identifiers = (
        *identifier(Scheme.SERIAL, named[0], scope(named[1], None)),
        *identifier(Scheme.SYSTEM_UUID, _dmi(files, "product_uuid", "the system's UUID")),
        *identifier(Scheme.BOARD_SERIAL, board, scope(_dmi(files, "board_vendor"), None)),
        *identifier(Scheme.ASSET_TAG, _dmi(files, "chassis_asset_tag")),
    )
    return Item(CHASSIS, Kind.CHASSIS, within, identifiers, None, facts(manufacturer=vendor, model=model))


def _dmi(files: Files, name: str, what: str | None = None) -> str | None:
    return files.text(files.path(f"{_DMI}/{name}"), what)


def processors(files: Files) -> list[Item]:
    """Give the processors by socket; none, and words for it, where the kernel does not tell sockets."""
    models: dict[int, tuple[str | None, str | None]] = {}
    for block in (files.text(files.path("/proc/cpuinfo")) or "").split("\n\n"):
        fields = dict(_field(line) for line in block.splitlines() if ":" in line)
        if "hypervisor" in fields.get("flags", "").split():
            files.leave_out(
                "proof that these parts are real: this is a virtual machine, and shows what its host makes up"
            )
        socket = fields.get("physical id", "")
        if socket.isdecimal():
            models[int(socket)] = (fields.get("vendor_id"), fields.get("model name"))
    if not models:
        for name, path in files.entries("/sys/devices/system/cpu"):
            package = files.text(path / "topology/physical_package_id") if name.startswith("cpu") else None
            if package is not None and package.isdecimal():
                models[int(package)] = (None, None)
    if not models:
        files.leave_out("processors: the kernel does not say which sockets there are")
    return [
        Item(f"socket/{socket}", Kind.CPU, CHASSIS, (), None, facts(manufacturer=maker, model=model))
        for socket, (maker, model) in sorted(models.items())
    ]


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
