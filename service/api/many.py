"""Writing many acts at once: all are looked at before any is written; then written in their order, round by round."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, ClassVar

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from schemas import act_table
from schemas.act_table import MAX_ACTS, Defaults, Line
from schemas.acting import Cell, Name
from schemas.envelope import COMMON
from schemas.errors import HoldfastError, Rejected
from schemas.replies import ActCarried
from service.api import parquet, sending, writing
from service.api.acts import IdempotencyKey
from service.api.auth import OF_BODIES, AnyCaller, Caller, KeySent, caller_of, guarded
from service.api.encoding import CSV, NDJSON, PARQUET
from service.api.parts import Parts, parts_of
from service.api.writing import Done

router = guarded("acts")

_ROUND = 500
_TEXT = {"type": "string"}
_LINE = (
    '{"act":"place.put","key":"p-1","by":"person:7","place":"KUL-1/H1/R3","kind":"rack_position","within":"KUL-1/H1"}\n'
)
_TABLE = "act,key,by,place,kind,within\nplace.put,p-1,person:7,KUL-1/H1/R3,rack_position,KUL-1/H1\n"
_BECAME = (
    '{"line":2,"act":"place.put","key":"p-1","offset":41,"at":"2025-06-01T00:00:00.000Z","outcome":"applied",'
    '"words":null}\n'
)
_EXAMPLES = {NDJSON: _LINE, CSV: _TABLE, PARQUET: "PAR1…PAR1"}


class BadActs(HoldfastError):
    """Some lines are no acts; nothing was written."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "bad-acts"

    def __init__(self, words: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(words)
        self.errors = errors


class NotRows(HoldfastError):
    """The body is not said to be rows, or is not UTF-8."""

    status: ClassVar[int] = 415
    slug: ClassVar[str] = "not-rows"


@router.post(
    "/acts/bulk",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "JSON Lines, one for each act, in their order, as their outcomes become known",
            "content": {NDJSON: {"schema": _TEXT, "example": _BECAME}},
        },
        **OF_BODIES,
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": _TEXT, "example": example} for kind, example in _EXAMPLES.items()},
        }
    },
)
async def write_acts(
    request: Request,
    caller: AnyCaller,
    key: KeySent,
    cell: Cell,
    *,
    act: Annotated[Name | None, Query(description="What every line is, that does not say `act` itself")] = None,
    by: Annotated[Name | None, Query(description="Who says so, where a line has no `by`")] = None,
    idempotency_key: IdempotencyKey = None,
) -> StreamingResponse:
    """Write up to 100,000 acts: JSON Lines, CSV with a heading, or Parquet; columns are the members of acts.

    All lines are looked at first: where any is wrong nothing is written, and up to 20 are named. A line without a `key`
    gets that of the header `Idempotency-Key` with its number, so that the same rows sent again are applied once. In CSV
    and Parquet what is neither text, a number, a moment nor a flag is JSON, and what is empty is left out. The scopes
    are those of `POST /v1/acts`. Where Kafka is away, or the key ends, the lines that are left say so.
    """
    lines = await _lines(request, Defaults(act, by, idempotency_key))
    for line in lines:
        caller.needs(writing.scope_for(line.act))
        writing.check_author(line.act)
        sending.check_book(cell, line.act)
        if not caller.everyones:
            writing.check_operator(line.act, caller.viewer.operator)
    async with parts_of(request).pool.acquire() as connection:
        await writing.time_for(connection, caller.viewer, cell)  # a cell that is not theirs is refused at once
    return StreamingResponse(_carried(request, str(key), cell, lines), media_type=NDJSON)


async def _lines(request: Request, defaults: Defaults) -> list[Line]:
    """Read the acts that a request brings. Raises `NotRows`, `BadActs`, `BodyTooLarge`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _EXAMPLES:
        raise NotRows(f"send `content-type`: one of {', '.join(_EXAMPLES)}")
    body = await request.body()
    try:
        lines, mistakes = await asyncio.to_thread(_read, kind, body, defaults)
    except UnicodeDecodeError as exc:
        raise NotRows(f"the table is not UTF-8, at byte {exc.start}: save it so") from exc
    except Rejected as exc:
        raise BadActs(exc.words) from exc
    if mistakes:
        errors = [{"at": f"line {each.number}", "says": each.words} for each in mistakes]
        raise BadActs(f"{errors[0]['at']}: {errors[0]['says']} (nothing was written)", errors)
    return lines


def _read(kind: str, body: bytes, defaults: Defaults) -> tuple[list[Line], list[act_table.Mistake]]:
    match kind:
        case _ if kind == NDJSON:
            read = act_table.of_lines(body)
        case _ if kind == CSV:
            read = act_table.of_csv(body.decode())
        case _:
            read = parquet.rows(body, MAX_ACTS)
    return act_table.collected(read, defaults)


async def _carried(request: Request, key: str, cell: str, lines: Sequence[Line]) -> AsyncIterator[bytes]:
    """Write acts round by round, and tell of each what became of it."""
    for first in range(0, len(lines), _ROUND):
        part = lines[first : first + _ROUND]
        try:
            caller = await caller_of(request, key)
            done = await _round(parts_of(request), caller, cell, part)
        except HoldfastError as exc:  # the key holds no more, or Kafka is away
            for line in lines[first:]:
                yield _told(line, None, str(exc))
            return
        yield b"".join(_told(line, one, one.words) for line, one in zip(part, done, strict=True))


async def _round(parts: Parts, caller: Caller, cell: str, lines: Sequence[Line]) -> list[Done]:
    async with parts.pool.acquire() as connection:
        at = await writing.time_for(connection, caller.viewer, cell)
    sent = await sending.put_all(parts.send, cell, [line.act for line in lines], at)
    if cell == COMMON:  # what spans cells is not derived: as it is consumed, it has its outcome
        return [await writing.outcome(parts.pool, caller.viewer, cell, one, everyones=caller.everyones) for one in sent]
    return await writing.outcomes(parts.pool, caller.viewer, cell, sent)


def _told(line: Line, done: Done | None, words: str | None) -> bytes:
    said = ActCarried(
        line=line.number,
        act=line.act.act,
        key=line.act.key,
        offset=None if done is None else done.sent.offset,
        at=None if done is None else done.sent.at,
        outcome=None if done is None else done.outcome,
        words=words,
    )
    return said.model_dump_json().encode() + b"\n"
