"""`python -m loadtests.bench`: what one consumer drains, beside a loop that only polls and parses, in the same run.

P1: a topic is preloaded with unchanged reports of about 1 KB (8 GPUs each). In each round the bare loop reads it, then
the real consumer drains it into the real Postgres, on the same machine; heartbeats are measured apart. What is printed
is also written as Markdown and JSON, with the machine, the versions and the commit.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from loadtests import preload, results
from loadtests.processes import CommandFailed, Place, Running, run, running
from loadtests.topics import Broker, found_cell
from schemas.envelope import telemetry_topic

GOAL_RATIO = 0.6
GOAL_RATE = 125_000
RESULTS = Path(__file__).with_name("results")
_PATIENCE_S = 900


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    sources: int
    records: int  # per round
    rounds: int
    partitions: int = 4


FULL = Size(sources=20_000, records=2_000_000, rounds=5)
QUICK = Size(sources=500, records=200_000, rounds=3)


@dataclass(slots=True)
class Round:
    """One round of one kind of load: records per second of both, and the consumer's share of a processor."""

    bare: float
    consumer: float
    bare_cpu_us: float  # of processor time per record
    consumer_cpu_us: float
    resident_mib: float

    @property
    def ratio(self) -> float:
        """The consumer's rate as a share of the bare loop's."""
        return self.consumer / self.bare


@dataclass(slots=True)
class Measured:
    """All rounds of one kind of load."""

    name: str
    goal: str
    body_bytes: int
    rounds: list[Round] = field(default_factory=list)


def main() -> int:
    """Measure, print, write; 0 where all went to the end, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute or two, for function rather than figures")
    parser.add_argument("--sources", type=int, help="sources that report")
    parser.add_argument("--records", type=int, help="records per round")
    parser.add_argument("--rounds", type=int, help="rounds of each kind")
    parser.add_argument("--out", type=Path, default=None, help="folder of the results (default: loadtests/results)")
    parser.add_argument("--data", type=Path, default=None, help="an empty folder for the servers (default: a new one)")
    asked = parser.parse_args()
    base = QUICK if asked.quick else FULL
    size = Size(asked.sources or base.sources, asked.records or base.records, asked.rounds or base.rounds)
    out = asked.out or RESULTS
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", ignore_cleanup_errors=True) as folder:
        data = asked.data or Path(folder)
        data.chmod(0o711)  # PostgreSQL's account has to enter
        began = time.monotonic()
        measured = measure(size, data, say)
    text, document = results.written([asdict(each) | {"ratios": ratios(each)} for each in measured], asdict(size))
    say(text)
    say(f"took {time.monotonic() - began:.0f} s; results in {results.keep(out, text, document)}")
    return 0


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - a program for the command line


def ratios(measured: Measured) -> list[float]:
    """Give the ratio of each round."""
    return [round_.ratio for round_ in measured.rounds]


def measure(size: Size, data: Path, tell: Callable[[str], None]) -> list[Measured]:
    """Start servers of our own and run all rounds. Raises CommandFailed."""
    with running(Place(data), data / "up.log", "up", "--servers-only", "--json") as servers:
        place = Place(data, str(servers.said["kafka_bootstrap"]), str(servers.said["database_url"]))
        run(place, "migrate")
        broker = Broker(place.bootstrap or "")
        found: list[Measured] = []
        for name, goal, heartbeats in (
            ("unchanged reports", f">= {GOAL_RATIO} x bare, >= {GOAL_RATE:,}/s where bare >= 210,000/s", False),
            ("heartbeats", "apart", True),
        ):
            load = preload.Load("bench", size.sources, size.partitions, heartbeats)
            if not found:
                tell(f"registering {size.sources} sources")
                _register(place, broker, load)
            kind = Measured(name, goal, len(next(load.bodies())[1]))
            for number in range(size.rounds):
                kind.rounds.append(_round(place, broker, load, size))
                last = kind.rounds[-1]
                tell(
                    f"{name} {number + 1}/{size.rounds}: bare {last.bare:,.0f}/s, consumer {last.consumer:,.0f}/s, "
                    f"ratio {last.ratio:.2f}"
                )
            found.append(kind)
        return found


def _register(place: Place, broker: Broker, load: preload.Load) -> None:
    """Let the consumer see every source once, and wait until all that follows from it is derived."""
    asyncio.run(found_cell(broker, load.cell, operator="bench", operator_name="Benchmark", partitions=load.partitions))
    asyncio.run(preload.put(broker, load, load.sources))
    with running(place, place.data / "consume.log", "consume", "--json") as consumer:
        _wait(consumer, lambda: consumer.records() >= load.sources)
        quiet = 0
        while quiet < 3:  # noqa: PLR2004 - looks in a row
            used = consumer.cpu_s()
            time.sleep(1)
            _alive(consumer)
            quiet = quiet + 1 if consumer.cpu_s() - used < 0.5 else 0  # noqa: PLR2004 - half a core: nothing is derived


def _round(place: Place, broker: Broker, load: preload.Load, size: Size) -> Round:
    ranges = asyncio.run(preload.put(broker, load, size.records))
    wanted = sum(last - first for first, last in ranges)
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.bare", broker.bootstrap, telemetry_topic(load.cell), json.dumps(ranges)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"the bare loop ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    bare = json.loads(done.stdout)
    with running(place, place.data / "consume.log", "consume", "--json") as consumer:
        # Joining the group is part of the time: what is polled before the first write must not look like a gift.
        began, used = time.perf_counter(), consumer.cpu_s()
        _wait(consumer, lambda: consumer.records() >= wanted)
        seconds, spent = time.perf_counter() - began, consumer.cpu_s() - used
        resident = consumer.resident_mib()
    return Round(
        bare=bare["records"] / bare["seconds"],
        consumer=wanted / seconds,
        bare_cpu_us=bare["cpu_s"] * 1e6 / bare["records"],
        consumer_cpu_us=spent * 1e6 / wanted,
        resident_mib=resident,
    )


def _wait(consumer: Running, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not until():
        _alive(consumer)
        if time.monotonic() > deadline:
            raise CommandFailed(f"the consumer did not come far enough in {_PATIENCE_S} s")
        time.sleep(0.1)  # each look costs the consumer a page of metrics


def _alive(consumer: Running) -> None:
    if consumer.process.poll() is not None:
        raise CommandFailed(
            f"the consumer ended with {consumer.process.returncode}: see consume.log in the data folder"
        )


if __name__ == "__main__":
    sys.exit(main())
