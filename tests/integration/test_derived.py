"""What the real pipeline derives of small streams: by the rules, and as the model has it, in several books."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from schemas.inventory import Item
from schemas.words import Kind
from service.store.pool import create_pool
from tests.properties.driving import facts_after
from tests.reference.model import facts
from tests.reference.shapes import Facts, difference
from tests.reference.test_rules import say, where
from tests.support.facts import facts_of
from tests.support.records import HOUR, MINUTE, SECOND, START, Stream, item, serial

BOOKS = 8  # ids of assets follow from the cell's name, and nothing may follow from them

CHASSIS, BOARD, GPU = serial("CH-0001", "acme/c1"), serial("1650000001", "nv/699"), serial("GPU-0001", "nv/h200")
RACK, OTHER_RACK = serial("RACK-0001", "nv/r"), serial("RACK-0002", "nv/r")
TOLERANCE = 15 * MINUTE


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Give a pool over the test's own database."""
    made = await create_pool(database, min_size=1, max_size=3)
    yield made
    await made.close()


async def derived(pool: asyncpg.Pool, stream: Stream, until: int, books: int = 1) -> Facts:
    """Let time go on to a moment; gives the facts, which every book and the model have."""
    stream.beats(until)
    expected = facts(stream.records(), stream.partitions)
    for _ in range(books):
        cell = await facts_after(pool, stream.records(), stream.partitions)
        async with pool.acquire() as connection:
            assert difference(expected, await facts_of(connection, cell)) == ""
    return expected


def agent() -> list[Item]:
    """Give what an agent sees: the GPU stands in the chassis."""
    return [item("chassis", Kind.CHASSIS, CHASSIS), item("pci/1", Kind.GPU, GPU, within="chassis")]


def controller(*, gpu: bool = True) -> list[Item]:
    """Give what a BMC sees: the GPU stands on a board, the board in the chassis."""
    boards = [item("c", Kind.CHASSIS, CHASSIS), item("m", Kind.BOARD, BOARD, within="c")]
    return [*boards, item("GPU_0", Kind.GPU, GPU, within="m")] if gpu else boards


def shelf() -> list[Item]:
    """Give what a shelf's manager sees: the GPU stands somewhere in the rack."""
    return [item("r", Kind.RACK, RACK), item("g", Kind.GPU, GPU, within="r")]


def books_of(rack: str) -> list[Item]:
    """Give what an inventory system states: the chassis stands in a rack."""
    which = {"RACK-0001": RACK, "RACK-0002": OTHER_RACK}[rack]
    return [item("r", Kind.RACK, which), item("c", Kind.CHASSIS, CHASSIS, within="r")]


async def test_rule_17_agent_and_controller_agree_at_once_whatever_the_assets_ids(pool: asyncpg.Pool) -> None:
    """Rules 5 and 17: where the board is must be known before where the GPU on it is."""
    stream = Stream()
    say(stream, START, "agent", agent())
    say(stream, START + SECOND, "bmc", controller())
    found = await derived(pool, stream, START + MINUTE, BOOKS)
    rows = where(found, "gpu")
    assert [(row.from_at, row.moving, row.disputed) for row in rows] == [
        (START, False, False),
        (START + SECOND, False, False),
    ]
    assert {row.known_from for row in rows} == {START + SECOND}


async def test_rule_17_a_controller_that_sees_the_gpu_later_agrees_too(pool: asyncpg.Pool) -> None:
    stream = Stream()
    say(stream, START, "agent", agent())
    say(stream, START + SECOND, "bmc", controller(gpu=False))
    say(stream, START + MINUTE, "bmc", controller())
    found = await derived(pool, stream, START + 2 * MINUTE, BOOKS)
    assert not any(row.moving for row in where(found, "gpu"))


async def test_rule_17_a_container_that_turns_out_to_be_inside_ends_the_dispute_of_its_contents(
    pool: asyncpg.Pool,
) -> None:
    """Rule 17: the GPU is not touched itself when the chassis is seen in the rack."""
    stream = Stream()
    told = START + 30 * MINUTE + 2 * SECOND
    for n in range(0, 60, 5):
        say(stream, START + n * MINUTE, "agent", agent())
        say(stream, START + n * MINUTE + SECOND, "shelf", shelf())
        if n >= 30:
            say(stream, START + n * MINUTE + 2 * SECOND, "books", books_of("RACK-0001"))
    found = await derived(pool, stream, START + HOUR, 2)
    assert [(row.disputed, row.from_at) for row in where(found, "gpu")][-1] == (False, told)
    (finding,) = [each for each in found.findings if each.kind == "identity_disputed"]
    assert finding.closed_at == told


async def test_rule_17_a_container_that_leaves_lets_its_contents_claims_disagree(pool: asyncpg.Pool) -> None:
    """Rule 17: holders that agreed once stay holders; a claim that begins afterwards is a rival."""
    stream = Stream()
    for n in range(0, 60, 5):
        at = START + n * MINUTE
        say(stream, at, "books", books_of("RACK-0001" if n < 30 else "RACK-0002"))
        say(stream, at + SECOND, "agent", agent())
        if n >= 40:
            say(stream, at + 2 * SECOND, "shelf", shelf())
    found = await derived(pool, stream, START + HOUR, 2)
    began = START + 40 * MINUTE + 2 * SECOND
    assert [(row.disputed, row.from_at) for row in where(found, "gpu")][-1] == (True, began)


async def test_rule_17_a_rack_on_wheels_concerns_what_is_three_levels_below(pool: asyncpg.Pool) -> None:
    """A GPU on a board in a chassis in a rack: two sources name the ends of the chain, a third one closes it last."""
    stream = Stream()
    say(stream, START, "bmc", controller())
    say(stream, START + SECOND, "shelf", shelf())
    say(stream, START + 2 * SECOND, "books", books_of("RACK-0001"))
    found = await derived(pool, stream, START + MINUTE, BOOKS)
    (row,) = [row for row in where(found, "gpu") if row.until_at is None]
    assert (row.moving, row.container_slot) == (False, "m")


async def test_rule_17_containers_in_a_circle_come_to_an_end(pool: asyncpg.Pool) -> None:
    """Two sources that place two chassis within each other: nothing runs for ever."""
    stream = Stream()
    one, other = serial("CH-0001", "acme/c1"), serial("CH-0002", "acme/c1")
    for source, outer, inner in (("a", one, other), ("b", other, one)):
        said = [item("out", Kind.CHASSIS, outer), item("in", Kind.CHASSIS, inner, within="out")]
        say(stream, START, source, said)
        racked = [item("r", Kind.RACK, RACK), item("out", Kind.CHASSIS, outer, within="r"), said[1]]
        say(stream, START + MINUTE, source, racked)
    stream.beats(START + HOUR)
    cell = await facts_after(pool, stream.records(), 1)
    async with pool.acquire() as connection:
        assert (await facts_of(connection, cell)).horizon == START + HOUR
