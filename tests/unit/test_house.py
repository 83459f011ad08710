"""The rules of the house that a machine can hold: who imports whom, how long a module is, what no file may name."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGES = ("consumers", "deploy", "loadtests", "schemas", "service")
LOCKS = ("requirements.lock", "requirements-dev.lock")

# What the verifier carries of the shapes: the standard library alone.
VERIFIER_SHAPES = ("schemas.words", "schemas.canonical", "schemas.inventory", "schemas.errors", "schemas.placeholders")

# Who may import which of our own (DESIGN section 10); the longest prefix of the importer decides. A package may always
# import itself.
MAY_IMPORT = {
    "deploy": PACKAGES,
    "consumers": ("consumers", "service.store", "service.facts", "schemas"),
    "loadtests": ("loadtests", "schemas"),
    "schemas": ("schemas",),
    "service": ("service", "schemas"),
    # The API serves the console's page, as bytes.
    "service.api": ("service.api", "service.console", "service.store", "service.facts", "service.proofs", "schemas"),
    "service.facts": ("service.facts", *VERIFIER_SHAPES),
    "service.proofs": ("service.proofs", *VERIFIER_SHAPES),
}

# What does I/O, or waits for it: not for the shapes, the facts and the proofs.
DOES_IO = {
    *("asyncio", "selectors", "select", "socket", "ssl", "socketserver", "subprocess", "multiprocessing", "threading"),
    *("concurrent", "pathlib", "os", "io", "shutil", "tempfile", "glob", "fileinput", "mmap", "fcntl", "signal"),
    *("http", "urllib.request", "ftplib", "smtplib", "sqlite3", "dbm", "logging", "time", "random", "secrets"),
    *("asyncpg", "aiokafka", "httpx", "requests", "fastapi", "starlette", "uvicorn", "uvloop", "structlog", "psutil"),
}
PURE = ("schemas", "service.facts", "service.proofs")
STANDARD_LIBRARY_ALONE = ("service.facts", "service.proofs")
# `holdfast verify` depends on this one alone (DESIGN section 6).
PROOFS_MAY = {"cryptography"}

LONGEST = 300
GENERATED = {
    "deploy/client/calls.py",
    "deploy/client/shapes.py",
}  # a test holds them to it
LONGEST_TEST = 700  # tests are read one at a time: a rule's cases stay together
TOP_LEVEL = {*PACKAGES, "tests"}
INDEX_HOSTS = re.compile(
    "|".join(
        name + r"\." + rest
        for name, rest in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "(org|com)"),
            ("yarnpkg", "com"),
            ("crates", "io"),
            ("repo1?.maven.apache", "org"),
            ("repo1.maven", "org"),
            ("maven", "org"),
            ("deb.debian", "org"),
            ("golang", "org/proxy"),
            ("proxy.golang", "org"),
        ]
    )
)


def _in_git(*options: str) -> list[str]:
    done = subprocess.run(["git", "ls-files", *options], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (REPOSITORY / name).is_file()]


FILES = sorted({*_in_git(), *_in_git("--others", "--exclude-standard")})
MODULES = [name for name in FILES if name.endswith(".py") and name.partition("/")[0] in TOP_LEVEL]


def _dotted(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(name: str) -> set[str]:
    """Give every module that a file names in an import, wherever the import stands."""
    tree = ast.parse((REPOSITORY / name).read_text(encoding="utf-8"))
    package = _dotted(name).split(".") if name.endswith("__init__.py") else _dotted(name).split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*package[: len(package) - node.level + 1], node.module or ""]) if node.level else node.module
            )
            found |= {f"{(base or '').rstrip('.')}.{alias.name}" for alias in node.names}
    return found


def _under(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name: str) -> None:
    module = _dotted(name)
    if _under(module, "tests"):
        return
    rule = max((package for package in MAY_IMPORT if _under(module, package)), key=len)
    ours = {found for found in _imports(name) if found.partition(".")[0] in TOP_LEVEL}
    wrong = {found for found in ours if not _under(found, *MAY_IMPORT[rule])}
    assert not wrong, f"{module} imports {sorted(wrong)}: {rule} may import {MAY_IMPORT[rule]} alone"


@pytest.mark.parametrize("name", [name for name in MODULES if _under(_dotted(name), *PURE, *VERIFIER_SHAPES)])
def test_shapes_facts_and_proofs_do_no_io(name: str) -> None:
    found = _imports(name)
    wrong = {module for module in found if _under(module, *DOES_IO)}
    assert not wrong, f"{name} imports {sorted(wrong)}, which does I/O or asks the clock"
    tree = ast.parse((REPOSITORY / name).read_text(encoding="utf-8"))
    calls = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert not {"open", "print", "input"} & set(calls), f"{name} reads or writes"


@pytest.mark.parametrize(
    "name", [name for name in MODULES if _under(_dotted(name), *STANDARD_LIBRARY_ALONE, *VERIFIER_SHAPES)]
)
def test_the_verifier_can_carry_facts_and_proofs(name: str) -> None:
    allowed = sys.stdlib_module_names | TOP_LEVEL
    if _under(_dotted(name), "service.proofs"):
        allowed |= PROOFS_MAY
    foreign = {module for module in _imports(name) if module.partition(".")[0] not in allowed}
    assert not foreign, f"{name} imports {sorted(foreign)}: the standard library alone"


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__init__.py")])
def test_a_module_is_short_and_says_what_it_is_for(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    longest = LONGEST_TEST if name.startswith("tests/") else LONGEST
    assert name in GENERATED or text.count("\n") <= longest, f"{name} has {text.count(chr(10))} lines: split it by job"
    assert ast.get_docstring(ast.parse(text)), f"{name} has no docstring"
    assert not {"utils", "helpers", "common", "misc"} & set(Path(name).with_suffix("").parts), f"{name} says nothing"


def test_the_top_level_is_the_design() -> None:
    assert {name.partition("/")[0] for name in FILES if name.endswith(".py")} <= TOP_LEVEL


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_a_package_index(name: str) -> None:
    text = (REPOSITORY / name).read_bytes().decode(errors="replace")
    found = INDEX_HOSTS.search(text)
    assert found is None, f"{name} names {found.group()}"


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_pins_everything_by_hash_and_names_no_place(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^(-|--|\.|/|file:)", text, re.MULTILINE), "options, paths"
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 40
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_lock_has_what_pyproject_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    locked = {
        name: set(re.findall(r"^([a-z0-9._-]+)==", (REPOSITORY / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in LOCKS
    }
    for asked in [*project["project"]["dependencies"], *groups["build"]]:
        assert _name(asked) in locked["requirements.lock"]
    for asked in groups["dev"]:
        assert _name(asked) in locked["requirements-dev.lock"]
    assert locked["requirements.lock"] <= locked["requirements-dev.lock"]


def test_the_jars_lock_names_no_place() -> None:
    text = (REPOSITORY / "deploy/embedded/jgo.lock.toml").read_text(encoding="utf-8")
    assert "://" not in text
    assert text.count("sha256 = ") == text.count("[[dependencies]]")


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return found.group().lower().replace("_", "-")
