"""`make fuzz`: hostile and random requests to a really running API, as every kind of principal.

Starts everything in a folder of its own, plays two simulated fleets of two operators, grants parties some of one, and
sends requests to every operation of the OpenAPI document. Exits with 1 where any answer was wrong; the same --seed
makes the same requests.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from loadtests import fuzzing, play
from loadtests.answers import Api, key_of
from loadtests.fleet import START, Play
from loadtests.fuzzing import Outcome, Pool, Principal
from loadtests.processes import CommandFailed, Place, holdfast, run, running
from loadtests.topics import Broker, found_cell
from schemas.envelope import rfc3339

MINE, THEIRS, SCRATCH = "fuzz-mine", "fuzz-theirs", "fuzz-scratch"
OPERATOR, RIVAL = "acme", "rival"
_LASTS = "2099-01-01T00:00:00Z"
_OPERATIONS = 50  # about so many: `--requests` are shared among principals and these


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, as whom, and what is known there."""

    url: str
    document: dict[str, Any]
    principals: list[Principal]
    pool: Pool


def main() -> None:
    """Fuzz, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000, help="about how many, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-fuzz-") as folder, target(Path(folder)) as found:
        each = max(asked.requests // (len(found.principals) * _OPERATIONS), 1)
        one = partial(_one, found, each, asked.seed)
        with ProcessPoolExecutor(asked.processes) as workers:
            said = fuzzing.summary(list(workers.map(one, range(len(found.principals)))))
    print(fuzzing.written(said) if asked.json else fuzzing.screen(said))  # noqa: T201 - the summary is the answer
    sys.exit(any(each["failures"] for each in said["principals"]))


def _one(found: Target, each: int, begin: int, number: int) -> Outcome:
    principal = found.principals[number]
    return fuzzing.fuzz(
        found.document, found.url, principal, found.pool, each=each, begin=begin + 1_000 * number, tell=_tell
    )


def _tell(principal: str, count: int) -> None:
    print(f"{principal}: {count} requests", file=sys.stderr, flush=True)  # noqa: T201 - progress


@contextmanager
def target(data: Path) -> Iterator[Target]:
    """Start everything, fill it, and take it down again. Raises CommandFailed."""
    data.chmod(0o711)
    with running(Place(data), data / "up.log", "up", "--json") as everything:
        place = Place(data, str(everything.said["kafka_bootstrap"]), str(everything.said["database_url"]))
        url = str(everything.said["url"])
        ends = asyncio.run(_played(str(place.bootstrap)))
        for cell, operator in ((MINE, OPERATOR), (THEIRS, RIVAL)):
            Api(url, key_of(place, operator)).wait({cell: ends[cell]}, lambda: None)
        yield _target(place, url)


async def _played(bootstrap: str) -> dict[str, int]:
    broker = Broker(bootstrap)
    ends = {}
    for cell, operator, seed in ((MINE, OPERATOR, 7), (THEIRS, RIVAL, 8)):
        played = Play(seed, servers=5, days=1.5, start=START, partitions=1, agents_only=False)
        await play.simulate(broker, cell, played, operator=operator, operator_name=operator)
        ends[cell] = played.end
    await found_cell(broker, SCRATCH, operator=OPERATOR, operator_name=OPERATOR)
    return ends


def _target(place: Place, url: str) -> Target:
    ours, theirs = Api(url, key_of(place, OPERATOR)), Api(url, key_of(place, RIVAL))
    gpus = [each["asset"] for each in ours.pages("/v1/assets", MINE) if each["kind"] == "gpu"]
    places = [each["place"] for each in ours.pages("/v1/places", MINE)]
    grants = {"lessor": ["--asset", gpus[0]], "auditor": ["--whole"], "regulator": ["--place", places[-1]]}
    for party, what in grants.items():
        run(place, "grants", "put", party, "--cell", MINE, *what, "--purpose", "fuzz", "--until", _LASTS)
    names = {cell: _names(api, cell) for api, cell in ((ours, MINE), (theirs, THEIRS))}
    source = ours.pages("/v1/sources", MINE)[0]["source"]
    cells = (MINE, SCRATCH, THEIRS, "nowhere")

    def of(name: str, operator: str, kind: str, *scopes: str, write: bool = False) -> Principal:
        key = _key(place, operator, kind, *scopes)
        seen = {*_names(Api(url, key), MINE)} if operator in grants else names[MINE] if operator == OPERATOR else set()
        hidden = (names[MINE] | names[THEIRS]) - seen - (names[THEIRS] if operator == RIVAL else set())
        return Principal(name, key, (SCRATCH, THEIRS, "nowhere") if write else cells, frozenset(hidden))

    everything = frozenset(names[MINE] | names[THEIRS])
    revoked = _key(place, OPERATOR, "operator", "admin")
    run(place, "keys", "revoke", revoked.split("_")[1])
    principals = [
        of("read", OPERATOR, "operator", "read"),
        of("read, audit", OPERATOR, "operator", "read", "audit"),
        of("write", OPERATOR, "operator", "read", "write", write=True),
        of("enrol", OPERATOR, "operator", "read", "enrol", write=True),
        of("admin", OPERATOR, "operator", "read", "admin", write=True),
        of("rival", RIVAL, "operator", "read", "audit", "admin"),
        of("lessor", "lessor", "lessor", "read"),
        of("auditor", "auditor", "auditor", "read", "audit"),
        of("regulator", "regulator", "regulator", "read"),
        Principal("machine", _key(place, f"{MINE}/{source}", "machine", "read"), cells, frozenset(names[THEIRS])),
        Principal("revoked", revoked, cells, everything),
        Principal("nobody", None, cells, everything),
    ]
    return Target(url, ours.ask("/openapi.json"), principals, _pool(ours))


def _key(place: Place, operator: str, kind: str, *scopes: str) -> str:
    words = [part for scope in scopes for part in ("--scope", scope)]
    done = subprocess.run(
        [holdfast(), "keys", "create", "--operator", operator, "--kind", kind, *words, "--json"],
        env=place.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CommandFailed(f"no key could be made for {operator}: {done.stderr.strip()[-300:]}")
    return str(json.loads(done.stdout)["key"])


def _names(api: Api, cell: str) -> set[str]:
    """Give what must not be shown to whoever may not see it: ids of assets, which are of one cell alone."""
    return {each["asset"] for each in api.pages("/v1/assets", cell)}


def _pool(api: Api) -> dict[str, list[Any]]:
    """Give values that the book knows, by the name of what takes them; a few of each."""
    assets = [each["asset"] for each in api.pages("/v1/assets", MINE)]
    identifiers = api.pages("/v1/identifiers", MINE)[:50]
    places = [each["place"] for each in api.pages("/v1/places", MINE)]
    sources = [each["source"] for each in api.pages("/v1/sources", MINE)]
    findings = [each["finding"] for each in api.pages("/v1/findings", MINE)] or ["none"]
    moments = [rfc3339(START + hours * 3_600_000) for hours in (-24, 0, 1, 6, 12, 30, 36, 9_000)]
    paths = ("assets", "identifiers", "places", "events", "acts", "whereabouts", "runs", "sources")
    cursors = [api.ask(f"/v1/{path}", {"cell": MINE, "limit": 1})["next"] for path in paths]
    claim = {"cell": MINE, "predicate": "located_at", "subject": {"everything": True}, "country": "MY",
             "from": moments[1], "until": moments[4]}  # fmt: skip
    job = api.ask("/v1/jobs", body=claim)["job"]
    return {
        "job": [job], "asset": assets, "container": assets[:20], "place": places, "within": places,
        "source": sources, "finding": findings, "subject": [*assets[:20], *sources[:20]],
        "value": [each["value"] for each in identifiers], "scheme": [each["scheme"] for each in identifiers],
        **dict.fromkeys(("from", "until", "since", "known_at", "known_since", "as_of", "at", "from_at", "until_at"),
                        moments),
        "cursor": [each for each in cursors if each], "partition": [0, 1, 7], "offset": [0, 1, 2, 2**40],
        "limit": [1, 2, 500], "kind": ["gpu", "chassis", "site"], "party": ["lessor", "auditor"], "after": [0, 10],
    }  # fmt: skip


if __name__ == "__main__":
    main()
