"""What the real pipeline derives of small streams: by the rules, and as the model has it, in several books."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import asyncpg
import orjson
import pytest

from consumers import batch
from consumers.derive import standing
from schemas import acts
from schemas.inventory import Identifier, Item
from schemas.words import Kind, Scheme, SourceClass
from service.facts import whereabouts
from service.facts.records import Binding
from service.facts.whereabouts import History
from service.store.pool import create_pool
from tests.properties.driving import Step, facts_after
from tests.reference.model import facts
from tests.reference.shapes import Facts, difference
from tests.reference.test_rules import P1, P2, enrol, say, site, where
from tests.support.facts import facts_of
from tests.support.records import (
    ACTS,
    FACILITY_TYPE,
    HOUR,
    MINUTE,
    SECOND,
    START,
    TELEMETRY,
    Stream,
    heartbeat,
    item,
    message,
    serial,
)

BOOKS = 8  # ids of assets follow from the cell's name, and nothing may follow from them

CHASSIS, BOARD, GPU = serial("CH-0001", "acme/c1"), serial("1650000001", "nv/699"), serial("GPU-0001", "nv/h200")
RACK, OTHER_RACK = serial("RACK-0001", "nv/r"), serial("RACK-0002", "nv/r")
TOLERANCE = 15 * MINUTE
MAC = {"scheme": "mac", "value": "00:25:90:aa:bb:00"}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Give a pool over the test's own database."""
    made = await create_pool(database, min_size=1, max_size=3)
    yield made
    await made.close()


async def derived(pool: asyncpg.Pool, stream: Stream, until: int, books: int = 1, steps: Sequence[Step] = ()) -> Facts:
    """Let time go on to a moment; gives the facts, which every book and the model have."""
    stream.beats(until)
    expected = facts(stream.records(), stream.partitions)
    for _ in range(books):
        cell = await facts_after(pool, stream.records(), stream.partitions, steps)
        async with pool.acquire() as connection:
            assert difference(expected, await facts_of(connection, cell)) == ""
    return expected


def agent() -> list[Item]:
    """Give what an agent sees: the GPU stands in the chassis."""
    return [item("chassis", Kind.CHASSIS, CHASSIS), item("pci/1", Kind.GPU, GPU, within="chassis")]


def controller(*, gpu: bool = True) -> list[Item]:
    """Give what a BMC sees: the GPU stands on a board, the board in the chassis."""
    boards = [item("c", Kind.CHASSIS, CHASSIS), item("m", Kind.BOARD, BOARD, within="c")]
    return [*boards, item("GPU_0", Kind.GPU, GPU, within="m")] if gpu else boards


def shelf() -> list[Item]:
    """Give what a shelf's manager sees: the GPU stands somewhere in the rack."""
    return [item("r", Kind.RACK, RACK), item("g", Kind.GPU, GPU, within="r")]


def books_of(rack: str) -> list[Item]:
    """Give what an inventory system states: the chassis stands in a rack."""
    which = {"RACK-0001": RACK, "RACK-0002": OTHER_RACK}[rack]
    return [item("r", Kind.RACK, which), item("c", Kind.CHASSIS, CHASSIS, within="r")]


async def test_rule_17_agent_and_controller_agree_at_once_whatever_the_assets_ids(pool: asyncpg.Pool) -> None:
    """Rules 5 and 17: where the board is must be known before where the GPU on it is."""
    stream = Stream()
    say(stream, START, "agent", agent())
    say(stream, START + SECOND, "bmc", controller())
    found = await derived(pool, stream, START + MINUTE, BOOKS)
    rows = where(found, "gpu")
    assert [(row.from_at, row.moving, row.disputed) for row in rows] == [
        (START, False, False),
        (START + SECOND, False, False),
    ]
    assert {row.known_from for row in rows} == {START + SECOND}


async def test_rule_17_a_controller_that_sees_the_gpu_later_agrees_too(pool: asyncpg.Pool) -> None:
    stream = Stream()
    say(stream, START, "agent", agent())
    say(stream, START + SECOND, "bmc", controller(gpu=False))
    say(stream, START + MINUTE, "bmc", controller())
    found = await derived(pool, stream, START + 2 * MINUTE, BOOKS)
    assert not any(row.moving for row in where(found, "gpu"))


