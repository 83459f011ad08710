"""Launchers as processes of their own, so that they can be killed; and processes that hold still."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LAUNCH = """
import sys, threading, time
from pathlib import Path
from deploy.embedded import EmbeddedKafka, EmbeddedPostgres
kind, root, jars = sys.argv[1:]
server = EmbeddedPostgres(Path(root)) if kind == "postgres" else EmbeddedKafka(Path(root), jars=Path(jars))
# Started from a thread that ends at once: the server must outlive the thread, and not the process.
starter = threading.Thread(target=server.start)
starter.start()
starter.join()
time.sleep(0.2)
print(server.pid, server._child._guardian.pid, flush=True)
time.sleep(600)
"""


def launch(kind: str, root: Path, jars: Path) -> tuple["subprocess.Popen[str]", int, int]:
    """Start a launcher of "postgres" or "kafka"; give it, its server's process id, and its guardian's."""
    launcher = subprocess.Popen(
        [sys.executable, "-c", _LAUNCH, kind, str(root), str(jars)], stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    server, guardian = map(int, launcher.stdout.readline().split())
    return launcher, server, guardian


def end(launcher: "subprocess.Popen[str]") -> None:
    """Kill a launcher (SIGKILL) and take note of its end."""
    launcher.kill()
    launcher.wait()
    if launcher.stdout:
        launcher.stdout.close()


@contextmanager
def held_still(pid: int) -> Iterator[None]:
    """Stop a process (SIGSTOP) until the end; its threads go on for a while after the signal, and are waited for."""
    os.kill(pid, signal.SIGSTOP)
    try:
        deadline = time.monotonic() + 30
        while not _is_still(pid):
            assert time.monotonic() < deadline, f"process {pid} does not stop"
            time.sleep(0.005)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _is_still(pid: int) -> bool:
    """Whether every thread of a process is stopped; one that ends meanwhile is asked for again."""
    try:
        return all(_state(thread) == "T" for thread in Path(f"/proc/{pid}/task").glob("*/stat"))
    except OSError:
        return False


def _state(stat: Path) -> str:
    """Read the state out of a `stat` file of proc(5), whose second field may hold anything. Raises `OSError`."""
    return stat.read_text().rpartition(")")[2].split()[0]


def gone(pid: int, within: float = 30) -> bool:
    """Whether a process ends in time; a zombie that nobody reaps counts as ended."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if _state(Path(f"/proc/{pid}/stat")) in {"Z", "X"}:
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
