"""`holdfast export` and `holdfast import`: whole listings to files, and many acts from one."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
import httpx

from deploy.cli.asking import AskedWrongly, NotAnswered, api_options, refused
from deploy.cli.outcomes import key_option
from deploy.cli.simulate import cell_name

# As service.api.encoding has them; a command need not load what writes Parquet.
FORMATS = {"jsonl": "application/x-ndjson", "csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_PATIENCE_S = 120
_TELL_S = 2.0
_MOMENTS = ("as_of", "known_at")


@click.command(epilog="Example: holdfast export identifiers --cell kul-1 --format parquet --to identifiers.parquet")
@click.argument("listing")
@click.option("--cell", required=True, callback=cell_name, help="The cell whose book it is.")
@click.option(
    "--format", "form", type=click.Choice([*FORMATS]), default="jsonl", show_default=True, help="Rows as what."
)
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE", help="As the route takes it: kind=gpu.")
@click.option("--as-of", help="As it was in the world at this moment (RFC 3339 with a zone).")
@click.option("--known-at", help="As known at this moment.")
@api_options
@click.option("--json", "as_json", is_flag=True, help="Print what was written where, as JSON (needs --to).")
def export(  # noqa: PLR0913, PLR0917 - options of one command
    listing: str, cell: str, form: str, to: Path | None, filters: tuple[str, ...], as_of: str | None,
    known_at: str | None, url: str | None, key: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Write a whole listing as rows: assets, identifiers, places, whereabouts, runs, gaps, disputes, events, acts,
    sources, statuses, work, findings, dead-letters, grants, accesses, holds, retention/classes.

    A file is there once it is whole, and not before. What is cut exits with 1.
    """  # noqa: D205 - a list
    if as_json and to is None:
        raise click.UsageError("--json says where the rows went: give --to")
    if form == "parquet" and to is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a screen: give --to")
    asked = {"cell": cell, **dict(_pair(each) for each in filters)}
    asked |= {name: value for name, value in zip(_MOMENTS, (as_of, known_at), strict=True) if value is not None}
    headers = {"Accept": FORMATS[form]}
    with _stream("GET", f"/v1/{listing.strip('/')}", url, key, params=asked, headers=headers) as response:
        if not response.headers.get("content-type", "").startswith(FORMATS[form]):
            raise AskedWrongly(f"{listing!r} is no listing: `holdfast export --help` names them")
        size = _written(response, to)
    if as_json:
        click.echo(json.dumps({"listing": listing, "cell": cell, "format": form, "file": str(to), "bytes": size}))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{text!r}: write NAME=VALUE", param_hint="--filter")
    return name, value


def _written(response: httpx.Response, to: Path | None) -> int:
    """Write what comes, and say how much it is meanwhile. Raises `NotAnswered` where it is cut."""
    part = None if to is None else to.with_name(f"{to.name}.part")
    size, told = 0, time.monotonic()
    out: BinaryIO = sys.stdout.buffer if part is None else part.open("wb")
    try:
        for piece in response.iter_bytes():
            out.write(piece)
            size += len(piece)
            if time.monotonic() - told > _TELL_S:
                told = time.monotonic()
                click.echo(f"{size / 1e6:.1f} MB", err=True)
    except httpx.TransportError as exc:
        if part is not None:
            part.unlink()
        raise NotAnswered(f"the rows were cut after {size} bytes ({exc}): ask again") from exc
    finally:
        out.flush() if part is None else out.close()
    if part is not None and to is not None:
        part.replace(to)
    return size


@click.command("import", epilog="Example: holdfast import places.csv --cell kul-1 --act place.put --by person:7")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cell", required=True, help="The cell that the acts are for; `common` for operators and cells.")
@click.option("--format", "form", type=click.Choice([*FORMATS]), help="Rows as what; else as the file's name ends.")
@click.option("--act", help="What every line is, that does not say `act` itself.")
@click.option("--by", help="Reference to who says so, where a line has no `by`; no name.")
@key_option
@click.option("--api-key", envvar="HOLDFAST_KEY", help="The API key; else HOLDFAST_KEY.")
@click.option("--url", envvar="HOLDFAST_URL", help="Where the API is; else HOLDFAST_URL.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each act.")
def import_(  # noqa: PLR0913, PLR0917 - options of one command
    file: Path, cell: str, form: str | None, act: str | None, by: str | None, key: str, api_key: str | None,
    url: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Write the acts of a file: JSON Lines, CSV with a heading, or Parquet; columns are the members of acts.

    Where any line is wrong nothing is written. Exits with 1 where one was refused, 3 where an outcome is not known yet:
    the same command with the same --key applies each once.
    """
    form = form or file.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise click.UsageError(f"say with --format what {file.name} is: {', '.join(FORMATS)}")
    asked = {name: value for name, value in (("cell", cell), ("act", act), ("by", by)) if value is not None}
    headers = {"Content-Type": FORMATS[form], "Idempotency-Key": key}
    counts: Counter[str] = Counter()
    try:
        with _stream("POST", "/v1/acts/bulk", url, api_key, params=asked, headers=headers,
                     content=file.read_bytes()) as response:  # fmt: skip
            for said in _lines(response):
                counts[said["outcome"] or "unknown"] += 1
                _tell(said, as_json=as_json)
                if counts.total() % 500 == 0:
                    click.echo(f"{counts.total()} so far", err=True)
    except httpx.TransportError as exc:
        raise NotAnswered(
            f"the answer was cut after {counts.total()} acts ({exc}): the same command with --key {key} goes on"
        ) from exc
    summary = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    click.echo(summary, err=as_json)
    if counts["unknown"]:
        click.echo(f"the same command with --key {key} sends them again and applies each once", err=True)
    if counts["refused"]:
        raise SystemExit(1)
    if counts["unknown"]:
        raise SystemExit(3)


def _lines(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        yield json.loads(line)


def _tell(said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(said))
    elif said["outcome"] not in {"applied", "repeated"}:
        became = said["outcome"] or "not known"
        click.echo(f"line {said['line']}, {said['act']} {said['key']}: {became}: {said['words'] or 'no consumer yet'}")


@contextmanager
def _stream(method: str, path: str, url: str | None, key: str | None, **more: Any) -> Iterator[httpx.Response]:  # noqa: ANN401
    """Ask the API for a stream. Raises `NotAnswered`, `AskedWrongly`."""
    if not url or not key or not key.isascii():
        raise click.UsageError("say where the API is and with what key: HOLDFAST_URL and HOLDFAST_KEY, or the options")
    headers = {"Authorization": f"Bearer {key}", **more.pop("headers")}
    try:
        with httpx.stream(method, f"{url.rstrip('/')}{path}", headers=headers, timeout=_PATIENCE_S, **more) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                raise refused(response)
            yield response
    except (httpx.ConnectError, httpx.InvalidURL) as exc:
        raise NotAnswered(f"the API at {url} does not answer ({exc}): does `holdfast serve` run?") from exc
