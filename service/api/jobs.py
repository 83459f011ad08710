"""Jobs: claims about up to 100,000 things, judged chunk by chunk, whichever process is free; progress and answers."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import asyncpg
from fastapi import Header, Path, Query, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ValidationError

from schemas.acting import AssetRef, Name
from schemas.answers import RACK, Grades, Subject
from schemas.errors import HoldfastError, Rejected
from schemas.jobs import JOB, JobAnswer, JobAsked, JobsAnswer, JobShown, ListAsked
from schemas.list_table import MAX_LINES, Things, things
from service.api import cursors, jobbing
from service.api.asking import MAX_LIMIT, Cursor, Reads
from service.api.auth import OF_BODIES, CanRead, KeySent, caller_of, guarded, problems
from service.api.cursors import Part
from service.api.parts import parts_of
from service.store import jobs
from service.store.reading import Viewer

if TYPE_CHECKING:
    from service.api.feed import Feeds
    from service.api.worker import Worker

router = guarded("jobs")

_STREAMED_S = 600.0  # a client that still wants to know asks again
_LOOK_S = 0.5
_NOW = cursors.Moments(0, 0)  # jobs are as they are, and are no facts of any moment
_EXAMPLE_LINE = f'{{"subject":"{RACK}","kind":"rack","verdict":"consistent","account":null,"longest_silence_ms":0}}\n'
_EXAMPLE_EVENT = f'event: progress\ndata: {{"job":"{JOB}","state":"open","progress":{{"done":1000,"of":100000}}}}\n\n'

JobPath = Annotated[AssetRef, Path(description="The job's id")]
Key = Annotated[
    Name | None, Header(alias="Idempotency-Key", description="Sent again with the same key, it makes one job")
]
_TAKEN: dict[int | str, dict[str, Any]] = {
    202: {"model": JobShown, "description": "Taken; `Location` says where it is read"},
    **OF_BODIES,
    **problems(429),
}
_TEXT = {"type": "string"}


class BadTable(HoldfastError):
    """The table cannot be taken; the text says which line, and what to do."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "bad-table"


class NotText(HoldfastError):
    """The body is not said to be CSV, or is not UTF-8."""

    status: ClassVar[int] = 415
    slug: ClassVar[str] = "not-csv"


class NoMembers(HoldfastError):
    """The job was ended without its members' verdicts being kept."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "no-members"


@router.post("/jobs", status_code=status.HTTP_202_ACCEPTED, response_model=JobShown, responses=_TAKEN)
async def make_job(request: Request, connection: Reads, caller: CanRead, asked: JobAsked, key: Key = None) -> Response:
    """Let a claim of up to 100,000 things be judged as a job; without a cell, about everything in all of yours.

    What it is about, and `known_at`, are fixed when it is made. An operator may have four open jobs; each is kept for
    7 days. The same `Idempotency-Key` gives the same job.
    """
    return taken(request, await jobbing.make(connection, caller.viewer, asked, key))


@router.post(
    "/jobs/csv",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=JobShown,
    responses=_TAKEN,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": _TEXT, "example": "scheme,value,scope\nserial,1654025000001,nvidia/x\n"}
            },
        }
    },
)
async def make_job_of_list(
    request: Request, caller: CanRead, asked: Annotated[ListAsked, Query()], key: Key = None
) -> Response:
    """Let a claim about a list of up to 100,000 lines be judged as a job: CSV with a heading, one thing per line.

    Columns: `asset`, or `scheme`, `value` and, if known, `scope`. What stands in it twice is judged once; what names
    nothing of yours, or many things, is `unproven`. The answer names the list by its number of things and a hash.
    """
    claim = _claim(asked)
    table = await _table(request)  # however slowly it comes: no connection is held meanwhile
    async with parts_of(request).pool.acquire() as connection:
        return taken(request, await jobbing.make(connection, caller.viewer, claim, key, table))


def _claim(asked: ListAsked) -> JobAsked:
    """Make the claim about a list of what stands in the query. Raises `RequestValidationError`."""
    members = {
        **asked.model_dump(exclude={"kind", "identity", "grade", "max_silence_s"}),
        "subject": Subject(kinds=tuple(asked.kind) or None),
        "grades": Grades(identity=asked.identity, place=asked.grade),
        "max_silence_s": dict(each.split("=") for each in asked.max_silence_s),
    }
    try:
        return JobAsked.model_validate(members)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors()) from exc


async def _table(request: Request) -> Things:
    """Read the list that a request brings. Raises `NotText`, `BadTable`, `BodyTooLarge`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise NotText("send `content-type: text/csv`, in UTF-8")
    body = await request.body()
    try:
        return await asyncio.to_thread(lambda: things(body.decode()))
    except UnicodeDecodeError as exc:
        raise NotText(f"the table is not UTF-8, at byte {exc.start}: save it so") from exc
    except Rejected as exc:
        raise BadTable(exc.words) from exc


def taken(request: Request, row: asyncpg.Record) -> Response:
    """Answer where a job is read, and let somebody begin with it."""
    worker: Worker = request.app.state.worker
    worker.wake()
    shown = jobbing.as_shown(row).model_dump(mode="json")
    return JSONResponse(shown, status.HTTP_202_ACCEPTED, {"Location": jobbing.url_of(row["job"])})


