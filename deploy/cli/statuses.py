"""`holdfast statuses`: what people say of the status of things, and of handing them over, by hand or by CSV."""

import asyncio
import json
from pathlib import Path

import click

from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name
from deploy.cli.things import TableWrong, checked, text_of, things, things_options
from schemas.envelope import rfc3339
from schemas.errors import Rejected
from schemas.status_table import acts
from schemas.statuses import StatusPut, StatusWithdraw, TransferAccept, TransferRelease
from schemas.words import Status

_STATED = [each.value for each in Status if each is not Status.RELEASED]

_cell = click.option("--cell", required=True, callback=cell_name, help="The cell whose book it is.")
_by = click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
_document = click.option("--document", help="The paper that says so.")
_since = click.option("--from", "from_at", help="Since when (RFC 3339 with a zone); default: when it is received.")
_until = click.option("--until", "until_at", help="Until when; past that it is overdue.")


@click.group(
    epilog="Example: holdfast statuses put in_repair --cell kul-1 --thing gpu:serial:1654025000001 --ticket RMA-7"
)
def statuses() -> None:
    """Say the status of things: spare, in repair, on loan, scrapped, sold, …; release and accept them; list it."""


@statuses.command(
    epilog="Example: holdfast statuses put spare --cell kul-1 --thing drive:serial:ZL2A4B7C --place KUL-1/STORE"
)
@click.argument("status", type=click.Choice(_STATED))
@_cell
@things_options
@click.option("--party", help="Who has it now: a workshop, a borrower, a buyer.")
@_document
@click.option("--ticket", help="The ticket that it belongs to.")
@click.option("--place", help="The place of this cell where it is kept.")
@_since
@_until
@_by
@key_option
@_json
def put(  # noqa: PLR0913, PLR0917 - options of one command
    status: str,
    cell: str,
    assets: tuple[str, ...],
    borne: tuple[str, ...],
    party: str | None,
    document: str | None,
    ticket: str | None,
    place: str | None,
    from_at: str | None,
    until_at: str | None,
    by: str,
    key: str,
    *,
    as_json: bool,
) -> None:
    """Say a status of things, reported yet or not. What names nothing, or many, is left out and said."""
    act = checked(
        StatusPut, status=status, things=things(assets, borne), party=party, document=document, ticket=ticket,
        place=place, from_at=from_at, until_at=until_at, by=by, key=key,
    )  # fmt: skip
    carry(cell, [act], [status], key, as_json=as_json)


@statuses.command("import", epilog="Example: holdfast statuses import spares.csv --cell kul-1 --by warehouse")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_cell
@_by
@key_option
@_json
def import_(table: Path, cell: str, by: str, key: str, *, as_json: bool) -> None:
    """Say the statuses of a CSV with a heading, one row for each thing.

    Columns: asset, or kind, scheme, value and scope; status; as far as known, party, document, ticket, place, from and
    until. The same file under the same --key is applied once.
    """
    try:
        made = acts(text_of(table), key, by)
    except Rejected as exc:
        raise TableWrong(f"{table}: {exc.words}") from exc
    names = [f"{act.status.value} of {len(act.things)}" for act in made]
    carry(cell, made, names, key, as_json=as_json)


@statuses.command(
    epilog="Example: holdfast statuses release --cell kul-1 --asset 0b2e… --party 'Lessee Ltd' --document DN-7"
)
@_cell
@things_options
@click.option("--party", required=True, help="To whom.")
@_document
@_since
@click.option("--until", "until_at", help="By when it is to be accepted.")
@_by
@key_option
@_json
def release(  # noqa: PLR0913, PLR0917 - options of one command
    cell: str,
    assets: tuple[str, ...],
    borne: tuple[str, ...],
    party: str,
    document: str | None,
    from_at: str | None,
    until_at: str | None,
    by: str,
    key: str,
    *,
    as_json: bool,
) -> None:
    """Hand things over to a party. What comes out names the key by which it accepts them."""
    act = checked(
        TransferRelease, things=things(assets, borne), party=party, document=document, from_at=from_at,
        until_at=until_at, by=by, key=key,
    )  # fmt: skip
    carry(cell, [act], [f"release {key}"], key, as_json=as_json)


@statuses.command(epilog="Example: holdfast statuses accept dn-7 --cell kul-1 --by lessee")
@click.argument("releases")
@_cell
@things_options
@_document
@_since
@_by
@key_option
@_json
def accept(  # noqa: PLR0913, PLR0917 - options of one command
    releases: str,
    cell: str,
    assets: tuple[str, ...],
    borne: tuple[str, ...],
    document: str | None,
    from_at: str | None,
    by: str,
    key: str,
    *,
    as_json: bool,
) -> None:
    """Accept what was released under a key: all of it, or the things that are named."""
    act = checked(
        TransferAccept, releases=releases, things=things(assets, borne), document=document, from_at=from_at, by=by,
        key=key,
    )  # fmt: skip
    carry(cell, [act], [f"acceptance of {releases}"], key, as_json=as_json)


@statuses.command(epilog="Example: holdfast statuses withdraw 3f2c… --cell kul-1 --reason 'wrong serial'")
@click.argument("withdraws")
@_cell
@click.option("--reason", help="Why.")
@_by
@key_option
@_json
def withdraw(withdraws: str, cell: str, reason: str | None, by: str, key: str, *, as_json: bool) -> None:
    """Take back a status, a release or an acceptance, by its key. What was known meanwhile stays known."""
    act = checked(StatusWithdraw, withdraws=withdraws, reason=reason, by=by, key=key)
    carry(cell, [act], [f"withdrawal of {withdraws}"], key, as_json=as_json)


@statuses.command("list", epilog="Example: holdfast statuses list --cell kul-1 --status in_repair --json")
@_cell
@click.option("--status", type=click.Choice([each.value for each in Status]), help="Only these.")
@_json
def list_(cell: str, status: str | None, *, as_json: bool) -> None:
    """List what was said of the status of things, in the order of the acts, as known at the horizon."""
    from deploy.acting import statuses as read  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    rows = [dict(row) for row in asyncio.run(read(load(), cell, status))]
    for row in rows:
        row["asset"] = str(row["asset"])
        for name in ("from_at", "until_at", "known_from", "accepted_at"):
            row[name] = None if row[name] is None else rfc3339(row[name])
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        more = " ".join(str(row[name]) for name in ("party", "document", "ticket", "place") if row[name])
        taken = " accepted" if row["accepted_at"] else ""
        click.echo(f"{row['asset']}  {row['status']:<11} {row['from_at']}  {more}{taken}  ({row['key']})")
    if not rows:
        click.echo("nothing yet: `holdfast statuses put` says one")
