"""`python -m loadtests.chaos`: kills at random moments under load, and what is left compared with an undisturbed run.

Fleets are played into Kafka, slice by slice. One consumer drains them into a database of its own while it, PostgreSQL
and Kafka are killed (SIGKILL) at a random moment of each slice and started again; another one drains the same records,
undisturbed, into another database.
In the end both databases have to answer alike, over HTTP, about everything: assets, whereabouts, runs, findings,
sources, dead letters, attestations. Which records there are, and in which order, is Kafka's; ids follow from positions.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadtests import answers
from loadtests.fleet import Play, Record
from loadtests.play import put
from loadtests.processes import CommandFailed, Place, Running, run
from loadtests.topics import Broker, found_cell
from schemas.errors import HoldfastError

CONSUMER, POSTGRES, KAFKA = "consumer", "postgres", "kafka"
WEIGHTS = {CONSUMER: 6, POSTGRES: 3, KAFKA: 2}
OPERATOR = "chaos"
_SMALL = {"HOLDFAST_BATCH_MAX_RECORDS": "150", "HOLDFAST_BATCH_LOAD_MS": "50", "HOLDFAST_BATCH_MAX_MS": "10"}
_NOWHERE = "postgresql:///unused"
_STARTS_S = 60.0
_KILLS_PER_CELL = 20
_SAME_GROUP = 0.2  # share of starts that wait until the broker misses the killed member of the same group


@dataclass(slots=True)
class Tally:
    """What was done and what came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    under_load: int = 0
    ended: int = 0  # consumers that ended by themselves where they should have waited
    cells: int = 0
    records: int = 0
    compared: int = 0
    differences: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Give it in one line."""
        kills = ", ".join(f"{self.kills[name]} {name}" for name in WEIGHTS)
        return (
            f"{self.kills.total()} kills ({kills}), {self.under_load} with records waiting; "
            f"{self.ended} consumers ended by themselves; {self.cells} cells, "
            f"{self.records:,} records; {self.compared:,} answers compared, {len(self.differences)} differ"
        )


class Server:
    """One embedded server by `holdfast up` over a data folder, that can be killed and started again."""

    def __init__(self, name: str, data: Path) -> None:
        """Start it. Raises CommandFailed."""
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o711)
        self.name = name
        other = {"dsn": _NOWHERE} if name == KAFKA else {"bootstrap": "127.0.0.1:9"}
        self._place = Place(data, **other)
        self._up = self._start()

    @property
    def address(self) -> str:
        """Where it answers."""
        return str(self._up.said["kafka_bootstrap" if self.name == KAFKA else "database_url"])

    def _start(self) -> Running:
        deadline = time.monotonic() + _STARTS_S
        while True:
            try:
                return Running(self._place, self._place.data / "up.log", "up", "--servers-only", "--json")
            except CommandFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)  # what is left of the last one is still going

    def kill(self) -> None:
        """Kill the server itself, and whoever watches over it; then start it again, on the same data."""
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._up.end(signal.SIGKILL)
        self._up = self._start()

    def _pids(self) -> Iterator[int]:
        """Give the processes whose command line names this server's own folder."""
        mark = str(self._place.data / self.name)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in (os.getpid(), self._up.process.pid):
                with contextlib.suppress(OSError):
                    if mark in entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"):
                        yield int(entry.name)

    def stop(self) -> None:
        """End it in good order."""
        self._up.end()


@dataclass(slots=True)
class Side:
    """A database and who consumes into it."""

    place: Place
    log: Path
    extra: dict[str, str]

    def consumer(self) -> Running:
        """Start a consumer."""
        return Running(self.place, self.log, "consume", "--json", extra=self.extra)


def drain(side: Side, until: dict[str, int], episode: "Episode | None" = None) -> dict[str, object]:
    """Consume until every cell is derived up to its end, disturbed or not; gives what the database then answers."""
    consumer = side.consumer()
    try:
        if episode is not None:
            consumer = episode.run(side, consumer)
        if consumer.process.poll() is not None:
            consumer = side.consumer()
        key = answers.key_of(side.place, OPERATOR)
        with answers.served(side.place, side.log) as url:
            api = answers.Api(url, key)
            api.wait(until, lambda: _alive(consumer, side.log))
            return {cell: api.everything(cell, end) for cell, end in until.items()}
    finally:
        consumer.end()


def _alive(consumer: Running, log: Path) -> None:
    if consumer.process.poll() is not None:
        raise CommandFailed(f"the consumer ended by itself with {consumer.process.returncode}: see {log}")


