"""How long records are kept, holds, and the plan: what would leave, before anything does."""

from typing import Annotated

from fastapi import Query, Request

from schemas.answers import Moment
from schemas.paging import Page
from schemas.retention import ClassShown, HoldShown, Leaving, RetentionPlan
from schemas.words import RecordKind, Trigger
from service.api.asking import ListingAsked, OneAsked
from service.api.auth import CanAudit, guarded
from service.api.cursors import Part
from service.api.parts import parts_of
from service.facts.records import Millis
from service.facts.retention import Class, kept
from service.store import evidence, retention
from service.store.reading import Book, Rows

router = guarded("retention")


@router.get("/retention/classes")
async def list_classes(asked: ListingAsked) -> Page[ClassShown]:
    """List the classes of records that stand, by name. Acts `retention.put` and `retention.drop` change them."""
    (after,) = asked.after("classes", Part.TEXT)
    rows = [row for row in await retention.classes(asked.book) if row["name"] > str(after)][: asked.limit]
    items = [ClassShown.model_validate(dict(row)) for row in rows]
    return asked.page(Page[ClassShown], "classes", items, [items[-1].name] if items else None)


@router.get("/holds")
async def list_holds(asked: ListingAsked) -> Page[HoldShown]:
    """List holds by key, released ones too. Acts `hold.put` and `hold.release` make and end them."""
    (after,) = asked.after("holds", Part.TEXT)
    rows = await retention.holds(asked.book, str(after), asked.limit)
    items = [
        HoldShown.model_validate({**dict(row), "things": len(row["assets"]), "released_at": row["known_until"]})
        for row in rows
    ]
    return asked.page(Page[HoldShown], "holds", items, [items[-1].key] if items else None)


@router.get("/retention/plan")
async def plan_retention(
    request: Request,
    asked: OneAsked,
    _caller: CanAudit,
    *,
    at: Annotated[Moment | None, Query(description="The moment at which it would leave; default now")] = None,
    record: Annotated[RecordKind | None, Query(description="Of this kind alone; default all")] = None,
) -> RetentionPlan:
    """Say what would leave at a moment, and why the rest would not. Nothing leaves by asking. Needs the scope `audit`.

    It counts every record of the cell: in a large one ask kind by kind.
    """
    book = asked.book
    now = asked.opened.horizon if asked.opened.simulated else parts_of(request).now()
    moment = now if at is None else at
    standing = [row for row in await retention.holds(book) if row["known_until"] is None]
    everything, held = any(row["whole"] for row in standing), await _held(book, standing)
    classes = [
        Class(row["name"], RecordKind(row["record"]), Trigger(row["trigger"]), row["keep_days"])
        for row in await retention.classes(book)
    ]
    records = [
        await _leaving(book, each, classes, held, moment, everything=everything)
        for each in ([record] if record else RecordKind)
    ]
    return RetentionPlan(
        cell=book.cell,
        simulated=asked.opened.simulated,
        known_at=book.known_at,
        at=moment,
        holds=[row["key"] for row in standing],
        records=records,
    )


async def _held(book: Book, standing: Rows) -> list[str]:
    """Give all names of the things that are held."""
    names = sorted({str(name) for row in standing for name in row["assets"]})
    return sorted({*names, *(row["name"] for row in await evidence.names(book, names))}) if names else []


async def _leaving(
    book: Book, record: RecordKind, classes: list[Class], held: list[str], at: Millis, *, everything: bool
) -> Leaving:
    names, days = kept(classes, record)
    row = await retention.leaving(book, record, days, held, at, all_held=everything)
    if not names:
        return Leaving(
            record=record, classes=[], total=row["total"], due=0, held=0, running=0, waiting=0, unclassed=row["total"]
        )
    return Leaving.model_validate({"record": record, "classes": names, **dict(row), "unclassed": 0})
