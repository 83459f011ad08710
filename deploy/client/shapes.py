"""Shapes of what the API takes and answers. Generated: `python -m deploy.openapi`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias
from typing_extensions import TypedDict


class AcceptedShown(TypedDict):
    """
    When, by whom and on which paper the other side accepted what was released.
    """

    at: str
    by: str
    document: NotRequired[str | None]


class AccessNote(TypedDict, closed=True):
    """
    What a party is about to be shown. The API says so, before it shows it; of anybody else it is refused there.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["access.note"]]
    party: str
    credential: str
    asked: str
    sha256: NotRequired[str | None]


class AccessShown(TypedDict):
    """
    What a party was shown, and when: noted before it was shown.
    """

    at: str
    party: str
    credential: str
    asked: dict[str, Any]
    sha256: NotRequired[str | None]


Account: TypeAlias = Literal[
    "present", "elsewhere", "released", "in_repair", "on_loan", "spare", "scrapped", "sold", "unaccounted"
]


class ActAnswer(TypedDict):
    """
    An act and what became of it. `outcome` null: not derived yet; ask `url` again.
    """

    cell: str
    offset: int
    at: str
    act: str
    key: str
    by: str
    outcome: NotRequired[str | None]
    words: NotRequired[str | None]
    url: str


class ActListed(TypedDict):
    """
    An act and what became of it; `outcome` is null until the horizon has reached it.
    """

    offset: int
    at: str
    act: str
    key: str
    by: str
    outcome: NotRequired[str | None]
    words: NotRequired[str | None]


class Alive(TypedDict):
    """
    That the process answers.
    """

    alive: NotRequired[bool]


Asset: TypeAlias = str


class AssetMerge(TypedDict, closed=True):
    """
    Two names are one asset.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["asset.merge"]]
    assets: tuple[Asset, Asset]


class AssetPart(TypedDict, closed=True):
    """
    Two names are not one asset, whatever their identifiers say.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["asset.part"]]
    assets: tuple[Asset, Asset]


class AssetShown(TypedDict):
    """
    A thing, by its id; `names` are all ids that it goes by.
    """

    asset: str
    kind: str
    since: str


class AssetUndo(TypedDict, closed=True):
    """
    Take a merge or a part back, by its key.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["asset.undo"]]
    undoes: str


Basis: TypeAlias = Literal["law", "licence", "contract", "policy"]


Cause: TypeAlias = Literal["theirs", "ours"]


class CauseShown(TypedDict):
    """
    A part of a silence, with its cause.
    """

    from_at: str
    until_at: NotRequired[str | None]
    cause: Cause


class CellEventShown(TypedDict):
    """
    An appended fact of the cell: its number, whom it is about, its hash (the log's entry), and its very bytes.
    """

    n: int
    at: str
    kind: str
    asset: NotRequired[str | None]
    sha256: str
    bytes: str


class CellPut(TypedDict, closed=True):
    """
    A cell, whose it is, and whether it is simulated. On `acts.common` only; first word stands.

    Refused where the cell is another operator's, or has facts and is simulated otherwise.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["cell.put"]]
    cell: str
    operator: str
    simulated: NotRequired[bool]


Place: TypeAlias = str


class DeadLetterRetry(TypedDict, closed=True):
    """
    Put a dead letter through again, its cause mended; its facts are known from this act on.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["dead_letter.retry"]]
    partition: int
    offset: int


class DeadLetterShown(TypedDict):
    """
    A record that could not be read, and why. Its bytes are kept; `holdfast dead-letters show` prints them.
    """

    topic: str
    partition: int
    epoch: int
    offset: int
    at: str
    code: str
    words: str
    source: NotRequired[str | None]
    size: NotRequired[int | None]
    retried_at: NotRequired[str | None]


class DeadLetterWhole(TypedDict):
    """
    A dead letter with its bytes, in base64; headers as pairs of a name and base64.
    """

    topic: str
    partition: int
    epoch: int
    offset: int
    at: str
    code: str
    words: str
    source: NotRequired[str | None]
    size: NotRequired[int | None]
    retried_at: NotRequired[str | None]
    key: NotRequired[str | None]
    headers: list[tuple[str, Any]]
    value: NotRequired[str | None]


Disclosed: TypeAlias = Literal["identifiers", "evidence", "statuses", "events", "findings", "work"]


class Erasable(TypedDict, closed=True):
    """
    Text that can be erased. `salt`: 16 random bytes in hex, made by who writes it, so that nobody can guess it.
    """

    text: str
    salt: str


class EventShown(TypedDict):
    """
    An appended fact: its number, its hash (the log's entry), and the very bytes that it is the hash of.
    """

    n: int
    at: str
    kind: str
    sha256: str
    bytes: str


class FindingAcknowledge(TypedDict, closed=True):
    """
    Somebody looks after an open finding.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["finding.acknowledge"]]
    finding: str
    note: NotRequired[Erasable | None]


class FindingClose(TypedDict, closed=True):
    """
    A person closes an open finding, with a reason. The same evidence does not raise it again; other does.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["finding.close"]]
    finding: str
    why: Literal["explained", "mended", "false_alarm", "accepted", "duplicate"]
    note: Erasable


class FindingComment(TypedDict, closed=True):
    """
    Say something of a finding.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["finding.comment"]]
    finding: str
    note: Erasable


