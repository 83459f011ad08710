"""Rules 9, 12 and 17 to 19 on whereabouts, each on one small example. A unit of time is a minute."""

from functools import partial

from schemas.words import BindingEnd, Kind, SourceClass, Timing
from service.facts.records import AssetId, Binding, Places, Run, Source, Whereabouts
from service.facts.whereabouts import History, history

TOLERANCE = 5
T, R, T2, R2 = (AssetId(name) for name in ("tray", "rack", "tray2", "rack2"))
PLACES = Places({"unit": "position", "position": "hall", "hall": None, "position2": "hall"})
INSIDE = {(R, T), (R2, T2)}


def bound(  # noqa: PLR0913 - each test names the few that it is about
    source: str, *spans: tuple[int, int], at: str | AssetId = T, until: int | None = None, end: str | None = None,
    scope: str = "node", slot: str = "gpu/0", tolerance: int = TOLERANCE, timing: Timing = Timing.FRESH,
    surveyed: bool = False, lifted: AssetId | None = None, inside: str | None = "s",
) -> Binding:  # fmt: skip
    """Bind one asset: to a place if `at` is one of PLACES, else to a container; each span is a run."""
    place = at in PLACES.parent
    return Binding(
        Source(source, SourceClass.IN_BAND), scope, slot, AssetId("gpu"), Kind.GPU, spans[0][0], until,
        BindingEnd(end) if end else None, None if place else AssetId(at), None if place else inside,
        at if place else None, surveyed, tuple(Run(first, last, tolerance, timing) for first, last in spans), lifted,
    )  # fmt: skip


def holds(outer: AssetId, inner: AssetId, _: int) -> bool:
    return (outer, inner) in INSIDE


def seen(*bindings: Binding, at: int = 1000) -> History:
    return history(bindings, PLACES, holds, at)


def said(found: History) -> list[tuple[int, int | None, str, str]]:
    """Each row as (from, until, container or place, marks)."""
    return [
        (row.from_at, row.until_at, row.container or row.place or "", "m" * row.moving + "d" * row.disputed)
        for row in found.rows
    ]


def test_rule_17_agent_and_bmc_that_name_one_container_agree() -> None:
    found = seen(bound("agent", (0, 900)), bound("bmc", (10, 990), slot="GPU_0", inside="bay"))
    assert found == History((Whereabouts(0, None, T, "gpu/0", None),), (), None)


def test_rule_17_a_container_agrees_with_what_holds_it_and_the_inner_one_is_shown() -> None:
    assert said(seen(bound("facility", (0, 900), at=R), bound("bmc", (10, 990), at=T))) == [
        (0, 10, R, ""),
        (10, None, T, ""),
    ]


def test_rule_17_a_place_agrees_with_what_holds_it_and_the_more_exact_one_is_shown() -> None:
    rows = said(
        seen(bound("a", (0, 900), at="position"), bound("b", (10, 900), at="unit"), bound("c", (20, 900), at="hall"))
    )
    assert rows == [(0, 10, "position", ""), (10, None, "unit", "")]


def test_container_and_place_are_decided_apart_and_put_into_one_row() -> None:
    found = seen(bound("bmc", (0, 900)), bound("switch", (50, 900), at="position", surveyed=True))
    assert found.rows == (Whereabouts(0, 50, T, "gpu/0", None), Whereabouts(50, None, T, "gpu/0", "position"))


def test_rule_17_claims_that_come_to_agree_end_a_dispute() -> None:
    def later(outer: AssetId, inner: AssetId, at: int) -> bool:
        return (outer, inner) == (R2, T) and at >= 300

    both = [bound("a", (0, 900)), bound("b", (100, 900), at=R2)]
    found = history(both, PLACES, later, 1000, regard=[300])
    assert said(found) == [(0, 100, T, ""), (100, 300, T, "d"), (300, None, T, "")]
    assert [(each.from_at, each.until_at) for each in found.disputes] == [(100, 300)]


def test_rule_18_one_source_alone_moves_an_asset_at_once() -> None:
    rows = said(seen(bound("a", (0, 100), until=100, end="replaced"), bound("a", (100, 900), at=T2)))
    assert rows == [(0, 100, T, ""), (100, None, T2, "")]


