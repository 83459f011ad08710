"""What each kind of source says of the world as it is now, in our own formats. Pure: the world in, bytes out."""

from collections.abc import Iterable
from typing import Any

import orjson

from loadtests import hardware
from loadtests.hardware import Gpu, Position, Rack, Server
from schemas.formats import holdfast_heartbeat, holdfast_report
from schemas.report import Message, Report

Document = dict[str, Any]

NODE = "node"
REDFISH = "redfish"
PORTS = "ports"
POWER = "power"


def agent(server: Server) -> bytes:
    """Say what the agent on a host sees: its parts, and the place that somebody typed into its configuration."""
    items: list[Document] = [
        {
            "slot": "node",
            "kind": "chassis",
            "identifiers": _chassis(server),
            "place": server.typed_place,
        }
    ]
    items += [_gpu(number, gpu, uuid=True) for number, gpu in _filled(server.gpus)]
    items += [
        {
            "slot": f"bay/{number}",
            "kind": "drive",
            "within": "node",
            "identifiers": [_value("wwn", drive.wwn), _serial(hardware.DRIVE_SCOPE, drive.serial)],
        }
        for number, drive in _filled(server.drives)
    ]
    items += [
        {
            "slot": f"nic/{number}",
            "kind": "nic",
            "within": "node",
            "identifiers": [_value("mac", nic.mac), _serial(hardware.NIC_SCOPE, nic.serial)],
        }
        for number, nic in _filled(server.nics)
    ]
    return orjson.dumps({"scope": NODE, "complete_for": ["drive", "gpu"], "items": items})


def bmc(server: Server, rack: Rack) -> bytes:
    """Say what a BMC sees: the rack that it is plugged into, its chassis, and the GPUs by their serials."""
    items: list[Document] = [
        {"slot": "rack", "kind": "rack", "identifiers": [_serial(hardware.RACK_SCOPE, rack.serial)]},
        {"slot": "node", "kind": "chassis", "within": "rack", "identifiers": _chassis(server)},
    ]
    items += [_gpu(number, gpu, uuid=False) for number, gpu in _filled(server.gpus)]
    return orjson.dumps({"scope": REDFISH, "complete_for": ["gpu"], "items": items})


def rack_manager(rack: Rack) -> bytes:
    """Say what a rack's own controller sees: the rack, its power shelf, and the place that was typed into it."""
    items: list[Document] = [
        {
            "slot": "rack",
            "kind": "rack",
            "identifiers": [_serial(hardware.RACK_SCOPE, rack.serial)],
            "place": rack.typed_place,
        },
        {
            "slot": "shelf",
            "kind": "power_shelf",
            "within": "rack",
            "identifiers": [_serial(hardware.SHELF_SCOPE, rack.shelf_serial)],
        },
    ]
    return orjson.dumps({"scope": REDFISH, "complete_for": ["power_shelf"], "items": items})


def ports(position: Position) -> bytes:
    """Say what the landlord's switch at a position sees at its ports: its uplink, and cards of hosts that run."""
    seen: list[Document] = [{"slot": "port/uplink", "sees": _sees("switch", _value("mac", position.uplink_mac))}]
    for index, server in enumerate(position.rack.servers if position.rack else ()):
        if server.host_on:
            seen += [
                {"slot": port(index, number), "sees": _sees("nic", _value("mac", nic.mac))}
                for number, nic in _filled(server.nics)
            ]
    return orjson.dumps({"scope": PORTS, "observations": seen})


def power(position: Position) -> bytes:
    """Say what the landlord's feed at a position sees: its own strip, and the power shelf of the rack that draws."""
    seen: list[Document] = [{"slot": "strip", "sees": _sees("psu", _serial(hardware.PDU_SCOPE, position.pdu_serial))}]
    if position.rack is not None:
        shelf = _serial(hardware.SHELF_SCOPE, position.rack.shelf_serial)
        seen.append({"slot": "outlet", "sees": _sees("power_shelf", shelf)})
    return orjson.dumps({"scope": POWER, "observations": seen})


def port(index: int, nic: int) -> str:
    """Name of the port that a card of the tray with this index is plugged into."""
    return f"port/{1 + index * hardware.NICS + nic - 1}"


def heartbeat(report: bytes) -> bytes:
    """Give the heartbeat that stands for one of our own reports."""
    stated: Report = holdfast_report.decode(Message(report))
    return orjson.dumps({"scope": stated.scope, "digest": stated.inventory.digest().hex()})


REPORT_TYPE = holdfast_report.TYPE.encode()
HEARTBEAT_TYPE = holdfast_heartbeat.TYPE.encode()


def _filled(slots: Iterable[Any]) -> list[tuple[int, Any]]:
    return [(number, thing) for number, thing in enumerate(slots, 1) if thing is not None]


def _gpu(number: int, gpu: Gpu, *, uuid: bool) -> Document:
    serial = _serial(hardware.GPU_SCOPE, gpu.serial)
    identifiers = [_value("gpu_uuid", gpu.uuid), serial] if uuid else [serial]
    return {"slot": f"gpu/{number}", "kind": "gpu", "within": "node", "identifiers": identifiers}


def _chassis(server: Server) -> list[Document]:
    return [
        _serial(hardware.CHASSIS_SCOPE, server.serial),
        _value("system_uuid", server.system_uuid),
        {"scheme": "board_serial", "scope": hardware.BOARD_SCOPE, "value": server.board_serial},
    ]


def _sees(kind: str, identifier: Document) -> Document:
    return {"kind": kind, "identifiers": [identifier]}


def _value(scheme: str, value: str) -> Document:
    return {"scheme": scheme, "value": value}


def _serial(scope: str, value: str) -> Document:
    return {"scheme": "serial", "scope": scope, "value": value}
