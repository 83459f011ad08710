"""Findings about where things are: gone, in a foreign container, a rack elsewhere (SEMANTICS rules 18 and 19).

Each is raised when the whereabouts change so, unless planned work explains it, and closed when they say otherwise
again, when the containers or places turn out to be one, or when work is planned that explains it after all.
"""

from collections.abc import Iterable, Sequence

import orjson

from consumers.derive.book import Book
from consumers.derive.events import when
from consumers.derive.findings import Findings, explained
from consumers.derive.nesting import DEPTH, Nesting
from consumers.derive.order import Moment
from consumers.derive.parts import Parts
from consumers.derive.rows import BindingRow, FindingRow, WhereRow
from schemas.envelope import millis
from schemas.words import BindingEnd, FindingKind, Kind
from service.facts.announced import Explanation
from service.facts.records import AssetId, Millis

_KINDS = (FindingKind.COMPONENT_MISSING, FindingKind.COMPONENT_FOREIGN, FindingKind.RACK_MOVED)
_GONE = (BindingEnd.ABSENT, BindingEnd.REPLACED)


class Alarms:
    """What the whereabouts of a cell's assets come to, within one transaction."""

    def __init__(self, book: Book, parts: Parts) -> None:
        self._book = book
        self._nesting = Nesting(book, parts)
        self._findings = Findings(book)

    # -- missing -----------------------------------------------------------------------------------------------------

    async def missing(self, row: BindingRow, at: Millis, moment: Moment) -> None:
        """A source no longer lists, from a moment on, what it listed in a container, and nobody else sees it."""
        if row.container is None:
            return
        book = self._book
        await book.load_names([row.asset, row.container])
        asset, container = book.asset_of(row.asset), book.asset_of(row.container)
        if await self._explained(FindingKind.COMPONENT_MISSING, asset, [container], at) is None:
            self._findings.put(
                FindingKind.COMPONENT_MISSING, asset, moment,
                f"{row.kind} is gone from {row.container_slot}, slot {row.slot}: {row.source} no longer lists it",
                {
                    "source": row.source, "scope": row.scope, "slot": row.slot, "container": container, "at": when(at),
                },
            )  # fmt: skip

    def seen(self, row: BindingRow, moment: Moment) -> None:
        """A source lists a thing: it is missing no more."""
        for name in (self._book.asset_of(row.asset), row.asset):
            self._findings.close(FindingKind.COMPONENT_MISSING, name, moment, f"{row.source} reports it in {row.slot}")

    def _nowhere(self, claims: Sequence[BindingRow], now: WhereRow | None) -> bool:
        """Whether no container is shown, and no place that anybody sees it at itself: a part's place is not its own."""
        if now is None:
            return True
        return now.container is None and not any(row.until_at is None and row.place == now.place for row in claims)

    async def _gone(self, claims: Sequence[BindingRow], moment: Moment) -> None:
        """Nobody is believed any more to see a thing: name the source that saw last that it is gone."""
        gone = [row for row in claims if row.end in _GONE and row.container is not None]
        last = max((row.until_at or 0 for row in gone), default=0)
        for row in sorted((each for each in gone if each.until_at == last), key=BindingRow.key)[:1]:
            await self.missing(row, last, moment)

    # -- moved -------------------------------------------------------------------------------------------------------

    async def look(
        self, asset: str, kind: str, claims: Sequence[BindingRow], before: Sequence[WhereRow], moment: Moment
    ) -> None:
        """Compare the whereabouts of an asset, which changed, with what they were before this moment."""
        book = self._book
        now = next((row for row in reversed(book.where[asset]) if row.until_at is None), None)
        had = next((row for row in reversed(before) if row.until_at is None), None)
        if had is not None and had.container is not None and self._nowhere(claims, now):
            await self._gone(claims, moment)
        if now is not None and now.container is not None:
            for name in sorted(book.names_of(asset) | {asset}):
                self._findings.close(FindingKind.COMPONENT_MISSING, name, moment, "it is seen in a container again")
        was = next((row for row in reversed(before) if not row.moving and not row.disputed), None)
        if now is None or now.moving or now.disputed:
            return
        if kind == Kind.RACK:
            await self._rack(asset, was, now, moment)
        else:
            await self._contained(asset, kind, was, now, moment)

    async def _rack(self, asset: str, was: WhereRow | None, now: WhereRow, moment: Moment) -> None:
        if now.place is None:
            return
        memory = self._book.memory
        new = memory.rack_position(now.place)
        back = False
        for name in sorted(self._book.names_of(asset) | {asset}):
            standing = memory.findings.get((FindingKind.RACK_MOVED.value, name))
            if standing is not None and memory.places.agree(_said(standing)["from"], new):
                self._findings.close(FindingKind.RACK_MOVED, name, moment, "the rack is back where it was")
                back = True
        if back or was is None or was.place is None:
            return
        old = memory.rack_position(was.place)
        if not memory.places.agree(old, new):
            await self._moved(
                FindingKind.RACK_MOVED, asset, (old, new), now.from_at, f"rack moved from {old} to {new}", moment
            )

    async def _contained(self, asset: str, kind: str, was: WhereRow | None, now: WhereRow, moment: Moment) -> None:
        if now.container is None:
            return
        book = self._book
        last = {moment.horizon - 1}
        back = False
        for name in sorted(book.names_of(asset) | {asset}):
            standing = book.memory.findings.get((FindingKind.COMPONENT_FOREIGN.value, name))
            if standing is None:
                continue
            old, new = _said(standing)["from"], _said(standing)["to"]
            if await self._one(old, now.container, last) and (
                not await self._one(new, now.container, last) or await self._one(old, new, last)
            ):
                self._findings.close(FindingKind.COMPONENT_FOREIGN, name, moment, "it stands where it stood before")
                back = True
        if back or was is None or was.container is None:
            return
        if not await self._one(was.container, now.container, {now.from_at - 1, now.from_at, *last}):
            await book.load_names([was.container])
            await self._moved(
                FindingKind.COMPONENT_FOREIGN, asset, (book.asset_of(was.container), now.container), now.from_at,
                f"{kind} turned up in another container", moment,
            )  # fmt: skip

    async def _one(self, one: str, other: str, at: Iterable[Millis]) -> bool:
        """Whether two containers are one now, or at any of some moments one held the other or both could be said."""
        book = self._book
        await book.load_names([one, other])
        one, other = book.asset_of(one), book.asset_of(other)
        await self._nesting.chains([one, other])
        holds = self._nesting.holds
        if one == other or any(holds(one, other, each) or holds(other, one, each) for each in at):
            return True
        nameless = await self._nesting.nameless([one, other])
        return any(nameless.agree(AssetId(one), AssetId(other), each) for each in at)

    async def _moved(  # noqa: PLR0917 - what moved, from where to where, and when
        self, kind: FindingKind, asset: str, way: tuple[str, str], at: Millis, words: str, moment: Moment
    ) -> None:
        """Raise a move that no planned work explains; where one was found already, it goes on from where that began."""
        if await self._explained(kind, asset, way, at) is None:
            standing = self._book.memory.findings.get((kind.value, asset))
            start = way[0] if standing is None else _said(standing)["from"]
            self._findings.put(kind, asset, moment, words, {"from": start, "to": way[1], "at": when(at)})

    # -- planned work ------------------------------------------------------------------------------------------------

    async def planned(self, moment: Moment) -> None:
        """Work was planned: close what it explains after all."""
        standing = self._book.memory.findings
        for kind in _KINDS:
            for each in sorted(subject for found, subject in standing if found == kind.value):
                said = _said(standing[(kind.value, each)])
                at = millis(said["at"]) if "at" in said else None
                way = [said[name] for name in ("container", "from", "to") if name in said]
                by = await self._explained(
                    kind, each, way, standing[(kind.value, each)].opened_at if at is None else at
                )
                if by is not None:
                    self._findings.explain(kind, each, moment, by)

    async def _explained(self, kind: FindingKind, asset: str, way: Iterable[str], at: Millis) -> Explanation | None:
        """The planned work that explains what an asset did: it names that, a container on its way, or what holds these.

        `way`: containers, or a rack's places. Places of all of them count, then or now.
        """
        book = self._book
        rack = kind is FindingKind.RACK_MOVED
        names, places = set[str](), set(way) if rack else set[str]()
        level, seen = {asset} if rack else {asset, *way}, set[str]()
        for _ in range(DEPTH):
            if not level:
                break
            await book.load_names(level)
            level = {book.asset_of(name) for name in level}
            await book.load_members(level)
            await book.load_where(level)
            seen |= level
            names |= {name for each in level for name in book.names_of(each) | {each}}
            rows = [row for each in level for row in book.where[each] if row.until_at is None or row.holds_at(at)]
            places |= {row.place for row in rows if row.place is not None}
            level = {row.container for row in rows if row.container is not None} - seen
        return explained(book, kind, names, places, at)


def _said(row: FindingRow) -> dict[str, str]:
    """Read the evidence of a finding."""
    said: dict[str, str] = orjson.loads(row.evidence)
    return said
