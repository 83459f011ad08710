"""Claims over HTTP: the same bytes for ever, every part of a verdict."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from schemas.answers import Attestation
from schemas.canonical import canonical
from schemas.envelope import rfc3339
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

RACK, SERVER, GPU, OTHER_GPU = (asset_id(f"kul-1/{name}") for name in ("rack", "server", "gpu1", "gpu2"))
SECOND = "KUL-1/H1/R1/P02"


def claim(**members: object) -> dict[str, Any]:
    """Give a claim about the rack that holds, unless members say otherwise."""
    return {
        "cell": "kul-1",
        "predicate": "stayed",
        "subject": {"asset": RACK},
        "from": rfc3339(BEGIN + HOUR),
        "until": rfc3339(BEGIN + 20 * HOUR),
        **members,
    }


async def ask(api: "Api", **members: object) -> dict[str, Any]:
    """Ask, and give the answer once it has the published shape and canonical bytes."""
    response = await api.client.post("/v1/attestations", json=claim(**members))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    Attestation.model_validate(answer)
    assert canonical(answer) == response.content
    return answer


async def test_a_rack_that_agent_and_switch_place_is_confirmed(api: "Api") -> None:
    answer = await ask(api)
    assert answer["answer"]["verdict"] == "confirmed"
    assert answer["answer"]["grades"] == {"identity": "reported", "place": "corroborated"}
    assert answer["simulated"] is True
    assert answer["viewer"] == {"operator": "acme", "rights": "own-cells"}
    assert answer["events"]["count"] == 1


async def test_a_gpu_is_judged_along_its_chain(api: "Api") -> None:
    answer = await ask(api, predicate="located_at", country="MY", subject={"asset": GPU})
    assert answer["answer"]["verdict"] == "confirmed"
    strict = await ask(api, predicate="located_at", country="MY", subject={"asset": GPU}, max_silence_s={"gpu": 600})
    assert strict["answer"]["verdict"] == "consistent"  # its sources report too seldom for that
    assert "report_interval_at_most" in {each["code"] for each in strict["answer"]["would_raise"]}
    elsewhere = await ask(api, predicate="located_at", country="SG", subject={"asset": GPU})
    assert elsewhere["answer"]["verdict"] == "contradicted"
    for country, verdict in (("SG", "confirmed"), ("MY", "contradicted")):
        away = await ask(api, predicate="not_in", country=country, subject={"asset": GPU})
        assert away["answer"]["verdict"] == verdict
    by_uuid = {"identifier": {"scheme": "gpu_uuid", "value": "GPU-11111111-1111-1111-1111-11111111111b"}}
    named = await ask(api, predicate="located_at", country="MY", subject=by_uuid)
    assert named["answer"] == answer["answer"]


async def test_what_a_server_holds_is_compared(api: "Api") -> None:
    whole = await ask(api, predicate="contains", subject={"asset": SERVER}, expected={"counts": {"gpu": 2}})
    assert whole["answer"]["verdict"] in ("confirmed", "consistent")
    short = await ask(api, predicate="contains", subject={"asset": SERVER}, expected={"counts": {"gpu": 8}})
    assert short["answer"]["verdict"] == "contradicted"
    assert short["answer"]["differences"][0]["what"] == "short"


async def test_a_list_that_no_source_ever_made_is_not_whole(api: "Api") -> None:
    """A binding from before, and a run of heartbeats alone since: there is no inventory that could be complete."""
    await api.book.connection.execute("UPDATE run SET known = false WHERE cell = $1", api.book.cell)
    answer = await ask(api, predicate="contains", subject={"asset": SERVER}, expected={"counts": {"gpu": 2}})
    assert answer["answer"]["verdict"] != "confirmed"


async def test_rule_28_a_set_gets_counts_and_its_worst_never_one_word(api: "Api") -> None:
    answer = await ask(api, subject={"place": SITE})
    assert "answer" not in answer
    counts = answer["set"]["counts"]
    assert {kind: sum(of_kind.values()) for kind, of_kind in counts.items()} == {
        "rack": 1, "chassis": 1, "gpu": 2, "nic": 1,
    }  # fmt: skip
    assert counts["rack"] == {"confirmed": 1}
    assert len(answer["set"]["worst"]) <= 20
    remains = answer["set"]["remains_to_trust"]
    assert remains[0] == {"code": "independent_witnesses", "count": 0}
    domains = {each["domain"]: each["sources"] for each in remains if each["code"] == "control_domain"}
    assert domains == {"lessee": "agent-1, bmc-1", "site": "switch-1"}


async def test_a_place_with_nothing_in_it_has_no_counts(api: "Api") -> None:
    answer = await ask(api, subject={"place": SECOND})
    assert answer["set"]["members"] == 0


async def test_rule_24_simulated_stands_in_every_answer_of_its_cell_alone(api: "Api") -> None:
    assert (await ask(api))["simulated"] is True
    await api.as_key("read", operator="rival")
    rack = asset_id("sin-1/rack")
    assert (await ask(api, cell="sin-1", subject={"asset": rack}))["simulated"] is False


async def _go_on_living(api: "Api") -> None:
    """Whatever happens to a cell after a moment: reports, a silence, a correction, a merge, a move, a gap, an act."""
    book = api.book
    await book.live_until(BEGIN + 2 * DAY)
    await book.corrected(RACK, SECOND, from_at=BEGIN + 2 * HOUR, known_from=BEGIN + DAY + HOUR)
    run = "UPDATE run SET until_at = $2, end_cause = 'replaced' WHERE cell = $1 AND source = 'bmc-1'"
    await book.connection.execute(run, book.cell, BEGIN + DAY + 2 * HOUR)
    binding = "UPDATE binding SET until_at = $2, end_cause = 'absent' WHERE cell = $1 AND source = 'bmc-1'"
    await book.connection.execute(binding, book.cell, BEGIN + DAY + 2 * HOUR)
    for source, from_at in (("agent-1", BEGIN + DAY + 3 * HOUR),):
        await book.connection.execute(
            "INSERT INTO gap VALUES ($1, $2, 'node', 1, 0, $3, $4, NULL)", book.cell, source, from_at, from_at + HOUR
        )
    await book.connection.execute(
        "INSERT INTO asset_name VALUES ($1, $2, $3, $4, NULL)", book.cell, OTHER_GPU, GPU, BEGIN + DAY + HOUR
    )
    await book.connection.execute(
        "INSERT INTO dispute VALUES ($1, $2, $3, NULL, 'agent-1', 'node', 'rack', 'bmc-1', 'node', 'rack', $4, NULL)",
        book.cell, RACK, BEGIN + 3 * HOUR, BEGIN + DAY + HOUR,
    )  # fmt: skip
    await book.connection.execute(
        "INSERT INTO source_term VALUES ($1, 'agent-1', $2, 'person', 'other', 60000, 0, 120000, true, 0)",
        book.cell, BEGIN + DAY + HOUR,
    )  # fmt: skip
    await book.connection.execute(
        "INSERT INTO work VALUES ($1, 'T-1', $2, $3, $2, $4, '{}', '{rack_moved}')",
        book.cell, BEGIN + DAY + HOUR, BEGIN + HOUR, [RACK],
    )  # fmt: skip
    await book.asset("late", "gpu", (("gpu_uuid", "", "3" * 31 + "b"),))
    await book.event("dispute", GPU, BEGIN + DAY + HOUR)


@pytest.mark.parametrize(
    "asked",
    [
        {"subject": {"asset": RACK}},
        {"subject": {"asset": GPU}},
        {"subject": {"place": SITE}},
        {"subject": {"place": POSITION}, "until": rfc3339(BEGIN + 30 * DAY)},
        {"subject": {"asset": SERVER}, "predicate": "contains"},
        {"subject": {"asset": SERVER}, "predicate": "located_at", "place": SITE, "until": rfc3339(BEGIN + DAY)},
    ],
    ids=lambda asked: json.dumps(asked)[:60],
)
async def test_rule_3_the_same_claim_and_known_at_give_the_same_bytes_for_ever(
    api: "Api", asked: dict[str, Any]
) -> None:
    first = await api.client.post("/v1/attestations", json=claim(**asked))
    assert first.status_code == 200, first.text
    known_at = first.json()["known_at"]
    assert known_at == rfc3339(BEGIN + DAY - 1)
    await _go_on_living(api)
    again = await api.client.post("/v1/attestations", json=claim(**asked, known_at=known_at))
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["holdfast-horizon"] != first.headers["holdfast-horizon"]
    now = await api.client.post("/v1/attestations", json=claim(**asked))
    assert now.content != first.content


async def test_rule_3_beyond_the_horizon_it_is_answered_as_of_the_horizon_and_says_so(api: "Api") -> None:
    ahead = rfc3339(BEGIN + 5 * DAY)
    answer = await ask(api, known_at=ahead)
    assert answer["known_at"] == rfc3339(BEGIN + DAY - 1)
    assert answer["known_at_asked"] == ahead
    assert "known_at_asked" not in await ask(api, known_at=rfc3339(BEGIN + DAY - 1))


CANNOT_BE_JUDGED: list[tuple[dict[str, Any], int, str]] = [
    ({"until": rfc3339(BEGIN)}, 422, "bad-claim"),
    ({"until": rfc3339(BEGIN + HOUR)}, 422, "bad-claim"),
    ({"from": rfc3339(BEGIN + 9 * DAY), "until": rfc3339(BEGIN + 10 * DAY)}, 422, "bad-claim"),
    ({"from": "2025-06-01T00:00:00"}, 422, "invalid-request"),
    ({"from": 1748736000000}, 422, "invalid-request"),
    ({"from": "0000-00-00T00:00:00Z"}, 422, "invalid-request"),
    ({"cell": "sin-1"}, 404, "cell-not-found"),
    ({"cell": "nowhere"}, 404, "cell-not-found"),
    ({"cell": "a,b"}, 422, "invalid-request"),
    ({"subject": {"asset": asset_id("sin-1/rack")}}, 404, "asset-not-found"),
    ({"subject": {"asset": "x"}}, 422, "invalid-request"),
    ({"subject": {}}, 422, "bad-claim"),
    ({"subject": {"asset": RACK, "place": SITE}}, 422, "bad-claim"),
    ({"subject": {"place": "KUL-9"}}, 404, "place-not-found"),
    ({"subject": {"place": "\u0000"}}, 422, "invalid-request"),
    ({"subject": {"identifier": {"scheme": "serial", "value": "N/A"}}}, 404, "asset-not-found"),
    ({"subject": {"identifier": {"scheme": "serial", "value": "SN-9999"}}}, 404, "asset-not-found"),
    ({"predicate": "located_at"}, 422, "bad-claim"),
    ({"predicate": "located_at", "place": SITE, "country": "MY"}, 422, "bad-claim"),
    ({"predicate": "was_near", "country": "CN"}, 422, "invalid-request"),
    ({"country": "malaysia"}, 422, "invalid-request"),
    ({"predicate": "contains", "subject": {"place": SITE}, "expected": {"counts": {"gpu": 1}}}, 422, "bad-claim"),
    ({"predicate": "contains", "expected": {}}, 422, "bad-claim"),
    ({"max_silence_s": {"gpu": 0}}, 422, "invalid-request"),
    ({"grades": {"place": "certain"}}, 422, "invalid-request"),
    ({"surprise": 1}, 422, "invalid-request"),
]


async def test_claims_that_cannot_be_judged_say_what_to_change(api: "Api") -> None:
    for members, status, slug in CANNOT_BE_JUDGED:
        response = await api.client.post("/v1/attestations", json=claim(**members))
        assert response.status_code == status, (members, response.text)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["type"] == f"urn:holdfast:problem:{slug}", members
        assert response.json()["title"]


async def test_before_the_first_record_nothing_is_proven(api: "Api") -> None:
    answer = await ask(api, **{"from": rfc3339(BEGIN - 9 * DAY), "until": rfc3339(BEGIN - 8 * DAY)})
    assert answer["answer"]["verdict"] == "unproven"


async def test_known_at_before_the_asset_was_there_finds_none(api: "Api") -> None:
    early = claim(known_at=rfc3339(BEGIN - HOUR), **{"from": rfc3339(BEGIN - DAY)})
    assert (await api.client.post("/v1/attestations", json=early)).status_code == 404


async def test_two_bearers_of_one_serial_are_named_and_not_chosen_from(api: "Api") -> None:
    twin = await api.book.asset("twin", "chassis", (("serial", "other/x9", "SN-0001"),))
    subject = {"identifier": {"scheme": "serial", "value": "SN-0001"}}
    response = await api.client.post("/v1/attestations", json=claim(subject=subject))
    assert response.status_code == 422
    assert twin in response.json()["detail"]
    scoped = {"identifier": {"scheme": "serial", "value": "SN-0001", "scope": "acme/x1"}}
    assert (await ask(api, subject=scoped))["answer"]["subject"] == SERVER
