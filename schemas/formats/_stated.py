"""What foreign formats state, taken as it stands: blank is absent, everything else is kept. Pure.

Placeholders ("N/A", "To be filled by O.E.M.") are kept as identifiers: whether a value names anything is decided
where identity is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.inventory import MAX_NAME, Identifier, printable
from schemas.words import Scheme


def text(value: object) -> str | None:
    """Give a stated text without the blanks at its ends, or None where nothing is stated."""
    return value.strip() or None if isinstance(value, str) else None


def name(value: object) -> str | None:
    """Give a stated text if it can stand in a name (slot, scope, place, fact), else None."""
    plain = text(value)
    return plain if plain is not None and len(plain) <= MAX_NAME and printable(plain) else None


def scope(maker: object, part: object) -> str:
    """Within what a serial is unique: `maker/part`, as far as both are stated."""
    words = name(maker) or "", name(part) or ""
    joined = "/".join(words) if words[1] else words[0]
    return joined if len(joined) <= MAX_NAME else words[0]


def identifier(scheme: Scheme, value: object, within: str = "") -> Iterable[Identifier]:
    """One identifier where a value is stated, else none."""
    stated = text(value)
    return (Identifier(scheme, within, stated),) if stated is not None else ()


def facts(**stated: object) -> tuple[tuple[str, str], ...]:
    """Give those facts that are stated and fit to be shown."""
    known = ((key, name(value)) for key, value in stated.items())
    return tuple((key, value) for key, value in known if value is not None)


def member(value: object, *path: str) -> Any:  # noqa: ANN401 - a foreign document's member is any value
    """Follow members of nested objects; None where any is missing."""
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value
