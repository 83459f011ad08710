"""`python -m loadtests.reads`: p50 and p99 of every reading route over a book of a million GPUs, on one core.

The book is put in by SQL (`large_sets.sql`; simulated), as the consumer would have left it after a day. PostgreSQL and
the API share one core, the client has another. Beside each time stands its ratio to /livez, which reads nothing: what
HTTP itself takes. `--plans` adds the plans of the ten functions in which the database spent most, under the API's role.
"""

import argparse
import asyncio
import http.client
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

import asyncpg

from loadtests.answers import Api, key_of
from loadtests.large_sets import BEGIN, CELL, DAY, GPUS_PER_RACK, HOUR, filled
from loadtests.processes import Place, Running, run, running
from schemas.envelope import rfc3339

_HOTTEST = 10
_NODES = re.compile(
    r".*?\n(?=\t[A-Z][A-Za-z ]+ (?:using |on |\(cost|Join|Scan))", re.DOTALL
)  # all before the first node
_OK = 200
_MOST_S = 20.0  # for one route: then what was measured by then is all
_STREAMS = {"/v1/changes", "/v1/jobs/{job}/progress"}  # last for as long as somebody listens
_CONTEXT = re.compile(r"CONTEXT:.*?PL/pgSQL function (\w+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a route took: milliseconds of each answer, and how large the last one was."""

    route: str
    ms: list[float]
    size: int

    def quantile(self, share: float) -> float:
        """Give a quantile."""
        return statistics.quantiles(self.ms, n=1000, method="inclusive")[int(share * 1000) - 1]


def main() -> None:
    """Measure, and print a line for each route."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=300, help="of each route")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plans", action="store_true", help="print the plans of the hottest functions too")
    asked = parser.parse_args()
    racks = max(asked.gpus // GPUS_PER_RACK, 1)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="holdfast-reads-") as folder:
        data = Path(folder)
        data.chmod(0o711)
        os.sched_setaffinity(0, cores[:1])  # what is started from here on has one core
        with running(Place(data), data / "up.log", "up", "--servers-only", "--json") as servers:
            place = Place(data, str(servers.said["kafka_bootstrap"]), str(servers.said["database_url"]))
            run(place, "migrate")
            _say(f"filling a book of {racks * GPUS_PER_RACK} GPUs in {racks} racks")
            began = time.monotonic()
            asyncio.run(filled(str(place.dsn), racks))
            _say(f"filled in {time.monotonic() - began:.0f} s")
            asyncio.run(_told(str(place.dsn), "ALTER SYSTEM SET track_functions = 'all'", "SELECT pg_reload_conf()"))
            key = key_of(place, "acme")
            names = _Names(racks, random.Random(asked.seed))
            with running(place, data / "serve.log", "serve", "--port", "0", "--json") as api:
                os.sched_setaffinity(0, cores[-1:])
                for line in _measured(api, key, names, asked.requests):
                    print(line, flush=True)  # noqa: T201 - the figures are the answer
                os.sched_setaffinity(0, cores[:1])
            if asked.plans:
                for line in _plans(place, data, key, names):
                    print(line, flush=True)  # noqa: T201
        os.sched_setaffinity(0, cores)


def _measured(api: Running, key: str, names: "_Names", count: int) -> Iterator[str]:
    client = _Client(str(api.said["url"]), key)
    base = client.timed("GET /livez", lambda: ("GET", "/livez", None), count)
    if base is None:
        raise SystemExit("/livez does not answer")
    yield f"{'route':<62}{'p50 ms':>8}{'p99 ms':>8}{'x livez':>9}{'bytes':>9}{'n':>6}"
    absent = []
    for route in (base.route, *_routes(client)):
        found = base if route == base.route else client.timed(route, names.request(route), count)
        if found is None:
            absent.append(route)
            continue
        half, most = found.quantile(0.5), found.quantile(0.99)
        ratio = half / base.quantile(0.5)
        yield f"{route:<62}{half:>8.2f}{most:>8.2f}{ratio:>9.1f}{found.size:>9}{len(found.ms):>6}"
    yield f"not measured, since this book holds none: {', '.join(absent)}"


def _routes(client: "_Client") -> Iterator[str]:
    """Name every reading route of the OpenAPI document but streams; and the questions, which read too."""
    document = client.ask("GET", "/openapi.json", None)[1]
    for path, operations in document["paths"].items():
        if path.startswith("/v1/") and "get" in operations and path not in _STREAMS:
            yield f"GET {path}"
    yield from (f"POST /v1/attestations {each}" for each in ("located_at", "stayed", "accounted_for"))


class _Names:
    """Names that the book holds, drawn at random."""

    def __init__(self, racks: int, rng: random.Random) -> None:
        self._racks = racks
        self._rng = rng

    def request(self, route: str) -> Any:  # noqa: ANN401 - a function that makes requests
        """Give what makes requests of a route: verb, path with its query, body."""
        verb, path, *predicate = route.split(" ")

        def make() -> tuple[str, str, object]:
            tray = self._rng.randrange(8, 8 * (self._racks + 1))
            gpu = _id(f"gpu{tray}/{self._rng.randrange(8)}")
            if predicate:
                claim = {"cell": CELL, "predicate": predicate[0], "subject": {"asset": gpu},
                         "from": rfc3339(BEGIN + HOUR), "until": rfc3339(BEGIN + DAY - HOUR)}  # fmt: skip
                return verb, path, claim | ({"place": "S"} if predicate[0] == "located_at" else {})
            named = {"asset": gpu, "place": f"S/P{tray // 8}", "source": f"agent-{tray}"}
            query: dict[str, str] = {"cell": CELL}
            if path == "/v1/assets/{asset}/contents":
                named["asset"] = _id(f"tray{tray}")
            if path == "/v1/differences":
                query |= {"place": named["place"], "since": rfc3339(BEGIN + HOUR)}
            filled_in = re.sub(r"\{(\w+)\}", lambda held: urllib.parse.quote(named.get(held[1], "0"), safe=""), path)
            return verb, f"{filled_in}?{urllib.parse.urlencode(query)}", None

        return make


class _Client:
    """One connection that is kept."""

    def __init__(self, url: str, key: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, verb: str, path: str, body: object) -> tuple[int, Any, int]:
        """Ask; give the status, the JSON and its size."""
        data = None if body is None else json.dumps(body).encode()
        self._connection.request(verb, path, data, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        said = json.loads(text) if answer.headers.get("content-type", "").startswith("application/json") else None
        return answer.status, said, len(text)

    def timed(self, route: str, make: Any, count: int) -> Timed | None:  # noqa: ANN401
        """Ask so often, and the pages that follow of listings; None where the first answer is none."""
        found, cursor, size = [], None, 0
        for _ in range(count):
            verb, path, body = make()
            if cursor is not None and "{" not in route:
                path += f"&cursor={cursor}"
            began = time.perf_counter()
            status, said, size = self.ask(verb, path, body)
            found.append((time.perf_counter() - began) * 1000)
            if status != _OK:
                if len(found) == 1:
                    return None
                raise SystemExit(f"{route}: {status} {said}")
            cursor = said.get("next") if isinstance(said, dict) else None
            if sum(found) > _MOST_S * 1000 and len(found) > 1:
                break
        _say(route)
        return Timed(route, found, size)


def _plans(place: Place, data: Path, key: str, names: "_Names") -> Iterator[str]:
    """Ask every route once more with every plan logged, and give those of the functions that took most."""
    hottest = asyncio.run(_hottest(str(place.dsn)))
    database = urllib.parse.urlsplit(str(place.dsn)).path.lstrip("/").partition("?")[0]
    logged = {"session_preload_libraries": "'auto_explain'", "auto_explain.log_min_duration": "0",
              "auto_explain.log_nested_statements": "on", "auto_explain.log_analyze": "on",
              "auto_explain.log_timing": "off"}  # fmt: skip
    asyncio.run(
        _told(str(place.dsn), *(f'ALTER DATABASE "{database}" SET {name} = {value}' for name, value in logged.items()))
    )
    log = next(data.rglob("postgres.log"))
    begin = log.stat().st_size
    with running(place, data / "serve.log", "serve", "--port", "0", "--json") as api:
        client = _Client(str(api.said["url"]), key)
        for route in _routes(client):
            with suppress(SystemExit):
                client.timed(route, names.request(route), 1)
        Api(str(api.said["url"]), key).ask("/v1/sites")
    with log.open("rb") as file:
        file.seek(begin)
        text = file.read().decode(errors="replace")
    plans = dict[str, str]()
    entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", text)
    for one, following in zip(entries, [*entries[1:], ""], strict=True):
        context = _CONTEXT.search(following)
        if "plan:" in one and context:
            plan = _NODES.sub("", one.partition("plan:\n")[2], count=1)
            plans[context[1]] = max(plan, plans.get(context[1], ""), key=len)  # the shorter one sets the viewer
    for name, calls, spent in hottest:
        yield f"\n{name}: {calls} calls, {spent / max(calls, 1):.2f} ms each"
        yield plans.get(name, "(its plan was not seen)").rstrip()


async def _hottest(dsn: str) -> list[tuple[str, int, float]]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT funcname, calls, total_time FROM pg_stat_user_functions WHERE funcname LIKE 'read\\_%' "
            "ORDER BY total_time DESC LIMIT $1",
            _HOTTEST,
        )
    finally:
        await connection.close()
    return [(row["funcname"], row["calls"], row["total_time"]) for row in rows]


async def _told(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for each in statements:
            await connection.execute(each)
    finally:
        await connection.close()


def _id(name: str) -> str:
    return str(uuid.UUID(bytes=md5(name.encode(), usedforsecurity=False).digest()))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - progress


if __name__ == "__main__":
    main()
