"""Whole listings as rows: the same as all pages, in three formats, cut where they cannot go on."""

import asyncio
import csv
import io
from collections.abc import MutableMapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.parquet as pq
import pytest

from schemas.columns import Holds, columns
from schemas.envelope import rfc3339
from schemas.pages import PlaceShown
from schemas.paging import Page
from service.api import whole
from service.api.encoding import CSV, GROUP_ROWS, NDJSON, PARQUET
from service.api.encoding import ENCODERS as ENCODERS_BY_KIND
from service.api.whole import HEAD, wanted
from tests.support.book import BEGIN, SITE
from tests.support.parties import LESSOR, OWNER, Hidden, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

EMPTY = {
    "/v1/disputes",
    "/v1/acts",
    "/v1/accesses",
    "/v1/retention/classes",
    "/v1/holds",
}  # in this book: headings alone


@pytest.fixture
async def hidden(api: "Api") -> Hidden:
    """Give a book with something in every table, and its operator as who asks."""
    made = Hidden(api.book)
    await made.fill()
    await made.book.connection.execute(
        "INSERT INTO gap VALUES ($1, 'bmc-1', 'node', 1, 0, $2, $3, NULL)", made.book.cell, BEGIN, BEGIN + 1
    )
    api.client.headers["Authorization"] = f"Bearer {await made.key(OWNER)}"
    return made


async def _rows(api: "Api", path: str, accept: str, **params: str) -> list[dict[str, Any]]:
    """Read a listing as rows, back into what JSON says of them."""
    response = await api.client.get(path, params={"cell": "kul-1", **params}, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].partition(";")[0] == accept
    assert response.headers["vary"] == "Accept"
    if accept == NDJSON:
        return [orjson.loads(line) for line in response.content.splitlines()]
    if accept == CSV:
        return list(csv.DictReader(io.StringIO(response.text, newline="")))
    return list(pq.read_table(io.BytesIO(response.content)).to_pylist())


