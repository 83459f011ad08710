"""What the API's reading routes answer: each names its cell, whether that is simulated, and `known_at`."""

import hashlib
from typing import Annotated, Any

from pydantic import ConfigDict, Field, JsonValue

from schemas.acting import Cell
from schemas.answers import KUL, RACK, At
from schemas.paging import AT, Answered, example
from schemas.words import Scheme

_LATER = "2025-06-01T06:00:00.000Z"
_FINDING = "5f0c7c0e-2b6d-8a41-9d57-3a1c9be2f001"
_EVENT = f'{{"asset":"{KUL}","kind":"asset","salt":"00112233445566778899aabbccddeeff"}}'
_STRETCH: dict[str, JsonValue] = {
    "from": AT,
    "until": None,
    "container": RACK,
    "container_slot": "U12",
    "place": None,
    "moving": False,
    "disputed": False,
    "known_from": AT,
}


class SiteShown(Answered):
    """A place of kind site."""

    place: str
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class CellShown(Answered):
    """A cell, how far it is derived, its sites, and partitions that do not count."""

    cell: str
    simulated: bool
    horizon: At
    sites: list[SiteShown]
    not_counted: list[str]


class SitesAnswer(Answered):
    """All cells that the key may see."""

    model_config = example(
        cells=[
            {
                "cell": "kul-1",
                "simulated": True,
                "horizon": AT,
                "sites": [{"place": "KUL-1", "country": "MY", "latitude": 3.1, "longitude": 101.7}],
                "not_counted": [],
            }
        ]
    )

    cells: list[CellShown]


class PlaceShown(Answered):
    """A place and what it lies in."""

    model_config = example(place="KUL-1/H1/R3/P07", kind="rack_position", within="KUL-1/H1/R3", country="MY", since=AT)

    place: str
    kind: str
    within: str | None = None
    country: str | None = None
    since: At


class SourceShown(Answered):
    """A source: what was enrolled last, or what it first appeared as."""

    model_config = example(
        source="bmc-r3-u12",
        source_class="out_of_band",
        control_domain="facilities",
        interval_s=300,
        clock_offset_s=0,
        lateness_s=120,
        retired=False,
        enrolled_at=AT,
        first_at=AT,
    )

    source: str
    source_class: str
    control_domain: str
    interval_s: int | None = None
    clock_offset_s: int
    lateness_s: int
    retired: bool
    enrolled_at: At | None = None
    first_at: At | None = None


class AssetShown(Answered):
    """A thing, by its id; `names` are all ids that it goes by."""

    model_config = example(asset=KUL, kind="chassis", since=AT)

    asset: str
    kind: str
    since: At


class StandingShown(Answered):
    """A thing and where it stands: in a slot of a container, at a place, or both. `depth`: 1 = directly there."""

    model_config = example(asset=KUL, kind="chassis", container=RACK, container_slot="U12", place=None, depth=1)

    asset: str
    kind: str
    container: str | None = None
    container_slot: str | None = None
    place: str | None = None
    depth: int = 1


class WhereaboutsShown(Answered):
    """Where a thing was during [from, until). `moving`: a younger claim disagrees and is not decided yet."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, json_schema_extra={"examples": [_STRETCH]})

    from_at: Annotated[At, Field(alias="from")]
    until_at: Annotated[At | None, Field(alias="until")] = None
    container: str | None = None
    container_slot: str | None = None
    place: str | None = None
    moving: bool
    disputed: bool
    known_from: At


class IdentifierShown(Answered):
    """An identifier that sources claim for a thing. `shared`: it is known to stand on several things."""

    model_config = example(scheme="serial", scope="acme/x100", value="SN-1", strong=True, shared=False)

    scheme: Scheme
    scope: str
    value: str
    strong: bool
    shared: bool


class RunShown(Answered):
    """An unbroken stretch of reports of one source about this thing. `last` may be older than its last report."""

    model_config = example(
        source="bmc-r3-u12",
        scope="node",
        slot="node",
        timing="fresh",
        tolerance_s=900,
        first=AT,
        last=_LATER,
        until=None,
        end_cause=None,
    )

    source: str
    scope: str
    slot: str
    timing: str
    tolerance_s: int
    first: At
    last: At
    until: At | None = None
    end_cause: str | None = None


class EventShown(Answered):
    """An appended fact: its number, its hash (the log's entry), and the very bytes that it is the hash of."""

    model_config = example(n=7, at=AT, kind="asset", sha256=hashlib.sha256(_EVENT.encode()).hexdigest(), bytes=_EVENT)

    n: int
    at: At
    kind: str
    sha256: str
    bytes: str


class FindingShown(Answered):
    """Something that needs a person."""

    model_config = example(
        finding=_FINDING,
        kind="rack_moved",
        severity="high",
        subject=RACK,
        state="open",
        opened_at=AT,
        updated_at=_LATER,
        closed_at=None,
        words="the rack stands at another position",
        evidence={"from": "KUL-1/H1/R3/P07"},
    )

    finding: str
    kind: str
    severity: str
    subject: str
    state: str
    opened_at: At
    updated_at: At
    closed_at: At | None = None
    words: str
    evidence: Any


class DeadLetterShown(Answered):
    """A record that could not be read, and why. Its bytes are kept; `holdfast dead-letters show` prints them."""

    model_config = example(
        topic="telemetry",
        partition=0,
        epoch=0,
        offset=41,
        at=AT,
        code="bad_json",
        words="the report is not JSON",
        source="bmc-r3-u12",
        size=180,
        retried_at=None,
    )

    topic: str
    partition: int
    epoch: int
    offset: int
    at: At
    code: str
    words: str
    source: str | None = None
    size: int | None = None
    retried_at: At | None = None


class AssetAnswer(Answered):
    """One thing: its names, what is claimed of its identity, and where it stands."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        known_at=AT,
        as_of=AT,
        asset=KUL,
        kind="chassis",
        names=[KUL],
        identifiers=[{"scheme": "serial", "scope": "acme/x100", "value": "SN-1", "strong": True, "shared": False}],
        standing=_STRETCH,
        path=[RACK, "KUL-1/H1/R3/P07"],
    )

    cell: Cell
    simulated: bool
    known_at: At
    as_of: At
    asset: str
    kind: str
    names: list[str]
    identifiers: list[IdentifierShown]
    standing: WhereaboutsShown | None = None
    path: Annotated[list[str], Field(description="Containers, innermost first, and then the place, if it is known")]
