"""One finding over HTTP: with its history; who opens it is noted first; others see it when it is time."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.api import auth
from tests.support.book import BEGIN, DAY, HOUR
from tests.support.parties import AUDITOR, LESSOR, OWNER, Hidden, Party, finding_id, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

OPENED = {"act": "finding.opened", "by": "holdfast-api"}


@pytest.fixture
async def hidden(api: "Api", monkeypatch: pytest.MonkeyPatch) -> Hidden:
    """Give a book with findings; keys are looked up anew with each request."""
    monkeypatch.setattr(auth, "CACHED_S", 0.0)
    made = Hidden(api.book)
    await made.fill()
    return made


async def _read(api: "Api", hidden: Hidden, party: Party, n: int) -> tuple[int, dict[str, Any]]:
    api.client.headers["Authorization"] = f"Bearer {await hidden.key(party)}"
    answer = await api.client.get(f"/v1/findings/{finding_id(n)}", params={"cell": "kul-1"})
    return answer.status_code, answer.json()


def _opened(api: "Api") -> list[dict[str, Any]]:
    acts = [json.loads(value) for _, value, _ in api.broker.sent]
    return [act for act in acts if act["act"] == "finding.opened"]


async def test_who_opens_a_finding_is_noted_before_it_is_shown_and_once(api: "Api", hidden: Hidden) -> None:
    status, answer = await _read(api, hidden, OWNER, 1)
    assert (status, answer["finding"]["subject"]) == (200, kul("gpu1"))
    assert [(step["step"], step["text"]) for step in answer["history"]] == [("comment", "comment on finding 1")]
    (act,) = _opened(api)
    assert (act["finding"], act["party"], act["by"]) == (finding_id(1), OWNER.name, OPENED["by"])
    await hidden.book.connection.execute(
        "INSERT INTO finding_step VALUES ('kul-1', $1, 9, $2, 'opened', $3, NULL, 'k')",
        finding_id(1),
        BEGIN,
        OWNER.name,
    )
    status, answer = await _read(api, hidden, OWNER, 1)
    assert answer["history"][-1]["by"] == OWNER.name
    assert len(_opened(api)) == 1
    api.broker.down = True
    assert (await _read(api, hidden, OWNER, 2))[0] == 503


async def test_others_see_it_when_it_is_time_and_no_comments(api: "Api", hidden: Hidden) -> None:
    for party in (LESSOR, AUDITOR):
        status, answer = await _read(api, hidden, party, 1)
        assert (status, answer["history"]) == (200, [])
        assert (await _read(api, hidden, party, 3))[0] == 404
    assert {act["party"] for act in _opened(api)} == {LESSOR.name, AUDITOR.name}
    await hidden.book.live_until(BEGIN + HOUR + 3 * DAY - 1)
    assert (await _read(api, hidden, AUDITOR, 3))[0] == 404
    await hidden.book.live_until(BEGIN + HOUR + 3 * DAY)
    status, answer = await _read(api, hidden, AUDITOR, 3)
    assert (status, answer["finding"]["words"]) == (200, "words of finding 3")


async def test_what_the_api_alone_says_of_findings_is_no_act_of_a_person(api: "Api") -> None:
    await api.as_key("admin")
    act = {**OPENED, "key": "k", "finding": finding_id(1), "party": "acme", "credential": "k"}
    refused = await api.client.post("/v1/acts", json={"cell": "kul-1", "act": act})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:holdfast:problem:not-for-people")
