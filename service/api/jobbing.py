"""Making a job of a claim, and reading it: who may have how many, and what a key that was used before gives."""

import uuid
from collections.abc import Sequence
from typing import ClassVar

import asyncpg
import orjson

from schemas.answers import ClaimAsked, ClaimParts
from schemas.canonical import canonical, digest
from schemas.errors import HoldfastError, Transient
from schemas.jobs import JobAnswer, JobAsked, JobShown
from schemas.list_table import Things
from service.api import members
from service.api.attesting import Prepared, prepare
from service.api.disclosing import NotGranted
from service.api.members import TooLarge
from service.api.questions import Question, of_form
from service.facts.claims import BadClaim
from service.facts.policy import CURRENT
from service.store import jobs
from service.store.pool import Connection
from service.store.reading import Viewer

KEEP_S = 7 * 86_400  # a job and its answer are kept for so long
_TRIES = 10
MAX_OPEN = 4  # open jobs of an operator: one operator's haste does not keep the others waiting


class JobNotFound(HoldfastError):
    """There is no such job of yours, or its time is over."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "job-not-found"


class KeyUsed(HoldfastError):
    """The idempotency key was used for another claim."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "key-used"


class TooManyJobs(HoldfastError):
    """So many jobs of this operator are open that another one has to wait."""

    status: ClassVar[int] = 429
    slug: ClassVar[str] = "too-many-jobs"


async def shown(connection: Connection, viewer: Viewer, job: str) -> asyncpg.Record:
    """Give a job of the viewer's. Raises `JobNotFound`."""
    row = await jobs.find(connection, viewer, job)
    if row is None:
        raise JobNotFound(f"there is no job {job} of yours: GET /v1/jobs lists them; each is kept for 7 days")
    return row


async def make(
    connection: Connection, viewer: Viewer, asked: JobAsked, key: str | None, things: Things | None = None
) -> asyncpg.Record:
    """Make a job of a claim, of one cell or of all of the viewer's, or give the one that the key made before.

    Raises `KeyUsed`, `TooManyJobs`, and what `prepare` raises.
    """
    sha256 = digest_of(asked, things)
    if key is not None and (row := await made_before(connection, viewer, key, sha256)) is not None:
        return row
    if asked.cell is not None:
        one = ClaimAsked.model_validate(asked.model_dump(by_alias=False) | {"cell": asked.cell})
        prepared = [await prepare(connection, viewer, one, things)]
        if prepared[0].disclosure is not None:
            raise NotGranted("a job is judged in cells of one's own: put what was granted to POST /v1/attestations")
        if prepared[0].whom.one:
            raise BadClaim("a claim about one thing is answered at once: put it to POST /v1/attestations")
    else:
        prepared = await _everywhere(connection, viewer, asked)
    return await keep(connection, viewer, prepared, key, sha256, of_all=asked.cell is None)


async def _everywhere(connection: Connection, viewer: Viewer, asked: JobAsked) -> list[Prepared]:
    """Put a claim about everything to every cell of the viewer's."""
    if asked.subject.everything is None or asked.place is not None:
        raise BadClaim("without a cell a claim is about `everything`, and names no place, as places are a cell's own")
    if not viewer.cells:
        raise BadClaim("your operator has no cell yet: an act cell.put gives it one")
    stated = asked.model_dump(by_alias=False, exclude={"cell"})
    asked_of = [ClaimAsked.model_validate({**stated, "cell": cell}) for cell in viewer.cells]
    prepared = [await prepare(connection, viewer, each, of_many=True) for each in asked_of]
    if (size := sum(each.whom.size for each in prepared)) > members.MAX_MEMBERS:
        sizes = ", ".join(f"{each.question.cell} ({each.whom.size})" for each in prepared)
        raise TooLarge(
            f"this claim is about {size} things, and at most {members.MAX_MEMBERS} can be judged in one: ask cell by "
            f"cell, each of which is small enough: {sizes}; or choose `kinds`"
        )
    return prepared


