"""`holdfast ingest`: captures from files, sent as what a person brought."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deploy.cli.simulate import cell_name
from schemas.errors import Rejected
from schemas.inventory import check_name

if TYPE_CHECKING:
    from deploy.ingest import Capture, Found, Ingested

SOME_NOT_READ = 3
_LISTED = 20


def _source(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else check_name("source", f"ingest/{value.removeprefix('ingest/')}")
    except Rejected as exc:
        raise click.BadParameter(exc.words) from exc


@click.command(epilog="Example: holdfast ingest ~/captures --cell lab --json")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--cell", default="captures", show_default=True, callback=cell_name, help="Cell; made where there is none."
)
@click.option("--operator", default="local", show_default=True, help="Whose the cell is, where it is made.")
@click.option(
    "--format", "format_", default=None, help="Format of them all: report, nvidia-smi, …  [default: told apart]"
)
@click.option("--source", callback=_source, default=None, help="Name of their source.  [default: each by its path]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ingest(
    paths: tuple[Path, ...], cell: str, operator: str, format_: str | None, source: str | None, *, as_json: bool
) -> int:
    """Send captures (files, or folders of them) to a cell. The files of one crawled Redfish tree go as one report.

    They count as brought by a person, now; when they were taken is a claim. What could not be read is listed. Exits
    with 0 where all was read, with 3 where some was not, with 1 where nothing was sent.
    """
    from deploy.ingest import find, named_format  # noqa: PLC0415  (commands import what they need when they run)

    try:
        known = named_format(format_) if format_ is not None else None
    except Rejected as exc:
        raise click.BadParameter(exc.words, param_hint="--format") from exc
    found = find(paths, known, source)
    done = asyncio.run(_send(cell, operator, found)) if found.captures else []
    if as_json:
        click.echo(json.dumps(document(cell, done, found), ensure_ascii=False, indent=2))
    else:
        _say(cell, done, found)
    if not done:
        return 1
    return SOME_NOT_READ if found.not_read else 0


def document(cell: str, done: "list[Ingested]", found: "Found") -> dict[str, object]:
    """Give the JSON answer: what was sent and where it stands, what was not read and why."""
    return {
        "cell": cell,
        "sent": [
            {
                "path": str(each.capture.path),
                "files": each.capture.files,
                "source": each.capture.name,
                "format": each.capture.format.type,
                "items": each.capture.items,
                "topic": each.sent.topic,
                "partition": each.sent.partition,
                "offset": each.sent.offset,
                "append_time_ms": each.sent.timestamp,
            }
            for each in done
        ],
        "not_read": [{"path": str(each.path), "code": each.code, "words": each.words} for each in found.not_read],
    }


def _say(cell: str, done: "list[Ingested]", found: "Found") -> None:
    for each in found.not_read[:_LISTED]:
        click.echo(f"not read: {each.path}: {each.words}", err=True)
    if (more := len(found.not_read) - _LISTED) > 0:
        click.echo(f"not read: {more} more files (--json lists them all)", err=True)
    items = sum(each.capture.items for each in done)
    files = sum(each.capture.files for each in done)
    click.echo(f"sent {len(done)} captures of {files} files with {items} components to cell {cell}")


async def _send(cell: str, operator: str, found: "Found") -> "list[Ingested]":
    from deploy import kafka_client  # noqa: PLC0415
    from deploy.explain import kafka_options  # noqa: PLC0415
    from deploy.ingest import send  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from loadtests.topics import Broker, found_cell  # noqa: PLC0415

    settings = load()
    broker = Broker(kafka_client.bootstrap(settings), kafka_options(settings))
    await found_cell(broker, cell, operator=operator, operator_name=operator)
    total = len(found.captures)

    def tell(number: int, capture: "Capture") -> None:
        click.echo(f"{number}/{total}  {capture.format.title}: {capture.path}", err=True)

    async with kafka_client.producer(settings) as client:
        return await send(client, cell, found.captures, tell)
