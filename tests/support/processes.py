"""Launchers as processes of their own, so that they can be killed."""

import subprocess
import sys
import time
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


def gone(pid: int, within: float = 30) -> bool:
    """Whether a process ends in time; a zombie that nobody reaps counts as ended."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}:
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
