"""Reading a book: assets, places, contents, whereabouts, at any moment and as known then."""

from typing import TYPE_CHECKING

import pytest

from schemas.envelope import rfc3339
from service.api import cursors
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

RACK, SERVER, GPU = (asset_id(f"kul-1/{name}") for name in ("rack", "server", "gpu1"))
SECOND = "KUL-1/H1/R1/P02"
NOW = cursors.Moments(BEGIN + DAY - 1, BEGIN + DAY - 1)


async def test_an_asset_is_read_by_its_id_with_its_path(api: "Api") -> None:
    answer = (await api.client.get(f"/v1/assets/{GPU}")).json()
    assert answer["cell"] == "kul-1"
    assert answer["simulated"] is True
    assert answer["kind"] == "gpu"
    assert answer["path"] == [SERVER, RACK, POSITION]
    assert answer["known_at"] == rfc3339(BEGIN + DAY - 1)


async def test_an_asset_is_found_by_identifier_however_it_is_written(api: "Api") -> None:
    for value in ("GPU-11111111-1111-1111-1111-11111111111b", "1111111111111111111111111111111B"):
        found = await api.client.get("/v1/assets", params={"scheme": "gpu_uuid", "value": value})
        assert [item["asset"] for item in found.json()["items"]] == [GPU]
    scoped = {"scheme": "serial", "value": "sn-0001", "scope": "Acme Inc./X1"}
    assert (await api.client.get("/v1/assets", params=scoped)).json()["items"][0]["asset"] == SERVER
    scoped["scope"] = "other/X1"
    assert (await api.client.get("/v1/assets", params=scoped)).status_code == 404


async def test_assets_are_found_by_place_and_by_kind(api: "Api") -> None:
    found = (await api.client.get("/v1/assets", params={"place": SITE, "kind": "gpu"})).json()
    assert len(found["items"]) == 2
    every = (await api.client.get("/v1/assets", params={"place": POSITION})).json()
    assert len(every["items"]) == 5


async def test_contents_go_one_level_or_all_the_way(api: "Api") -> None:
    one = (await api.client.get(f"/v1/assets/{RACK}/contents")).json()
    assert [item["asset"] for item in one["items"]] == [SERVER]
    deep = (await api.client.get(f"/v1/assets/{RACK}/contents", params={"deep": True})).json()
    assert {item["depth"] for item in deep["items"]} == {1, 2}
    place = (await api.client.get(f"/v1/places/{POSITION}/contents", params={"deep": True})).json()
    assert len(place["items"]) == 5
    before = {"as_of": rfc3339(BEGIN - HOUR)}
    assert (await api.client.get(f"/v1/assets/{RACK}/contents", params=before)).json()["items"] == []


async def test_rule_20_what_was_corrected_is_read_as_it_was_known(api: "Api") -> None:
    await api.book.corrected(RACK, SECOND, from_at=BEGIN + 2 * HOUR, known_from=BEGIN + 4 * HOUR)
    url = f"/v1/assets/{RACK}/whereabouts"
    now = (await api.client.get(url)).json()["items"]
    assert [(row["place"], row["until"]) for row in now] == [(POSITION, rfc3339(BEGIN + 2 * HOUR)), (SECOND, None)]
    then = (await api.client.get(url, params={"known_at": rfc3339(BEGIN + 3 * HOUR)})).json()["items"]
    assert [(row["place"], row["until"]) for row in then] == [(POSITION, None)]
    there = {"as_of": rfc3339(BEGIN + 3 * HOUR), "known_at": rfc3339(BEGIN + 3 * HOUR)}
    assert (await api.client.get(f"/v1/places/{SECOND}/contents", params=there)).json()["items"] == []
    del there["known_at"]
    assert (await api.client.get(f"/v1/places/{SECOND}/contents", params=there)).json()["items"][0]["asset"] == RACK


