"""What every reading route needs: a cell that the caller may see, the moments asked about, and a page."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, TypeVar

from fastapi import Depends, Query, Request

from schemas.acting import Cell
from schemas.answers import Moment
from schemas.errors import HoldfastError
from schemas.paging import Answered
from service.api import cursors
from service.api.auth import Caller, CanRead
from service.api.cursors import Part
from service.api.disclosing import note, route_asked
from service.api.parts import parts_of
from service.facts.records import Millis
from service.store import evidence, keys, reading
from service.store.pool import Connection
from service.store.reading import Book, Viewer

MAX_LIMIT = 500
Paged = TypeVar("Paged", bound=Answered)


@dataclass(frozen=True, slots=True)
class Asked:
    """The query parameters that reading routes share."""

    cell: Cell | None
    known_at: Millis | None
    as_of: Millis | None
    limit: int = 1
    cursor: str | None = None


class CellNotFound(HoldfastError):
    """There is no such cell among those that the key may see."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "cell-not-found"


class AssetNotFound(HoldfastError):
    """No asset bears this name or identifier, as known then."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "asset-not-found"


class PlaceNotFound(HoldfastError):
    """The cell has no place of this name, as known then."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "place-not-found"


class WhichCell(HoldfastError):
    """It is not clear which cell is asked."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "which-cell"


@dataclass(frozen=True, slots=True)
class Opened:
    """A book opened for a question. `asked`: the known_at that was asked for where it was ahead of the horizon."""

    book: Book
    simulated: bool
    horizon: Millis
    asked: Millis | None = None

    @property
    def stamp(self) -> Millis | None:
        """The time that whoever writes to this cell must stamp: in a simulated one, the next (rule 24); else none."""
        return self.horizon + 2 if self.simulated else None  # the column is one above the last moment derived


@dataclass(frozen=True, slots=True)
class Reading:
    """A book, the moment of the world that is asked about, and the page."""

    opened: Opened
    as_of: Millis
    limit: int
    cursor: str | None

    @property
    def book(self) -> Book:
        """The book."""
        return self.opened.book

    def head(self) -> dict[str, object]:
        """Give what every answer names."""
        return {"cell": self.book.cell, "simulated": self.opened.simulated, "known_at": self.book.known_at}

    def after(self, listing: str, *parts: Part) -> cursors.Key:
        """Give the key, of these parts, after which the page begins. Raises `BadCursor`."""
        return cursors.read(self._named(listing), self.cursor, parts) if self.cursor else [each.first for each in parts]

    def next(self, listing: str, key: cursors.Key, count: int) -> str | None:
        """Give the cursor of the next page, if this one of `count` things was full."""
        moments = cursors.Moments(self.book.known_at, self.as_of)
        return cursors.write(self._named(listing), moments, key) if count >= self.limit else None

    def page(
        self, shown: type[Paged], listing: str, items: Sequence[Answered], last: cursors.Key | None, **more: object
    ) -> Paged:
        """Make a page of items, the key of the last one of which is `last`; `more`: what stands beside them."""
        following = None if last is None else self.next(listing, last, len(items))
        return shown.model_validate({**self.head(), **more, "items": items, "next": following})

    def _named(self, listing: str) -> str:
        return f"{self.book.viewer.operator}/{self.book.cell}/{listing}"


async def open_book(connection: Connection, viewer: Viewer, cell: str, known_at: Millis | None = None) -> Opened:
    """Open a cell as known at a moment. Raises `CellNotFound`.

    The column `horizon` is exclusive; the horizon of rule 3, which `known_at` may reach, is the last moment below it.
    """
    seen = await keys.opened_for(connection, viewer, cell)
    rows = [] if seen is None else await reading.cells(connection, seen)
    row = next((each for each in rows if each["cell"] == cell), None)
    if seen is None or row is None:
        raise CellNotFound(f"there is no cell {cell!r} among yours: GET /v1/sites names them")
    horizon = int(row["horizon"]) - 1
    ahead = known_at is not None and known_at > horizon
    known = horizon if known_at is None or ahead else known_at
    return Opened(Book(connection, seen, cell, known), bool(row["simulated"]), horizon, known_at if ahead else None)


async def _connection(request: Request, _caller: CanRead) -> AsyncIterator[Connection]:
    async with parts_of(request).pool.acquire() as connection:
        yield connection


Reads = Annotated[Connection, Depends(_connection)]
CellAsked = Annotated[Cell | None, Query(description="The cell; may be left out where only one can be meant")]
KnownAt = Annotated[Moment | None, Query(description="As known at this moment; default and at most the horizon")]
AsOf = Annotated[Moment | None, Query(description="As it was in the world at this moment; default `known_at`")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before")]


async def _moments(cell: CellAsked = None, known_at: KnownAt = None, as_of: AsOf = None) -> Asked:
    return Asked(cell, known_at, as_of)


async def _asked(moments: Annotated[Asked, Depends(_moments)], limit: Limit = 100, cursor: Cursor = None) -> Asked:
    """Give what a listing is asked for: with a cursor, the moments are those of the page before. Raises `BadCursor`."""
    if cursor is None:
        return replace(moments, limit=limit)
    held = cursors.moments(cursor)
    before = moments.known_at is not None and moments.known_at < held.known_at  # one ahead of the horizon was cut there
    if before or moments.as_of not in {None, held.as_of}:
        raise cursors.BadCursor("this cursor is of other moments than known_at and as_of say: leave them out")
    return Asked(moments.cell, *held, limit, cursor)


async def _listing(
    request: Request, caller: CanRead, connection: Reads, asked: Annotated[Asked, Depends(_asked)]
) -> Reading:
    return await _reading(request, caller, connection, asked)


async def _one(
    request: Request, caller: CanRead, connection: Reads, asked: Annotated[Asked, Depends(_moments)]
) -> Reading:
    return await _reading(request, caller, connection, asked)


async def _reading(request: Request, caller: Caller, connection: Connection, asked: Asked) -> Reading:
    cell = asked.cell
    if cell is None:
        cells = caller.viewer.all_cells
        if asset := request.path_params.get("asset"):
            cells = await _cells_of(connection, caller.viewer, asset) if _is_asset(asset) else ()
            if not cells:
                raise AssetNotFound("no asset of yours has this id")
        if len(cells) != 1:
            raise WhichCell("say which cell is meant: ?cell=…; GET /v1/sites names yours")
        cell = cells[0]
    opened = await open_book(connection, caller.viewer, cell, asked.known_at)
    await note(request, opened.book, caller.key_id, opened.stamp, route_asked(request))
    as_of = opened.book.known_at if asked.as_of is None else asked.as_of
    return Reading(opened, as_of, asked.limit, asked.cursor)


async def _cells_of(connection: Connection, viewer: Viewer, asset: str) -> tuple[str, ...]:
    """Name the cells that know the name of an asset, of those that a viewer sees something of."""
    found = await reading.asset_cells(connection, viewer, asset) if viewer.cells else ()
    for cell in viewer.granted:
        seen = await keys.opened_for(connection, viewer, cell)
        found += await reading.asset_cells(connection, seen, asset) if seen is not None else ()
    return tuple(sorted(found))


async def _all_of_mine(caller: CanRead, connection: Reads) -> list[Opened]:
    viewer = caller.viewer
    found = [await keys.opened_for(connection, viewer, cell) for cell in viewer.granted]
    opened = []
    for seen in (viewer, *(each for each in found if each is not None)):
        for row in await reading.cells(connection, seen):
            horizon = int(row["horizon"]) - 1
            opened.append(Opened(Book(connection, seen, row["cell"], horizon), bool(row["simulated"]), horizon))
    return sorted(opened, key=lambda each: each.book.cell)


AllOfMine = Annotated[list[Opened], Depends(_all_of_mine)]


def _is_asset(text: str) -> bool:
    return len(text) == 36 and all(c in "0123456789abcdef-" for c in text)  # noqa: PLR2004 - a UUID's text


ListingAsked = Annotated[Reading, Depends(_listing)]
OneAsked = Annotated[Reading, Depends(_one)]  # no page: one thing


async def asset_names(book: Book, asset: str) -> tuple[str, str, list[str]]:
    """Give the canonical id, the kind, and all names of the asset that bears a name. Raises `AssetNotFound`."""
    rows = await evidence.names(book, [asset])
    names = sorted({row["name"] for row in rows})
    kinds = {row["asset"]: row["kind"] for row in await evidence.kinds(book, names)}
    if asset not in kinds:
        raise AssetNotFound(f"no asset of {book.cell} had the id {asset} as known then")
    canonical = str(rows[0]["asset"])
    return canonical, str(kinds.get(canonical, kinds[asset])), names
