"""A slice of `make fuzz`: random and hostile requests to every operation, held to the document and to who may see."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from deploy.serve import Server
from deploy.settings import load
from loadtests import fuzzing
from loadtests.fuzzing import Principal
from schemas.envelope import rfc3339
from tests.support.book import BEGIN, HOUR
from tests.support.parties import ALLOWED, OWNER, RIVAL, Hidden, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

WHOSE = {"acme": {OWNER}, "rival": {RIVAL}}
SHORT = 30  # what is longer are ids of things, and stands nowhere by chance


@pytest.mark.parametrize("principal", list(WHOSE))
async def test_no_request_finds_a_fault_or_what_is_hidden(api: "Api", principal: str) -> None:
    await Hidden(api.book).fill()
    key = await api.key("read", "audit", operator=principal)
    names = {name for name, allowed in ALLOWED.items() if len(name) > SHORT and allowed.isdisjoint(WHOSE[principal])}
    assert len(names) > 2
    asked = Principal(
        principal, key, ("kul-1", "sin-1", "nowhere"), frozenset(names)
    )  # fmt: skip
    moments = [rfc3339(BEGIN), rfc3339(BEGIN + HOUR)]
    known: fuzzing.Pool = {"asset": [kul("gpu1"), kul("gpu2")], "limit": [1, 2], "from": moments, "until": moments}
    async with Server(load(database_url=api.dsn, api_port=0, kafka_bootstrap="127.0.0.1:1"), api.dsn) as server:
        found = await asyncio.to_thread(
            fuzzing.fuzz, api.app.openapi(), server.url, asked, known, each=2, begin=1, tell=lambda *_: None
        )
    assert found.failures == {}
    assert found.requests > 100
    assert found.statuses["200"] > 20, found.statuses
