"""LLDP neighbours as lldpd's tools print them: `lldpcli -f json`, `-f json0`, `lldpctl -f keyvalue`.

A port id that is a MAC is the neighbour's network card. Where the port has another id, only the neighbour's
chassis id is left: it names the box (a switch, where it bridges or routes), not the card in it.

Whose neighbours they are does not stand in it: a host's lldpd prints the same as a switch's, and says no more than
where its own port is plugged. So a source that nobody enrolled counts as `in_band`, and senses no place; a switch is
enrolled as `facility`, by those who know that it is one.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from schemas.errors import Rejected
from schemas.formats import _json
from schemas.formats._stated import identifier, member, name, text
from schemas.inventory import Item, inventory
from schemas.report import Format, Message, Report
from schemas.words import Kind, Scheme, SourceClass

TYPE = "io.holdfast.lldp.v1"
SCOPE = "ports"

# lldp.<interface>.<chassis or port>.<member>=<value>; interfaces may hold dots (eth0.100).
_LINE = re.compile(r"lldp\.(?P<port>\S+?)\.(?P<side>chassis|port)\.(?P<member>[\w.-]+?)=(?P<value>.*)")
_LINES = re.compile(rb"^lldp\.\S+=", re.MULTILINE)
_FORWARDS = frozenset({"bridge", "router"})


def decode(message: Message) -> Report:
    """Read neighbours; ports without a usable id are items without identifiers. Pure. Raises `Rejected`.

    Several at one port are numbered by what they are, since the order in which they are listed changes by itself.
    """
    body = _json.sized(message.value)
    ports = _keyvalue(body) if _LINES.search(body[:4096]) else list(_interfaces(_json.load(body)))
    if not ports:
        raise Rejected("not_a_report", "there are no LLDP interfaces in the body: send lldpcli's `-f json` output")
    at: dict[str, list[Item]] = defaultdict(list)
    for port, chassis, remote in ports:
        at[port].append(_item(f"port/{port}", chassis, remote))
    return Report(SCOPE, inventory(item for several in at.values() for item in _numbered(several)))


_Neighbour = tuple[str, Mapping[str, Any], Mapping[str, Any]]


def _interfaces(value: object) -> Iterator[_Neighbour]:
    """Neighbours of lldpcli's JSON: the interfaces are an object, a list of objects of one member, or named objects."""
    for interfaces in _list(member(value[0] if isinstance(value, list) and value else value, "lldp")):
        for interface in _list(member(interfaces, "interface")):
            if not isinstance(interface, Mapping):
                continue
            named = name(interface.get("name"))
            pairs = [(named, interface)] if named else list(interface.items())
            for port, about in pairs:
                for neighbour in _list(about):
                    if isinstance(neighbour, Mapping) and name(port):
                        yield str(name(port)), _chassis(neighbour), _first(neighbour.get("port"))


def _numbered(several: list[Item]) -> Iterator[Item]:
    for number, item in enumerate(sorted(several, key=lambda item: (item.kind, item.identifiers)), 1):
        yield item if number == 1 else replace(item, slot=f"{item.slot}#{number}")


def _chassis(neighbour: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the chassis, which stands under its system name where one is known."""
    chassis = _first(neighbour.get("chassis"))
    if "id" not in chassis and len(chassis) == 1:
        return _first(next(iter(chassis.values())))
    return chassis


def _item(slot: str, chassis: Mapping[str, Any], port: Mapping[str, Any]) -> Item:
    card = _mac(port)
    if card:
        return Item(slot, Kind.NIC, identifiers=tuple(identifier(Scheme.MAC, card)))
    abilities = {
        str(ability.get("type", "")).lower()
        for ability in _list(chassis.get("capability"))
        if isinstance(ability, Mapping) and ability.get("enabled") in (True, "on")
    }
    kind = Kind.SWITCH if abilities & _FORWARDS else Kind.CHASSIS
    return Item(slot, kind, identifiers=tuple(identifier(Scheme.MAC, _mac(chassis))))


def _mac(side: Mapping[str, Any]) -> str | None:
    for stated in _list(side.get("id")):
        if isinstance(stated, Mapping) and stated.get("type") == "mac":
            return text(stated.get("value"))
    return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: object) -> Mapping[str, Any]:
    first = next(iter(_list(value)), None)
    return first if isinstance(first, Mapping) else {}


def _keyvalue(body: bytes) -> list[_Neighbour]:
    try:
        lines = body.decode().splitlines()
    except UnicodeDecodeError as exc:
        raise Rejected("bad_utf8", f"the body is not UTF-8: byte {exc.start} is {body[exc.start]:#04x}") from exc
    ports: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: {"chassis": {}, "port": {}})
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        port = name(found["port"]) if found else None
        if found is None or port is None:
            continue
        side = ports[port][found["side"]]
        if found["member"] == "mac":
            side["id"] = {"type": "mac", "value": found["value"]}
        elif found["member"].endswith(".enabled"):
            ability = {"type": found["member"].removesuffix(".enabled"), "enabled": found["value"]}
            side.setdefault("capability", []).append(ability)
    return [(port, sides["chassis"], sides["port"]) for port, sides in ports.items()]


def detect(body: bytes) -> bool:
    """Whether bytes look like lldpd's output."""
    if _LINES.search(body[:4096]):
        return True
    value = _json.peek(body)
    return any(True for _ in _interfaces(value))


FORMAT = Format(
    type=TYPE,
    title="LLDP neighbours (lldpcli -f json, lldpctl -f keyvalue)",
    content_types=("application/json", "text/plain"),
    source_class=SourceClass.IN_BAND,
    interval_s=300,
    decode=decode,
    detect=detect,
)
