"""How long several classes together want a kind of record kept."""

from schemas.words import RecordKind, Trigger
from service.facts.retention import Class, Kept, kept

CLASSES = [
    Class("law", RecordKind.EVENT, Trigger.DEPARTED, 1826),
    Class("contract", RecordKind.EVENT, Trigger.DEPARTED, 30),
    Class("policy", RecordKind.EVENT, Trigger.RECORDED, 90),
    Class("privacy", RecordKind.TEXT, Trigger.ENDED, 7),
]


def test_the_longest_counts_after_each_trigger() -> None:
    assert kept(CLASSES, RecordKind.EVENT) == (["contract", "law", "policy"], Kept(90, None, 1826))
    assert kept(CLASSES, RecordKind.TEXT) == (["privacy"], Kept(None, 7, None))


def test_what_no_class_is_about_has_no_days() -> None:
    assert kept(CLASSES, RecordKind.RUN) == ([], Kept())
