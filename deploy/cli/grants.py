"""`holdfast grants`: who else may see what of a cell, and what they were shown."""

import asyncio
import json

import click

from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name
from deploy.cli.things import checked, things, things_options
from schemas.envelope import rfc3339
from schemas.grants import GrantPut, GrantRevoke
from schemas.words import Disclosed

_cell = click.option("--cell", required=True, callback=cell_name, help="The cell whose book it is.")
_by = click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
_party = click.option("--party", help="Of one party only.")
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")


@click.group(epilog="Example: holdfast grants put exporter-1 --cell kul-1 --place KUL-1 --purpose audit --until …")
def grants() -> None:
    """Let a party see certain things, a licence's, a place's or a whole cell; take it back; list who was shown what."""


@grants.command(epilog="Example: holdfast grants put exporter-1 --cell kul-1 --licence D-123 --purpose audit --until …")
@click.argument("party")
@_cell
@things_options
@click.option("--licence", help="What people said was handed over under this document.")
@click.option("--place", help="What stood in this place, at whatever time.")
@click.option("--whole", is_flag=True, help="All of the cell.")
@click.option(
    "--field", "fields", multiple=True, type=click.Choice([each.value for each in Disclosed]),
    help="What may be read besides where things are and were; may be given several times.",
)  # fmt: skip
@click.option("--purpose", required=True, help="What for; the party may read it.")
@click.option("--until", "until_at", required=True, help="Until when (RFC 3339 with a zone).")
@_by
@key_option
@_json
def put(  # noqa: PLR0913, PLR0917 - options of one command
    party: str,
    cell: str,
    assets: tuple[str, ...],
    borne: tuple[str, ...],
    licence: str | None,
    place: str | None,
    fields: tuple[str, ...],
    purpose: str,
    until_at: str,
    by: str,
    key: str,
    *,
    whole: bool,
    as_json: bool,
) -> None:
    """Grant a party something. The key of this act is the grant's name: `revoke` takes it."""
    act = checked(
        GrantPut, party=party, things=things(assets, borne), licence=licence, place=place, whole=whole, fields=fields,
        purpose=purpose, until_at=until_at, by=by, key=key,
    )  # fmt: skip
    carry(cell, [act], [key], key, as_json=as_json)


@grants.command(epilog="Example: holdfast grants revoke grant-7 --cell kul-1")
@click.argument("grant")
@_cell
@_by
@key_option
@_json
def revoke(grant: str, cell: str, by: str, key: str, *, as_json: bool) -> None:
    """Take a grant back: the party sees nothing by it any more, within seconds."""
    carry(cell, [checked(GrantRevoke, revokes=grant, by=by, key=key)], [grant], key, as_json=as_json)


@grants.command("list", epilog="Example: holdfast grants list --cell kul-1 --party exporter-1 --json")
@_cell
@_party
@_json
def list_(cell: str, party: str | None, *, as_json: bool) -> None:
    """List grants by key, revoked ones too, as known at the horizon."""
    from deploy.acting import grants as read  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    rows = [dict(row) for row in asyncio.run(read(load(), cell, party))]
    for row in rows:
        row["things"] = [str(asset) for asset in row["things"]]
        for name in ("until_at", "known_from", "known_until"):
            row[name] = None if row[name] is None else rfc3339(row[name])
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        what = "the whole cell" if row["whole"] else row["place"] or row["licence"] or f"{len(row['things'])} things"
        state = f"revoked {row['known_until']}" if row["known_until"] else f"until {row['until_at']}"
        click.echo(f"{row['key']}  {row['party']}  {what}  {state}  {row['purpose']}")
    if not rows:
        click.echo("nothing yet: `holdfast grants put` grants something")


@grants.command(epilog="Example: holdfast grants accesses --cell kul-1 --party exporter-1 --json")
@_cell
@_party
@_json
def accesses(cell: str, party: str | None, *, as_json: bool) -> None:
    """List what parties were shown, oldest first."""
    from deploy.acting import accesses as read  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415

    rows = [{**dict(row), "at": rfc3339(row["at"])} for row in asyncio.run(read(load(), cell, party))]
    if as_json:
        click.echo(json.dumps([{**row, "asked": json.loads(str(row["asked"]))} for row in rows]))
        return
    for row in rows:
        click.echo(f"{row['at']}  {row['party']}  {row['credential']}  {row['asked']}")
    if not rows:
        click.echo("nothing yet: nobody was shown anything by a grant")
