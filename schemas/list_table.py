"""A list of things to ask about, as a table (CSV, RFC 4180, with a heading): one thing per row. Pure.

Columns, in any order: `asset`, or `scheme`, `value` and, if known, `scope`. A thing may stand on any number of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from schemas.acting import AssetRef, IdentifierAsked
from schemas.canonical import Json, digest
from schemas.errors import Rejected
from schemas.tables import checked, read

COLUMNS = ("asset", "scheme", "value", "scope")
MAX_LINES = 100_000


class _Asset(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    asset: AssetRef


@dataclass(frozen=True, slots=True)
class Things:
    """Things by id and by identifier, each once, in a fixed order; `lines`: on how many rows they stood."""

    assets: Sequence[str]
    identifiers: Sequence[IdentifierAsked]
    lines: int

    def stated(self) -> dict[str, Json]:
        """Give what an answer says of the list: how many things, and a hash that names it whatever its order."""
        named: list[Json] = [each.model_dump(mode="json") for each in self.identifiers]
        sha256 = digest({"assets": list[Json](self.assets), "identifiers": named}).hex()
        return {"count": len(self.assets) + len(self.identifiers), "sha256": sha256}


def things(text: str) -> Things:
    """Read the things of a table. Raises `Rejected`, with the number of the line that is wrong and what to do."""
    assets: set[str] = set()
    identifiers: set[IdentifierAsked] = set()
    lines = 0
    for line, row in read(text, COLUMNS, ()):
        lines += 1
        if lines > MAX_LINES:
            raise Rejected(
                "too_large", f"a list may have {MAX_LINES} lines: leave out what stands in it twice, or ask in parts"
            )
        given = {name: value for name, value in row.items() if value}
        if ("asset" in given) == bool(given.keys() & {"scheme", "value"}) or given.keys() == {"asset", "scope"}:
            raise Rejected("bad_row", f"line {line}: give an asset, or a scheme and a value with or without its scope")
        if "asset" in given:
            assets.add(checked(_Asset, line, given).asset)
        else:
            identifiers.add(checked(IdentifierAsked, line, given))
    if not lines:
        raise Rejected("no_rows", "the list holds a heading and no row: give one row for each thing")
    ordered = sorted(
        identifiers, key=lambda each: (each.scheme.value, each.value, each.scope is not None, each.scope or "")
    )
    return Things(sorted(assets), ordered, lines)