FindingKind: TypeAlias = Literal[
    "identity_disputed",
    "component_missing",
    "component_foreign",
    "rack_moved",
    "rack_silent",
    "clock_wrong",
    "outage_ours",
]


class FindingOpened(TypedDict, closed=True):
    """
    Somebody is about to read a finding whole: the API says so, before it shows it, and nobody else may.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["finding.opened"]]
    finding: str
    party: str
    credential: str


class FindingReopen(TypedDict, closed=True):
    """
    A finding that was closed is open again, unless another one stands for the same.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["finding.reopen"]]
    finding: str
    note: Erasable


class FindingShown(TypedDict):
    """
    Something that needs a person.
    """

    finding: str
    kind: str
    severity: str
    subject: str
    state: str
    opened_at: str
    updated_at: str
    closed_at: NotRequired[str | None]
    words: str
    evidence: Any


class GapShown(TypedDict):
    """
    A silence of a source and scope above its tolerance, known since `opened_at`; null `until_at`: it lasts.
    """

    source: str
    scope: str
    from_at: str
    until_at: NotRequired[str | None]
    opened_at: str
    causes: list[CauseShown]


class GoOn(TypedDict, closed=True):
    """
    Go on after a stop of a partition: at `next_offset`, with the records before it recorded as a gap.

    Refused where records from there on were applied already, unless the topic is another one than it was.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["go_on"]]
    partition: int
    next_offset: int


class GrantRevoke(TypedDict, closed=True):
    """
    Take a grant back, by its key: the party sees nothing by it any more, within seconds.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["grant.revoke"]]
    revokes: str


class GrantShown(TypedDict):
    """
    A grant as it stands at `known_at`.
    """

    key: str
    party: str
    whole: bool
    place: NotRequired[str | None]
    licence: NotRequired[str | None]
    things: list[str]
    fields: list[Disclosed]
    purpose: str
    by: str
    until_at: str
    known_from: str
    revoked_at: NotRequired[str | None]
    revoked_by: NotRequired[str | None]


class HeldShown(TypedDict):
    """
    Where a thing stood: in a slot of a container, at a place, or both.
    """

    container: NotRequired[str | None]
    container_slot: NotRequired[str | None]
    place: NotRequired[str | None]


class HoldRelease(TypedDict, closed=True):
    """
    A hold is over, by its key.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["hold.release"]]
    releases: str


class HoldShown(TypedDict):
    """
    A hold that stands, or stood: of how many things, or of the whole cell.
    """

    key: str
    whole: bool
    things: int
    reference: str
    by: str
    known_from: str
    released_at: NotRequired[str | None]


IdentityGrade: TypeAlias = Literal["declared", "reported", "signed", "attested", "inspected"]


class KeyAsked(TypedDict, closed=True):
    """
    A key to be made for your own operator. It may do no more than the key that asks.
    """

    label: NotRequired[str]
    scopes: NotRequired[list[Literal["read", "write", "enrol", "audit", "admin", "operators"]]]
    days: NotRequired[int | None]


class KeyMade(TypedDict):
    """
    A new key: `key` is shown this once. `old_until`: until when the one that it replaces holds.
    """

    key: str
    key_id: str
    label: str
    scopes: list[Literal["read", "write", "enrol", "audit", "admin", "operators"]]
    expires_at: NotRequired[str | None]
    replaces: NotRequired[str | None]
    old_until: NotRequired[str | None]


class KeyRevoked(TypedDict):
    """
    A key that was revoked, and when: it ends within two seconds.
    """

    key_id: str
    revoked_at: str


Kind: TypeAlias = Literal[
    "rack", "chassis", "board", "gpu", "cpu", "nic", "dpu", "switch", "drive", "psu", "power_shelf"
]


class LinkArrived(TypedDict, closed=True):
    """
    What another cell had before is reported here.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    cell: str
    asset: str
    other_cell: str
    other_asset: str
    trip: int
    grade: NotRequired[IdentityGrade]
    act: NotRequired[Literal["link.arrived"]]


