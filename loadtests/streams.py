"""How much open streams of changes cost: many real connections to one API, and one event to all of them.

`python -m loadtests.streams --url … --key … --cell … --pid … --streams 10000`; the API's process id is for its memory.
Several keys (`--key` again) where one may not hold so many. The event is whatever comes next in the cell.
"""

import asyncio
import json
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import click

_QUIET_S = 10.0  # for so long nothing happens, and processor time is counted
_SLICE = 200  # connections that are made at once
_PAGE = os.sysconf("SC_PAGE_SIZE")


@click.command()
@click.option("--url", required=True, envvar="HOLDFAST_URL", help="Where the API is.")
@click.option("--key", "keys", required=True, multiple=True, help="An API key; several share the streams.")
@click.option("--cell", required=True, help="The cell that is followed.")
@click.option("--pid", type=int, required=True, help="The API's process, for its memory and time.")
@click.option("--streams", default=10_000, show_default=True, help="How many connections.")
def main(url: str, keys: tuple[str, ...], cell: str, pid: int, streams: int) -> None:
    """Open streams, let them be quiet, wait for an event on each, and print one JSON object."""
    click.echo(json.dumps(asyncio.run(_measure(url, keys, cell, pid, streams))))


async def _measure(url: str, keys: tuple[str, ...], cell: str, pid: int, streams: int) -> dict[str, object]:
    before, began = _memory(pid), time.perf_counter()
    opened: list[asyncio.StreamReader] = []
    writers = []
    for first in range(0, streams, _SLICE):
        made = await asyncio.gather(
            *(_open(url, keys[n % len(keys)], cell) for n in range(first, min(first + _SLICE, streams)))
        )
        opened += [reader for reader, _ in made]
        writers += [writer for _, writer in made]
        click.echo(f"{len(opened)} of {streams} open", err=True)
    took, cpu, quiet = time.perf_counter() - began, _cpu(pid), time.perf_counter()
    await asyncio.sleep(_QUIET_S)
    share = (_cpu(pid) - cpu) / (time.perf_counter() - quiet)
    after = _memory(pid)
    click.echo("quiet was measured: now let something change in the cell", err=True)
    times = sorted(await asyncio.gather(*(_event(reader) for reader in opened)))
    for writer in writers:
        writer.close()
    return {
        "streams": streams,
        "opened_per_s": round(streams / took),
        "memory_per_stream_kib": round((after - before) / streams / 1024, 1),
        "memory_mib": round(after / 2**20),
        "quiet_cpu_share": round(share, 3),
        "from_first_to_last_s": round(times[-1] - times[0], 3),
    }


async def _open(url: str, key: str, cell: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    asked = f"GET /v1/changes?cell={cell} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n"
    writer.write(asked.encode())
    await writer.drain()
    answered = await reader.readuntil(b"retry: ")
    if b" 200 " not in answered.partition(b"\r\n")[0]:
        raise click.ClickException(answered.decode(errors="replace")[:300])
    return reader, writer


async def _event(reader: asyncio.StreamReader) -> float:
    await reader.readuntil(b"event: ")
    return time.perf_counter()


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
