"""Claims as they are asked, and the answers to them: the bodies of `/v1/attestations` (DESIGN section 7)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from schemas.acting import AssetRef, Cell, Country, IdentifierAsked, Name
from schemas.envelope import millis, rfc3339
from schemas.words import Account, IdentityGrade, Kind, PlaceGrade, Predicate, Verdict

_YEARS = (0, 253_402_300_799_999)  # 1970 to 9999
MAX_EXPECTED = 10_000
MAX_LISTED = 2_000


def _moment(given: object) -> int:
    at = millis(given) if isinstance(given, str) else None
    if at is None or not _YEARS[0] <= at <= _YEARS[1]:
        raise ValueError("write a time as RFC 3339 with its zone, such as 2025-06-01T00:00:00Z (in a URL, + is %2B)")
    return at


Moment = Annotated[
    int,
    BeforeValidator(_moment),
    PlainSerializer(rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-06-01T00:00:00Z"]}),
]

At = Annotated[  # our own milliseconds, on the way out
    int,
    PlainSerializer(rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-06-01T00:00:00.000Z"]}),
]

KUL = "0b2e6d7c-58a1-5d7e-9a34-0c6f2b9d1e55"
RACK = "6c1f7a52-3b0d-5f7c-8f53-6f0a4f5e2a11"


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Listed(_Asked):
    """Things by id and by identifier, however many times each. What names nothing, or many things, is `unproven`."""

    assets: Annotated[tuple[AssetRef, ...], Field(max_length=MAX_LISTED)] = ()
    identifiers: Annotated[tuple[IdentifierAsked, ...], Field(max_length=MAX_LISTED)] = ()


class Subject(_Asked):
    """What the claim is about: exactly one of one asset, an identifier of one, or a set.

    A set: all in a place, all within an asset, a list of assets and identifiers, or everything. With `kinds`, those of
    it alone.
    """

    asset: AssetRef | None = None
    identifier: IdentifierAsked | None = None
    place: Annotated[Name | None, Field(description="All assets that stood in it at `from`")] = None
    inside: Annotated[AssetRef | None, Field(description="This asset, and all that stood within it at `from`")] = None
    listed: Listed | None = None
    everything: Annotated[
        Literal[True] | None,
        Field(description="All that the cell knew of at `from`; accounted_for: at any moment before `until`"),
    ] = None
    kinds: Annotated[tuple[Kind, ...] | None, Field(description="Of a set: only these kinds")] = None


class ExpectedAsked(_Asked):
    """A bill of materials: things, counts of kinds, or both."""

    assets: Annotated[tuple[AssetRef, ...], Field(max_length=MAX_EXPECTED)] = ()
    identifiers: Annotated[tuple[IdentifierAsked, ...], Field(max_length=1000)] = ()
    slots: Annotated[dict[AssetRef, Name], Field(description="asset → slot in which it must stand")] = {}
    counts: dict[Kind, Annotated[int, Field(ge=0, le=1_000_000)]] = {}


class Grades(_Asked):
    """The grades asked for. A place is never confirmed below `corroborated`, whatever is asked."""

    identity: IdentityGrade = IdentityGrade.REPORTED
    place: PlaceGrade = PlaceGrade.CORROBORATED


class ClaimParts(_Asked):
    """What a claim is made of, but for the cell that it is put to."""

    predicate: Predicate
    subject: Subject
    place: Name | None = None
    country: Country | None = None
    expected: ExpectedAsked | None = None
    from_at: Annotated[Moment, Field(alias="from")]
    until_at: Annotated[Moment, Field(alias="until")]
    grades: Grades = Grades()
    max_silence_s: Annotated[
        dict[Kind, Annotated[int, Field(ge=1, le=86_400)]],
        Field(description="Per kind, the longest silence allowed, in seconds; capped by policy"),
    ] = {}
    known_at: Annotated[Moment | None, Field(description="What was known when; default and at most the horizon")] = None


class ClaimAsked(ClaimParts):
    """A claim to check: of what, that what, from when until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cell": "kul-1",
                    "predicate": "stayed",
                    "subject": {"place": "KUL-1"},
                    "from": "2025-06-01T00:00:00Z",
                    "until": "2025-07-01T00:00:00Z",
                },
                {
                    "cell": "kul-1",
                    "predicate": "located_at",
                    "subject": {
                        "identifier": {"scheme": "gpu_uuid", "value": "GPU-1fd1c1a4-7d8b-4f0d-9f1c-6f3e0c2b7a90"}
                    },
                    "country": "MY",
                    "from": "2025-06-01T00:00:00Z",
                    "until": "2025-07-01T00:00:00Z",
                    "grades": {"identity": "reported", "place": "corroborated"},
                    "max_silence_s": {"gpu": 900},
                },
                {
                    "cell": "kul-1",
                    "predicate": "contains",
                    "subject": {"asset": KUL},
                    "expected": {"counts": {"gpu": 8}},
                    "from": "2025-06-01T00:00:00Z",
                    "until": "2025-07-01T00:00:00Z",
                    "known_at": "2025-07-01T00:00:00Z",
                },
            ]
        }
    )

    cell: Cell


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class ViewerNamed(_Answer):
    """Whose rights the answer was given under: an operator's in its own cell, or a party's by `grants`.

    `sha256`: of what was granted to it when it asked; two answers with the same one were given under the same rights.
    """

    operator: str | None = None
    party: str | None = None
    rights: Literal["own-cells", "granted"] = "own-cells"
    grants: list[str] = []
    sha256: str | None = None


