"""What acts state about places, surveys and identity, as it stands while the model goes through a cell's changes."""

from dataclasses import dataclass, field

from schemas import acts
from schemas.words import PlaceKind
from service.facts.records import Places
from service.facts.schemes import Value
from tests.reference.identifying import meant


@dataclass(slots=True)
class Standing:
    """Reference data at one moment of the order of rule 5."""

    kinds: dict[str, PlaceKind] = field(default_factory=dict)
    parent: dict[str, str | None] = field(default_factory=dict)
    country: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    surveys: dict[tuple[str, str], str] = field(default_factory=dict)
    declared: set[Value] = field(default_factory=set)

    def places(self) -> Places:
        """Give the tree of places."""
        return Places(dict(self.parent), dict(self.country))

    def named(self, stated: str | None) -> str | None:
        """Give the place that a source's words name: a place's own name goes before an alias."""
        if stated is None or stated in self.kinds:
            return stated
        return self.aliases.get(stated)

    def rack_position(self, place: str) -> str:
        """Give the rack position that is or holds a place; the place itself where none does."""
        for at in self.places().path(place):
            if self.kinds.get(at) is PlaceKind.RACK_POSITION:
                return at
        return place

    def site(self, place: str) -> str:
        """Give the outermost place that holds a place."""
        *_, outermost = self.places().path(place)
        return outermost

    def apply(self, act: acts.CellAct | acts.CommonAct) -> bool:
        """Let an act change what stands; whether it could. Acts about sources, assets and partitions change nothing."""
        match act:
            case acts.SitePut():
                self.kinds[act.site], self.parent[act.site] = PlaceKind.SITE, None
                self.country[act.site] = act.country
            case acts.PlacePut():
                if act.within not in self.kinds or act.place in self.places().path(act.within):
                    return False
                self.kinds[act.place], self.parent[act.place] = act.kind, act.within
                self.aliases |= dict.fromkeys(act.alias, act.place)
            case acts.SurveyPut():
                if not set(act.positions.values()) <= self.kinds.keys():
                    return False
                self.surveys |= {(act.source, slot): place for slot, place in act.positions.items()}
            case acts.SurveyRemove():
                for slot in act.slots:
                    self.surveys.pop((act.source, slot), None)
            case acts.IdentifierShare():
                values = meant(act.scheme, act.scope, act.value)
                self.declared |= values
                return bool(values)
            case _:
                pass
        return True