def test_rule_18_a_change_of_slot_alone_is_a_row_of_its_own() -> None:
    found = seen(bound("a", (0, 100), until=100, end="replaced"), bound("a", (100, 900), slot="gpu/1"))
    assert found.rows == (Whereabouts(0, 100, T, "gpu/0", None), Whereabouts(100, None, T, "gpu/1", None))


def test_rule_18_moving_until_the_horizon_passes_the_youngers_start_and_the_olders_tolerance() -> None:
    older, younger = bound("a", (0, 98)), bound("b", (100, 900), at=T2)
    assert said(seen(older, younger, at=100)) == [(0, None, T, "")]
    for at in (101, 105):
        found = seen(older, younger, at=at)
        assert said(found) == [(0, 100, T, ""), (100, None, T, "m")]
        assert (found.decide_at, found.disputes) == (106, ())
    assert seen(older, younger, at=106) == seen(older, younger)


def test_rule_18_a_move_if_the_older_run_was_not_extended() -> None:
    found = seen(bound("a", (0, 98)), bound("b", (100, 900), at=T2))
    assert said(found) == [(0, 100, T, ""), (100, None, T2, "")]
    assert (found.disputes, found.decide_at) == ((), None)


def test_rule_18_a_dispute_if_the_older_run_was_extended() -> None:
    found = seen(bound("a", (0, 101)), bound("b", (100, 900), at=T2))
    assert said(found) == [(0, 100, T, ""), (100, None, T, "d")]
    (dispute,) = found.disputes
    assert (dispute.from_at, dispute.until_at) == (100, None)
    assert (dispute.shown, dispute.rival) == (("a", "node", "gpu/0"), ("b", "node", "gpu/0"))


def test_rule_18_the_tolerance_is_the_greatest_of_the_olders_that_are_not_silent() -> None:
    bindings = [bound("a", (0, 98)), bound("c", (0, 80), tolerance=50), bound("d", (0, 10), tolerance=70)]
    assert seen(*bindings, bound("b", (100, 900), at=T2), at=120).decide_at == 151


def test_rule_18_an_older_source_that_was_silent_already_moves_at_once() -> None:
    younger = bound("b", (100, 900), at=T2)
    assert said(seen(bound("a", (0, 94)), younger, at=101)) == [(0, 100, T, ""), (100, None, T2, "")]
    assert seen(bound("a", (0, 95)), younger, at=101).rows[-1].moving


def test_rule_18_a_swap_that_two_sources_notice_minutes_apart_is_a_move_and_no_finding() -> None:
    older = bound("a", (0, 102), until=103, end="replaced")
    found = seen(older, bound("b", (100, 900), at=T2), bound("a", (103, 900), at=T2))
    assert said(found) == [(0, 100, T, ""), (100, None, T2, "")]
    assert found.disputes == ()


def test_rule_18_a_younger_claim_that_is_withdrawn_in_time_leaves_nothing() -> None:
    found = seen(bound("a", (0, 900)), bound("b", (100, 102), at=T2, until=103, end="unlisted"))
    assert (said(found), found.disputes) == ([(0, None, T, "")], ())


def test_rule_18_in_a_dispute_the_higher_grade_of_place_is_shown() -> None:
    old, new = bound("a", (0, 900), at="position2"), bound("b", (100, 900), at="position", surveyed=True)
    assert said(seen(old, new))[-1] == (100, None, "position", "d")
    untimed = bound("b", (100, 900), at="position", surveyed=True, timing=Timing.UNTIMED)
    assert said(seen(old, untimed))[-1] == (0 + 100, None, "position2", "d")


def test_rule_18_waiting_for_the_owners_reboot_gains_nothing() -> None:
    owner = bound("owner", (0, 94), (130, 900))
    found = seen(owner, bound("thief", (100, 900), at=T2))
    assert said(found) == [(0, 100, T, ""), (100, 130, T2, ""), (130, None, T, "d")]
    assert found.disputes[0].shown[0] == "owner"


