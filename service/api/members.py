"""Whom a claim is about, where that takes more than one look.

Of a place: what stood there, however deep, and what people say is kept there. Of an identifier that may be on no
record: what bears it, if that is one thing.
"""

from collections.abc import Mapping

from schemas.acting import IdentifierAsked
from schemas.inventory import Identifier
from schemas.words import Kind
from service.api.asking import AssetNotFound
from service.api.assets import assets_bearing, places_within
from service.facts.records import Millis
from service.facts.schemes import usable
from service.facts.spans import Span, Spans, intersect, union
from service.store import evidence, reading
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


async def on_record(book: Book, asked: IdentifierAsked) -> tuple[str | None, bool]:
    """Give what bears an identifier, if anything does; and whether it names one thing: no placeholder, not many."""
    stated = Identifier(asked.scheme, asked.scope or "", asked.value)
    values = {value.value for kind in Kind if (value := usable(kind, stated)) is not None}
    if not values:
        return None, False
    try:
        found = await assets_bearing(book, asked.scheme, asked.value, asked.scope)
    except AssetNotFound:
        return None, True
    if len(found) > 1:
        return None, False
    names = sorted({row["name"] for row in await evidence.names(book, found)})
    rows = await reading.identifiers(book, names)
    shared = any(row["scheme"] == asked.scheme and row["value"] in values and row["shared"] for row in rows)
    return (None, False) if shared else (found[0], True)


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
