"""`holdfast sites`: sites and the places in them, put through Kafka like every act."""

import asyncio
import json

import click

from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name
from deploy.cli.things import checked
from schemas import names
from schemas.acts import PlacePut, SitePut
from schemas.words import PlaceKind


@click.group(epilog="Example: holdfast sites put KUL-1 --cell kul-1 --country MY")
def sites() -> None:
    """Put and list sites and the places in them."""


@sites.command(epilog="Example: holdfast sites put KUL-1 --cell kul-1 --country MY --operator acme")
@click.argument("site")
@click.option("--cell", required=True, callback=cell_name, help="The cell that keeps the site's book.")
@click.option("--country", required=True, help="ISO 3166-1, two capital letters.")
@click.option("--latitude", type=float, help="Degrees north, from -90 to 90.")
@click.option("--longitude", type=float, help="Degrees east, from -180 to 180.")
@click.option("--operator", help="Found the cell first, as this operator's, where it is not there yet.")
@click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def put(  # noqa: PLR0913, PLR0917 - options of one command
    site: str,
    cell: str,
    country: str,
    latitude: float | None,
    longitude: float | None,
    operator: str | None,
    by: str,
    key: str,
    *,
    as_json: bool,
) -> None:
    """Put a site into a cell's book."""
    from deploy.acting import found  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    act = checked(SitePut, site=site, country=country, latitude=latitude, longitude=longitude, by=by, key=key)
    if operator is not None:
        asyncio.run(found(load(), cell, checked_operator(operator)))
    carry(cell, [act], [site], key, as_json=as_json)


@sites.command(epilog="Example: holdfast sites place KUL-1/H1/P07 --cell kul-1 --kind rack_position --within KUL-1/H1")
@click.argument("place")
@click.option("--cell", required=True, callback=cell_name, help="The cell.")
@click.option("--kind", required=True, type=click.Choice([each.value for each in PlaceKind]), help="What it is.")
@click.option("--within", required=True, help="The place that it lies in.")
@click.option("--alias", multiple=True, help="Another name that sources state for it; may be given several times.")
@click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def place(  # noqa: PLR0917 - options of one command
    place: str, cell: str, kind: str, within: str, alias: tuple[str, ...], by: str, key: str, *, as_json: bool
) -> None:
    """Put a place within a place."""
    act = checked(PlacePut, place=place, kind=kind, within=within, alias=alias, by=by, key=key)
    carry(cell, [act], [place], key, as_json=as_json)


@sites.command("list", epilog="Example: holdfast sites list --json")
@click.option("--cell", callback=cell_name, help="All places of one cell, instead of the sites of all.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(cell: str | None, *, as_json: bool) -> None:
    """List sites with their cells, or the places of one cell."""
    from deploy.acting import all_sites, places  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415

    settings = load()
    if cell is not None:
        rows = [
            {
                "cell": cell,
                "place": row["place"],
                "kind": row["kind"],
                "within": row["within"],
                "country": row["country"],
            }
            for row in asyncio.run(places(settings, cell))
        ]
    else:
        rows = [
            {"cell": name, "place": row["place"], "kind": "site", "country": row["country"], "simulated": simulated}
            for name, simulated, found in asyncio.run(all_sites(settings))
            for row in found
        ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        more = " (simulated)" if row.get("simulated") else ""
        click.echo(f"{row['cell']:<16} {row['place']:<32} {row['kind']:<14} {row['country'] or ''}{more}")
    if not rows:
        click.echo("nothing yet: `holdfast sites put` puts a site")


def checked_operator(name: str) -> str:
    """Give back the name of an operator. Raises UsageError for what can be none."""
    try:
        return names.operator(names.name(name))
    except ValueError as exc:
        raise click.UsageError(f"--operator: {exc}") from exc