class LinkDeparted(TypedDict, closed=True):
    """
    It is reported here no longer, and has arrived in another cell.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    cell: str
    asset: str
    other_cell: str
    other_asset: str
    trip: int
    grade: NotRequired[IdentityGrade]
    act: NotRequired[Literal["link.departed"]]
    ref: str


class LinkDisputed(TypedDict, closed=True):
    """
    Both cells report it at once. Nothing is closed by that.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    cell: str
    asset: str
    other_cell: str
    other_asset: str
    trip: int
    grade: NotRequired[IdentityGrade]
    act: NotRequired[Literal["link.disputed"]]
    ref: str


class LinkLinked(TypedDict, closed=True):
    """
    The cell that it came from has let it go: both books tell of one thing.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    cell: str
    asset: str
    other_cell: str
    other_asset: str
    trip: int
    grade: NotRequired[IdentityGrade]
    act: NotRequired[Literal["link.linked"]]
    ref: str


May: TypeAlias = Literal["remove", "insert", "swap", "move_rack"]


class OperatorPut(TypedDict, closed=True):
    """
    An operator: the legal entity whose cells are its own to see. On `acts.common` only.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["operator.put"]]
    operator: str
    name: str
    country: NotRequired[str | None]


class PageAccessShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[AccessShown]
    next: NotRequired[str | None]


class PageActListed(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[ActListed]
    next: NotRequired[str | None]


class PageAssetShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[AssetShown]
    next: NotRequired[str | None]


class PageCellEventShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[CellEventShown]
    next: NotRequired[str | None]


class PageDeadLetterShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[DeadLetterShown]
    next: NotRequired[str | None]


class PageEventShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[EventShown]
    next: NotRequired[str | None]


class PageFindingShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[FindingShown]
    next: NotRequired[str | None]


class PageGapShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[GapShown]
    next: NotRequired[str | None]


class PageGrantShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[GrantShown]
    next: NotRequired[str | None]


class PageHoldShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[HoldShown]
    next: NotRequired[str | None]


class PartitionJoin(TypedDict, closed=True):
    """
    A partition that was added to a cell that lives already: it counts from this act's append time.

    The consumer that found it says so; of anybody else it is refused, since a partition that is not there would hold
    the cell's horizon for ever.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["partition.join"]]
    partition: int


class PartitionResume(TypedDict, closed=True):
    """
    A suspended partition counts again: what rested is known from the later of its own append time and this act's.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["partition.resume"]]
    partition: int


class PartitionSuspend(TypedDict, closed=True):
    """
    A partition that is stopped no longer holds the cell's horizon back; answers say so.

    What it brings from `next_offset` on rests, and is known from the resumption on. Refused where records from there on
    were applied already. It counts until it has come to that offset.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["partition.suspend"]]
    partition: int
    next_offset: int


PartyKind: TypeAlias = Literal["operator", "exporter", "lessor", "auditor", "regulator", "machine"]


PlaceGrade: TypeAlias = Literal["declared", "sensed", "corroborated", "inspected"]


PlaceKind: TypeAlias = Literal["site", "hall", "row", "rack_position", "unit"]


class PlacePut(TypedDict, closed=True):
    """
    A place within a place: hall, row, rack position or unit.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["place.put"]]
    place: str
    kind: PlaceKind
    within: str
    alias: NotRequired[list[str]]


class PlaceShown(TypedDict):
    """
    A place and what it lies in.
    """

    place: str
    kind: str
    within: NotRequired[str | None]
    country: NotRequired[str | None]
    since: str


Predicate: TypeAlias = Literal["located_at", "not_in", "stayed", "contains", "accounted_for", "not_on_record"]


class PrincipalShown(TypedDict):
    """
    Who you are here. `credential`: id of your key, or of whom your token is of. `cells`: yours; `granted`: more.
    """

    operator: str
    kind: PartyKind
    credential: str
    scopes: list[Literal["read", "write", "enrol", "audit", "admin", "operators"]]
    cells: list[str]
    granted: list[str]
    expires_at: NotRequired[str | None]


class Problem(TypedDict):
    """
    What went wrong (RFC 9457).
    """

    type: str
    title: str
    status: int
    detail: NotRequired[str | None]
    errors: NotRequired[list[dict[str, str]] | None]


class Progress(TypedDict):
    """
    How many of its members are judged.
    """

    done: int
    of: int


class Ready(TypedDict):
    """
    Whether requests can be answered, and what is waited for.

    Cells that stand still are `degraded`, and everything else is answered: they are counted, and named to those who
    send a key of their operator.
    """

    ready: bool
    waits_for: list[str]
    degraded: list[str]
    version: str


RecordKind: TypeAlias = Literal["event", "run", "status", "finding", "text", "grant", "access", "dead_letter"]


