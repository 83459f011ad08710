"""The process between Holdfast and an embedded server: it sees to it that the server never outlives us.

Run as a script (`python -I -S guardian.py SPEC`), standard library alone, before it gives up root's rights. Its
standard input is a pipe that the launcher holds open and never writes to: end of file means that the launcher stopped
us or is dead, whatever killed it. The server in turn is told by the kernel (Linux) when this process is killed.

We do not ask the kernel to tie the server to the launcher itself: PR_SET_PDEATHSIG fires when the *thread* that started
the child ends, and launchers start servers from worker threads.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time

_PR_SET_PDEATHSIG = 1
_LOOK_AROUND_S = 1.0


def main() -> int:
    """Start the server, watch both sides, stop it in the order of `stops`; returns the server's exit code."""
    spec = json.loads(sys.argv[1])
    launcher = os.getppid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded while we may still read everything
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    asked: list[int] = []
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: asked.append(number))
    if spec["uid"] is not None:
        os.setgroups([])
        os.setgid(spec["gid"])
        os.setuid(spec["uid"])
    os.umask(0o077)

    stops: list[tuple[int, float]] = spec["stops"]
    me = os.getpid()
    server = os.fork()
    if server == 0:
        _become(spec["argv"], spec["cwd"], libc, stops[0][0], me)
    os.write(1, f"{server}\n".encode())
    os.close(1)

    watched = [0, wake_read]
    stopping_until: float | None = None
    while True:
        done, status = os.waitpid(server, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        now = time.monotonic()
        if stopping_until is not None and now >= stopping_until:
            stopping_until = _next_stop(server, stops, now)
        timeout = _LOOK_AROUND_S if stopping_until is None else max(0.0, min(_LOOK_AROUND_S, stopping_until - now))
        ready, _, _ = select.select(watched, [], [], timeout)
        if wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_read, 512)
        ended = 0 in ready and not os.read(0, 512)
        if ended:
            watched.remove(0)
        if stopping_until is None and (ended or asked or os.getppid() != launcher):
            stopping_until = _next_stop(server, stops, time.monotonic())


def _next_stop(server: int, stops: list[tuple[int, float]], now: float) -> float:
    """Send the next signal of the list (SIGKILL when it is used up); returns until when to wait for its effect."""
    number, patience = stops.pop(0) if stops else (signal.SIGKILL, 5.0)
    with contextlib.suppress(ProcessLookupError):
        os.kill(server, number)
    return now + patience


def _become(argv: list[str], cwd: str, libc: ctypes.CDLL | None, death_signal: int, guardian: int) -> None:
    """In the forked child: turn into the server. Never returns; exits with 127 where it cannot be run."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != guardian:
                os._exit(127)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.chdir(cwd)
        os.execv(argv[0], argv)  # noqa: S606  (a list, no shell: this is what the guardian is for)
    except OSError as exc:
        os.write(2, f"cannot run {argv[0]}: {exc}\n".encode())
    os._exit(127)


if __name__ == "__main__":
    sys.exit(main())
