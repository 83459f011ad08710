"""Findings about where things are, clocks and silent racks, of the real pipeline: raised once, closed by evidence."""

import json
from datetime import UTC, datetime

import asyncpg
import pytest

from schemas import acts
from schemas.acting import IdentifierAsked, Thing
from schemas.inventory import Identifier, Item
from schemas.planning import WorkCancel, WorkPlan
from schemas.words import FindingKind, Kind, May, Scheme, SourceClass
from tests.integration.test_derived import CHASSIS, GPU, RACK, controller, derived, pool
from tests.properties.driving import Step, facts_after
from tests.reference.shapes import Facts
from tests.reference.test_rules import P1, P2, enrol, say, site
from tests.support.facts import facts_of
from tests.support.records import ACTS, HOUR, MINUTE, SECOND, START, TELEMETRY, Stream, item, serial

__all__ = ["pool"]

OTHER = serial("CH-0002", "acme/c1")
TOLERANCE = 15 * MINUTE
WEEK = 7 * 24 * HOUR


def agents(*, gpu: bool = True, chassis: Identifier = CHASSIS) -> list[Item]:
    """Give what an agent sees of a chassis, with or without the GPU."""
    held = [item("pci/1", Kind.GPU, GPU, within="chassis")] if gpu else []
    return [item("chassis", Kind.CHASSIS, chassis), *held]


def found(facts: Facts, kind: FindingKind) -> list[tuple[int, int | None]]:
    """Give when the findings of a kind were opened and closed."""
    return sorted((each.opened_at, each.closed_at) for each in facts.findings if each.kind == kind)


async def plain(pool: asyncpg.Pool, stream: Stream, until: int, steps: tuple[Step, ...] = ()) -> tuple[str, Facts]:
    """Let time go on to a moment; gives the cell and its facts, which the model does not have in full."""
    stream.beats(until)
    cell = await facts_after(pool, stream.records(), stream.partitions, steps)
    async with pool.acquire() as connection:
        return cell, await facts_of(connection, cell)


def plan(
    stream: Stream, at: int, ticket: str, window: tuple[int, int], places: tuple[str, ...], *kinds: FindingKind
) -> None:
    """Plan work at places during [from, until)."""
    from_at, until_at = (datetime.fromtimestamp(each / 1000, UTC) for each in window)
    said = WorkPlan(
        key=stream.key(), by="p-1", ticket=ticket, from_at=from_at, until_at=until_at, places=places, explains=kinds
    )
    stream.act(at, said)


async def test_rule_19_what_its_agent_sees_gone_is_missing_though_others_said_once_where_it_is(
    pool: asyncpg.Pool,
) -> None:
    """A controller that has been silent for hours, and a capture that a person read in, keep nothing there."""
    stream = Stream()
    enrol(stream, START, "capture", source_class=SourceClass.PERSON)
    say(stream, START, "capture", agents())
    for n in range(0, 300, 5):
        say(stream, START + n * MINUTE, "agent", agents(), complete_for=(Kind.GPU,))
        if n < 60:
            say(stream, START + n * MINUTE + SECOND, "bmc", controller())
    gone = START + 300 * MINUTE
    say(stream, gone, "agent", agents(gpu=False), complete_for=(Kind.GPU,))
    facts = await derived(pool, stream, gone + MINUTE)
    assert found(facts, FindingKind.COMPONENT_MISSING) == [(gone, None)]


async def test_rule_19_what_two_sources_saw_is_missing_once_the_other_one_does_not_hear_of_it(
    pool: asyncpg.Pool,
) -> None:
    """It is `moving` until the controller's tolerance has passed, then missing, until the controller sees it again."""
    stream = Stream()
    say(stream, START, "agent", agents(), complete_for=(Kind.GPU,))
    say(stream, START + SECOND, "bmc", controller())
    gone = START + 5 * MINUTE
    say(stream, gone, "agent", agents(gpu=False), complete_for=(Kind.GPU,))
    decided, again = gone + TOLERANCE + 1, gone + HOUR
    say(stream, again, "bmc", controller())
    facts = await derived(pool, stream, again + MINUTE)
    assert found(facts, FindingKind.COMPONENT_MISSING) == [(decided, again)]


