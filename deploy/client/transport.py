"""How the client reaches the API: one pool of connections, refusals as errors, and trying again where nothing is lost.

A write is tried again under the key that it had before, so that it is applied once.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ParamSpec, Self, TypeVar, cast

import httpx

from deploy.client.base import Answer, Values
from deploy.client.calls import Calls

_PATIENCE_S = 120.0
_LATER = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
_TRIES = 4
_LONGEST_WAIT_S = 30.0
_NO_CONTENT = httpx.codes.NO_CONTENT

P = ParamSpec("P")
PageT = TypeVar("PageT")


class Refused(Exception):
    """The API refused; `problem` is what it said (RFC 9457), `status` its HTTP status."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('title', '')}: {problem.get('detail', '')}".rstrip(": "))
        self.status = status
        self.problem = problem


class Holdfast(Calls):
    """The API at a URL, asked with a key. Use it as a context, or `close` it.

    Raises `Refused` where the API refuses, and httpx's own errors where it does not answer. Not for several threads.
    """

    def __init__(self, url: str, key: str, *, tries: int = _TRIES) -> None:
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=_PATIENCE_S)
        self._tries = tries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def pages(self, call: Callable[P, PageT], *args: P.args, **asked: P.kwargs) -> Iterator[PageT]:
        """Give all pages of a listing: `client.pages(client.list_places, cell="kul-1")`."""
        more: dict[str, Any] = {}
        while True:
            page = call(*args, **{**asked, **more})  # `cursor` is one of every listing's
            yield page
            following = cast("Mapping[str, Any]", page)["next"]
            if following is None:
                return
            more = {"cursor": following}

    def _call(self, method: str, path: str, query: Values, **sent: Any) -> Any:  # noqa: ANN401
        with self._answered(method, path, query, sent) as response:
            response.read()
            return None if response.status_code == _NO_CONTENT else response.json()

    @contextmanager
    def _stream(self, method: str, path: str, query: Values, **sent: Any) -> Iterator[Answer]:  # noqa: ANN401
        with self._answered(method, path, query, sent) as response:
            yield Answer(response.headers, response.iter_bytes, response.iter_lines)

    @contextmanager
    def _answered(self, method: str, path: str, query: Values, sent: Mapping[str, Any]) -> Iterator[httpx.Response]:
        params = {name: _said(value) for name, value in query.items() if value is not None}
        options = dict(sent)
        headers = {name: str(value) for name, value in options.pop("headers", {}).items() if value is not None}
        again = method == "GET" or "Idempotency-Key" in headers or "key" in _act(options)
        for tries in range(1, self._tries + 1):
            with self._client.stream(method, path, params=params, headers=headers, **options) as response:
                if response.is_success:
                    yield response
                    return
                response.read()
                if response.status_code not in _LATER or not again or tries == self._tries:
                    raise Refused(response.status_code, _problem(response))
                time.sleep(min(float(response.headers.get("Retry-After", "1")), _LONGEST_WAIT_S))


def _said(value: object) -> Any:  # noqa: ANN401 - what httpx takes
    if isinstance(value, bool):
        return "true" if value else "false"
    return [str(each) for each in value] if isinstance(value, list | tuple) else str(value)


def _act(options: Mapping[str, Any]) -> Mapping[str, Any]:
    body = options.get("json")
    act = body.get("act") if isinstance(body, Mapping) else None
    return act if isinstance(act, Mapping) else {}


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"title": response.reason_phrase, "detail": response.text[:200]}
