"""`holdfast ask`: put a claim, get its answer with the evidence."""

import asyncio
import json
import uuid

import click
from pydantic import ValidationError

from deploy.cli.answer_text import against, screen
from deploy.cli.asking import api_options, send
from deploy.cli.simulate import cell_name
from schemas.answers import ClaimAsked
from schemas.words import IdentityGrade, PlaceGrade, Predicate

_AGAINST = 3


@click.command(
    epilog="Example: holdfast ask stayed --cell kul-1 --in KUL-1 --from 2025-06-01T00Z --until 2025-07-01T00Z"
)
@click.argument("predicate", type=click.Choice([each.value for each in Predicate]))
@click.option("--cell", required=True, callback=cell_name, help="The cell that is asked.")
@click.option("--asset", help="About one asset, by its id.")
@click.option("--identifier", help="About one asset, as scheme:value or scheme:value@scope.")
@click.option("--in", "within", help="About all assets that stood in this place (a site, a rack position) at --from.")
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
    cell: str,
    asset: str | None,
    identifier: str | None,
    within: str | None,
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
    direct: bool,
    as_json: bool,
) -> None:
    """Ask whether a claim holds: located_at, not_in, stayed, contains, accounted_for or not_on_record.

    Exits with 0 where nothing speaks against it (confirmed, consistent), 3 where anything does or nothing is known.
    """
    claim = {
        "cell": cell,
        "predicate": predicate,
        "subject": _subject(asset, identifier, within),
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
        asked = ClaimAsked.model_validate(stated)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        words = str(first["msg"]).removeprefix("Value error, ")
        raise click.UsageError(f"{'.'.join(str(part) for part in first['loc'])}: {words}") from exc
    body = _directly(asked) if direct else _over_http(stated, url, key)
    answer = json.loads(body)
    click.echo(body.decode() if as_json else screen(answer))
    if against(answer):
        raise SystemExit(_AGAINST)


def _subject(asset: str | None, identifier: str | None, within: str | None) -> dict[str, object]:
    if [asset, identifier, within].count(None) != 2:  # noqa: PLR2004 - all but one
        raise click.UsageError("say what it is about: one of --asset, --identifier, --in")
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


def _directly(asked: ClaimAsked) -> bytes:
    from deploy.acting import ask as answer  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.settings import load  # noqa: PLC0415

    return asyncio.run(answer(load(), asked)).body


def _over_http(stated: dict[str, object], url: str | None, key: str | None) -> bytes:
    whole = ("claim", "cell", "simulated", "events")
    return send("POST", "/v1/attestations", url, key, whole, json=stated).content