def test_rule_18_no_move_while_a_dispute_is_open() -> None:
    sides = [bound("a", (0, 200)), bound("b", (100, 900), at=T2)]
    assert said(seen(*sides, bound("c", (500, 900), at=R2))) == [(0, 100, T, ""), (100, None, T, "d")]


def test_rule_18_a_dispute_ends_when_a_side_withdraws() -> None:
    younger = bound("b", (100, 900), at=T2)
    for end in ("absent", "replaced", "unlisted", "retired"):
        found = seen(bound("a", (0, 200), until=300, end=end), younger)
        assert said(found) == [(0, 100, T, ""), (100, 300, T, "d"), (300, None, T2, "")]
        assert found.disputes[0].until_at == 300


def test_rule_18_a_source_name_decides_what_nothing_else_does() -> None:
    found = seen(bound("b", (0, 900)), bound("a", (0, 900), at=T2))
    assert said(found) == [(0, None, T2, "d")]


def test_rule_12_silence_never_ends_whereabouts() -> None:
    assert said(seen(bound("a", (0, 10)), at=10**9)) == [(0, None, T, "")]


def test_rule_19_absence_from_a_complete_scope_ends_them() -> None:
    assert said(seen(bound("a", (0, 90), until=100, end="absent"))) == [(0, 100, T, "")]


def test_rule_19_another_thing_in_the_slot_is_absence_unless_the_scope_still_lists_it() -> None:
    gone = bound("a", (0, 90), until=100, end="replaced")
    assert said(seen(gone)) == [(0, 100, T, "")]
    listed = bound("a", (100, 900), at=T2, timing=Timing.LATE)
    assert said(seen(gone, listed)) == [(0, None, T, "")]


def test_rule_19_absence_does_not_count_while_another_source_goes_on_seeing_it() -> None:
    found = seen(bound("bmc", (0, 90), until=100, end="absent"), bound("agent", (0, 900)))
    assert said(found) == [(0, None, T, "")]


def test_rule_19_absence_counts_if_the_others_say_nothing_after_it() -> None:
    sources = [bound("bmc", (0, 90), until=100, end="absent"), bound("agent", (0, 99))]
    assert said(seen(*sources, at=105)) == [(0, 100, T, ""), (100, None, T, "m")]
    assert said(seen(*sources)) == [(0, 100, T, "")]


def test_rule_19_what_is_no_longer_listed_stays_aged_and_any_claim_takes_over() -> None:
    for end in ("unlisted", "retired"):
        aged = bound("a", (0, 99), until=100, end=end)
        assert said(seen(aged)) == [(0, None, T, "")]
        found = seen(aged, bound("b", (101, 900), at=T2))
        assert (said(found), found.disputes) == ([(0, 101, T, ""), (101, None, T2, "")], ())


def test_rule_19_an_open_run_beats_an_ended_one_and_the_later_end_the_earlier() -> None:
    inner, outer = bound("a", (0, 99), until=100, end="retired"), bound("b", (0, 400), at=R)
    assert said(seen(inner, outer)) == [(0, 100, T, ""), (100, None, R, "")]
    ended = bound("b", (0, 200), at=R, until=300, end="retired")
    assert said(seen(inner, ended)) == [(0, 100, T, ""), (100, None, R, "")]


def test_a_lifted_binding_that_ends_says_nothing_of_the_whole() -> None:
    port = partial(bound, "switch", at="position", lifted=AssetId("nic"))
    assert said(seen(port((0, 90), until=100, end="absent"))) == [(0, None, "position", "")]


def test_rule_10_late_runs_claim_nothing() -> None:
    late = bound("a", (0, 900), timing=Timing.LATE)
    assert seen(late) == History((), (), None)
    assert said(seen(bound("b", (10, 900), at=T2), late)) == [(10, None, T2, "")]


def test_rule_5_what_begins_or_ends_at_the_horizon_is_not_known() -> None:
    older = bound("a", (0, 99), until=100, end="absent")
    assert said(seen(older, bound("b", (100, 900), at=T2), at=100)) == [(0, None, T, "")]
