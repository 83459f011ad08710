"""The data folder: where everything that Holdfast keeps on this machine lives."""

import os
from pathlib import Path

DATA_DIR_VARIABLE = "HOLDFAST_DATA_DIR"


def default_data_dir() -> Path:
    """Return where the data lives unless a setting says otherwise: the system's place for root, the user's own else."""
    if os.geteuid() == 0:
        return Path("/var/lib/holdfast")
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "holdfast"


def data_dir() -> Path:
    """Return the data folder that the environment names, or the default one; for what cannot read the settings."""
    named = os.environ.get(DATA_DIR_VARIABLE)
    return Path(named).expanduser() if named else default_data_dir()


def make_data_dir(folder: Path) -> Path:
    """Make the folder, where it is not there yet, so that the accounts of its servers can enter it; return it.

    Raises OSError.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def postgres_dir(folder: Path) -> Path:
    """Return where the embedded PostgreSQL lives in a data folder."""
    return folder / "postgres"


def kafka_dir(folder: Path) -> Path:
    """Return where the embedded Kafka lives in a data folder."""
    return folder / "kafka"


def jars_dir(folder: Path) -> Path:
    """Return where Kafka's jars are kept in a data folder."""
    return kafka_dir(folder) / "jars"
