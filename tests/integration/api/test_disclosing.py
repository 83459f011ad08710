"""What a party is shown: noted before it is shown, never more than was granted, and gone once it is taken back."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from schemas.words import PartyKind
from service.api import auth
from service.store import keys
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE
from tests.support.parties import AUDITOR, EXPORTER, LESSOR, MACHINE, OWNER, Hidden, Party, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

INTERVAL = {"from": "2025-06-01T01:00:00Z", "until": "2025-06-01T20:00:00Z"}


@pytest.fixture
async def hidden(api: "Api", monkeypatch: pytest.MonkeyPatch) -> Hidden:
    """Give a book with something to hide; keys are looked up anew with each request."""
    monkeypatch.setattr(auth, "CACHED_S", 0.0)
    made = Hidden(api.book)
    await made.fill()
    return made


async def _as(api: "Api", hidden: Hidden, party: Party) -> str:
    """Let the client ask as a party from now on; gives the id of its key."""
    key = await hidden.key(party)
    api.client.headers["Authorization"] = f"Bearer {key}"
    return key.split("_")[1]


def _noted(api: "Api") -> list[dict[str, Any]]:
    """Give the notes that were put on the cell's acts."""
    found = [json.loads(value) for topic, value, _ in api.broker.sent if topic == "acts.kul-1"]
    assert all(each["act"] == "access.note" for each in found)
    return [{**each, "asked": json.loads(each["asked"])} for each in found]


async def test_what_a_party_is_shown_is_noted_with_its_key_and_what_it_asked(api: "Api", hidden: Hidden) -> None:
    credential = await _as(api, hidden, EXPORTER)
    answer = await api.client.get(f"/v1/assets/{kul('gpu1')}", params={"cell": "kul-1"})
    assert answer.status_code == 200
    (note,) = _noted(api)
    assert (note["party"], note["credential"], note["by"]) == (EXPORTER.name, credential, "holdfast-api")
    assert note["asked"] == {"route": "GET /v1/assets/{asset}", "asset": kul("gpu1"), "cell": "kul-1"}
    assert api.broker.sent[0][2] == BEGIN + DAY + 1  # stamped after the horizon, as every act of a simulated cell


