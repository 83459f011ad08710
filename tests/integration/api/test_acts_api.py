"""Acts written over HTTP: validated, put on Kafka, waited for."""

import json
from typing import TYPE_CHECKING

import pytest

from service.api import writing
from tests.support.book import BEGIN, DAY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.integration.api.conftest import Api

    Consume = Callable[[str, int, bytes, int], Awaitable[None]]

SITE_PUT = {"act": "site.put", "key": "site-2", "by": "person:7", "site": "KUL-2", "country": "MY"}


def _consumer(api: "Api", outcome: str | None, words: str | None = None) -> "Consume":
    """Take acts like a consumer and deriver would: the row, its outcome, the horizon behind it."""

    async def consume(topic: str, offset: int, value: bytes, at: int) -> None:
        cell = topic.removeprefix("acts.")
        act = json.loads(value)
        await api.book.connection.execute(
            "INSERT INTO act VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            cell, offset, at, act["key"], act["act"], act["by"], value, outcome, words,
        )  # fmt: skip
        await api.book.connection.execute("UPDATE cell SET horizon = $2 WHERE cell = $1", cell, at + 1)

    return consume


async def test_rule_4_an_act_goes_through_the_broker_and_its_outcome_comes_back(api: "Api") -> None:
    await api.as_key("read", "write")
    api.broker.consume = _consumer(api, "applied")
    answer = await api.client.post("/v1/acts", json={"cell": "kul-1", "act": SITE_PUT})
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] == "applied"
    topic, value, _ = api.broker.sent[0]
    assert topic == "acts.kul-1"
    assert json.loads(value) == SITE_PUT
    again = await api.client.get(answer.json()["url"])
    assert again.json() == answer.json()


async def test_rule_24_in_a_simulated_cell_the_act_is_stamped_after_the_horizon(api: "Api") -> None:
    await api.as_key("write")
    api.broker.consume = _consumer(api, "applied")
    await api.client.post("/v1/acts", json={"cell": "kul-1", "act": SITE_PUT})
    assert api.broker.sent[0][2] == BEGIN + DAY + 1
    await api.as_key("write", operator="rival")
    await api.client.post("/v1/acts", json={"cell": "sin-1", "act": SITE_PUT})
    assert api.broker.sent[1][2] is None


async def test_what_was_refused_says_why(api: "Api") -> None:
    await api.as_key("write")
    api.broker.consume = _consumer(api, "refused", "there is no such partition")
    answer = (await api.client.post("/v1/acts", json={"cell": "kul-1", "act": SITE_PUT})).json()
    assert (answer["outcome"], answer["words"]) == ("refused", "there is no such partition")


async def test_what_the_consumer_alone_says_is_no_act_of_a_person(api: "Api") -> None:
    """A partition that is not there would hold the cell's time for ever."""
    await api.as_key("write")
    join = {"act": "partition.join", "key": "j", "by": "holdfast", "partition": 7}
    answer = await api.client.post("/v1/acts", json={"cell": "kul-1", "act": join})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:holdfast:problem:not-for-people")
    assert api.broker.sent == []


async def test_rule_4_without_a_consumer_it_is_202_after_the_wait(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "WAIT_S", 0.1)
    await api.as_key("read", "write")
    answer = await api.client.post("/v1/acts", json={"cell": "kul-1", "act": SITE_PUT})
    assert answer.status_code == 202
    assert answer.json()["outcome"] is None
    assert answer.headers["location"] == "/v1/acts/0?cell=kul-1"
    assert (await api.client.get(answer.headers["location"])).status_code == 404  # no consumer saw it yet


async def test_an_outcome_that_the_horizon_has_not_reached_is_not_told(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "WAIT_S", 0.1)
    await api.as_key("read", "write")
    api.broker.consume = _consumer(api, None)
    answer = await api.client.post("/v1/acts", json={"cell": "kul-1", "act": SITE_PUT})
    assert answer.status_code == 202
    assert (await api.client.get(answer.headers["location"])).json()["outcome"] is None


async def test_rule_4_kafka_down_is_503_and_nothing_is_written(api: "Api") -> None:
    await api.as_key("write")
    api.broker.down = True
    answer = await api.client.post("/v1/acts", json={"cell": "kul-1", "act": SITE_PUT})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:holdfast:problem:unavailable"
    assert answer.json()["title"] == "Something that is needed is away for now"
    assert api.broker.sent == []


_SAID = {"key": "k", "by": "person:7"}


async def test_acts_that_do_not_fit_are_refused_before_they_are_sent(api: "Api") -> None:
    await api.as_key("admin")
    cell_put = {"act": "cell.put", "key": "c", "by": "person:7", "cell": "kul-2", "operator": "acme"}
    for cell, act, status in (
        ("kul-1", {**SITE_PUT, "country": "Malaysia"}, 422),
        ("kul-1", {**_SAID, "act": "partition.suspend", "partition": 2**40}, 422),
        ("kul-1", {**_SAID, "act": "go_on", "partition": 0, "next_offset": 2**63}, 422),
        ("kul-1", {**_SAID, "act": "dead_letter.retry", "partition": 65_535, "offset": 0}, 422),
        ("kul-1", {**_SAID, "act": "identifier.share", "scheme": "serial", "value": "v", "scope": "\0"}, 422),
        ("kul-1", {**SITE_PUT, "more": 1}, 422),
        ("kul-1", {"act": "rocket.launch", "key": "k", "by": "x"}, 422),
        ("kul-1", {**SITE_PUT, "key": "a\u202eb"}, 422),
        ("kul-1", cell_put, 422),
        ("common", SITE_PUT, 422),
        ("sin-1", SITE_PUT, 404),
    ):
        answer = await api.client.post("/v1/acts", json={"cell": cell, "act": act})
        assert answer.status_code == status, (act, answer.text)
    assert api.broker.sent == []


async def test_a_header_may_name_the_key_of_the_act_and_no_other(api: "Api") -> None:
    await api.as_key("write")
    api.broker.consume = _consumer(api, "applied")
    asked = {"cell": "kul-1", "act": SITE_PUT}
    for key, status in (("site-2", 200), ("site-3", 422)):
        answer = await api.client.post("/v1/acts", json=asked, headers={"Idempotency-Key": key})
        assert answer.status_code == status, answer.text
    assert answer.json()["type"] == "urn:holdfast:problem:two-keys"
    assert len(api.broker.sent) == 1
