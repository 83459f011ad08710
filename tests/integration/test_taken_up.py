"""A job outlives the process that judges it: killed in the middle, another process of the API goes on."""

import asyncio
import signal
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.serve import now, reading_pool
from loadtests.large_sets import BEGIN, CELL, DAY, HOUR, filled
from loadtests.processes import Place, running
from schemas.answers import ClaimAsked
from schemas.canonical import canonical
from schemas.envelope import rfc3339
from service.api import chunks
from service.api.attesting import attest
from service.store import keys
from service.store.pool import connect
from service.store.reading import Viewer

RACKS = 60
# What one chunk shares with another: BMCs that list a GPU of theirs in a tray of the next rack; sources that fell
# silent, and whose silences were recorded; GPUs that were handed over.
_TROUBLE = f"""
UPDATE binding SET container = md5('tray' || substr(source, 5)::int + 8)::uuid
WHERE cell = 'large' AND source LIKE 'bmc-%' AND slot = 'gpu/0' AND substr(source, 5)::int % 5 = 0;
UPDATE run SET last_at = to_timestamp({BEGIN + 5 * HOUR} / 1000.0) WHERE cell = 'large' AND run % 7 = 0;
INSERT INTO gap SELECT cell, source, scope, run, partition, last_at, last_at, NULL FROM run
WHERE cell = 'large' AND run % 7 = 0;
INSERT INTO status (cell, key, "offset", n, asset, status, party, by, from_at, known_from)
SELECT 'large', 'k', row_number() OVER (), row_number() OVER (), asset, 'released', 'p' || left(asset::text, 1), 'p',
    from_at, from_at FROM asset WHERE cell = 'large' AND kind = 'gpu' AND asset::text LIKE '%7';
"""
CLAIM = {
    "cell": CELL,
    "predicate": "accounted_for",
    "from": rfc3339(BEGIN + HOUR),
    "until": rfc3339(BEGIN + DAY - HOUR),
}


async def test_a_job_whose_process_was_killed_in_the_middle_is_finished_by_another(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(database, RACKS)
    owner = await connect(database)
    await owner.execute(_TROUBLE)
    key = await keys.create(owner, "acme", "test", ("read",), at=now())
    place = Place(tmp_path, "127.0.0.1:1", database)
    claim = {**CLAIM, "subject": {"everything": True}}
    headers = {"Authorization": f"Bearer {key}"}
    with running(place, tmp_path / "one.log", "serve", "--port", "0", "--json") as one:
        async with httpx.AsyncClient(base_url=str(one.said["url"]), headers=headers, timeout=60) as client:
            made = (await client.post("/v1/attestations", json=claim)).json()
            await _first_is_judged(owner)
        one.end(signal.SIGKILL)
    left = await owner.fetch("SELECT n FROM job_chunk WHERE done_at IS NULL ORDER BY n")
    before = await owner.fetch("SELECT n, done_at FROM job_chunk WHERE done_at IS NOT NULL ORDER BY n")
    assert left
    assert before
    await owner.execute("UPDATE job_chunk SET lease_until = now() WHERE lease_until IS NOT NULL")  # its time goes by
    with running(place, tmp_path / "two.log", "serve", "--port", "0", "--json") as two:
        async with httpx.AsyncClient(base_url=str(two.said["url"]), headers=headers, timeout=60) as client:
            while (found := (await client.get(made["url"])).json())["state"] == "open":
                assert (await client.get("/v1/sites")).status_code == 200
                await asyncio.sleep(0.05)
    assert found["state"] == "done"
    assert found["progress"] == {"done": RACKS * 81, "of": RACKS * 81}
    after = await owner.fetch("SELECT n, done_at FROM job_chunk WHERE n < $1 ORDER BY n", left[0]["n"])
    assert after == [row for row in before if row["n"] < left[0]["n"]], "what was judged is not judged again"
    await owner.close()
    for bound in ("AT_ONCE", "RACKS_AT_ONCE"):  # whole, in one piece
        monkeypatch.setattr(chunks, bound, RACKS * 81)
    pool = await reading_pool(database, 1)
    async with pool.acquire() as connection:
        asked = ClaimAsked.model_validate({**claim, "known_at": found["known_at"][CELL]})
        assert canonical(found["answer"]) == (await attest(connection, Viewer("acme", (CELL,)), asked)).body
    await pool.close()


async def _first_is_judged(owner: asyncpg.Connection) -> None:
    for _ in range(6_000):
        if await owner.fetchval("SELECT count(*) FROM job_chunk WHERE done_at IS NOT NULL"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no chunk was judged within a minute")
