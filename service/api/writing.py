"""Acts through Kafka: validated, put on `acts.<cell>`, and waited for (SEMANTICS rule 4). No act goes another way."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import asyncpg

from schemas import acts
from schemas.envelope import COMMON
from schemas.errors import HoldfastError
from schemas.findings import DisclosurePut, FindingOpened, TextErase
from schemas.grants import AccessNote, GrantAct
from schemas.retention import RetentionAct
from service.api.asking import open_book
from service.api.parts import Sent
from service.api.sending import COMMON_ACTS
from service.facts.records import Millis
from service.store import listing, reading
from service.store.keys import ALL_OPERATORS
from service.store.pool import Connection
from service.store.reading import Book, Viewer

WAIT_S = 4.0
_POLL_S = 0.05

_ENROLS = frozenset({"source.enrol", "source.retire"})


class NotYours(HoldfastError):
    """An act about operators and cells names the caller's own operator."""

    status: ClassVar[int] = 403
    slug: ClassVar[str] = "not-your-operator"


class NotForPeople(HoldfastError):
    """What only Holdfast itself can know is said by it, and by nobody else."""

    status: ClassVar[int] = 403
    slug: ClassVar[str] = "not-for-people"


@dataclass(frozen=True, slots=True)
class Done:
    """Where an act stands, and what became of it (None: not derived yet)."""

    sent: Sent
    outcome: str | None
    words: str | None


def scope_for(act: acts.CellAct | acts.CommonAct) -> str:
    """Name the scope that an act needs. Pure."""
    if act.act in COMMON_ACTS or isinstance(act, GrantAct | TextErase | DisclosurePut | RetentionAct):
        return "admin"
    return "enrol" if act.act in _ENROLS else "write"


def check_operator(act: acts.CellAct | acts.CommonAct, operator: str) -> None:
    """Raise `NotYours` where an act that spans cells is about another operator than this one. Pure."""
    if isinstance(act, acts.CommonAct) and act.operator != operator:
        raise NotYours(
            f"this key is of the operator {operator!r}, and {act.act} names {act.operator!r}: use one of its keys, or "
            f"one with the scope {ALL_OPERATORS!r}"
        )


def check_author(act: acts.CellAct | acts.CommonAct) -> None:
    """Raise `NotForPeople` where an act is the consumer's or the API's own. Pure."""
    if isinstance(act, AccessNote | FindingOpened):
        raise NotForPeople(f"{act.act} is the API's own: what somebody is shown is noted by whoever shows it")
    if act.by == acts.FINDER:
        raise NotForPeople(
            f"`by` {acts.FINDER!r} is the consumer's own: say who says so; partitions that are added join alone"
        )


async def time_for(connection: Connection, viewer: Viewer, cell: str) -> Millis | None:
    """Give the time that the sender must stamp: in a simulated cell the horizon + 1 ms (rule 24), else none.

    Raises `CellNotFound`.
    """
    if cell == COMMON:
        return None
    return (await open_book(connection, replace(viewer, granted=()), cell)).stamp


async def outcome(pool: asyncpg.Pool, viewer: Viewer, cell: str, sent: Sent, *, everyones: bool = False) -> Done:
    """Wait until the horizon has reached an act that was put, and give its outcome; without one after `WAIT_S`."""
    deadline = time.monotonic() + WAIT_S
    while True:
        async with pool.acquire() as connection:
            row = await find(connection, viewer, cell, sent.offset, everyones=everyones)
        if row is not None and (became := settled(cell, row)) is not None:
            return Done(Sent(sent.offset, row["at"]), became, row["words"])
        if time.monotonic() >= deadline:
            return Done(sent, None, None)
        await asyncio.sleep(_POLL_S)


async def outcomes(pool: asyncpg.Pool, viewer: Viewer, cell: str, sent: Sequence[Sent]) -> list[Done]:
    """Wait until the horizon has reached acts that were put together; without outcomes after `WAIT_S` of no news."""
    found: dict[int, asyncpg.Record] = {}
    deadline = time.monotonic() + WAIT_S
    while len(found) < len(sent) and time.monotonic() < deadline:
        async with pool.acquire() as connection:
            book = (await open_book(connection, replace(viewer, granted=()), cell)).book
            after = max(found, default=sent[0].offset - 1)
            most = sent[-1].offset - after
            rows = await listing.acts(book, None, None, None, after=after, limit=most)  # of those that are settled
        ours = {row["offset"]: row for row in rows} if rows else {}
        if ours:
            deadline = time.monotonic() + WAIT_S
            found |= {one.offset: ours[one.offset] for one in sent if one.offset in ours}
        else:
            await asyncio.sleep(_POLL_S)
    return [
        Done(one, None, None) if (row := found.get(one.offset)) is None
        else Done(Sent(one.offset, row["at"]), row["outcome"], row["words"])
        for one in sent
    ]  # fmt: skip


async def find(
    connection: Connection, viewer: Viewer, cell: str, offset: int, *, everyones: bool = False
) -> asyncpg.Record | None:
    """Give an act as consumed so far; None where it was not yet, or is not the viewer's to see.

    Of those that span cells each operator sees those about itself; `everyones`: about any.
    """
    if cell != COMMON:
        return await reading.act(Book(connection, viewer, cell, 0), offset)
    book = Book(connection, Viewer(viewer.operator, (COMMON,)), COMMON, 0)
    return await reading.common_act(book, offset, None if everyones else viewer.operator)


def settled(cell: str, row: asyncpg.Record) -> str | None:
    """Give an act's outcome once the horizon has reached it (what spans cells is not derived, and has none). Pure."""
    reached = cell == COMMON or row["horizon"] > row["at"]
    return row["outcome"] if reached else None
