"""`holdfast jobs`: claims about large sets that are, or were, judged: list, show, cancel; each member's verdict."""

import json

import click

from deploy.cli.answer_text import against, screen
from deploy.cli.asking import api_options, send
from deploy.cli.following import followed
from schemas.canonical import canonical

_AGAINST = 3
_PAGE = 500
_JOB = ("job", "url", "state", "progress")

_json = click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")
_job = click.argument("job", type=click.UUID)


@click.group(epilog="Example: holdfast jobs list")
def jobs() -> None:
    """List, show and cancel the jobs that claims about large sets became."""


@jobs.command("list", epilog="Example: holdfast jobs list --json")
@api_options
@_json
def list_(url: str | None, key: str | None, *, as_json: bool) -> None:
    """List your operator's jobs, oldest first."""
    items, cursor = [], None
    while True:
        params = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
        page = send("GET", "/v1/jobs", url, key, ("items",), params=params).json()
        items += page["items"]
        cursor = page["next"]
        if not cursor:
            break
    if as_json:
        click.echo(json.dumps(items))
        return
    for each in items:
        progress = f"{each['progress']['done']}/{each['progress']['of']}"
        cells = ", ".join(each["cells"])
        click.echo(f"{each['job']}  {each['state']:<9} {progress:>13}  {each['claim']['predicate']} in {cells}")
    if not items:
        click.echo("none: `holdfast ask` makes one of a claim about a large set")


@jobs.command(epilog="Example: holdfast jobs show 3f1a5c1e-7f0d-4a53-9d0e-5a6cf1a4b3c2 --wait")
@_job
@click.option("--wait", is_flag=True, help="Wait until it is done; how far it is comes on stderr.")
@api_options
@_json
def show(job: object, url: str | None, key: str | None, *, wait: bool, as_json: bool) -> None:
    """Show how far a job is, and its answer once it is done; with --json the answer's own bytes.

    Exits with 3 where anything speaks against the claim, as `ask` does.
    """
    found = send("GET", f"/v1/jobs/{job}", url, key, _JOB).json()
    if wait and found["state"] == "open":
        found = followed(found, url, key)
    answer = found["answer"]
    if answer is None:
        _say(found, as_json=as_json)
        return
    click.echo(canonical(answer).decode() if as_json else screen(answer))
    if against(answer):
        raise SystemExit(_AGAINST)


@jobs.command(epilog="Example: holdfast jobs members 3f1a5c1e-7f0d-4a53-9d0e-5a6cf1a4b3c2 > verdicts.jsonl")
@_job
@api_options
def members(job: object, url: str | None, key: str | None) -> None:
    """Print the verdict on each member as JSON Lines, as far as they are judged."""
    response = send("GET", f"/v1/jobs/{job}/members", url, key, ())
    click.echo(response.text, nl=False)
    if "Holdfast-Next" in response.headers:
        click.echo("more of them are being judged: ask again", err=True)


@jobs.command(epilog="Example: holdfast jobs cancel 3f1a5c1e-7f0d-4a53-9d0e-5a6cf1a4b3c2")
@_job
@api_options
@_json
def cancel(job: object, url: str | None, key: str | None, *, as_json: bool) -> None:
    """Cancel a job that is open; one that has ended stays as it is."""
    _say(send("DELETE", f"/v1/jobs/{job}", url, key, _JOB).json(), as_json=as_json)


def _say(found: dict[str, object], *, as_json: bool) -> None:
    progress = found["progress"]
    if as_json:
        click.echo(json.dumps(found))
    elif isinstance(progress, dict):
        words = f": {found['words']}" if found["words"] else ""
        click.echo(f"{found['job']}  {found['state']}, {progress['done']} of {progress['of']} judged{words}")