class RestsOn(TypedDict):
    """
    The events about the things that the answer speaks of: how many, the last number, and a hash over all of them.

    `sha256` is of the hashes of all of them, one after the other in the order of their numbers; `listed` holds each
    number and hash while there are few.
    """

    count: int
    last: NotRequired[int | None]
    sha256: str
    listed: list[dict[str, Any]]


class RetentionDrop(TypedDict, closed=True):
    """
    A class is no more: it keeps nothing from now on.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["retention.drop"]]
    name: str


class RotateAsked(TypedDict, closed=True):
    """
    How long a key that is rotated holds beside the new one, in seconds.
    """

    overlap_s: NotRequired[int]


class RunListed(TypedDict):
    """
    An unbroken stretch of reports of one source and scope with one inventory (its digest: SHA-256).
    """

    run: str
    source: str
    scope: str
    timing: str
    digest: str
    known: bool
    tolerance_s: int
    first: str
    last: str
    until: NotRequired[str | None]
    end_cause: NotRequired[str | None]


class RunShown(TypedDict):
    """
    An unbroken stretch of reports of one source about this thing. `last` may be older than its last report.
    """

    source: str
    scope: str
    slot: str
    timing: str
    tolerance_s: int
    first: str
    last: str
    until: NotRequired[str | None]
    end_cause: NotRequired[str | None]


Scheme: TypeAlias = Literal[
    "device_key",
    "ueid",
    "gpu_uuid",
    "system_uuid",
    "wwn",
    "serial",
    "board_serial",
    "module_serial",
    "mac",
    "asset_tag",
    "hostname",
]


Severity: TypeAlias = Literal["low", "medium", "high", "critical"]


class SideShown(TypedDict):
    """
    Who says it: a source, its scope, and the slot of its report.
    """

    source: str
    scope: str
    slot: str


class SitePut(TypedDict, closed=True):
    """
    A site and where it is; its name is the first part of the names of the places in it.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["site.put"]]
    site: str
    country: str
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]


class SiteShown(TypedDict):
    """
    A place of kind site.
    """

    place: str
    country: NotRequired[str | None]
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]


SourceClass: TypeAlias = Literal["in_band", "out_of_band", "facility", "landmark", "person"]


class SourceEnrol(TypedDict, closed=True):
    """
    A source, its class, who controls it, and how it reports. Enrolling again changes it.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["source.enrol"]]
    source: str
    source_class: SourceClass
    control_domain: NotRequired[str]
    interval_s: NotRequired[int | None]
    clock_offset_s: NotRequired[int]
    lateness_s: NotRequired[int]


class SourceRetire(TypedDict, closed=True):
    """
    A source reports no more; what it sends afterwards is a dead letter.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["source.retire"]]
    source: str


class SourceShown(TypedDict):
    """
    A source: what was enrolled last, or what it first appeared as.
    """

    source: str
    source_class: str
    control_domain: str
    interval_s: NotRequired[int | None]
    clock_offset_s: int
    lateness_s: int
    retired: bool
    enrolled_at: NotRequired[str | None]
    first_at: NotRequired[str | None]


class StandingShown(TypedDict):
    """
    A thing and where it stands: in a slot of a container, at a place, or both. `depth`: 1 = directly there.
    """

    asset: str
    kind: str
    container: NotRequired[str | None]
    container_slot: NotRequired[str | None]
    place: NotRequired[str | None]
    depth: NotRequired[int]


class StateAsked(TypedDict):
    """
    One of the two states: as it was at `as_of`, as known at `known_at`; and how many things were inside.
    """

    as_of: str
    known_at: str
    things: int


Status: TypeAlias = Literal[
    "in_stock", "in_transit", "installed", "spare", "failed", "in_repair", "on_loan", "scrapped", "sold", "released"
]


class StatusShown(TypedDict):
    """
    What was said of the status of one thing: a statement, whatever sources see.
    """

    key: str
    asset: str
    status: Status
    party: NotRequired[str | None]
    document: NotRequired[str | None]
    ticket: NotRequired[str | None]
    place: NotRequired[str | None]
    by: str
    from_at: str
    until_at: NotRequired[str | None]
    known_from: str
    accepted: NotRequired[AcceptedShown | None]


class StatusWithdraw(TypedDict, closed=True):
    """
    Take back a status, a release or an acceptance, by its key: it counts no more from now on.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["status.withdraw"]]
    withdraws: str


class StepShown(TypedDict):
    """
    A step in the history of a finding: who, when, what, and the words, where they were not erased.
    """

    at: str
    step: Literal["comment", "acknowledge", "close", "reopen", "opened"]
    by: str
    why: NotRequired[str | None]
    text: NotRequired[str | None]
    commitment: NotRequired[str | None]
    erased: NotRequired[bool]


StoodShown = TypedDict(
    "StoodShown",
    {
        "from": str,
        "until": NotRequired[str | None],
        "container": NotRequired[str | None],
        "container_slot": NotRequired[str | None],
        "place": NotRequired[str | None],
        "moving": bool,
        "disputed": bool,
        "known_from": str,
        "asset": str,
        "kind": Kind,
    },
)


class SurveyPut(TypedDict, closed=True):
    """
    Where slots of a facility source are: what it reports in such a slot is sensed there.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["survey.put"]]
    source: str
    positions: dict[str, str]


