"""Sources as the simulator plays them: who they are, when they report and what, and how wrong their clocks are."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from loadtests import bodies
from schemas import envelope
from schemas.words import SourceClass

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

WINDOW = 5 * MINUTE  # all intervals are multiples of it
AGENT_INTERVAL = WINDOW
BMC_INTERVAL = 3 * WINDOW  # a tray is confirmed at 20 minutes or less (rule 27)
FACILITY_INTERVAL = 3 * WINDOW
FULL_EVERY = 12 * HOUR  # those that send heartbeats repeat the whole report this often

TENANT_IT = "tenant-it"
TENANT_HARDWARE = "tenant-hardware"
LANDLORD_NETWORK = "landlord-network"
LANDLORD_POWER = "landlord-power"

Headers = list[tuple[str, bytes]]
Say = Callable[[], bytes]

_REST = [f"{ms // 1000:02d}.{ms % 1000:03d}Z".encode() for ms in range(MINUTE)]


@dataclass(slots=True, eq=False)
class Reporter:
    """One source. `say` gives its body of the moment, `dirty` that the world it sees may have changed.

    It reports once in `every` windows, in those where window % every == `turn`, `phase` ms after the window's start.
    Its clock is `drift` ms ahead of the broker's; `latency` lies between observing and the broker's receipt.
    """

    name: str
    source_class: SourceClass
    control_domain: str
    say: Say
    type: bytes
    every: int
    phase: int
    turn: int = 0
    latency: int = 300
    heartbeats: bool = False
    silent: bool = False
    drift: int = 0
    drift_per_report: int = 0
    dirty: bool = True
    sent: int = 0
    partition: int = 0
    key: bytes = b""
    _body: bytes = b""
    _heartbeat: bytes = b""
    _full: Headers = field(default_factory=list)
    _short: Headers = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make what never changes once."""
        self.key = self.name.encode()
        self._full = self._headers(self.type)
        self._short = self._headers(bodies.HEARTBEAT_TYPE)

    @property
    def interval(self) -> int:
        """Milliseconds between two reports."""
        return self.every * WINDOW

    def speak(self, at: int, stamps: "Stamps") -> tuple[bytes, Headers]:
        """Give the body and the headers of the report that the broker gets at `at`."""
        full = True
        if self.dirty:
            self.dirty = False
            body = self.say()
            if body != self._body:
                self._body = body
                self._heartbeat = bodies.heartbeat(body) if self.heartbeats else b""
        elif self.heartbeats:
            full = (self.sent + self.phase) % (FULL_EVERY // self.interval) == 0
        self.sent += 1
        self.drift += self.drift_per_report
        headers = self._full if full else self._short
        time = stamps.rfc3339(at - self.latency + self.drift)
        varying = [(envelope.ID, b"%d" % self.sent), (envelope.TIME, time)]
        return (self._body if full else self._heartbeat), headers + varying

    def _headers(self, kind: bytes) -> Headers:
        return [(envelope.TYPE, kind), (envelope.SOURCE, self.key), (envelope.CONTENT_TYPE, b"application/json")]


class Stamps:
    """RFC 3339 times of milliseconds, fast for moments that lie near each other."""

    def __init__(self) -> None:
        """Begin without a memory."""
        self._minutes: dict[int, bytes] = {}

    def rfc3339(self, at: int) -> bytes:
        """Write a moment in UTC with milliseconds."""
        minute, rest = divmod(at, MINUTE)
        prefix = self._minutes.get(minute)
        if prefix is None:
            if len(self._minutes) > 64:  # noqa: PLR2004 - more than the minutes that clocks are apart
                self._minutes.clear()
            prefix = datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:").encode()
            self._minutes[minute] = prefix
        return prefix + _REST[rest]


class Phases:
    """Spreads sources over the window: evenly, in an order that the seed decides, never two at one moment."""

    def __init__(self, rng: random.Random, count: int) -> None:
        """Prepare for `count` sources."""
        self._steps = list(range(count))
        rng.shuffle(self._steps)
        self._count = count

    def take(self) -> int:
        """Give the phase of the next source in ms; the first 20 s of a window are left free."""
        return 20_000 + self._steps.pop() * (WINDOW - 30_000) // self._count
