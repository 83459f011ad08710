"""As known then: what people and sources say later changes no answer about before, and never turns it better."""

from typing import TYPE_CHECKING

import pytest

from schemas.envelope import rfc3339
from tests.integration.api.test_attestations import GPU, OTHER_GPU, RACK, SERVER, ask, claim
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

NOON = BEGIN + 12 * HOUR
BEFORE = {"from": rfc3339(BEGIN + HOUR), "until": rfc3339(NOON - HOUR)}
AFTER = {"from": rfc3339(NOON + HOUR), "until": rfc3339(BEGIN + 20 * HOUR)}


async def verdict(api: "Api", **members: object) -> str:
    return str((await ask(api, **members))["answer"]["verdict"])


async def test_rule_25_an_enrolment_says_nothing_of_what_was_reported_before_it(api: "Api") -> None:
    """Who holds the switch's keys is known from noon on: what it saw in the morning corroborates nothing."""
    book = api.book
    assert await verdict(api, **BEFORE) == "confirmed"
    sql = "UPDATE source_term SET from_at = $2 WHERE cell = $1 AND source = 'switch-1'"
    await book.connection.execute(sql, book.cell, NOON)
    await book.connection.execute("INSERT INTO source_seen VALUES ($1, 'switch-1', 'facility', $2)", book.cell, BEGIN)
    assert await verdict(api, **BEFORE) == "consistent"
    assert await verdict(api, **AFTER) == "confirmed"


async def test_rule_4_another_name_of_a_control_domain_holds_from_when_it_was_said(api: "Api") -> None:
    book = api.book
    await book.connection.execute(
        "INSERT INTO source_term SELECT cell, source, $2, source_class, 'lessee', interval_ms, clock_offset_ms, "
        "lateness_ms, false, 1 FROM source_term WHERE cell = $1 AND source = 'switch-1'",
        book.cell, NOON,
    )  # fmt: skip
    assert await verdict(api, **BEFORE) == "confirmed"
    assert await verdict(api, **AFTER) == "consistent"


@pytest.mark.parametrize("said", [{"country": "SG"}, {"within": "KUL-2"}])
async def test_rule_4_a_place_that_was_restated_confirms_nothing_of_before(api: "Api", said: dict[str, str]) -> None:
    book = api.book
    place, kind, within, country = (
        (SITE, "site", None, "MY") if "country" in said else (POSITION, "rack_position", SITE, None)
    )
    if "within" in said:
        await book.place("KUL-2", "site", None, "MY")
    await book.connection.execute(
        "UPDATE place SET until_at = $3 WHERE cell = $1 AND place = $2", book.cell, place, NOON
    )
    await book.connection.execute(
        "INSERT INTO place (cell, place, kind, within, country, from_at) VALUES ($1, $2, $3, $4, $5, $6)",
        book.cell, place, kind, said.get("within", within), said.get("country", country), NOON,
    )  # fmt: skip
    where = {"predicate": "located_at", "country": said.get("country", "MY")}
    answer = (await ask(api, **where, **BEFORE))["answer"]
    assert answer["verdict"] == "consistent"
    assert "ask_from_when_places_were_restated" in {each["code"] for each in answer["would_raise"]}
    assert await verdict(api, **where, **AFTER) == "confirmed"
    early = {"known_at": rfc3339(NOON - 1), "country": "MY"}
    assert await verdict(api, predicate="located_at", **early, **BEFORE) == "confirmed"


async def test_rule_16_a_merge_by_a_person_lowers_the_identity_until_it_is_undone(api: "Api") -> None:
    book = api.book
    await book.connection.execute(
        "INSERT INTO edge VALUES ($1, 'merge-1', true, $2, $3, $4, $5)",
        book.cell, GPU, OTHER_GPU, BEGIN + HOUR, BEGIN + DAY - HOUR,
    )  # fmt: skip
    await book.connection.execute(
        "INSERT INTO asset_name VALUES ($1, $2, $3, $4, $5)",
        book.cell, OTHER_GPU, GPU, BEGIN + HOUR, BEGIN + DAY - HOUR,
    )  # fmt: skip
    where = {"predicate": "located_at", "country": "MY", "subject": {"asset": GPU}}
    joined = (await ask(api, **where, known_at=rfc3339(NOON), **BEFORE))["answer"]
    assert (joined["verdict"], joined["grades"]["identity"]) == ("consistent", "declared")
    assert await verdict(api, **where, **BEFORE) == "confirmed"


