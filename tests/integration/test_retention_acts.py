"""Acts about retention and holds, on the real pipeline."""

import asyncpg

from schemas.retention import HoldPut, HoldRelease, RetentionAct, RetentionDrop, RetentionPut
from schemas.words import Basis, RecordKind, Trigger
from tests.integration.test_alarms import agents, plain
from tests.integration.test_derived import pool
from tests.integration.test_statuses import gpu
from tests.reference.test_rules import say, site
from tests.support.records import MINUTE, SECOND, START, Stream

__all__ = ["pool"]

PEOPLE = "person-1"


def law(key: str, days: int) -> RetentionPut:
    """Keep events for so many days."""
    return RetentionPut(
        key=key, by=PEOPLE, name="law", record=RecordKind.EVENT, trigger=Trigger.DEPARTED, keep_days=days,
        basis=Basis.LAW, reference="par. 1",
    )  # fmt: skip


async def test_classes_are_changed_and_dropped_and_holds_made_and_released(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    say(stream, START, "agent", agents())
    said: tuple[RetentionAct, ...] = (
        law("a", 10),
        law("b", 20),
        HoldPut(key="h", by=PEOPLE, things=(gpu(),), reference="matter 7"),
        HoldRelease(key="c", by=PEOPLE, releases="nothing"),
        HoldRelease(key="d", by=PEOPLE, releases="h"),
        RetentionDrop(key="e", by=PEOPLE, name="nothing"),
        RetentionDrop(key="f", by=PEOPLE, name="law"),
    )
    for n, act in enumerate(said, 1):
        stream.act(START + n * SECOND, act)
    cell, _ = await plain(pool, stream, START + MINUTE)
    async with pool.acquire() as connection:
        classes = await connection.fetch('SELECT * FROM retention_class WHERE cell = $1 ORDER BY "offset"', cell)
        (hold,) = await connection.fetch("SELECT * FROM hold WHERE cell = $1", cell)
        acts = await connection.fetch("SELECT words FROM act WHERE cell = $1 AND outcome = 'refused' ORDER BY at", cell)
        events = await connection.fetch(
            "SELECT kind FROM event WHERE cell = $1 AND (kind LIKE 'hold%' OR kind LIKE 'retention%') ORDER BY n", cell
        )
    kept = [(row["keep_days"], row["known_until"]) for row in classes]
    assert kept == [(10, START + 2 * SECOND), (20, START + 7 * SECOND)]
    assert (len(hold["assets"]), hold["known_until"]) == (1, START + 5 * SECOND)
    refused = ["no hold with key 'nothing' stands", "no class of records is named 'nothing'"]
    assert [row["words"] for row in acts] == refused
    logged = ["retention", "retention", "hold", "hold_released", "retention_dropped"]
    assert [row["kind"] for row in events] == logged
