"""Differences over HTTP and on the command line: between two days, and between what was known on two."""

import json
from typing import TYPE_CHECKING, Any

from deploy.serve import Server
from deploy.settings import load
from schemas.envelope import rfc3339
from tests.integration.api.test_attestations import GPU, OTHER_GPU, RACK, SECOND, SERVER
from tests.integration.api.test_commands import holdfast
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

NOON = BEGIN + 12 * HOUR


async def differences(api: "Api", **asked: object) -> dict[str, Any]:
    answer = await api.client.get("/v1/differences", params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def pulled(api: "Api") -> None:
    """Let the second GPU leave its server at noon, for the second position."""
    await api.book.connection.execute(
        "UPDATE whereabouts SET until_at = $3 WHERE cell = $1 AND asset = $2", api.book.cell, OTHER_GPU, NOON
    )
    await api.book.stands(OTHER_GPU, "gpu", place=SECOND, from_at=NOON, known_from=NOON)


async def test_two_days_of_a_rack_a_server_and_a_site_are_compared(api: "Api") -> None:
    await pulled(api)
    days = {"since": rfc3339(BEGIN + HOUR), "as_of": rfc3339(BEGIN + 20 * HOUR)}
    inside = {"container": SERVER, "container_slot": "gpu/1", "place": None}
    outside = {"container": None, "container_slot": None, "place": SECOND}
    for subject in ({"asset": SERVER}, {"asset": RACK}, {"place": POSITION}):
        answer = await differences(api, **subject, **days)
        assert answer["items"] == [
            {"asset": OTHER_GPU, "kind": "gpu", "what": "went", "before": inside, "after": outside}
        ], subject
        assert answer["before"]["things"] == answer["after"]["things"] + 1
    (moved,) = (await differences(api, place=SITE, **days))["items"]
    assert (moved["what"], moved["before"], moved["after"]) == ("moved", inside, outside)
    back = {"since": days["as_of"], "as_of": days["since"]}
    (came,) = (await differences(api, asset=SERVER, **back))["items"]
    assert (came["what"], came["before"], came["after"]) == ("came", outside, inside)
    before_all = await differences(api, place=SITE, since=rfc3339(BEGIN - HOUR), as_of=days["since"], limit=2)
    assert {item["what"] for item in before_all["items"]} == {"came"}
    rest = await differences(
        api, place=SITE, since=rfc3339(BEGIN - HOUR), as_of=days["since"], limit=4, cursor=before_all["next"]
    )
    assert len(before_all["items"]) + len(rest["items"]) == 5
    assert rest["items"][0]["asset"] > before_all["items"][-1]["asset"]


async def test_rule_20_what_was_corrected_since_is_told_of_one_day_as_known_on_two(api: "Api") -> None:
    await api.book.corrected(RACK, SECOND, from_at=BEGIN + 2 * HOUR, known_from=BEGIN + 6 * HOUR)
    day = {"as_of": rfc3339(BEGIN + 3 * HOUR)}
    answer = await differences(api, place=SITE, known_since=rfc3339(BEGIN + 5 * HOUR), **day)
    (found,) = answer["items"]
    assert (found["asset"], found["what"]) == (RACK, "moved")
    assert (found["before"]["place"], found["after"]["place"]) == (POSITION, SECOND)
    assert answer["before"]["known_at"] == rfc3339(BEGIN + 5 * HOUR)
    later = await differences(api, place=SITE, known_since=rfc3339(BEGIN + 7 * HOUR), **day)
    assert later["items"] == []


async def test_what_cannot_be_compared_is_refused(api: "Api") -> None:
    day = rfc3339(BEGIN + HOUR)
    for asked, status in (
        ({"since": day}, 422),
        ({"place": SITE, "asset": RACK, "since": day}, 422),
        ({"place": SITE}, 422),
        ({"place": SITE, "since": day, "as_of": day}, 422),
        ({"place": "KUL-9", "since": day}, 404),
        ({"asset": asset_id("nobody"), "since": day, "cell": "kul-1"}, 404),
        ({"asset": asset_id("sin-1/rack"), "since": day}, 404),
    ):
        assert (await api.client.get("/v1/differences", params=asked)).status_code == status, asked


async def test_differences_are_printed_and_make_the_command_exit_with_3(api: "Api") -> None:
    await pulled(api)
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as server:
        words = ("diff", "--cell", "kul-1", "--url", server.url, "--key", await api.key("read"))
        days = ("--since", rfc3339(BEGIN + HOUR), "--as-of", rfc3339(BEGIN + DAY - HOUR))
        code, out, err = await holdfast(api, *words, "--asset", SERVER, *days)
        assert (code, err) == (3, "")
        assert f"went   gpu {OTHER_GPU}  {SERVER} gpu/1 -> {SECOND}" in out
        code, out, _ = await holdfast(api, *words, "--asset", SERVER, *days, "--json")
        assert [each["asset"] for each in json.loads(out)["items"]] == [OTHER_GPU]
        code, _, err = await holdfast(api, *words, *days)
        assert (code, "Traceback" in err) == (2, False)
        same = ("--since", rfc3339(BEGIN + HOUR), "--as-of", rfc3339(BEGIN + 2 * HOUR))
        assert (await holdfast(api, *words, "--asset", GPU, *same))[0] == 0
