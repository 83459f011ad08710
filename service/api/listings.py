"""Listings of a whole cell: identifiers, whereabouts, runs, silences, disputes, events and acts."""

from typing import Annotated

from fastapi import Query

from schemas.acting import AssetRef, Name
from schemas.answers import Moment
from schemas.inventory import Identifier
from schemas.listings import (
    ActListed,
    CauseShown,
    CellEventShown,
    ClaimedShown,
    DisputeShown,
    GapShown,
    RunListed,
    SideShown,
    StoodShown,
)
from schemas.paging import Page
from schemas.words import Kind, Scheme
from service.api.asking import ListingAsked, asset_names
from service.api.auth import guarded
from service.api.cursors import Part
from service.facts import gaps
from service.facts.intervals import Interval
from service.facts.schemes import usable
from service.store import evidence, listing

router = guarded("listings")

From = Annotated[Moment | None, Query(alias="from", description="Only what lasted beyond this moment")]
Until = Annotated[Moment | None, Query(description="Only what began before this moment")]
Lasting = Annotated[bool | None, Query(alias="open", description="Only what lasts still (true), or what has ended")]


@router.get("/identifiers")
async def list_identifiers(
    asked: ListingAsked, *, scheme: Scheme | None = None, value: Name | None = None, kind: Kind | None = None
) -> Page[ClaimedShown]:
    """List the identifiers that sources claim, by scheme, scope and value; of a `value` however it is written."""
    after = asked.after(f"identifiers/{scheme}/{value}/{kind}", *[Part.TEXT] * 4, Part.HEX)
    values = None if value is None else _compared(scheme, value, kind)
    rows = await listing.identifiers(asked.book, scheme, values, kind, after=tuple(map(str, after)), limit=asked.limit)
    items = [ClaimedShown.model_validate(dict(row)) for row in rows]
    last = [rows[-1][name] for name in ("scheme", "scope", "value", "kind", "part")] if rows else None
    return asked.page(Page[ClaimedShown], f"identifiers/{scheme}/{value}/{kind}", items, last)


def _compared(scheme: Scheme | None, value: str, kind: Kind | None) -> list[str]:
    """Give what a value may be once it is normalised, as whatever it may be."""
    schemes, kinds = [scheme] if scheme else list(Scheme), [kind] if kind else list(Kind)
    found = (usable(each, Identifier(one, "", value)) for each in kinds for one in schemes)
    return sorted({normal.value for normal in found if normal is not None})


@router.get("/whereabouts")
async def list_whereabouts(
    asked: ListingAsked, *, place: Name | None = None, container: AssetRef | None = None
) -> Page[StoodShown]:
    """List where everything stood at `as_of`, by asset; directly at a place, or directly in a container."""
    named = f"whereabouts/{place}/{container}"
    (after,) = asked.after(named, Part.ASSET)
    rows = await listing.whereabouts(asked.book, place, container, asked.as_of, after=str(after), limit=asked.limit)
    items = [StoodShown.model_validate(dict(row)) for row in rows]
    return asked.page(Page[StoodShown], named, items, [items[-1].asset] if items else None, as_of=asked.as_of)


@router.get("/runs")
async def list_runs(
    asked: ListingAsked,
    *,
    source: Name | None = None,
    scope: Name | None = None,
    from_at: From = None,
    until: Until = None,
) -> Page[RunListed]:
    """List runs by number: of a source, of a scope of it, that touched an interval."""
    named = f"runs/{source}/{scope}/{from_at}/{until}"
    (after,) = asked.after(named, Part.NUMBER)
    rows = await listing.runs(asked.book, source, scope, (from_at, until), after=int(after), limit=asked.limit)
    items = [
        RunListed(
            run=str(row["run"]),
            source=row["source"],
            scope=row["scope"],
            timing=row["timing"],
            digest=row["digest"].hex(),
            known=row["known"],
            tolerance_s=row["tolerance_ms"] // 1000,
            first=row["first_at"],
            last=row["last_at"],
            until=row["until_at"],
            end_cause=row["end_cause"],
        )
        for row in rows
    ]
    return asked.page(Page[RunListed], named, items, [rows[-1]["run"]] if rows else None)


