"""How long the classes that are about one kind of record want it kept. Pure; standard library alone."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.words import RecordKind, Trigger


class Class(NamedTuple):
    """A class: for which records it wants so many days after which trigger."""

    name: str
    record: RecordKind
    trigger: Trigger
    keep_days: int


class Kept(NamedTuple):
    """Days after each trigger; None: no class counts from it. A record leaves once all of them are over."""

    recorded: int | None = None
    ended: int | None = None
    departed: int | None = None


def kept(classes: Iterable[Class], record: RecordKind) -> tuple[list[str], Kept]:
    """Give the names of the classes that are about a kind of record, and the longest days after each trigger."""
    about = [each for each in classes if each.record is record]
    longest = {
        trigger: max((each.keep_days for each in about if each.trigger is trigger), default=None) for trigger in Trigger
    }
    return sorted(each.name for each in about), Kept(*(longest[trigger] for trigger in Trigger))
