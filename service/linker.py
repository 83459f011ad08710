"""The linker: what one thing is called in two cells' books (SEMANTICS rules 22, 23). Never on the way of a report.

`link_once` takes what derivers left in the outbox into the directory, which holds HMACs alone, and then looks at the
pairs of cells that it was given rights in: what is due next of each thing that both have goes out as an act. What is
due follows from the books, and an act's key from what it says: killed anywhere, run twice, or two at once, each step is
applied once. Without a pair nothing is appended anywhere, and nobody is told.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas import acts
from schemas.canonical import digest
from service.facts.linking import Due, Report, Side, next_steps
from service.facts.records import Millis
from service.facts.schemes import SINGLE
from service.store import linking
from service.store.pool import Connection

BY = "linker"
BATCH = 10_000  # rows of one cell's outbox in one round
PAGE = 1_000  # identifiers of a pair that are looked at together

Send = Callable[[str, acts.LinkAct, Millis | None], Awaitable[None]]  # (cell, act, time where the cell is simulated)
Pair = tuple[str, str]


class Round(NamedTuple):
    """What a round did: rows taken into the directory, acts put on Kafka, acts that wait for their outcome."""

    taken: int
    sent: int
    waiting: int


def hidden(key: bytes, kind: str, scheme: str, scope: str, value: str) -> bytes:
    """Hide an identifier for the directory. Pure. No text column can hold the character that stands between."""
    return hmac.digest(key, f"{kind}\0{scheme}\0{scope}\0{value}".encode(), hashlib.sha256)


async def link_once(
    connection: Connection,
    key: bytes,
    pairs: Iterable[Pair] = (),
    send: Send | None = None,
    *,
    on_the_way: AbstractSet[str] = frozenset(),
    batch: int = BATCH,
) -> Round:
    """Do one round. `pairs`: the cells whose links may be told to both. Opens transactions of its own.

    An act that a consumer has taken is not put again; nor is one whose key is `on_the_way`, which spares the topic
    what would be applied once anyway. Raises what `send` raises: the next round goes on from there.
    """
    taken = 0
    for cell in await linking.waiting_cells(connection):
        async with connection.transaction():
            rows = await linking.take_outbox(connection, cell, batch)
            await linking.add_directory(
                connection, cell,
                [(hidden(key, r["kind"], r["scheme"], r["scope"], r["value"]), r["asset"], r["at"]) for r in rows],
            )  # fmt: skip
            taken += len(rows)
    sent = waiting = 0
    for one, other in sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}):
        found = await due(connection, key, (one, other))
        said = {cell: await _said(connection, cell, found) for cell in (one, other)}
        for cell, act in found:
            if act.key in said[cell] or act.key in on_the_way:
                waiting += said[cell].get(act.key) is None
            elif send is not None:
                clock = await linking.clock(connection, cell)
                await send(cell, act, clock["horizon"] + 1 if clock is not None and clock["simulated"] else None)
                sent += 1
    return Round(taken, sent, waiting + sent)


async def due(connection: Connection, key: bytes, pair: Pair) -> list[tuple[str, acts.LinkAct]]:
    """Give the acts that are due next between two cells, each with the cell that it is for. Reads only."""
    found: dict[str, tuple[str, acts.LinkAct]] = {}
    after = b""
    while rows := await linking.matches(connection, *pair, after, PAGE):
        for cell, act in await _page(connection, key, pair, ({r["one"] for r in rows}, {r["other"] for r in rows})):
            found[act.key] = (cell, act)
        after = rows[-1]["hmac"]
    return list(found.values())


@dataclass(slots=True)
class _Book:
    """What the linker reads of one cell's book, by asset as grouped now."""

    cell: str
    asset_of: dict[str, str] = field(default_factory=dict)
    hmacs: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    single: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    first: dict[str, Millis] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)

    def side(self, asset: str) -> Side:
        """Give what is known of an asset here."""
        return Side(self.first[asset], self.reports.get(asset))

    def unlike(self, asset: str, other: "_Book", its: str) -> bool:
        """Whether two assets have different values of a scheme of which one thing has one."""
        mine, theirs = self.single[asset], other.single[its]
        return any(mine[scheme].isdisjoint(theirs[scheme]) for scheme in mine.keys() & theirs.keys())


async def _read(connection: Connection, key: bytes, cell: str, names: Collection[str]) -> _Book:
    assets = set((await linking.assets_of(connection, cell, names)).values())
    book = _Book(cell, await linking.members(connection, cell, assets))
    for row in await linking.values_of(connection, cell, book.asset_of):
        asset = book.asset_of[row["name"]]
        book.hmacs[asset].add(hidden(key, row["kind"], row["scheme"], row["scope"], row["value"]))
        book.first[asset] = min(row["at"], book.first.get(asset, row["at"]))
        if row["scheme"] in SINGLE:
            book.single[asset][row["scheme"]].add(row["value"])
    for row in await linking.reporting(connection, cell, book.asset_of):
        asset = book.asset_of[row["name"]]
        had = book.reports.get(asset, Report(row["since"], row["last"]))
        book.reports[asset] = Report(min(had.since, row["since"]), max(had.last, row["last"]))
    return book