async def test_rule_16_a_container_that_turns_out_to_be_another_is_no_foreign_one(pool: asyncpg.Pool) -> None:
    """Rules 16 and 18: an agent and a controller name one chassis differently until a third source names both."""
    stream = Stream()
    key = Identifier(Scheme.UEID, "", "ab" * 16)
    say(stream, START, "bmc", [item("c", Kind.CHASSIS, CHASSIS)])
    say(stream, START + SECOND, "agent", agents(chassis=key))
    say(stream, START + MINUTE, "third", [item("c", Kind.CHASSIS, CHASSIS, key)])
    facts = await derived(pool, stream, START + 2 * MINUTE)
    assert len(facts.aliases) >= 1
    assert not facts.findings


async def test_rule_17_a_part_that_is_known_less_exactly_has_not_moved(pool: asyncpg.Pool) -> None:
    """The controller that saw it on a board no longer lists it; the agent goes on to see it in the board's chassis."""
    stream = Stream()
    for n in range(0, 60, 5):
        say(stream, START + n * MINUTE, "agent", agents())
        say(stream, START + n * MINUTE + SECOND, "bmc", controller(gpu=n < 30), complete_for=(Kind.GPU,))
    facts = await derived(pool, stream, START + HOUR)
    assert not found(facts, FindingKind.COMPONENT_FOREIGN)


@pytest.mark.parametrize("slot", ["a", "z"])
async def test_rule_18_a_part_is_not_elsewhere_on_a_board_that_comes_into_its_chassis_in_the_same_millisecond(
    pool: asyncpg.Pool, slot: str
) -> None:
    """Whatever is looked at first: alarms are about where all things are once all of the moment is known."""
    stream, board = Stream(), serial("BRD-1", "acme/b1")
    say(stream, START, "bmc", [item("c", Kind.CHASSIS, CHASSIS), item(slot, Kind.GPU, GPU, within="c")])
    boarded = [item("b", Kind.BOARD, board, within="c"), item(slot, Kind.GPU, GPU, within="b")]
    say(stream, START, "bmc", [item("c", Kind.CHASSIS, CHASSIS), *boarded])
    facts = await derived(pool, stream, START + HOUR)
    assert not found(facts, FindingKind.COMPONENT_FOREIGN)


async def test_rule_18_a_part_elsewhere_is_found_until_it_is_back(pool: asyncpg.Pool) -> None:
    """Two moves on are one finding, which goes on from where the first began."""
    stream = Stream()
    third = serial("CH-0003", "acme/c1")
    for n, chassis in enumerate((CHASSIS, OTHER, third, OTHER, CHASSIS)):
        say(stream, START + n * HOUR, f"agent{n}", agents(chassis=chassis))
    facts = await derived(pool, stream, START + 5 * HOUR)
    assert found(facts, FindingKind.COMPONENT_FOREIGN) == [(START + HOUR, START + 4 * HOUR)]


async def test_rule_18_a_rack_elsewhere_is_found_until_it_is_back(pool: asyncpg.Pool) -> None:
    stream = Stream()
    site(stream)
    for n, place in enumerate((P1, P2, P1)):
        say(stream, START + n * HOUR, "books", [item("r", Kind.RACK, RACK, place=place)])
    facts = await derived(pool, stream, START + 3 * HOUR)
    assert found(facts, FindingKind.RACK_MOVED) == [(START + HOUR, START + 2 * HOUR)]