Slot: TypeAlias = str


class SurveyRemove(TypedDict, closed=True):
    """
    Slots of a facility source that are no longer tied to a place.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["survey.remove"]]
    source: str
    slots: list[Slot]


class TextErase(TypedDict, closed=True):
    """
    Erase what an act said in words, by its key: text and salt are gone, the commitment stays.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["text.erase"]]
    erases: str


Trigger: TypeAlias = Literal["recorded", "ended", "departed"]


Verdict: TypeAlias = Literal["unproven", "contradicted", "disputed", "stale", "confirmed", "consistent"]


class ViewerNamed(TypedDict):
    """
    Whose rights the answer was given under: an operator's in its own cell, or a party's by `grants`.

    `sha256`: of what was granted to it when it asked; two answers with the same one were given under the same rights.
    """

    operator: NotRequired[str | None]
    party: NotRequired[str | None]
    rights: NotRequired[Literal["own-cells", "granted"]]
    grants: NotRequired[list[str]]
    sha256: NotRequired[str | None]


WhereaboutsShown = TypedDict(
    "WhereaboutsShown",
    {
        "from": str,
        "until": NotRequired[str | None],
        "container": NotRequired[str | None],
        "container_slot": NotRequired[str | None],
        "place": NotRequired[str | None],
        "moving": bool,
        "disputed": bool,
        "known_from": str,
    },
)


class WorkCancel(TypedDict, closed=True):
    """
    Work under a ticket is called off: it explains nothing any more, of before either.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["work.cancel"]]
    ticket: str


class WorkShown(TypedDict):
    """
    Planned work as its ticket was last told.
    """

    ticket: str
    from_at: str
    until_at: str
    assets: list[str]
    places: list[str]
    explains: list[FindingKind]
    approver: NotRequired[str | None]
    by: NotRequired[str | None]
    known_from: str
    cancelled: bool


class CellShown(TypedDict):
    """
    A cell, how far it is derived, its sites, and partitions that do not count.
    """

    cell: str
    simulated: bool
    horizon: str
    sites: list[SiteShown]
    not_counted: list[str]


class ClaimedShown(TypedDict):
    """
    An identifier that sources claim, as it is compared, and whose. `shared`: known to stand on several things.
    """

    scheme: Scheme
    scope: str
    value: str
    kind: Kind
    asset: str
    name: str
    strong: bool
    shared: bool


class ClassShown(TypedDict):
    """
    A class of records as it stands.
    """

    name: str
    record: RecordKind
    trigger: Trigger
    keep_days: int
    basis: Basis
    reference: str
    by: str
    known_from: str


class DeadLetterAnswer(TypedDict):
    """
    What was found at one position, the youngest first: there is more than one where the topic was made again.
    """

    cell: str
    simulated: bool
    known_at: str
    letters: list[DeadLetterWhole]


class DifferenceShown(TypedDict):
    """
    A thing that came, went or moved. Outside of what is asked about it is shown too, if it is known where.
    """

    asset: str
    kind: NotRequired[Kind | None]
    what: str
    before: NotRequired[HeldShown | None]
    after: NotRequired[HeldShown | None]


class DifferencesAnswer(TypedDict):
    """
    A page of differences by asset, with what was compared. `next` is the cursor of the following page.
    """

    cell: str
    simulated: bool
    before: StateAsked
    after: StateAsked
    items: list[DifferenceShown]
    next: NotRequired[str | None]


class DisclosurePut(TypedDict, closed=True):
    """
    After how many hours others than the operator may see findings, unless it answered before: then at once.

    Of a kind, of a severity, or of all that nothing closer is said of. It holds for findings that are raised later.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["disclosure.put"]]
    hours: int
    kind: NotRequired[FindingKind | None]
    severity: NotRequired[Severity | None]


class DisputeShown(TypedDict):
    """
    Two sources that have a thing in two places, or containers, at once. `shown` is what whereabouts follow.
    """

    asset: str
    from_at: str
    until_at: NotRequired[str | None]
    shown: SideShown
    rival: SideShown
    known_from: str


