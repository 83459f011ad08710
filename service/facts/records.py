"""The records that facts are computed from. Times: milliseconds of append time; `None` = still open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NewType

from schemas.words import BindingEnd, Kind, RunEnd, SourceClass, Timing

AssetId = NewType("AssetId", str)
Millis = int

UNKNOWN_DOMAIN = "unknown"


@dataclass(frozen=True, slots=True)
class Source:
    """An enrolled (or merely seen) source. A control domain of "unknown" corroborates nothing."""

    name: str
    source_class: SourceClass
    control_domain: str = UNKNOWN_DOMAIN


@dataclass(frozen=True, slots=True)
class Run:
    """An unbroken stretch of reports of one source and scope with one inventory.

    `first` and `last` are the append times of its first and last report. Coverage is
    [first, min(last + tolerance, until, known_at)), and nothing at all where `timing` is late.
    `until` is when it was ended other than by silence (the next run's start, the source's retirement).
    """

    first: Millis
    last: Millis
    tolerance: Millis
    timing: Timing = Timing.FRESH
    until: Millis | None = None
    end: RunEnd | None = None

    def speaks(self, at: Millis) -> bool:
        """Whether its source, heard since it began, is neither silent at a moment nor stated anything else."""
        return self.first <= at <= self.last + self.tolerance and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Binding:
    """What one source says of one asset during [from_at, until_at): in which container or place it stands.

    `container` is the asset that stood in the item's `within` slot of the same report. `place` is the
    place's name; `surveyed` says that a facility source is tied to it by a survey (grade `sensed`), else
    the place was merely stated (grade `declared`). `runs` are the runs of (source, scope) whose inventory
    lists the slot, oldest first; the first may have begun before `from_at`: a place was surveyed meanwhile.
    `lifted_from`: set where the binding is really one of a part of this asset (a port sees a network card
    at a place; the card's chassis, and its rack, are therefore there): the part's id. A lifted binding has a
    place and no container.
    """

    source: Source
    scope: str
    slot: str
    asset: AssetId
    kind: Kind
    from_at: Millis
    until_at: Millis | None = None
    end: BindingEnd | None = None
    container: AssetId | None = None
    container_slot: str | None = None
    place: str | None = None
    surveyed: bool = False
    runs: tuple[Run, ...] = ()
    lifted_from: AssetId | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The tree of places: each place's parent (None for a site) and each site's ISO 3166 country."""

    parent: Mapping[str, str | None] = field(default_factory=dict)
    country: Mapping[str, str] = field(default_factory=dict)

    def path(self, place: str) -> Iterator[str]:
        """The place and what holds it, innermost first; an unknown place holds only itself."""
        seen: set[str] = set()
        at: str | None = place
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self.parent.get(at)

    def within(self, inner: str, outer: str) -> bool:
        """Whether `inner` is `outer` or lies in it."""
        return outer in self.path(inner)

    def agree(self, one: str, other: str) -> bool:
        """Whether one of two places is, or holds, the other (SEMANTICS rule 17)."""
        return self.within(one, other) or self.within(other, one)

    def country_of(self, place: str) -> str | None:
        """The country of the site that holds the place, if both are known."""
        for at in self.path(place):
            if at in self.country:
                return self.country[at]
        return None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where an asset is during [from_at, until_at): in a container's slot, at a place, or both.

    `container_slot`: the slot of the container in which the shown source has it, as that source names it (`pci/…`,
    `U12`).
    Both: it stands in a container and its own place is known more exactly (a unit of the rack's position).
    `moving`: a younger claim disagrees and it is not yet decided whether it moved; the old place is shown.
    `disputed`: two sources go on disagreeing; the one shown was chosen as SEMANTICS rule 18 says.
    """

    from_at: Millis
    until_at: Millis | None
    container: AssetId | None
    container_slot: str | None
    place: str | None
    moving: bool = False
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two bindings that cannot both be true during [from_at, until_at)."""

    from_at: Millis
    until_at: Millis | None
    shown: tuple[str, str, str]  # (source, scope, slot) of the binding whose claim is shown
    rival: tuple[str, str, str]
