"""Jobs: claims about large sets, judged in chunks by whichever process is free. Plain rows of their operator.

Reading is one round trip that sets the viewer. Whoever writes begins a transaction and lets `set_viewer` be the first
in it, since a policy is held against rows before anything else of a statement runs (SEMANTICS rule 36). Leases go by
the database's clock. None of these functions begins or commits.
"""

from dataclasses import dataclass

import asyncpg

from service.facts.records import Millis
from service.store.pool import Connection
from service.store.reading import Rows, Viewer
from service.store.sqlfile import load

_SQL = load("jobs.sql")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some members of a set, judged together. `unborne`: subjects as asked for, of which the book has none.

    Those of them that name nothing, or many things, are `ambiguous`.
    """

    cell: str
    members: tuple[str, ...]
    unborne: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many are judged."""
        return len(self.members) + len(self.unborne)


@dataclass(frozen=True, slots=True)
class Made:
    """A job to be kept: what was asked of each cell (`asked`, JSON), the digest of that, and all its chunks."""

    job: str
    key: str | None
    cells: tuple[str, ...]
    asked: bytes
    digest: bytes
    ruleset: str
    chunks: tuple[Chunk, ...]
    keep_s: int


@dataclass(frozen=True, slots=True)
class AtHand:
    """A job with something to be done, and who sees it. `expired`: its time is over."""

    job: str
    viewer: Viewer
    ruleset: str
    expired: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A chunk that was taken, for the `tries`th time, and what is asked of each cell."""

    n: int
    chunk: Chunk
    tries: int
    asked: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about a chunk: a portion (JSON), whose events it rests on, and verdicts as JSON Lines."""

    portion: bytes
    names: frozenset[str]
    verdicts: bytes


async def at_hand(connection: Connection) -> list[AtHand]:
    """Give the jobs of all operators that have something to be done, those that waited longest first."""
    rows = await connection.fetch(_SQL["jobs_at_hand"])
    return [
        AtHand(row["job"], Viewer(row["operator"], tuple(row["cells"])), row["ruleset"], row["expired"]) for row in rows
    ]


async def find(
    connection: Connection, viewer: Viewer, job: str | None = None, key: str | None = None
) -> asyncpg.Record | None:
    """Give a job by its id or its key; None where there is none, or it has expired, or it is not the viewer's."""
    return await connection.fetchrow(_SQL["read_job"], viewer.setting, viewer.operator, job, key)


async def page(connection: Connection, viewer: Viewer, *, after: tuple[Millis, str], limit: int) -> Rows:
    """Give a page of the viewer's jobs by (made, id), oldest first, without their answers."""
    return await connection.fetch(_SQL["read_jobs_page"], viewer.setting, viewer.operator, *after, limit)


async def slots(connection: Connection, viewer: Viewer) -> dict[int, str]:
    """Give which open job of the viewer's operator has which slot."""
    rows = await connection.fetch(_SQL["read_job_slots"], viewer.setting, viewer.operator)
    return {row["slot"]: row["job"] for row in rows}


async def chunks(connection: Connection, viewer: Viewer, job: str) -> Rows:
    """Give the chunks of a job in their order: (n, cell, size, done)."""
    return await connection.fetch(_SQL["read_job_chunks"], viewer.setting, viewer.operator, job)


async def portion(connection: Connection, viewer: Viewer, job: str, n: int) -> asyncpg.Record | None:
    """Give what was found out about a chunk, and whose events that rests on: (portion, names)."""
    return await connection.fetchrow(_SQL["read_job_portion"], viewer.setting, viewer.operator, job, n)


async def verdicts(connection: Connection, viewer: Viewer, job: str, n: int) -> bytes | None:
    """Give the verdicts on the members of a chunk as JSON Lines; None where it is not judged, or not there."""
    found: bytes | None = await connection.fetchval(_SQL["read_job_verdicts"], viewer.setting, viewer.operator, job, n)
    return found


async def set_viewer(connection: Connection, viewer: Viewer) -> None:
    """Say for the rest of the transaction who writes."""
    await connection.fetchval(_SQL["set_viewer"], viewer.setting)


async def set_patience(connection: Connection, most_ms: int) -> None:
    """Let statements of the rest of the transaction take longer than others may."""
    await connection.fetchval(_SQL["set_patience"], str(most_ms))


async def put(connection: Connection, viewer: Viewer, made: Made, slot: int) -> bool:
    """Keep a job; False where its key or its slot is taken, and then nothing is kept."""
    size = sum(chunk.size for chunk in made.chunks)
    kept = await connection.fetchrow(
        _SQL["job_put"], viewer.operator, made.job, made.key, slot, list(made.cells), made.asked, made.digest,
        made.ruleset, size, made.keep_s,
    )  # fmt: skip
    if kept is None:
        return False
    for n, chunk in enumerate(made.chunks):
        await connection.fetchrow(
            _SQL["chunk_put"], viewer.operator, made.job, n, chunk.cell, list(chunk.members), list(chunk.unborne),
            list(chunk.ambiguous), chunk.size,
        )  # fmt: skip
    return True


async def take(connection: Connection, viewer: Viewer, job: str, lease_s: int) -> Taken | None:
    """Take the first chunk that nobody judges; None where there is none, or the job is not open."""
    asked = await connection.fetchrow(_SQL["job_taken"], viewer.operator, job)
    row = await connection.fetchrow(_SQL["chunk_take"], viewer.operator, job, lease_s) if asked else None
    if asked is None or row is None:
        return None
    chunk = Chunk(row["cell"], tuple(row["members"]), tuple(row["unborne"]), tuple(row["ambiguous"]))
    return Taken(row["n"], chunk, row["tries"], asked["asked"])


async def done(connection: Connection, viewer: Viewer, job: str, n: int, found: Found) -> bool:
    """Keep what was found out about a chunk; False where somebody did already, or the job is gone.

    Whoever was first stands: what is found out does not depend on who does.
    """
    values = (viewer.operator, job, n, found.portion, sorted(found.names), found.verdicts)
    return await connection.fetchrow(_SQL["chunk_done"], *values) is not None


async def lease(connection: Connection, viewer: Viewer, job: str, lease_s: int) -> bytes | None:
    """Take it on to put the answer together, where every chunk is judged and nobody does; give what was asked."""
    row = await connection.fetchrow(_SQL["job_lease"], viewer.operator, job, lease_s)
    return None if row is None else bytes(row["asked"])


async def end(
    connection: Connection,
    viewer: Viewer,
    job: str,
    state: str,
    *,
    answer: bytes | None = None,
    words: str | None = None,
) -> bool:
    """End an open job (done, failed, cancelled); False where it is not open."""
    return await connection.fetchrow(_SQL["job_end"], viewer.operator, job, state, answer, words) is not None


async def drop_chunks(connection: Connection, viewer: Viewer, job: str) -> int:
    """Drop all chunks of a job; give how many there were."""
    return len(await connection.fetch(_SQL["chunks_drop"], viewer.operator, job))


async def drop(connection: Connection, viewer: Viewer, job: str) -> bool:
    """Drop a job whose time is over; False where somebody did already."""
    return await connection.fetchrow(_SQL["job_drop"], viewer.operator, job) is not None
