"""The change feed: the events of a cell as they come, as server-sent events, resumed by their numbers."""

import re
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, NamedTuple

import asyncpg
import orjson
from fastapi import Header, Query, Request
from fastapi.responses import StreamingResponse

from schemas.acting import AssetRef, Cell, Name
from schemas.errors import HoldfastError
from schemas.listings import CellEventShown
from service.api.asking import Opened, asset_names, open_book
from service.api.auth import Caller, CanRead, KeySent, caller_of, guarded
from service.api.disclosing import note, route_asked
from service.api.feed import PAGE, Feed, Feeds
from service.api.parts import parts_of
from service.store import listing, reading

LOOK_S = 2.0  # so often it is seen whether the key still holds
QUIET_S = 15.0  # after so long without an event a comment keeps the connection open
RETRY_MS = 2_000
_OF_NOTES = "access"  # events of what parties were shown: listed by /v1/accesses, and no news to a party

_NUMBER = re.compile("[0-9]{1,18}")

router = guarded("changes")

After = Annotated[
    int | None, Query(ge=-1, lt=2**63, description="Number of the last event that you have; -1: from the first")
]
LastEventId = Annotated[str | None, Header(description="The same, as browsers send it when they connect again")]


class _Wanted(NamedTuple):
    """What a stream shows: events of a kind, of the names of an asset, or all."""

    kind: str | None
    names: frozenset[str] | None

    def takes(self, row: asyncpg.Record) -> bool:
        """Whether an event is shown."""
        return self.kind in {None, row["kind"]} and (self.names is None or row["subject"] in self.names)


_EXAMPLE = 'id: 7\nevent: asset\ndata: {"n":7,"at":"2025-06-01T00:00:00.000Z","kind":"asset",…}\n\n'
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}}
}


@router.get("/changes", response_class=StreamingResponse, responses=_STREAM)
async def follow_changes(
    request: Request,
    caller: CanRead,
    key: KeySent,
    cell: Cell,
    *,
    after: After = None,
    kind: Name | None = None,
    asset: AssetRef | None = None,
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """Follow the events of a cell as server-sent events: `id` is an event's number, `event` its kind, `data` JSON.

    It begins after `after` or `Last-Event-ID`, else with the next one that comes; none is left out, and none comes
    twice, however often the connection is cut. An event `end` says why the stream ends: the key holds no more, or the
    server stops; comments keep it open meanwhile.
    """
    parts, feeds = parts_of(request), _feeds(request)
    feeds.check(caller.key_id)
    async with parts.pool.acquire() as connection:
        opened = await open_book(connection, caller.viewer, cell)
        book = opened.book
        names = None if asset is None else frozenset((await asset_names(book, asset))[2])
        last = await listing.last_event(book)
        operator = str((await reading.cells(connection, book.viewer))[0]["operator"])
    await note(request, book, caller.key_id, opened.stamp, route_asked(request))
    begin = after if after is not None else _number(last_event_id, last)
    stream = _Stream(request, caller, str(key), cell, _Wanted(kind, names))
    return StreamingResponse(
        stream.run(feeds, operator, last, begin),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


class _Stream:
    """One who follows a cell."""

    def __init__(self, request: Request, caller: Caller, key: str, cell: str, wanted: _Wanted) -> None:
        self._request = request
        self._caller = caller
        self._key = key
        self._cell = cell
        self._wanted = wanted

    async def run(self, feeds: Feeds, operator: str, last: int, after: int) -> AsyncIterator[bytes]:
        """Give the messages, until the key holds no more, or the server stops."""
        pool = parts_of(self._request).pool
        async with feeds.follow(pool, self._cell, operator, self._caller.key_id, last) as feed:
            yield f"retry: {RETRY_MS}\n\n".encode()
            quiet = 0.0
            while not feeds.closing.is_set():
                try:
                    opened = await self._open()
                    rows, after = await self._page(opened, feed, after)
                except HoldfastError as error:
                    yield _end(error.slug, str(error))
                    return
                for row in rows:
                    yield _message(row)
                quiet = 0.0 if rows else quiet + LOOK_S
                if quiet >= QUIET_S:
                    yield b": nothing new\n\n"
                    quiet = 0.0
                if not rows:
                    await feed.wait(after, LOOK_S)
            yield _end("server-stops", "the server stops: connect again, to another one or in a while")

    async def _open(self) -> Opened | None:
        """Look whether the key holds, and still sees the cell; None where what is recent may be shown as it is."""
        caller = await caller_of(self._request, self._key)
        caller.needs("read")
        if self._cell in caller.viewer.cells:
            return None
        async with parts_of(self._request).pool.acquire() as connection:
            return await open_book(connection, caller.viewer, self._cell)

    async def _page(self, opened: Opened | None, feed: Feed, after: int) -> tuple[list[asyncpg.Record], int]:
        """Give what comes next, and the number up to which all was looked at."""
        recent = feed.since(after) if opened is None else None
        if recent is not None:
            return [row for row in recent if self._wanted.takes(row)], recent[-1]["n"] if recent else after
        async with parts_of(self._request).pool.acquire() as connection:
            if opened is None:
                opened = await open_book(connection, self._caller.viewer, self._cell)
            book = reading.Book(connection, opened.book.viewer, self._cell, opened.book.known_at)
            rows = await listing.events(book, None, after=after, limit=PAGE)
        shown = [
            row for row in rows if self._wanted.takes(row) and not (book.viewer.shown and row["kind"] == _OF_NOTES)
        ]
        if shown:
            asked = {**route_asked(self._request), "until": str(shown[-1]["n"])}
            await note(self._request, book, self._caller.key_id, opened.stamp, asked)
        return shown, rows[-1]["n"] if rows else after


def _message(row: asyncpg.Record) -> bytes:
    shown = CellEventShown(
        n=row["n"],
        at=row["at"],
        kind=row["kind"],
        asset=row["subject"],
        sha256=row["sha256"].hex(),
        bytes=row["bytes"].decode(),
    )
    return b"".join(_lines([("id", str(row["n"])), ("event", row["kind"])], shown.model_dump_json().encode()))


def _end(slug: str, words: str) -> bytes:
    return b"".join(_lines([("event", "end")], orjson.dumps({"type": f"urn:holdfast:problem:{slug}", "detail": words})))


def _lines(named: Iterable[tuple[str, str]], data: bytes) -> Iterable[bytes]:
    yield from (f"{name}: {value}\n".encode() for name, value in named)
    yield b"data: " + data + b"\n\n"


def _number(last_event_id: str | None, last: int) -> int:
    """Give the number that a browser sends again; the last one where it sends none, or what is none."""
    return last if last_event_id is None or not _NUMBER.fullmatch(last_event_id) else int(last_event_id)


def _feeds(request: Request) -> Feeds:
    feeds = request.app.state.feeds
    if not isinstance(feeds, Feeds):
        raise TypeError("the application has no feeds")
    return feeds
