"""Everything that a sender can get wrong has its own short code, and none of it is a crash (issue: "Bad input")."""

import json
import time
from typing import Any

import pytest

from schemas import formats
from schemas.canonical import canonical
from schemas.errors import Rejected
from schemas.formats import facility, holdfast_heartbeat, holdfast_report, lldp, nvidia_smi, redfish_tree
from schemas.formats._json import MAX_BYTES, load
from schemas.inventory import MAX_ITEMS, inventory
from schemas.report import Message, Report
from schemas.words import Kind

JSON_TYPES = (holdfast_report.TYPE, holdfast_heartbeat.TYPE, facility.TYPE, lldp.TYPE, redfish_tree.TYPE)
BOMB = b"".join(
    (
        b'<!DOCTYPE nvidia_smi_log [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
        b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><nvidia_smi_log>&c;</nvidia_smi_log>',
    )
)
REPORT = {"scope": "node", "items": [{"slot": "chassis", "kind": "chassis"}]}


def code_of(body: bytes, ce_type: str = holdfast_report.TYPE) -> str:
    with pytest.raises(Rejected) as caught:
        formats.decode(Message(body), ce_type)
    assert caught.value.words
    assert "\n" not in caught.value.words
    return caught.value.code


def report(**changed: object) -> bytes:
    return json.dumps({**REPORT, **changed}).encode()


def items(*listed: dict[str, Any]) -> bytes:
    return report(items=[{"kind": "chassis", **item} for item in listed])


def decoded(body: bytes, ce_type: str = holdfast_report.TYPE) -> Report:
    found = formats.decode(Message(body), ce_type)
    assert isinstance(found, Report)
    return found


@pytest.mark.parametrize("ce_type", JSON_TYPES)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b'{"scope": "node", "items": [{"slot"', "bad_json"),
        (b"{'scope': 1}", "bad_json"),
        (b'{"a": 1} {"b": 2}', "bad_json"),
        (b"\xef\xbb\xbf{}", "bad_json"),
        (b'{"scope": "\xff\xfe"}', "bad_utf8"),
        (b"\x00\x01\x02", "bad_json"),
        (b'{"a": "\\ud800"}', "bad_json"),
        (b'{"a": "tab\there"}', "bad_json"),
        (b'{"a": NaN}', "bad_number"),
        (b'{"a": -Infinity}', "bad_number"),
        (b'{"a": ' + b"9" * 400 + b"}", "bad_number"),
        (b'{"a": 1e400}', "bad_number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "bad_number"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', "duplicate_key"),
        (b'{"a": 1, "\\u0061": 2}', "duplicate_key"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b"[" * 1_000_000, "too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
        (b" " * (MAX_BYTES + 1) + b"1", "too_large"),
        (b"[" + b"0," * (50 * 1024 * 1024) + b"0]", "too_large"),
        (b"[]", "not_a_report"),
        (b"null", "not_a_report"),
        (b'"text"', "not_a_report"),
        (b"17", "not_a_report"),
        (b"{}", "not_a_report"),
        (b'{"unheard": "of"}', "not_a_report"),
    ],
    ids=lambda value: (
        value if isinstance(value, str) else value[:24].decode("latin-1").encode("unicode_escape").decode()
    ),
)
def test_what_is_no_report_is_refused_by_every_json_format(ce_type: str, body: bytes, code: str) -> None:
    assert code_of(body, ce_type) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (report(items=[]), "no_items"),
        (report(items=None), "not_a_report"),
        (report(scope=""), "bad_name"),
        (report(scope=7), "not_a_report"),
        (report(scope="no\x00de"), "bad_name"),
        (report(scope="x" * 257), "bad_name"),
        (report(complete_for=["gpu", "toaster"]), "unknown_kind"),
        (report(complete_for="gpu"), "not_a_report"),
        (report(identifers=[]), "not_a_report"),
        (items({"slot": "a", "kind": "toaster"}), "unknown_kind"),
        (items({"slot": "a", "kind": 1}), "unknown_kind"),
        (items({"slot": "a"}, {"slot": "a"}), "duplicate_slot"),
        (items({"slot": ""}), "bad_name"),
        (items({"slot": " a"}), "bad_name"),
        (items({"slot": "a\x00"}), "bad_name"),
        (items({"slot": "a\x1f"}), "bad_name"),
        (items({"slot": "\u202egnp"}), "bad_name"),
        (items({"slot": "a", "place": "hall\n2"}), "bad_name"),
        (items({"slot": "a", "within": "b"}), "unknown_container"),
        (items({"slot": "a", "within": "a"}), "container_cycle"),
        (
            items({"slot": "a", "within": "b"}, {"slot": "b", "within": "c"}, {"slot": "c", "within": "a"}),
            "container_cycle",
        ),
        (items({"slot": "a", "identifiers": [{"scheme": "guess", "value": "1"}]}), "unknown_scheme"),
        (items({"slot": "a", "identifiers": [{"scheme": "serial"}]}), "not_a_report"),
        (items({"slot": "a", "identifiers": [{"scheme": "serial", "value": 12}]}), "not_a_report"),
        (items({"slot": "a", "identifiers": [{"scheme": "serial", "scope": "a\x00", "value": "1"}]}), "bad_name"),
        (items({"slot": "a", "facts": {"model": "a\x00"}}), "bad_name"),
        (items({"slot": "a", "facts": {"capacity_bytes": 1.5}}), "not_a_report"),
        (items({"slot": "a", "readings": {"watts": 1}}), "not_a_report"),
    ],
)
def test_what_is_wrong_in_a_report_has_its_code(body: bytes, code: str) -> None:
    assert code_of(body) == code


