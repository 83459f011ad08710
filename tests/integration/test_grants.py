"""What operators grant to parties, on the real pipeline: kept as it was said, revocable, and every access an event."""

import json
from datetime import UTC, datetime

import asyncpg

from schemas.acting import Thing
from schemas.grants import NOTER, AccessNote, GrantPut, GrantRevoke
from schemas.words import Disclosed, Kind, PartyKind
from service.store import keys
from service.store.reading import Viewer
from tests.integration.test_alarms import agents, plain
from tests.integration.test_derived import CHASSIS, GPU, pool
from tests.integration.test_statuses import gpu
from tests.reference.test_rules import P1, say, site
from tests.support.records import MINUTE, SECOND, START, Stream, item

__all__ = ["pool"]

LATER = 4_102_444_800_000  # the year 2100


def grant(stream: Stream, at: int, until: int = LATER, **what: object) -> str:
    """Grant a party something; gives the key."""
    given: dict[str, object] = {
        "key": stream.key(), "by": "person-1", "party": "exporter-1", "purpose": "custody of what was shipped",
        "until_at": datetime.fromtimestamp(until / 1000, UTC), "fields": [Disclosed.STATUSES], **what,
    }  # fmt: skip
    stream.act(at, GrantPut.model_validate(given))
    return str(given["key"])


async def outcomes(pool: asyncpg.Pool, cell: str) -> list[tuple[str, str | None]]:
    """Read what became of the acts about grants, and of notes."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT outcome, words FROM act WHERE cell = $1 AND (act LIKE 'grant.%' OR act LIKE 'access.%') "
            'ORDER BY "offset"',
            cell,
        )
    return [(row["outcome"], row["words"]) for row in rows]


async def sees(pool: asyncpg.Pool, cell: str, party: str = "exporter-1") -> set[str]:
    """Give the ids of assets that a party was granted there, as the database says under the API's rights."""
    async with pool.acquire() as connection:
        viewer = await keys.opened_for(connection, Viewer(party, (), PartyKind.EXPORTER, (cell,)), cell)
    if viewer is None:
        return set()
    return {name for name, shown in json.loads(viewer.setting).items() if len(name) == 36 and shown.startswith("w")}


async def asset_of(pool: asyncpg.Pool, cell: str, kind: str) -> str:
    """Give the one asset of a kind."""
    async with pool.acquire() as connection:
        return str(await connection.fetchval("SELECT asset FROM asset WHERE cell = $1 AND kind = $2", cell, kind))


async def test_a_party_sees_what_was_granted_and_nothing_once_it_is_taken_back(pool: asyncpg.Pool) -> None:
    for revoked in (False, True):
        stream = Stream()
        site(stream)
        say(stream, START, "agent", agents())
        key = grant(stream, START + SECOND, things=(gpu(),))
        if revoked:
            stream.act(START + 2 * SECOND, GrantRevoke(key=stream.key(), by="person-2", revokes=key))
            stream.act(START + 3 * SECOND, GrantRevoke(key=stream.key(), by="person-2", revokes=key))
        cell, _ = await plain(pool, stream, START + MINUTE)
        assert await sees(pool, cell) == (set() if revoked else {await asset_of(pool, cell, Kind.GPU)})
        assert await sees(pool, cell, "exporter-2") == set()
        again = f"no grant with key {key!r} stands"
        more = [("applied", None), ("refused", again)] if revoked else []
        assert await outcomes(pool, cell) == [("applied", None), *more]


async def test_a_grant_ends_by_itself(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    say(stream, START, "agent", agents())
    grant(stream, START + SECOND, START + MINUTE, whole=True)
    cell, _ = await plain(pool, stream, START + 2 * MINUTE)
    assert await sees(pool, cell) == set()
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT granted FROM viewer_of('exporter-1', 'exporter')") == []


async def test_a_grant_of_a_place_is_of_what_stood_there_and_in_it_while_it_did(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    held = item("pci/1", Kind.GPU, GPU, within="chassis")
    say(stream, START, "agent", [item("chassis", Kind.CHASSIS, CHASSIS, place=P1), held])
    grant(stream, START + SECOND, place="kl")
    cell, _ = await plain(pool, stream, START + MINUTE)
    assert await sees(pool, cell) == {await asset_of(pool, cell, kind) for kind in (Kind.GPU, Kind.CHASSIS)}


async def test_what_is_shipped_can_be_granted_before_anybody_reported_it(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    grant(stream, START + SECOND, things=(gpu(),))
    say(stream, START + 2 * SECOND, "agent", agents())
    cell, _ = await plain(pool, stream, START + MINUTE)
    assert await sees(pool, cell) == {await asset_of(pool, cell, Kind.GPU)}


async def test_what_cannot_be_granted_says_why(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    say(stream, START, "agent", agents())
    nobody = "00000000-0000-0000-0000-000000000000"
    grant(stream, START + SECOND, START, whole=True)
    grant(stream, START + SECOND, place="nowhere")
    grant(stream, START + SECOND, things=(Thing(asset=nobody),))
    grant(stream, START + SECOND, things=(Thing(asset=nobody), gpu()))
    cell, _ = await plain(pool, stream, START + MINUTE)
    assert await outcomes(pool, cell) == [
        ("refused", "it would have ended before it was received: say until when it holds"),
        ("refused", "there is no place 'nowhere': put it first"),
        ("refused", f"1 left out: there is no asset {nobody}"),
        ("applied", f"1 left out: there is no asset {nobody}"),
    ]


async def test_grants_and_what_was_shown_by_them_are_events(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    say(stream, START, "agent", agents())
    key = grant(stream, START + SECOND, things=(gpu(),))
    note = AccessNote(
        key=stream.key(), by=NOTER, party="exporter-1", credential="key-1", asked='{"route":"GET /v1/assets"}'
    )
    stream.act(START + 2 * SECOND, note)
    stream.act(START + 3 * SECOND, GrantRevoke(key=stream.key(), by="person-2", revokes=key))
    cell, _ = await plain(pool, stream, START + MINUTE)
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT kind, bytes FROM event WHERE cell = $1 AND kind IN ('grant', 'access', 'grant_revoked') ORDER BY n",
            cell,
        )
        (shown,) = await connection.fetch("SELECT party, credential, asked FROM access WHERE cell = $1", cell)
    assert [row["kind"] for row in rows] == ["grant", "access", "grant_revoked"]
    bodies = [json.loads(row["bytes"]) for row in rows]
    assert bodies[0]["things"] == [await asset_of(pool, cell, Kind.GPU)]
    assert (bodies[0]["purpose"], bodies[0]["fields"]) == ("custody of what was shipped", ["statuses"])
    assert (bodies[1]["party"], bodies[1]["asked"]) == ("exporter-1", '{"route":"GET /v1/assets"}')
    assert (bodies[2]["revokes"], bodies[2]["by"]) == (key, "person-2")
    assert tuple(shown) == ("exporter-1", "key-1", '{"route":"GET /v1/assets"}')
