"""`holdfast issuers`: whose the tokens of an OpenID Connect provider are, said in the database directly. No facts."""

import asyncio
import json
import sys

import click

from deploy.cli.sites import checked_operator
from schemas.envelope import rfc3339
from schemas.words import PartyKind

_SCOPES = ("read", "write", "enrol", "audit", "admin", "operators")
_EXAMPLE = "holdfast issuers trust https://login.acme.example --audience holdfast --operator acme --where roles=fleet"


@click.group(epilog=f"Example: {_EXAMPLE} --scope read")
def issuers() -> None:
    """Trust the access tokens (JWT) of OpenID Connect providers, by rules; a token that no rule names is nobody's."""


@issuers.command(epilog=f"Example: {_EXAMPLE} --scope read --scope write")
@click.argument("issuer")
@click.option("--audience", required=True, help="What `aud` must name: what the provider calls this API.")
@click.option("--operator", required=True, help="Whose such tokens are: an operator, or another party.")
@click.option(
    "--kind",
    type=click.Choice([each.value for each in PartyKind]),
    default=PartyKind.OPERATOR.value,
    show_default=True,
    help="What it is; see `holdfast keys create --help`.",
)
@click.option(
    "--where", "wanted", multiple=True, metavar="CLAIM=VALUE",
    help="Only tokens that claim this (a member of a list, a word of `scope`; nested: realm_access.roles=…).",
)  # fmt: skip
@click.option("--scope", "scopes", multiple=True, type=click.Choice(_SCOPES), help="What they may do; default read.")
@click.option("--label", default="", help="What it is for.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def trust(  # noqa: PLR0917 - options of one command
    issuer: str, audience: str, operator: str, kind: str, wanted: tuple[str, ...], scopes: tuple[str, ...], label: str,
    *, as_json: bool,
) -> None:  # fmt: skip
    """Say whose the tokens of ISSUER are. Of several rules that hold for a token, it has the scopes of all."""
    from deploy.acting import owner  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.serve import now  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.api.providers import may_be_asked  # noqa: PLC0415
    from service.store import tokens  # noqa: PLC0415
    from service.store.reading import Viewer  # noqa: PLC0415

    checked_operator(operator)
    if wrong := may_be_asked(issuer):
        raise click.UsageError(f"{wrong}: name the issuer as its tokens do, in `iss`")
    claims = tuple((name, value) for name, _, value in (each.partition("=") for each in wanted))
    if not all(name and value for name, value in claims):
        raise click.UsageError("write --where as CLAIM=VALUE, for instance --where roles=fleet")
    rule = tokens.Rule(audience, claims, Viewer(operator, (), PartyKind(kind)), frozenset(scopes or ("read",)))

    async def run() -> str:
        async with owner(load()) as connection:
            return await tokens.create(connection, issuer, rule, label=label, at=now())

    made = asyncio.run(run())
    click.echo(json.dumps({"rule": made, "issuer": issuer, "operator": operator, "kind": kind}) if as_json else made)


@issuers.command("list", epilog="Example: holdfast issuers list --json")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(*, as_json: bool) -> None:
    """List rules, oldest first."""
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import tokens  # noqa: PLC0415

    async def run() -> list[dict[str, object]]:
        async with owner(load()) as connection:
            return [
                {
                    **dict(row),
                    "wanted": [f"{name}={value}" for name, value in json.loads(row["wanted"])],
                    "created_at": rfc3339(row["created_at"]),
                    "revoked_at": None if row["revoked_at"] is None else rfc3339(row["revoked_at"]),
                }
                for row in await tokens.listing(connection)
            ]

    rows = asyncio.run(run())
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        where = " and ".join(row["wanted"]) or "whatever it claims"  # type: ignore[arg-type]
        state = f"revoked {row['revoked_at']}" if row["revoked_at"] else "holds"
        scopes = ",".join(row["scopes"])  # type: ignore[arg-type]
        click.echo(f"{row['rule']}  {row['issuer']}  {row['audience']}  {where}: {row['operator']}  {scopes}  {state}")
    if not rows:
        click.echo("no issuer is trusted: `holdfast issuers trust` trusts one")


@issuers.command(epilog="Example: holdfast issuers revoke 3f9c0a1b2c4d")
@click.argument("rule")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def revoke(rule: str, *, as_json: bool) -> None:
    """Trust by RULE no more: tokens that it alone held for end within two seconds."""
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.serve import now  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import tokens  # noqa: PLC0415

    async def run() -> int:
        async with owner(load()) as connection:
            return await tokens.revoke(connection, rule, at=now())

    at = rfc3339(asyncio.run(run()))
    click.echo(json.dumps({"rule": rule, "revoked_at": at}) if as_json else f"{rule} was revoked at {at}")


@issuers.command(epilog="Example: holdfast issuers check < token.txt")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(*, as_json: bool) -> None:
    """Say whose the token on standard input is, and what it may do; or why it does not hold."""
    from deploy.database import dsn  # noqa: PLC0415
    from deploy.serve import reading_pool  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.api import tokens  # noqa: PLC0415
    from service.api.providers import Providers  # noqa: PLC0415

    token = sys.stdin.read().strip()

    async def run() -> tokens.Bearer:
        opened = await reading_pool(dsn(load()), 1)
        try:
            return await tokens.find(opened, Providers(), token)
        finally:
            await opened.close()

    found = asyncio.run(run())
    said = {
        "operator": found.viewer.operator, "kind": found.viewer.kind.value, "credential": found.credential,
        "scopes": sorted(found.scopes), "cells": found.viewer.cells, "expires_at": rfc3339(found.expires_at),
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(said))
        return
    click.echo(f"{said['operator']} ({said['kind']})  {','.join(sorted(found.scopes))}  until {said['expires_at']}")
