"""`accounted_for` over HTTP: what became of one thing, and of all that stood at a site or is said to be kept there."""

from typing import TYPE_CHECKING, Any

from schemas.envelope import rfc3339
from tests.integration.api.test_attestations import GPU, OTHER_GPU, RACK, SERVER, ask
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

GONE = BEGIN + 5 * HOUR


async def pulled(api: "Api") -> None:
    """Let both sources see the second GPU gone from the server after five hours."""
    for statement in (
        "UPDATE binding SET until_at = $3, end_cause = 'absent' WHERE cell = $1 AND asset = $2",
        "UPDATE whereabouts SET until_at = $3 WHERE cell = $1 AND asset = $2",
    ):
        await api.book.connection.execute(statement, api.book.cell, OTHER_GPU, GONE)


async def spare(api: "Api") -> str:
    """Put a GPU into the book that nobody reports, and say that it is kept at the site."""
    one = await api.book.asset("gpu-spare", "gpu", (("serial", "nv/h200", "SN-SPARE-1"),))
    await api.book.said("spares", 0, one, "spare", place=POSITION, from_at=BEGIN, known_from=BEGIN + HOUR)
    return one


async def accounts(api: "Api", **members: object) -> dict[str, Any]:
    return await ask(api, predicate="accounted_for", **members)


async def test_what_is_corroborated_at_its_site_is_present_and_confirmed(api: "Api") -> None:
    for asked in ({"subject": {"asset": GPU}}, {"subject": {"asset": GPU}, "place": SITE}):
        answer = (await accounts(api, **asked))["answer"]
        assert (answer["verdict"], answer["account"]) == ("confirmed", "present")
        assert [each["account"] for each in answer["accounts"]] == ["present"]
        assert answer["accounts"][0]["place"] == POSITION


async def test_what_was_seen_gone_is_unaccounted_until_somebody_says_where_it_went(api: "Api") -> None:
    await pulled(api)
    lost = (await accounts(api, subject={"asset": OTHER_GPU}))["answer"]
    assert (lost["verdict"], lost["account"]) == ("contradicted", "unaccounted")
    assert (lost["accounts"][1]["why"], lost["accounts"][1]["from"]) == ("missing", rfc3339(GONE))
    await api.book.said("rma-1", 0, OTHER_GPU, "in_repair", "Workshop", from_at=GONE, known_from=BEGIN + 8 * HOUR)
    found = (await accounts(api, subject={"asset": OTHER_GPU}))["answer"]
    assert (found["verdict"], found["account"]) == ("consistent", "in_repair")
    stated = {"key": "rma-1", "status": "in_repair", "by": "person-1", "from": rfc3339(GONE), "party": "Workshop"}
    assert found["accounts"][1]["stated"] == stated
    before = await accounts(api, subject={"asset": OTHER_GPU}, known_at=rfc3339(BEGIN + 7 * HOUR))
    assert (before["answer"]["verdict"], before["answer"]["account"]) == ("contradicted", "unaccounted")


async def test_rule_28_a_site_is_counted_by_kind_each_thing_in_one_account(api: "Api") -> None:
    """Members are what stood there at any moment of the interval, and what people say is kept there."""
    await pulled(api)
    one = await spare(api)
    whole = await accounts(api, subject={"place": SITE})
    found = whole["set"]
    assert whole["claim"]["subject"] == {"place": SITE}
    assert found["members"] == 6
    assert found["accounts"] == {
        "rack": {"present": 1},
        "chassis": {"present": 1},
        "gpu": {"present": 1, "spare": 1, "unaccounted": 1},
        "nic": {"present": 1},
    }
    lost = {"asset": OTHER_GPU, "kind": "gpu", "why": "missing", "since": rfc3339(GONE)}
    assert found["unaccounted"] == {"count": 1, "listed": [lost]}
    assert found["counts"]["gpu"] == {"contradicted": 1, "confirmed": 1, "consistent": 1}
    later = await accounts(api, subject={"place": SITE}, **{"from": rfc3339(BEGIN + 6 * HOUR)})
    assert later["set"]["members"] == 5  # the lost one stood there no more
    early = await accounts(api, subject={"place": SITE}, known_at=rfc3339(BEGIN + HOUR - 1), **{"from": rfc3339(BEGIN)})
    assert one not in {each["subject"] for each in early["set"]["worst"]}
    assert early["set"]["accounts"]["gpu"] == {"present": 2}


async def test_what_was_released_is_listed_by_whom_it_went_to_and_what_they_accepted(api: "Api") -> None:
    for n, asset in enumerate((GPU, OTHER_GPU)):
        await api.book.connection.execute("DELETE FROM binding WHERE cell = $1 AND asset = $2", api.book.cell, asset)
        await api.book.said("dn-7", n, asset, "released", "Lessee Ltd", from_at=BEGIN, known_from=BEGIN)
    await api.book.accepted("dn-7", GPU, at=BEGIN + 2 * HOUR, known_from=BEGIN + 3 * HOUR)
    found = (await accounts(api, subject={"place": SITE}))["set"]
    assert found["accounts"]["gpu"] == {"released": 2}
    assert found["released"] == {
        "count": 1,
        "listed": [{"party": "Lessee Ltd", "document": None, "count": 2, "accepted": 1}],
    }
    one = (await accounts(api, subject={"asset": GPU}))["answer"]
    assert one["accounts"][-1]["stated"]["accepted"]["at"] == rfc3339(BEGIN + 2 * HOUR)
    other = (await accounts(api, subject={"asset": OTHER_GPU}))["answer"]
    assert {"code": "an_acceptance_of_the_release", "key": "dn-7", "party": "Lessee Ltd"} in other["would_raise"]


async def test_what_stood_in_a_tray_while_the_tray_stood_elsewhere_is_no_member(api: "Api") -> None:
    """The server comes to the second position after the GPU was taken out of it; the rest comes with it."""
    second = "KUL-1/H1/R1/P02"
    await pulled(api)
    moved = BEGIN + 10 * HOUR
    await api.book.connection.execute(
        "UPDATE whereabouts SET until_at = $3 WHERE cell = $1 AND asset = $2", api.book.cell, SERVER, moved
    )
    await api.book.stands(SERVER, "chassis", place=second, from_at=moved, known_from=moved)
    found = (await accounts(api, subject={"place": second}))["set"]
    assert {kind: sum(counts.values()) for kind, counts in found["accounts"].items()} == {
        "chassis": 1, "gpu": 1, "nic": 1,
    }  # fmt: skip


async def test_accounts_of_a_country_or_of_an_unknown_place_are_refused(api: "Api") -> None:
    body = {
        "cell": "kul-1",
        "predicate": "accounted_for",
        "subject": {"asset": RACK},
        "from": rfc3339(BEGIN),
        "until": rfc3339(BEGIN + DAY),
    }
    for more, status in (({"country": "MY"}, 422), ({"place": "KUL-9"}, 404), ({"expected": {}}, 422)):
        assert (await api.client.post("/v1/attestations", json={**body, **more})).status_code == status
    nobody = {"subject": {"asset": asset_id("nobody")}}
    assert (await api.client.post("/v1/attestations", json={**body, **nobody})).status_code == 404
