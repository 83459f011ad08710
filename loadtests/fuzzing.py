"""One principal's requests: made by Schemathesis from the OpenAPI document, mixed with what the book really holds.

Each answer is held to the document (status, media type, schema, headers), to RFC 9457 where it is a refusal, to a time,
and to what the principal may see: no name of anything hidden from it may stand in an answer, unless it asked by it.
"""

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.generation import GenerationMode

SLOWEST_S = 5.0
_MIXED = 0.7  # of what has a known value, so much is given one
_LEFT_OUT = 0.6  # of what may be left out of a query, so much is: with all of them, no request is a good one
_CELL = "cell"
_REPEATED = "/v1/accesses"  # shows what whoever asks it asked before
_STREAM = "text/event-stream"
_CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]  # fmt: skip
Pool = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Principal:
    """Who asks: with what key (None: none), writing to which cell, and what must not be shown to it."""

    name: str
    key: str | None
    cells: Sequence[str]
    hidden: frozenset[str] = frozenset()


@dataclass
class Outcome:
    """What became of one principal's requests. `failures`: by what is wrong, how often and the first to show it."""

    principal: str
    statuses: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: str = ""
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self.statuses.total()

    def fail(self, what: str, shown: str) -> None:
        """Note a failure."""
        count, first = self.failures.get(what, (0, shown))
        self.failures[what] = (count + 1, first)


def fuzz(
    document: Mapping[str, Any], url: str, principal: Principal, pool: Pool, *, each: int, begin: int,
    tell: Callable[[str, int], None],
) -> Outcome:  # fmt: skip
    """Send `each` requests to every operation as one principal. The same seed (`begin`) makes the same requests."""
    schema = schemathesis.openapi.from_dict(dict(document))
    outcome = Outcome(principal.name)
    with requests.Session() as session:
        send = _Sender(url, session, principal, pool, outcome)
        for number, label in enumerate(_labels(document)):
            operation = schema[label[0]][label[1]]
            for mode, share in ((GenerationMode.POSITIVE, 0.7), (GenerationMode.NEGATIVE, 0.3)):
                count = max(round(each * share), 1)
                _run(operation, mode, count, begin + number, send)
            if number % 10 == 0:
                tell(principal.name, outcome.requests)
    return outcome


