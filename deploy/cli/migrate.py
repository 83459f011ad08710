"""`holdfast migrate`: bring the database to what this version needs."""

import asyncio
import json

import click


@click.command(epilog="Example: holdfast migrate --json")
@click.option(
    "--half", type=click.Choice(["pre", "post", "both"]), default="both", show_default=True, help="Which half."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def migrate(half: str, *, as_json: bool) -> None:
    """Apply the migrations that are missing. Safe to run twice, and beside running consumers."""
    from deploy.database import dsn  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.migrate import migrate as run  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415

    applied = asyncio.run(run(dsn(load()), halves=("pre", "post") if half == "both" else (half,)))
    if as_json:
        click.echo(json.dumps({"applied": list(applied)}))
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply: the database is current")
