"""Sites, places, sources, statuses, planned work, findings and dead letters of a cell."""

import base64
from typing import Annotated, ClassVar, Literal

import asyncpg
import orjson
from fastapi import Path

from schemas.acting import AssetRef, Name
from schemas.errors import HoldfastError
from schemas.listings import DeadLetterAnswer, DeadLetterWhole, PlaceAnswer, SourceAnswer, TicketAnswer
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
from schemas.words import FindingKind, PlaceKind, SourceClass, Status
from service.api.asking import AllOfMine, ListingAsked, OneAsked, PlaceNotFound, asset_names
from service.api.assets import contents_page, standing_at
from service.api.auth import CanAudit, guarded
from service.api.cursors import Key, Part
from service.api.listings import From, Until
from service.store import listing, reading

router = guarded("records")

_DEEP = 8


class SourceNotFound(HoldfastError):
    """The cell has no source of this name, as known then."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "source-not-found"


class TicketNotFound(HoldfastError):
    """No work is planned under this ticket, as known then."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "ticket-not-found"


class DeadLetterNotFound(HoldfastError):
    """No dead letter was taken from this position."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "dead-letter-not-found"


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
async def list_places(
    asked: ListingAsked, *, kind: PlaceKind | None = None, within: Name | None = None
) -> Page[PlaceShown]:
    """List places by name, as known at `known_at`: of a kind, or those that stand directly within one."""
    named = f"places/{kind}/{within}"
    (after,) = asked.after(named, Part.TEXT)
    rows = await reading.places(asked.book, str(after), asked.limit, kind=kind, within=within)
    items = [_place(row) for row in rows]
    return asked.page(Page[PlaceShown], named, items, [items[-1].place] if items else None)


def _place(row: asyncpg.Record) -> PlaceShown:
    return PlaceShown.model_validate({**dict(row), "since": row["from_at"]})


@router.get("/places/{place:path}/contents")
async def read_place_contents(
    asked: ListingAsked, place: Annotated[Name, Path()], *, deep: bool = False
) -> Page[StandingShown]:
    """Read what stood in a place at `as_of`: directly there, or `deep`, down to the last part."""
    rows = await standing_at(asked.book, place, asked.as_of, _DEEP if deep else 1)
    return contents_page(asked, f"place/{place}/{deep}", rows)


@router.get("/places/{place:path}")
async def read_place(asked: OneAsked, place: Annotated[Name, Path()]) -> PlaceAnswer:
    """Read one place."""
    found = [row for row in await reading.places(asked.book) if row["place"] == place]
    if not found:
        raise PlaceNotFound(f"{asked.book.cell} had no place {place!r} as known then: GET /v1/places names them")
    return PlaceAnswer.model_validate({**asked.head(), "place": _place(found[0])})


@router.get("/sources")
async def list_sources(
    asked: ListingAsked,
    *,
    source_class: SourceClass | None = None,
    control_domain: Name | None = None,
    retired: bool | None = None,
) -> Page[SourceShown]:
    """List sources by name, enrolled or merely seen, as known at `known_at`: of a class, of a domain, retired."""
    named = f"sources/{source_class}/{control_domain}/{retired}"
    (after,) = asked.after(named, Part.TEXT)
    domain = None if control_domain is None else control_domain.casefold()
    rows = await reading.sources(
        asked.book, str(after), asked.limit, source_class=source_class, domain=domain, retired=retired
    )
    items = [_source(row) for row in rows]
    return asked.page(Page[SourceShown], named, items, [items[-1].source] if items else None)


def _source(row: asyncpg.Record) -> SourceShown:
    return SourceShown(
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


@router.get("/sources/{source:path}")
async def read_source(asked: OneAsked, source: Annotated[Name, Path()]) -> SourceAnswer:
    """Read one source: what was enrolled last, or what it first appeared as."""
    found = [row for row in await reading.sources(asked.book) if row["source"] == source]
    if not found:
        raise SourceNotFound(f"{asked.book.cell} had no source {source!r} as known then: GET /v1/sources names them")
    return SourceAnswer.model_validate({**asked.head(), "source": _source(found[0])})


@router.get("/statuses")
async def list_statuses(
    asked: ListingAsked, *, asset: AssetRef | None = None, status: Status | None = None
) -> Page[StatusShown]:
    """List what was said of the status of things, in the order of the acts, as known at `known_at`.

    With `asset`: of that one, under all of its names. What was withdrawn by then is left out.
    """
    named = f"statuses/{asset}/{status}"
    offset, n = asked.after(named, Part.NUMBER, Part.PARTITION)
    names = None if asset is None else (await asset_names(asked.book, asset))[2]
    rows = await reading.statuses(asked.book, names, status, after=(int(offset), int(n)), limit=asked.limit)
    items = [
        StatusShown.model_validate({**dict(row), "accepted": None if row["accepted_at"] is None else _accepted(row)})
        for row in rows
    ]
    return asked.page(Page[StatusShown], named, items, [rows[-1]["offset"], rows[-1]["n"]] if rows else None)


def _accepted(row: asyncpg.Record) -> AcceptedShown:
    return AcceptedShown(at=row["accepted_at"], by=row["accepted_by"], document=row["accepted_document"])


@router.get("/work")
async def list_work(asked: ListingAsked) -> Page[WorkShown]:
    """List planned work by ticket, each as last told by `known_at`, what was called off too."""
    (after,) = asked.after("work", Part.TEXT)
    rows = await reading.work(asked.book, str(after), asked.limit)
    items = [WorkShown.model_validate(dict(row)) for row in rows]
    return asked.page(Page[WorkShown], "work", items, [items[-1].ticket] if items else None)


@router.get("/work/{ticket:path}")
async def read_ticket(asked: OneAsked, ticket: Annotated[Name, Path()]) -> TicketAnswer:
    """Read a ticket of planned work in all its versions, as told by `known_at`, oldest first."""
    rows = await listing.ticket(asked.book, ticket)
    if not rows:
        raise TicketNotFound(f"no work was planned under {ticket!r} as known then: GET /v1/work names the tickets")
    versions = [WorkShown.model_validate(dict(row)) for row in rows]
    return TicketAnswer.model_validate({**asked.head(), "ticket": ticket, "versions": versions})


@router.get("/findings")
async def list_findings(
    asked: ListingAsked,
    *,
    state: Literal["open", "closed"] | None = None,
    kind: FindingKind | None = None,
    severity: Name | None = None,
    subject: Name | None = None,
    from_at: From = None,
    until: Until = None,
) -> Page[FindingShown]:
    """List findings as they are now, oldest first; with `from` and `until`, those that were open in that time."""
    wanted = reading.FindingsWanted(state, kind, severity, subject, from_at, until)
    named = "/".join(["findings", *map(str, wanted)])
    at, finding = asked.after(named, Part.MOMENT, Part.ASSET)
    rows = await reading.findings(asked.book, wanted, after=(int(at), str(finding)), limit=asked.limit)
    items = [FindingShown.model_validate({**dict(row), "evidence": orjson.loads(row["evidence"])}) for row in rows]
    last: Key | None = [items[-1].opened_at, items[-1].finding] if items else None
    return asked.page(Page[FindingShown], named, items, last)


@router.get("/dead-letters")
async def list_dead_letters(
    asked: ListingAsked, _caller: CanAudit, *, code: Name | None = None, source: Name | None = None
) -> Page[DeadLetterShown]:
    """List records that could not be read, oldest first, without their bytes. Needs the scope `audit`."""
    named = f"dead-letters/{code}/{source}"
    at, partition, offset = asked.after(named, Part.MOMENT, Part.PARTITION, Part.NUMBER)
    key = (int(at), int(partition), int(offset))
    rows = await reading.dead_letters(asked.book, code, source, after=key, limit=asked.limit)
    items = [DeadLetterShown.model_validate(dict(row)) for row in rows]
    last = items[-1] if items else None
    return asked.page(Page[DeadLetterShown], named, items, [last.at, last.partition, last.offset] if last else None)


@router.get("/dead-letters/{partition}/{offset}")
async def read_dead_letter(
    asked: OneAsked,
    _caller: CanAudit,
    partition: Annotated[int, Path(ge=0, lt=2**31)],
    offset: Annotated[int, Path(ge=0, lt=2**63)],
) -> DeadLetterAnswer:
    """Read one record that could not be read, with its key, headers and bytes. Needs the scope `audit`."""
    rows = await listing.dead_letter(asked.book, partition, offset)
    if not rows:
        raise DeadLetterNotFound(f"there is no dead letter at partition {partition}, offset {offset} of this cell")
    return DeadLetterAnswer.model_validate({**asked.head(), "letters": [_letter(row) for row in rows]})


def _letter(row: asyncpg.Record) -> DeadLetterWhole:
    whole = {name: None if row[name] is None else base64.b64encode(row[name]).decode() for name in ("key", "value")}
    return DeadLetterWhole.model_validate({**dict(row), **whole, "headers": orjson.loads(row["headers"])})
