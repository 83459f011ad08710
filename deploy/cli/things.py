"""What commands share that write acts about things: how things are named, how tables are read, what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from pydantic import ValidationError

from schemas.acting import Act, Thing
from schemas.words import Kind

A = TypeVar("A", bound=Act)
_F = TypeVar("_F", bound=Callable[..., object])


class TableWrong(click.ClickException):
    """The table cannot be taken; the text says which line, and what to do."""

    exit_code = 2


def things_options(command: _F) -> _F:
    """Add --asset and --thing to a command."""
    borne = click.option(
        "--thing",
        "borne",
        multiple=True,
        metavar="KIND:SCHEME:VALUE[@SCOPE]",
        help="A thing, by an identifier; the same.",
    )
    words = "A thing, by its asset's id; may be given several times."
    return click.option("--asset", "assets", multiple=True, help=words)(borne(command))


def things(assets: tuple[str, ...], borne: tuple[str, ...]) -> list[Thing]:
    """Read the things that options name."""
    return [_thing({"asset": asset}) for asset in assets] + [_borne_by(each) for each in borne]


def text_of(table: Path) -> str:
    """Read a table. Raises `TableWrong` where it is no text."""
    try:
        return table.read_text("utf-8")
    except UnicodeError as exc:
        raise TableWrong(f"{table} is not UTF-8 ({exc}): save it so") from exc


def _borne_by(text: str) -> Thing:
    kind, _, rest = text.partition(":")
    scheme, colon, named = rest.partition(":")
    value, _, scope = named.partition("@")
    if not colon or kind not in set(Kind):
        raise click.UsageError(f"--thing {text!r}: write it as kind:scheme:value, such as gpu:serial:SN-1@acme/x100")
    return _thing({"kind": kind, "identifier": {"scheme": scheme, "value": value, "scope": scope or None}})


def _thing(members: dict[str, object]) -> Thing:
    try:
        return Thing.model_validate(members)
    except ValidationError as exc:
        raise click.UsageError(_wrong(exc)) from exc


def checked(model: type[A], /, **members: object) -> A:
    """Make an act of what options say. Raises UsageError naming the member."""
    try:
        return model.model_validate({name: value for name, value in members.items() if value is not None})
    except ValidationError as exc:
        raise click.UsageError(_wrong(exc)) from exc


def _wrong(exc: ValidationError) -> str:
    first = exc.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    words = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}: {words}" if where else words
