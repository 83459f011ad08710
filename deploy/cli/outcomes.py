"""What commands print of acts."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from service.api.writing import Done


def show(done: Sequence["Done"], names: Sequence[str], *, as_json: bool) -> None:
    """Print what became of acts. Exits with 1 where one was refused, 3 where an outcome is not known yet."""
    rows = [
        {"name": name, "offset": one.sent.offset, "outcome": one.outcome, "words": one.words}
        for name, one in zip(names, done, strict=True)
    ]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        for row in rows:
            outcome = row["outcome"] or "written; no consumer has applied it yet"
            click.echo(f"{row['name']}: {outcome}{': ' + str(row['words']) if row['words'] else ''}")
    if any(one.outcome == "refused" for one in done):
        raise SystemExit(1)
    if any(one.outcome is None for one in done):
        raise SystemExit(3)
