"""What folding found and writing has yet to put down, of one partition. Plain data; no I/O."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import orjson

from consumers.records import Lane, Record, fingerprint, weight
from schemas.acts import CellAct, CommonAct
from schemas.envelope import SOURCE
from schemas.errors import Rejected
from schemas.words import RunEnd, SourceClass
from service.facts.records import Millis

if TYPE_CHECKING:
    from consumers.fold import OpenRun

MAX_CHANGES = 5_000  # a batch with more is written before more is folded into it
MAX_BYTES = 32 * 1024 * 1024  # the same, of documents, dead letters and acts
MAX_KEPT = 64 * 1024 * 1024  # bytes of a dead letter that are kept; Postgres takes no statement above 1 GiB


_MAX_NAMED = 1024


class Change(NamedTuple):
    """What deriving has to look at, in the order of rule 5: at, rank (0 acts, 1 telemetry), partition, offset, n."""

    at: Millis
    rank: int
    partition: int
    offset: int
    n: int
    kind: str
    run: int | None = None
    detail: bytes | None = None


class EndedRun(NamedTuple):
    """A run that ended: where it was last extended, when and why it ended."""

    run: int
    last: Millis
    until: Millis
    cause: RunEnd


class BegunRun(NamedTuple):
    """A run that began at `first`; `run` holds the rest, `last` as folded up to the moment of writing."""

    source: str
    partition: int
    first: Millis
    run: "OpenRun"


class DeadLetter(NamedTuple):
    """A record that cannot be applied, with its reason: kept whole, or, above MAX_KEPT bytes, by size and hash."""

    offset: int
    at: Millis
    code: str
    words: str
    key: bytes | None
    headers: bytes
    value: bytes | None
    source: str | None

    @classmethod
    def of(cls, record: Record, at: Millis, why: Rejected) -> "DeadLetter":
        """Keep a record, and the source that it seems to come from where it names one."""
        headers = orjson.dumps(
            [
                [name.encode("utf-8", "backslashreplace").decode(), base64.b64encode(value or b"").decode()]
                for name, value in record.headers
            ]
        )
        named = dict(record.headers).get(SOURCE, record.key)
        source = None
        if named is not None and named == record.key and b"\0" not in named:
            source = named.decode("utf-8", "replace")
        words = why.words.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
        key, value = record.key, record.value
        if weight(record) + len(headers) > MAX_KEPT:
            body = value or b""
            words += (
                f"; its body of {len(body)} bytes (SHA-256 {hashlib.sha256(body).hexdigest()}) is not kept here: "
                "the topic has it for as long as it keeps records"
            )
            key, value, headers = key and key[:_MAX_NAMED], None, b"[]"
            source = source and source[:_MAX_NAMED]
        return cls(record.offset, at, why.code, words, key, headers, value, source)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self.headers) + len(self.value or b"") + len(self.key or b"") + len(self.words)


class StatedAct(NamedTuple):
    """An act as it stands at an offset of the cell's acts."""

    offset: int
    at: Millis
    act: CellAct | CommonAct
    body: bytes


@dataclass(slots=True)
class Batch:
    """Everything folded of one partition since the last write."""

    lane: Lane
    epoch: int
    held: int  # the position in Postgres that this batch goes on from
    fence: int = 0
    rests_from: int | None = None  # offset at which it comes to rest: it is suspended
    since: Millis = 0  # append time that is applied there
    next_offset: int = -1
    last_offset: int = -1
    last_append: Millis | None = None
    last_sha256: bytes = b""
    applied: Millis = 0
    record_at: Millis = 0
    fast: int = 0
    slow: int = 0
    beats: int = 0
    extended: dict[int, Millis] = field(default_factory=dict)
    begun: dict[int, BegunRun] = field(default_factory=dict)
    ended: dict[int, EndedRun] = field(default_factory=dict)
    inventories: dict[bytes, bytes] = field(default_factory=dict)
    stated: dict[tuple[str, str, bytes], Millis] = field(default_factory=dict)
    sources: dict[str, tuple[SourceClass, Millis]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    outages: list[tuple[Millis, Millis]] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    acts: list["StatedAct"] = field(default_factory=list)
    size: int = 0  # bytes of documents, dead letters and acts

    def begin(self, run: BegunRun) -> None:
        """Note a run that began."""
        self.begun[run.run.number] = run

    def end(self, run: EndedRun) -> None:
        """Note a run that ended; its last extension goes with it."""
        self.ended[run.run] = run
        self.extended.pop(run.run, None)

    def bury(self, letter: DeadLetter) -> None:
        """Keep a record that cannot be applied."""
        self.dead.append(letter)
        self.size += letter.size

    def keep(self, act: StatedAct) -> None:
        """Keep an act."""
        self.acts.append(act)
        self.size += len(act.body)

    def state(self, digest: bytes, document: bytes) -> None:
        """Keep an inventory."""
        if digest not in self.inventories:
            self.inventories[digest] = document
            self.size += len(document)

    def ends_at(self, record: Record, applied: Millis, last_append: Millis | None) -> None:
        """Move the end of the batch to just after a record."""
        self.next_offset = record.offset + 1
        self.last_offset = record.offset
        self.last_append = last_append
        self.last_sha256 = fingerprint(record)
        self.applied = applied

    def stated_by(self, source: str) -> set[tuple[str, bytes]]:
        """(scope, digest) of the inventories that a source stated in this batch."""
        return {(scope, digest) for name, scope, digest in self.stated if name == source}

    @property
    def records(self) -> int:
        """How many records it holds."""
        return self.fast + self.slow + self.beats

    @property
    def rests(self) -> bool:
        """Whether its partition comes to rest with it."""
        return self.rests_from is not None and self.next_offset >= self.rests_from

    @property
    def full(self) -> bool:
        """Whether it should be written before more is folded into it."""
        return len(self.changes) >= MAX_CHANGES or self.size >= MAX_BYTES