def _labels(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the path and the method of every operation."""
    return [(path, verb.upper()) for path, operations in document["paths"].items() for verb in operations]


def _run(operation: Any, mode: GenerationMode, count: int, number: int, send: "_Sender") -> None:  # noqa: ANN401
    try:
        strategy = operation.as_strategy(generation_mode=mode)
    except Exception as exc:
        if "Impossible" not in str(exc) and "negat" not in str(exc).lower():
            raise
        return

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy, draws=st.integers(0, 2**32))
    def one(case: Any, draws: int) -> None:  # noqa: ANN401 - Schemathesis' own
        send(case, random.Random(draws), mixed=mode is GenerationMode.POSITIVE)

    with contextlib.suppress(Unsatisfiable):  # nothing can be wrong about an operation that takes nothing
        one()


@dataclass
class _Sender:
    url: str
    session: requests.Session
    principal: Principal
    pool: Pool
    outcome: Outcome
    typed: set[str] = field(default_factory=set)  # hidden names that it asked by, so far

    def __call__(self, case: Any, rng: random.Random, *, mixed: bool) -> None:  # noqa: ANN401
        if mixed:
            self._mix(case, rng)
        headers = {} if self.principal.key is None else {"Authorization": f"Bearer {self.principal.key}"}
        label = case.operation.label
        began = time.monotonic()
        try:
            if _STREAM in str(case.operation.definition.raw.get("responses", {}).get("200", {}).get("content", "")):
                response = self._first(case, headers)
            else:
                response = case.call(base_url=self.url, session=self.session, headers=headers, timeout=60)
        except (UnicodeError, ValueError, requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return  # no client can send it
        except requests.RequestException as exc:
            self.outcome.statuses["none"] += 1
            self.outcome.fail(f"{label}: no answer ({type(exc).__name__})", self._shown(case, headers))
            return
        took = time.monotonic() - began
        self.outcome.statuses[str(response.status_code)] += 1
        self.outcome.operations[label] += 1
        if took > self.outcome.slowest_s:
            self.outcome.slowest_s, self.outcome.slowest = took, label
        for what in self._wrong(case, response, took):
            self.outcome.fail(f"{label}: {what}", self._shown(case, headers))

    def _first(self, case: Any, headers: Mapping[str, str]) -> Any:  # noqa: ANN401
        """Begin a stream, and leave it: it would last."""
        options = case.as_transport_kwargs(base_url=self.url, headers=dict(headers))
        answer = self.session.request(**options, stream=True, timeout=60)
        if answer.status_code != requests.codes.ok:
            answer.content  # noqa: B018 - read whole
        answer.close()
        return answer

    def _wrong(self, case: Any, response: Any, took: float) -> Iterator[str]:  # noqa: ANN401
        if took > SLOWEST_S:
            yield f"slower than {SLOWEST_S:.0f} s"
        streamed = isinstance(response, requests.Response)
        if streamed and response.ok:
            if not response.headers["content-type"].startswith(_STREAM):
                yield f"a stream of {response.headers['content-type']}"
            return
        try:
            case.validate_response(response, checks=_CHECKS)
        except Exception as exc:  # noqa: BLE001 - a group of whatever is wrong
            for failure in getattr(exc, "exceptions", [exc]):
                yield f"{type(failure).__name__}: {str(failure).splitlines()[0][:160]}"
        kind = response.headers.get("content-type", "")
        kind = kind if isinstance(kind, str) else kind[0]
        if response.status_code >= requests.codes.bad_request and kind != "application/problem+json":
            yield f"a refusal as {kind}"
        told = response.content.decode(errors="replace") + str(response.headers)
        asked = self._asked(case)
        self.typed |= {name for name in self.principal.hidden if name in asked}
        may = self.typed if case.operation.path == _REPEATED else ()
        leaks = [name for name in self.principal.hidden if name in told and name not in asked and name not in may]
        if leaks:
            yield f"shows {leaks[0]}"

    @staticmethod
    def _asked(case: Any) -> str:  # noqa: ANN401
        said = [case.path_parameters, case.query, case.headers, case.body]
        return " ".join(map(str, said))

    def _shown(self, case: Any, headers: Mapping[str, str]) -> str:  # noqa: ANN401
        try:
            shown = str(case.as_curl_command(headers=dict(headers), base_url=self.url))
        except Exception as exc:  # noqa: BLE001 - what cannot be written as a command line is told as it is
            return f"{case.operation.label} {self._asked(case)} ({exc})"
        return shown.replace(self.principal.key, "$HOLDFAST_KEY") if self.principal.key else shown

    def _mix(self, case: Any, rng: random.Random) -> None:  # noqa: ANN401
        """Put names that the book knows where the document has any of that name, and leave out some of the rest."""
        for said in case.operation.definition.raw.get("parameters", []):
            where = {"path": case.path_parameters, "query": case.query}.get(said["in"])
            if where is None:
                continue
            name, known = said["name"], said["name"] in self.pool and rng.random() < _MIXED
            if name == _CELL or (known and (name in where or said["in"] == "path")):
                where[name] = self._known(name, rng)
            elif said["in"] == "query" and not said.get("required") and rng.random() < _LEFT_OUT:
                where.pop(name, None)
        case.body = self._mixed(case.body, rng)

    def _mixed(self, body: Any, rng: random.Random) -> Any:  # noqa: ANN401
        if isinstance(body, list):
            return [self._mixed(each, rng) for each in body]
        if not isinstance(body, dict):
            return body
        mixed = {
            name: self._known(name, rng)
            if name == _CELL or (name in self.pool and isinstance(value, str) and rng.random() < _MIXED)
            else self._mixed(value, rng)
            for name, value in body.items()
        }
        if mixed.get("from") in self.pool["from"] and mixed.get("until") in self.pool["until"]:
            mixed["from"], mixed["until"] = sorted((mixed["from"], mixed["until"]))
        return mixed

    def _known(self, name: str, rng: random.Random) -> Any:  # noqa: ANN401
        if name == _CELL:
            return self.principal.cells[0] if rng.random() < _MIXED else rng.choice(self.principal.cells)
        return rng.choice(self.pool[name])


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Give what became of all, for programs."""
    return {
        "requests": sum(each.requests for each in outcomes),
        "slowest_s": round(max((each.slowest_s for each in outcomes), default=0.0), 3),
        "principals": [
            {
                "principal": each.principal, "requests": each.requests, "statuses": dict(sorted(each.statuses.items())),
                "slowest_s": round(each.slowest_s, 3), "slowest": each.slowest,
                "failures": {what: {"count": count, "first": first} for what, (count, first) in each.failures.items()},
            }
            for each in outcomes
        ],
    }  # fmt: skip


def screen(said: Mapping[str, Any]) -> str:
    """Give what became of all, for people."""
    lines = [f"{'principal':<16}{'requests':>9}{'2xx':>8}{'3xx':>6}{'4xx':>8}{'5xx':>6}{'slowest':>9}  failures"]
    for each in said["principals"]:
        classes = Counter[str]()
        for status, count in each["statuses"].items():
            classes[status[0]] += count
        counts = "".join(f"{classes[one]:>{width}}" for one, width in (("2", 8), ("3", 6), ("4", 8), ("5", 6)))
        wrong = sum(one["count"] for one in each["failures"].values())
        lines.append(f"{each['principal']:<16}{each['requests']:>9}{counts}{each['slowest_s']:>7.2f} s  {wrong}")
    lines.append(f"{said['requests']} requests, the slowest {said['slowest_s']:.2f} s")
    for each in said["principals"]:
        for what, one in each["failures"].items():
            lines += [f"{each['principal']}: {what} ({one['count']} times)", f"    {one['first']}"]
    return "\n".join(lines)


def written(said: Mapping[str, Any]) -> str:
    """Give the summary as JSON."""
    return json.dumps(said, indent=1)
