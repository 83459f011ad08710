"""`holdfast keys`: API keys, made, rotated and revoked in the database directly. Keys are no facts."""

import asyncio
import json
from datetime import timedelta

import click

from deploy.cli.sites import checked_operator
from schemas.envelope import rfc3339
from schemas.words import PartyKind

_SCOPES = ("read", "write", "enrol", "audit", "admin", "operators")


@click.group(epilog="Example: holdfast keys create --operator acme --scope read")
def keys() -> None:
    """Make, list, rotate and revoke API keys. Only a hash of each is kept."""


@keys.command(epilog="Example: holdfast keys create --operator acme --label auditor --scope read --days 90")
@click.option(
    "--operator", required=True, help="Whose key it is: an operator, or a party that operators grant something to."
)
@click.option(
    "--kind",
    type=click.Choice([each.value for each in PartyKind]),
    default=PartyKind.OPERATOR.value,
    show_default=True,
    help="What it is. An operator sees its cells, everybody what was granted; a machine is one source: CELL/SOURCE.",
)
@click.option("--label", default="", help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(_SCOPES),
    help="What it may do; default read. `admin` keeps to the operator, `operators` does not.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="How long it holds; default for ever.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def create(operator: str, kind: str, label: str, scopes: tuple[str, ...], days: int | None, *, as_json: bool) -> None:
    """Make a key and print it: it is shown this once."""
    from deploy.acting import owner  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.serve import now  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import keys as store  # noqa: PLC0415

    checked_operator(operator)

    async def run() -> tuple[str, bool]:
        async with owner(load()) as connection:
            at = now()
            until = None if days is None else at + int(timedelta(days=days).total_seconds()) * 1000
            key = await store.create(
                connection, operator, label, scopes or ("read",), at=at, expires_at=until, kind=PartyKind(kind)
            )
            return key, kind != PartyKind.OPERATOR or operator in await store.operators(connection)

    key, known = asyncio.run(run())
    click.echo(
        json.dumps({"key": key, "key_id": key.split("_")[1], "operator": operator, "kind": kind}) if as_json else key
    )
    if not known:
        click.echo(f"holdfast: no operator {operator!r} was put yet: the key sees nothing until then", err=True)


@keys.command("list", epilog="Example: holdfast keys list --json")
@click.option("--operator", help="Of one operator only.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(operator: str | None, *, as_json: bool) -> None:
    """List keys, oldest first; what they are is not kept."""
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import keys as store  # noqa: PLC0415

    async def run() -> list[dict[str, object]]:
        async with owner(load()) as connection:
            return [
                {
                    **dict(row),
                    **{
                        name: None if row[name] is None else rfc3339(row[name])
                        for name in ("created_at", "expires_at", "revoked_at", "used_at")
                    },
                }
                for row in await store.listing(connection, operator)
            ]

    rows = asyncio.run(run())
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        state = "revoked" if row["revoked_at"] else f"until {row['expires_at']}" if row["expires_at"] else "holds"
        used = f"used {row['used_at']}" if row["used_at"] else "never used"
        scopes = ",".join(row["scopes"])  # type: ignore[arg-type]
        click.echo(f"{row['key_id']}  {row['operator']}  {scopes}  {state}  {used}  {row['label']}")
    if not rows:
        click.echo("no keys: `holdfast keys create` makes one")


@keys.command(epilog="Example: holdfast keys rotate 3f9c0a1b2c4d --overlap-hours 24")
@click.argument("key_id")
@click.option(
    "--overlap-hours",
    type=click.FloatRange(0, 720),
    default=24,
    show_default=True,
    help="How long the old key holds beside the new one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def rotate(key_id: str, overlap_hours: float, *, as_json: bool) -> None:
    """Make a key in place of another and print it: it may do the same, and lasts as long as that was to."""
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.serve import now  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import keys as store  # noqa: PLC0415

    async def run() -> tuple[str, int]:
        async with owner(load()) as connection:
            at = now()
            key, row = await store.rotate(connection, key_id, at=at, until=at + int(overlap_hours * 3_600_000))
            return key, int(row["old_until"])

    key, until = asyncio.run(run())
    said = {"key": key, "key_id": key.split("_")[1], "replaces": key_id, "old_until": rfc3339(until)}
    click.echo(json.dumps(said) if as_json else key)
    if not as_json:
        click.echo(f"{key_id} holds until {rfc3339(until)}", err=True)


@keys.command(epilog="Example: holdfast keys revoke 3f9c0a1b2c4d")
@click.argument("key_id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def revoke(key_id: str, *, as_json: bool) -> None:
    """Revoke a key by its id (the part between the underscores). It ends within two seconds."""
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.serve import now  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import keys as store  # noqa: PLC0415

    async def run() -> int:
        async with owner(load()) as connection:
            return await store.revoke(connection, key_id, at=now())

    at = rfc3339(asyncio.run(run()))
    click.echo(json.dumps({"key_id": key_id, "revoked_at": at}) if as_json else f"{key_id} was revoked at {at}")