class FindingAnswer(TypedDict):
    """
    A finding with its history, oldest first.
    """

    cell: str
    simulated: bool
    known_at: str
    finding: FindingShown
    acknowledged_by: NotRequired[str | None]
    closed_by: NotRequired[str | None]
    shown_from: str
    history: list[StepShown]


class Grades(TypedDict, closed=True):
    """
    The grades asked for. A place is never confirmed below `corroborated`, whatever is asked.
    """

    identity: NotRequired[IdentityGrade]
    place: NotRequired[PlaceGrade]


class IdentifierAsked(TypedDict, closed=True):
    """
    An identifier as it is printed or reported. Without a scope, any scope will do.
    """

    scheme: Scheme
    scope: NotRequired[str | None]
    value: str


class IdentifierShare(TypedDict, closed=True):
    """
    A value is known to stand on several things: it joins nothing.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["identifier.share"]]
    scheme: Scheme
    scope: NotRequired[str]
    value: str


class IdentifierShown(TypedDict):
    """
    An identifier that sources claim for a thing. `shared`: it is known to stand on several things.
    """

    scheme: Scheme
    scope: str
    value: str
    strong: bool
    shared: bool


class JobAnswer(TypedDict):
    """
    A job with its answer, once it is done.

    Of one cell: what `POST /v1/attestations` answers. Where no cell was named: `cells`, with what each would answer,
    and `sums`, where simulated cells stand apart.
    """

    job: str
    url: str
    state: Literal["open", "done", "cancelled", "failed"]
    cells: list[str]
    claim: dict[str, Any]
    known_at: dict[str, str]
    progress: Progress
    made_at: str
    expires_at: str
    ended_at: NotRequired[str | None]
    words: NotRequired[str | None]
    answer: NotRequired[dict[str, Any] | None]


class JobShown(TypedDict):
    """
    A job: what was asked of which cells, as known when, how far it is, and until when it is kept.
    """

    job: str
    url: str
    state: Literal["open", "done", "cancelled", "failed"]
    cells: list[str]
    claim: dict[str, Any]
    known_at: dict[str, str]
    progress: Progress
    made_at: str
    expires_at: str
    ended_at: NotRequired[str | None]
    words: NotRequired[str | None]


class JobsAnswer(TypedDict):
    """
    A page of the operator's jobs, oldest first. `next` is the cursor of the following page; null on the last.
    """

    items: list[JobShown]
    next: NotRequired[str | None]


class Judged(TypedDict):
    """
    The verdict on one thing, with all that it rests on.
    """

    verdict: Verdict
    subject: str
    kind: NotRequired[Kind | None]
    judged: dict[str, str]
    place: NotRequired[str | None]
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
    words: list[str]
    differences: NotRequired[list[dict[str, Any]] | None]
    account: NotRequired[Account | None]
    accounts: NotRequired[list[dict[str, Any]] | None]


class KeyShown(TypedDict):
    """
    A key, but for what it is: that is shown once. `used_at`: to about a minute; `replaces`: the key before it.
    """

    key_id: str
    operator: str
    kind: PartyKind
    label: str
    scopes: list[Literal["read", "write", "enrol", "audit", "admin", "operators"]]
    created_at: str
    expires_at: NotRequired[str | None]
    revoked_at: NotRequired[str | None]
    used_at: NotRequired[str | None]
    replaces: NotRequired[str | None]


class KeysAnswer(TypedDict):
    """
    A page of the operator's keys, by id. `next` is the cursor of the following page; null on the last.
    """

    items: list[KeyShown]
    next: NotRequired[str | None]


class Leaving(TypedDict):
    """
    What would leave of one kind of record, and why the rest would not: each record in exactly one of the counts.
    """

    record: RecordKind
    classes: list[str]
    total: int
    due: int
    held: int
    running: int
    waiting: int
    unclassed: int
    next_due: NotRequired[str | None]


class Listed(TypedDict, closed=True):
    """
    Things by id and by identifier, however many times each. What names nothing, or many things, is `unproven`.
    """

    assets: NotRequired[list[Asset]]
    identifiers: NotRequired[list[IdentifierAsked]]


class PageClaimedShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[ClaimedShown]
    next: NotRequired[str | None]


class PageClassShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[ClassShown]
    next: NotRequired[str | None]


class PageDisputeShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[DisputeShown]
    next: NotRequired[str | None]


class PagePlaceShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[PlaceShown]
    next: NotRequired[str | None]


class PageRunListed(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[RunListed]
    next: NotRequired[str | None]


class PageRunShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[RunShown]
    next: NotRequired[str | None]


class PageSourceShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[SourceShown]
    next: NotRequired[str | None]


class PageStandingShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[StandingShown]
    next: NotRequired[str | None]


class PageStatusShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[StatusShown]
    next: NotRequired[str | None]


class PageStoodShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[StoodShown]
    next: NotRequired[str | None]


class PageWhereaboutsShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[WhereaboutsShown]
    next: NotRequired[str | None]


class PageWorkShown(TypedDict):
    cell: str
    simulated: bool
    known_at: str
    as_of: NotRequired[str | None]
    items: list[WorkShown]
    next: NotRequired[str | None]


class PlaceAnswer(TypedDict):
    """
    One place.
    """

    cell: str
    simulated: bool
    known_at: str
    place: PlaceShown


class RetentionPlan(TypedDict):
    """
    What would leave at a moment, before anything does.
    """

    cell: str
    simulated: bool
    known_at: str
    at: str
    holds: list[str]
    records: list[Leaving]


class RetentionPut(TypedDict, closed=True):
    """
    A class of records: kept for so many days after the trigger. Put again under its name, it is changed.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["retention.put"]]
    name: str
    record: RecordKind
    trigger: Trigger
    keep_days: int
    basis: Basis
    reference: str