@router.get("/gaps")
async def list_gaps(
    asked: ListingAsked,
    *,
    source: Name | None = None,
    still: Lasting = None,
    from_at: From = None,
    until: Until = None,
) -> Page[GapShown]:
    """List silences above the tolerance, by source, with their causes: theirs, or ours where nothing came in at all."""
    named = f"gaps/{source}/{still}/{from_at}/{until}"
    who, scope, at = asked.after(named, Part.TEXT, Part.TEXT, Part.MOMENT)
    book = asked.book
    rows = await listing.gaps(
        book, source, (from_at, until), still=still, after=(str(who), str(scope), int(at)), limit=asked.limit
    )
    spans = [Interval(row["from_at"], row["until_at"] or book.known_at + 1) for row in rows]
    earliest, latest = (
        min((each.from_at for each in spans), default=0),
        max((each.until_at for each in spans), default=0),
    )
    without: dict[int, list[Interval]] = {}
    for row in await evidence.outages(book, earliest, latest) if spans else ():
        without.setdefault(row["partition"], []).append(Interval(row["from_at"], row["until_at"]))
    items = [
        GapShown(
            source=row["source"],
            scope=row["scope"],
            from_at=row["from_at"],
            until_at=row["until_at"],
            opened_at=row["opened_at"],
            causes=[
                CauseShown(
                    from_at=part.interval.from_at,
                    until_at=None if row["until_at"] is None and part.interval.until_at == span.until_at
                    else part.interval.until_at,
                    cause=part.cause,
                )
                for part in gaps.cause(span, without.get(row["partition"], ()))
            ],
        )
        for row, span in zip(rows, spans, strict=True)
    ]  # fmt: skip
    last = items[-1] if items else None
    return asked.page(Page[GapShown], named, items, [last.source, last.scope, last.from_at] if last else None)


@router.get("/disputes")
async def list_disputes(
    asked: ListingAsked, *, asset: AssetRef | None = None, still: Lasting = None
) -> Page[DisputeShown]:
    """List disputes about where things are, by asset: two sources that cannot both be right."""
    named = f"disputes/{asset}/{still}"
    one, at, sides = asked.after(named, Part.ASSET, Part.MOMENT, Part.TEXT)
    names = None if asset is None else (await asset_names(asked.book, asset))[2]
    rows = await listing.disputes(
        asked.book, names, still=still, after=(str(one), int(at), str(sides)), limit=asked.limit
    )
    items = [
        DisputeShown(
            asset=row["asset"],
            from_at=row["from_at"],
            until_at=row["until_at"],
            shown=SideShown(source=row["shown_source"], scope=row["shown_scope"], slot=row["shown_slot"]),
            rival=SideShown(source=row["rival_source"], scope=row["rival_scope"], slot=row["rival_slot"]),
            known_from=row["known_from"],
        )
        for row in rows
    ]
    last = [rows[-1]["asset"], rows[-1]["from_at"], rows[-1]["sides"]] if rows else None
    return asked.page(Page[DisputeShown], named, items, last)


@router.get("/events")
async def list_events(asked: ListingAsked, *, kind: Name | None = None) -> Page[CellEventShown]:
    """List the events of the cell by number, with the very bytes that their hashes are of; of one kind, or all."""
    named = f"events//{kind}"
    (after,) = asked.after(named, Part.NUMBER)
    rows = await listing.events(asked.book, kind, after=int(after), limit=asked.limit)
    items = [
        CellEventShown(
            n=row["n"],
            at=row["at"],
            kind=row["kind"],
            asset=row["subject"],
            sha256=row["sha256"].hex(),
            bytes=row["bytes"].decode(),
        )
        for row in rows
    ]
    return asked.page(Page[CellEventShown], named, items, [items[-1].n] if items else None)


@router.get("/acts")
async def list_acts(
    asked: ListingAsked, *, act: Name | None = None, outcome: Name | None = None, by: Name | None = None
) -> Page[ActListed]:
    """List acts by number, with what became of them: of a kind, of an outcome, of a person, or all."""
    named = f"acts/{act}/{outcome}/{by}"
    (after,) = asked.after(named, Part.NUMBER)
    rows = await listing.acts(asked.book, act, outcome, by, after=int(after), limit=asked.limit)
    items = [ActListed.model_validate(dict(row)) for row in rows]
    return asked.page(Page[ActListed], named, items, [items[-1].offset] if items else None)
