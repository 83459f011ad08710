"""A small site to judge claims on: a GPU and a network card in a tray, the tray in a rack, and who sees them.

The agent ("op") lists tray, GPU and card, and repeats where the tray is; the BMC ("op") lists the tray's GPU; a switch
("net") sees the card at a surveyed port. Everything can be changed before `evidence()` is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from schemas.words import IdentityGrade, Kind, PlaceGrade, PlaceKind, Predicate, SourceClass, Timing
from service.facts.claims import Claim, Expected
from service.facts.evidence import AssetEvidence, Complete, Evidence, Explained, Gap
from service.facts.records import AssetId, Binding, Millis, Places, Run, Source, Whereabouts

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
T0 = 1_750_000_000_000
BEGAN = T0 - DAY
UNTIL = T0 + DAY

GPU, NIC, TRAY, RACK = (AssetId(name) for name in ("gpu-1", "nic-1", "tray-1", "rack-1"))
R7, R8, SITE, ABROAD = "kul/h1/r7", "kul/h1/r8", "kul", "sin/r1"

PLACES = Places(
    {SITE: None, "kul/h1": SITE, R7: "kul/h1", R8: "kul/h1", f"{R7}/u1": R7, "sin": None, ABROAD: "sin"},
    {SITE: "MY", "sin": "SG"},
)
PLACE_KINDS = {
    SITE: PlaceKind.SITE,
    "kul/h1": PlaceKind.HALL,
    R7: PlaceKind.RACK_POSITION,
    R8: PlaceKind.RACK_POSITION,
    f"{R7}/u1": PlaceKind.UNIT,
    "sin": PlaceKind.SITE,
    ABROAD: PlaceKind.RACK_POSITION,
}

AGENT = Source("agent", SourceClass.IN_BAND, "op")
BMC = Source("bmc", SourceClass.OUT_OF_BAND, "op")
SWITCH = Source("switch", SourceClass.FACILITY, "net")
POWER = Source("power", SourceClass.FACILITY, "grid")
PERSON = Source("person", SourceClass.PERSON, "desk")


def run(first: Millis = BEGAN, last: Millis = UNTIL, tolerance: Millis = 5 * MINUTE, **more: object) -> Run:
    """Make a run; by default it goes on beyond the interval."""
    return replace(Run(first, last, tolerance), **more)  # type: ignore[arg-type]


def within(child: AssetId, kind: Kind, container: AssetId, source: Source = AGENT, *runs: Run) -> Binding:
    """Make a binding that says in which container a thing stands."""
    return Binding(
        source,
        "node",
        f"slot/{child}",
        child,
        kind,
        BEGAN,
        container=container,
        container_slot="x",
        runs=runs or (run(),),
    )


def placed(asset: AssetId, kind: Kind, place: str, source: Source, *runs: Run) -> Binding:
    """Make a binding that says a place; a facility source's is surveyed."""
    surveyed = source.source_class is SourceClass.FACILITY
    slot = f"port/{asset}/{place}"
    return Binding(source, "here", slot, asset, kind, BEGAN, place=place, surveyed=surveyed, runs=runs or (run(),))


def lifted(binding: Binding, asset: AssetId, kind: Kind) -> Binding:
    """Make the binding of what holds the thing that a place was seen of."""
    return replace(binding, asset=asset, kind=kind, lifted_from=binding.asset)


def stands(container: AssetId | None = None, place: str | None = None, **more: object) -> Whereabouts:
    """Make a row of whereabouts, by default for ever."""
    return replace(Whereabouts(BEGAN, None, container, "x" if container else None, place), **more)  # type: ignore[arg-type]


def seen(asset: AssetId, kind: Kind, where: Whereabouts | Iterable[Whereabouts], *bindings: Binding) -> AssetEvidence:
    """Make the evidence about one thing."""
    rows = (where,) if isinstance(where, Whereabouts) else tuple(where)
    return AssetEvidence(asset, kind, whereabouts=rows, bindings=bindings)


