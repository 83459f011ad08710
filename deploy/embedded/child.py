"""An embedded server as a child that dies with us, and the account that it runs under."""

import json
import os
import pwd
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import HoldfastError

_GUARDIAN = Path(__file__).with_name("guardian.py")
_LOG_TAIL = 4000
_FAILS = re.compile(r"\b(FATAL|PANIC|ERROR|error):|\w(Exception|Error)\b|No space left")


class ServerFailed(HoldfastError):
    """An embedded server did not start, or ended by itself; the text has its own words and its log's place."""


class NoAccount(HoldfastError):
    """We are root, the server refuses to run as root, and no other account can be used."""


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account to run a server under."""

    name: str
    uid: int
    gid: int


def unprivileged_account(folder: Path, owned: Path) -> Account | None:
    """Return the account to drop to, or None where we are not root. Blocks for milliseconds.

    The owner of `owned`, where that exists already; else `postgres`, else `nobody`; whoever it is must be able to enter
    `folder`. Raises NoAccount, saying why each of them cannot be used.
    """
    if os.geteuid() != 0:
        return None
    names = ["postgres", "nobody"]
    if owned.exists() and (uid := owned.stat().st_uid) != 0:
        try:
            names = [pwd.getpwuid(uid).pw_name]
        except KeyError as exc:
            raise NoAccount(
                f"{owned} belongs to user id {uid}, which has no account here: give it one, or chown it"
            ) from exc
    whys = []
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            whys.append(f"no account {name}")
            continue
        account = Account(name, entry.pw_uid, entry.pw_gid)
        if can_enter(account, folder):
            return account
        whys.append(f"{name} cannot enter {folder}")
    raise NoAccount(
        f"PostgreSQL refuses to run as root, and there is no account to run it under ({'; '.join(whys)}): "
        "set HOLDFAST_DATA_DIR to a folder that others may enter (not under /root), add an account `postgres`, "
        "or set HOLDFAST_DATABASE_URL to a server that you have"
    )


def can_enter(account: Account, folder: Path) -> bool:
    """Whether `account` can make `folder` its working directory. Blocks for milliseconds."""
    try:
        done = run_under(account, ["/bin/sh", "-c", 'cd "$0"', str(folder)], cwd=Path("/"))
    except (OSError, subprocess.SubprocessError):  # a container whose root may not change its user id
        return False
    return done.returncode == 0


def reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return why a program failed: the first line that says so, else its last one. Pure.

    What comes after an error is clean-up, or a stack.
    """
    lines = [line.strip() for line in (*done.stderr.splitlines(), *done.stdout.splitlines()) if line.strip()]
    last = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1].strip()
    return next((line for line in lines if _FAILS.search(line)), last)


def run_under(
    account: Account | None,
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, under `account` where there is one, its words captured. Blocks. Raises OSError."""
    return subprocess.run(
        argv,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077 if account else -1,
        cwd=cwd,
        env=env,
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


class Child:
    """A server under its guardian. It ends when `stop` or `kill` is called, or when this process ends, however.

    Owned by one launcher; its methods may be called from any thread, one at a time.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        lock_fd: int,
        account: Account | None,
        stops: Sequence[tuple[signal.Signals, float]],
    ) -> None:
        """Start it; returns as soon as it has a process id. `lock_fd` stays open as long as any part of it lives."""
        self.log = log
        self._stops = stops
        spec = {
            "argv": list(argv),
            "cwd": str(cwd),
            "uid": account.uid if account else None,
            "gid": account.gid if account else None,
            "stops": [(int(number), seconds) for number, seconds in stops],
        }
        with log.open("ab") as out:
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARDIAN), json.dumps(spec)],
                env=dict(env),
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                pass_fds=(lock_fd,),
                start_new_session=True,  # Ctrl-C is for us: we end our servers last
            )
        pipe = self._guardian.stdout
        line = pipe.readline() if pipe else b""
        if pipe:
            pipe.close()
        if not line:
            self._finish(5)
            raise ServerFailed(f"could not start {argv[0]}: {self.last_words()} (log: {log})")
        self.pid = int(line)

    def running(self) -> bool:
        """Whether the server still runs. Does not block."""
        return self._guardian.poll() is None

    def stop(self) -> None:
        """End it in good order, harder where that does not help. Blocks until it is gone; safe to call twice."""
        self._finish(sum(seconds for _, seconds in self._stops) + 15)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL). Blocks until its process is gone; safe to call twice."""
        if self.running():
            os.kill(self.pid, signal.SIGKILL)
        self._finish(30)

    def last_words(self) -> str:
        """Return the last line of its log that says something."""
        try:
            tail = self.log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
        except OSError:
            tail = ""
        lines = [line.strip() for line in tail.splitlines() if line.strip()]
        telling = [line for line in lines if "FATAL" in line or "ERROR" in line or "Exception" in line]
        return (telling or lines or ["it said nothing"])[-1][:300]

    def _finish(self, patience: float) -> None:
        if self._guardian.stdin:
            self._guardian.stdin.close()
        try:
            self._guardian.wait(patience)
        except subprocess.TimeoutExpired:
            self._guardian.kill()  # the kernel then signals the server
            self._guardian.wait()
