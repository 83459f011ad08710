"""What spans cells: whose a cell is stays so, and each operator writes and reads what is about itself alone."""

import re
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiokafka.structs import TopicPartition

from consumers import acts as applying
from consumers.acts import ActsFolding
from consumers.batch import Batch
from consumers.records import Lane
from consumers.source import PATTERN, lane_of
from loadtests.topics import Broker, WrongCell, found_cell
from schemas import acts
from schemas.envelope import ACT_TYPE
from schemas.errors import Rejected
from tests.support.records import ACTS, Record

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

COMMON = Lane("common", "acts", 0)


def _put(cell: str, operator: str, *, simulated: bool = False) -> dict[str, Any]:
    key = f"{cell}/{operator}/{simulated}"
    return {
        "act": "cell.put", "key": key, "by": "person:7", "cell": cell, "operator": operator, "simulated": simulated,
    }  # fmt: skip


async def _consume(api: "Api", topic: str, offset: int, value: bytes, at: int) -> None:
    """Take a record of acts.common as a consumer does."""
    assert topic == "acts.common"
    batch = Batch(COMMON, 0, offset)
    headers = (("ce_type", ACT_TYPE.encode()),)
    record = Record(ACTS, 0, offset, at, None, value, headers)
    ActsFolding(COMMON, 0, 0, None).take([record], batch)
    assert not batch.dead
    async with api.book.connection.transaction():
        await applying.apply(api.book.connection, batch)


@pytest.fixture
async def common(api: "Api") -> "Api":
    """Give the API with `acts.common` consumed."""
    await api.book.connection.execute(
        "INSERT INTO cell VALUES ('common', 'unassigned', false, to_timestamp(0), 0, 0, 0, 'k')"
    )
    api.broker.consume = lambda *record: _consume(api, *record)
    return api


async def _operator_of(api: "Api", cell: str) -> object:
    return await api.book.connection.fetchval("SELECT operator FROM cell WHERE cell = $1", cell)


async def test_an_administrator_puts_its_own_operator_and_cells(common: "Api") -> None:
    await common.as_key("admin")
    act = {"act": "operator.put", "key": "o", "by": "person:7", "operator": "acme", "name": "Acme Sdn Bhd"}
    answer = (await common.client.post("/v1/acts", json={"cell": "common", "act": act})).json()
    assert answer["outcome"] == "applied"
    assert (await common.client.get(answer["url"])).json() == answer
    answer = (await common.client.post("/v1/acts", json={"cell": "common", "act": _put("kul-2", "acme")})).json()
    assert (answer["outcome"], await _operator_of(common, "kul-2")) == ("applied", "acme")
    await common.as_key("read", "write")
    assert (await common.client.get("/v1/acts/0?cell=common")).status_code == 403


async def test_an_administrator_names_no_other_operator(common: "Api") -> None:
    await common.as_key("admin", operator="rival")
    operator = {"act": "operator.put", "key": "o", "by": "person:7", "operator": "acme", "name": "Evil"}
    for act in (operator, _put("sin-1", "acme")):
        answer = await common.client.post("/v1/acts", json={"cell": "common", "act": act})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:holdfast:problem:not-your-operator")
    assert common.broker.sent == []


async def test_a_cell_of_another_operator_does_not_change_hands(common: "Api") -> None:
    await common.as_key("admin", operator="rival")
    answer = (await common.client.post("/v1/acts", json={"cell": "common", "act": _put("kul-1", "rival")})).json()
    assert (answer["outcome"], await _operator_of(common, "kul-1")) == ("refused", "acme")
    assert "another operator's" in answer["words"]
    assert "acme" not in str(answer)
    await common.as_key("read", operator="rival")
    assert [cell["cell"] for cell in (await common.client.get("/v1/sites")).json()["cells"]] == ["sin-1"]