def chaos(data: Path, kills: int, seed: int, tell: Callable[[str], None]) -> Tally:
    """Play, kill, compare. Raises CommandFailed where something does not come up again."""
    rng, tally = random.Random(seed), Tally()
    with _servers(data) as (kafka, first, second):
        broker = Broker(kafka.address)
        sides = [
            Side(
                Place(data / name, broker.bootstrap, server.address),
                data / f"{name}.log",
                {"HOLDFAST_CONSUMER_GROUP": name, **extra},
            )
            for name, server, extra in (("disturbed", first, _SMALL), ("undisturbed", second, {}))
        ]
        for side in sides:
            run(side.place, "migrate")
        until: dict[str, int] = {}
        disturbed: dict[str, object] = {}
        victims = {POSTGRES: first, KAFKA: kafka}
        while tally.kills.total() < kills:
            number = len(until)
            play = Play(seed=seed + number, servers=15, days=4)
            cell = f"chaos-{number}"
            founded = found_cell(broker, cell, operator=OPERATOR, operator_name="Chaos", simulated=True)
            asyncio.run(founded)
            until[cell] = play.end
            count = min(_KILLS_PER_CELL, kills - tally.kills.total())
            episode = Episode(broker, cell, play, count, victims, rng, tally)
            disturbed[cell] = drain(sides[0], {cell: play.end}, episode)[cell]
            tell(f"{cell}: {tally.line()}")
        undisturbed = drain(sides[1], until)
        tally.cells = len(until)
        # What was asked right after its own kills must still be answered after all later ones.
        again = drain(sides[0], until)
        for one, other, name in ((disturbed, undisturbed, "then"), (again, undisturbed, "in the end")):
            count, found = answers.differences(one, other)
            tally.compared += count
            tally.differences += [f"{name}: {each}" for each in found]
    return tally


@dataclass(slots=True)
class Episode:
    """One cell's records, put slice by slice, with one kill in each slice."""

    broker: Broker
    cell: str
    play: Play
    kills: int
    victims: dict[str, Server]
    rng: random.Random
    tally: Tally

    def run(self, side: Side, consumer: Running) -> Running:
        """Put all records and kill as often; gives the consumer that runs then."""
        slice_ms = -(-(self.play.end - self.play.start) // max(1, self.kills))
        records = self.play.records()
        waiting = next(records, None)
        for number in range(self.kills):
            until = self.play.start + (number + 1) * slice_ms
            taken: list[Record] = []
            while waiting is not None and (waiting.at < until or number == self.kills - 1):
                taken.append(waiting)
                waiting = next(records, None)
            put_ = put(self.broker, self.cell, taken, self.play.start, self.play.end)
            self.tally.records += asyncio.run(put_).records
            consumer = self._kill(side, consumer, len(taken))
        return consumer

    def _kill(self, side: Side, consumer: Running, put_: int) -> Running:
        """Kill something within a second of the last record put, and bring it back."""
        time.sleep(self.rng.uniform(0, 1))
        self.tally.under_load += consumer.records() < put_
        self._alive(consumer)
        victim = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        self.tally.kills[victim] += 1
        if victim != CONSUMER:
            self.victims[victim].kill()
            time.sleep(self.rng.uniform(0, 3))
            if self._alive(consumer):
                return consumer  # it waited for the server, and goes on by itself
        consumer.end(signal.SIGKILL)
        if self.rng.random() > _SAME_GROUP:
            # Positions are PostgreSQL's: a group of another name goes on where the killed member of the last one was,
            # and need not wait until the broker misses that.
            side.extra["HOLDFAST_CONSUMER_GROUP"] = f"disturbed-{self.tally.kills.total()}"
        return side.consumer()

    def _alive(self, consumer: Running) -> bool:
        alive = consumer.process.poll() is None
        self.tally.ended += not alive
        return alive


@contextmanager
def _servers(data: Path) -> Iterator[tuple[Server, Server, Server]]:
    with contextlib.ExitStack() as stack:
        made = []
        for name, folder in ((KAFKA, "kafka"), (POSTGRES, "first"), (POSTGRES, "second")):
            made.append(Server(name, data / folder))
            stack.callback(made[-1].stop)
        yield made[0], made[1], made[2]


def main() -> int:
    """Kill, print the tally; 0 where nothing differs."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100, help="how many kills in all (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="which moments, which victims, which fleets")
    parser.add_argument("--data", type=Path, help="an empty folder for the servers (default: a new one)")
    parser.add_argument("--json", action="store_true", help="print the tally as one JSON object")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-chaos-", ignore_cleanup_errors=True) as folder:
        data = (asked.data or Path(folder)).absolute()
        data.chmod(0o711)
        try:
            tally = chaos(data, asked.kills, asked.seed, say)
        except HoldfastError as exc:
            sys.stderr.write(f"chaos: {exc}\n")
            return 1
    document = {
        "kills": dict(tally.kills),
        "under_load": tally.under_load,
        "ended": tally.ended,
        "compared": tally.compared,
    }
    say(json.dumps(document | {"differences": tally.differences}) if asked.json else tally.line())
    for difference in tally.differences[:20]:
        say(f"DIFFERS {difference}")
    return 1 if tally.differences else 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
