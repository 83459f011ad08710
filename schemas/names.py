"""What names and texts of acts may be: checks for pydantic's fields. Pure; each raises ValueError."""

from schemas.envelope import CELL, COMMON
from schemas.errors import Rejected
from schemas.inventory import check_name

UNASSIGNED = "unassigned"  # stands in an operator's place while nobody has put the cell


def name(text: str) -> str:
    """Give back what can name a source, slot, scope, place, person or key."""
    try:
        return check_name("name", text)
    except Rejected as exc:
        raise ValueError(exc.words) from exc


def cell(text: str) -> str:
    """Give back what can be part of a topic's name: a cell, or what spans cells."""
    if not CELL.fullmatch(text):
        msg = "a cell is named by 1 to 63 lower-case letters, digits and hyphens"
        raise ValueError(msg)
    return text


def book(text: str) -> str:
    """Give back the name of a cell that may be founded."""
    if text == COMMON:
        msg = f"no cell is named {COMMON!r}: that is what spans cells"
        raise ValueError(msg)
    return text


def operator(text: str) -> str:
    """Give back the name of an operator that may have cells."""
    if text == UNASSIGNED:
        msg = f"no operator is named {UNASSIGNED!r}: cells that nobody has put are"
        raise ValueError(msg)
    return text


def words(text: str) -> str:
    """Give back text that every column holds."""
    if "\0" in text:
        msg = "text holds no null character"
        raise ValueError(msg)
    return text
