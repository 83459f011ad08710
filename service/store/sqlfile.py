"""SQL lives in files, each statement under its name, so that it can be pasted into psql."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z0-9_]+)\s*$", re.MULTILINE)


@cache
def load(file: str, package: str = "service.store") -> dict[str, str]:
    """Give the statements of a file by name. Raises `ValueError` where a name stands twice."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    pieces = _NAME.split(text)[1:]
    found: dict[str, str] = {}
    for name, statement in zip(pieces[::2], pieces[1::2], strict=True):
        if name in found:
            msg = f"{file} names {name} twice"
            raise ValueError(msg)
        found[name] = statement.strip().rstrip(";")
    return found