@pytest.mark.parametrize(
    "value",
    ["", "   ", "\x00", "N/A", "a" * 10_240, "\u200f\u202e\u2066", "To be filled by O.E.M.", "Größe", "\U0001f680"],
)
def test_odd_values_are_kept_as_stated(value: str) -> None:
    body = items({"slot": "a", "identifiers": [{"scheme": "serial", "value": value}]})
    kept = decoded(body).inventory
    assert kept.items[0].identifiers[0].value == value
    assert b"\x00" not in canonical(kept.document())


def test_a_report_of_ten_thousand_things_is_read_and_of_more_than_the_limit_is_not() -> None:
    slots = [{"slot": f"bay/{n}", "kind": "drive"} for n in range(MAX_ITEMS + 1)]
    assert len(decoded(report(items=slots[:10_000])).inventory.items) == 10_000
    assert code_of(report(items=slots)) == "too_many_items"


def test_a_long_chain_of_containers_costs_little() -> None:
    chain = [{"slot": "0", "kind": "chassis"}]
    chain += [{"slot": str(n), "kind": "chassis", "within": str(n - 1)} for n in range(1, MAX_ITEMS)]
    began = time.monotonic()
    assert len(decoded(report(items=chain)).inventory.items) == MAX_ITEMS
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("unit", [b'"\\"', b'"\\\\"', b'["', b'\\"', b"[],", b'{"a":[', b'"a",'])
def test_hostile_text_is_refused_in_time(unit: bytes) -> None:
    body = (unit * (4_000_000 // len(unit)))[:4_000_000]
    began = time.monotonic()
    with pytest.raises(Rejected):
        load(body)
    assert time.monotonic() - began < 10


def test_a_tree_with_very_many_chassis_is_read_in_time() -> None:
    tree: dict[str, Any] = {}
    for n in range(4_000):
        path = f"/redfish/v1/Chassis/{n}"
        links = {"ContainedBy": {"@odata.id": f"/redfish/v1/Chassis/{n + 1}"}}
        systems = [{"@odata.id": "/redfish/v1/Systems/1"}]
        zone = "Zone" if n % 2 else "RackMount"
        tree[path] = {"@odata.id": path, "ChassisType": zone, "Links": {**links, "ComputerSystems": systems}}
        tree[path + "/Drives/1"] = {"@odata.id": path + "/Drives/1", "@odata.type": "#Drive.v1_1_0.Drive"}
    began = time.monotonic()
    assert len(decoded(json.dumps(tree).encode(), redfish_tree.TYPE).inventory.items) == 8_000
    assert time.monotonic() - began < 10


def test_numbers_that_are_no_inventory_may_be_any_numbers() -> None:
    assert load(b'{"a": [0, -1, 1.5, 1e10, 123456789012345678901234567890]}')


def test_depth_counts_brackets_and_not_text() -> None:
    assert load(json.dumps(["[[[" * 100 + '\\"' * 100]).encode()) == ["[[[" * 100 + '\\"' * 100]
    assert load(b"[" * 64 + b"]" * 64)


def test_an_unknown_type_names_those_that_are_known() -> None:
    with pytest.raises(Rejected, match=r"io\.holdfast\.report\.v1") as caught:
        formats.by_type("application/x-unheard-of")
    assert caught.value.code == "unknown_type"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"not XML", "bad_xml"),
        (b"<nvidia_smi_log><gpu>", "bad_xml"),
        (b"<?xml version='1.0' encoding='utf-7'?><nvidia_smi_log/>", "bad_xml"),
        (b"<?xml version='1.0' encoding='unheard-of'?><nvidia_smi_log/>", "bad_xml"),
        (b"<nvidia_smi_log>\xff</nvidia_smi_log>", "bad_xml"),
        (b"<nvidia_smi_log>\x00</nvidia_smi_log>", "bad_xml"),
        (b"<a>" * 100_000, "too_deep"),
        (b"<nvidia_smi_log/>" + b" " * MAX_BYTES, "too_large"),
        (b"<other/>", "not_a_report"),
        (b"<nvidia_smi_log/>", "no_items"),
        (b'<nvidia_smi_log><gpu id="nowhere"/></nvidia_smi_log>', "not_a_report"),
        (b'<nvidia_smi_log><gpu id="0:1:0.0"/><gpu id="0:1:0.0"/></nvidia_smi_log>', "duplicate_slot"),
        (
            BOMB,
            "bad_xml",
        ),
        (
            b'<!DOCTYPE nvidia_smi_log [<!ENTITY a SYSTEM "file:///etc/hostname">]><nvidia_smi_log>&a;</nvidia_smi_log>',
            "bad_xml",
        ),
        (
            b'<!DOCTYPE nvidia_smi_log [<!ENTITY % a SYSTEM "http://localhost/x.dtd"> %a;]><nvidia_smi_log/>',
            "bad_xml",
        ),
    ],
)
def test_bad_xml_is_refused(body: bytes, code: str) -> None:
    assert code_of(body, nvidia_smi.TYPE) == code


def test_only_kinds_that_are_said_are_complete() -> None:
    assert decoded(report()).inventory.complete_for == frozenset()
    assert decoded(report(complete_for=["gpu"])).inventory.complete_for == {Kind.GPU}


def test_an_empty_inventory_is_refused_where_it_is_made() -> None:
    with pytest.raises(Rejected, match="heartbeat"):
        inventory(())
