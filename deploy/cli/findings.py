"""`holdfast findings`: what needs a person: listed, read, answered, closed."""

import json
import secrets
from collections.abc import Callable
from typing import TypeVar

import click

from deploy.cli.asking import api_options, fetch, send
from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name
from deploy.cli.things import checked
from schemas.findings import FindingAcknowledge, FindingClose, FindingComment, FindingReopen

_cell = click.option("--cell", required=True, callback=cell_name, help="The cell whose book it is.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_WHY = ("explained", "mended", "false_alarm", "accepted", "duplicate")
_F = TypeVar("_F", bound=Callable[..., object])


def _saying(command: _F) -> _F:
    """Add what every act of a person about a finding takes."""
    by = click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
    words = click.option("--note", required=True, help="In words: they can be erased later, and are not in the log.")
    return click.argument("finding")(_cell(words(by(key_option(_json(command))))))


@click.group(epilog="Example: holdfast findings list --cell kul-1 --state open")
def findings() -> None:
    """List findings, read one, say something of it, acknowledge it, close it, open it again."""


@findings.command("list", epilog="Example: holdfast findings list --cell kul-1 --state open --json")
@_cell
@click.option("--state", type=click.Choice(["open", "closed"]), help="Those alone.")
@click.option("--kind", help="Of this kind alone.")
@click.option("--severity", help="Of this severity alone.")
@api_options
@_json
def list_(  # noqa: PLR0917 - options of one command
    cell: str, state: str | None, kind: str | None, severity: str | None, url: str | None, key: str | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """List findings, oldest first. Exits with 3 where one is open, else with 0."""
    asked = {"cell": cell, "state": state, "kind": kind, "severity": severity, "limit": "500"}
    page = fetch("/v1/findings", asked, url, key)
    items = page["items"]
    while page["next"]:
        page = fetch("/v1/findings", {**asked, "cursor": page["next"]}, url, key)
        items += page["items"]
    if as_json:
        click.echo(json.dumps(items))
    else:
        for each in items:
            click.echo(f"{each['finding']}  {each['severity']:<8} {each['state']:<6} {each['kind']}  {each['words']}")
        if not items:
            click.echo("none")
    if any(each["state"] == "open" for each in items):
        raise SystemExit(3)


@findings.command(epilog="Example: holdfast findings show 5f0c7c0e-2b6d-8a41-9d57-3a1c9be2f001 --cell kul-1")
@click.argument("finding")
@_cell
@api_options
@_json
def show(finding: str, cell: str, url: str | None, key: str | None, *, as_json: bool) -> None:
    """Read a finding with all that was said of it. That you opened it is recorded."""
    answer = send("GET", f"/v1/findings/{finding}", url, key, ("finding", "history"), params={"cell": cell}).json()
    if as_json:
        click.echo(json.dumps(answer))
        return
    shown = answer["finding"]
    click.echo(f"{shown['kind']} ({shown['severity']}), {shown['state']}, of {shown['subject']}: {shown['words']}")
    click.echo(f"raised {shown['opened_at']}; shown to others from {answer['shown_from']} on")
    for step in answer["history"]:
        text = "(erased)" if step["erased"] else step["text"] or ""
        click.echo(f"{step['at']}  {step['step']} by {step['by']} {step['why'] or ''} {text}".rstrip())


@findings.command(epilog="Example: holdfast findings comment FINDING --cell kul-1 --note 'vendor was called'")
@_saying
def comment(finding: str, cell: str, note: str, by: str, key: str, *, as_json: bool) -> None:
    """Say something of a finding."""
    act = checked(FindingComment, finding=finding, note=_salted(note), by=by, key=key)
    carry(cell, [act], [finding], key, as_json=as_json)


@findings.command(epilog="Example: holdfast findings ack FINDING --cell kul-1 --note 'looking into it'")
@_saying
def ack(finding: str, cell: str, note: str, by: str, key: str, *, as_json: bool) -> None:
    """Say that somebody looks after an open finding."""
    act = checked(FindingAcknowledge, finding=finding, note=_salted(note), by=by, key=key)
    carry(cell, [act], [finding], key, as_json=as_json)


@findings.command(epilog="Example: holdfast findings close FINDING --cell kul-1 --why mended --note 'RMA-4711'")
@_saying
@click.option("--why", required=True, type=click.Choice(_WHY), help="The reason, in one word.")
def close(finding: str, cell: str, note: str, by: str, key: str, why: str, *, as_json: bool) -> None:  # noqa: PLR0917
    """Close a finding with a reason: the same evidence does not raise it again."""
    act = checked(FindingClose, finding=finding, why=why, note=_salted(note), by=by, key=key)
    carry(cell, [act], [finding], key, as_json=as_json)


@findings.command(epilog="Example: holdfast findings reopen FINDING --cell kul-1 --note 'not so'")
@_saying
def reopen(finding: str, cell: str, note: str, by: str, key: str, *, as_json: bool) -> None:
    """Open a finding again that was closed."""
    act = checked(FindingReopen, finding=finding, note=_salted(note), by=by, key=key)
    carry(cell, [act], [finding], key, as_json=as_json)


def _salted(text: str) -> dict[str, str]:
    return {"text": text, "salt": secrets.token_hex(16)}