async def test_rule_17_a_container_that_turns_out_to_be_inside_ends_the_dispute_of_its_contents(
    pool: asyncpg.Pool,
) -> None:
    """Rule 17: the GPU is not touched itself when the chassis is seen in the rack."""
    stream = Stream()
    told = START + 30 * MINUTE + 2 * SECOND
    for n in range(0, 60, 5):
        say(stream, START + n * MINUTE, "agent", agent())
        say(stream, START + n * MINUTE + SECOND, "shelf", shelf())
        if n >= 30:
            say(stream, START + n * MINUTE + 2 * SECOND, "books", books_of("RACK-0001"))
    found = await derived(pool, stream, START + HOUR, 2)
    assert [(row.disputed, row.from_at) for row in where(found, "gpu")][-1] == (False, told)
    (finding,) = [each for each in found.findings if each.kind == "identity_disputed"]
    assert finding.closed_at == told


async def test_rule_17_a_container_that_leaves_lets_its_contents_claims_disagree(pool: asyncpg.Pool) -> None:
    """Rule 17: holders that agreed once stay holders; a claim that begins afterwards is a rival."""
    stream = Stream()
    for n in range(0, 60, 5):
        at = START + n * MINUTE
        say(stream, at, "books", books_of("RACK-0001" if n < 30 else "RACK-0002"))
        say(stream, at + SECOND, "agent", agent())
        if n >= 40:
            say(stream, at + 2 * SECOND, "shelf", shelf())
    found = await derived(pool, stream, START + HOUR, 2)
    began = START + 40 * MINUTE + 2 * SECOND
    assert [(row.disputed, row.from_at) for row in where(found, "gpu")][-1] == (True, began)


async def test_rule_17_a_rack_on_wheels_concerns_what_is_three_levels_below(pool: asyncpg.Pool) -> None:
    """A GPU on a board in a chassis in a rack: two sources name the ends of the chain, a third one closes it last."""
    stream = Stream()
    say(stream, START, "bmc", controller())
    say(stream, START + SECOND, "shelf", shelf())
    say(stream, START + 2 * SECOND, "books", books_of("RACK-0001"))
    found = await derived(pool, stream, START + MINUTE, BOOKS)
    (row,) = [row for row in where(found, "gpu") if row.until_at is None]
    assert (row.moving, row.container_slot) == (False, "GPU_0")


async def test_rule_17_containers_in_a_circle_come_to_an_end(pool: asyncpg.Pool) -> None:
    """Two sources that place two chassis within each other: nothing runs for ever."""
    stream = Stream()
    one, other = serial("CH-0001", "acme/c1"), serial("CH-0002", "acme/c1")
    for source, outer, inner in (("a", one, other), ("b", other, one)):
        said = [item("out", Kind.CHASSIS, outer), item("in", Kind.CHASSIS, inner, within="out")]
        say(stream, START, source, said)
        racked = [item("r", Kind.RACK, RACK), item("out", Kind.CHASSIS, outer, within="r"), said[1]]
        say(stream, START + MINUTE, source, racked)
    stream.beats(START + HOUR)
    cell = await facts_after(pool, stream.records(), 1)
    async with pool.acquire() as connection:
        assert (await facts_of(connection, cell)).horizon == START + HOUR


async def test_rule_15_a_name_that_joins_an_asset_takes_no_other_name_from_it(pool: asyncpg.Pool) -> None:
    """Rules 15 and 20: what was joined in an earlier transaction goes on speaking for the asset."""
    known = [item("c", Kind.CHASSIS, serial("CH-0001", "acme/c1"))]
    racked = [item("r", Kind.RACK, RACK), item("c", Kind.CHASSIS, serial("CH-0001", ""), within="r")]
    third = [item("c", Kind.CHASSIS, serial("CH-0001", "acme"))]
    stream = Stream()
    for n, (source, items) in enumerate((("bmc", known), ("books", racked), ("agent", third))):
        say(stream, START + n * MINUTE, source, items)
        stream.beats(START + n * MINUTE + SECOND)
    polled = [Step("poll", topic, 0, 2) for topic in (ACTS, TELEMETRY)]
    turns = [each for _ in range(3) for each in (*polled, Step("fold"), Step("write"), Step("derive"))]
    found = await derived(pool, stream, START + HOUR, steps=turns)
    (row,) = where(found, "chassis")
    assert (row.from_at, row.known_from) == (START + MINUTE, START + MINUTE)


async def test_rule_16_what_is_nobodys_any_more_gives_its_name_back(pool: asyncpg.Pool) -> None:
    """Rule 16: a value that turns out to be shared parts what it joined, also what only came late."""
    stream = Stream()
    say(stream, START, "bmc", [item("c", Kind.CHASSIS, serial("CH-0001", "acme/c1"))], time=START - HOUR)
    say(stream, START, "agent", [item("c", Kind.CHASSIS, serial("CH-0001", "acme"))], time=START - HOUR)
    twins = [item(slot, Kind.CHASSIS, serial("CH-0001", "acme/c1")) for slot in ("c1", "c2")]
    say(stream, START + MINUTE, "shelf", twins)
    found = await derived(pool, stream, START + HOUR)
    assert len(found.groups()) == 2
    assert {alias.known_until for alias in found.aliases} == {START + MINUTE}


