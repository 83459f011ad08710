"""Pages that the asker holds already are not sent again."""

import hashlib
from typing import TYPE_CHECKING

import pytest

from service.api.conditional import matches
from tests.support.book import BEGIN, DAY

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api


async def test_every_page_has_the_hash_of_its_bytes_and_is_not_sent_to_who_holds_it(api: "Api") -> None:
    await api.as_key("read", "audit")
    paths = (await api.client.get("/openapi.json")).json()["paths"]
    asked = 0
    for path in ("/openapi.json", *(each for each in paths if each.startswith("/v1/") and "{" not in each)):
        first = await api.client.get(path)
        if first.status_code != 200:
            continue
        asked += 1
        etag = first.headers["etag"]
        assert etag == f'"{hashlib.sha256(first.content).hexdigest()}"'
        assert "private" in first.headers["cache-control"]
        for condition in (etag, f"W/{etag}", f'"x", {etag}', "*"):
            again = await api.client.get(path, headers={"If-None-Match": condition})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), path
            assert "content-type" not in again.headers
        other = await api.client.get(path, headers={"If-None-Match": '"x"'})
        assert other.content == first.content
    assert asked > 8


async def test_what_was_written_since_is_sent(api: "Api") -> None:
    first = await api.client.get("/v1/places")
    await api.book.place("KUL-1/H2", "hall", "KUL-1")
    await api.book.live_until(BEGIN + 2 * DAY)
    again = await api.client.get("/v1/places", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert "KUL-1/H2" in again.text


async def test_a_problem_and_an_answer_to_a_claim_have_no_condition(api: "Api") -> None:
    answer = await api.client.get("/v1/assets", params={"cell": "nothing"}, headers={"If-None-Match": "*"})
    assert answer.status_code == 404
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("condition", "held"),
    [(None, False), ("", False), ("*", True), ('"a"', True), ('W/"a"', True), ('"b" , "a"', True), ('"aa"', False)],
)
def test_entity_tags_are_compared_weakly(condition: str | None, held: bool) -> None:
    assert matches(condition, '"a"') is held