@router.get("/jobs")
async def list_jobs(
    connection: Reads,
    caller: CanRead,
    *,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
    cursor: Cursor = None,
) -> JobsAnswer:
    """List your operator's jobs that are kept, oldest first, without their answers."""
    listing = f"{caller.viewer.operator}/jobs"
    parts = (Part.MOMENT, Part.ASSET)
    at, job = cursors.read(listing, cursor, parts) if cursor else [each.first for each in parts]
    rows = await jobs.page(connection, caller.viewer, after=(int(at), str(job)), limit=limit)
    following = cursors.write(listing, _NOW, [rows[-1]["made_at"], rows[-1]["job"]]) if len(rows) >= limit else None
    return JobsAnswer(items=[jobbing.as_shown(row) for row in rows], next=following)


@router.get("/jobs/{job}")
async def read_job(connection: Reads, caller: CanRead, job: JobPath) -> JobAnswer:
    """Read a job: how far it is, and its answer once it is done.

    The answer's canonical form (RFC 8785) is a function of the claim, `known_at`, the ruleset and your rights.
    """
    return jobbing.as_answered(await jobbing.shown(connection, caller.viewer, job))


@router.delete("/jobs/{job}")
async def cancel_job(connection: Reads, caller: CanRead, job: JobPath) -> JobShown:
    """Cancel a job that is open; what was found out so far is dropped. One that has ended stays as it is."""
    viewer = caller.viewer
    await jobbing.shown(connection, viewer, job)
    async with connection.transaction():
        await jobs.set_viewer(connection, viewer)
        if await jobs.end(connection, viewer, job, "cancelled"):
            await jobs.drop_chunks(connection, viewer, job)
    return jobbing.as_shown(await jobbing.shown(connection, viewer, job))


@router.get(
    "/jobs/{job}/members",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "JSON Lines, a verdict each; `Holdfast-Next` has the cursor, where more may follow",
            "content": {"application/x-ndjson": {"schema": _TEXT, "example": _EXAMPLE_LINE}},
        },
        **problems(409),
    },
)
async def read_members(
    request: Request,
    caller: CanRead,
    job: JobPath,
    *,
    limit: Annotated[int, Query(ge=1, le=MAX_LINES)] = MAX_LINES,
    cursor: Cursor = None,
) -> StreamingResponse:
    """Stream the verdict on each member, as JSON Lines, in the order in which they are judged.

    Of a job that is open, those that are judged so far, up to the first that is not: `Holdfast-Next` goes on there.
    """
    viewer, pool = caller.viewer, parts_of(request).pool
    async with pool.acquire() as connection:
        row = await jobbing.shown(connection, viewer, job)
        chunks = await jobs.chunks(connection, viewer, job)
    if row["state"] in {"cancelled", "failed"}:
        raise NoMembers(f"this job is {row['state']}, and no verdicts of it are kept: make another one")
    listing = f"{viewer.operator}/jobs/{job}/members"
    begin, skip = cursors.read(listing, cursor, (Part.PARTITION, Part.PARTITION)) if cursor else (0, 0)
    plan, at = _plan(chunks, int(begin), int(skip), limit)
    headers = {"Cache-Control": "private, no-store"}
    if at is not None:
        headers["Holdfast-Next"] = cursors.write(listing, _NOW, list(at))
    return StreamingResponse(_lines(pool, viewer, job, plan), media_type="application/x-ndjson", headers=headers)


Plan = list[tuple[int, int, int]]  # chunk, and from which of its lines up to which


def _plan(rows: list[asyncpg.Record], begin: int, skip: int, limit: int) -> tuple[Plan, tuple[int, int] | None]:
    """Say which lines of which chunks make a page, and where the next one begins; None where there is none."""
    plan: Plan = []
    for row in rows[max(begin, 0) :]:
        first = max(skip, 0) if row["n"] == begin else 0
        if not row["done"] or limit == 0:
            return plan, (row["n"], first)
        until = min(row["size"], first + limit)
        plan.append((row["n"], first, until))
        limit -= max(until - first, 0)
        if until < row["size"]:
            return plan, (row["n"], until)
    return plan, None


async def _lines(pool: asyncpg.Pool, viewer: Viewer, job: str, plan: Plan) -> AsyncIterator[bytes]:
    """Give the lines chunk by chunk; no connection is held while the client reads."""
    for n, first, until in plan:
        async with pool.acquire() as connection:
            found = await jobs.verdicts(connection, viewer, job, n)
        if found is None:
            return  # it was cancelled meanwhile, or its time is over
        yield b"".join(found.splitlines(keepends=True)[first:until])


@router.get(
    "/jobs/{job}/progress",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` with the job as GET /v1/jobs lists it",
            "content": {
                "text/event-stream": {"schema": _TEXT, "example": _EXAMPLE_EVENT},
            },
        }
    },
)
async def watch_job(request: Request, caller: CanRead, sent: KeySent, job: JobPath) -> StreamingResponse:
    """Stream how far a job is, each time that it changed, until it ends: at most for ten minutes, then ask again.

    The stream ends with the key, too, and where the server stops.
    """
    async with parts_of(request).pool.acquire() as connection:
        await jobbing.shown(connection, caller.viewer, job)
    return StreamingResponse(
        _progress(request, str(sent), job),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _progress(request: Request, key: str, job: str) -> AsyncIterator[bytes]:
    feeds: Feeds = request.app.state.feeds
    deadline = time.monotonic() + _STREAMED_S
    last = b""
    while time.monotonic() < deadline and not feeds.closing.is_set():
        try:
            caller = await caller_of(request, key)
            async with parts_of(request).pool.acquire() as connection:
                row = await jobbing.shown(connection, caller.viewer, job)
        except HoldfastError:
            return  # the key holds no more, or the job's time is over
        event = b"event: progress\ndata: " + jobbing.as_shown(row).model_dump_json().encode() + b"\n\n"
        if event != last:
            yield event
            last = event
        if row["state"] != "open":
            return
        await asyncio.sleep(_LOOK_S)
