"""What commands that write acts share: the key that lets one be sent again, and what is printed of them."""

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from schemas.errors import Transient

if TYPE_CHECKING:
    from schemas.acts import CellAct
    from service.api.writing import Done

_ROUND = 100
_F = TypeVar("_F", bound=Callable[..., object])


def key_option(command: _F) -> _F:
    """Add --key to a command that writes acts."""
    words = "Idempotency key: sent again with the same key, it is applied once.  [default: a new one]"
    return click.option("--key", default=None, callback=_new, help=words)(command)


def _new(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    return value or uuid.uuid4().hex


def key_of(base: str, number: int, count: int) -> str:
    """Give the key of one of several acts that are sent together: told the same, it is the same again. Pure."""
    return base if count == 1 else f"{base}/{number}"


def carry(cell: str, acts: Sequence["CellAct"], names: Sequence[str], base: str, *, as_json: bool) -> None:
    """Write acts, wait for what becomes of them, and print it.

    Exits with 1 where one was refused, 3 where an outcome is not known yet. Raises `CellNotFound`, and `Transient` with
    the key under which to send them again.
    """
    from deploy.acting import carry_out  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    settings = load()
    done: list[Done] = []
    try:
        for first in range(0, len(acts), _ROUND):
            done += asyncio.run(carry_out(settings, cell, acts[first : first + _ROUND]))
            if len(acts) > _ROUND:
                click.echo(f"{len(done)} of {len(acts)}", err=True)
    except Transient as exc:
        raise Transient(f"{exc} (the same command with --key {base} applies it once)") from exc
    show(done, [(name, act.key) for name, act in zip(names, acts, strict=True)], base, as_json=as_json)


def show(done: Sequence["Done"], named: Sequence[tuple[str, str]], base: str, *, as_json: bool) -> None:
    """Print what became of acts, each with its name and key. Exits as `carry` does."""
    rows = [
        {"name": name, "key": key, "offset": one.sent.offset, "outcome": one.outcome, "words": one.words}
        for (name, key), one in zip(named, done, strict=True)
    ]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        for row in rows:
            outcome = row["outcome"] or "written; no consumer has applied it yet"
            click.echo(f"{row['name']}: {outcome}{': ' + str(row['words']) if row['words'] else ''}")
        if any(one.outcome is None for one in done):
            click.echo(f"the same command with --key {base} sends it again and applies it once", err=True)
    if any(one.outcome == "refused" for one in done):
        raise SystemExit(1)
    if any(one.outcome is None for one in done):
        raise SystemExit(3)
