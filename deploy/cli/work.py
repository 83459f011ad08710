"""`holdfast work`: planned work, by hand or by CSV: what may happen, in which window, to which things or places."""

import asyncio
import json
from pathlib import Path

import click

from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name
from deploy.cli.things import TableWrong, checked, text_of, things, things_options
from schemas.envelope import rfc3339
from schemas.errors import Rejected
from schemas.planning import WorkCancel, WorkPlan
from schemas.words import May
from schemas.work_table import acts

_cell = click.option("--cell", required=True, callback=cell_name, help="The cell whose book it is.")
_by = click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")


@click.group(epilog="Example: holdfast work plan CHG-7 --cell kul-1 --may swap --place KUL-1/R3 --from … --until …")
def work() -> None:
    """Plan work, call it off, list it. What happens as planned raises no finding, and contradicts no claim."""


@work.command(epilog="Example: holdfast work plan CHG-7 --cell kul-1 --may swap --place KUL-1/R3 --from … --until …")
@click.argument("ticket")
@_cell
@click.option("--may", multiple=True, required=True, type=click.Choice([each.value for each in May]), help="What.")
@things_options
@click.option("--place", "places", multiple=True, help="All that stands in this place; may be given several times.")
@click.option("--from", "from_at", required=True, help="From when on (RFC 3339 with a zone).")
@click.option("--until", "until_at", required=True, help="Until when.")
@click.option("--approver", help="Reference to who approved it; no name.")
@_by
@key_option
@_json
def plan(  # noqa: PLR0913, PLR0917 - options of one command
    ticket: str,
    cell: str,
    may: tuple[str, ...],
    assets: tuple[str, ...],
    borne: tuple[str, ...],
    places: tuple[str, ...],
    from_at: str,
    until_at: str,
    approver: str | None,
    by: str,
    key: str,
    *,
    as_json: bool,
) -> None:
    """Plan work, or change what is planned under the ticket. Told up to seven days late, it explains that late."""
    act = checked(
        WorkPlan, ticket=ticket, may=may, things=things(assets, borne), places=places, from_at=from_at,
        until_at=until_at, approver=approver, by=by, key=key,
    )  # fmt: skip
    carry(cell, [act], [ticket], key, as_json=as_json)


@work.command("import", epilog="Example: holdfast work import changes.csv --cell kul-1 --by change-board")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_cell
@_by
@key_option
@_json
def import_(table: Path, cell: str, by: str, key: str, *, as_json: bool) -> None:
    """Plan the work of a CSV with a heading, one row for each thing or place of a ticket.

    Columns: ticket, from, until, may; asset, or kind, scheme, value and scope, or place; and, if known, approver.
    """
    try:
        made = acts(text_of(table), key, by)
    except Rejected as exc:
        raise TableWrong(f"{table}: {exc.words}") from exc
    carry(cell, made, [act.ticket for act in made], key, as_json=as_json)


@work.command(epilog="Example: holdfast work cancel CHG-7 --cell kul-1")
@click.argument("ticket")
@_cell
@_by
@key_option
@_json
def cancel(ticket: str, cell: str, by: str, key: str, *, as_json: bool) -> None:
    """Call off what is planned under a ticket: it explains nothing any more."""
    carry(cell, [checked(WorkCancel, ticket=ticket, by=by, key=key)], [ticket], key, as_json=as_json)


@work.command("list", epilog="Example: holdfast work list --cell kul-1 --json")
@_cell
@_json
def list_(cell: str, *, as_json: bool) -> None:
    """List planned work by ticket, each as last told, as known at the horizon."""
    from deploy.acting import work as read  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    rows = [dict(row) for row in asyncio.run(read(load(), cell))]
    for row in rows:
        row["assets"] = [str(asset) for asset in row["assets"]]
        for name in ("from_at", "until_at", "known_from"):
            row[name] = rfc3339(row[name])
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        about = f"{len(row['assets'])} things, {len(row['places'])} places"
        state = "called off" if row["cancelled"] else ", ".join(row["explains"])
        click.echo(f"{row['ticket']:<16} {row['from_at']} to {row['until_at']}  {about}  {state}")
    if not rows:
        click.echo("nothing yet: `holdfast work plan` plans some")
