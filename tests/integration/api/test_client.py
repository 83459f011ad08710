"""The generated client: it is made of what the server serves, and what it says holds against a server."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
from pydantic import TypeAdapter

from deploy import openapi
from deploy.client import Holdfast, Refused, shapes
from deploy.client.calls import Calls
from deploy.serve import Server
from deploy.settings import load
from schemas.envelope import rfc3339
from tests.support.book import BEGIN, HOUR, SITE
from tests.support.parties import Hidden, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

# What the one operation of each kind needs that is not a page: arguments by name.
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "read_asset": (kul("gpu1"),),
    "read_whereabouts": (kul("gpu1"),),
    "read_contents": (kul("gpu1"),),
    "read_runs": (kul("gpu1"),),
    "read_events": (kul("gpu1"),),
    "read_place_contents": (SITE,),
    "read_place": (SITE,),
    "read_source": ("agent-1",),
}
NAMED: dict[str, dict[str, str]] = {
    "find_assets": {"place": SITE},
    "read_differences": {"place": SITE, "since": rfc3339(BEGIN)},
}
ELSEWHERE = {  # asked in tests of their own, below or beside this one
    "ask", "make_job", "make_job_of_list", "list_jobs", "read_job", "cancel_job", "read_members", "watch_job",
    "read_ticket", "read_dead_letter", "write_acts", "write_act", "read_act", "change", "follow_changes",
    "read_finding", "list_sites", "plan_retention", "list_keys", "read_principal",
}  # fmt: skip


@pytest.fixture
async def client(api: "Api") -> AsyncIterator[Holdfast]:
    """Give a client of a server over a book with something in every table."""
    hidden = Hidden(api.book)
    await hidden.fill()
    key = await api.key("read", "write", "audit")
    settings = load(database_url=api.dsn, api_port=0, kafka_bootstrap="127.0.0.1:1")
    async with Server(settings, api.dsn) as server:
        with Holdfast(server.url, key) as made:
            yield made


def test_what_is_committed_is_what_the_api_says_now() -> None:
    for file, text in openapi.files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name} is old: run `python -m deploy.openapi`"


def test_every_operation_has_a_name_of_its_own_and_a_method() -> None:
    said = openapi.document()
    names = [each["operationId"] for path in said["paths"].values() for each in path.values()]
    assert len(set(names)) == len(names)
    methods = {name for name, _ in inspect.getmembers(Calls, inspect.isfunction) if not name.startswith("_")}
    served = {
        each["operationId"]
        for path, every in said["paths"].items()
        if path.startswith("/v1/")
        for each in every.values()
    }
    assert served == {name.removesuffix("_as_rows") for name in methods}


async def test_every_reading_call_gives_what_its_shape_says(client: Holdfast) -> None:
    said = openapi.document()
    reads = {
        each["get"]["operationId"] for path, each in said["paths"].items() if "get" in each and path.startswith("/v1/")
    }
    asked = 0
    for name in sorted(reads - ELSEWHERE):
        call: Callable[..., Any] = getattr(client, name)
        named = {"cell": "kul-1", **NAMED.get(name, {})}
        answer = await asyncio.to_thread(call, *ARGUMENTS.get(name, ()), **named)
        shape = get_type_hints(getattr(Calls, name))["return"]
        assert TypeAdapter(shape).validate_python(answer) == answer, name
        asked += 1
    assert asked > 20


async def test_pages_follow_each_other_and_rows_are_all_of_them(client: Holdfast) -> None:
    def all_of_them() -> tuple[list[str], list[str], int]:
        pages = list(client.pages(client.list_places, cell="kul-1", limit=1))
        with client.list_places_as_rows(rows="application/x-ndjson", cell="kul-1") as answer:
            lines = list(answer.lines())
        return [item["place"] for page in pages for item in page["items"]], lines, len(pages)

    places, lines, pages = await asyncio.to_thread(all_of_them)
    assert len(places) == len(lines) > 1
    assert pages >= len(places)
    assert all(f'"place":"{place}"' in line for place, line in zip(places, lines, strict=True))


async def test_claims_are_judged_and_refusals_are_errors(client: Holdfast) -> None:
    claim: shapes.ClaimAsked = {
        "cell": "kul-1", "predicate": "located_at", "subject": {"asset": kul("gpu1")}, "place": SITE,
        "from": rfc3339(BEGIN + HOUR), "until": rfc3339(BEGIN + 2 * HOUR),
    }  # fmt: skip
    answer = await asyncio.to_thread(client.ask, claim)
    assert TypeAdapter(shapes.Attestation).validate_python(answer)
    with pytest.raises(Refused, match=r"404 .*nowhere") as refused:
        await asyncio.to_thread(client.list_places, cell="nowhere")
    assert refused.value.problem["type"] == "urn:holdfast:problem:cell-not-found"
    sites = await asyncio.to_thread(client.list_sites)
    assert [each["cell"] for each in sites["cells"]] == ["kul-1"]


async def test_what_is_away_is_asked_again_under_the_same_key(
    client: Holdfast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No broker is there."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    act: shapes.ActAsked = {
        "cell": "kul-1", "act": {"act": "site.put", "key": "site-9", "by": "person:7", "site": "S9", "country": "MY"}
    }  # fmt: skip
    with pytest.raises(Refused, match=r"503 .*Kafka does not answer"):
        await asyncio.to_thread(client.write_act, act)
    assert waited == [5.0] * 3
