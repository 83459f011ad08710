"""`holdfast settings`: every setting, its value, and where that came from."""

import json

import click


@click.command(epilog="Example: HOLDFAST_API_PORT=8080 holdfast settings --json")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--about", is_flag=True, help="Say what each setting is for.")
def settings(*, as_json: bool, about: bool) -> None:
    """Print every setting, its secrets hidden, each with where it came from.

    A setting is taken from the environment (HOLDFAST_…), else .env in this folder, else the settings file
    (HOLDFAST_SETTINGS_FILE, or holdfast.toml in the data folder), else it has its default. Exits with 1 where one is
    wrong.
    """
    from deploy.explain import explain  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load_with_sources, unknown  # noqa: PLC0415

    for name in unknown():
        click.echo(f"{name} is no setting: it changes nothing", err=True)
    rows = explain(load_with_sources())
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    values = ["-" if row["value"] is None else str(row["value"]) for row in rows]
    names = max(len(row["name"]) for row in rows)
    width = max(len(value) for value in values)
    for row, value in zip(rows, values, strict=True):
        click.echo(f"{row['name']:<{names}}  {value:<{width}}  {row['source']}")
        if about:
            click.echo(f"{'':<{names}}  {row['about']}\n")
