"""Statuses as CSV: one thing per row, and what is wrong named by its line."""

import pytest

from schemas.errors import Rejected
from schemas.status_table import PER_ACT, acts
from schemas.words import Kind, Scheme, Status

HEADING = "kind,scheme,value,scope,status,ticket,place,from"


def rows(*lines: str, heading: str = HEADING) -> str:
    return "\r\n".join([heading, *lines]) + "\r\n"


def test_rows_that_say_the_same_share_an_act_in_their_order() -> None:
    table = rows(
        "gpu,serial,SN-1,nv/h200,in_repair,RMA-1,,2025-06-01T00:00:00Z",
        "drive,wwn,5000c500a1b2c301,,spare,,KUL-1/STORE,",
        "gpu,serial,SN-2,,in_repair,RMA-1,,2025-06-01T00:00:00Z",
    )
    repair, spare = acts(table, "table-1", "warehouse")
    assert (repair.key, spare.key) == ("table-1/0", "table-1/1")
    assert (repair.status, repair.ticket, repair.by, len(repair.things)) == (Status.IN_REPAIR, "RMA-1", "warehouse", 2)
    assert repair.from_at is not None
    assert [thing.identifier and thing.identifier.scope for thing in repair.things] == ["nv/h200", None]
    thing = spare.things[0]
    assert (thing.kind, thing.identifier and thing.identifier.scheme) == (Kind.DRIVE, Scheme.WWN)
    assert (spare.place, spare.ticket, spare.from_at) == ("KUL-1/STORE", None, None)


def test_columns_come_in_any_order_with_a_mark_blanks_and_quotes() -> None:
    asset = "0b2e6d7c-58a1-5d7e-9a34-0c6f2b9d1e55"
    (act,) = acts(f'\ufeff Status , Asset ,party\nsold,{asset},"Buyer, Ltd"\n', "k", "p")
    assert (act.status, act.things[0].asset, act.party) == (Status.SOLD, asset, "Buyer, Ltd")


def test_a_long_table_is_cut_into_acts_that_each_can_be_read() -> None:
    lines = [f"gpu,serial,SN-{n:06d},,spare,,," for n in range(2 * PER_ACT + 1)]
    made = acts(rows(*lines), "k", "p")
    assert [len(act.things) for act in made] == [PER_ACT, PER_ACT, 1]
    assert len({act.key for act in made}) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'status' must be there"),
        ("colour,status\n", "'colour' is none of them"),
        ("status,status\n", "each once"),
        (rows(), "no row"),
        (rows("gpu,serial,SN-1,,spare"), "line 2: it has not as many cells"),
        (rows("gpu,serial,SN-1,,spare,,,,,"), "line 2: it has not as many cells"),
        (rows("gpu,serial,SN-1,,spare,,,", "gpu,serial,,,spare,,,"), "line 3: identifier.value: Field required"),
        (rows("gpu,serial,SN-1,,released,,,"), "line 2: status: Input should be"),
        (rows("toy,serial,SN-1,,spare,,,"), "line 2: kind: Input should be"),
        (rows("gpu,serial,SN-1,,spare,,,2025-06-01"), "line 2: from: Input should have timezone"),
        (rows(",serial,SN-1,,spare,,,"), "line 2: a thing is named by `asset`, or by `kind` and `identifier`"),
        (rows('gpu,serial,"SN-1,,spare,,,'), "write CSV as RFC 4180 says"),
        ("asset,kind,scheme,value,status\n0b2e6d7c-58a1-5d7e-9a34-0c6f2b9d1e55,gpu,serial,S,spare\n", "exactly one"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        acts(text, "k", "p")
    assert words in caught.value.words
