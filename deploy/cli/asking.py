"""What commands that ask the API share: where it is, with what key, and what its refusals say."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

import click
import httpx

from schemas.errors import HoldfastError

PATIENCE_S = 120
_OF_JOBS = ("job", "url", "state")
_WRONGLY = frozenset({httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY})
_F = TypeVar("_F", bound=Callable[..., object])


class NotAnswered(HoldfastError):
    """The API did not answer; the text is its own."""

    exit_code: ClassVar[int] = 1


class AskedWrongly(NotAnswered):
    """The API does not take the question as it is put."""

    exit_code: ClassVar[int] = 2


def api_options(command: _F) -> _F:
    """Add --url and --key to a command."""
    key = click.option("--key", envvar="HOLDFAST_KEY", help="The API key; else HOLDFAST_KEY.")
    return click.option("--url", envvar="HOLDFAST_URL", help="Where the API is; else HOLDFAST_URL.")(key(command))


def fetch(path: str, asked: Mapping[str, str | None], url: str | None, key: str | None) -> dict[str, Any]:
    """Read a page. Raises `NotAnswered`, `AskedWrongly`."""
    params = {name: value for name, value in asked.items() if value is not None}
    answer: dict[str, Any] = send("GET", path, url, key, ("cell", "items"), params=params).json()
    return answer


def send(
    method: str,
    path: str,
    url: str | None,
    key: str | None,
    members: tuple[str, ...],
    **body: Any,  # noqa: ANN401 - httpx's own
) -> httpx.Response:
    """Send a request whose answer must have some members, or be a job. Raises `NotAnswered`, `AskedWrongly`."""
    if key and not key.isascii():
        raise click.UsageError("--key: an API key is of plain letters, digits, - and _")
    if not url or not key:
        raise click.UsageError("say where the API is and with what key: --url and --key")
    headers = {"Authorization": f"Bearer {key}", **body.pop("headers", {})}
    try:
        response = httpx.request(method, f"{url.rstrip('/')}{path}", headers=headers, timeout=PATIENCE_S, **body)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise NotAnswered(f"the API at {url} does not answer ({exc}): does `holdfast serve` run?") from exc
    if response.status_code not in {httpx.codes.OK, httpx.codes.ACCEPTED}:
        raise refused(response)
    if not members:  # lines, not one document
        return response
    try:
        whole = set(_OF_JOBS if response.status_code == httpx.codes.ACCEPTED else members) <= response.json().keys()
    except (ValueError, AttributeError):
        whole = False
    if not whole:
        raise NotAnswered(f"what answers at {url} is no Holdfast: see to --url")
    return response


def refused(response: httpx.Response) -> NotAnswered:
    """Give the error that a refusal makes."""
    return (AskedWrongly if response.status_code in _WRONGLY else NotAnswered)(problem_of(response))


def problem_of(response: httpx.Response) -> str:
    """Say what a refusal says."""
    try:
        problem = response.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"the API said {response.status_code}: {response.text[:200]}"
