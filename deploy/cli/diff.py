"""`holdfast diff`: what came, went and moved in a place or an asset, or what was corrected since."""

import json

import click

from deploy.cli.asking import api_options, fetch
from deploy.cli.simulate import cell_name

_PAGE = 500


@click.command(epilog="Example: holdfast diff --cell kul-1 --in KUL-1 --since 2025-06-01T00Z --as-of 2025-07-01T00Z")
@click.option("--cell", required=True, callback=cell_name, help="The cell that is asked.")
@click.option("--in", "place", help="What stood in this place (a site, a rack position).")
@click.option("--asset", help="What stood in this asset (a rack, a server), by its id.")
@click.option("--since", help="The earlier moment (RFC 3339 with a zone); default: --as-of.")
@click.option("--as-of", help="The later moment; default: --known-at.")
@click.option("--known-since", help="As the earlier state was known at this moment: what was corrected since.")
@click.option("--known-at", help="As known at this moment; default the horizon.")
@api_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def diff(  # noqa: PLR0913, PLR0917 - options of one command
    cell: str,
    place: str | None,
    asset: str | None,
    since: str | None,
    as_of: str | None,
    known_since: str | None,
    known_at: str | None,
    url: str | None,
    key: str | None,
    *,
    as_json: bool,
) -> None:
    """Compare two days, or what was known on two days about one. Exits with 0 where nothing differs, else with 3."""
    asked = {
        "cell": cell, "place": place, "asset": asset, "since": since, "as_of": as_of, "known_since": known_since,
        "known_at": known_at, "limit": str(_PAGE),
    }  # fmt: skip
    answer = fetch("/v1/differences", asked, url, key)
    items = answer["items"]
    while answer["next"]:
        answer = fetch("/v1/differences", {**asked, "cursor": answer["next"]}, url, key)
        items += answer["items"]
    if as_json:
        click.echo(json.dumps({**answer, "items": items, "next": None}))
    else:
        before, after = answer["before"], answer["after"]
        click.echo(f"before: {before['things']} things at {before['as_of']}, as known at {before['known_at']}")
        click.echo(f"after:  {after['things']} things at {after['as_of']}, as known at {after['known_at']}")
        for each in items:
            click.echo(
                f"{each['what']:<6} {each['kind']} {each['asset']}  {_where(each['before'])} -> {_where(each['after'])}"
            )
    if items:
        raise SystemExit(3)


def _where(stood: dict[str, str | None] | None) -> str:
    if stood is None:
        return "not known where"
    inside = f"{stood['container']} {stood['container_slot'] or ''}".strip() if stood["container"] else ""
    return ", ".join(each for each in (inside, stood["place"]) if each)
