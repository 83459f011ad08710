"""Everything that a database answers about a cell over HTTP, so that two databases can be compared."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtests.processes import CommandFailed, Place, holdfast, running
from schemas.envelope import millis, rfc3339

_PATIENCE_S = 900
_PAGE = 500
# What differs between two databases that hold the same facts: salts are drawn by each, and so are events' hashes.
_OWN = frozenset({"events", "sha256", "salt"})


def key_of(place: Place, operator: str) -> str:
    """Make an API key in a place's database. Raises CommandFailed."""
    done = subprocess.run(
        [holdfast(), "keys", "create", "--operator", operator, "--scope", "read", "--scope", "audit", "--json"],
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"no key could be made: {done.stderr.strip()[-300:]}")
    return str(json.loads(done.stdout)["key"])


@contextmanager
def served(place: Place, log: Path) -> Iterator[str]:
    """Serve a place's database while the context lasts; gives the URL."""
    with running(place, log, "serve", "--port", "0", "--json") as api:
        yield str(api.said["url"])


class Api:
    """The API of one database, with a key."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key

    def ask(self, path: str, query: Mapping[str, str | int] | None = None, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Give the JSON answer to a GET, or a POST where there is a body. Raises CommandFailed."""
        request = urllib.request.Request(  # noqa: S310 - the API of our own child, on loopback
            f"{self._url}{path}?{urllib.parse.urlencode(query or {})}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.HTTPError as exc:
            raise CommandFailed(f"the API answers {exc.code} to {path}: {exc.read()[:300]!r}") from exc

    def wait(self, until: Mapping[str, int], look: Callable[[], None]) -> None:
        """Wait until each cell is derived up to its end; `look` raises where it never will be. Raises CommandFailed."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            found = {each["cell"]: millis(each["horizon"]) or 0 for each in self.ask("/v1/sites")["cells"]}
            behind = [cell for cell, end in until.items() if found.get(cell, 0) < end - 1]
            if not behind:
                return
            look()
            if time.monotonic() > deadline:
                raise CommandFailed(f"{', '.join(behind)} did not come to the end within {_PATIENCE_S} s")
            time.sleep(0.3)

    def judged(self, claim: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Give the answer to a claim, also where it takes a job. Raises CommandFailed."""
        answer = self.ask("/v1/attestations", body=claim)
        while "job" in answer:
            found = self.ask(answer["url"])
            if found["state"] != "open":
                return found["answer"]
            time.sleep(0.3)
        return answer

    def pages(self, path: str, cell: str) -> list[Any]:
        """Give the items of all pages."""
        items: list[Any] = []
        query: dict[str, str | int] = {"cell": cell, "limit": _PAGE}
        while True:
            page = self.ask(path, query)
            items += page["items"]
            if not page["next"]:
                return items
            query["cursor"] = page["next"]

    def everything(self, cell: str, end: int) -> dict[str, Any]:
        """Give all that is known of a cell: by what was asked, the answer, without what each database draws itself."""
        found: dict[str, Any] = {
            path: self.pages(f"/v1/{path}", cell)
            for path in ("assets", "places", "sources", "findings", "dead-letters")
        }
        for each in found["assets"]:
            asset = each["asset"]
            found[f"whereabouts {asset}"] = self.pages(f"/v1/assets/{asset}/whereabouts", cell)
            found[f"runs {asset}"] = self.pages(f"/v1/assets/{asset}/runs", cell)
        claim = {"cell": cell, "predicate": "stayed", "subject": {"place": "KUL1"}}
        begin = rfc3339(end - 20 * 3_600_000)
        found["attestation"] = self.judged({**claim, "from": begin, "until": rfc3339(end)})
        return {asked: _without_own(answer) for asked, answer in found.items()}


def _without_own(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    if isinstance(value, dict):
        return {name: _without_own(inner) for name, inner in value.items() if name not in _OWN}
    if isinstance(value, list):
        return [_without_own(inner) for inner in value]
    return value


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Compare what two databases answered, cell by cell; gives how many answers, and each that differs."""
    count, found = 0, []
    for cell in sorted(one.keys() | other.keys()):
        mine, theirs = one.get(cell, {}), other.get(cell, {})
        for asked in sorted(mine.keys() | theirs.keys()):
            count += 1
            if mine.get(asked) != theirs.get(asked):
                found.append(f"{cell}, {asked}: {_short(mine.get(asked))} instead of {_short(theirs.get(asked))}")
    return count, found


def _short(value: object) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 400 else f"{text[:400]}…"  # noqa: PLR2004 - enough to see what it is about