async def _page(
    connection: Connection, key: bytes, pair: Pair, names: tuple[set[str], set[str]]
) -> list[tuple[str, acts.LinkAct]]:
    """Look at what some names of two cells have in common: all that they claim, and all that claims the same."""
    one = await _read(connection, key, pair[0], names[0])
    claimed = set[bytes]().union(*one.hmacs.values())
    other = await _read(connection, key, pair[1], names[1] | await linking.bearers(connection, pair[1], claimed))
    claimed = set[bytes]().union(*other.hmacs.values())
    one = await _read(connection, key, pair[0], names[0] | await linking.bearers(connection, pair[0], claimed))
    holders: dict[bytes, set[str]] = defaultdict(set)
    for asset, hmacs in other.hmacs.items():
        for each in hmacs:
            holders[each].add(asset)
    alike = {(asset, its) for asset, hmacs in one.hmacs.items() for each in hmacs for its in holders.get(each, ())}
    chains = await _chains(connection, one, other)
    out: list[tuple[str, acts.LinkAct]] = []
    for asset, its in sorted(alike):
        several = any((a == asset) != (b == its) for a, b in alike)
        if several or one.unlike(asset, other, its):
            continue  # one value on things that cannot be one, or on several: no evidence that they are the same
        (mine, theirs), steps = chains.get((asset, its), ((asset, its), {}))
        cells, assets = (one.cell, other.cell), (mine, theirs)
        refused = await _refused(connection, cells, assets, steps)
        due = next_steps((one.side(asset), other.side(its)), steps, departed_refused=refused)
        out.extend((cells[step.side], _act(step, cells, assets)) for step in due)
    return out


Steps = Mapping[tuple[int, int, str], bytes]  # (trip, side, state) → hash of the event
Chains = dict[tuple[str, str], tuple[tuple[str, str], dict[tuple[int, int, str], bytes]]]


async def _chains(connection: Connection, one: _Book, other: _Book) -> Chains:
    """Give the steps taken so far of each pair of assets, under the names that they were taken with."""
    by_names: dict[tuple[str, str], dict[tuple[int, int, str], bytes]] = defaultdict(dict)
    for row in await linking.links(connection, one.cell, other.cell, one.asset_of):
        by_names[row["asset"], row["other_asset"]][row["trip"], 0, row["state"]] = row["event"]
    for row in await linking.links(connection, other.cell, one.cell, other.asset_of):
        by_names[row["other_asset"], row["asset"]][row["trip"], 1, row["state"]] = row["event"]
    out: Chains = {}
    for (mine, theirs), steps in sorted(by_names.items()):
        if mine in one.asset_of and theirs in other.asset_of:
            out.setdefault((one.asset_of[mine], other.asset_of[theirs]), ((mine, theirs), steps))
    return out


async def _refused(connection: Connection, cells: Pair, assets: Pair, steps: Steps) -> bool:
    """Whether the cell that is to let the thing go said that it still reports it."""
    if not steps:
        return False
    trip = max(number for number, _, _ in steps)
    if any((trip, side, state) in steps for side in (0, 1) for state in ("departed", "linked")):
        return False
    for side in (0, 1):
        key = _key("departed", trip, (cells[side], assets[side]), (cells[1 - side], assets[1 - side]))
        if (await linking.said(connection, cells[side], [key])).get(key) == "refused":
            return True
    return False


async def _said(connection: Connection, cell: str, found: list[tuple[str, acts.LinkAct]]) -> dict[str, str | None]:
    keys = [act.key for each, act in found if each == cell]
    return await linking.said(connection, cell, keys) if keys else {}


def _key(state: str, trip: int, own: Pair, their: Pair) -> str:
    return f"link-{digest([state, trip, *own, *their]).hex()}"


def _act(step: Due, cells: Pair, assets: Pair) -> acts.LinkAct:
    """Write a step as the act that says it. Pure."""
    here, there = step.side, 1 - step.side
    body = {
        "act": f"link.{step.state}",
        "key": _key(step.state, step.trip, (cells[here], assets[here]), (cells[there], assets[there])),
        "by": BY,
        "cell": cells[here],
        "asset": assets[here],
        "other_cell": cells[there],
        "other_asset": assets[there],
        "trip": step.trip,
        **({} if step.ref is None else {"ref": step.ref.hex()}),
    }
    return acts.LINK.validate_python(body)