async def test_rule_18_a_move_is_decided_once_the_whole_of_the_last_millisecond_is_known(pool: asyncpg.Pool) -> None:
    """Rules 5 and 18: what else is said in the millisecond in which the tolerance ends changes nothing."""
    stream = Stream(partitions=2)
    say(stream, START, "shelf", shelf())
    say(stream, START, "agent", agent(), 1)
    say(stream, START + TOLERANCE, "agent", agent(), 0)  # another partition: a run of its own begins
    found = await derived(pool, stream, START + HOUR, 2)
    (row,) = [row for row in where(found, "gpu") if row.until_at is None]
    assert (row.container_slot, row.known_from) == ("pci/1", START + TOLERANCE + 1)


async def test_findings_of_one_moment_are_findings_apart(pool: asyncpg.Pool) -> None:
    """A move is decided in the millisecond in which a run falls silent: none takes the other's id."""
    stream = Stream()
    stream.act(START, acts.SitePut(key="s", by="p-1", site="kl", country="MY"))
    say(stream, START, "agent", agent())
    say(stream, START, "shelf", [replace(each, place="kl") if each.slot == "r" else each for each in shelf()])
    say(stream, START + SECOND, "bmc", books_of("RACK-0001"))
    await derived(pool, stream, START + HOUR)


