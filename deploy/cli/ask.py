"""`holdfast ask`: put a claim, get its answer with the evidence."""

import asyncio
import json
import uuid
from pathlib import Path

import click
from pydantic import ValidationError

from deploy.cli.answer_text import against, screen
from deploy.cli.asking import api_options
from deploy.cli.following import put
from deploy.cli.simulate import cell_name
from deploy.cli.things import TableWrong, text_of
from schemas.answers import ClaimAsked
from schemas.errors import Rejected
from schemas.jobs import JobAsked
from schemas.list_table import Things
from schemas.list_table import things as read_things
from schemas.words import IdentityGrade, Kind, PlaceGrade, Predicate

_AGAINST = 3
_TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog="Example: holdfast ask stayed --cell kul-1 --in KUL-1 --from 2025-06-01T00Z --until 2025-07-01T00Z"
)
@click.argument("predicate", type=click.Choice([each.value for each in Predicate]))
@click.option("--cell", callback=cell_name, help="The cell that is asked.")
@click.option("--asset", help="About one asset, by its id.")
@click.option("--identifier", help="About one asset, as scheme:value or scheme:value@scope.")
@click.option("--in", "within", help="About all assets that stood in this place (a site, a rack position) at --from.")
@click.option("--list", "table", type=_TABLE, help="About the things of a CSV: asset, or scheme, value and scope.")
@click.option("--everything", is_flag=True, help="About all of the cell; without --cell, of all your cells.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([each.value for each in Kind]),
    help="Of a set: only these kinds.",
)
@click.option("--from", "from_at", required=True, help="From this moment (RFC 3339 with a zone).")
@click.option("--until", "until_at", required=True, help="Until this moment.")
@click.option("--place", help="located_at, not_in, accounted_for: this place. stayed: never left it.")
@click.option("--country", help="located_at, not_in: this country (two capital letters).")
@click.option("--expect", "expected", multiple=True, help="contains: kind=count; may be given several times.")
@click.option("--identity", type=click.Choice([each.value for each in IdentityGrade]), help="Grade of identity.")
@click.option("--grade", type=click.Choice([each.value for each in PlaceGrade]), help="Grade of place.")
@click.option("--max-silence", multiple=True, help="kind=seconds; capped by policy; may be given several times.")
@click.option("--known-at", help="As known at this moment; default the horizon.")
@api_options
@click.option("--direct", is_flag=True, help="Ask the settings' database instead of an API.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer's own bytes.")
def ask(  # noqa: PLR0913, PLR0917 - options of one command
    predicate: str,
    cell: str | None,
    asset: str | None,
    identifier: str | None,
    within: str | None,
    table: Path | None,
    kinds: tuple[str, ...],
    from_at: str,
    until_at: str,
    place: str | None,
    country: str | None,
    expected: tuple[str, ...],
    identity: str | None,
    grade: str | None,
    max_silence: tuple[str, ...],
    known_at: str | None,
    url: str | None,
    key: str | None,
    *,
    everything: bool,
    direct: bool,
    as_json: bool,
) -> None:
    """Ask whether a claim holds: located_at, not_in, stayed, contains, accounted_for or not_on_record.

    A large set is judged as a job; how far it is comes on stderr. Exits with 0 where nothing speaks against it
    (confirmed, consistent), 3 where anything does or nothing is known.
    """
    things = None if table is None else _things(table)
    subject = _subject(asset, identifier, within, listed=things is not None, everything=everything)
    if cell is None and (direct or not everything):
        raise click.UsageError(
            "say which cell is asked: --cell; only --everything is asked of all your cells, by an API"
        )
    claim = {
        "cell": cell,
        "predicate": predicate,
        "subject": {**subject, "kinds": list(kinds)} if kinds else subject,
        "from": from_at,
        "until": until_at,
        "place": place,
        "country": country,
        "expected": {"counts": _numbers(expected, "--expect")} if expected else None,
        "grades": {name: word for name, word in (("identity", identity), ("place", grade)) if word},
        "max_silence_s": _numbers(max_silence, "--max-silence"),
        "known_at": known_at,
    }
    stated: dict[str, object] = {name: value for name, value in claim.items() if value is not None}
    try:
        asked = JobAsked.model_validate(stated)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        words = str(first["msg"]).removeprefix("Value error, ")
        raise click.UsageError(f"{'.'.join(str(part) for part in first['loc'])}: {words}") from exc
    if direct:
        body = _directly(ClaimAsked.model_validate(stated), things)
    else:
        body = put(stated, asked, None if table is None else table.read_bytes(), url, key)
    answer = json.loads(body)
    click.echo(body.decode() if as_json else screen(answer))
    if against(answer):
        raise SystemExit(_AGAINST)


def _things(table: Path) -> Things:
    try:
        return read_things(text_of(table))
    except Rejected as exc:
        raise TableWrong(f"{table}: {exc.words}") from exc


def _subject(
    asset: str | None, identifier: str | None, within: str | None, *, listed: bool, everything: bool
) -> dict[str, object]:
    if [bool(each) for each in (asset, identifier, within, listed, everything)].count(True) != 1:
        raise click.UsageError("say what it is about: one of --asset, --identifier, --in, --list, --everything")
    if listed:
        return {}
    if everything:
        return {"everything": True}
    if identifier is not None:
        scheme, colon, rest = identifier.partition(":")
        value, _, scope = rest.partition("@")
        if not colon:
            raise click.UsageError("--identifier: write it as scheme:value, such as serial:SN-1@acme/x100")
        return {"identifier": {"scheme": scheme, "value": value, **({"scope": scope} if scope else {})}}
    return {"asset": str(_uuid(asset))} if asset is not None else {"place": within}


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as exc:
        raise click.UsageError(f"--asset: {text!r} is no asset's id") from exc


def _numbers(given: tuple[str, ...], option: str) -> dict[str, int]:
    found = {}
    for each in given:
        kind, _, number = each.partition("=")
        if not number.isdigit():
            raise click.UsageError(f"{option}: write it as kind=number, such as gpu=8")
        found[kind] = int(number)
    return found


def _directly(asked: ClaimAsked, things: Things | None) -> bytes:
    from deploy.acting import ask as answer  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    return asyncio.run(answer(load(), asked, things)).body
