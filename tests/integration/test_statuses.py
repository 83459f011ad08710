"""What people say of the status of things, on the real pipeline: kept as it was said, whether reported yet or not."""

from datetime import UTC, datetime

import asyncpg

from schemas.acting import IdentifierAsked, Thing
from schemas.inventory import Identifier
from schemas.statuses import StatusPut, StatusWithdraw, TransferAccept, TransferRelease
from schemas.words import Kind, Scheme, Status
from tests.integration.test_alarms import plain
from tests.integration.test_derived import GPU, pool
from tests.reference.test_rules import P1, say, site
from tests.support.records import MINUTE, SECOND, START, Stream, item, serial

__all__ = ["pool"]

PEOPLE = "person-1"
OTHER = serial("GPU-SN-0002", "nv/h200")


def gpu(value: str = GPU.value, scope: str | None = GPU.scope) -> Thing:
    """Name a GPU by its serial."""
    return Thing(kind=Kind.GPU, identifier=IdentifierAsked(scheme=Scheme.SERIAL, scope=scope, value=value))


def put(stream: Stream, at: int, *things: Thing, **said: object) -> str:
    """Say a status of things; gives the act's key."""
    given = {"key": stream.key(), "by": PEOPLE, "things": things, "status": Status.SPARE, **said}
    act = StatusPut.model_validate(given)
    stream.act(at, act)
    return act.key


def moment(at: int) -> datetime:
    """Give a time as acts state it."""
    return datetime.fromtimestamp(at / 1000, UTC)


async def statuses(pool: asyncpg.Pool, cell: str) -> list[asyncpg.Record]:
    """Read what was said, as it is kept."""
    async with pool.acquire() as connection:
        return await connection.fetch('SELECT * FROM status WHERE cell = $1 ORDER BY "offset", n', cell)


async def outcomes(pool: asyncpg.Pool, cell: str) -> list[tuple[str, str | None]]:
    """Read what became of the acts about statuses."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT outcome, words FROM act WHERE cell = $1 AND (act LIKE 'status.%' OR act LIKE 'transfer.%') "
            'ORDER BY "offset"',
            cell,
        )
    return [(row["outcome"], row["words"]) for row in rows]


async def bearers(pool: asyncpg.Pool, cell: str, value: str) -> set[str]:
    """Read which assets bear a value."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT coalesce(n.asset, p.asset) AS asset FROM part_value v JOIN part p ON p.cell = v.cell AND "
            "p.part = v.part LEFT JOIN asset_name n ON n.cell = p.cell AND n.name = p.asset AND n.known_until IS NULL "
            "WHERE v.cell = $1 AND v.value = $2",
            cell,
            value,
        )
    return {str(row["asset"]) for row in rows}


