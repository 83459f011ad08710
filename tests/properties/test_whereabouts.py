"""Whereabouts as properties: no order, no future, no overlap, and in time."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.words import BindingEnd, Kind, RunEnd, SourceClass, Timing
from service.facts.nameless import Nameless
from service.facts.records import AssetId, Binding, Places, Run, Source, Whereabouts
from service.facts.whereabouts import History, history

END = 60
ASSETS = [AssetId(name) for name in ("t1", "t2", "r1", "r2")]
PLACES = Places({"u": "p", "p": "h", "h": None, "q": "h", "z": None})
ENDS = [BindingEnd.ABSENT, BindingEnd.REPLACED, BindingEnd.UNLISTED, BindingEnd.RETIRED]


def holds(outer: AssetId, inner: AssetId, at: int) -> bool:
    """Tray 1 goes from rack 1 to rack 2 halfway; tray 2, which nothing names, stands in rack 2."""
    return (outer, inner) in {(ASSETS[2] if at < END // 2 else ASSETS[3], ASSETS[0]), (ASSETS[3], ASSETS[1])}


@st.composite
def runs(draw: st.DrawFn, first: int, until: int | None) -> tuple[Run, ...]:
    """Draw runs from `first` on, each after the silence of the one before, all ending by `until`."""
    found: list[Run] = []
    limit = END if until is None else until
    while first < limit and len(found) < 3:
        tolerance = draw(st.sampled_from([2, 5, 12]))
        last = draw(st.integers(first, limit - 1))
        timing = draw(st.sampled_from([Timing.FRESH, Timing.FRESH, Timing.FRESH, Timing.UNTIMED, Timing.LATE]))
        following = last + draw(st.integers(1, 20))
        replaced = following <= last + tolerance and following < limit
        found.append(Run(first, last, tolerance, timing, following if replaced else None, RunEnd.REPLACED))
        first = following
    return tuple(found)


@st.composite
def bindings(draw: st.DrawFn) -> list[Binding]:
    """Draw what up to four sources say of one asset: each slot's bindings follow each other."""
    found: list[Binding] = []
    for number in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, END - 10))
        while at < END and len(found) < 10:
            until = draw(st.one_of(st.none(), st.integers(at + 1, END)))
            place = draw(st.booleans())
            found.append(
                Binding(
                    Source(f"s{number % 3}", SourceClass.IN_BAND),
                    "node",
                    f"slot/{number}",
                    AssetId("gpu"),
                    Kind.GPU,
                    at,
                    until,
                    draw(st.sampled_from(ENDS)) if until is not None else None,
                    None if place else draw(st.sampled_from(ASSETS)),
                    None if place else f"bay/{number}",
                    draw(st.sampled_from(sorted(PLACES.parent))) if place else None,
                    place and draw(st.booleans()),
                    draw(runs(at, until)),
                    AssetId("nic") if place and draw(st.booleans()) else None,
                )
            )
            at = END if until is None else until + draw(st.sampled_from([0, 0, 3]))
    return found


def within(asset: AssetId, at: int) -> AssetId | None:
    return next((outer for outer in ASSETS if holds(outer, asset, at)), None)


NAMELESS = Nameless(holds, within, {ASSETS[1]}, set(ASSETS[2:]))


def seen(found: Sequence[Binding], at: int = END) -> History:
    return history(found, PLACES, holds, at, regard=[END // 2], nameless=NAMELESS)


@given(bindings(), st.randoms(use_true_random=False))
def test_the_order_of_bindings_has_no_effect(found: list[Binding], random: st.DataObject) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert seen(shuffled) == seen(found)


@given(bindings(), st.integers(0, END + 15))
def test_rows_are_sorted_apart_and_never_twice_the_same(found: list[Binding], at: int) -> None:
    rows = seen(found, at).rows
    for row in rows:
        assert row.until_at is None or row.from_at < row.until_at
        assert row.from_at < at
    for one, other in pairwise(rows):
        assert one.until_at is not None
        assert one.until_at <= other.from_at
        assert one.until_at < other.from_at or replace(one, from_at=0, until_at=0) != replace(
            other, from_at=0, until_at=0
        )


@given(bindings(), st.integers(0, END), st.data())
def test_nothing_that_comes_later_changes_what_was_known(found: list[Binding], at: int, data: st.DataObject) -> None:
    def later(run: Run) -> Run:
        if run.first < at <= run.last + run.tolerance and (run.until is None or run.until >= at):
            last = data.draw(st.integers(max(at, run.last), END + 40))
            return replace(run, last=last, until=data.draw(st.one_of(st.none(), st.integers(last, last + 50))))
        return run

    def other(one: Binding) -> Binding:
        known = tuple(later(run) for run in one.runs if run.first < at)
        if one.until_at is not None and one.until_at >= at:
            until = data.draw(st.one_of(st.none(), st.integers(at, at + 50)))
            return replace(one, until_at=until, end=data.draw(st.sampled_from(ENDS)) if until else None, runs=known)
        return replace(one, runs=known)

    assert seen([other(one) for one in found if one.from_at < at], at) == seen(found, at)


def moments(found: Sequence[Binding]) -> set[int]:
    """Return all times at which a record changed anything but the end of a run."""
    bounds = {END // 2}
    for one in found:
        bounds |= {one.from_at, one.until_at if one.until_at is not None else one.from_at}
        bounds |= {run.first for run in one.runs} | {run.until for run in one.runs if run.until is not None}
    return bounds


@given(bindings())
@settings(max_examples=300)
def test_without_a_new_record_only_decide_at_changes_rows(found: list[Binding]) -> None:
    changes = moments(found)
    before = seen(found, 0)
    for at in range(1, END + 20):
        now = seen(found, at)
        if at - 1 not in changes and before.decide_at != at:
            assert now == before
        assert now.decide_at is None or now.decide_at > at
        assert (now.decide_at is not None) == any(row.moving for row in now.rows)
        before = now


def at_moment(rows: Sequence[Whereabouts], at: int) -> Whereabouts | None:
    return next((row for row in rows if row.from_at <= at and (row.until_at is None or at < row.until_at)), None)


@given(bindings())
def test_every_disputed_row_has_its_dispute(found: list[Binding]) -> None:
    whole = seen(found)
    for at in range(END):
        row = at_moment(whole.rows, at)
        disputed = any(each.from_at <= at and (each.until_at is None or at < each.until_at) for each in whole.disputes)
        assert (row is not None and row.disputed) == disputed


def long_story(number: int, *, sequential: bool) -> list[Binding]:
    """Make many bindings: one after the other by two sources, or by as many sources, all open."""
    source = Source("s", SourceClass.IN_BAND)
    found = []
    for at in range(number):
        run = Run(at * 10, at * 10 + 9 if sequential else number * 10, 20)
        until = at * 10 + 10 if sequential else None
        who = replace(source, name=f"s{at % 2 if sequential else at}")
        end = BindingEnd.REPLACED if sequential else None
        where = ASSETS[at // 2 % 2] if sequential else AssetId(f"t{at % 3}")
        found.append(Binding(who, "n", "g", AssetId("gpu"), Kind.GPU, at * 10, until, end, where, "b", runs=(run,)))
    return found


def test_ten_thousand_bindings_take_seconds() -> None:
    begun = time.process_time()
    seen(long_story(10_000, sequential=True), 10**6)
    seen(long_story(10_000, sequential=False), 10**6)
    assert time.process_time() - begun < 30