class SetJudged(TypedDict):
    """
    The verdicts on a set: how many things of each kind got each, the worst in full, and the silences of sources.
    """

    members: int
    counts: dict[str, dict[Verdict, int]]
    accounts: NotRequired[dict[str, dict[Account, int]] | None]
    released: NotRequired[dict[str, Any] | None]
    unaccounted: NotRequired[dict[str, Any] | None]
    worst: list[Judged]
    silences: dict[str, Any]
    remains_to_trust: list[dict[str, Any]]
    cannot_see: list[dict[str, Any]]
    words: list[str]


class SitesAnswer(TypedDict):
    """
    All cells that the key may see.
    """

    cells: list[CellShown]


class SourceAnswer(TypedDict):
    """
    One source.
    """

    cell: str
    simulated: bool
    known_at: str
    source: SourceShown


class Subject(TypedDict, closed=True):
    """
    What the claim is about: exactly one of one asset, an identifier of one, or a set.

    A set: all in a place, all within an asset, a list of assets and identifiers, or everything. With `kinds`, those of
    it alone.
    """

    asset: NotRequired[str | None]
    identifier: NotRequired[IdentifierAsked | None]
    place: NotRequired[str | None]
    inside: NotRequired[str | None]
    listed: NotRequired[Listed | None]
    everything: NotRequired[Literal[True] | None]
    kinds: NotRequired[list[Kind] | None]


class Thing(TypedDict, closed=True):
    """
    One thing, by the id of its asset, or by its kind and an identifier: exactly one of the two ways.
    """

    asset: NotRequired[str | None]
    kind: NotRequired[Kind | None]
    identifier: NotRequired[IdentifierAsked | None]


class TicketAnswer(TypedDict):
    """
    A ticket of planned work in all its versions, oldest first; the last one governs.
    """

    cell: str
    simulated: bool
    known_at: str
    ticket: str
    versions: list[WorkShown]


class TransferAccept(TypedDict, closed=True):
    """
    What was released has been accepted: all of it, or the things that are named.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["transfer.accept"]]
    releases: str
    things: NotRequired[list[Thing]]
    document: NotRequired[str | None]
    from_at: NotRequired[str | None]


class TransferRelease(TypedDict, closed=True):
    """
    Things are handed over to a party. `until_at`: by when it is to accept them.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    from_at: NotRequired[str | None]
    until_at: NotRequired[str | None]
    act: NotRequired[Literal["transfer.release"]]
    things: list[Thing]
    party: str
    document: NotRequired[str | None]