async def test_rule_17_a_run_that_says_what_is_shown_already_is_no_reason_to_look_at_its_things_again(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a new inventory changes is looked at, and what is shown as another source says; not the other things."""
    looked: list[Kind] = []

    def history(bindings: Sequence[Binding], *rest: object, **more: object) -> History:
        looked.extend({each.kind for each in bindings})
        return whereabouts.history(bindings, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(standing, "history", history)
    stream = Stream()
    for n in range(20):
        drive = item("bay/1", Kind.DRIVE, serial(f"DR-{n:04}", "acme/d"), within="chassis")
        say(stream, START + n * MINUTE, "agent", [*agent(), drive])
        if n >= 10:
            say(stream, START + n * MINUTE + SECOND, "bmc", controller(gpu=n % 2 == 0))
    facts = await derived(pool, stream, START + HOUR)
    assert len(where(facts, "drive")) == 20
    assert looked[: looked.index(Kind.BOARD)].count(Kind.GPU) == 1
    assert looked.count(Kind.GPU) > 10


@pytest.mark.parametrize("changes", [batch.MAX_CHANGES, 1], ids=["a-batch-of-many", "batches-of-one-change"])
async def test_rule_6_a_clock_that_stepped_back_over_a_rest_is_two_outages(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    """One of no records before the resumption, one of the step, at one record; a batch that one fills is whole."""
    monkeypatch.setattr(batch, "MAX_CHANGES", changes)
    stream = Stream()
    say(stream, START, "agent", agent())
    suspend = acts.PartitionSuspend(key="s", by="p-1", partition=0, next_offset=stream.end(0))
    stream.act(START + SECOND, suspend)
    resumed = START + 10 * MINUTE
    stream.act(resumed, acts.PartitionResume(key="r", by="p-1", partition=0))
    for n in range(3):
        say(stream, START - 2 * MINUTE + n, "agent", agent())
    facts = await derived(pool, stream, resumed + MINUTE)
    assert {(each.from_at, each.until_at) for each in facts.outages if each.topic == TELEMETRY} == {
        (START, resumed),
        (resumed, resumed + MINUTE),
    }


@pytest.mark.parametrize("written", [0, 1], ids=["begun-in-the-batch", "begun-before"])
async def test_rule_6_a_source_that_is_retired_and_enrolled_again_within_a_batch_begins_anew(
    pool: asyncpg.Pool, written: int
) -> None:
    """Its run ends at the first retirement, whether its row was there before or is written with the next one."""
    stream = Stream()
    enrol(stream, START, "agent")
    say(stream, START, "agent", agent())
    for n in range(1, 3):
        stream.act(START + n * MINUTE, acts.SourceRetire(key=stream.key(), by="p-1", source="agent"))
    enrol(stream, START + 3 * MINUTE, "agent")
    say(stream, START + 4 * MINUTE, "agent", agent())
    read = [Step("poll", topic=ACTS, count=9), Step("fold"), Step("write"), Step("poll"), Step("fold"), Step("write")]
    facts = await derived(pool, stream, START + HOUR, steps=read * written)
    assert [(run.first, run.until, run.end) for run in sorted(facts.runs)] == [
        (START, START + MINUTE, "retired"),
        (START + 4 * MINUTE, None, None),
    ]


async def test_rule_19_what_was_stated_for_less_than_a_millisecond_was_stated_of_what_holds_it_too(
    pool: asyncpg.Pool,
) -> None:
    """A port's place is that of the chassis too, though the run that says so is replaced within its millisecond."""
    stream = Stream()
    site(stream)
    enrol(stream, START, "switch", source_class=SourceClass.FACILITY)
    stream.act(START, acts.SurveyPut(key=stream.key(), by="p-1", source="switch", positions={"port/0": P1}))
    mac = Identifier(Scheme.MAC, "", str(MAC["value"]))
    say(stream, START, "agent", [item("c", Kind.CHASSIS, CHASSIS), item("nic", Kind.NIC, mac, within="c")])
    say(stream, START, "switch", [item("port/0", Kind.NIC, mac)])
    stream.put(START, heartbeat("switch", bytes(32), time=START))
    facts = await derived(pool, stream, START + HOUR)
    assert {(row.container is None, row.place) for row in facts.whereabouts} == {(True, P1), (False, P1)}


async def test_rule_4_a_source_that_is_retired_and_was_never_enrolled_is_of_its_formats_class(
    pool: asyncpg.Pool,
) -> None:
    """A survey of the same millisecond counts: the source is a facility's, as its reports are."""
    stream = Stream()
    site(stream)
    seen = {"slot": "port/0", "sees": {"kind": "nic", "identifiers": [MAC]}}
    body = orjson.dumps({"scope": "ports", "observations": [seen]})
    stream.put(START, message("switch", body, time=START, type_=FACILITY_TYPE))
    stream.act(START + MINUTE, acts.SurveyPut(key=stream.key(), by="p-1", source="switch", positions={"port/0": P1}))
    stream.act(START + MINUTE, acts.SourceRetire(key=stream.key(), by="p-1", source="switch"))
    facts = await derived(pool, stream, START + HOUR)
    assert {(row.place, row.until_at, row.end) for row in facts.bindings} == {(None, START + MINUTE, "replaced")}


async def test_rule_20_a_rack_is_not_where_a_port_saw_what_turned_out_not_to_be_in_it(pool: asyncpg.Pool) -> None:
    """Two chassis were one by a serial that is shared: where the one's port is, the other's rack is not."""
    stream = Stream()
    site(stream)
    enrol(stream, START, "switch", source_class=SourceClass.FACILITY)
    stream.act(START, acts.SurveyPut(key=stream.key(), by="p-1", source="switch", positions={"port/0": P1}))
    mac = Identifier(Scheme.MAC, "", str(MAC["value"]))
    uuid = Identifier(Scheme.SYSTEM_UUID, "", "00000001-1111-4222-8333-444455556666")
    vendors, models = (Identifier(Scheme.SERIAL, scope, "SN-1-000") for scope in ("acme", "acme/chassis"))
    held = [item("c", Kind.CHASSIS, vendors, uuid), item("nic", Kind.NIC, mac, within="c")]
    say(stream, START, "agent", held)
    say(stream, START, "shelf", [item("r", Kind.RACK, RACK), item("c", Kind.CHASSIS, models, within="r")])
    say(stream, START, "switch", [item("port/0", Kind.NIC, mac)])
    told = START + HOUR
    shared = acts.IdentifierShare(
        key=stream.key(), by="p-1", scheme=Scheme.SERIAL, scope="acme/chassis", value="SN-1-000"
    )
    stream.act(told, shared)
    facts = await derived(pool, stream, told + MINUTE)
    assert where(facts, "rack") == []
    assert {row.known_until for row in facts.whereabouts if row.container is None} == {None, told}


async def test_rule_18_who_was_last_heard_before_a_survey_is_no_longer_waited_for_when_silent(
    pool: asyncpg.Pool,
) -> None:
    """A survey says where the port is, not that its switch was heard once more: another claim is believed at once."""
    stream = Stream()
    site(stream)
    enrol(stream, START, "switch", source_class=SourceClass.FACILITY)
    mac = Identifier(Scheme.MAC, "", str(MAC["value"]))
    say(stream, START, "switch", [item("port/0", Kind.NIC, mac)])
    surveyed, silent = START + 5 * MINUTE, START + TOLERANCE + MINUTE
    stream.act(surveyed, acts.SurveyPut(key=stream.key(), by="p-1", source="switch", positions={"port/0": P1}))
    say(stream, silent, "agent", [item("nic", Kind.NIC, mac, place=P2)])
    rows = where(await derived(pool, stream, silent + SECOND), "nic")
    assert [(row.from_at, row.place, row.moving) for row in rows] == [(surveyed, P1, False), (silent, P2, False)]