class RestsOn(_Answer):
    """The events about the things that the answer speaks of: how many, the last number, and a hash over all of them.

    `sha256` is of the hashes of all of them, one after the other in the order of their numbers; `listed` holds each
    number and hash while there are few.
    """

    count: int
    last: int | None = None
    sha256: str
    listed: list[dict[str, Any]]


class Judged(_Answer):
    """The verdict on one thing, with all that it rests on."""

    verdict: Verdict
    subject: str
    kind: Kind | None = None
    judged: dict[str, str]
    place: str | None = None
    grades: dict[str, str | None]
    coverage: dict[str, Any]
    silences: list[dict[str, Any]]
    supporting: list[dict[str, Any]]
    contradicting: list[dict[str, Any]]
    disputes: list[dict[str, Any]]
    limits: dict[str, Any]
    would_raise: list[dict[str, Any]]
    remains_to_trust: list[dict[str, Any]]
    cannot_see: list[dict[str, Any]]
    words: Annotated[list[str], Field(description="The same in words; they hold nothing that the data does not")]
    differences: Annotated[list[dict[str, Any]] | None, Field(description="contains: from what was expected")] = None
    account: Annotated[Account | None, Field(description="accounted_for: what became of it in the end")] = None
    accounts: Annotated[
        list[dict[str, Any]] | None, Field(description="accounted_for: what became of it, and who says so, by time")
    ] = None


class SetJudged(_Answer):
    """The verdicts on a set: how many things of each kind got each, the worst in full, and the silences of sources."""

    members: int
    counts: Annotated[dict[str, dict[Verdict, int]], Field(description="kind → verdict → how many")]
    accounts: Annotated[
        dict[str, dict[Account, int]] | None, Field(description="accounted_for: kind → account → how many, in the end")
    ] = None
    released: Annotated[
        dict[str, Any] | None, Field(description="accounted_for: to whom, on which paper, how much of it accepted")
    ] = None
    unaccounted: Annotated[
        dict[str, Any] | None, Field(description="accounted_for: what, why, and since when in the interval")
    ] = None
    worst: list[Judged]
    silences: dict[str, Any]
    remains_to_trust: list[dict[str, Any]]
    cannot_see: list[dict[str, Any]]
    words: Annotated[list[str], Field(description="The same in words, but for the worst: each has its own")]


class Attestation(_Answer):
    """The answer to a claim: canonical JSON, a function of claim, `known_at`, ruleset and the viewer's rights.

    `answer` is there for one thing, `set` for a set (never one word). The body names no count of reports
    and no last report of a run that reaches `known_at`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "v": 1,
                    "cell": "kul-1",
                    "simulated": True,
                    "claim": {
                        "predicate": "stayed",
                        "subject": {"asset": RACK},
                        "from": "2025-06-01T00:00:00.000Z",
                        "until": "2025-07-01T00:00:00.000Z",
                    },
                    "known_at": "2025-07-01T00:00:00.000Z",
                    "ruleset": "2026-1",
                    "viewer": {"operator": "acme", "rights": "own-cells"},
                    "answer": {
                        "verdict": "consistent",
                        "subject": RACK,
                        "kind": "rack",
                        "judged": {"from": "2025-06-01T00:00:00.000Z", "until": "2025-07-01T00:00:00.000Z"},
                        "place": "KUL-1/H1/R3/P07",
                        "grades": {"identity": "reported", "place": "sensed"},
                        "coverage": {"share": "1.0000", "longest_silence": "none above the tolerance"},
                        "silences": [],
                        "supporting": [],
                        "contradicting": [],
                        "disputes": [],
                        "limits": {"rack": {"max_silence_ms": 14400000, "report_interval_ms": 4800000}},
                        "would_raise": [{"code": "a_source_of_another_control_domain", "have": "acme"}],
                        "remains_to_trust": [{"code": "independent_witnesses", "count": 0}],
                        "cannot_see": [{"code": "an_unpowered_box_in_a_warehouse"}],
                        "words": ["Consistent: nothing says otherwise, but …"],
                    },
                    "events": {"count": 4, "last": 8127, "sha256": "5f1c…", "listed": [{"n": 17, "sha256": "9a…"}]},
                }
            ]
        }
    )

    v: Literal[1] = 1
    cell: Cell
    simulated: bool
    claim: dict[str, Any]
    known_at: str
    ruleset: str
    viewer: ViewerNamed
    known_at_asked: Annotated[str | None, Field(description="Only where it was ahead of the horizon")] = None
    suspended: Annotated[list[int] | None, Field(description="Partitions that did not count, by a person's word")] = (
        None
    )
    partial: Annotated[str | None, Field(description="Only for a party: that there may be more than was granted")] = (
        None
    )
    answer: Judged | None = None
    set: SetJudged | None = None
    events: RestsOn
