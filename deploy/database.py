"""Where Postgres is, for commands that do not start it themselves."""

from typing import ClassVar
from urllib.parse import quote

from deploy.embedded.paths import postgres_dir
from deploy.embedded.postgres import SUPERUSER
from deploy.settings import Settings
from schemas.errors import HoldfastError


class NoPostgres(HoldfastError):
    """No database is set and none runs here: the text says what to do."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "no-postgres"


def dsn(settings: Settings) -> str:
    """The database of the settings, else the embedded one that runs over their data folder. Raises `NoPostgres`."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    try:
        lines = (postgres_dir(settings.data_dir) / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        sockets, state = lines[4], lines[7].strip()
    except (OSError, IndexError):
        sockets, state = "", ""
    if not sockets or state != "ready":
        raise NoPostgres("no Postgres runs here: start one with `holdfast up`, or set HOLDFAST_DATABASE_URL to yours")
    return f"postgresql://{SUPERUSER}@/postgres?host={quote(sockets, safe='/')}"
