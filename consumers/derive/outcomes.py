"""What becomes of an act."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Partly:
    """Applied, but for what `words` name."""

    words: str


Outcome = str | Partly | None  # None: applied; words: refused, and why
