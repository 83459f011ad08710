"""`holdfast report-this-machine`: the Linux machine that it runs on, as a report."""

import asyncio
import json
import platform
from typing import TYPE_CHECKING

import click

from deploy.cli.simulate import cell_name
from schemas.errors import Rejected
from schemas.inventory import check_name

if TYPE_CHECKING:
    from deploy.kafka_client import Sent
    from deploy.this_machine import Reading


def _source(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    try:
        return check_name("source", value or f"host/{platform.node() or 'localhost'}")
    except Rejected as exc:
        raise click.BadParameter(exc.words) from exc


@click.command("report-this-machine", epilog="Example: holdfast report-this-machine --cell lab --json")
@click.option("--cell", callback=cell_name, help="The cell that it is sent to.")
@click.option("--source", callback=_source, help="Name of the reporting source.  [default: host/<name of the machine>]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--print", "only_print", is_flag=True, help="Print the report instead of sending it.")
def report_this_machine(cell: str | None, source: str, *, as_json: bool, only_print: bool) -> None:
    """Read this machine (chassis, processors, drives, network cards, GPUs) and send it as a report.

    What may not be read is left out, and said: as root there is more. Exits with 1 where it could not be sent.
    """
    from deploy.this_machine import read_machine, report_body  # noqa: PLC0415  (commands import what they need)

    if cell is None and not only_print:
        raise click.UsageError("name the cell that it is sent to (--cell), or see the report alone (--print)")
    reading = read_machine()
    body = report_body(reading)
    sent = None if cell is None or only_print else asyncio.run(_send(cell, source, body))
    if as_json:
        click.echo(json.dumps(_answer(reading, source, body, cell, sent), indent=2, ensure_ascii=False))
        return
    if only_print:
        click.echo(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    else:
        click.echo(_summary(reading))
    for words in reading.left_out:
        click.echo(f"left out: {words}", err=True)
    if sent is not None:
        click.echo(f"sent as {source} to {sent.topic}, partition {sent.partition}, offset {sent.offset}")


def _summary(reading: "Reading") -> str:
    counts: dict[str, int] = {}
    for item in reading.inventory.items:
        counts[item.kind.value] = counts.get(item.kind.value, 0) + 1
    return "this machine: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))


def _answer(reading: "Reading", source: str, body: bytes, cell: str | None, sent: "Sent | None") -> dict[str, object]:
    return {
        "source": source,
        "cell": cell,
        "report": json.loads(body),
        "left_out": list(reading.left_out),
        "sent": None
        if sent is None
        else {
            "topic": sent.topic,
            "partition": sent.partition,
            "offset": sent.offset,
            "append_time_ms": sent.timestamp,
        },
    }


async def _send(cell: str, source: str, body: bytes) -> "Sent":
    from deploy.kafka_client import producer, send_report  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415
    from schemas.formats.holdfast_report import TYPE  # noqa: PLC0415

    async with producer(load()) as client:
        return await send_report(client, cell, source, body, ce_type=TYPE)
