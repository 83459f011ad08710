"""Claims about sets over HTTP: a list of assets and identifiers, what is inside an asset, some kinds of a place."""

from typing import TYPE_CHECKING, Any

import pytest

from service.api import members
from tests.integration.api.test_attestations import GPU, OTHER_GPU, RACK, SERVER, ask, claim
from tests.support.book import SITE, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

NOBODY = asset_id("nobody")


def serial(value: str, scope: str | None = None) -> dict[str, str]:
    return {"scheme": "serial", "value": value, **({"scope": scope} if scope else {})}


async def judged(api: "Api", subject: dict[str, object], **members_of: object) -> dict[str, Any]:
    found: dict[str, Any] = (await ask(api, subject=subject, **members_of))["set"]
    return found


def of_kinds(found: dict[str, Any]) -> dict[str, int]:
    return {kind: sum(counts.values()) for kind, counts in found["counts"].items()}


async def test_a_list_is_judged_each_thing_once_and_what_nothing_bears_is_unproven(api: "Api") -> None:
    uuid = {"scheme": "gpu_uuid", "value": "GPU-11111111-1111-1111-1111-11111111111b"}
    listed = {
        "assets": [RACK, GPU, GPU, NOBODY],
        "identifiers": [uuid, serial("sn-0001"), serial("SN-404-404"), serial("N/A"), serial("SN-0001", "other/x")],
    }
    found = await judged(api, {"listed": listed}, predicate="located_at", country="MY")
    assert found["members"] == 7  # the GPU by id and by UUID is one
    assert found["counts"] == {
        "rack": {"confirmed": 1}, "chassis": {"confirmed": 1}, "gpu": {"confirmed": 1}, "unknown": {"unproven": 4},
    }  # fmt: skip
    named = {each["subject"] for each in found["worst"]}
    assert named == {NOBODY, "serial:SN-404-404", "serial:N/A", "serial:SN-0001@other/x"}


async def test_rule_16_of_a_list_what_is_on_no_record_is_told_from_what_names_nothing_or_many(api: "Api") -> None:
    for n in range(2):
        await api.book.asset(f"twin{n}", "gpu", (("serial", f"maker{n}/x100", "SN-TWIN-1"),))
    listed = {"identifiers": [serial("SN-404-404"), serial("N/A"), serial("SN-TWIN-1"), serial("SN-0001")]}
    found = await judged(api, {"listed": listed}, predicate="not_on_record")
    assert found["counts"] == {"chassis": {"contradicted": 1}, "unknown": {"unproven": 2, "consistent": 1}}
    one = await judged(
        api, {"listed": {"identifiers": [serial("SN-TWIN-1", "maker1/x100")]}}, predicate="not_on_record"
    )
    assert one["counts"] == {"gpu": {"consistent": 1}}


async def test_what_is_inside_an_asset_is_judged_with_it_and_some_kinds_alone(api: "Api") -> None:
    found = await judged(api, {"inside": SERVER})
    assert {kind: sum(counts.values()) for kind, counts in found["counts"].items()} == {
        "chassis": 1,
        "gpu": 2,
        "nic": 1,
    }
    gpus = await judged(api, {"place": SITE, "kinds": ["gpu", "rack"]})
    assert {kind: sum(counts.values()) for kind, counts in gpus["counts"].items()} == {"gpu": 2, "rack": 1}
    whole = await judged(api, {"inside": RACK, "kinds": ["gpu"]}, predicate="accounted_for")
    assert whole["accounts"] == {"gpu": {"present": 2}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": {"listed": {}}},
        {"subject": {"listed": {"assets": [GPU]}, "place": SITE}},
        {"subject": {"asset": GPU, "kinds": ["gpu"]}},
        {"subject": {"inside": RACK}, "predicate": "not_on_record"},
    ],
)
async def test_a_set_that_is_not_one_is_refused(api: "Api", wrong: dict[str, object]) -> None:
    response = await api.client.post("/v1/attestations", json=claim(**wrong))
    assert response.status_code == 422
    assert response.json()["type"].endswith("bad-claim")


async def test_a_claim_about_too_many_things_is_refused_with_what_would_be_small_enough(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MAX_MEMBERS", 4)
    response = await api.client.post("/v1/attestations", json=claim(subject={"place": SITE}))
    assert response.status_code == 422
    assert "about 5 things, and at most 4" in response.json()["detail"]
    smaller = claim(subject={"listed": {"assets": [GPU, OTHER_GPU]}})
    assert (await api.client.post("/v1/attestations", json=smaller)).status_code == 200
    too_long = claim(subject={"listed": {"assets": [GPU] * 2001}})
    assert (await api.client.post("/v1/attestations", json=too_long)).status_code == 422
