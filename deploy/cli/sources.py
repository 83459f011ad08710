"""`holdfast sources`: who reports, enrolled through Kafka like every act."""

import asyncio
import csv
import json
from pathlib import Path

import click
from pydantic import ValidationError

from deploy.cli.outcomes import carry, key_of, key_option
from deploy.cli.simulate import cell_name
from schemas.acts import SourceEnrol, SourceRetire
from schemas.envelope import rfc3339
from schemas.words import SourceClass

_COLUMNS = "source,source_class,control_domain,interval_s,clock_offset_s,lateness_s"


@click.group(epilog="Example: holdfast sources list --cell kul-1")
def sources() -> None:
    """Enrol, retire and list the sources of a cell."""


@sources.command(epilog="Example: holdfast sources enrol --cell kul-1 --class out_of_band --domain site bmc-r3-u12")
@click.argument("names", nargs=-1)
@click.option("--cell", required=True, callback=cell_name, help="The cell.")
@click.option("--class", "source_class", type=click.Choice([each.value for each in SourceClass]), help="Its class.")
@click.option("--domain", default="unknown", help="Who holds its keys and passwords; unknown corroborates nothing.")
@click.option("--interval", type=int, help="Seconds between its reports; else its format's.")
@click.option("--offset", type=int, default=0, help="Seconds that its clock is known to be ahead.")
@click.option("--lateness", type=int, default=120, show_default=True, help="Seconds that it may be late or early.")
@click.option("--csv", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=f"Rows: {_COLUMNS}")
@click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def enrol(  # noqa: PLR0913, PLR0917 - options of one command
    names: tuple[str, ...],
    cell: str,
    source_class: str | None,
    domain: str,
    interval: int | None,
    offset: int,
    lateness: int,
    file: Path | None,
    by: str,
    key: str,
    *,
    as_json: bool,
) -> None:
    """Enrol sources, or change what was enrolled of them; from arguments or from a CSV file with a head line."""
    rows = _rows(file) if file else []
    if names and source_class is None:
        raise click.UsageError("say what class they are of: --class")
    same = {
        "source_class": source_class,
        "control_domain": domain,
        "interval_s": interval,
        "clock_offset_s": offset,
        "lateness_s": lateness,
    }
    rows += [{"source": name, **same} for name in names]
    if not rows:
        raise click.UsageError("name sources, or give a CSV file: --csv")
    acts = []
    for number, row in enumerate(rows, 1):
        stated = {column: value for column, value in row.items() if value not in (None, "")}
        try:
            acts.append(SourceEnrol.model_validate({**stated, "key": key_of(key, number, len(rows)), "by": by}))
        except ValidationError as exc:
            first = exc.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise click.UsageError(f"row {number}: {where}: {first['msg']}") from exc
    carry(cell, acts, [act.source for act in acts], key, as_json=as_json)


def _rows(file: Path) -> list[dict[str, object]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows: list[dict[str, object]] = [dict(row) for row in csv.DictReader(text)]
    except (UnicodeDecodeError, csv.Error) as exc:
        raise click.UsageError(f"--csv: {file} is no CSV in UTF-8 ({exc})") from exc
    for number, row in enumerate(rows, 1):
        if None in row:
            raise click.UsageError(f"--csv: row {number} has more columns than the head line names: {_COLUMNS}")
    return rows


@sources.command(epilog="Example: holdfast sources retire --cell kul-1 bmc-r3-u12")
@click.argument("names", nargs=-1, required=True)
@click.option("--cell", required=True, callback=cell_name, help="The cell.")
@click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
@key_option
@click.option("--force", is_flag=True, help="Also sources that nobody enrolled and that never reported.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def retire(names: tuple[str, ...], cell: str, by: str, key: str, *, force: bool, as_json: bool) -> None:
    """Retire sources: what they send afterwards is a dead letter."""
    from deploy.acting import sources as read  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    if not force:
        known = {row["source"] for row in asyncio.run(read(load(), cell))}
        if unknown := [name for name in names if name not in known]:
            raise click.ClickException(
                f"{cell} knows no source {', '.join(unknown)}: nothing was done; --force does it"
            )
    try:
        acts = [
            SourceRetire(key=key_of(key, number, len(names)), by=by, source=name)
            for number, name in enumerate(names, 1)
        ]
    except ValidationError as exc:
        raise click.UsageError(str(exc.errors(include_url=False)[0]["msg"])) from exc
    carry(cell, acts, names, key, as_json=as_json)


@sources.command("list", epilog="Example: holdfast sources list --cell kul-1 --json")
@click.option("--cell", required=True, callback=cell_name, help="The cell.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV that `enrol --csv` takes; without those retired.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(cell: str, *, as_csv: bool, as_json: bool) -> None:
    """List sources, enrolled or merely seen."""
    from deploy.acting import sources as read  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    rows = [
        {
            "source": row["source"],
            "source_class": row["source_class"],
            "control_domain": row["control_domain"],
            "interval_s": None if row["interval_ms"] is None else row["interval_ms"] // 1000,
            "clock_offset_s": row["clock_offset_ms"] // 1000,
            "lateness_s": row["lateness_ms"] // 1000,
            "retired": row["retired"],
            "enrolled_at": None if row["enrolled_at"] is None else rfc3339(row["enrolled_at"]),
        }
        for row in asyncio.run(read(load(), cell))
    ]
    if as_json:
        click.echo(json.dumps(rows))
    elif as_csv:
        click.echo(_COLUMNS)
        for row in (each for each in rows if not each["retired"]):
            click.echo(",".join("" if row[column] is None else str(row[column]) for column in _COLUMNS.split(",")))
    else:
        for row in rows:
            state = "retired" if row["retired"] else "enrolled" if row["enrolled_at"] else "seen only"
            click.echo(f"{row['source']:<40} {row['source_class']:<12} {row['control_domain']:<20} {state}")
        if not rows:
            click.echo(f"{cell} has no sources yet")
