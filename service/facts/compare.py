"""What differs between two states of a rack, a node or a site: what came, what went, what moved. Pure.

The states may be of two moments of the world, or of one as it was known at two (what was corrected since). Assets go by
the ids that they have in the later knowledge. Standard library alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from service.facts.records import AssetId


class Change(StrEnum):
    """What a thing did."""

    CAME = "came"
    WENT = "went"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a thing stood: in a slot of a container, at a place, or both."""

    container: AssetId | None = None
    container_slot: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """One difference. `before` of what came, and `after` of what went: where it stood outside, if that is known."""

    asset: AssetId
    what: Change
    before: Stood | None
    after: Stood | None


def renamed(state: Mapping[AssetId, Stood], asset_of: Mapping[AssetId, AssetId]) -> dict[AssetId, Stood]:
    """Give a state by the ids that things have in the later knowledge; of two that are one now, the first counts."""
    found: dict[AssetId, Stood] = {}
    for asset, stood in sorted(state.items()):
        holder = stood.container
        now = replace(stood, container=None if holder is None else asset_of.get(holder, holder))
        found.setdefault(asset_of.get(asset, asset), now)
    return found


def compare(
    before: Mapping[AssetId, Stood],
    after: Mapping[AssetId, Stood],
    outside_before: Mapping[AssetId, Stood],
    outside_after: Mapping[AssetId, Stood],
) -> Iterator[Moved]:
    """Give the differences in the order of the ids. `outside_…`: where things stood that were not inside then."""
    for asset in sorted(before.keys() | after.keys()):
        one, other = before.get(asset), after.get(asset)
        if one is None:
            yield Moved(asset, Change.CAME, outside_before.get(asset), other)
        elif other is None:
            yield Moved(asset, Change.WENT, one, outside_after.get(asset))
        elif one != other:
            yield Moved(asset, Change.MOVED, one, other)
