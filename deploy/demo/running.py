"""Everything that the demo needs, running: both servers, consumer, beater, API, and a key of the demo's operator."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx

from deploy.acting import owner
from deploy.everything import everything
from deploy.explain import kafka_options
from deploy.serve import now
from deploy.settings import Settings
from loadtests.topics import Broker
from schemas.envelope import millis, telemetry_topic
from schemas.errors import HoldfastError
from service.store import keys

_LOOK_S = 0.3
OPERATOR = "demo"
OPERATOR_NAME = "The demo's operator"

Tell = Callable[[str], None]


class DemoFailed(HoldfastError):
    """The demo cannot go on: the text says what happened, and where more is written."""

    slug: ClassVar[str] = "demo-failed"


@dataclass(frozen=True, slots=True)
class Running:
    """What runs, for those who ask. `settings` name both servers."""

    settings: Settings
    broker: Broker
    client: httpx.AsyncClient
    url: str
    consumer_url: str
    children: tuple[subprocess.Popen[bytes], ...]
    log: Path

    async def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON is any value
        """Give the JSON answer to a GET. Raises DemoFailed with the problem's words."""
        return self._answer(await self.client.get(path, params=query))

    async def ask(self, **claim: object) -> Any:  # noqa: ANN401 - JSON is any value
        """Give the answer to a claim. Raises DemoFailed with the problem's words."""
        answer = self._answer(await self.client.post("/v1/attestations", json=claim))
        while "job" in answer:  # of a large set
            found = await self.get(answer["url"])
            if found["state"] != "open":
                return found["answer"]
            await asyncio.sleep(_LOOK_S)
        return answer

    def _answer(self, response: httpx.Response) -> Any:  # noqa: ANN401 - JSON is any value
        if response.is_error:
            raise DemoFailed(f"the API answers {response.status_code} to {response.request.url}: {response.text[:300]}")
        return response.json()

    async def horizons(self) -> dict[str, int]:
        """Give how far each cell is derived, in ms."""
        return {each["cell"]: millis(each["horizon"]) or 0 for each in (await self.get("/v1/sites"))["cells"]}

    async def lag(self, cell: str) -> int:
        """Give how many records of a cell's telemetry the consumer has yet to read, as far as it knows."""
        mark = f'holdfast_lag_records{{topic="{telemetry_topic(cell)}"}} '
        try:
            lines = (await self.client.get(f"{self.consumer_url}/metrics")).text.splitlines()
        except httpx.HTTPError:
            return 0
        return int(sum(float(line.removeprefix(mark)) for line in lines if line.startswith(mark)))

    async def derived(self, cell: str, until: int, tell: Callable[[int, int], None], deadline_s: float) -> None:
        """Wait until a cell is derived up to a moment; `tell` is told how far it is, and how many records are left.

        Raises DemoFailed where that takes longer than allowed.
        """
        deadline = time.monotonic() + deadline_s
        while (horizon := (await self.horizons()).get(cell, 0)) < until:
            tell(horizon, await self.lag(cell))
            for child in self.children:
                if child.poll() is not None:
                    raise DemoFailed(f"a consumer ended with {child.returncode}: see {self.log}")
            if time.monotonic() > deadline:
                raise DemoFailed(f"cell {cell} was not derived within {deadline_s:.0f} s: see {self.log}")
            await asyncio.sleep(0.25)


@asynccontextmanager
async def running(settings: Settings, tell: Tell) -> AsyncIterator[Running]:
    """Start all that no setting names elsewhere; end it all when left. Raises what starting raises."""
    async with everything(settings, tell, "demo.log") as whole:
        client = httpx.AsyncClient(
            base_url=whole.url,
            headers={"Authorization": f"Bearer {await _key(whole.settings)}"},
            timeout=300,
            trust_env=False,
        )
        async with client:
            broker = Broker(whole.bootstrap, kafka_options(whole.settings))
            yield Running(whole.settings, broker, client, whole.url, whole.consumer_url, whole.children, whole.log)


async def _key(settings: Settings) -> str:
    """Make a key for this demo alone; it holds for a day."""
    async with owner(settings) as connection:
        at = now()
        return await keys.create(connection, OPERATOR, "demo", ("read",), at=at, expires_at=at + 86_400_000)
