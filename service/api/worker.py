"""Judges chunks of jobs, one at a time in each process, and puts answers together.

A chunk is taken for a while, by the database's clock. Whoever is killed meanwhile leaves it to another process, which
takes it up once that while is over; whoever is only slow is told that somebody was first. So a job is neither lost nor
judged twice, and what comes out does not depend on who judged what: a chunk's result is a function of what was asked.
Open jobs take turns, chunk by chunk. The computing leaves the loop: other requests are answered meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import orjson
import structlog

from schemas.canonical import Json, canonical
from schemas.errors import Transient
from service.api import answering, chunks
from service.api.jobbing import is_of_all, questions_of
from service.api.questions import claim_of
from service.facts import portion_form
from service.facts.policy import CURRENT
from service.facts.portion_form import Written
from service.facts.portions import Portion, nothing
from service.store import jobs
from service.store.pool import TRANSIENT, Connection, acquired
from service.store.reading import Book, Viewer

LEASE_S = 60  # a chunk takes a second or so
_ANSWER_LEASE_S = 600  # and the answer some seconds
_TRIES = 5
_IDLE_S = 1.0
_AWAY_S = 5.0
_PATIENCE_MS = 300_000  # one statement makes the hash over all events of a set

_log = structlog.get_logger(__name__)


class Worker:
    """Works on jobs while its context lasts. Owned by one application."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Take note of the pool, whose connections have the API's role."""
        self._pool = pool
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something to be done."""
        self._woken.set()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["Worker"]:
        """Work until the context is left; what was taken then is left to whoever takes it up."""
        task = asyncio.create_task(self._work())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _work(self) -> None:
        while True:
            pause = _AWAY_S
            try:
                pause = 0.0 if await self.turn() else _IDLE_S
            except (Transient, *TRANSIENT, asyncpg.PostgresError) as exc:
                _log.warning("jobs_wait", error=repr(exc))
            except Exception as exc:  # noqa: BLE001 - whatever is wrong with one chunk, others are judged
                _log.error("job_broke", exc_info=exc)
            if pause:
                self._woken.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), pause)

    async def turn(self) -> bool:
        """Judge one chunk, or put one answer together, or sweep; whether there was anything to be done."""
        async with acquired(self._pool) as connection:
            for found in await jobs.at_hand(connection):
                if found.expired:
                    await _sweep(connection, found.viewer, found.job)
                    continue
                if found.ruleset != CURRENT.version:
                    continue  # a process of the version that it was made with goes on
                if await self._chunk(connection, found) or await self._answer(connection, found):
                    return True
        return False

    async def _chunk(self, connection: Connection, found: jobs.AtHand) -> bool:
        async with connection.transaction():
            await jobs.set_viewer(connection, found.viewer)
            taken = await jobs.take(connection, found.viewer, found.job, LEASE_S)
        if taken is None:
            return False
        if taken.tries > _TRIES:
            await _fail(connection, found)
            return True
        question = next(each for each in questions_of(taken.asked) if each.cell == taken.chunk.cell)
        book = Book(connection, found.viewer, question.cell, question.known_at)
        judged = await chunks.judge(book, await claim_of(book, question.asked), taken.chunk)
        portion = canonical(portion_form.dump(judged.portion))
        async with connection.transaction():
            await jobs.set_viewer(connection, found.viewer)
            result = jobs.Found(portion, judged.names, judged.lines())
            await jobs.done(connection, found.viewer, found.job, taken.n, result)
        return True

    async def _answer(self, connection: Connection, found: jobs.AtHand) -> bool:
        async with connection.transaction():
            await jobs.set_viewer(connection, found.viewer)
            asked = await jobs.lease(connection, found.viewer, found.job, _ANSWER_LEASE_S)
        if asked is None:
            return False
        body = await _whole(connection, found.viewer, found.job, asked)
        async with connection.transaction():
            await jobs.set_viewer(connection, found.viewer)
            await jobs.end(connection, found.viewer, found.job, "done", answer=body)
        return True


async def _whole(connection: Connection, viewer: Viewer, job: str, asked: bytes) -> bytes:
    """Put the answer together, cell by cell, from what was found out about the chunks."""
    questions = questions_of(asked)
    documents: list[Json] = []
    found: list[tuple[str, bool, Portion[Written]]] = []
    rows = await jobs.chunks(connection, viewer, job)
    for question in questions:
        book = Book(connection, viewer, question.cell, question.known_at)
        claim = await claim_of(book, question.asked)
        whole: Portion[Written] = nothing(claim)
        names: set[str] = set()
        for row in rows:
            part = await jobs.portion(connection, viewer, job, row["n"]) if row["cell"] == question.cell else None
            if part is not None:
                portion = await asyncio.to_thread(_read, part["portion"])
                whole = whole.joined(portion, answering.MAX_WORST)
                names.update(part["names"])
        async with connection.transaction():
            await jobs.set_patience(connection, _PATIENCE_MS)
            events = await chunks.rests_on(book, names)
        documents.append(question.document(viewer, events, answering.several(claim, whole, question.known_at)))
        found.append((question.cell, question.simulated, whole))
    if not is_of_all(asked):
        return await asyncio.to_thread(canonical, documents[0])
    several: Json = {
        "v": 1,
        "viewer": {"operator": viewer.operator, "rights": "own-cells"},
        "claim": questions[0].stated,
        "cells": documents,
        "sums": answering.together(claim, found),
    }
    return await asyncio.to_thread(canonical, several)


def _read(portion: bytes) -> Portion[Written]:
    return portion_form.load(orjson.loads(portion))


async def _fail(connection: Connection, found: jobs.AtHand) -> None:
    words = f"a part of it could not be judged, though it was tried {_TRIES} times: ask again, or about less at once"
    async with connection.transaction():
        await jobs.set_viewer(connection, found.viewer)
        await jobs.end(connection, found.viewer, found.job, "failed", words=words)
        await jobs.drop_chunks(connection, found.viewer, found.job)


async def _sweep(connection: Connection, viewer: Viewer, job: str) -> None:
    async with connection.transaction():
        await jobs.set_viewer(connection, viewer)
        if await jobs.drop(connection, viewer, job):
            await jobs.drop_chunks(connection, viewer, job)