async def test_the_note_of_an_answer_holds_the_hash_of_its_bytes(api: "Api", hidden: Hidden) -> None:
    await _as(api, hidden, EXPORTER)
    claim = {"cell": "kul-1", "predicate": "stayed", "subject": {"asset": kul("gpu1")}, **INTERVAL}
    answer = await api.client.post("/v1/attestations", json=claim)
    (note,) = _noted(api)
    assert note["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert note["asked"]["claim"]["subject"] == claim["subject"]
    viewer = answer.json()["viewer"]
    assert (viewer["party"], viewer["rights"], viewer["grants"]) == (EXPORTER.name, "granted", ["grant-3"])


async def test_nothing_is_shown_that_cannot_be_noted(api: "Api", hidden: Hidden) -> None:
    await _as(api, hidden, EXPORTER)
    api.broker.down = True
    answer = await api.client.get("/v1/assets", params={"cell": "kul-1"})
    assert answer.status_code == 503
    assert kul("gpu1") not in answer.text


async def test_nothing_is_noted_of_an_operator_in_its_cell_nor_of_a_machine(api: "Api", hidden: Hidden) -> None:
    for party in (OWNER, MACHINE):
        await _as(api, hidden, party)
        assert (await api.client.get("/v1/sources", params={"cell": "kul-1"})).status_code == 200
    assert _noted(api) == []


async def test_a_machine_sees_how_its_own_reports_were_taken(api: "Api", hidden: Hidden) -> None:
    await _as(api, hidden, MACHINE)
    assert [each["source"] for each in (await api.client.get("/v1/sources")).json()["items"]] == ["bmc-2"]
    letters = (await api.client.get("/v1/dead-letters")).json()["items"]
    assert [each["words"] for each in letters] == ["words of dead letter 2"]


async def test_a_set_that_is_partly_granted_is_answered_for_that_part_and_says_so(api: "Api", hidden: Hidden) -> None:
    claim = {"cell": "kul-1", "predicate": "stayed", "subject": {"place": SITE}, **INTERVAL}
    said = {}
    for party in (OWNER, AUDITOR, LESSOR, EXPORTER):
        await _as(api, hidden, party)
        said[party] = (await api.client.post("/v1/attestations", json=claim)).json()
    counts = {party: sum(sum(each.values()) for each in said[party]["set"]["counts"].values()) for party in said}
    assert counts == {OWNER: 8, AUDITOR: 8, LESSOR: 5, EXPORTER: 1}
    assert ["partial" in said[party] for party in said] == [False, False, True, True]
    assert said[LESSOR]["partial"] == said[EXPORTER]["partial"]  # the same words, however much there is
    assert "bmc-2" not in json.dumps(said[LESSOR])


async def test_a_party_that_was_granted_all_of_a_place_is_not_told_whether_there_is_more(
    api: "Api", hidden: Hidden
) -> None:
    await _as(api, hidden, LESSOR)
    claim = {"cell": "kul-1", "predicate": "stayed", "subject": {"place": POSITION}, **INTERVAL}
    assert "partial" in (await api.client.post("/v1/attestations", json=claim)).json()


async def test_what_held_something_granted_is_shown_where_it_was_meanwhile_and_no_more(
    api: "Api", hidden: Hidden
) -> None:
    await hidden.book.connection.execute(  # the first GPU leaves the server, which then moves
        "UPDATE whereabouts SET until_at = $2 WHERE asset = $1", kul("gpu1"), BEGIN + HOUR
    )
    await hidden.book.connection.execute(
        "UPDATE whereabouts SET until_at = $2 WHERE asset = $1", kul("rack"), BEGIN + 2 * HOUR
    )
    await hidden.book.stands(kul("rack"), "rack", place="KUL-1/H1/R1/P02", from_at=BEGIN + 2 * HOUR)
    await _as(api, hidden, EXPORTER)
    rows = (await api.client.get(f"/v1/assets/{kul('rack')}/whereabouts")).json()["items"]
    assert [row["place"] for row in rows] == [POSITION]
    claim = {"cell": "kul-1", "predicate": "stayed", "subject": {"asset": kul("rack")}, **INTERVAL}
    refused = await api.client.post("/v1/attestations", json=claim)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:holdfast:problem:not-granted")


async def test_a_grant_taken_back_ends_at_once(api: "Api", hidden: Hidden) -> None:
    await _as(api, hidden, EXPORTER)
    assert (await api.client.get("/v1/assets", params={"cell": "kul-1"})).status_code == 200
    await hidden.book.connection.execute(
        "UPDATE disclosure_grant SET known_until = $2, revoked_by = 'p' WHERE party = $1", EXPORTER.name, BEGIN + HOUR
    )
    answer = await api.client.get("/v1/assets", params={"cell": "kul-1"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:holdfast:problem:cell-not-found")
    assert (await api.client.get("/v1/sites")).json()["cells"] == []


async def test_the_operator_lists_grants_and_what_was_shown_and_a_party_its_own(api: "Api", hidden: Hidden) -> None:
    for n, party in enumerate((EXPORTER, LESSOR)):
        await hidden.book.connection.execute(
            "INSERT INTO access VALUES ('kul-1', $1, $2, $3, 'key-1', '{\"route\":\"GET /v1/assets\"}', NULL)",
            n, BEGIN + HOUR, party.name,
        )  # fmt: skip
    await _as(api, hidden, OWNER)
    grants = (await api.client.get("/v1/grants")).json()["items"]
    assert [each["party"] for each in grants][:2] == ["exporter-1", "lessor-1"]
    assert [each["revoked_by"] for each in grants if each["revoked_at"]] == ["person-1"]
    shown = (await api.client.get("/v1/accesses", params={"limit": 1})).json()
    more = (await api.client.get("/v1/accesses", params={"limit": 1, "cursor": shown["next"]})).json()
    assert [each["party"] for page in (shown, more) for each in page["items"]] == ["exporter-1", "lessor-1"]
    await _as(api, hidden, LESSOR)
    for route in ("grants", "accesses"):
        rows = (await api.client.get(f"/v1/{route}", params={"cell": "kul-1"})).json()["items"]
        assert {each["party"] for each in rows} == {LESSOR.name}


async def test_who_has_no_cell_of_its_own_writes_nothing(api: "Api", hidden: Hidden) -> None:
    connection = hidden.book.connection
    for kind in PartyKind:
        if kind is not PartyKind.OPERATOR:
            with pytest.raises(keys.NotForParties):
                await keys.create(connection, "p", "", ("write",), at=BEGIN, kind=kind)
    grant = {"key": "g", "by": "p", "act": "grant.put", "party": "x", "whole": True, "purpose": "p",
             "until_at": "2100-01-01T00:00:00Z"}  # fmt: skip
    await api.as_key("read", "write", operator=EXPORTER.name)  # an operator of that name, granted the same
    assert (await api.client.post("/v1/acts", json={"cell": "kul-1", "act": grant})).status_code == 403
    await api.as_key("admin", operator=EXPORTER.name)
    assert (await api.client.post("/v1/acts", json={"cell": "kul-1", "act": grant})).status_code == 404
    note = {"key": "n", "by": "p", "act": "access.note", "party": "x", "credential": "k", "asked": "{}"}
    await api.as_key("admin")
    refused = await api.client.post("/v1/acts", json={"cell": "kul-1", "act": note})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:holdfast:problem:not-for-people")
