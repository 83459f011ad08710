"""What people say of findings, on the real pipeline: closed, opened again, erased, shown to others when it is time."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from schemas.findings import (
    DisclosurePut,
    Erasable,
    FindingAcknowledge,
    FindingClose,
    FindingComment,
    FindingReopen,
    FindingStep,
    TextErase,
)
from schemas.words import Kind, Severity
from service.facts.answered import HOUR
from tests.integration.test_alarms import agents
from tests.integration.test_derived import pool
from tests.properties.driving import Driver
from tests.reference.test_rules import say, site
from tests.support.records import MINUTE, SECOND, START, Stream

__all__ = ["pool"]

CELL = "answers"
SALT = "00112233445566778899aabbccddeeff"
NOTE = Erasable(text="Jane Roe took it to the vendor", salt=SALT)
GONE = START + 2 * MINUTE


def missing(stream: Stream) -> None:
    """Let a GPU be seen, and be gone: one finding."""
    site(stream)
    say(stream, START, "agent", agents(), complete_for=(Kind.GPU,))
    say(stream, GONE, "agent", agents(gpu=False), complete_for=(Kind.GPU,))


async def findings(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    """Read the findings of a missing part, oldest first."""
    async with pool.acquire() as connection:
        return await connection.fetch(
            "SELECT * FROM finding WHERE cell = $1 AND kind = 'component_missing' ORDER BY opened_at, finding", CELL
        )


async def said(pool: asyncpg.Pool) -> list[tuple[str, str | None]]:
    """Read what became of the acts about findings."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT outcome, words FROM act WHERE cell = $1 AND (act LIKE 'finding.%' OR act LIKE 'text.%') "
            'ORDER BY "offset"',
            CELL,
        )
    return [(row["outcome"], row["words"]) for row in rows]


async def events(pool: asyncpg.Pool) -> str:
    """Read the whole log."""
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT bytes FROM event WHERE cell = $1 ORDER BY n", CELL)
    return "\n".join(row["bytes"].decode() for row in rows)


async def lived(pool: asyncpg.Pool, stream: Stream, until: int) -> None:
    """Let a stream come to its end in the cell."""
    stream.beats(until)
    driver = Driver(pool, CELL, stream.partitions)
    await driver.begin(stream.records())
    await driver.finish()


async def forgotten(pool: asyncpg.Pool) -> None:
    """Take everything out of the database again: ids follow from the cell's name and the order, and come again."""
    async with pool.acquire() as connection:
        tables = await connection.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'cell' "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        await connection.execute(f"TRUNCATE {', '.join(row['relname'] for row in tables)}")


async def live(
    pool: asyncpg.Pool, speak: Callable[[str], Sequence[Any]], *, until: int = GONE + HOUR, again: int = 0
) -> str:
    """Let the GPU be gone and people speak of that, a second apart; `again`: so often it comes back and goes.

    Gives the finding's id.
    """
    stream = Stream()
    missing(stream)
    await lived(pool, stream, GONE + MINUTE)
    name = str((await findings(pool))[0]["finding"])
    await forgotten(pool)
    stream = Stream()
    missing(stream)
    at = GONE
    for act in speak(name):
        at += SECOND
        stream.act(at, act)
    for n in range(again):
        say(stream, at + (2 * n + 1) * MINUTE, "agent", agents(), complete_for=(Kind.GPU,))
        say(stream, at + (2 * n + 2) * MINUTE, "agent", agents(gpu=False), complete_for=(Kind.GPU,))
    await lived(pool, stream, until)
    return name


def about(kind: type[FindingStep], finding: str, key: str, **more: str) -> FindingStep:
    """Make an act of a person about a finding."""
    return kind.model_validate({"key": key, "by": "person-1", "finding": finding, "note": NOTE, **more})


async def test_a_finding_is_acknowledged_closed_and_opened_again_each_step_an_event(pool: asyncpg.Pool) -> None:
    name = await live(
        pool,
        lambda name: [
            about(FindingComment, name, "a"),
            about(FindingAcknowledge, name, "b"),
            about(FindingClose, name, "c", why="mended"),
            about(FindingReopen, name, "d"),
        ],
    )
    (row,) = await findings(pool)
    assert (row["state"], row["acknowledged_by"], row["closed_by"], row["closed_at"]) == (
        "open",
        "person-1",
        None,
        None,
    )
    assert await said(pool) == [("applied", None)] * 4
    async with pool.acquire() as connection:
        steps = await connection.fetch('SELECT * FROM finding_step WHERE finding = $1 ORDER BY "offset"', name)
    assert [(step["step"], step["why"], step["text"]) for step in steps] == [
        ("comment", None, NOTE.text), ("acknowledge", None, NOTE.text), ("close", "mended", NOTE.text),
        ("reopen", None, NOTE.text),
    ]  # fmt: skip
    assert (await events(pool)).count('"kind":"finding_answered"') == 4


