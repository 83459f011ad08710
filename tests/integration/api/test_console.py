"""The two pages, in a browser where there is one: at the widths of a telephone and of a desk."""

import os
from typing import TYPE_CHECKING

import pytest

from deploy.serve import Server
from deploy.settings import load
from tests.support.book import BEGIN, HOUR, SITE, asset_id

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.integration.api.conftest import Api

PICTURES = os.environ.get("HOLDFAST_TEST_PICTURES")  # a folder to put pictures of the page into, for people


async def test_the_pages_load_nothing_from_elsewhere(api: "Api") -> None:
    for url in ("/", "/docs"):
        answer = await api.client.get(url)
        assert answer.status_code == 200
        assert "http://" not in answer.text
        assert "https://" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_every_route_is_on_the_page_of_the_api(api: "Api") -> None:
    text = (await api.client.get("/docs")).text
    for path, operations in (await api.client.get("/openapi.json")).json()["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in text


@pytest.mark.parametrize("width", [320, 1400])
async def test_a_person_asks_and_sees_an_answer_and_a_history(api: "Api", page: "Page", width: int) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.set_viewport_size({"width": width, "height": 900})
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as server:
        await page.goto(f"{server.url}/docs")
        await _picture(page, f"docs-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.goto(server.url)
        await page.get_by_label("API key").fill(await api.key("read"))
        await page.get_by_role("button", name="Use it").click()
        await page.get_by_text("is simulated", exact=False).wait_for()
        assert await page.get_by_label("Site", exact=True).input_value() == SITE
        hour = "2025-06-01T01:00:00"
        assert BEGIN + HOUR == 1_748_739_600_000  # which is that hour
        await page.locator("#from").fill(hour)
        await page.get_by_role("button", name="Ask", exact=True).click()
        table = page.get_by_role("table", name="How many, by kind and verdict")
        await table.wait_for()
        assert "gpu" in await table.inner_text()
        await _picture(page, f"set-{width}")
        await page.locator("#subject").fill(asset_id("kul-1/gpu1"))
        await page.get_by_role("button", name="Ask", exact=True).click()
        await page.locator("dd .verdict").wait_for()
        assert await page.locator("dd .verdict").inner_text() == "confirmed"
        await page.locator("#answer dd button").click()
        await page.get_by_role("table", name="Where it was").wait_for()
        await _picture(page, f"one-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert await page.locator("#problem").is_hidden()
        await page.get_by_label("Claim", exact=True).select_option("not_in")
        await page.get_by_label("That place").fill("SG")
        await page.get_by_role("button", name="Ask", exact=True).click()
        await page.get_by_text("outside SG", exact=False).first.wait_for()
        await page.locator("#subject").fill("")
        await page.get_by_label("Claim", exact=True).select_option("accounted_for")
        assert await page.get_by_label("That place").is_hidden()
        await page.get_by_role("button", name="Ask", exact=True).click()
        became = page.get_by_role("table", name="What became of them in the end")
        await became.wait_for()
        assert "present" in await became.inner_text()
        await _picture(page, f"accounted-{width}")
        await page.locator("#subject").fill("nothing")
        await page.get_by_role("button", name="Ask", exact=True).click()
        await page.get_by_role("alert").wait_for()
    # A refused question is logged by the browser as the failed request that it is.
    assert [error for error in errors if "422" not in error] == []


async def _picture(page: "Page", name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