async def test_runs_and_events_of_an_asset_are_read(api: "Api") -> None:
    runs = (await api.client.get(f"/v1/assets/{GPU}/runs")).json()["items"]
    assert {(run["source"], run["slot"]) for run in runs} == {("agent-1", "gpu/0"), ("bmc-1", "gpu/0")}
    events = (await api.client.get(f"/v1/assets/{GPU}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["asset"]
    assert len(events[0]["sha256"]) == 64


async def test_sites_places_and_sources_are_listed(api: "Api") -> None:
    cells = (await api.client.get("/v1/sites")).json()["cells"]
    assert [(cell["cell"], cell["sites"][0]["country"]) for cell in cells] == [("kul-1", "MY")]
    places = (await api.client.get("/v1/places", params={"cell": "kul-1"})).json()["items"]
    assert [place["place"] for place in places] == [SITE, POSITION, SECOND]
    sources = (await api.client.get("/v1/sources")).json()["items"]
    assert [source["source"] for source in sources] == ["agent-1", "bmc-1", "switch-1"]
    assert sources[0]["interval_s"] == 300


async def test_findings_and_dead_letters_are_listed(api: "Api") -> None:
    await api.book.connection.execute(
        "INSERT INTO finding VALUES ('kul-1', $1::uuid, 'rack_moved', 'high', 'rack', 'open', $2, $2, NULL, "
        "'moved', '{}')",
        RACK, BEGIN,
    )  # fmt: skip
    await api.book.connection.execute(
        "INSERT INTO dead_letter VALUES ('kul-1', 'telemetry', 0, 0, 7, $1, 'bad_json', 'no', NULL, '[]', "
        "'x', NULL, NULL)",
        BEGIN,
    )
    found = (await api.client.get("/v1/findings", params={"state": "open"})).json()["items"]
    assert [finding["kind"] for finding in found] == ["rack_moved"]
    assert (await api.client.get("/v1/dead-letters")).status_code == 403
    await api.as_key("read", "audit")
    assert (await api.client.get("/v1/dead-letters")).json()["items"][0]["size"] == 1


@pytest.mark.parametrize("url", ["/v1/assets", "/v1/places", "/v1/sources", f"/v1/assets/{RACK}/contents?deep=true"])
async def test_pages_join_without_holes_or_repeats(api: "Api", url: str) -> None:
    whole = (await api.client.get(url)).json()["items"]
    joined, cursor = [], None
    while True:
        params = {"limit": "1"} | ({"cursor": cursor} if cursor else {}) | ({"deep": "true"} if "deep" in url else {})
        answer = await api.client.get(url.partition("?")[0], params=params)
        assert answer.status_code == 200, answer.text
        joined += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert joined == whole
    assert len(whole) > 1


async def test_a_tampered_cursor_is_refused(api: "Api") -> None:
    cursor = (await api.client.get("/v1/assets", params={"limit": 1})).json()["next"]
    for wrong in ("x", cursor[:-2], cursor + "A", "A" + cursor[1:], "é", ""):
        answer = await api.client.get("/v1/assets", params={"limit": 1, "cursor": wrong})
        if wrong:
            assert answer.status_code == 400, wrong
            assert answer.json()["type"] == "urn:holdfast:problem:bad-cursor"
    elsewhere = await api.client.get("/v1/places", params={"limit": 1, "cursor": cursor})
    assert elsewhere.status_code == 400


@pytest.mark.parametrize(
    ("url", "listing", "key"),
    [
        ("/v1/places", "places/None/None", ["a\0b"]),
        ("/v1/places", "places/None/None", ["\ud800"]),
        ("/v1/places", "places/None/None", [1]),
        ("/v1/places", "places/None/None", []),
        ("/v1/assets", "assets/None/None/None/None/None", ["nothing"]),
        ("/v1/assets", "assets/None/None/None/None/None", ["0" * 36]),
        ("/v1/findings", "findings/None/None/None/None/None/None", [2**63, RACK]),
        ("/v1/findings", "findings/None/None/None/None/None/None", [10**15, RACK]),
        ("/v1/findings", "findings/None/None/None/None/None/None", [True, RACK]),
        ("/v1/dead-letters", "dead-letters/None/None", [0, 2**31, 0]),
        ("/v1/dead-letters", "dead-letters/None/None", [0, 0, 2**63]),
        (f"/v1/assets/{RACK}/events", f"events/{RACK}", [2**63]),
        (f"/v1/assets/{RACK}/events", f"events/{RACK}", [-2]),
    ],
)
async def test_a_cursor_made_by_hand_is_looked_at(api: "Api", url: str, listing: str, key: cursors.Key) -> None:
    """Its check can be computed by anybody: what it holds is refused where the database would not take it."""
    await api.as_key("read", "audit")
    cursor = cursors.write(f"acme/kul-1/{listing}", NOW, key)
    answer = await api.client.get(url, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:holdfast:problem:bad-cursor")


@pytest.mark.parametrize(
    ("url", "listing", "key"),
    [
        ("/v1/places", "places/None/None", ["KUL-1/H1/R1/P01"]),
        ("/v1/findings", "findings/None/None/None/None/None/None", [-1, RACK]),
        ("/v1/dead-letters", "dead-letters/None/None", [253_402_300_799_999, 2**31 - 1, 2**63 - 1]),
        (f"/v1/assets/{RACK}/events", f"events/{RACK}", [2**63 - 1]),
        (f"/v1/assets/{RACK}/runs", f"runs/{RACK}", [0, "agent-1", "", "\U0010ffff"]),
    ],
)
async def test_a_cursor_at_the_bounds_is_taken(api: "Api", url: str, listing: str, key: cursors.Key) -> None:
    await api.as_key("read", "audit")
    cursor = cursors.write(f"acme/kul-1/{listing}", NOW, key)
    assert (await api.client.get(url, params={"cursor": cursor})).status_code == 200


async def test_a_cursor_holds_the_moments_of_the_first_page(api: "Api") -> None:
    early: dict[str, str | int] = {"limit": 1, "known_at": rfc3339(BEGIN + HOUR)}
    first = (await api.client.get("/v1/places", params=early)).json()
    second = (await api.client.get("/v1/places", params={"limit": 1, "cursor": first["next"]})).json()
    assert (first["known_at"], second["known_at"]) == (early["known_at"], early["known_at"])
    ahead: dict[str, str | int] = {"limit": 1, "known_at": rfc3339(BEGIN + 9 * DAY)}
    cut = (await api.client.get("/v1/places", params=ahead)).json()
    assert (await api.client.get("/v1/places", params={**ahead, "cursor": cut["next"]})).status_code == 200
    for other in ({"known_at": rfc3339(BEGIN)}, {"as_of": rfc3339(BEGIN)}):
        answer = await api.client.get("/v1/places", params={"limit": 1, "cursor": first["next"], **other})
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:holdfast:problem:bad-cursor"), other


async def test_statuses_are_listed_in_the_order_of_their_acts_and_as_known_then(api: "Api") -> None:
    for n, (key, asset, status) in enumerate([("a", GPU, "spare"), ("a", SERVER, "spare"), ("b", GPU, "released")]):
        await api.book.said(key, n, asset, status, from_at=BEGIN + n * HOUR, known_from=BEGIN + n * HOUR)
    await api.book.accepted("b", GPU, at=BEGIN + 3 * HOUR, known_from=BEGIN + 4 * HOUR)
    first = (await api.client.get("/v1/statuses", params={"limit": 2})).json()
    assert [(row["key"], row["asset"]) for row in first["items"]] == [("a", GPU), ("a", SERVER)]
    rest = (await api.client.get("/v1/statuses", params={"limit": 2, "cursor": first["next"]})).json()
    assert [row["status"] for row in rest["items"]] == ["released"]
    assert rest["items"][0]["accepted"]["at"] == rfc3339(BEGIN + 3 * HOUR)
    assert rest["next"] is None
    mine = (await api.client.get("/v1/statuses", params={"asset": GPU, "status": "released"})).json()["items"]
    assert [(row["key"], row["from_at"]) for row in mine] == [("b", rfc3339(BEGIN + 2 * HOUR))]
    before = {"asset": GPU, "known_at": rfc3339(BEGIN + 3 * HOUR)}
    then = (await api.client.get("/v1/statuses", params=before)).json()["items"]
    assert [(row["status"], row["accepted"]) for row in then] == [("spare", None), ("released", None)]
    unknown = await api.client.get("/v1/statuses", params={"asset": asset_id("nobody"), "cell": "kul-1"})
    assert unknown.status_code == 404