async def test_what_cannot_be_said_of_a_finding_is_refused(pool: asyncpg.Pool) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    name = await live(
        pool,
        lambda name: [
            about(FindingComment, nobody, "a"),
            about(FindingReopen, name, "b"),
            about(FindingClose, name, "c", why="explained"),
            about(FindingClose, name, "d", why="explained"),
            about(FindingAcknowledge, name, "e"),
            about(FindingComment, name, "f"),
        ],
    )
    assert await said(pool) == [
        ("refused", f"there is no finding {nobody}: GET /v1/findings names them"),
        ("refused", f"finding {name} is open"),
        ("applied", None),
        ("refused", f"finding {name} is closed"),
        ("refused", f"finding {name} is closed"),
        ("applied", None),
    ]


async def test_what_a_person_closed_is_raised_anew_by_other_evidence_alone(pool: asyncpg.Pool) -> None:
    await live(pool, lambda name: [about(FindingClose, name, "a", why="accepted")], until=GONE + 3 * HOUR)
    (row,) = await findings(pool)
    assert (row["state"], row["closed_by"], row["ended_at"]) == ("closed", "person-1", None)
    await forgotten(pool)
    await live(pool, lambda name: [about(FindingClose, name, "a", why="accepted")], again=1)
    before, anew = await findings(pool)
    assert (before["state"], before["closed_by"]) == ("closed", "person-1")
    assert before["ended_at"] == GONE + SECOND + MINUTE  # it came back: that is over, whatever the person said
    assert (anew["state"], anew["closed_by"]) == ("open", None)


async def test_one_finding_stands_for_the_same_at_a_time(pool: asyncpg.Pool) -> None:
    """What was closed by evidence, and raised anew, is not opened beside it."""
    stream = Stream()
    missing(stream)
    say(stream, GONE + MINUTE, "agent", agents(), complete_for=(Kind.GPU,))
    say(stream, GONE + 2 * MINUTE, "agent", agents(gpu=False), complete_for=(Kind.GPU,))
    await lived(pool, stream, GONE + 3 * MINUTE)
    first, second = (str(row["finding"]) for row in await findings(pool))
    await forgotten(pool)
    stream = Stream()
    missing(stream)
    say(stream, GONE + MINUTE, "agent", agents(), complete_for=(Kind.GPU,))
    say(stream, GONE + 2 * MINUTE, "agent", agents(gpu=False), complete_for=(Kind.GPU,))
    stream.act(GONE + 3 * MINUTE, about(FindingReopen, first, "a"))
    await lived(pool, stream, GONE + 4 * MINUTE)
    assert await said(pool) == [("refused", f"finding {second} stands for the same")]


async def test_words_are_not_in_the_log_and_can_be_erased_with_their_salt(pool: asyncpg.Pool) -> None:
    name = await live(
        pool,
        lambda name: [
            about(FindingComment, name, "a"),
            TextErase(key="b", by="person-2", erases="a"),
            TextErase(key="c", by="person-2", erases="a"),
            TextErase(key="d", by="person-2", erases="nothing"),
        ],
    )
    log = await events(pool)
    assert "Jane Roe" not in log
    assert SALT not in log
    commitment = hashlib.sha256(bytes.fromhex(SALT) + NOTE.text.encode()).hexdigest()
    assert commitment in log
    async with pool.acquire() as connection:
        (step,) = await connection.fetch("SELECT * FROM finding_step WHERE finding = $1", name)
        kept = await connection.fetch("SELECT body FROM act")
    assert (step["text"], step["salt"], step["commitment"]) == (None, None, commitment)
    assert step["erased_at"] == GONE + 2 * SECOND
    assert not any(b"Jane Roe" in row["body"] or SALT.encode() in row["body"] for row in kept)
    gone = "no words of an act with key {!r} are there to be erased"
    assert await said(pool) == [
        ("applied", None), ("applied", None), ("refused", gone.format("a")), ("refused", gone.format("nothing")),
    ]  # fmt: skip


async def test_others_see_it_after_the_time_that_the_cell_says_or_once_it_was_answered(pool: asyncpg.Pool) -> None:
    (shown,) = await _shown(pool, lambda _: [])
    assert shown == GONE + 72 * HOUR
    (answered,) = await _shown(pool, lambda name: [about(FindingAcknowledge, name, "a")])
    assert answered == GONE + SECOND
    policy = DisclosurePut(key="p", by="person-1", hours=5, severity=Severity.HIGH)
    first, second = await _shown(pool, lambda _: [policy], again=1)
    assert first == GONE + 72 * HOUR  # it was raised before
    assert second == GONE + SECOND + 2 * MINUTE + 5 * HOUR


async def _shown(pool: asyncpg.Pool, speak: Callable[[str], Sequence[Any]], *, again: int = 0) -> list[int]:
    await live(pool, speak, again=again)
    found = [row["shown_from"] for row in await findings(pool)]
    await forgotten(pool)
    return found
