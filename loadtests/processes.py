"""Holdfast's own commands as child processes, for benchmarks and chaos: servers, consumer, beater, all real."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from schemas.errors import HoldfastError

_TICKS = os.sysconf("SC_CLK_TCK")


class CommandFailed(HoldfastError):
    """A command of ours did not do what a benchmark needs of it: the text holds its last words."""

    slug: ClassVar[str] = "command-failed"


def holdfast() -> str:
    """Give the command's path: the one that belongs to this Python. Raises CommandFailed where there is none."""
    beside = Path(sys.executable).with_name("holdfast")
    found = str(beside) if beside.exists() else shutil.which("holdfast")
    if found is None:
        raise CommandFailed("there is no command `holdfast` beside this Python: run `make setup`")
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands work: a data folder, and the addresses that they are told of."""

    data: Path
    bootstrap: str | None = None
    dsn: str | None = None

    def environment(self) -> dict[str, str]:
        """Give our environment with this place's settings."""
        told = {"DATA_DIR": str(self.data), "KAFKA_BOOTSTRAP": self.bootstrap, "DATABASE_URL": self.dsn}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
        return kept | {f"HOLDFAST_{name}": value for name, value in told.items() if value}


def run(place: Place, *args: str) -> None:
    """Run a command to its end. Raises CommandFailed with its last words."""
    done = subprocess.run(
        [holdfast(), *args], env=place.environment(), capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise CommandFailed(f"holdfast {' '.join(args)} ended with {done.returncode}: {words}")


class Running:
    """A command that runs until it is ended; the first line that it prints is one JSON object."""

    def __init__(self, place: Place, log: Path, *args: str, extra: Mapping[str, str] | None = None) -> None:
        """Start it and wait for its line. Its log goes to a file. Raises CommandFailed."""
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [holdfast(), *args],
            env=place.environment() | dict(extra or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        line = self.process.stdout.readline() if self.process.stdout else b""
        try:
            self.said: dict[str, object] = json.loads(line)
        except ValueError as exc:
            self.end(signal.SIGKILL)
            raise CommandFailed(f"holdfast {' '.join(args)} did not start: see {log}") from exc

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone; safe to call twice."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self._log.close()

    def cpu_s(self) -> float:
        """Give the seconds of processor time that it has used, its own children left out."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mib(self) -> float:
        """Give its resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def metrics(self) -> dict[str, float]:
        """Give what its /metrics says: name with labels → value. Empty where it does not answer."""
        url = f"http://127.0.0.1:{self.said['status_port']}/metrics"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                text: str = answer.read().decode()
        except OSError:
            return {}
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def records(self) -> int:
        """Give how many records it has written."""
        return int(sum(value for name, value in self.metrics().items() if name.startswith("holdfast_records_total{")))


@contextlib.contextmanager
def running(place: Place, log: Path, *args: str, extra: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a command while the context lasts."""
    child = Running(place, log, *args, extra=extra)
    try:
        yield child
    finally:
        child.end()