def port(place: str = R7, source: Source = SWITCH, *runs: Run) -> tuple[Binding, Binding, Binding]:
    """Make what a port says of the card, and of the tray and rack that hold it."""
    card = placed(NIC, Kind.NIC, place, source, *runs)
    return card, lifted(card, TRAY, Kind.CHASSIS), lifted(card, RACK, Kind.RACK)


@dataclass
class Site:
    """The site; `assets` may be changed before evidence is taken of it."""

    known_at: Millis = UNTIL
    gaps: tuple[Gap, ...] = ()
    explained: tuple[Explained, ...] = ()
    assets: dict[AssetId, AssetEvidence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put everything where it belongs."""
        card, tray, rack = port()
        self.put(
            seen(GPU, Kind.GPU, stands(TRAY), within(GPU, Kind.GPU, TRAY), within(GPU, Kind.GPU, TRAY, BMC)),
            seen(NIC, Kind.NIC, stands(TRAY, R7), within(NIC, Kind.NIC, TRAY), card),
            seen(
                TRAY,
                Kind.CHASSIS,
                stands(RACK, R7),
                within(TRAY, Kind.CHASSIS, RACK),
                placed(TRAY, Kind.CHASSIS, R7, AGENT),
                tray,
            ),
            seen(RACK, Kind.RACK, stands(None, R7), rack),
        )

    def put(self, *found: AssetEvidence) -> None:
        """Add or replace evidence about things."""
        self.assets.update({each.asset: each for each in found})

    def bind(self, asset: AssetId, *bindings: Binding) -> None:
        """Replace the bindings of a thing."""
        self.assets[asset] = replace(self.assets[asset], bindings=bindings)

    def also(self, asset: AssetId, *bindings: Binding) -> None:
        """Add bindings of a thing."""
        self.bind(asset, *self.assets[asset].bindings, *bindings)

    def where(self, asset: AssetId, *rows: Whereabouts) -> None:
        """Replace the whereabouts of a thing."""
        self.assets[asset] = replace(self.assets[asset], whereabouts=rows)

    def change(self, asset: AssetId, **members: object) -> None:
        """Change other members of the evidence about a thing."""
        self.assets[asset] = replace(self.assets[asset], **members)  # type: ignore[arg-type]

    def all_runs(self, asset: AssetId, source: Source, *runs: Run) -> None:
        """Replace the runs of all bindings that a source has of a thing."""
        self.bind(
            asset,
            *(replace(each, runs=runs) if each.source == source else each for each in self.assets[asset].bindings),
        )

    def evidence(self) -> Evidence:
        """Give the evidence."""
        return Evidence(self.known_at, dict(self.assets), PLACES, PLACE_KINDS, self.gaps, self.explained)


def at(place: str | None = R7, **more: object) -> Claim:
    """Claim that something was at a place."""
    country = more.get("country")
    claim = Claim(Predicate.LOCATED_AT, T0, UNTIL, place=None if country else place, country=country)  # type: ignore[arg-type]
    return replace(claim, **more)  # type: ignore[arg-type]


def out_of(place: str | None = None, **more: object) -> Claim:
    """Claim that something was elsewhere."""
    return replace(at(place, **more), predicate=Predicate.NOT_IN)


def stayed(**more: object) -> Claim:
    """Claim that something stayed."""
    return replace(Claim(Predicate.STAYED, T0, UNTIL), **more)  # type: ignore[arg-type]


def accounted(place: str | None = R7, **more: object) -> Claim:
    """Claim that what became of something is known."""
    return replace(Claim(Predicate.ACCOUNTED_FOR, T0, UNTIL, place=place), **more)  # type: ignore[arg-type]


def off_record(**more: object) -> Claim:
    """Claim that nothing speaks of something."""
    return replace(Claim(Predicate.NOT_ON_RECORD, T0, UNTIL), **more)  # type: ignore[arg-type]


def contains(expected: Expected | None = None, **more: object) -> Claim:
    """Claim that contents are what they should be."""
    return replace(Claim(Predicate.CONTAINS, T0, UNTIL, expected=expected), **more)  # type: ignore[arg-type]


__all__ = ["Complete", "Expected", "Explained", "IdentityGrade", "PlaceGrade", "Timing"]
