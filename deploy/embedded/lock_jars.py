"""`python -m deploy.embedded.lock_jars`: write jgo.lock.toml again from jgo.toml. Run by `make lock`, never at start.

Resolves with jgo's own resolver (no Maven needed), fetches every jar once to hash it, and blocks until done.
Writes the same bytes where nothing changed.
"""

import sys
import tempfile
from pathlib import Path

from jgo.env import EnvironmentSpec
from jgo.env._lockfile import LockFile
from jgo.maven import MavenContext, PythonResolver

from deploy.embedded.jars import LOCK_FILE, SPEC_FILE


def main() -> int:
    """Write the lock; returns the exit code."""
    spec = EnvironmentSpec.load(SPEC_FILE)
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(folder))
        wanted = [context.create_dependency(coordinate) for coordinate in spec.coordinates]
        inputs, transitive = context.resolver.resolve(wanted)
        run_time = [dep for dep in transitive if dep.scope in {"compile", "runtime"}]
        dependencies = sorted([*inputs, *run_time], key=lambda dep: (dep.groupId, dep.artifactId))
        lock = LockFile.from_resolved_dependencies(
            dependencies,
            environment_name=spec.name,
            entrypoints=spec.entrypoints,
            default_entrypoint=spec.default_entrypoint,
        )
    if LOCK_FILE.exists():
        before = LockFile.load(LOCK_FILE)
        if [dep.to_dict() for dep in before.dependencies] == [dep.to_dict() for dep in lock.dependencies]:
            lock.generated = before.generated
    lock.save(LOCK_FILE)
    sys.stdout.write(f"{LOCK_FILE.name}: {len(lock.dependencies)} jars\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
