"""Assets, where they were, what stood in them, and what was said of them."""

from typing import Annotated, ClassVar

import asyncpg
from fastapi import Path, Query

from schemas.acting import AssetRef, Name
from schemas.errors import HoldfastError
from schemas.inventory import Identifier
from schemas.pages import (
    AssetAnswer,
    AssetShown,
    EventShown,
    IdentifierShown,
    RunShown,
    StandingShown,
    WhereaboutsShown,
)
from schemas.paging import Page
from schemas.words import Kind, Scheme
from service.api.asking import AssetNotFound, ListingAsked, OneAsked, PlaceNotFound, Reading, asset_names
from service.api.auth import guarded
from service.api.cursors import Part
from service.facts.records import Millis
from service.facts.schemes import scope_of, usable
from service.store import evidence, reading
from service.store.reading import Book, Rows

router = guarded("assets")

_DEEP = 8
EVER = (0, 253_402_300_799_999)

AssetPath = Annotated[AssetRef, Path(description="Any id that the asset goes by")]


class OneOrTheOther(HoldfastError):
    """Ask by identifier or by place, not by both."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "one-or-the-other"


@router.get("/assets")
async def find_assets(
    asked: ListingAsked,
    *,
    scheme: Scheme | None = None,
    value: Name | None = None,
    scope: Annotated[str | None, Query(max_length=256)] = None,
    place: Name | None = None,
    kind: Kind | None = None,
) -> Page[AssetShown]:
    """Find assets by identifier (`scheme` and `value`, `scope` if known), by place at `as_of`, or page through all."""
    if (scheme is None) != (value is None) or (scheme is not None and place is not None):
        raise OneOrTheOther("ask with scheme and value, or with place, or with neither")
    book = asked.book
    listing = f"assets/{scheme}/{value}/{scope}/{place}/{kind}"
    after = str(asked.after(listing, Part.ASSET)[0])
    if scheme is not None and value is not None:
        found = await assets_bearing(book, scheme, value, scope)
    elif place is not None:
        found = [row["asset"] for row in await standing_at(book, place, asked.as_of, _DEEP)]
    else:
        rows = await reading.assets_page(book, kind, after, asked.limit)
        return _page(asked, listing, rows)
    chosen = sorted(asset for asset in set(found) if asset > after)
    rows = await evidence.kinds(book, chosen)
    rows = sorted((row for row in rows if kind is None or row["kind"] == kind), key=lambda row: str(row["asset"]))
    return _page(asked, listing, rows[: asked.limit])


def _page(asked: Reading, listing: str, rows: Rows) -> Page[AssetShown]:
    items = [AssetShown(asset=row["asset"], kind=row["kind"], since=row["from_at"]) for row in rows]
    return asked.page(Page[AssetShown], listing, items, [items[-1].asset] if items else None, as_of=asked.as_of)


@router.get("/assets/{asset}")
async def read_asset(asked: OneAsked, asset: AssetPath) -> AssetAnswer:
    """Read one asset: its names and identifiers, and where it stood at `as_of`."""
    book = asked.book
    canonical, kind, names = await asset_names(book, asset)
    claimed = await reading.identifiers(book, names)
    shown = {
        (row["scheme"], row["scope"], row["value"]): IdentifierShown(
            scheme=row["scheme"],
            scope=row["scope"],
            value=row["value"],
            strong=row["strong"],
            shared=row["shared"],
        )
        for row in claimed
    }
    standing = await _standing(book, canonical, asked.as_of)
    return AssetAnswer.model_validate(
        {
            **asked.head(),
            "as_of": asked.as_of,
            "asset": canonical,
            "kind": kind,
            "names": names,
            "identifiers": list(shown.values()),
            "standing": standing,
            "path": await _path(book, standing, asked.as_of),
        }
    )


@router.get("/assets/{asset}/whereabouts")
async def read_whereabouts(asked: ListingAsked, asset: AssetPath) -> Page[WhereaboutsShown]:
    """Read where an asset was, stretch by stretch, as known at `known_at`."""
    canonical, _, _ = await asset_names(asked.book, asset)
    (begin,) = asked.after(f"whereabouts/{asset}", Part.MOMENT)
    rows = await evidence.whereabouts(asked.book, [canonical], *EVER)
    items = [_stretch(row) for row in rows if row["from_at"] > int(begin)][: asked.limit]
    return asked.page(Page[WhereaboutsShown], f"whereabouts/{asset}", items, [items[-1].from_at] if items else None)


@router.get("/assets/{asset}/contents")
async def read_contents(asked: ListingAsked, asset: AssetPath, *, deep: bool = False) -> Page[StandingShown]:
    """Read what stood in an asset at `as_of`: directly, or `deep`, down to the last part."""
    canonical, _, names = await asset_names(asked.book, asset)
    rows = await evidence.inside(asked.book, [], names, asked.as_of, _DEEP if deep else 1)
    return contents_page(asked, f"contents/{canonical}/{deep}", rows)


@router.get("/assets/{asset}/runs")
async def read_runs(asked: ListingAsked, asset: AssetPath) -> Page[RunShown]:
    """Read the runs of the sources that spoke of an asset, while they did."""
    book = asked.book
    _, _, names = await asset_names(book, asset)
    bindings = await evidence.bindings(book, names, *EVER)
    rows = await evidence.runs(book, sorted({row["source"] for row in bindings}), *EVER)
    keyed: dict[tuple[Millis, str, str, str], RunShown] = {}
    for run in rows:
        for row in bindings:
            same = (row["source"], row["scope"]) == (run["source"], run["scope"])
            ended = row["until_at"] is not None and run["first_at"] >= row["until_at"]
            if same and not ended and (run["until_at"] is None or run["until_at"] > row["from_at"]):
                one = RunShown(
                    source=run["source"],
                    scope=run["scope"],
                    slot=row["slot"],
                    timing=run["timing"],
                    tolerance_s=run["tolerance_ms"] // 1000,
                    first=run["first_at"],
                    last=min(run["last_at"], book.known_at),
                    until=_cut(run["until_at"], book.known_at),
                    end_cause=run["end_cause"] if _cut(run["until_at"], book.known_at) else None,
                )
                keyed[one.first, one.source, one.scope, one.slot] = one
    listing = f"runs/{asset}"
    after = tuple(asked.after(listing, Part.MOMENT, Part.TEXT, Part.TEXT, Part.TEXT))
    keys = sorted(key for key in keyed if key > after)[: asked.limit]
    items = [keyed[key] for key in keys]
    return asked.page(Page[RunShown], listing, items, list(keys[-1]) if keys else None)


@router.get("/assets/{asset}/events")
async def read_events(asked: ListingAsked, asset: AssetPath) -> Page[EventShown]:
    """Read the events about an asset, with the very bytes that their hashes are of."""
    _, _, names = await asset_names(asked.book, asset)
    (begin,) = asked.after(f"events/{asset}", Part.NUMBER)
    rows = await reading.events(asked.book, names, int(begin), asked.limit)
    items = [
        EventShown(n=row["n"], at=row["at"], kind=row["kind"], sha256=row["sha256"].hex(), bytes=row["bytes"].decode())
        for row in rows
    ]
    return asked.page(Page[EventShown], f"events/{asset}", items, [items[-1].n] if items else None)


def contents_page(asked: Reading, listing: str, rows: Rows) -> Page[StandingShown]:
    """Make a page of what stands somewhere, by id."""
    after = str(asked.after(listing, Part.ASSET)[0])
    items = [StandingShown(**dict(row)) for row in rows if row["asset"] > after][: asked.limit]
    return asked.page(Page[StandingShown], listing, items, [items[-1].asset] if items else None, as_of=asked.as_of)


async def standing_at(book: Book, place: str, as_of: Millis, depth: int) -> Rows:
    """Give what stood in a place and in the places within it. Raises `PlaceNotFound`."""
    return await evidence.inside(book, await places_within(book, place), [], as_of, depth)


async def places_within(book: Book, place: str) -> list[str]:
    """Name a place and all places within it. Raises `PlaceNotFound`."""
    rows = await reading.places(book)
    if all(row["place"] != place for row in rows):
        raise PlaceNotFound(f"{book.cell} had no place {place!r} as known then: GET /v1/places names them")
    found = {place}
    while more := {row["place"] for row in rows if row["within"] in found} - found:
        found |= more
    return sorted(found)


async def assets_bearing(book: Book, scheme: Scheme, value: str, scope: str | None) -> list[str]:
    """Give the assets that bear an identifier, as known then. Raises `AssetNotFound`."""
    normal = {one.value for kind in Kind if (one := usable(kind, Identifier(scheme, scope or "", value))) is not None}
    if not normal:
        raise AssetNotFound(f"{value!r} is no {scheme.value} that can name a thing: it names nothing, or many")
    wanted = None if scope is None else scope_of(scope)
    rows = [
        row for row in await evidence.bearers(book, scheme, sorted(normal)) if wanted is None or row["scope"] == wanted
    ]
    owners = {row["name"]: row["asset"] for row in await evidence.names(book, sorted({row["name"] for row in rows}))}
    assets = sorted({owners.get(row["name"], row["name"]) for row in rows})
    if not assets:
        raise AssetNotFound(f"no asset of {book.cell} bore the {scheme.value} {value!r} as known then")
    return assets


async def _standing(book: Book, asset: str, as_of: Millis) -> WhereaboutsShown | None:
    rows = await evidence.whereabouts(book, [asset], as_of, as_of + 1)
    return _stretch(rows[0]) if rows else None


async def _path(book: Book, standing: WhereaboutsShown | None, as_of: Millis) -> list[str]:
    path: list[str] = []
    here = standing
    while here is not None and len(path) < _DEEP:
        if here.container is None:
            return [*path, here.place] if here.place else path
        path.append(here.container)
        canonical, _, _ = await asset_names(book, here.container)
        here = await _standing(book, canonical, as_of)
    return path


def _stretch(row: asyncpg.Record) -> WhereaboutsShown:
    return WhereaboutsShown.model_validate(dict(row))


def _cut(at: Millis | None, known_at: Millis) -> Millis | None:
    return at if at is not None and at <= known_at else None
