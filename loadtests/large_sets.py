"""`python -m loadtests.large_sets`: how long a claim about a large set takes, and how much memory the API needs for it.

The book is put in by SQL (`large_sets.sql`), as the consumer would have left it. What is measured is the API alone.
"""

import argparse
import asyncio
import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg

from loadtests.answers import key_of
from loadtests.processes import Place, Running, run, running
from schemas.envelope import rfc3339

BEGIN = 1_748_736_000_000  # 2025-06-01T00:00:00Z
HOUR = 3_600_000
DAY = 24 * HOUR
GPUS_PER_RACK = 64
CELL = "large"


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, default=100_000)
    parser.add_argument("--predicate", default="stayed", choices=("stayed", "accounted_for", "contains"))
    asked = parser.parse_args()
    racks = max(asked.gpus // GPUS_PER_RACK, 1)
    with tempfile.TemporaryDirectory(prefix="holdfast-sets-") as folder:
        data = Path(folder)
        data.chmod(0o711)
        with running(Place(data), data / "up.log", "up", "--servers-only", "--json") as servers:
            place = Place(data, str(servers.said["kafka_bootstrap"]), str(servers.said["database_url"]))
            run(place, "migrate")
            asyncio.run(filled(str(place.dsn), racks))
            key = key_of(place, "acme")
            with running(place, data / "serve.log", "serve", "--port", "0", "--json") as api:
                for line in measured(api, key, asked.predicate, asked.gpus):
                    print(line, flush=True)  # noqa: T201 - the figures are the answer


async def filled(dsn: str, racks: int) -> None:
    """Fill the cell `CELL` of the operator acme in a migrated database."""
    sql = files("loadtests").joinpath("large_sets.sql").read_text(encoding="utf-8")
    connection = await asyncpg.connect(dsn, command_timeout=1_800)
    try:
        await connection.execute(sql.replace("RACKS", str(racks)))
    finally:
        await connection.close()


def measured(api: Running, key: str, predicate: str, gpus: int) -> Iterator[str]:
    """Ask about more and more racks at once, and then about every GPU as a job, by CSV too."""
    claim = {"cell": CELL, "predicate": predicate, "from": rfc3339(BEGIN + HOUR), "until": rfc3339(BEGIN + DAY - HOUR)}
    trays = [each["asset"] for each in _ask(api, key, f"/v1/assets?cell={CELL}&kind=chassis&limit=100")[1]["items"]]
    for count in (1, 10, 25, 50):  # above that a claim is a job: its trays stand in as many racks
        subject = {"listed": {"assets": _inside(api, key, trays[:count])}}
        seconds, found = _ask(api, key, "/v1/attestations", {**claim, "subject": subject})
        yield f"{found['set']['members']:>7} things of {count} racks, at once: {seconds:.2f} s"
    job = {**claim, "subject": {"everything": True, "kinds": ["gpu"]}}
    yield from _followed(api, key, "everything", *_ask(api, key, "/v1/jobs", job))
    table = "scheme,value,scope\n" + "".join(f"serial,SN-{each},acme/x\n" for each in _all(api, key, gpus))
    query = "&".join(f"{name}={value}" for name, value in claim.items())
    yield from _followed(api, key, "by CSV", *_ask(api, key, f"/v1/jobs/csv?{query}", table))


def _followed(api: Running, key: str, what: str, seconds: float, job: dict[str, Any]) -> Iterator[str]:
    began, slowest, peak = time.monotonic(), 0.0, 0.0
    while True:
        took, found = _ask(api, key, job["url"])
        slowest, peak = max(slowest, took), max(peak, api.resident_mib())
        if found["state"] != "open":
            break
        time.sleep(0.05)
    spent = time.monotonic() - began
    yield (
        f"{found['progress']['of']:>7} things, {what}: made in {seconds:.2f} s, {found['state']} after {spent:.1f} s "
        f"({found['progress']['done'] / spent:.0f}/s); slowest other answer {slowest:.2f} s; {peak:.0f} MiB"
    )


def _inside(api: Running, key: str, trays: list[str]) -> list[str]:
    pages = (_ask(api, key, f"/v1/assets/{tray}/contents?cell={CELL}")[1]["items"] for tray in trays)
    return [each["asset"] for page in pages for each in page]


def _all(api: Running, key: str, count: int) -> Iterator[str]:
    cursor = ""
    while count > 0:
        page = _ask(api, key, f"/v1/assets?cell={CELL}&kind=gpu&limit=500{cursor}")[1]
        yield from (each["asset"] for each in page["items"][:count])
        count -= len(page["items"])
        cursor = f"&cursor={page['next']}"
        if not page["next"]:
            return


def _ask(api: Running, key: str, path: str, body: object = None) -> tuple[float, Any]:
    """Ask, and give the seconds and the answer; text goes as CSV."""
    kind = "text/csv" if isinstance(body, str) else "application/json"
    data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - the API of our own child, on loopback
        f"{api.said['url']}{path}", data, {"Authorization": f"Bearer {key}", "Content-Type": kind}
    )
    began = time.monotonic()
    with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310
        found = json.loads(answer.read())
    return time.monotonic() - began, found


if __name__ == "__main__":
    main()
