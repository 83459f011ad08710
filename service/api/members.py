"""Whom a claim about a place is about: what stood there, however deep, and what people say is kept there."""

from collections.abc import Mapping

from service.api.assets import places_within
from service.facts.records import Millis
from service.facts.spans import Span, Spans, intersect, union
from service.store import evidence
from service.store.reading import Book, Rows

_DEPTH = 8


async def stood_or_kept(book: Book, place: str, from_at: Millis, until_at: Millis) -> list[str]:
    """Give the assets that stood in a place, or are said to be kept there, at any moment of [from_at, until_at).

    Raises `PlaceNotFound`.
    """
    places = await places_within(book, place)
    found: dict[str, Spans] = {}
    rows = await evidence.stood(book, places, [], from_at, until_at)
    for depth in range(_DEPTH):
        fresh = _entered(rows, found, {} if depth == 0 else dict(found), (from_at, until_at, until_at))
        if not fresh:
            break
        rows = await evidence.stood(book, [], sorted(fresh), from_at, until_at)
    names = sorted({*found, *await evidence.kept(book, places, from_at, until_at)})
    canonical = {row["name"]: row["asset"] for row in await evidence.names(book, names)}
    return sorted({canonical.get(name, name) for name in names})


def _entered(rows: Rows, found: dict[str, Spans], holders: Mapping[str, Spans], window: Span) -> set[str]:
    """Note when the assets of some rows stood there: while their holders did. Give those that are new to that."""
    fresh = set()
    for row in rows:
        end = window[1] if row["until_at"] is None else row["until_at"]
        there = intersect(((row["from_at"], end, end),), holders.get(row["container"], (window,)))
        before = found.get(row["asset"], ())
        after = union((*before, *there))
        if after != before:
            found[row["asset"]] = after
            fresh.add(row["asset"])
    return fresh