async def test_planned_work_that_comes_later_closes_what_it_explains_and_a_ticket_counts_as_last_planned(
    pool: asyncpg.Pool,
) -> None:
    stream = Stream()
    site(stream)
    for n, place in enumerate((P1, P2)):
        say(stream, START + n * HOUR, "books", [item("r", Kind.RACK, RACK, place=place)])
    moved, told = START + HOUR, START + 2 * HOUR
    hours = (moved - MINUTE, moved + MINUTE)
    plan(stream, told, "T-1", hours, ("elsewhere",), FindingKind.RACK_MOVED)
    plan(stream, told + MINUTE, "T-1", hours, (P2,), FindingKind.RACK_MOVED)
    plan(stream, told + 2 * MINUTE, "T-2", (told, told + 3 * HOUR), (P1, P2), FindingKind.RACK_MOVED)
    plan(stream, told + 3 * MINUTE, "T-2", (told, told + MINUTE), (P1, P2), FindingKind.RACK_MOVED)
    say(stream, told + HOUR, "books", [item("r", Kind.RACK, RACK, place=P1)])  # T-2 covers this no more
    _, facts = await plain(pool, stream, told + 2 * HOUR)
    assert found(facts, FindingKind.RACK_MOVED) == [(moved, told + MINUTE), (told + HOUR, None)]


