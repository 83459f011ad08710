"""`holdfast dead-letters`: records that could not be applied, kept whole; seen, and put through once mended."""

import asyncio
import base64
import json
from typing import Any

import click

from deploy.cli.outcomes import carry, key_option
from deploy.cli.simulate import cell_name

_PREVIEW = 400
INT, BIGINT = 2**31 - 1, 2**63 - 1  # what a column holds


@click.group("dead-letters", epilog="Example: holdfast dead-letters list --cell kul-1")
def dead_letters() -> None:
    """List, show and retry records that could not be applied."""


@dead_letters.command("list", epilog="Example: holdfast dead-letters list --cell kul-1 --code bad_json --json")
@click.option("--cell", required=True, callback=cell_name, help="The cell.")
@click.option("--code", default=None, help="Only those with this reason.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(cell: str, code: str | None, limit: int, *, as_json: bool) -> None:
    """List the newest dead letters of a cell, with why each could not be applied."""
    rows = asyncio.run(_rows("dead_letters", cell, code, limit))
    shown = [_shown(row) for row in rows]
    if as_json:
        click.echo(json.dumps(shown))
        return
    for row in shown:
        mark = f" (put through {row['retried_at']})" if row["retried_at"] else ""
        click.echo(
            f"{row['at']}  {row['topic']}/{row['partition']}@{row['offset']}  {row['code']}  "
            f"{row['source'] or '-'}{mark}"
        )
        click.echo(f"    {row['words']}")
    if not shown:
        click.echo(f"cell {cell} has no dead letters")


@dead_letters.command(epilog="Example: holdfast dead-letters show --cell kul-1 --partition 0 --offset 4711")
@click.option("--cell", required=True, callback=cell_name, help="The cell.")
@click.option("--topic", type=click.Choice(["telemetry", "acts"]), default="telemetry", show_default=True)
@click.option("--partition", required=True, type=click.IntRange(0, INT), help="Its partition.")
@click.option("--offset", required=True, type=click.IntRange(0, BIGINT), help="Its offset.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the bytes in base64.")
def show(cell: str, topic: str, partition: int, offset: int, *, as_json: bool) -> None:
    """Show one dead letter whole: key, headers and bytes."""
    rows = asyncio.run(_rows("dead_letter_at", cell, topic, partition, offset))
    if not rows:
        raise click.ClickException(f"there is no dead letter at {topic}.{cell} partition {partition}, offset {offset}")
    row = rows[0]
    headers = [
        [name, base64.b64decode(value).decode("utf-8", "backslashreplace")]
        for name, value in json.loads(row["headers"])
    ]
    value: bytes | None = row["value"]
    if as_json:
        whole = _shown(row) | {
            "key": None if row["key"] is None else base64.b64encode(row["key"]).decode(),
            "headers": headers,
            "value": None if value is None else base64.b64encode(value).decode(),
        }
        click.echo(json.dumps(whole))
        return
    for name, text in {**_shown(row), "key": row["key"]}.items():
        click.echo(f"{name}: {text}")
    for name, text in headers:
        click.echo(f"header {name}: {text}")
    size = 0 if value is None else len(value)
    click.echo(f"value: {size} bytes{'' if size <= _PREVIEW else f', the first {_PREVIEW}'}")
    click.echo((value or b"")[:_PREVIEW].decode("utf-8", "backslashreplace"))


@dead_letters.command(epilog="Example: holdfast dead-letters retry --cell kul-1 --code unknown_type")
@click.option("--cell", required=True, callback=cell_name, help="The cell.")
@click.option("--partition", type=click.IntRange(0, INT), help="One alone: its partition of the telemetry.")
@click.option("--offset", type=click.IntRange(0, BIGINT), help="One alone: its offset.")
@click.option("--code", default=None, help="All with this reason that were not put through yet.")
@click.option("--all", "every", is_flag=True, help="All that were not put through yet.")
@click.option("--by", default="operator", show_default=True, help="Reference to who says so; no name.")
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def retry(  # noqa: PLR0917 - options of one command
    cell: str,
    partition: int | None,
    offset: int | None,
    code: str | None,
    by: str,
    key: str,
    *,
    every: bool,
    as_json: bool,
) -> None:
    """Put dead letters through again, exactly once. What they state is known from now on and covers nothing.

    One act each. Exits with 1 where one was refused, with 3 where an outcome is not known yet.
    """
    from schemas.acts import DeadLetterRetry  # noqa: PLC0415  (commands import what they need when they run)

    one = partition is not None and offset is not None
    if [one, code is not None, every].count(True) != 1 or (partition is None) != (offset is None):
        raise click.UsageError("say which: --partition and --offset, or --code, or --all")
    if partition is not None and offset is not None:
        where = [(partition, offset)]
    else:
        rows = asyncio.run(_rows("dead_letters_open", cell, code))
        where = [(row["partition"], row["offset"]) for row in rows]
    if not where:
        click.echo("[]" if as_json else f"cell {cell} has no such dead letters that were not put through yet")
        return
    # A letter has its own key: what is sent again may find fewer of them.
    acts = [DeadLetterRetry(key=key if one else f"{key}/{p}@{o}", by=by, partition=p, offset=o) for p, o in where]
    carry(cell, acts, [f"{p}@{o}" for p, o in where], key, as_json=as_json)


def _shown(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the table
    from schemas.envelope import rfc3339  # noqa: PLC0415

    names = ("topic", "partition", "epoch", "offset", "code", "words", "source")
    retried = row["retried_at"]
    return {
        "at": rfc3339(row["at"]), **{name: row[name] for name in names},
        "retried_at": None if retried is None else rfc3339(retried), "bytes": row["bytes"],
    }  # fmt: skip


async def _rows(statement: str, cell: str, *values: object) -> list[Any]:
    from deploy.acting import owner  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from service.store import intake, keys  # noqa: PLC0415

    async with owner(load()) as connection:
        if await keys.viewer_of_cell(connection, cell) is None:
            raise click.ClickException(f"there is no cell {cell!r}: `holdfast sites list` names them")
        return list(await intake.letters(connection, statement, cell, *values))
