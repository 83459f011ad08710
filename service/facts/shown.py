"""Where the derived whereabouts show a thing: its own rows, walked up through what holds it to a place. Pure."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from service.facts.records import AssetId, Millis, Whereabouts


@dataclass(frozen=True, slots=True)
class Shown:
    """Where the derived whereabouts show a thing during [from_at, until_at)."""

    from_at: Millis
    until_at: Millis
    place: str | None
    moving: bool = False
    disputed: bool = False


def walk(
    rows: Iterable[Whereabouts],
    until_at: Millis,
    circular: AbstractSet[AssetId],
    shown: Callable[[AssetId], tuple[Shown, ...]],
) -> tuple[Shown, ...]:
    """Walk rows up to a place, by where `shown` says that each container was; nothing is walked through `circular`.

    Pieces are in order and end by `until_at`; moments without a row are left out.
    """
    pieces: list[Shown] = []
    for row in sorted(rows, key=lambda row: row.from_at):
        end = until_at if row.until_at is None else min(row.until_at, until_at)
        if row.from_at >= end:
            continue
        mine = Shown(row.from_at, end, row.place, row.moving, row.disputed)
        if row.container is None or row.container in circular:
            pieces.append(mine)
        else:
            pieces.extend(_within(mine, shown(row.container)))
    return tuple(pieces)


def _within(mine: Shown, above: tuple[Shown, ...]) -> Iterable[Shown]:
    """Cut a row by where its container is; its own place, where it has one, is the more exact."""
    at = mine.from_at
    for piece in above:
        start, end = max(piece.from_at, at), min(piece.until_at, mine.until_at)
        if start >= end:
            continue
        if start > at:
            yield Shown(at, start, mine.place, mine.moving, mine.disputed)
        place = piece.place if mine.place is None else mine.place
        yield Shown(start, end, place, mine.moving or piece.moving, mine.disputed or piece.disputed)
        at = end
    if at < mine.until_at:
        yield Shown(at, mine.until_at, mine.place, mine.moving, mine.disputed)
