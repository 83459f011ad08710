"""The fleet simulator: every record of a simulated cell, in order of time, for ever the same for the same play.

`Play(...).records()` is a generator that holds one moment of the world, never the month: an unchanged report is the
same bytes again with another time. Records come in order of append time over all partitions, beats included (SEMANTICS
rule 24): a partition that had nothing for a beat interval gets one, and all get one at the very end.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from aiokafka.partitioner import DefaultPartitioner

from loadtests import reporters, script
from loadtests.reporters import DAY, WINDOW, Headers, Reporter, Stamps
from loadtests.site import Site
from schemas import acts
from schemas.envelope import ACT_TYPE, BEAT_TYPE, CONTENT_TYPE, TYPE

VERSION = 1  # of what a seed means: it stands in the names of the demo's cells
BEAT_INTERVAL = 10_000
START = 1_772_323_200_000  # 2026-03-01T00:00:00Z
ACTS = "acts"
TELEMETRY = "telemetry"

_BEAT: Headers = [(TYPE, BEAT_TYPE.encode())]
_ACT: Headers = [(TYPE, ACT_TYPE.encode()), (CONTENT_TYPE, b"application/json")]


class Record(NamedTuple):
    """One record of a cell: `topic` is "acts" or "telemetry", `at` its append time in ms."""

    topic: str
    partition: int
    at: int
    key: bytes | None
    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Play:
    """What is played. `partitions` are those of the telemetry topic; `acts.<cell>` has one."""

    seed: int = 7
    servers: int = 300
    days: float = 30
    start: int = START
    partitions: int = 2
    agents_only: bool = False
    beat_interval: int = BEAT_INTERVAL

    @property
    def end(self) -> int:
        """When it ends: the moment of the last beat."""
        return self.start + int(self.days * DAY)

    def prepare(self) -> tuple[Site, script.Script]:
        """Make the site as it stands at the start, and what will happen."""
        site = Site(self.seed, self.servers, agents_only=self.agents_only)
        return site, script.write(site, self.seed, self.start, self.end)

    def script(self) -> script.Script:
        """Give what happens in this play, for those who check answers against the truth."""
        return self.prepare()[1]

    def records(self) -> Iterator[Record]:
        """Give every record in order of time; the same ones each time. Holds no more than the world's present."""
        return _beaten(self, _spoken(self))


def partition_of(key: bytes, partitions: int) -> int:
    """Partition that a key leads to, as Kafka's own clients choose it."""
    every = list(range(partitions))
    return int(DefaultPartitioner()(key, every, every))


def _spoken(play: Play) -> Iterator[Record]:
    """Acts and reports, in order of time."""
    site, happens = play.prepare()
    for number, said in enumerate(site.opening()):
        yield _act(play.start + number // 10, said)  # long before the first report
    for reporter in site.reporters():
        reporter.partition = partition_of(reporter.key, play.partitions)
    rounds = _rounds(site)
    stamps = Stamps()
    steps = iter([*happens.steps, script.Step(play.end + 1, (), ())])
    step = next(steps)
    window = 0
    base = play.start
    while base < play.end:
        for reporter in rounds[window % len(rounds)]:
            at = base + reporter.phase
            if at >= play.end:
                return
            while step.at <= at:
                for change in step.change:
                    change()
                for said in step.says:
                    yield _act(step.at, said)
                step = next(steps)
            if not reporter.silent:
                body, headers = reporter.speak(at, stamps)
                yield Record(TELEMETRY, reporter.partition, at, reporter.key, body, headers)
        window += 1
        base += WINDOW


def _rounds(site: Site) -> list[list[Reporter]]:
    """Who reports in each of the windows of one round, in order of time."""
    count = reporters.BMC_INTERVAL // WINDOW
    rounds: list[list[Reporter]] = [[] for _ in range(count)]
    for reporter in site.reporters():
        for turn in range(reporter.turn, count, reporter.every):
            rounds[turn].append(reporter)
    for each in rounds:
        each.sort(key=lambda reporter: reporter.phase)
    return rounds


def _act(at: int, said: acts.CellAct) -> Record:
    return Record(ACTS, 0, at, None, acts.body(said), _ACT)


def _beaten(play: Play, spoken: Iterator[Record]) -> Iterator[Record]:
    """Put beats between records, wherever a partition has nothing for a beat interval, and one on each at the end."""
    lanes = [(ACTS, 0), *((TELEMETRY, partition) for partition in range(play.partitions))]
    last = [play.start] * len(lanes)
    interval = play.beat_interval
    due = play.start + interval
    for record in spoken:
        at = record.at
        if at > due:
            due = yield from _beats(lanes, last, interval, at)
        last[0 if record.topic is ACTS else record.partition + 1] = at
        yield record
    yield from _beats(lanes, last, interval, play.end)
    for topic, partition in lanes:
        yield Record(topic, partition, play.end, None, b"", _BEAT)


def _beats(lanes: list[tuple[str, int]], last: list[int], interval: int, until: int) -> Generator[Record, None, int]:
    """Give the beats that are due before `until`, in order; returns when the next one is due."""
    while (due := min(last) + interval) < until:
        lane = last.index(due - interval)
        last[lane] = due
        yield Record(*lanes[lane], due, None, b"", _BEAT)
    return due