async def _pages(api: "Api", path: str, **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        more = {"cursor": page["next"]} if page["next"] else {}
        page = (await api.client.get(path, params={"cell": "kul-1", "limit": "2", **params, **more})).json()
        found += [{**{name: page[name] for name in HEAD}, **item} for item in page["items"]]
    return found


async def test_rows_are_what_all_pages_hold(api: "Api", hidden: Hidden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_LIMIT", "3")  # so that there are several pages
    assert hidden.book.cell == "kul-1"
    listings = [
        path
        for path, said in api.app.openapi()["paths"].items()
        if CSV in said.get("get", {"responses": {"200": {}}})["responses"]["200"].get("content", ()) and "{" not in path
    ]
    assert len(listings) > 15
    for path in listings:
        pages = await _pages(api, path)
        assert bool(pages) is (path not in EMPTY), path
        assert await _rows(api, path, NDJSON) == pages
        table, parquet = await _rows(api, path, CSV), await _rows(api, path, PARQUET)
        assert len(table) == len(parquet) == len(pages)
        for row, cells, values in zip(pages, table, parquet, strict=True):
            assert row.keys() == cells.keys() == values.keys()
            for name, value in row.items():
                assert cells[name] in {_text(value), f"'{_text(value)}"}, name
                assert values[name] is None if value is None else _text(values[name]) == _text(value), name


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return rfc3339(round(value.timestamp() * 1000))
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else str(value)


async def test_filters_hold_for_rows_and_the_file_has_a_name(api: "Api", hidden: Hidden) -> None:
    rows = await _rows(api, "/v1/places", NDJSON, kind="site")
    assert [row["place"] for row in rows] == [SITE]
    response = await api.client.get("/v1/places", params={"cell": "kul-1"}, headers={"Accept": CSV})
    simulated = "-simulated" if rows[0]["simulated"] else ""
    named = f"places-{hidden.book.cell}-{rows[0]['known_at'][:10]}{simulated}.csv"
    assert response.headers["content-disposition"] == f'attachment; filename="{named}"'


async def test_a_refusal_is_a_problem_whatever_was_asked_for(api: "Api", hidden: Hidden) -> None:
    for kind in ENCODERS_BY_KIND:
        answer = await api.client.get("/v1/assets", params={"cell": "nowhere"}, headers={"Accept": kind})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        answer = await api.client.get("/v1/assets", headers={"Accept": kind, "Authorization": "Bearer hf_x_y"})
        assert answer.status_code == 401
    assert (await api.client.get("/v1/sites", headers={"Accept": CSV})).headers["content-type"] == "application/json"
    assert hidden.book.cell == "kul-1"


async def test_rows_that_cannot_go_on_are_cut_and_do_not_end(
    api: "Api", hidden: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is revoked while the second page is asked for."""
    monkeypatch.setattr(whole, "_LIMIT", "1")
    key = (await hidden.key(OWNER)).encode()
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/v1/assets", "raw_path": b"/v1/assets",
        "query_string": b"cell=kul-1", "root_path": "", "scheme": "http", "server": ("test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(b"accept", NDJSON.encode()), (b"authorization", b"Bearer " + key)],
    }  # fmt: skip
    sent: list[MutableMapping[str, Any]] = []
    waiting = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in waiting:
            return message
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            await hidden.book.connection.execute("UPDATE api_key SET revoked_at = now()")
            api.app.state.keys.__init__()

    await api.app(scope, receive, send)
    assert sent[0]["status"] == 200
    assert [message.get("more_body") for message in sent[1:]] == [True]  # one page, and no end


async def test_a_party_gets_the_rows_that_it_may_see(api: "Api", hidden: Hidden) -> None:
    header = {"Authorization": f"Bearer {await hidden.key(LESSOR)}", "Accept": NDJSON}
    answer = await api.client.get("/v1/assets", params={"cell": "kul-1"}, headers=header)
    mine = {orjson.loads(line)["asset"] for line in answer.content.splitlines()}
    alone = await api.client.get("/v1/assets", params={"cell": "kul-1"}, headers={**header, "Accept": "*/*"})
    assert mine == {item["asset"] for item in alone.json()["items"]}
    assert mine
    assert kul("hidden") not in mine


def test_what_a_client_prefers() -> None:
    assert wanted(None) is None
    assert wanted("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8") is None
    assert wanted("text/csv") == CSV
    assert wanted("text/csv;q=0.5, application/x-ndjson") == NDJSON
    assert wanted("application/json, text/csv") is None
    assert wanted("text/csv, application/json;q=0.9") == CSV
    assert wanted("text/csv;q=0") is None
    assert wanted("text/csv;q=nonsense, ;;,") is None


def test_columns_say_what_a_page_and_its_rows_hold() -> None:
    held = {each.name: each.holds for each in columns(Page[PlaceShown], "serialization")}
    assert [held[name] for name in HEAD] == [Holds.TEXT, Holds.FLAG, Holds.MOMENT, Holds.MOMENT]


def test_a_formula_is_no_formula_any_more_in_csv_and_stays_itself_in_parquet() -> None:
    shown = [each for each in columns(Page[PlaceShown], "serialization") if each.name == "cell"]
    for value, cell in (("=1+1", "'=1+1"), ("+x", "'+x"), ('a,"b"\r\n', '"a,""b""\r\n"'), ("-", "'-")):
        encoder = ENCODERS_BY_KIND[CSV](shown)
        assert (encoder.rows([{"cell": value}]) + encoder.end()).decode() == f"cell\r\n{cell}\r\n"
        encoder = ENCODERS_BY_KIND[PARQUET](shown)
        made = encoder.rows([{"cell": value}]) + encoder.end()
        assert pq.read_table(io.BytesIO(made)).to_pylist() == [{"cell": value}]


def test_parquet_is_written_group_by_group() -> None:
    shown = [each for each in columns(Page[PlaceShown], "serialization") if each.name == "cell"]
    encoder = ENCODERS_BY_KIND[PARQUET](shown)
    rows = [{"cell": str(n)} for n in range(GROUP_ROWS)]
    pieces = [encoder.rows(rows), encoder.rows(rows[:-1]), encoder.rows(rows[:1]), encoder.end()]
    assert pieces[0]
    file = pq.ParquetFile(io.BytesIO(b"".join(pieces)))
    assert (file.metadata.num_row_groups, file.metadata.num_rows) == (2, 2 * GROUP_ROWS)
