"""What a consuming process says of itself: what is needed for anything to go on, and what stands still alone."""

import httpx
import pytest

from deploy.status import STARTING, listen, served, url_of


@pytest.mark.parametrize(
    ("waiting", "status", "waits", "degraded"),
    [
        ({}, 200, set(), set()),
        ({"telemetry.kul-1/0": "the topic was recreated"}, 200, set(), {"telemetry.kul-1/0"}),
        ({"postgres": "does not answer", "acts.kul-1/0": "stopped"}, 503, {"postgres"}, {"acts.kul-1/0"}),
        ({"kafka": "no broker answers"}, 503, {"kafka"}, set()),
        ({STARTING: "starting"}, 503, {STARTING}, set()),
    ],
)
async def test_a_cell_that_stands_still_leaves_the_consumer_ready(
    waiting: dict[str, str], status: int, waits: set[str], degraded: set[str]
) -> None:
    listening = listen()
    async with served(listening, lambda: waiting), httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{url_of(listening)}/readyz")
    assert answer.status_code == status
    assert (set(answer.json()["waits_for"]), set(answer.json()["degraded"])) == (waits, degraded)


async def test_metrics_and_what_is_not_there() -> None:
    listening = listen()
    async with served(listening, dict), httpx.AsyncClient(trust_env=False, base_url=url_of(listening)) as client:
        assert "python_info" in (await client.get("/metrics")).text
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/other")).headers["content-type"] == "application/problem+json"