async def test_a_status_stands_at_the_thing_that_bears_the_identifier(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    say(stream, START, "agent", [item("gpu/0", Kind.GPU, GPU)])
    key = put(
        stream, START + SECOND, gpu(), status=Status.IN_REPAIR, party="Maintainer", ticket="RMA-1", document="D-1",
        place=P1, from_at=moment(START - MINUTE), until_at=moment(START + MINUTE),
    )  # fmt: skip
    cell, _ = await plain(pool, stream, START + MINUTE)
    (row,) = await statuses(pool, cell)
    assert {str(row["asset"])} == await bearers(pool, cell, GPU.value)
    assert (row["key"], row["status"], row["party"], row["ticket"]) == (key, "in_repair", "Maintainer", "RMA-1")
    assert (row["document"], row["place"], row["by"]) == ("D-1", P1, PEOPLE)
    assert (row["from_at"], row["until_at"], row["known_from"]) == (START - MINUTE, START + MINUTE, START + SECOND)
    assert await outcomes(pool, cell) == [("applied", None)]
    async with pool.acquire() as connection:
        kinds = await connection.fetch("SELECT kind FROM event WHERE cell = $1 AND subject = $2", cell, row["asset"])
    assert "status" in {each["kind"] for each in kinds}


async def test_rule_14_a_thing_that_nobody_reported_becomes_an_asset_which_reports_find(pool: asyncpg.Pool) -> None:
    """Named with its maker and part, and named by the bare serial: both are found by the first report."""
    stream = Stream()
    put(stream, START, gpu(), gpu(OTHER.value, None))
    put(stream, START + 1, gpu(), gpu(OTHER.value, None))
    say(stream, START + SECOND, "agent", [item("gpu/0", Kind.GPU, GPU), item("gpu/1", Kind.GPU, OTHER)])
    put(stream, START + MINUTE, gpu(), gpu(OTHER.value, None))
    cell, _ = await plain(pool, stream, START + 2 * MINUTE)
    rows = await statuses(pool, cell)
    assert len(rows) == 6
    for value, mine in ((GPU.value, rows[0::2]), (OTHER.value, rows[1::2])):
        assert len(await bearers(pool, cell, value)) == 1
        assert len({row["asset"] for row in mine[:2]}) == 1
    assert await outcomes(pool, cell) == [("applied", None)] * 3


async def test_what_names_nothing_or_many_is_left_out_and_the_rest_is_applied(pool: asyncpg.Pool) -> None:
    """A placeholder, an unknown id, a serial that two makers gave; and no status at all where nothing is left."""
    stream = Stream()
    twice = [item("a", Kind.GPU, serial("SN-TWICE", "nv/h200")), item("b", Kind.GPU, serial("SN-TWICE", "amd/mi300"))]
    say(stream, START, "agent", [item("gpu/0", Kind.GPU, GPU), *twice])
    nobody = Thing(asset="00000000-0000-4000-8000-000000000000")
    put(stream, START + SECOND, gpu("N/A"), gpu(), nobody, gpu("SN-TWICE", None), gpu(GPU.value, None))
    put(stream, START + SECOND, nobody)
    put(stream, START + SECOND, gpu("SN-TWICE", "AMD/mi300"))
    cell, _ = await plain(pool, stream, START + MINUTE)
    assert len(await statuses(pool, cell)) == 2
    first, second, third = await outcomes(pool, cell)
    assert first[0] == "applied"
    assert first[1] is not None
    assert first[1].startswith("3 left out: serial N/A is no value that can name a gpu; there is no asset 0000")
    assert first[1].endswith("2 assets bear serial SN-TWICE: give its scope, or name the asset instead")
    assert second == ("refused", f"1 left out: there is no asset {nobody.asset}")
    assert third == ("applied", None)


async def test_rule_16_a_value_that_stands_on_several_things_names_none_of_them(pool: asyncpg.Pool) -> None:
    stream = Stream()
    twins = [item("gpu/0", Kind.GPU, GPU), item("gpu/1", Kind.GPU, GPU)]
    say(stream, START, "agent", twins)
    put(stream, START + SECOND, gpu())
    cell, _ = await plain(pool, stream, START + MINUTE)
    assert await statuses(pool, cell) == []
    ((outcome, words),) = await outcomes(pool, cell)
    assert (outcome, words) == (
        "refused",
        f"1 left out: serial {GPU.value} is known to stand on several things: name the asset instead",
    )


async def test_a_status_and_an_acceptance_are_withdrawn_by_their_keys_and_stay_in_what_was_known(
    pool: asyncpg.Pool,
) -> None:
    stream = Stream()
    key = put(stream, START, gpu())
    for at in (START + SECOND, START + 2 * SECOND):
        stream.act(at, StatusWithdraw(key=stream.key(), by=PEOPLE, withdraws=key))
    cell, _ = await plain(pool, stream, START + MINUTE)
    (row,) = await statuses(pool, cell)
    assert (row["known_from"], row["known_until"]) == (START, START + SECOND)
    assert await outcomes(pool, cell) == [
        ("applied", None),
        ("applied", None),
        ("refused", f"no status, release or acceptance with key {key!r} stands"),
    ]


async def test_what_was_released_is_accepted_in_parts_once_each_and_what_was_not_is_refused(pool: asyncpg.Pool) -> None:
    stream = Stream()
    say(stream, START, "agent", [item("gpu/9", Kind.GPU, Identifier(Scheme.SERIAL, "nv/h200", "SN-9"))])
    release = TransferRelease(
        key="r-1", by=PEOPLE, things=(gpu(), gpu(OTHER.value)), party="Lessee Ltd", document="DN-7"
    )
    stream.act(START + SECOND, release)
    for n, things in enumerate([(gpu(), gpu("SN-9")), (), ()]):
        accept = TransferAccept(
            key=f"a-{n}", by="lessee", releases="r-1", things=things, from_at=moment(START + n * MINUTE)
        )
        stream.act(START + (2 + n) * SECOND, accept)
    stream.act(START + 9 * SECOND, TransferAccept(key="a-9", by="lessee", releases="r-2"))
    cell, _ = await plain(pool, stream, START + MINUTE)
    rows = await statuses(pool, cell)
    assert [(row["status"], row["party"], row["document"]) for row in rows] == [("released", "Lessee Ltd", "DN-7")] * 2
    async with pool.acquire() as connection:
        accepted = await connection.fetch("SELECT asset, key, at FROM acceptance WHERE cell = $1 ORDER BY key", cell)
    assert [(row["asset"], row["key"], row["at"]) for row in accepted] == [
        (rows[0]["asset"], "a-0", START),
        (rows[1]["asset"], "a-1", START + MINUTE),
    ]
    became = [outcome for outcome, _ in await outcomes(pool, cell)]
    assert became == ["applied", "applied", "applied", "refused", "refused"]


async def test_a_status_that_ends_before_it_begins_or_is_kept_nowhere_is_refused(pool: asyncpg.Pool) -> None:
    stream = Stream()
    put(stream, START, gpu(), until_at=moment(START))
    put(stream, START, gpu(), place="KUL-9")
    cell, _ = await plain(pool, stream, START + MINUTE)
    assert await outcomes(pool, cell) == [
        ("refused", "it would end before this act was received: say since when it holds, too"),
        ("refused", "there is no place 'KUL-9': put it first"),
    ]