async def keep(
    connection: Connection,
    viewer: Viewer,
    prepared: Sequence[Prepared],
    key: str | None,
    sha256: bytes,
    *,
    of_all: bool = False,
) -> asyncpg.Record:
    """Keep a job with its members in chunks, known as of the moment at which they were found.

    `of_all`: it was put to all cells of the viewer, however many these are. Raises `KeyUsed`, `TooManyJobs`,
    `Transient`.
    """
    slot = await _free_slot(connection, viewer)
    questions = [each.question for each in prepared]
    made = jobs.Made(
        str(uuid.uuid4()),
        key,
        tuple(each.cell for each in questions),
        canonical({"of_all": of_all, "questions": [each.form() for each in questions]}),
        sha256,
        CURRENT.version,
        tuple([chunk for each in prepared for chunk in await each.chunks()]),
        KEEP_S,
    )
    for _ in range(_TRIES):  # somebody else may take the slot that was free, or use the key
        async with connection.transaction():
            await jobs.set_viewer(connection, viewer)
            kept = await jobs.put(connection, viewer, made, slot)
        if kept:
            return await shown(connection, viewer, made.job)
        if key is not None and (row := await made_before(connection, viewer, key, sha256)) is not None:
            return row
        slot = await _free_slot(connection, viewer)
    raise Transient("a job of this key is being made, or swept, at this moment: send it again in a while")


async def _free_slot(connection: Connection, viewer: Viewer) -> int:
    """Give a slot that no open job of the viewer's operator has. Raises `TooManyJobs`."""
    taken = await jobs.slots(connection, viewer)
    free = [slot for slot in range(MAX_OPEN) if slot not in taken]
    if not free:
        raise TooManyJobs(
            f"your operator has {MAX_OPEN} open jobs, as many as it may: wait until one is done, or DELETE one of "
            f"/v1/jobs/{{job}}: {', '.join(sorted(taken.values()))}"
        )
    return free[0]


async def made_before(connection: Connection, viewer: Viewer, key: str, sha256: bytes) -> asyncpg.Record | None:
    """Give the job that a key made of the same claim; None where it made none. Raises `KeyUsed`."""
    row = await jobs.find(connection, viewer, key=key)
    if row is not None and row["digest"] != sha256:
        raise KeyUsed(f"the idempotency key {key!r} made the job {row['job']} of another claim: take another key")
    return row


def digest_of(asked: ClaimParts, things: Things | None = None) -> bytes:
    """Give the SHA-256 of what is asked, as it is asked: a key that comes again must come with the same."""
    return digest({**asked.model_dump(mode="json", by_alias=True), "listed": things.stated() if things else None})


def questions_of(asked: bytes) -> list[Question]:
    """Give the questions of a job, one of each cell."""
    return [of_form(form) for form in orjson.loads(asked)["questions"]]


def is_of_all(asked: bytes) -> bool:
    """Whether a job was put to all cells of its operator."""
    of_all: bool = orjson.loads(asked)["of_all"]
    return of_all


def as_shown(row: asyncpg.Record) -> JobShown:
    """Give a job as it is shown, without its answer."""
    return JobShown.model_validate(_said_of(row))


def as_answered(row: asyncpg.Record) -> JobAnswer:
    """Give a job as it is shown, with its answer where there is one."""
    answer = orjson.loads(row["answer"]) if row["answer"] is not None else None
    return JobAnswer.model_validate({**_said_of(row), "answer": answer})


def _said_of(row: asyncpg.Record) -> dict[str, object]:
    questions = questions_of(row["asked"])
    return {
        "job": row["job"],
        "url": url_of(row["job"]),
        "state": row["state"],
        "cells": row["cells"],
        "claim": questions[0].stated,
        "known_at": {each.cell: each.known_at for each in questions},
        "progress": {"done": row["done"], "of": row["size"]},
        **{name: row[name] for name in ("made_at", "expires_at", "ended_at", "words")},
    }


def url_of(job: str) -> str:
    """Give where a job is read."""
    return f"/v1/jobs/{job}"
