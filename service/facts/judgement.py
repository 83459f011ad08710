"""The answer to one claim about one subject, and its document (SEMANTICS rule 3: the same bytes for ever)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.canonical import Json
from schemas.words import Account, IdentityGrade, Kind, PlaceGrade, Verdict
from service.facts.claims import Claim
from service.facts.records import AssetId, Millis
from service.facts.statuses import Stated

LISTED = 8  # names in one remark; `count` says how many there are


@dataclass(frozen=True, slots=True)
class Code:
    """A machine-readable remark: what would raise a verdict, what remains to be trusted, what limits it."""

    code: str
    detail: tuple[tuple[str, str | int | None], ...] = ()

    def document(self) -> dict[str, Json]:
        """Give the JSON form: `code` and its parameters."""
        return {"code": self.code, **dict(self.detail)}


def code(name: str, **detail: str | int | None) -> Code:
    """Make a remark."""
    return Code(name, tuple(detail.items()))


def named(names: Sequence[str]) -> dict[str, str | int | None]:
    """Give the first of some names of sources, and how many there are, as a remark has them."""
    return {"sources": ", ".join(names[:LISTED]), "count": len(names)}


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence above the tolerance in one link (of `child`, to the container or place `parent`).

    [from_at, until_at) is exact: the last report before it to the next after it. `from_at` None: nothing was ever heard
    before `until_at`. `until_at` None: it lasts at the end of what was judged. `cause`: theirs, ours, absent, retired,
    unlisted, replaced, or unknown. `length` runs within what was judged where it is open.
    """

    from_at: Millis | None
    until_at: Millis | None
    length: Millis
    child: AssetId
    kind: Kind
    parent: str
    sources: tuple[tuple[str, str], ...]
    cause: str
    above_limit: bool


@dataclass(frozen=True, slots=True)
class Witness:
    """A binding that speaks for or against: who, from where, and what it says. Never a count, never a last report."""

    asset: AssetId
    source: str
    source_class: str
    control_domain: str
    scope: str
    slot: str
    container: AssetId | None
    place: str | None
    grade: str
    from_at: Millis
    until_at: Millis | None
    lifted_from: AssetId | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A dispute that overlaps what was judged: about whose identity, container or place, and since when."""

    asset: AssetId
    about: str  # identity, whereabouts, absence, moving, status
    why: str
    sources: tuple[str, ...]
    from_at: Millis
    until_at: Millis | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between the contents and what was expected."""

    asset: AssetId | None
    kind: Kind | None
    what: str  # says otherwise: missing, elsewhere, foreign, short, surplus; or: never_seen, not_listed, …
    from_at: Millis
    until_at: Millis | None
    explained_by: str | None = None
    expected: int | None = None
    found: int | None = None
    late: Millis | None = None  # how long after it happened the work that explains it was told
    given: str | None = None  # the identifier, as it was given, that no asset bears


@dataclass(frozen=True, slots=True)
class Stretch:
    """What became of a thing during [from_at, until_at), and what says so: `place` by sources, `stated` by a person.

    `why`: of what is unaccounted, or present without a place; of planned work (`ticket`), and of a spare (`other`) that
    took its slot.
    """

    account: Account
    from_at: Millis
    until_at: Millis
    why: str | None = None
    place: str | None = None
    stated: Stated | None = None
    ticket: str | None = None
    other: AssetId | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with all that it rests on. [judged_from, judged_until) is the claim's interval, cut at `known_at`."""

    claim: Claim
    subject: AssetId
    kind: Kind | None
    ruleset: str
    known_at: Millis
    verdict: Verdict
    judged_from: Millis
    judged_until: Millis
    place: str | None = None
    identity: IdentityGrade | None = None
    place_grade: PlaceGrade | None = None
    covered: Millis = 0
    silences: tuple[Silence, ...] = ()
    supporting: tuple[Witness, ...] = ()
    contradicting: tuple[Witness, ...] = ()
    disputes: tuple[Disagreement, ...] = ()
    differences: tuple[Difference, ...] = ()
    accounts: tuple[Stretch, ...] = ()
    limits: Mapping[Kind, Millis] = field(default_factory=dict)
    would_raise: tuple[Code, ...] = ()
    remains_to_trust: tuple[Code, ...] = ()
    cannot_see: tuple[Code, ...] = ()

    @property
    def longest(self) -> Silence | None:
        """The longest silence above the tolerance; None where there is none."""
        return max(self.silences, key=lambda silence: silence.length, default=None)


def instant(at: Millis | None) -> str | None:
    """RFC 3339, UTC, milliseconds; None stays None."""
    if at is None:
        return None
    seconds, millis = divmod(at, 1000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{millis:03d}Z"


def share(covered: Millis, of: Millis) -> str:
    """Share with four decimals, rounded down: "1.0000" is said of nothing less than the whole."""
    tenthousandths = covered * 10_000 // of if of > 0 else 0
    return f"{tenthousandths // 10_000}.{tenthousandths % 10_000:04d}"
