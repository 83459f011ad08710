"""Our own formats: report, heartbeat, facility report."""

import json
from typing import Any

import pytest

from schemas import formats
from schemas.errors import Rejected
from schemas.formats import facility, holdfast_heartbeat, holdfast_report
from schemas.report import Format, Heartbeat, Message, Report
from schemas.words import Kind, Scheme

ITEMS: list[dict[str, Any]] = [
    {"slot": "chassis", "kind": "chassis", "place": "KUL1/C07", "facts": {"model": "AI 8U", "firmware": "1.2"}},
    {
        "slot": "bay/3",
        "kind": "drive",
        "within": "chassis",
        "identifiers": [
            {"scheme": "wwn", "value": "eui.0025385b11b2f1c3"},
            {"scheme": "serial", "scope": "Samsung", "value": "S64FNE0R509973"},
            {"scheme": "wwn", "value": "eui.0025385b11b2f1c3"},
        ],
        "facts": {"capacity_bytes": 7_681_501_126_656},
    },
]


def decoded(body: object, ce_type: str) -> Report:
    found = formats.decode(Message(json.dumps(body).encode()), ce_type)
    assert isinstance(found, Report)
    return found


def test_a_report_keeps_what_an_inventory_holds() -> None:
    found = decoded({"scope": "node", "complete_for": ["drive"], "items": ITEMS}, holdfast_report.TYPE)
    drive, chassis = found.inventory.items
    assert found.scope == "node"
    assert (drive.slot, drive.kind, drive.within) == ("bay/3", Kind.DRIVE, "chassis")
    assert [known.scheme for known in drive.identifiers] == [Scheme.SERIAL, Scheme.WWN]
    assert drive.facts == (("capacity_bytes", "7681501126656"),)
    assert chassis.place == "KUL1/C07"
    assert chassis.facts == (("model", "AI 8U"),)


def test_order_and_spelling_change_no_digest() -> None:
    one = {"scope": "node", "complete_for": ["drive", "gpu"], "items": ITEMS}
    other = {"items": ITEMS[::-1], "complete_for": ["gpu", "drive"], "scope": "node"}
    digests = {decoded(body, holdfast_report.TYPE).inventory.digest() for body in (one, other)}
    assert len(digests) == 1


def test_a_heartbeat_names_a_digest() -> None:
    body = json.dumps({"scope": "node", "digest": "AB" * 32}).encode()
    assert formats.decode(Message(body), holdfast_heartbeat.TYPE) == Heartbeat("node", b"\xab" * 32)


@pytest.mark.parametrize("digest", ["", "ab", "g" * 64, "ab" * 33, 7, None])
def test_a_heartbeat_without_a_digest_is_refused(digest: object) -> None:
    with pytest.raises(Rejected) as caught:
        formats.decode(Message(json.dumps({"scope": "node", "digest": digest}).encode()), holdfast_heartbeat.TYPE)
    assert caught.value.code == "not_a_report"


def test_a_facility_report_keeps_what_is_seen_and_no_reading() -> None:
    port = {"slot": "port/7", "sees": {"kind": "nic", "identifiers": [{"scheme": "mac", "value": "7c:c2:55:90:51:3a"}]}}
    load = {"slot": "outlet/A13", "reads": "power", "readings": {"watts": 812.5, "phases": [1, None]}}
    found = decoded({"scope": "ports", "observations": [port, load]}, facility.TYPE)
    outlet, seen = found.inventory.items
    assert (seen.slot, seen.kind, seen.identifiers[0].value) == ("port/7", Kind.NIC, "7c:c2:55:90:51:3a")
    assert (outlet.slot, outlet.kind, outlet.identifiers) == ("outlet/A13", Kind.PSU, ())
    assert b"812" not in found.inventory.canonical()


def test_an_observation_that_says_nothing_is_refused() -> None:
    with pytest.raises(Rejected, match="neither") as caught:
        decoded({"scope": "ports", "observations": [{"slot": "port/7"}]}, facility.TYPE)
    assert caught.value.code == "not_a_report"


@pytest.mark.parametrize("known", formats.FORMATS, ids=lambda known: known.type)
def test_each_format_is_found_by_its_type(known: Format) -> None:
    assert formats.by_type(known.type) is known
    assert known.interval_s > 0
    assert not known.detect(b"")
    assert not known.detect(b"\xff\xfe nothing")
    assert known.event_time(b"nothing") is None
    assert known.source(b"nothing") is None


@pytest.mark.parametrize(
    ("body", "ce_type"),
    [
        ({"scope": "node", "items": ITEMS}, holdfast_report.TYPE),
        ({"scope": "node", "digest": "ab" * 32}, holdfast_heartbeat.TYPE),
        ({"scope": "ports", "observations": []}, facility.TYPE),
    ],
)
def test_our_own_bytes_are_recognised(body: object, ce_type: str) -> None:
    found = formats.detect(json.dumps(body).encode())
    assert found is not None
    assert found.type == ce_type
