"""Writing acts, and reading what became of them."""

from typing import Annotated, ClassVar

from fastapi import Header, Path, Request, Response, status

from schemas.acting import Cell, Name
from schemas.acts import CellAct, CommonAct
from schemas.envelope import COMMON
from schemas.errors import HoldfastError
from schemas.replies import ActAnswer, ActAsked
from service.api import sending, writing
from service.api.asking import CellNotFound, Reads
from service.api.auth import OF_BODIES, AnyCaller, Caller, CanRead, guarded
from service.api.parts import parts_of

router = guarded("acts")


class ActNotFound(HoldfastError):
    """No act was consumed at this offset, yet."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "act-not-found"


class TwoKeys(HoldfastError):
    """The header names another idempotency key than the act."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "two-keys"


IdempotencyKey = Annotated[Name | None, Header(description="Sent again with the same one, it is applied once")]


@router.post(
    "/acts", responses={202: {"model": ActAnswer, "description": "Taken; its outcome is not known yet"}, **OF_BODIES}
)
async def write_act(
    request: Request, response: Response, caller: AnyCaller, asked: ActAsked, idempotency_key: IdempotencyKey = None
) -> ActAnswer:
    """Write an act, and wait up to 4 s for its outcome; else 202 with the act's URL.

    Needs the scope `write`; `enrol` for sources; `admin` for operators and cells, and then names the key's own
    operator, unless the key has the scope `operators` too. A cell that is another operator's stays so: `refused`.

    An act whose `key` was applied before is `repeated` and changes nothing; one that says something else under the same
    key is `refused`. The header `Idempotency-Key`, where it is sent, must be that key. 503 where Kafka is away; its
    `detail` says whether the act may have been written all the same: then send it again with the same `key`.
    """
    if idempotency_key not in {None, asked.act.key}:
        raise TwoKeys(
            f"the header Idempotency-Key is {idempotency_key!r} and the act's key {asked.act.key!r}: send one"
        )
    return await carried(request, response, caller, asked.cell, asked.act)


async def carried(
    request: Request, response: Response, caller: Caller, cell: str, act: CellAct | CommonAct
) -> ActAnswer:
    """Write an act for a caller, wait for its outcome, and answer it, or 202 with where it will be."""
    caller.needs(writing.scope_for(act))
    writing.check_author(act)
    if not caller.everyones:
        writing.check_operator(act, caller.viewer.operator)
    parts = parts_of(request)
    async with parts.pool.acquire() as connection:
        at = await writing.time_for(connection, caller.viewer, cell)
    sent = await sending.put(parts.send, cell, act, at)
    done = await writing.outcome(parts.pool, caller.viewer, cell, sent, everyones=caller.everyones)
    url = f"/v1/acts/{sent.offset}?cell={cell}"
    if done.outcome is None:
        response.status_code = status.HTTP_202_ACCEPTED
        response.headers["Location"] = url
    return ActAnswer(
        cell=cell,
        offset=sent.offset,
        at=done.sent.at,
        act=act.act,
        key=act.key,
        by=act.by,
        outcome=done.outcome,
        words=done.words,
        url=url,
    )


@router.get("/acts/{offset}")
async def read_act(
    connection: Reads, caller: CanRead, cell: Cell, offset: Annotated[int, Path(ge=0, lt=2**63)]
) -> ActAnswer:
    """Read an act and its outcome (null until the horizon has reached it).

    Acts of `common` need the scope `admin`, and are there for the operator that they are about.
    """
    if cell == COMMON:
        caller.needs("admin")
    elif cell not in caller.viewer.cells:
        raise CellNotFound(f"there is no cell {cell!r} among yours: GET /v1/sites names them")
    row = await writing.find(connection, caller.viewer, cell, offset, everyones=caller.everyones)
    if row is None:
        raise ActNotFound(f"no act was consumed at offset {offset} of {cell}, yet: ask again")
    outcome = writing.settled(cell, row)
    return ActAnswer(
        cell=cell,
        offset=row["offset"],
        at=row["at"],
        act=row["act"],
        key=row["key"],
        by=row["by"],
        outcome=outcome,
        words=row["words"] if outcome else None,
        url=f"/v1/acts/{offset}?cell={cell}",
    )