class WorkPlan(TypedDict, closed=True):
    """
    Planned work: what may happen to which things, in a window. It explains exactly that.

    Told again under the same ticket, it is changed. What happened up to seven days before, it explains late.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["work.plan"]]
    ticket: str
    from_at: str
    until_at: str
    assets: NotRequired[list[Asset]]
    things: NotRequired[list[Thing]]
    places: NotRequired[list[Place]]
    may: NotRequired[list[May]]
    explains: NotRequired[list[FindingKind]]
    approver: NotRequired[str | None]


class AssetAnswer(TypedDict):
    """
    One thing: its names, what is claimed of its identity, and where it stands.
    """

    cell: str
    simulated: bool
    known_at: str
    as_of: str
    asset: str
    kind: str
    names: list[str]
    identifiers: list[IdentifierShown]
    standing: NotRequired[WhereaboutsShown | None]
    path: list[str]


class Attestation(TypedDict):
    """
    The answer to a claim: canonical JSON, a function of claim, `known_at`, ruleset and the viewer's rights.

    `answer` is there for one thing, `set` for a set (never one word). The body names no count of reports
    and no last report of a run that reaches `known_at`.
    """

    v: NotRequired[Literal[1]]
    cell: str
    simulated: bool
    claim: dict[str, Any]
    known_at: str
    ruleset: str
    viewer: ViewerNamed
    known_at_asked: NotRequired[str | None]
    suspended: NotRequired[list[int] | None]
    partial: NotRequired[str | None]
    answer: NotRequired[Judged | None]
    set: NotRequired[SetJudged | None]
    events: RestsOn


Change = TypedDict(
    "Change",
    {
        "cell": str,
        "ticket": str,
        "state": Literal["draft", "approved", "cancelled"],
        "from": NotRequired[str | None],
        "until": NotRequired[str | None],
        "may": NotRequired[list[May]],
        "things": NotRequired[list[Thing]],
        "places": NotRequired[list[Place]],
        "approver": NotRequired[str | None],
    },
    closed=True,
)


class ExpectedAsked(TypedDict, closed=True):
    """
    A bill of materials: things, counts of kinds, or both.
    """

    assets: NotRequired[list[Asset]]
    identifiers: NotRequired[list[IdentifierAsked]]
    slots: NotRequired[dict[str, str]]
    counts: NotRequired[dict[Kind, int]]


class GrantPut(TypedDict, closed=True):
    """
    A party may see certain things, what stood in a place, what a licence was drawn on for, or the whole cell.

    Whereabouts are always disclosed, and where what held a thing was meanwhile; `fields` names what is besides. Of a
    licence: the things that people said were handed over under this document.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["grant.put"]]
    party: str
    things: NotRequired[list[Thing]]
    licence: NotRequired[str | None]
    place: NotRequired[str | None]
    whole: NotRequired[bool]
    fields: NotRequired[list[Disclosed]]
    purpose: str
    until_at: str


class HoldPut(TypedDict, closed=True):
    """
    Nothing of what it names may leave, whatever its class says, until it is released. Its key is its name.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    act: NotRequired[Literal["hold.put"]]
    things: NotRequired[list[Thing]]
    whole: NotRequired[bool]
    reference: str


JobAsked = TypedDict(
    "JobAsked",
    {
        "predicate": Predicate,
        "subject": Subject,
        "place": NotRequired[str | None],
        "country": NotRequired[str | None],
        "expected": NotRequired[ExpectedAsked | None],
        "from": str,
        "until": str,
        "grades": NotRequired[Grades],
        "max_silence_s": NotRequired[dict[Kind, int]],
        "known_at": NotRequired[str | None],
        "cell": NotRequired[str | None],
    },
    closed=True,
)


class StatusPut(TypedDict, closed=True):
    """
    A status of things. The one that began last stands; past its `until_at` the thing is expected to be back.
    """

    key: str
    by: str
    reason: NotRequired[str | None]
    from_at: NotRequired[str | None]
    until_at: NotRequired[str | None]
    act: NotRequired[Literal["status.put"]]
    things: list[Thing]
    status: Literal[
        "in_stock", "in_transit", "installed", "spare", "failed", "in_repair", "on_loan", "scrapped", "sold"
    ]
    party: NotRequired[str | None]
    document: NotRequired[str | None]
    ticket: NotRequired[str | None]
    place: NotRequired[str | None]


class ActAsked(TypedDict, closed=True):
    """
    An act to write, and the cell that it is for (`common` for operators and cells).
    """

    cell: str
    act: (
        SitePut
        | PlacePut
        | SurveyPut
        | SurveyRemove
        | SourceEnrol
        | SourceRetire
        | AssetMerge
        | AssetPart
        | AssetUndo
        | IdentifierShare
        | WorkPlan
        | WorkCancel
        | PartitionJoin
        | PartitionSuspend
        | PartitionResume
        | GoOn
        | DeadLetterRetry
        | LinkArrived
        | LinkDeparted
        | LinkLinked
        | LinkDisputed
        | StatusPut
        | StatusWithdraw
        | TransferRelease
        | TransferAccept
        | GrantPut
        | GrantRevoke
        | AccessNote
        | FindingComment
        | FindingAcknowledge
        | FindingClose
        | FindingReopen
        | FindingOpened
        | TextErase
        | DisclosurePut
        | RetentionPut
        | RetentionDrop
        | HoldPut
        | HoldRelease
        | OperatorPut
        | CellPut
    )


ClaimAsked = TypedDict(
    "ClaimAsked",
    {
        "predicate": Predicate,
        "subject": Subject,
        "place": NotRequired[str | None],
        "country": NotRequired[str | None],
        "expected": NotRequired[ExpectedAsked | None],
        "from": str,
        "until": str,
        "grades": NotRequired[Grades],
        "max_silence_s": NotRequired[dict[Kind, int]],
        "known_at": NotRequired[str | None],
        "cell": str,
    },
    closed=True,
)