async def test_a_thing_without_identifier_is_what_fills_its_slot(api: "Api") -> None:
    book = api.book
    psu = await book.asset("psu", "psu")
    for source in ("agent-1", "bmc-1"):
        await book.bound(psu, "psu", source, "psu/0", container=SERVER)
    await book.stands(psu, "psu", container=SERVER, slot="psu/0")
    alone = (await ask(api, subject={"asset": psu}))["answer"]
    assert (alone["verdict"], alone["grades"]["identity"]) == ("consistent", "declared")
    whole = (await ask(api, predicate="contains", subject={"asset": SERVER}))["answer"]
    assert (whole["verdict"], whole["grades"]["identity"]) == ("confirmed", "reported")
    assert "a_part_without_identifier_changed_for_another" in {each["code"] for each in whole["cannot_see"]}


async def test_rule_3_what_is_found_out_later_about_a_thing_of_before_is_not_known_before(api: "Api") -> None:
    """A value turned out to be shared: its sightings stand alone, each since it was seen, and known since noon."""
    book = api.book
    asked = claim(subject={"identifier": {"scheme": "serial", "value": "RACK-0001"}}, known_at=rfc3339(NOON), **BEFORE)
    before = await api.client.post("/v1/attestations", json=asked)
    assert before.status_code == 200
    other = await book.asset("another rack", "rack", (("serial", "acme/rack", "RACK-0001"), ("asset_tag", "", "T-7")))
    sql = "UPDATE {} SET known_from = $2 WHERE cell = $1 AND {} = $3"
    await book.connection.execute(sql.format("part", "asset"), book.cell, NOON + 1, other)
    await book.connection.execute(sql.format("asset", "asset"), book.cell, NOON + 1, other)
    assert (await api.client.post("/v1/attestations", json=asked)).content == before.content
    now = await api.client.post("/v1/attestations", json={**asked, "known_at": rfc3339(BEGIN + DAY)})
    assert now.json()["type"].endswith("ambiguous-subject")
    # A value that a thing was given later names it from then on.
    tag = {"scheme": "asset_tag", "value": "T-9"}
    await book.connection.execute(
        "INSERT INTO part_value VALUES ($1, 'asset_tag', '', 'T-9', 'rack', $2, false, $3)",
        book.cell, RACK.encode(), NOON + 1,
    )  # fmt: skip
    found = {
        at: (
            await api.client.post(
                "/v1/attestations", json={**asked, "subject": {"identifier": tag}, "known_at": rfc3339(at)}
            )
        ).status_code
        for at in (NOON, NOON + 1)
    }
    assert found == {NOON: 404, NOON + 1: 200}
    read = await api.client.get(f"/v1/assets/{other}", params={"cell": book.cell, "known_at": rfc3339(NOON)})
    assert read.status_code == 404


async def test_rule_6_a_partition_is_named_while_it_was_suspended_and_its_silence_is_ours(api: "Api") -> None:
    book = api.book
    await book.connection.execute(
        """INSERT INTO suspension (cell, partition, act, from_offset, rests_at, from_at, until_at)
        VALUES ($1, 0, 7, 100, $2, $2::timestamptz + interval '1 min', $3), ($1, 1, 8, 100, NULL, $2, $3)""",
        book.cell, NOON, NOON + HOUR,
    )  # fmt: skip
    named = {
        at: (await ask(api, **BEFORE, known_at=rfc3339(at))).get("suspended") for at in (NOON - 1, NOON, NOON + HOUR)
    }
    assert named == {NOON - 1: None, NOON: [0], NOON + HOUR: None}
    await book.connection.execute("UPDATE run SET last_at = $2 WHERE cell = $1", book.cell, NOON)
    await book.connection.execute(
        "INSERT INTO gap SELECT cell, source, scope, run, 0, $2, $3 FROM run WHERE cell = $1", book.cell, NOON, NOON + 1
    )
    where = {"from": rfc3339(NOON - HOUR), "until": rfc3339(NOON + 2 * HOUR)}
    causes = {each["cause"] for each in (await ask(api, **where, known_at=rfc3339(NOON + HOUR)))["answer"]["silences"]}
    assert causes == {"ours"}


async def test_rule_3_a_survey_between_two_reports_is_answered_alike_before_and_after_the_next_one(api: "Api") -> None:
    book = api.book
    await book.connection.execute(
        "UPDATE binding SET from_at = $2, known_from = $2 WHERE cell = $1 AND source = 'switch-1'", book.cell, NOON
    )
    run = "UPDATE run SET last_at = $2 WHERE cell = $1 AND source = 'switch-1'"
    asked = claim(**{"from": rfc3339(NOON), "until": rfc3339(NOON + HOUR)}, known_at=rfc3339(NOON + 1000))
    bodies = []
    for last in (NOON - 60_000, BEGIN + DAY):
        await book.connection.execute(run, book.cell, last)
        bodies.append((await api.client.post("/v1/attestations", json=asked)).content)
    assert bodies[0] == bodies[1]
    assert b'"verdict":"confirmed"' in bodies[0]
