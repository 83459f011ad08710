"""Many acts in one request: looked at as a whole, written in their order, each answered."""

import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import acts
from service.api import many, writing
from service.api.encoding import CSV, NDJSON, PARQUET
from tests.integration.api.test_acts_api import _consumer
from tests.support.book import BEGIN, DAY

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

POSITIONS = [
    {
        "act": "place.put",
        "key": f"p-{n}",
        "by": "person:7",
        "place": f"R{n}",
        "kind": "rack_position",
        "within": "KUL-1",
    }
    for n in range(5)
]


def jsonl(said: list[dict[str, Any]]) -> bytes:
    """Write JSON Lines."""
    return b"".join(json.dumps(act).encode() + b"\n" for act in said)


async def _send(api: "Api", body: bytes, kind: str = NDJSON, **params: str) -> list[dict[str, Any]]:
    headers = {"Content-Type": kind, "Idempotency-Key": "all"}
    answer = await api.client.post("/v1/acts/bulk", params={"cell": "kul-1", **params}, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_each_line_is_an_act_in_its_order_and_has_its_outcome(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "_ROUND", 2)
    await api.as_key("write")
    api.broker.consume = _consumer(api, "applied")
    answers = await _send(api, jsonl(POSITIONS[:2]) + b"\n" + jsonl(POSITIONS[2:]))
    assert [(each["line"], each["key"], each["offset"], each["outcome"]) for each in answers] == [
        (n + 1 + (n > 1), f"p-{n}", n, "applied") for n in range(5)
    ]
    assert [acts.parse(value) for _, value, _ in api.broker.sent] == [acts.of(act) for act in POSITIONS]
    assert api.broker.sent[0][2] == BEGIN + DAY + 1  # in a simulated cell: after the horizon


async def test_tables_say_the_same_as_lines(api: "Api") -> None:
    await api.as_key("write", "enrol")
    api.broker.consume = _consumer(api, "applied")
    enrol = {
        "act": "source.enrol", "key": "all/2", "by": "person:7", "source": "bmc-9", "source_class": "out_of_band",
        "control_domain": "facilities", "interval_s": 300,
    }  # fmt: skip
    heading = "source,source_class,control_domain,interval_s,lateness_s\n"
    await _send(api, (heading + "bmc-9,out_of_band,facilities,300,\n").encode(), CSV, act="source.enrol", by="person:7")
    columns = {name: [enrol[name]] for name in ("act", "by", "source", "source_class", "control_domain", "interval_s")}
    sink = io.BytesIO()
    pq.write_table(pa.table({**columns, "key": ["all/2"], "lateness_s": pa.array([None], pa.int64())}), sink)
    await _send(api, sink.getvalue(), PARQUET)
    await _send(api, jsonl([enrol]))
    assert [acts.parse(value) for _, value, _ in api.broker.sent] == [acts.of(enrol)] * 3


async def test_cells_of_tables_hold_json_moments_and_flags(api: "Api") -> None:
    await api.as_key("write", "admin")
    api.broker.consume = _consumer(api, "applied")
    things = json.dumps([{"kind": "gpu", "identifier": {"scheme": "serial", "scope": "", "value": "=SN-1"}}])
    table = pa.table(
        {
            "party": ["lessor-1", "lessor-2"],
            "things": [things, None],
            "whole": [False, True],
            "fields": ['["identifiers"]', '["identifiers"]'],
            "purpose": ["lease", "lease"],
            "until_at": pa.array([1_800_000_000_000] * 2, pa.timestamp("ms", tz="UTC")),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    await _send(api, sink.getvalue(), PARQUET, act="grant.put", by="person:7")
    first, second = (json.loads(value) for _, value, _ in api.broker.sent)
    assert first["things"][0]["identifier"]["value"] == "=SN-1"
    assert first["until_at"] == "2027-01-15T08:00:00Z"
    assert (first["key"], second["key"], second["whole"]) == ("all/1", "all/2", True)


async def test_where_any_line_is_wrong_nothing_is_written_and_all_are_named(api: "Api") -> None:
    await api.as_key("write")
    wrong: dict[str, tuple[str, bytes]] = {
        "line 2": (NDJSON, jsonl(POSITIONS[:1]) + b'{"act":"place.put"}\n'),
        "line 1": (NDJSON, b"[]\n"),
        "line 3": (NDJSON, jsonl(POSITIONS[:2]) + b'{"a":1,"a":2}\n'),
        "there is no act in it": (NDJSON, b"\n\n"),
        "the columns are": (CSV, b"act,nonsense\nplace.put,1\n"),
        "cannot be read as Parquet": (PARQUET, b"PAR1 no PAR1"),
    }
    for says, (kind, body) in wrong.items():
        answer = await api.client.post(
            "/v1/acts/bulk", params={"cell": "kul-1"}, content=body, headers={"Content-Type": kind}
        )
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:holdfast:problem:bad-acts"), answer.text
        assert says in answer.json()["detail"]
    many_wrong = b'{"act":"nothing"}\n' * 50
    answer = await api.client.post(
        "/v1/acts/bulk", params={"cell": "kul-1"}, content=many_wrong, headers={"Content-Type": NDJSON}
    )
    assert [each["at"] for each in answer.json()["errors"]] == [f"line {n}" for n in range(1, 21)]
    assert api.broker.sent == []


async def test_rights_are_those_of_single_acts(api: "Api") -> None:
    async def status(said: list[dict[str, Any]], cell: str = "kul-1") -> tuple[int, str]:
        answer = await api.client.post(
            "/v1/acts/bulk", params={"cell": cell}, content=jsonl(said), headers={"Content-Type": NDJSON}
        )
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    await api.as_key("read")
    assert await status(POSITIONS) == (403, "out-of-scope")
    await api.as_key("write")
    hold = {"act": "hold.put", "key": "h", "by": "person:7", "whole": True, "reference": "matter 7"}
    assert await status([*POSITIONS, hold]) == (403, "out-of-scope")
    assert await status(POSITIONS, "sin-1") == (404, "cell-not-found")
    assert await status([*POSITIONS, {"act": "partition.join", "key": "j", "by": "holdfast", "partition": 7}]) == (
        403, "not-for-people",
    )  # fmt: skip
    assert await status(POSITIONS, "common") == (422, "wrong-book")
    assert api.broker.sent == []
    answer = await api.client.post(
        "/v1/acts/bulk", params={"cell": "kul-1"}, content=b"x", headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:holdfast:problem:not-rows")


async def test_where_kafka_goes_or_the_key_ends_the_lines_that_are_left_say_so(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "_ROUND", 2)
    await api.as_key("write")
    consume = _consumer(api, "applied")

    async def once(topic: str, offset: int, value: bytes, at: int) -> None:
        await consume(topic, offset, value, at)
        api.broker.down = offset == 1

    api.broker.consume = once
    answers = await _send(api, jsonl(POSITIONS))
    assert [each["outcome"] for each in answers] == ["applied", "applied", None, None, None]
    assert all("send it again" in each["words"] for each in answers[2:])
    assert [each["line"] for each in answers] == [1, 2, 3, 4, 5]


async def test_without_a_consumer_outcomes_are_not_known(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "WAIT_S", 0.1)
    await api.as_key("write")
    answers = await _send(api, jsonl(POSITIONS[:2]))
    assert [(each["offset"], each["outcome"]) for each in answers] == [(0, None), (1, None)]
