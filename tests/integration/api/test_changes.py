"""The change feed, on a real server: every event once, in order, resumed by its number, while the key holds."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from deploy.serve import Server
from deploy.settings import load
from service.api import auth, changes, feed
from service.store import keys
from tests.support.book import BEGIN, HOUR
from tests.support.parties import AUDITOR, LESSOR, OWNER, Hidden, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

PATIENCE_S = 20


@pytest.fixture
async def server(api: "Api", monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Give the address of a real server over the book; it looks often."""
    for module, name, value in ((feed, "POLL_S", 0.02), (changes, "LOOK_S", 0.05), (auth, "CACHED_S", 0.05)):
        monkeypatch.setattr(module, name, value)
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as made:
        yield made.url


class Follower:
    """One who follows a cell, message by message."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """Give the next message, comments left out: `id`, `event` and `data`."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line and name in {"id", "event", "data"}:
                    found[name] = json.loads(value) if name == "data" else value
                elif not line and found:
                    return found
        return {"event": "closed"}

    async def numbers(self, count: int) -> list[int]:
        """Give the numbers of so many messages."""
        return [int((await self.next())["id"]) for _ in range(count)]


@asynccontextmanager
async def following(
    url: str, key: str, headers: dict[str, str] | None = None, **asked: object
) -> AsyncIterator[Follower]:
    """Follow the cell kul-1."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client,
        client.stream(
            "GET", "/v1/changes", params={"cell": "kul-1", **asked},  # type: ignore[dict-item]
            headers={"Authorization": f"Bearer {key}", **(headers or {})},
        ) as response,
    ):  # fmt: skip
        yield Follower(response)


async def test_every_event_comes_once_and_in_order_those_of_before_and_those_that_come(api: "Api", server: str) -> None:
    key = await api.key("read")
    async with following(server, key, after=-1) as follower:
        assert follower.response.headers["content-type"].startswith("text/event-stream")
        assert await follower.numbers(5) == [1, 2, 3, 4, 5]
        for n in range(3):
            await api.book.event("whereabouts", kul("gpu1"), api.book.at + n)
            await api.book.live_until(api.book.at + HOUR)
            found = await follower.next()
            assert (found["id"], found["event"], found["data"]["asset"]) == (str(6 + n), "whereabouts", kul("gpu1"))
            assert json.loads(found["data"]["bytes"])["kind"] == "whereabouts"


async def test_it_is_resumed_by_the_last_number_and_begins_with_what_comes_next(api: "Api", server: str) -> None:
    key = await api.key("read")
    async with following(server, key, after=3) as follower:
        assert await follower.numbers(2) == [4, 5]
    async with following(server, key, {"Last-Event-ID": "4"}) as follower:
        assert await follower.numbers(1) == [5]
    async with following(server, key) as new, following(server, key, {"Last-Event-ID": "x"}) as wrong:
        await asyncio.sleep(0.2)
        await api.book.event("asset", kul("gpu1"), api.book.at)
        await api.book.live_until(api.book.at + HOUR)
        assert [await each.numbers(1) for each in (new, wrong)] == [[6], [6]]


async def test_what_the_horizon_has_not_reached_is_not_told(api: "Api", server: str) -> None:
    async with following(server, await api.key("read"), after=4) as follower:
        assert await follower.numbers(1) == [5]
        await api.book.event("asset", kul("gpu1"), api.book.at + HOUR)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(follower.next(), 0.5)


async def test_one_who_is_far_behind_reads_all_of_it(api: "Api", server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "RECENT", 3)
    monkeypatch.setattr(changes, "PAGE", 2)
    async with following(server, await api.key("read")) as first:
        for _ in range(10):
            await api.book.event("asset", kul("gpu1"), api.book.at)
        await api.book.live_until(api.book.at + HOUR)
        assert await first.numbers(10) == [*range(6, 16)]
        async with following(server, await api.key("read"), after=0) as second:
            assert await second.numbers(15) == [*range(1, 16)]


async def test_events_are_chosen_by_kind_and_by_asset(api: "Api", server: str) -> None:
    key = await api.key("read")
    for n in range(4):
        await api.book.event("whereabouts" if n % 2 else "name", kul("gpu1") if n < 2 else kul("gpu2"), api.book.at)
    await api.book.live_until(api.book.at + HOUR)
    async with following(server, key, after=5, kind="whereabouts") as follower:
        assert await follower.numbers(2) == [7, 9]
    async with following(server, key, after=5, asset=kul("gpu2")) as follower:
        assert await follower.numbers(2) == [8, 9]


async def test_a_key_that_is_revoked_ends_the_stream_and_says_so(api: "Api", server: str) -> None:
    key = await api.key("read")
    async with following(server, key, after=4) as follower:
        assert await follower.numbers(1) == [5]
        await keys.revoke(api.book.connection, key.split("_")[1], at=BEGIN)
        found = await follower.next()
        assert (found["event"], found["data"]["type"]) == ("end", "urn:holdfast:problem:no-key")
        assert (await follower.next())["event"] == "closed"


async def test_a_party_follows_what_was_granted_to_it_and_nothing_else(api: "Api", server: str) -> None:
    hidden = Hidden(api.book)
    await hidden.fill()
    async with following(server, await hidden.key(OWNER), after=0) as follower:
        every = [await follower.next() for _ in range(11)]
    seen = {
        party: [each["id"] for each in every if each["data"]["asset"] in names]
        for party, names in (
            (LESSOR, {kul(name) for name in ("rack", "server", "card", "gpu1", "gpu2")}),
            (AUDITOR, {each["data"]["asset"] for each in every}),
        )
    }
    answer = await _first_page(api, hidden)
    assert answer == seen


async def _first_page(api: "Api", hidden: Hidden) -> dict[Any, list[str]]:
    """Give the numbers that parties are sent at first, by the application whose broker is there."""
    found = {}
    noted = asyncio.Event()

    async def consume(_topic: str, _offset: int, value: bytes, _at: int) -> None:
        if "until" in json.loads(json.loads(value)["asked"]):  # a page is about to be sent
            noted.set()

    api.broker.consume = consume
    for party in (LESSOR, AUDITOR):
        numbers: list[str] = []
        noted.clear()
        task = asyncio.create_task(_collect(api, await hidden.key(party), numbers))
        await asyncio.wait_for(noted.wait(), PATIENCE_S)
        await asyncio.sleep(0.3)
        api.app.state.feeds.close()
        await task
        api.app.state.feeds.closing.clear()
        found[party] = numbers
    return found


async def _collect(api: "Api", key: str, into: list[str]) -> None:
    answer = await api.client.get(
        "/v1/changes", params={"cell": "kul-1", "after": 0}, headers={"Authorization": f"Bearer {key}"}
    )
    into += [line.removeprefix("id: ") for line in answer.text.splitlines() if line.startswith("id: ")]
    assert answer.text.rstrip().splitlines()[-2] == "event: end"


async def test_a_server_that_stops_ends_its_streams(api: "Api", server: str) -> None:
    key = await api.key("read")
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as other:
        async with following(other.url, key, after=4) as follower:
            assert await follower.numbers(1) == [5]
            stopping = asyncio.create_task(other.__aexit__())
            assert (await follower.next())["data"]["type"] == "urn:holdfast:problem:server-stops"
        await stopping
    assert server


async def test_more_streams_than_allowed_are_refused(api: "Api", server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_OF_KEY", 1)
    key = await api.key("read")
    async with following(server, key, after=4) as first:
        assert await first.numbers(1) == [5]
        async with following(server, key) as second:
            assert second.response.status_code == 503
            assert second.response.headers["retry-after"]
    await asyncio.sleep(0.3)
    async with following(server, key, after=4) as third:
        assert await third.numbers(1) == [5]


async def test_a_quiet_stream_is_kept_open_by_comments(
    api: "Api", server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "QUIET_S", 0.1)
    async with following(server, await api.key("read")) as follower, asyncio.timeout(PATIENCE_S):
        async for line in follower.response.aiter_lines():
            if line == ": nothing new":
                return
    pytest.fail("it ended")
