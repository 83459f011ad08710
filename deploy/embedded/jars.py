"""Kafka's jars: fetched once by jgo, and checked against the committed lock before every start.

jgo does not hold its cache to its own lock, so nothing here trusts a file for its name: a jar is put in place only when
its SHA-256 is the lock's, and is hashed again before each start. Fetching needs the network once; checking never does.
"""

import os
import shutil
import tempfile
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from schemas.errors import HoldfastError

SPEC_FILE = Path(__file__).with_name("jgo.toml")
LOCK_FILE = Path(__file__).with_name("jgo.lock.toml")

Progress = Callable[[str], None]
"""Called with one line for a person, from the thread that works; must not block for long."""

_AT_ONCE = 6
_TIMEOUT_S = 60
_TELL_EVERY_S = 2.0


class JarsUnavailable(HoldfastError):
    """Kafka's jars are not all here and could not be fetched."""


class JarChanged(HoldfastError):
    """A jar is not the one that the lock names: it is not run."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked jar: its coordinates and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def filename(self) -> str:
        """The name under which Maven repositories and our folder keep it."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{suffix}.jar"


def locked(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """Every jar of the lock, in class-path order. Raises KeyError on a lock that jgo did not write."""
    entries = tomllib.loads(lock_file.read_text(encoding="utf-8"))["dependencies"]
    return [Jar(e["groupId"], e["artifactId"], e["version"], e.get("classifier", ""), e["sha256"]) for e in entries]


def class_path(folder: Path, jars: list[Jar] | None = None, progress: Progress | None = None) -> str:
    """Return the Java class path, after every jar was fetched (if need be) and found to be the locked one.

    Blocks: under a tenth of a second to check, some twenty seconds for the first fetch. Two callers on one folder do
    no harm.
    Raises JarsUnavailable where a jar can be had from nowhere, JarChanged where one was altered.
    """
    wanted = locked() if jars is None else jars
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in wanted if not (folder / jar.filename).exists()]
    if missing:
        _fetch(missing, folder, len(wanted), progress or (lambda _line: None))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sums = pool.map(lambda jar: _sha256(folder / jar.filename), wanted)
    for jar, digest in zip(wanted, sums, strict=True):
        if digest != jar.sha256:
            raise JarChanged(
                f"{folder / jar.filename} is not the jar that the lock names (its SHA-256 is {digest[:16]}…, not "
                f"{jar.sha256[:16]}…): delete it and run this again, it will be fetched anew"
            )
    return os.pathsep.join(str(folder / jar.filename) for jar in wanted)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _fetch(missing: list[Jar], folder: Path, total: int, progress: Progress) -> None:
    """Fetch what is missing, several at once; each appears in `folder` whole and checked, or not at all."""
    from jgo.config import GlobalSettings  # noqa: PLC0415  (slow to import, and needed once in a machine's life)
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415

    # A person's own jgo settings (a mirror, a warm repository) are honoured: whatever comes is held to the lock.
    settings = GlobalSettings.load()
    done = total - len(missing)
    progress(f"fetching Kafka: {done} of {total} jars")
    told = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=folder) as incoming:
        context = MavenContext(
            resolver=PythonResolver(),
            repo_cache=Path(incoming),
            local_repos=[settings.repo_cache],
            remote_repos={**settings.repositories, "central": MAVEN_CENTRAL_URL},
            timeout=_TIMEOUT_S,
        )

        def one(jar: Jar) -> None:
            component = context.project(jar.group, jar.artifact).at_version(jar.version)
            try:
                found = component.artifact(jar.classifier, "jar").resolve()
            except (OSError, RuntimeError) as exc:  # requests' errors are OSErrors, jgo's "not found" a RuntimeError
                raise JarsUnavailable(
                    f"could not fetch {jar.filename} for the embedded Kafka: see to a network (or a mirror in jgo's "
                    "settings) for the first start, or set HOLDFAST_KAFKA_BOOTSTRAP to a Kafka that you have"
                ) from exc
            _put(found, folder / jar.filename, jar)

        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for future in as_completed([pool.submit(one, jar) for jar in missing]):
                future.result()
                done += 1
                if done == total or time.monotonic() - told >= _TELL_EVERY_S:
                    progress(f"fetching Kafka: {done} of {total} jars")
                    told = time.monotonic()
        finally:
            pool.shutdown(cancel_futures=True)


def _put(found: Path, target: Path, jar: Jar) -> None:
    """Move a fetched jar to its place in one step, if its bytes are the locked ones. Raises JarChanged if not."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".incoming-")
    os.close(handle)
    half = Path(name)
    try:
        shutil.copyfile(found, half)
        if (digest := _sha256(half)) != jar.sha256:
            raise JarChanged(
                f"what was fetched as {jar.filename} is not the jar that the lock names (SHA-256 {digest[:16]}…): "
                f"nothing of it was kept; look at the mirror, or at {found} if that is yours, and run this again"
            )
        half.chmod(0o644)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
