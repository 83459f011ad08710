"""Two states compared: what came, went and moved, by the ids of the later knowledge."""

from service.facts.compare import Change, Moved, Stood, compare, renamed
from service.facts.records import AssetId

A, B, C, RACK, TRAY = (AssetId(name) for name in ("a", "b", "c", "rack", "tray"))
IN_1, IN_2, ELSEWHERE = Stood(TRAY, "1"), Stood(TRAY, "2"), Stood(place="sin/r1")


def test_what_came_went_and_moved_is_told_with_where_it_was_outside() -> None:
    found = list(compare({A: IN_1, B: IN_2}, {B: IN_1, C: IN_2}, {C: ELSEWHERE}, {}))
    assert found == [
        Moved(A, Change.WENT, IN_1, None),
        Moved(B, Change.MOVED, IN_2, IN_1),
        Moved(C, Change.CAME, ELSEWHERE, IN_2),
    ]


def test_a_state_differs_in_nothing_from_itself() -> None:
    state = {A: IN_1, B: Stood(RACK, None, "kul/r7")}
    assert list(compare(state, state, {}, {})) == []


def test_things_and_containers_that_were_joined_meanwhile_go_by_one_id() -> None:
    before = renamed({A: Stood(B, "1"), C: Stood(B, "1")}, {B: TRAY, C: A})
    assert before == {A: Stood(TRAY, "1")}
    assert list(compare(before, {A: Stood(TRAY, "1")}, {}, {})) == []
