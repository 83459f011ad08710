"""What differs: a rack, a node or a site between any two moments, or one moment as it was known at two."""

from dataclasses import replace
from typing import Annotated, ClassVar

from fastapi import Query

from schemas.acting import AssetRef, Name
from schemas.answers import Moment
from schemas.differences import DifferencesAnswer, DifferenceShown, HeldShown, StateAsked
from schemas.errors import HoldfastError
from service.api.asking import AssetNotFound, ListingAsked, PlaceNotFound, Reading, asset_names
from service.api.assets import places_within
from service.api.auth import guarded
from service.api.cursors import Part
from service.facts.compare import Stood, compare, renamed
from service.facts.records import AssetId, Millis
from service.store import evidence
from service.store.reading import Book

router = guarded("differences")

_DEEP = 8

State = dict[AssetId, Stood]


class NothingToCompare(HoldfastError):
    """It is not clear which two states are meant, or of what."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "nothing-to-compare"


@router.get("/differences")
async def read_differences(
    asked: ListingAsked,
    *,
    place: Name | None = None,
    asset: AssetRef | None = None,
    since: Annotated[
        Moment | None, Query(description="The earlier moment; default `as_of`, which is the later one")
    ] = None,
    known_since: Annotated[
        Moment | None, Query(description="As the earlier state was known at this moment; default `known_at`")
    ] = None,
) -> DifferencesAnswer:
    """Compare what stood in a place, or in an asset, at two moments, however deep: what came, went and moved.

    Between two days: `since` and `as_of`. What was corrected since: the same `as_of`, and `known_since` before
    `known_at`. Both at once are what was believed then of then, and what is known now of now.
    """
    if (place is None) == (asset is None):
        raise NothingToCompare("say what is compared: `place` or `asset`, one of the two")
    first = asked.as_of if since is None else since
    known = asked.book.known_at if known_since is None else min(known_since, asked.book.known_at)
    if (first, known) == (asked.as_of, asked.book.known_at):
        raise NothingToCompare("both states are the same: give `since`, or `known_since`")
    earlier = replace(asked.book, known_at=known)
    after = await _inside(asked.book, place, asset, asked.as_of)
    try:
        before = await _inside(earlier, place, asset, first)
    except (AssetNotFound, PlaceNotFound):
        before = {}  # it was not known yet, and so was nothing in it
    listing = f"differences/{place}/{asset}/{first}/{known}/{asked.as_of}/{asked.book.known_at}"
    return await _answer(asked, listing, (earlier, before, first), after)


async def _answer(asked: Reading, listing: str, was: tuple[Book, State, Millis], after: State) -> DifferencesAnswer:
    earlier, then, first = was
    names = sorted({*then, *(stood.container for stood in then.values() if stood.container is not None)})
    now = {AssetId(row["name"]): AssetId(row["asset"]) for row in await evidence.names(asked.book, list(names))}
    before = renamed(then, now)
    came, went = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    outside_before = renamed(await _standing(earlier, list(came), first), now)
    outside_after = await _standing(asked.book, list(went), asked.as_of)
    found = {each.asset: each for each in compare(before, after, outside_before, outside_after)}
    begin = str(asked.after(listing, Part.ASSET)[0])
    chosen = [each for name, each in found.items() if name > begin][: asked.limit]
    kinds = {row["asset"]: row["kind"] for row in await evidence.kinds(asked.book, [each.asset for each in chosen])}
    items = [
        DifferenceShown(
            asset=each.asset,
            kind=kinds.get(each.asset),
            what=each.what.value,
            before=_shown(each.before),
            after=_shown(each.after),
        )
        for each in chosen
    ]
    return DifferencesAnswer(
        cell=asked.book.cell,
        simulated=asked.opened.simulated,
        before=StateAsked(as_of=first, known_at=earlier.known_at, things=len(before)),
        after=StateAsked(as_of=asked.as_of, known_at=asked.book.known_at, things=len(after)),
        items=items,
        next=asked.next(listing, [items[-1].asset], len(items)) if items else None,
    )


async def _inside(book: Book, place: str | None, asset: str | None, at: Millis) -> State:
    """Give what stood inside at a moment, however deep. Raises `PlaceNotFound`, `AssetNotFound`."""
    if asset is not None:
        _, _, names = await asset_names(book, asset)
        rows = await evidence.inside(book, [], names, at, _DEEP)
    else:
        rows = await evidence.inside(book, await places_within(book, str(place)), [], at, _DEEP)
    return {AssetId(row["asset"]): Stood(row["container"], row["container_slot"], row["place"]) for row in rows}


async def _standing(book: Book, assets: list[str], at: Millis) -> State:
    rows = await evidence.whereabouts(book, assets, at, at + 1) if assets else []
    return {AssetId(row["asset"]): Stood(row["container"], row["container_slot"], row["place"]) for row in rows}


def _shown(stood: Stood | None) -> HeldShown | None:
    if stood is None:
        return None
    return HeldShown(container=stood.container, container_slot=stood.container_slot, place=stood.place)
