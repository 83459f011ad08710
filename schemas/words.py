"""The words of the field, each once (DESIGN section 2). Standard library alone."""

from enum import StrEnum


class Kind(StrEnum):
    """Kind of asset: one physical thing."""

    RACK = "rack"
    CHASSIS = "chassis"
    BOARD = "board"
    GPU = "gpu"
    CPU = "cpu"
    NIC = "nic"
    DPU = "dpu"
    SWITCH = "switch"
    DRIVE = "drive"
    PSU = "psu"
    POWER_SHELF = "power_shelf"


class Scheme(StrEnum):
    """Scheme of an identifier. What each one joins is in `service.facts.schemes`."""

    DEVICE_KEY = "device_key"
    UEID = "ueid"
    GPU_UUID = "gpu_uuid"
    SYSTEM_UUID = "system_uuid"
    WWN = "wwn"
    SERIAL = "serial"
    BOARD_SERIAL = "board_serial"
    MODULE_SERIAL = "module_serial"
    MAC = "mac"
    ASSET_TAG = "asset_tag"
    HOSTNAME = "hostname"


class SourceClass(StrEnum):
    """Class of a source."""

    IN_BAND = "in_band"
    OUT_OF_BAND = "out_of_band"
    FACILITY = "facility"
    LANDMARK = "landmark"
    PERSON = "person"


class PlaceKind(StrEnum):
    """Kind of place, outermost first."""

    SITE = "site"
    HALL = "hall"
    ROW = "row"
    RACK_POSITION = "rack_position"
    UNIT = "unit"


class IdentityGrade(StrEnum):
    """Grade of identity, weakest first; compare with `rank`."""

    DECLARED = "declared"
    REPORTED = "reported"
    SIGNED = "signed"
    ATTESTED = "attested"
    INSPECTED = "inspected"


class PlaceGrade(StrEnum):
    """Grade of place, weakest first; compare with `rank`."""

    DECLARED = "declared"
    SENSED = "sensed"
    CORROBORATED = "corroborated"
    INSPECTED = "inspected"


class Verdict(StrEnum):
    """Verdict on a claim, in the order in which they are tried (SEMANTICS rule 26)."""

    UNPROVEN = "unproven"
    CONTRADICTED = "contradicted"
    DISPUTED = "disputed"
    STALE = "stale"
    CONFIRMED = "confirmed"
    CONSISTENT = "consistent"


class Predicate(StrEnum):
    """What a claim says of its subject."""

    LOCATED_AT = "located_at"
    NOT_IN = "not_in"
    STAYED = "stayed"
    CONTAINS = "contains"
    ACCOUNTED_FOR = "accounted_for"
    NOT_ON_RECORD = "not_on_record"


class Status(StrEnum):
    """What people say of a thing (DESIGN section 2). `released` comes of a transfer alone."""

    IN_STOCK = "in_stock"
    IN_TRANSIT = "in_transit"
    INSTALLED = "installed"
    SPARE = "spare"
    FAILED = "failed"
    IN_REPAIR = "in_repair"
    ON_LOAN = "on_loan"
    SCRAPPED = "scrapped"
    SOLD = "sold"
    RELEASED = "released"


class Account(StrEnum):
    """What became of a thing: at every moment it is in exactly one of these."""

    PRESENT = "present"
    ELSEWHERE = "elsewhere"  # seen at another place than the one that is asked about
    RELEASED = "released"
    IN_REPAIR = "in_repair"
    ON_LOAN = "on_loan"
    SPARE = "spare"
    SCRAPPED = "scrapped"
    SOLD = "sold"
    UNACCOUNTED = "unaccounted"


class May(StrEnum):
    """What planned work lets happen."""

    REMOVE = "remove"
    INSERT = "insert"
    SWAP = "swap"
    MOVE_RACK = "move_rack"


class PartyKind(StrEnum):
    """What a credential is of. An operator sees its own cells; everybody sees besides what was granted to it."""

    OPERATOR = "operator"
    EXPORTER = "exporter"
    LESSOR = "lessor"
    AUDITOR = "auditor"
    REGULATOR = "regulator"
    MACHINE = "machine"  # one source, named as cell/source: it sees how its own reports were taken


class Disclosed(StrEnum):
    """What a grant discloses of a thing, besides where it is and was."""

    IDENTIFIERS = "identifiers"
    EVIDENCE = "evidence"  # what sources say of it, their runs and silences
    STATUSES = "statuses"
    EVENTS = "events"
    FINDINGS = "findings"
    WORK = "work"  # planned work that names it


class Timing(StrEnum):
    """How a record's event time relates to its append time (SEMANTICS rule 10)."""

    FRESH = "fresh"  # covers
    LATE = "late"  # late, replayed, backfilled or future-stamped: kept, adds identifiers, covers nothing
    UNTIMED = "untimed"  # no usable time: covers, identity at most reported, place at most declared


class RunEnd(StrEnum):
    """Why a run ended."""

    SILENCE = "silence"  # nothing within the tolerance
    REPLACED = "replaced"  # the next report of its scope was another inventory, timing or tolerance
    PARTITION = "partition"  # the source's records came by another partition
    RETIRED = "retired"  # its source was retired


class BindingEnd(StrEnum):
    """Why a binding (and the claim it carries) ended."""

    ABSENT = "absent"  # a scope complete for its kind no longer lists it
    REPLACED = "replaced"  # its slot holds another thing, or it stands in another container or place
    UNLISTED = "unlisted"  # no longer listed by a scope that is not complete for its kind: says nothing
    RETIRED = "retired"  # its source was retired


class Cause(StrEnum):
    """Cause of a silence."""

    THEIRS = "theirs"
    OURS = "ours"


class FindingKind(StrEnum):
    """Kind of finding that this version raises."""

    IDENTITY_DISPUTED = "identity_disputed"
    COMPONENT_MISSING = "component_missing"
    COMPONENT_FOREIGN = "component_foreign"
    RACK_MOVED = "rack_moved"
    RACK_SILENT = "rack_silent"
    CLOCK_WRONG = "clock_wrong"
    OUTAGE_OURS = "outage_ours"


class Severity(StrEnum):
    """How much a finding matters."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class RecordKind(StrEnum):
    """What is kept, and can leave, by kind."""

    EVENT = "event"
    RUN = "run"
    STATUS = "status"
    FINDING = "finding"
    TEXT = "text"  # what people wrote, which may name people
    GRANT = "grant"
    ACCESS = "access"
    DEAD_LETTER = "dead_letter"


class Trigger(StrEnum):
    """What starts a record's clock; the latest time that it happened counts."""

    RECORDED = "recorded"
    ENDED = "ended"  # what it tells of is over
    DEPARTED = "departed"  # the thing that it is about stands in this book no more; else as `ended`


class Basis(StrEnum):
    """On what a class of records rests."""

    LAW = "law"
    LICENCE = "licence"
    CONTRACT = "contract"
    POLICY = "policy"


def rank(word: StrEnum) -> int:
    """Position of a word in its own enumeration: 0 is the first (for grades, the weakest)."""
    return list(type(word)).index(word)
