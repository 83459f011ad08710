"""`holdfast ask` about large sets, and `holdfast jobs`, as processes over a real database; and the page that asks."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.serve import Server
from deploy.settings import load
from schemas.canonical import canonical
from service.api import chunks
from service.api.worker import Worker
from tests.integration.api.test_commands import GPU, SPAN, holdfast
from tests.support.book import SITE

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.integration.api.conftest import Api

EVERYTHING = ("ask", "stayed", "--everything", *SPAN)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a list of three lines about two things, one of them unknown."""
    path = tmp_path / "list.csv"
    path.write_text("scheme,value\nserial,SN-0001\nserial,SN-404-404\nserial,sn-0001\n")
    return path


async def test_ask_follows_a_job_on_stderr_and_prints_what_it_prints_of_a_small_set(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("ask", "stayed", "--cell", "kul-1", "--in", SITE, *SPAN)
    code, direct, _ = await holdfast(api, *words, "--direct")
    raw = (await holdfast(api, *words, "--direct", "--json"))[1]
    monkeypatch.setattr(chunks, "AT_ONCE", 4)
    monkeypatch.setattr(chunks, "CHUNK", 2)
    assert (await holdfast(api, *words, "--direct"))[:2] == (code, direct) == (0, direct)
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as server:
        where = ("--url", server.url, "--key", await api.key("read"))
        code, out, err = await holdfast(api, *words, *where)
        assert (code, out) == (0, direct), err
        assert "judged 5 of 5" in err
        assert "jobs cancel" in err
        assert (await holdfast(api, *words, *where, "--json"))[:2] == (0, raw)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Give a list whose third line says too little."""
    path = tmp_path / "broken.csv"
    path.write_text("scheme,value\nserial,SN-1\nserial\n")
    return path


async def test_ask_takes_a_list_by_csv_and_everything_of_all_cells(api: "Api", table: Path, broken: Path) -> None:
    about = ("--cell", "kul-1", "--country", "MY", "--list", str(table), "--kind", "chassis")
    asked = ("ask", "located_at", *about, *SPAN)
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as server:
        where = ("--url", server.url, "--key", await api.key("read"))
        code, out, err = await holdfast(api, *asked, *where, "--json", "--max-silence", "chassis=3600")
        assert code == 3, err  # of one nothing is known
        answer = json.loads(out)
        assert answer["set"]["counts"] == {"chassis": {"confirmed": 1}, "unknown": {"unproven": 1}}
        assert answer["claim"]["max_silence_s"] == {"chassis": 3600}
        assert "a list of 3 (chassis)" in (await holdfast(api, *asked, *where))[1]
        direct = await holdfast(api, *asked, "--direct", "--json", "--max-silence", "chassis=3600")
        assert direct[:2] == (3, out)
        code, out, err = await holdfast(api, *EVERYTHING, *where)
        assert code == 0, err
        assert "together, kul-1 (SIMULATED): 5 things" in out
        wrong_list = [str(broken) if each == str(table) else each for each in asked]
        code, _, err = await holdfast(api, *wrong_list, *where)
        assert code == 2
        assert f"{broken}: line 3" in err
    for wrong in ((*EVERYTHING, "--direct"), ("ask", "stayed", "--in", SITE, *SPAN), (*EVERYTHING, "--asset", GPU)):
        assert (await holdfast(api, *wrong))[0] == 2


async def test_jobs_are_listed_shown_and_cancelled(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_self: Worker) -> bool:
        return False

    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as server:
        where = ("--url", server.url, "--key", await api.key("read"))
        assert "none" in (await holdfast(api, "jobs", "list", *where))[1]
        code, out, _ = await holdfast(api, *EVERYTHING, "--cell", "kul-1", *where, "--json")
        body = {
            "cell": "kul-1",
            "predicate": "stayed",
            "subject": {"everything": True},
            "from": SPAN[1],
            "until": SPAN[3],
        }
        done = (await api.client.post("/v1/jobs", json=body)).json()["job"]
        code, shown, err = await holdfast(api, "jobs", "show", done, "--wait", *where, "--json")
        assert (code, shown) == (0, out), err
        assert canonical(json.loads(shown)) == shown.rstrip("\n").encode()
        code, lines, _ = await holdfast(api, "jobs", "members", done, *where)
        assert {json.loads(line)["verdict"] for line in lines.splitlines()} == {"confirmed"}
        monkeypatch.setattr(Worker, "turn", never)
        waits = (await api.client.post("/v1/jobs", json=body)).json()["job"]
        assert "open, 0 of 5 judged" in (await holdfast(api, "jobs", "show", waits, *where))[1]
        assert "cancelled" in (await holdfast(api, "jobs", "cancel", waits, *where))[1]
        listed = json.loads((await holdfast(api, "jobs", "list", *where, "--json"))[1])
        assert {each["job"]: each["state"] for each in listed} == {done: "done", waits: "cancelled"}
        assert (await holdfast(api, "jobs", "list", *where))[1].count("\n") == 2
        code, _, err = await holdfast(api, "jobs", "members", waits, *where)
        assert (code, "make another" in err) == (1, True)


async def test_the_page_follows_a_job_too(api: "Api", page: "Page", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "AT_ONCE", 4)
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as server:
        await page.goto(server.url)
        await page.get_by_label("API key").fill(await api.key("read"))
        await page.get_by_role("button", name="Use it").click()
        await page.locator("#from").fill("2025-06-01T01:00:00")
        await page.get_by_role("button", name="Ask", exact=True).click()
        table = page.get_by_role("table", name="How many, by kind and verdict")
        await table.wait_for()
        assert "gpu" in await table.inner_text()
        assert await page.locator("#progress").is_hidden()
