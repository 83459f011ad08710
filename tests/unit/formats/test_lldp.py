"""LLDP as lldpd prints it: what is decided about it, each decision in one test."""

import json
from typing import Any

from schemas import formats
from schemas.formats import lldp
from schemas.inventory import Identifier, Item
from schemas.report import Message, Report
from schemas.words import Kind, Scheme, SourceClass


def decoded(body: bytes, ce_type: str) -> Report:
    found = formats.decode(Message(body), ce_type)
    assert isinstance(found, Report)
    return found


def neighbour(port: dict[str, str], *abilities: str) -> dict[str, Any]:
    capability = [{"type": one, "enabled": True} for one in abilities]
    return {
        "chassis": {"node-7": {"id": {"type": "mac", "value": "7c:c2:55:90:51:00"}, "capability": capability}},
        "port": {"id": port},
    }


def seen(neighbours: object) -> tuple[Item, ...]:
    return decoded(json.dumps({"lldp": {"interface": neighbours}}).encode(), lldp.TYPE).inventory.items


def test_a_port_id_that_is_a_mac_is_the_neighbours_card() -> None:
    (item,) = seen({"swp7": neighbour({"type": "mac", "value": "7c:c2:55:90:51:3a"}, "Station")})
    assert (item.slot, item.kind) == ("port/swp7", Kind.NIC)
    assert item.identifiers == (Identifier(Scheme.MAC, "", "7c:c2:55:90:51:3a"),)


def test_a_chassis_id_names_a_box_and_no_card() -> None:
    switch, host = seen(
        [
            {"swp1": neighbour({"type": "ifname", "value": "swp7"}, "Bridge", "Router")},
            {"swp2": neighbour({"type": "ifname", "value": "eth0"}, "Station")},
        ]
    )
    assert (switch.kind, host.kind) == (Kind.SWITCH, Kind.CHASSIS)


def test_two_neighbours_at_one_port_are_both_kept() -> None:
    port = neighbour({"type": "mac", "value": "7c:c2:55:90:51:3a"})
    assert [item.slot for item in seen([{"swp7": port}, {"swp7": port}])] == ["port/swp7", "port/swp7#2"]


def test_rule_8_neighbours_at_one_port_are_numbered_by_what_they_are() -> None:
    ports = [neighbour({"type": "mac", "value": f"7c:c2:55:90:51:3{n}"}) for n in range(3)]
    one = seen([{"swp7": port} for port in ports])
    assert one == seen([{"swp7": port} for port in reversed(ports)])
    assert [item.slot for item in one] == ["port/swp7", "port/swp7#2", "port/swp7#3"]


def test_rule_26_lldp_of_who_knows_whom_senses_nothing_until_somebody_enrols_a_switch() -> None:
    """A host's own lldpd prints the same; what it says is the word of the host."""
    assert lldp.FORMAT.source_class is SourceClass.IN_BAND


def test_json0_lists_everything_and_keyvalue_nothing() -> None:
    json0 = {
        "lldp": [
            {
                "interface": [
                    {
                        "name": "swp7",
                        "chassis": [{"id": [{"type": "mac", "value": "7c:c2:55:90:51:00"}]}],
                        "port": [{"id": [{"type": "mac", "value": "7c:c2:55:90:51:3a"}]}],
                    }
                ]
            }
        ]
    }
    keyvalue = b"lldp.swp7.via=LLDP\nlldp.swp7.chassis.mac=7c:c2:55:90:51:00\nlldp.swp7.port.mac=7c:c2:55:90:51:3a\n"
    one = decoded(json.dumps(json0).encode(), lldp.TYPE)
    assert one == decoded(keyvalue, lldp.TYPE)
    assert formats.detect(keyvalue) is formats.detect(json.dumps(json0).encode()) is lldp.FORMAT
