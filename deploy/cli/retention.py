"""`holdfast retention`: how long records are kept, holds, and what would leave, before anything does."""

import json

import click

from deploy.cli.asking import api_options, fetch, send
from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name
from deploy.cli.things import checked, things, things_options
from schemas.retention import HoldPut, HoldRelease, RetentionDrop, RetentionPut
from schemas.words import Basis, RecordKind, Trigger

_cell = click.option("--cell", required=True, callback=cell_name, help="The cell whose book it is.")
_by = click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_COUNTS = ("due", "held", "running", "waiting", "unclassed")


@click.group(epilog="Example: holdfast retention plan --cell kul-1")
def retention() -> None:
    """Say how long records are kept, hold some, and see what would leave and why the rest would not."""


@retention.command(epilog="Example: holdfast retention plan --cell kul-1 --at 2032-01-01T00:00:00Z --json")
@_cell
@click.option("--at", help="The moment at which it would leave (RFC 3339 with a zone); default now.")
@api_options
@_json
def plan(cell: str, at: str | None, url: str | None, key: str | None, *, as_json: bool) -> None:
    """Say what would leave at a moment, kind by kind, and why the rest would not. Nothing leaves by it.

    Exits with 3 where something would leave, else with 0.
    """
    answers = []
    for kind in RecordKind:
        click.echo(f"counting {kind.value}", err=True)
        asked = {
            name: value for name, value in (("cell", cell), ("at", at), ("record", kind.value)) if value is not None
        }
        members = ("at", "records")
        answers.append(send("GET", "/v1/retention/plan", url, key, members, params=asked).json())
        at = answers[0]["at"]  # of one moment
    records = [record for answer in answers for record in answer["records"]]
    if as_json:
        click.echo(json.dumps({**answers[0], "records": records}))
    else:
        click.echo(f"at {at}; holds: {', '.join(answers[0]['holds']) or 'none'}")
        for each in records:
            counts = ", ".join(f"{each[name]} {name}" for name in _COUNTS if each[name])
            more = f"; the next one {each['next_due']}" if each["next_due"] else ""
            click.echo(
                f"{each['record']:<12} {each['total']} in all: {counts or 'none'}{more}  {', '.join(each['classes'])}"
            )
    if any(each["due"] for each in records):
        raise SystemExit(3)


@retention.command("list", epilog="Example: holdfast retention list --cell kul-1")
@_cell
@api_options
@_json
def list_(cell: str, url: str | None, key: str | None, *, as_json: bool) -> None:
    """List the classes of records that stand, and the holds."""
    asked = {"cell": cell, "limit": "500"}
    classes = fetch("/v1/retention/classes", asked, url, key)["items"]
    holds = fetch("/v1/holds", asked, url, key)["items"]
    if as_json:
        click.echo(json.dumps({"classes": classes, "holds": holds}))
        return
    for each in classes:
        words = f"{each['keep_days']} days from {each['trigger']}, by {each['basis']} {each['reference']}"
        click.echo(f"{each['name']:<16} {each['record']:<12} {words}")
    for each in holds:
        what = "the whole cell" if each["whole"] else f"{each['things']} things"
        state = f"released {each['released_at']}" if each["released_at"] else "stands"
        click.echo(f"hold {each['key']:<11} {what}  {each['reference']}  {state}")
    if not classes and not holds:
        click.echo("nothing yet: all is kept")


@retention.command(epilog="Example: holdfast retention put ear-762 --cell kul-1 --record event --trigger departed …")
@click.argument("name")
@_cell
@click.option("--record", required=True, type=click.Choice([each.value for each in RecordKind]), help="Of what.")
@click.option("--trigger", required=True, type=click.Choice([each.value for each in Trigger]), help="From when on.")
@click.option("--days", "keep_days", required=True, type=int, help="How long.")
@click.option("--basis", required=True, type=click.Choice([each.value for each in Basis]), help="On what it rests.")
@click.option("--reference", required=True, help="Where it says so: 15 CFR 762.6.")
@_by
@key_option
@_json
def put(  # noqa: PLR0913, PLR0917 - options of one command
    name: str, cell: str, record: str, trigger: str, keep_days: int, basis: str, reference: str, by: str, key: str, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Say how long records of a kind are kept, or change what was said under the name."""
    act = checked(
        RetentionPut, name=name, record=record, trigger=trigger, keep_days=keep_days, basis=basis, reference=reference,
        by=by, key=key,
    )  # fmt: skip
    carry(cell, [act], [name], key, as_json=as_json)


@retention.command(epilog="Example: holdfast retention drop ear-762 --cell kul-1")
@click.argument("name")
@_cell
@_by
@key_option
@_json
def drop(name: str, cell: str, by: str, key: str, *, as_json: bool) -> None:
    """Take a class away: it keeps nothing any more."""
    carry(cell, [checked(RetentionDrop, name=name, by=by, key=key)], [name], key, as_json=as_json)


@retention.command(
    epilog="Example: holdfast retention hold --cell kul-1 --thing gpu:serial:SN-1 --reference 'matter 7'"
)
@_cell
@things_options
@click.option("--whole", is_flag=True, help="All of the cell.")
@click.option("--reference", required=True, help="What it is for; no names.")
@_by
@key_option
@_json
def hold(  # noqa: PLR0917 - options of one command
    cell: str, assets: tuple[str, ...], borne: tuple[str, ...], reference: str, by: str, key: str, *, whole: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Let nothing of certain things leave, or of the whole cell, whatever its class says. The key names the hold."""
    act = checked(HoldPut, things=things(assets, borne), whole=whole, reference=reference, by=by, key=key)
    carry(cell, [act], [key], key, as_json=as_json)


@retention.command(epilog="Example: holdfast retention release HOLD --cell kul-1")
@click.argument("held")
@_cell
@_by
@key_option
@_json
def release(held: str, cell: str, by: str, key: str, *, as_json: bool) -> None:
    """End a hold."""
    carry(cell, [checked(HoldRelease, releases=held, by=by, key=key)], [held], key, as_json=as_json)
