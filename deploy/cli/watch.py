"""`holdfast watch`: the events of a cell as they come."""

import json
import time
from collections.abc import Iterator
from typing import Any

import click
import httpx

from deploy.cli.asking import NotAnswered, api_options, problem_of
from deploy.cli.simulate import cell_name

_QUIET_S = 60  # the server sends a comment far more often: after so long without one the connection is dead
_AGAIN_S = 2.0
_GONE = frozenset({"urn:holdfast:problem:server-stops"})


@click.command(epilog="Example: holdfast watch --cell kul-1 --kind whereabouts --json")
@click.option("--cell", required=True, callback=cell_name, help="The cell that is followed.")
@click.option("--after", type=click.IntRange(-1), help="Begin after the event of this number; -1: with the first one.")
@click.option("--kind", help="Events of this kind only.")
@click.option("--asset", help="Events about this asset only, by its id.")
@click.option("--count", type=click.IntRange(1), help="End after so many events.")
@api_options
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each event.")
def watch(  # noqa: PLR0917 - options of one command
    cell: str,
    after: int | None,
    kind: str | None,
    asset: str | None,
    count: int | None,
    url: str | None,
    key: str | None,
    *,
    as_json: bool,
) -> None:
    """Follow the events of a cell, for ever or for so many; a connection that is cut is made again where it was."""
    if not url or not key:
        raise click.UsageError("say where the API is and with what key: --url and --key")
    asked = {"cell": cell, "after": after, "kind": kind, "asset": asset}
    for shown, each in enumerate(
        _events(url, key, {name: value for name, value in asked.items() if value is not None}), 1
    ):
        words = f"{each['n']}  {each['at']}  {each['kind']:<14} {each['asset'] or ''}"
        click.echo(json.dumps(each) if as_json else words.rstrip())
        if shown == count:
            return


def _events(url: str, key: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give events for ever. Raises `NotAnswered` where the API refuses; waits where it does not answer."""
    last: str | None = None
    with httpx.Client(base_url=url, timeout=httpx.Timeout(10, read=_QUIET_S)) as client:
        while True:
            headers = {"Authorization": f"Bearer {key}", **({} if last is None else {"Last-Event-ID": last})}
            if last is not None:
                asked.pop("after", None)
            try:
                with client.stream("GET", "/v1/changes", params=asked, headers=headers) as response:
                    if response.status_code != httpx.codes.OK:
                        response.read()
                        raise NotAnswered(problem_of(response))
                    for number, each in _messages(response):
                        last = number
                        yield each
            except httpx.TransportError as exc:
                click.echo(f"the API at {url} does not answer ({exc}): trying again", err=True)
            time.sleep(_AGAIN_S)


def _messages(response: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each event with its number. Raises `NotAnswered` where the server ends the stream for good."""
    held: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            held[name] = value
            continue
        if held.get("event") == "end":
            why = json.loads(held["data"])
            if why["type"] in _GONE:
                return
            raise NotAnswered(why["detail"])
        if "id" in held:
            yield held["id"], json.loads(held["data"])
        held = {}
