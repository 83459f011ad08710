"""Containers that nothing names say only what holds them (deploy/decisions/0004-whereabouts.md).

`nvidia-smi` lists GPUs in a tray without any identifier, in a rack with a serial; the tray's controller lists them in a
chassis with one. Nothing joins the two, and nothing keeps them apart either. Pure; standard library alone.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from service.facts.records import AssetId, Millis

Holds = Callable[[AssetId, AssetId, Millis], bool]
Within = Callable[[AssetId, Millis], AssetId | None]


@dataclass(frozen=True, slots=True)
class Nameless:
    """Which of some containers nothing names, and which are racks.

    `holds(outer, inner, moment)`: whether one holds another then, however deep. `within(asset, moment)`: in which
    container an asset stands then, if in any.
    """

    holds: Holds
    within: Within
    assets: AbstractSet[AssetId]
    racks: AbstractSet[AssetId]

    def agree(self, one: AssetId, other: AssetId, at: Millis) -> bool:
        """Whether two containers, at least one of them nameless, can both be said of one thing at a moment.

        Not, where what holds the nameless one (the nearest that something names) and the other one, or what holds
        that, are apart. A named one that stands in nothing, unless it is a rack, can be just what nothing names.
        """
        if not {one, other} & self.assets:
            return False
        inner, outer = self._base(one, at), self._base(other, at)
        if inner is None or outer is None or self._nested(inner, outer, at):
            return True
        named = {one, other} - self.assets - self.racks
        return any(self.within(each, at) is None for each in named)

    def finer(self, one: AssetId, other: AssetId, at: Millis) -> bool:
        """Whether the first is the more exact of two that agree: it is named, the other is not, nor stands in it."""
        return other in self.assets and one not in self.assets and not self.holds(one, other, at)

    def _base(self, container: AssetId, at: Millis) -> AssetId | None:
        """Give the container itself, or the nearest that holds it, that something names."""
        seen: set[AssetId] = set()
        here: AssetId | None = container
        while here is not None and here in self.assets:
            if here in seen:
                return None
            seen.add(here)
            here = self.within(here, at)
        return here

    def _nested(self, one: AssetId, other: AssetId, at: Millis) -> bool:
        return one == other or self.holds(one, other, at) or self.holds(other, one, at)