async def closing(pool: asyncpg.Pool, cell: str, kind: FindingKind) -> list[tuple[str, dict[str, object]]]:
    """Read the words and the evidence of a cell's findings of a kind."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT words, evidence FROM finding WHERE cell = $1 AND kind = $2 ORDER BY opened_at", cell, kind.value
        )
    return [(row["words"], json.loads(row["evidence"])) for row in rows]


@pytest.mark.parametrize(
    ("told", "closed", "late"),
    [
        (-MINUTE, True, None),
        (2 * HOUR, True, 2 * HOUR),
        (7 * 24 * HOUR, True, 7 * 24 * HOUR),
        (7 * 24 * HOUR + 1, False, 0),
    ],
)
async def test_a_ticket_that_comes_within_days_closes_its_finding_itself_marked_late(
    pool: asyncpg.Pool, told: int, closed: bool, late: int | None
) -> None:
    """In time: there is no finding at all. A week late: closed, and marked. Later than that: it stays open."""
    stream = Stream()
    site(stream)
    moved = START + HOUR
    swap = acts_plan(stream, moved, told=moved + told, may=(May.MOVE_RACK,), places=(P2,))
    for n, place in enumerate((P1, P2)):
        if moved + told <= START + n * HOUR:
            stream.act(moved + told, swap)
        say(stream, START + n * HOUR, "books", [item("r", Kind.RACK, RACK, place=place)])
    if told > 0:
        stream.act(moved + told, swap)
    cell, facts = await plain(pool, stream, moved + told + HOUR)
    if told < 0:
        assert found(facts, FindingKind.RACK_MOVED) == []
        return
    assert found(facts, FindingKind.RACK_MOVED) == [(moved, moved + told if closed else None)]
    ((words, evidence),) = await closing(pool, cell, FindingKind.RACK_MOVED)
    assert evidence.get("late_ms") == (late if closed else None)
    assert evidence.get("explained_by") == ("T-1" if closed else None)
    assert ("planned work T-1 explains it, told late: " in words) is closed


async def test_what_an_earlier_version_announced_is_not_late_and_what_is_called_off_explains_nothing(
    pool: asyncpg.Pool,
) -> None:
    stream = Stream()
    site(stream)
    moved = START + HOUR
    stream.act(START, acts_plan(stream, moved, told=START, may=(May.MOVE_RACK,), places=(P1, P2)))
    for n, place in enumerate((P1, P2)):
        say(stream, START + n * HOUR, "books", [item("r", Kind.RACK, RACK, place=place)])
    stream.act(moved + 2, acts_plan(stream, moved, told=moved, may=(May.MOVE_RACK, May.SWAP), places=(P2,)))
    _, facts = await plain(pool, stream, moved + MINUTE)
    assert found(facts, FindingKind.RACK_MOVED) == []
    stream = Stream()
    site(stream)
    stream.act(START, acts_plan(stream, moved, told=START, may=(May.MOVE_RACK,), places=(P2,)))
    stream.act(START + 1, WorkCancel(key=stream.key(), by="p-1", ticket="T-1"))
    stream.act(START + 2, WorkCancel(key=stream.key(), by="p-1", ticket="T-1"))
    for n, place in enumerate((P1, P2)):
        say(stream, START + n * HOUR, "books", [item("r", Kind.RACK, RACK, place=place)])
    again = moved + MINUTE
    stream.act(again, acts_plan(stream, moved, told=again, may=(May.MOVE_RACK,), places=(P2,)))
    cell, facts = await plain(pool, stream, again + MINUTE)
    assert found(facts, FindingKind.RACK_MOVED) == [(moved, again)]
    ((_, evidence),) = await closing(pool, cell, FindingKind.RACK_MOVED)
    assert evidence["late_ms"] == MINUTE
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT outcome, words FROM act WHERE cell = $1 AND act = 'work.cancel' ORDER BY 1", cell
        )
    assert [(row["outcome"], row["words"]) for row in rows] == [
        ("applied", None),
        ("refused", "no work is planned under 'T-1'"),
    ]


async def test_planned_work_names_things_by_what_is_printed_on_them_and_says_what_it_does_not_find(
    pool: asyncpg.Pool,
) -> None:
    """A swap of a GPU, by its serial: no finding; what is not found is left out, and where nothing is, refused."""
    stream = Stream()
    site(stream)
    gone = START + 5 * MINUTE
    thing = Thing(kind=Kind.GPU, identifier=IdentifierAsked(scheme=Scheme.SERIAL, value=GPU.value))
    nobody = Thing(asset="00000000-0000-4000-8000-000000000000")
    say(stream, START, "agent", agents(), complete_for=(Kind.GPU,))
    for things, places in (((thing, nobody), ("KUL-9",)), ((nobody,), ())):
        act = acts_plan(stream, gone, told=START, may=(May.SWAP,), places=places, things=things)
        stream.act(START + MINUTE, act)
    say(stream, gone, "agent", agents(gpu=False), complete_for=(Kind.GPU,))
    cell, facts = await plain(pool, stream, gone + HOUR)
    assert found(facts, FindingKind.COMPONENT_MISSING) == []
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT outcome, words FROM act WHERE cell = $1 AND act = 'work.plan' ORDER BY 1", cell
        )
    nowhere = f"there is no asset {nobody.asset}"
    assert [(row["outcome"], row["words"]) for row in rows] == [
        ("applied", f"2 left out: {nowhere}; there is no place 'KUL-9'"),
        ("refused", f"1 left out: {nowhere}"),
    ]


def acts_plan(
    stream: Stream, at: int, *, told: int, may: tuple[May, ...], places: tuple[str, ...], things: tuple[Thing, ...] = ()
) -> WorkPlan:
    """Plan work about a moment, under one ticket; `told` only makes its key."""
    window = {
        "from_at": datetime.fromtimestamp((at - MINUTE) / 1000, UTC),
        "until_at": datetime.fromtimestamp((at + MINUTE) / 1000, UTC),
    }
    return WorkPlan.model_validate(
        {"key": f"{stream.key()}-{told}", "by": "p-1", "ticket": "T-1", "approver": "cab", "may": may, "places": places,
         "things": things, **window}
    )  # fmt: skip


async def test_rule_10_a_source_with_a_fresh_scope_has_no_wrong_clock_whatever_else_falls_silent(
    pool: asyncpg.Pool,
) -> None:
    """Before and after a restart: the late report comes while one of two scopes is silent and the other is not."""
    for crash in ((), (Step("crash"),)):
        stream = Stream()
        say(stream, START, "agent", agents(), scope="one")
        for n in range(0, 60, 5):
            say(stream, START + n * MINUTE, "agent", [item("d", Kind.DRIVE, serial("DR-0001"))], scope="two")
        late = START + 56 * MINUTE
        say(stream, late, "agent", [item("e", Kind.DRIVE, serial("DR-0002"))], scope="three", time=START)
        before = tuple(Step(what) for what in ("fold", "write", "derive"))
        polls = (Step("poll", ACTS, 0, 100), Step("poll", TELEMETRY, 0, 13), *before)
        stream.beats(late - SECOND)
        _, facts = await plain(pool, stream, START + HOUR, (*polls, *crash))
        assert not found(facts, FindingKind.CLOCK_WRONG)


def racked(name: str) -> list[Item]:
    """Give a server that says in which rack it stands."""
    return [item("r", Kind.RACK, RACK), item("c", Kind.CHASSIS, serial(name, "acme/c1"), within="r")]


async def test_rule_5_racks_that_were_found_silent_stay_so_over_a_restart(pool: asyncpg.Pool) -> None:
    """A source that is new in the rack does not lift what was found; the next that falls silent or speaks does."""
    histories = set[tuple[tuple[int, int | None], ...]]()
    for at in (0, 2, 4, 8):
        stream = Stream()
        site(stream)
        say(stream, START, "a", racked("CH-0001"))
        say(stream, START + SECOND, "b", racked("CH-0002"))
        for n in range(60, 120, 5):
            say(stream, START + n * MINUTE, "new", racked("CH-0003"))
        say(stream, START + 2 * HOUR, "a", racked("CH-0001"))
        stream.beats(START + 2 * HOUR + MINUTE)
        steps = [Step("poll", ACTS, 0, 100)]
        steps += [Step(what, count=1) for _ in range(at) for what in ("poll", "fold", "write", "derive")]
        _, facts = await plain(pool, stream, START + 3 * HOUR, (*steps, Step("crash")))
        histories.add(tuple(found(facts, FindingKind.RACK_SILENT)))
    (history,) = histories
    assert history[0][0] == START + SECOND + TOLERANCE + 1


async def test_rule_15_a_dispute_of_identity_holds_every_thing_that_it_came_to_concern(pool: asyncpg.Pool) -> None:
    """A clone that turns up later is disputed too; who asks about the time before is told of those known then."""
    stream = Stream()
    wwn = [Identifier(Scheme.WWN, "", f"5000c500aaaa000{n}") for n in range(5)]
    made = [serial(f"SER0000{n}", "seagate/st20") for n in range(5)]
    for n, identifiers in enumerate(((wwn[1], made[1]), (wwn[1], wwn[2]), (wwn[2], made[2]), (wwn[1], wwn[4]))):
        say(stream, START + n * MINUTE, f"s{n}", [item("d", Kind.DRIVE, *identifiers)])
    cell, facts = await plain(pool, stream, START + HOUR)
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT value, assets, known_from, known_until FROM identity_dispute WHERE cell = $1 ORDER BY known_from",
            cell,
        )
        events = await connection.fetch(
            "SELECT kind FROM event WHERE cell = $1 AND kind LIKE 'identity_dispute%' ORDER BY n", cell
        )
    first = [row for row in rows if row["value"] == wwn[1].value]
    assert [(len(row["assets"]), row["known_from"], row["known_until"]) for row in first] == [
        (2, START + 2 * MINUTE, START + 3 * MINUTE),
        (3, START + 3 * MINUTE, None),
    ]
    assert set(first[0]["assets"]) < set(first[1]["assets"])
    assert [row["kind"] for row in events].count("identity_dispute_closed") == 1
    (finding,) = [each for each in facts.findings if each.subject.endswith(wwn[1].value)]
    assert finding.closed_at is None


async def test_rule_16_what_people_say_is_shared_is_disputed_no_more(pool: asyncpg.Pool) -> None:
    stream = Stream()
    wwn = [Identifier(Scheme.WWN, "", f"5000c500aaaa000{n}") for n in range(3)]
    made = [serial(f"SER0000{n}", "seagate/st20") for n in range(3)]
    for n, identifiers in enumerate(((wwn[1], made[1]), (wwn[1], wwn[2]), (wwn[2], made[2]))):
        say(stream, START + n * MINUTE, f"s{n}", [item("d", Kind.DRIVE, *identifiers)])
    for n in (1, 2):
        stream.act(
            START + n * HOUR,
            acts.IdentifierShare(key=stream.key(), by="p-1", scheme=Scheme.WWN, scope="", value=wwn[n].value),
        )
    facts = await derived(pool, stream, START + 3 * HOUR)
    closed = [closed_at for _, closed_at in found(facts, FindingKind.IDENTITY_DISPUTED)]
    assert sorted(each or 0 for each in closed) == [START + HOUR, START + HOUR]
