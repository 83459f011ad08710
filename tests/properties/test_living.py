"""Rule 3: what a living cell answered it answers for ever, whatever it learns afterwards."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.records import Lane
from deploy.migrate import migrations
from deploy.serve import now, reading_pool
from schemas.envelope import rfc3339
from service.api.app import create_app
from service.api.parts import Parts, Sent
from service.store import keys
from tests.properties.bench import Bench, few
from tests.properties.driving import Driver, as_named_in
from tests.properties.halls import POSITIONS
from tests.properties.lives import lives
from tests.support.records import HOUR, MINUTE, SECOND, START, Record
from tests.support.servers import unique

JSON = {"Content-Type": "application/json"}
ASKED = 6  # claims at each stop of a life


async def _nothing_is_sent(
    topic: str, values: Sequence[bytes], headers: tuple[tuple[str, bytes], ...], at: int | None
) -> list[Sent]:
    raise AssertionError(f"asking sends nothing: {topic} {values!r} {headers} {at}")


@asynccontextmanager
async def asker(dsn: str, cells: asyncpg.Pool, cell: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the real application whose key is of the operator of the cell."""
    async with cells.acquire() as connection:
        await connection.execute("INSERT INTO operator VALUES ($1, $1, 'MY')", cell)
        await connection.execute("UPDATE cell SET operator = $1 WHERE cell = $1", cell)
        key = await keys.create(connection, cell, "test", ("read",), at=now())
    opened = await reading_pool(dsn)

    @asynccontextmanager
    async def parts() -> AsyncIterator[Parts]:
        yield Parts(opened, _nothing_is_sent, now, frozenset(m.number for m in migrations()), "0", local=True)

    app = create_app(parts, "0")
    try:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            headers = {"Authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://holdfast.test", headers=headers
            ) as client:
                yield client
    finally:
        await opened.close()


@dataclass(slots=True)
class Life:
    """A cell that lives through its records in stretches, and is asked in between."""

    driver: Driver
    client: httpx.AsyncClient
    chance: random.Random
    asked: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    come: dict[Lane, int] = field(default_factory=dict)

    async def live(self, records: list[Record]) -> None:
        """Take in some more records, to the end."""
        for lane in self.driver.lanes:
            count = sum(Lane(self.driver.cell, r.topic, r.partition) == lane for r in records)
            self.come[lane] = self.come.get(lane, 0) + count
        for _ in range(1000):
            for lane, come in self.come.items():
                self.driver.feed(lane, come - self.driver.fed[lane])
            folded = await self.driver.pipeline.fold()
            written = await self.driver.write_or_again()
            derived = await self.driver.derive()
            if not (folded or written or derived):
                return
            await self.driver.look()
        raise AssertionError("the consumer never comes to rest")

    async def ask(self) -> None:
        """Ask some claims, as known now and before, and keep what was answered."""
        async with self.driver.pool.acquire() as connection:
            horizon = await connection.fetchval("SELECT horizon FROM cell WHERE cell = $1", self.driver.cell)
            assets = await connection.fetch(
                "SELECT asset::text, kind FROM asset WHERE cell = $1 ORDER BY 1", self.driver.cell
            )
            values = await connection.fetch(
                "SELECT DISTINCT scheme, value FROM part_value WHERE cell = $1 ORDER BY 1, 2", self.driver.cell
            )
        last = horizon - 1  # what a moment brings is known once it is past
        if last <= START:
            return
        for _ in range(ASKED):
            known_at = self.chance.choice((last, last, last - 1, self.chance.randint(START + 1, last)))
            until = self.chance.choice((known_at, known_at, known_at - MINUTE, known_at + HOUR, last))
            from_at = self.chance.choice((known_at - 1, known_at - MINUTE, known_at - 20 * MINUTE, START + SECOND))
            from_at = max(START - HOUR, min(from_at, until - 1))
            subjects: list[dict[str, object]] = [{"place": self.chance.choice(("kl", "kl/h1", *POSITIONS))}]
            if assets:
                subjects += [{"asset": self.chance.choice(assets)["asset"]}] * 6
            if values:
                value = self.chance.choice(values)
                subjects += [{"identifier": {"scheme": value["scheme"], "value": value["value"]}}]
            where: dict[str, object] = self.chance.choice(
                [
                    {"predicate": "stayed"},
                    {"predicate": "located_at", "country": "MY"},
                    {"predicate": "located_at", "place": self.chance.choice(("kl", "kl/h2", *POSITIONS))},
                    {"predicate": "contains", "expected": {"counts": {"gpu": 2, "drive": 1}}},
                    {"predicate": "contains"},
                    {"predicate": "accounted_for"},
                    {"predicate": "not_on_record"},
                    {"predicate": "accounted_for", "place": self.chance.choice(("kl", "kl/h2", *POSITIONS))},
                ]
            )
            await self.put(
                {
                    "cell": self.driver.cell,
                    "subject": self.chance.choice(subjects),
                    "from": rfc3339(from_at),
                    "until": rfc3339(until),
                    "known_at": rfc3339(known_at),
                    **where,
                }
            )

    async def put(self, claim: dict[str, object]) -> None:
        """Ask a claim, and hold the answer to what was answered before."""
        question = json.dumps(claim)
        response = await self.client.post("/v1/attestations", content=question, headers=JSON)
        assert response.status_code in (200, 404, 422), response.text
        got = (
            response.status_code,
            response.content if response.status_code == 200 else response.json()["type"].encode(),
        )
        before = self.asked.setdefault(question, got)
        assert got == before, f"{question}\n{difference(before[1], got[1])}"

    async def again(self) -> None:
        """Ask everything again."""
        for question in list(self.asked):
            await self.put(json.loads(question))


def difference(before: bytes, after: bytes) -> str:
    """Name what differs between two answers."""
    try:
        left, right = json.loads(before), json.loads(after)
    except ValueError:
        return f"{before!r} → {after!r}"
    return "\n".join(_unlike(left, right, ""))


def _unlike(left: Any, right: Any, at: str) -> list[str]:  # noqa: ANN401 - any JSON
    if isinstance(left, dict) and isinstance(right, dict):
        return [
            words
            for name in sorted(left.keys() | right.keys())
            for words in _unlike(left.get(name), right.get(name), f"{at}/{name}")
        ]
    return [] if left == right else [f"{at}: {left} → {right}"]


@pytest.mark.timeout(600)
@few(40)
@given(data=st.data())
def test_rule_3_the_same_bytes_for_a_claim_and_known_at_whatever_happens_later(
    bench: Bench, database: str, data: st.DataObject
) -> None:
    records, partitions = data.draw(lives(), label="records")
    stops = data.draw(st.sets(st.integers(1, len(records)), min_size=1, max_size=4), label="stops")
    chance = data.draw(st.randoms(use_true_random=True), label="questions")

    async def run() -> None:
        cell = unique("cell")
        driver = Driver(bench.pool, cell, partitions)
        named = as_named_in(cell, records, partitions)
        await driver.begin(named)
        async with asker(database, bench.pool, cell) as client:
            life = Life(driver, client, chance)
            begin = 0
            for stop in sorted({*stops, len(records)}):
                await life.live(named[begin:stop])
                begin = stop
                await life.again()
                await life.ask()
            await life.again()

    bench.runner.run(run())
