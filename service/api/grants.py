"""Who else may see what of a cell, and what they were shown."""

import orjson

from schemas.acting import Name
from schemas.grants import AccessShown, GrantShown
from schemas.paging import Page
from service.api.asking import ListingAsked
from service.api.auth import guarded
from service.api.cursors import Part
from service.store import reading

router = guarded("grants")


@router.get("/grants")
async def list_grants(asked: ListingAsked, *, party: Name | None = None) -> Page[GrantShown]:
    """List grants by key, revoked ones too, as known at `known_at`; a party sees its own.

    An act `grant.put` makes one, and `grant.revoke` takes it back: within seconds the party sees nothing by it.
    """
    listing = f"grants/{party}"
    (after,) = asked.after(listing, Part.TEXT)
    rows = await reading.grants(asked.book, party, str(after), asked.limit)
    items = [GrantShown.model_validate({**dict(row), "revoked_at": row["known_until"]}) for row in rows]
    return asked.page(Page[GrantShown], listing, items, [items[-1].key] if items else None)


@router.get("/accesses")
async def list_accesses(asked: ListingAsked, *, party: Name | None = None) -> Page[AccessShown]:
    """List what parties were shown, oldest first: noted before it was shown. A party sees its own."""
    listing = f"accesses/{party}"
    (after,) = asked.after(listing, Part.NUMBER)
    rows = await reading.accesses(asked.book, party, int(after), asked.limit)
    items = [AccessShown.model_validate({**dict(row), "asked": orjson.loads(row["asked"])}) for row in rows]
    return asked.page(Page[AccessShown], listing, items, [rows[-1]["offset"]] if rows else None)
