"""Planned work as CSV: a ticket's rows belong together, and what is wrong is named by its line."""

import pytest

from schemas.errors import Rejected
from schemas.planning import EXPLAINS
from schemas.words import FindingKind, May
from schemas.work_table import acts

HEADING = "ticket,from,until,may,kind,scheme,value,place,approver"
WINDOW = "2025-06-08T12:00:00Z,2025-06-08T15:00:00Z"


def rows(*lines: str) -> str:
    return "\n".join([HEADING, *lines])


def test_rows_of_a_ticket_make_one_act_with_all_its_things_and_places() -> None:
    first, second = acts(
        rows(
            f"CHG-1,{WINDOW},swap,gpu,serial,SN-1,,cab",
            f"CHG-2,{WINDOW},remove insert,,,,KUL-1/R3,",
            f"CHG-1,{WINDOW},swap,,,,KUL-1/R4,cab",
        ),
        "k",
        "board",
    )
    assert (first.ticket, first.key, first.approver, first.by) == ("CHG-1", "k/0", "cab", "board")
    assert [thing.identifier and thing.identifier.value for thing in first.things] == ["SN-1"]
    assert (first.places, first.may) == (("KUL-1/R4",), (May.SWAP,))
    assert second.kinds() == {FindingKind.COMPONENT_MISSING, FindingKind.COMPONENT_FOREIGN}
    assert second.approver is None


def test_every_word_of_what_may_happen_explains_something() -> None:
    assert set(EXPLAINS) == set(May)
    assert all(EXPLAINS.values())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ticket,from,until\n", "'may' must be there"),
        (HEADING + "\n", "no row"),
        (rows(f"CHG-1,{WINDOW},dance,,,,KUL-1,"), "line 2: may"),
        (rows(f"CHG-1,{WINDOW},,,,,KUL-1,"), "line 2: say what may happen"),
        (rows("CHG-1,2025-06-08T12:00:00Z,2025-06-08T12:00:00Z,swap,,,,KUL-1,"), "line 2: the window must end"),
        (rows(f"CHG-1,{WINDOW},swap,,,,KUL-1,", f"CHG-1,{WINDOW},remove,,,,KUL-1,"), "line 3: an earlier row says"),
        (rows(f"CHG-1,{WINDOW},swap,gpu,serial,,,"), "line 2: identifier.value: Field required"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        acts(text, "k", "p")
    assert words in caught.value.words