async def test_a_cell_that_is_nobodys_is_had_and_then_stays(common: "Api") -> None:
    await common.book.connection.execute(
        "INSERT INTO cell VALUES ('lab', 'unassigned', false, to_timestamp(0), 0, 0, 0, 'k')"
    )
    await common.as_key("admin", "operators")
    for operator, outcome in (("acme", "applied"), ("rival", "refused"), ("acme", "repeated")):
        body = {"cell": "common", "act": _put("lab", operator)}
        assert (await common.client.post("/v1/acts", json=body)).json()["outcome"] == outcome
    assert await _operator_of(common, "lab") == "acme"


async def test_whether_a_cell_is_simulated_is_not_another_operators_to_say(common: "Api") -> None:
    await common.book.connection.execute("UPDATE cell SET horizon = to_timestamp(0)")
    await common.as_key("admin", "operators")
    body = {"cell": "common", "act": _put("kul-1", "rival", simulated=False)}
    assert (await common.client.post("/v1/acts", json=body)).json()["outcome"] == "refused"
    assert await common.book.connection.fetchval("SELECT simulated FROM cell WHERE cell = 'kul-1'")


async def test_a_cell_with_facts_stays_simulated_or_not_and_whose_it_was(common: "Api") -> None:
    await common.book.connection.execute("UPDATE cell SET operator = 'unassigned' WHERE cell = 'kul-1'")
    await common.as_key("admin")
    answer = (await common.client.post("/v1/acts", json={"cell": "common", "act": _put("kul-1", "acme")})).json()
    assert (answer["outcome"], await _operator_of(common, "kul-1")) == ("refused", "unassigned")
    assert "has facts already" in answer["words"]


async def test_acts_that_span_cells_are_read_by_the_operator_that_they_are_about(common: "Api") -> None:
    await common.as_key("admin")
    url = (await common.client.post("/v1/acts", json={"cell": "common", "act": _put("kul-2", "acme")})).json()["url"]
    await common.as_key("admin", operator="rival")
    assert (await common.client.get(url)).status_code == 404
    await common.as_key("admin", "operators", operator="rival")
    assert (await common.client.get(url)).status_code == 200


async def test_what_spans_cells_is_no_cell(common: "Api") -> None:
    """Nothing founds `common`: its telemetry would be nobody's to read."""
    await common.as_key("admin")
    answer = await common.client.post("/v1/acts", json={"cell": "common", "act": _put("common", "acme")})
    assert answer.status_code == 422
    body = b'{"act":"cell.put","key":"k","by":"p","cell":"common","operator":"acme"}'
    with pytest.raises(Rejected, match="spans cells"):
        acts.parse(body)
    with pytest.raises(WrongCell):
        await found_cell(Broker("127.0.0.1:1"), "common", operator="o", operator_name="o")


def test_the_topics_that_are_read_are_those_that_a_cell_or_what_spans_them_has() -> None:
    names = ("telemetry.kul-1", "acts.kul-1", "acts.common", "telemetry.common", "telemetry.commons", "telemetry.-x",
             "telemetry.", "acts.KUL", "other.kul-1", "telemetry.common-1")  # fmt: skip
    for name in names:
        assert bool(re.match(PATTERN, name)) == (lane_of(TopicPartition(name, 0)) is not None), name


@pytest.mark.parametrize(
    "act",
    [
        {"act": "operator.put", "operator": "acme", "name": "A\0B"},
        {"act": "operator.put", "operator": "unassigned", "name": "Nobody"},
        {"act": "cell.put", "cell": "kul-2", "operator": "unassigned"},
        {"act": "go_on", "partition": 0, "next_offset": 0, "reason": "\0"},
        {"act": "identifier.share", "scheme": "serial", "scope": "\0", "value": "x"},
    ],
)
def test_text_that_no_column_holds_and_names_that_nobody_has_are_refused(act: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        acts.parse(orjson.dumps({"key": "k", "by": "person:7", **act}))
