"""Planned work explains what it announced, in its window, of its things: at the API, out of the rows (rule 27)."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from schemas.envelope import rfc3339
from service.api import writing
from tests.integration.api.test_attestations import OTHER_GPU, RACK, SERVER, ask
from tests.support.book import BEGIN, HOUR, SITE

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

NOON = BEGIN + 12 * HOUR


async def _out_at_noon(api: "Api") -> None:
    """Let a GPU leave its server at noon, and be seen nowhere since."""
    book = api.book
    await book.connection.execute(
        "UPDATE binding SET until_at = $3, end_cause = 'replaced' WHERE cell = $1 AND asset = $2",
        book.cell, OTHER_GPU, NOON,
    )  # fmt: skip
    await book.connection.execute(
        "UPDATE whereabouts SET until_at = $3 WHERE cell = $1 AND asset = $2", book.cell, OTHER_GPU, NOON
    )


@pytest.mark.parametrize(
    ("work", "explained"),
    [
        (None, None),
        ({"assets": [OTHER_GPU]}, "CHG-1"),
        ({"assets": [SERVER]}, "CHG-1"),
        ({"places": [SITE]}, "CHG-1"),
        ({"assets": [RACK], "explains": ["component_foreign"]}, None),
        ({"assets": [OTHER_GPU], "explains": ["component_foreign", "component_missing"]}, "CHG-1"),
        ({"assets": [OTHER_GPU], "from_at": NOON + HOUR}, None),
        ({"assets": [OTHER_GPU], "until_at": NOON - HOUR}, None),
        ({"assets": [OTHER_GPU], "known_from": BEGIN + 23 * HOUR}, None),
    ],
)
async def test_rule_27_a_part_that_is_missing_is_explained_by_the_work_that_announced_it_alone(
    api: "Api", work: dict[str, object] | None, explained: str | None
) -> None:
    await _out_at_noon(api)
    if work is not None:
        row = {
            "known_from": BEGIN, "from_at": NOON - 2 * HOUR, "until_at": NOON + 2 * HOUR, "assets": [], "places": [],
            "explains": ["component_missing"], **work,
        }  # fmt: skip
        await api.book.connection.execute(
            "INSERT INTO work VALUES ($1, 'CHG-1', $2, $3, $4, $5, $6, $7)", api.book.cell, *row.values()
        )
    answer = await ask(api, predicate="contains", subject={"asset": SERVER}, known_at=rfc3339(BEGIN + 22 * HOUR))
    (difference,) = answer["answer"]["differences"]
    assert (difference["asset"], difference["what"], difference.get("explained_by")) == (
        OTHER_GPU,
        "missing",
        explained,
    )
    assert (answer["answer"]["verdict"] == "contradicted") == (explained is None)


async def consumed(api: "Api") -> list[dict[str, Any]]:
    """Give the acts that were put on Kafka."""
    return [json.loads(body) for topic, body, _ in api.broker.sent if topic == "acts.kul-1"]


CHANGE = {
    "cell": "kul-1",
    "ticket": "CHG-1042",
    "state": "approved",
    "from": "2025-06-08T12:00:00Z",
    "until": "2025-06-08T15:00:00Z",
    "may": ["swap"],
    "things": [{"kind": "gpu", "identifier": {"scheme": "serial", "value": "1654025000001"}}],
    "places": [SITE],
    "approver": "cab",
}


async def test_a_change_management_tool_tells_of_a_change_at_every_step(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "WAIT_S", 0.0)
    await api.as_key("write")
    for state, status in (("draft", 204), ("approved", 202), ("cancelled", 202), ("approved", 202)):
        response = await api.client.post("/v1/hooks/change", json={**CHANGE, "state": state})
        assert response.status_code == status, response.text
    again = await api.client.post("/v1/hooks/change", json=CHANGE, headers={"Idempotency-Key": "chg-1042-1"})
    assert again.json()["key"] == "chg-1042-1"
    planned, cancelled, anew, keyed = await consumed(api)
    assert (planned["act"], cancelled["act"], anew["act"]) == ("work.plan", "work.cancel", "work.plan")
    assert planned["by"].startswith("hook/")
    assert len({each["key"] for each in (planned, cancelled, anew, keyed)}) == 4
    for name in ("ticket", "may", "things", "places", "approver"):
        assert planned[name] == CHANGE[name], name
    assert planned["from_at"].startswith("2025-06-08T12:00:00")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from": None}, "from: Field required"),
        ({"may": []}, "say what may happen"),
        ({"until": "2025-06-08T11:00:00Z"}, "the window must end after it begins"),
    ],
)
async def test_a_change_that_says_too_little_is_told_what_is_missing(
    api: "Api", wrong: dict[str, object], said: str
) -> None:
    await api.as_key("write")
    body = {name: value for name, value in {**CHANGE, **wrong}.items() if value is not None}
    response = await api.client.post("/v1/hooks/change", json=body)
    assert response.status_code == 422
    assert said in response.json()["detail"]
    assert await consumed(api) == []


async def test_a_change_needs_the_scope_to_write_and_a_cell_of_ones_own(api: "Api") -> None:
    assert (await api.client.post("/v1/hooks/change", json={**CHANGE, "state": "draft"})).status_code == 403
    await api.as_key("write")
    assert (await api.client.post("/v1/hooks/change", json={**CHANGE, "cell": "sin-1"})).status_code == 404
    assert (await api.client.post("/v1/hooks/change", json={**CHANGE, "state": "done"})).status_code == 422


async def test_planned_work_is_listed_as_each_ticket_was_last_told(api: "Api") -> None:
    for ticket, known, cancelled in (("CHG-1", 0, False), ("CHG-2", 0, False), ("CHG-1", HOUR, True)):
        await api.book.connection.execute(
            "INSERT INTO work VALUES ($1, $2, $3, $4, $5, $6, '{}', '{component_missing}', 'cab', 'p-1', $7)",
            api.book.cell, ticket, BEGIN + known, NOON, NOON + HOUR, [OTHER_GPU], cancelled,
        )  # fmt: skip
    first = (await api.client.get("/v1/work", params={"limit": 1})).json()
    assert [(row["ticket"], row["cancelled"], row["approver"]) for row in first["items"]] == [("CHG-1", True, "cab")]
    rest = (await api.client.get("/v1/work", params={"limit": 1, "cursor": first["next"]})).json()
    assert [(row["ticket"], row["cancelled"]) for row in rest["items"]] == [("CHG-2", False)]
    before = (await api.client.get("/v1/work", params={"known_at": rfc3339(BEGIN + HOUR - 1)})).json()["items"]
    assert [(row["ticket"], row["cancelled"]) for row in before] == [("CHG-1", False), ("CHG-2", False)]


async def test_a_ticket_told_within_a_week_explains_late_and_says_how_late(api: "Api") -> None:
    await _out_at_noon(api)
    for known in (NOON + 2 * HOUR, NOON + 3 * HOUR):
        await api.book.connection.execute(
            "INSERT INTO work VALUES ($1, 'CHG-1', $2, $3, $4, $5, '{}', '{component_missing}')",
            api.book.cell, known, NOON - HOUR, NOON + 2 * HOUR, [OTHER_GPU],
        )  # fmt: skip
    answer = await ask(api, predicate="contains", subject={"asset": SERVER}, known_at=rfc3339(BEGIN + 22 * HOUR))
    (difference,) = answer["answer"]["differences"]
    assert (difference["explained_by"], difference["late_ms"]) == ("CHG-1", 2 * HOUR)
    assert any(words.endswith("as CHG-1 says, told 2 h after it.") for words in answer["answer"]["words"])
