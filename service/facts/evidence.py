"""What a claim is judged on: the facts about the subject and what it stands in, as known at one moment.

Whoever reads the store makes these, and cuts nothing but by these rules, so that answers are pure:

- `Evidence.assets` holds the subject; every container that any of its bindings or whereabouts names, and theirs,
  up to the last; for `contains`, everything that stood within the subject, or is expected there, and its containers;
  every part that a lifted binding names (`lifted_from`), and what holds it up to the asset that it is lifted to.
- Of each asset: whereabouts, bindings (direct and lifted), disputes that overlap [from_at, until_at) of the claim, and
  bindings that ended at most four hours before it; further, where nothing stands at `from_at`, the last binding before
  it. Of each binding all runs. Rows are as known at `known_at`; what is younger than that is ignored here.
- Asset ids are canonical (no aliases): the id that the group has at `known_at`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.words import Cause, IdentityGrade, Kind, PlaceKind
from service.facts.records import AssetId, Binding, Dispute, Millis, Places, Whereabouts
from service.facts.statuses import Stated


@dataclass(frozen=True, slots=True)
class IdentityDispute:
    """Two strong claims to an identity that cannot both be true, during [from_at, until_at). `why` is a code."""

    from_at: Millis
    until_at: Millis | None
    why: str


@dataclass(frozen=True, slots=True)
class Complete:
    """During [from_at, until_at), the list of what of `kind` stands in this asset came from a scope complete for it."""

    kind: Kind
    from_at: Millis
    until_at: Millis | None


@dataclass(frozen=True, slots=True)
class AssetEvidence:
    """All that is known of one asset; what each member must hold is in the module's docstring."""

    asset: AssetId
    kind: Kind
    identity_grade: IdentityGrade = IdentityGrade.REPORTED
    identity_disputes: tuple[IdentityDispute, ...] = ()
    whereabouts: tuple[Whereabouts, ...] = ()
    bindings: tuple[Binding, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    complete: tuple[Complete, ...] = ()
    named: bool = True  # it bears a value by which it can be told from others; else it is what fills a slot
    statuses: tuple[Stated, ...] = ()  # for `accounted_for`: what people say of it, all that began before the end
    merged: bool = False  # that its parts are one thing is a person's word


@dataclass(frozen=True, slots=True)
class Gap:
    """A silence of one source and scope that was recorded, with its cause."""

    source: str
    scope: str
    from_at: Millis
    until_at: Millis | None
    cause: Cause


@dataclass(frozen=True, slots=True)
class Explained:
    """Planned work: during [from_at, until_at) these assets may go, come, or both. A container covers its contents.

    `known_from`: since when it was known that they may; what happened before that is explained late (`announced`).
    """

    from_at: Millis
    until_at: Millis
    assets: frozenset[AssetId]
    ticket: str
    goes: bool = True
    comes: bool = True
    known_from: Millis = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts that a judgement may use, and nothing else. `place_kinds` names the kind of every place in `places`."""

    known_at: Millis
    assets: Mapping[AssetId, AssetEvidence]
    places: Places = field(default_factory=Places)
    place_kinds: Mapping[str, PlaceKind] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    explained: tuple[Explained, ...] = ()
    restated: frozenset[str] = (
        frozenset()
    )  # places that people moved, or said another country of, since the claim's start
    began: Millis | None = None  # for `not_on_record`: when the book began (None: nothing is in it)
    ambiguous: frozenset[AssetId] = frozenset()  # subjects as they were asked for, that name nothing or many things
