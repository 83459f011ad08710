"""Whose the tokens of an OpenID Connect provider are: rules, made by the command alone. No function commits."""

import json
import secrets
from dataclasses import dataclass
from typing import ClassVar

import asyncpg

from schemas.errors import HoldfastError
from schemas.words import PartyKind
from service.facts.records import Millis
from service.store.keys import check_scopes
from service.store.pool import Connection
from service.store.reading import Viewer
from service.store.sqlfile import load

_SQL = load("tokens.sql")


class RuleNotFound(HoldfastError):
    """No rule has this id."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "rule-not-found"


@dataclass(frozen=True, slots=True)
class Rule:
    """Tokens for `audience` whose claims hold every (name, value) of `wanted` are this viewer's, with these scopes."""

    audience: str
    wanted: tuple[tuple[str, str], ...]
    viewer: Viewer
    scopes: frozenset[str]


async def create(connection: Connection, issuer: str, rule: Rule, *, label: str, at: Millis) -> str:
    """Trust an issuer by a rule, and give the rule's id. Raises `UnknownScope`, `NotForParties`."""
    kept = check_scopes(sorted(rule.scopes), rule.viewer.kind)
    rule_id = secrets.token_hex(6)
    said = json.dumps([list(each) for each in rule.wanted])
    whose = (rule.viewer.operator, rule.viewer.kind.value)
    await connection.fetchval(_SQL["rule_create"], issuer, rule_id, rule.audience, said, *whose, kept, label, at)
    return rule_id


async def listing(connection: Connection) -> list[asyncpg.Record]:
    """Give all rules, oldest first; with the database's own rights."""
    return await connection.fetch(_SQL["rule_list"])


async def revoke(connection: Connection, rule: str, *, at: Millis) -> Millis:
    """Trust by a rule no more, now or since earlier, and give the moment. Raises `RuleNotFound`."""
    revoked: Millis | None = await connection.fetchval(_SQL["rule_revoke"], rule, at)
    if revoked is None:
        raise RuleNotFound(f"no rule has the id {rule!r}: `holdfast issuers list` shows them")
    return revoked


async def rules(connection: Connection, issuer: str) -> list[Rule]:
    """Give the rules that stand for an issuer, by id."""
    return [
        Rule(
            row["audience"],
            tuple((str(name), str(value)) for name, value in json.loads(row["wanted"])),
            Viewer(row["operator"], tuple(row["cells"]), PartyKind(row["kind"]), tuple(row["granted"])),
            frozenset(row["scopes"]),
        )
        for row in await connection.fetch(_SQL["rules_of_issuer"], issuer)
    ]
