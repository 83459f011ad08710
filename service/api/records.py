"""Sites, places, sources, statuses, planned work, findings and dead letters of a cell."""

from typing import Annotated, Literal

import asyncpg
import orjson
from fastapi import Path

from schemas.acting import AssetRef, Name
from schemas.pages import (
    CellShown,
    DeadLetterShown,
    FindingShown,
    PlaceShown,
    SitesAnswer,
    SiteShown,
    SourceShown,
    StandingShown,
)
from schemas.paging import Page
from schemas.planning import WorkShown
from schemas.statuses import AcceptedShown, StatusShown
from schemas.words import FindingKind, Status
from service.api.asking import AllOfMine, ReadingAsked, asset_names
from service.api.assets import contents_page, standing_at
from service.api.auth import CanAudit, guarded
from service.api.cursors import Part
from service.store import reading

router = guarded("records")

_DEEP = 8


@router.get("/sites")
async def list_sites(mine: AllOfMine) -> SitesAnswer:
    """List your cells and the sites that each holds, with each cell's horizon."""
    cells = []
    for opened in mine:
        rows = [row for row in await reading.places(opened.book) if row["kind"] == "site"]
        cells.append(
            CellShown(
                cell=opened.book.cell,
                simulated=opened.simulated,
                horizon=opened.horizon,
                sites=[SiteShown.model_validate(dict(row)) for row in rows],
                not_counted=[
                    f"{row['topic']}/{row['partition']}: {row['stopped'] or 'suspended'}"
                    for row in await reading.suspended(opened.book)
                ],
            )
        )
    return SitesAnswer(cells=cells)


@router.get("/places")
async def list_places(asked: ReadingAsked) -> Page[PlaceShown]:
    """List places by name, as known at `known_at`."""
    (after,) = asked.after("places", Part.TEXT)
    rows = await reading.places(asked.book, str(after), asked.limit)
    items = [PlaceShown.model_validate({**dict(row), "since": row["from_at"]}) for row in rows]
    following = asked.next("places", [items[-1].place], len(items)) if items else None
    return Page[PlaceShown].model_validate({**asked.head(), "items": items, "next": following})


@router.get("/places/{place:path}/contents")
async def read_place(asked: ReadingAsked, place: Annotated[Name, Path()], *, deep: bool = False) -> Page[StandingShown]:
    """Read what stood in a place at `as_of`: directly there, or `deep`, down to the last part."""
    rows = await standing_at(asked.book, place, asked.as_of, _DEEP if deep else 1)
    return contents_page(asked, f"place/{place}/{deep}", rows)


@router.get("/sources")
async def list_sources(asked: ReadingAsked) -> Page[SourceShown]:
    """List sources by name, enrolled or merely seen, as known at `known_at`."""
    (after,) = asked.after("sources", Part.TEXT)
    rows = await reading.sources(asked.book, str(after), asked.limit)
    items = [
        SourceShown(
            source=row["source"],
            source_class=row["source_class"],
            control_domain=row["control_domain"],
            interval_s=None if row["interval_ms"] is None else row["interval_ms"] // 1000,
            clock_offset_s=row["clock_offset_ms"] // 1000,
            lateness_s=row["lateness_ms"] // 1000,
            retired=row["retired"],
            enrolled_at=row["enrolled_at"],
            first_at=row["first_at"],
        )
        for row in rows
    ]
    following = asked.next("sources", [items[-1].source], len(items)) if items else None
    return Page[SourceShown].model_validate({**asked.head(), "items": items, "next": following})


@router.get("/statuses")
async def list_statuses(
    asked: ReadingAsked, *, asset: AssetRef | None = None, status: Status | None = None
) -> Page[StatusShown]:
    """List what was said of the status of things, in the order of the acts, as known at `known_at`.

    With `asset`: of that one, under all of its names. What was withdrawn by then is left out.
    """
    listing = f"statuses/{asset}/{status}"
    offset, n = asked.after(listing, Part.NUMBER, Part.PARTITION)
    names = None if asset is None else (await asset_names(asked.book, asset))[2]
    rows = await reading.statuses(asked.book, names, status, after=(int(offset), int(n)), limit=asked.limit)
    items = [
        StatusShown.model_validate({**dict(row), "accepted": None if row["accepted_at"] is None else _accepted(row)})
        for row in rows
    ]
    following = asked.next(listing, [rows[-1]["offset"], rows[-1]["n"]], len(rows)) if rows else None
    return Page[StatusShown].model_validate({**asked.head(), "items": items, "next": following})


def _accepted(row: asyncpg.Record) -> AcceptedShown:
    return AcceptedShown(at=row["accepted_at"], by=row["accepted_by"], document=row["accepted_document"])


@router.get("/work")
async def list_work(asked: ReadingAsked) -> Page[WorkShown]:
    """List planned work by ticket, each as last told by `known_at`, what was called off too."""
    (after,) = asked.after("work", Part.TEXT)
    rows = await reading.work(asked.book, str(after), asked.limit)
    items = [WorkShown.model_validate(dict(row)) for row in rows]
    following = asked.next("work", [items[-1].ticket], len(items)) if items else None
    return Page[WorkShown].model_validate({**asked.head(), "items": items, "next": following})


@router.get("/findings")
async def list_findings(
    asked: ReadingAsked, *, state: Literal["open", "closed"] | None = None, kind: FindingKind | None = None
) -> Page[FindingShown]:
    """List findings as they are now, oldest first."""
    listing = f"findings/{state}/{kind}"
    at, finding = asked.after(listing, Part.MOMENT, Part.ASSET)
    rows = await reading.findings(asked.book, state, kind, after=(int(at), str(finding)), limit=asked.limit)
    items = [FindingShown.model_validate({**dict(row), "evidence": orjson.loads(row["evidence"])}) for row in rows]
    following = asked.next(listing, [items[-1].opened_at, items[-1].finding], len(items)) if items else None
    return Page[FindingShown].model_validate({**asked.head(), "items": items, "next": following})


@router.get("/dead-letters")
async def list_dead_letters(asked: ReadingAsked, _caller: CanAudit) -> Page[DeadLetterShown]:
    """List records that could not be read, oldest first, without their bytes. Needs the scope `audit`."""
    at, partition, offset = asked.after("dead-letters", Part.MOMENT, Part.PARTITION, Part.NUMBER)
    key = (int(at), int(partition), int(offset))
    rows = await reading.dead_letters(asked.book, after=key, limit=asked.limit)
    items = [DeadLetterShown.model_validate(dict(row)) for row in rows]
    last = items[-1] if items else None
    following = asked.next("dead-letters", [last.at, last.partition, last.offset], len(items)) if last else None
    return Page[DeadLetterShown].model_validate({**asked.head(), "items": items, "next": following})
