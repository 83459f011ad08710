"""`not_on_record` over HTTP: of a serial that nobody reported, of one that is here, of one that names nothing."""

from typing import TYPE_CHECKING, Any

from schemas.envelope import rfc3339
from tests.integration.api.test_attestations import GPU, ask, claim
from tests.support.book import BEGIN, DAY, HOUR, SITE, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api


async def record(api: "Api", scheme: str, value: str, **members: object) -> dict[str, Any]:
    subject = {"identifier": {"scheme": scheme, "value": value}}
    answer: dict[str, Any] = (await ask(api, predicate="not_on_record", subject=subject, **members))["answer"]
    return answer


async def test_a_serial_that_nobody_reported_is_consistently_not_on_record(api: "Api") -> None:
    answer = await record(api, "serial", "SN-404-404")
    assert (answer["verdict"], answer["subject"], answer["kind"]) == ("consistent", "serial:SN-404-404", None)
    before = await record(api, "serial", "SN-404-404", **{"from": rfc3339(BEGIN - DAY)})
    assert before["verdict"] == "unproven"
    assert before["would_raise"] == [{"code": "ask_from", "at": rfc3339(BEGIN)}]


async def test_what_was_heard_of_is_on_record_by_any_of_its_names(api: "Api") -> None:
    by_uuid = await record(api, "gpu_uuid", "GPU-11111111-1111-1111-1111-11111111111b")
    assert (by_uuid["verdict"], by_uuid["subject"]) == ("contradicted", GPU)
    assert {each["source"] for each in by_uuid["contradicting"]} == {"agent-1", "bmc-1"}
    by_id = (await ask(api, predicate="not_on_record", subject={"asset": GPU}))["answer"]
    assert by_id == by_uuid


async def test_what_people_say_is_here_is_disputed(api: "Api") -> None:
    one = await api.book.asset("gpu-spare", "gpu", (("serial", "nv/h200", "SN-SPARE-1"),))
    await api.book.said("spares", 0, one, "spare", from_at=BEGIN, known_from=BEGIN + HOUR)
    assert (await record(api, "serial", "SN-SPARE-1"))["verdict"] == "disputed"
    then = await record(api, "serial", "SN-SPARE-1", known_at=rfc3339(BEGIN + HOUR - 1), **{"from": rfc3339(BEGIN)})
    assert then["verdict"] == "consistent"


async def test_rule_16_a_placeholder_and_a_serial_of_several_things_prove_nothing(api: "Api") -> None:
    for n in range(2):
        await api.book.asset(f"twin{n}", "gpu", (("serial", f"maker{n}/x", "SN-TWIN-1"),))
    await api.book.asset("cloned", "gpu", (("serial", "nv/h200", "SN-CLONE-1"),))
    await api.book.connection.execute(
        "INSERT INTO shared_value (cell, scheme, scope, value, kind, since, by_people) "
        "VALUES ($1, 'serial', 'nv/h200', 'SN-CLONE-1', 'gpu', $2, true)",
        api.book.cell,
        BEGIN,
    )
    for value in ("N/A", "SN-TWIN-1", "SN-CLONE-1"):
        answer = await record(api, "serial", value)
        assert answer["verdict"] == "unproven", value
        assert answer["would_raise"][0] == {"code": "an_identifier_that_names_one_thing"}


async def test_it_is_asked_of_no_place_and_an_unknown_id_is_not_found(api: "Api") -> None:
    for subject, status in (({"place": SITE}, 422), ({"asset": asset_id("nobody")}, 404)):
        body = claim(predicate="not_on_record", subject=subject)
        response = await api.client.post("/v1/attestations", json=body)
        assert response.status_code == status
