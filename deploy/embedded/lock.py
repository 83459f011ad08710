"""One launcher per folder: a lock that the servers themselves hold as long as any of their processes lives."""

import fcntl
import os
import time
from pathlib import Path

from schemas.errors import HoldfastError

_LEFTOVERS_S = 60.0
_HELD: set[Path] = set()


class FolderInUse(HoldfastError):
    """Another launcher, alive, has this folder."""


class FolderLock:
    """The lock on one server's folder.

    Every process of the server inherits it. So where it is taken but the launcher that is named in it is dead, a
    crashed run's servers are just ending: they are waited for, and the next start stands on a folder that nobody
    writes to.
    """

    def __init__(self, folder: Path) -> None:
        """Take it. Blocks up to a minute for the end of a crashed run's servers. Raises FolderInUse."""
        self.path = (folder / "lock").resolve()
        if self.path in _HELD:
            raise FolderInUse(f"{folder} is in use by this very process: give the second one a data folder of its own")
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(folder)
        except BaseException:
            os.close(self.fd)
            raise
        _HELD.add(self.path)
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, f"{os.getpid()} {_started(os.getpid())}\n".encode(), 0)

    def _take(self, folder: Path) -> None:
        deadline = time.monotonic() + _LEFTOVERS_S
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid, _, started = os.pread(self.fd, 100, 0).decode(errors="replace").strip().partition(" ")
                if pid.isdigit() and int(pid) != os.getpid() and started and _started(int(pid)) == started:
                    raise FolderInUse(
                        f"{folder} is in use by process {pid}: stop that one, "
                        "or set HOLDFAST_DATA_DIR to another folder"
                    ) from None
                if time.monotonic() > deadline:
                    raise FolderInUse(
                        f"{folder} is still held by servers of a run that is over: end them (fuser {self.path} names "
                        "them), or set HOLDFAST_DATA_DIR to another folder"
                    ) from None
                time.sleep(0.02)
            else:
                return

    def release(self) -> None:
        """Let go of it; what the servers hold of it stays until they end. Safe to call twice."""
        if self.path in _HELD:
            _HELD.discard(self.path)
            os.close(self.fd)


def _started(pid: int) -> str:
    """Return when a process started, in the kernel's own unit, so that a reused process id is not taken for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _alive_elsewhere(pid)
    return stat.rpartition(")")[2].split()[19]


def _alive_elsewhere(pid: int) -> str:
    """Return a constant while the process lives, where there is no /proc to ask (macOS), and "" when it does not."""
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
