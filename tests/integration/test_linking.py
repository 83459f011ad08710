"""Rules 22 and 23: what went from one cell to another is linked in both books, by acts alone, and tells no stranger."""

import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from consumers.records import Lane
from schemas import acts
from schemas.inventory import Identifier, Item
from schemas.words import Kind, Scheme
from service.linker import Round, link_once
from service.store import linking
from service.store.pool import create_pool
from tests.properties.driving import Crash, Driver
from tests.support.cells import PATIENCE_S, Cell, Program
from tests.support.facts import facts_of
from tests.support.records import HOUR, MINUTE, SECOND, START, Record, Stream, item, report, serial
from tests.support.servers import KafkaServer, unique

HOLDFAST = Path(sys.executable).parent / "holdfast"
KEY = b"\x07" * 32
SERIAL = "GPU-SN-4711"
GPU = item("gpu/0", Kind.GPU, serial(SERIAL, "nv/h200"), within="c")


@dataclass(slots=True)
class Site:
    """A cell with one agent, its records appended as the test goes on."""

    driver: Driver
    chassis: str
    stream: Stream = field(default_factory=Stream)

    @property
    def cell(self) -> str:
        """Its name."""
        return self.driver.cell

    def append(self, record: Record) -> None:
        """Let the broker have a record."""
        self.driver.log[Lane(self.cell, record.topic, record.partition)].append(record)

    def report(self, at: int, *held: Item) -> None:
        """Let the agent report its chassis and what is in it."""
        items = [item("c", Kind.CHASSIS, serial(self.chassis, "acme/c1")), *held]
        self.append(self.stream.put(at, report(f"agent-{self.chassis}", items, time=at, complete_for=[Kind.GPU])))

    async def until(self, at: int) -> None:
        """Apply and derive everything below a moment."""
        before = len(self.stream.records())
        self.stream.beats(at)
        for record in self.stream.records()[before:]:
            self.append(record)
        await self.driver.finish()


@dataclass(slots=True)
class Two:
    """Two cells, and what a linker put on their acts."""

    pool: asyncpg.Pool
    a: Site
    b: Site
    now: int = START
    sent: list[tuple[str, acts.LinkAct]] = field(default_factory=list)
    crash_in: int | None = None  # the linker is killed at that many acts from now
    crash_after: bool = False  # once the broker has it

    @property
    def pair(self) -> tuple[str, str]:
        """The rights that a linker may be given."""
        return self.b.cell, self.a.cell

    async def send(self, cell: str, act: acts.LinkAct, at: int | None) -> None:
        """Take an act as the broker would."""
        assert at is None, "these cells are not simulated"
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in == 0 and not self.crash_after:
                raise Crash("before send")
        site = self.a if cell == self.a.cell else self.b
        site.append(site.stream.act(self.now, act))
        self.sent.append((cell, act))
        if self.crash_in == 0:
            raise Crash("after send")

    async def until(self, at: int) -> None:
        """Let both cells live on."""
        self.now = at
        for site in (self.a, self.b):
            await site.until(at)

    async def link(self) -> Round:
        """Do one round; what it put is applied and derived afterwards."""
        async with self.pool.acquire() as connection:
            done = await link_once(connection, KEY, [self.pair], self.send)
        await self.until(self.now + SECOND)
        return done

    async def settle(self) -> list[str]:
        """Do rounds until nothing is due; what was put, in order."""
        before = len(self.sent)
        for _ in range(20):
            if not (await self.link()).sent:
                return [f"{'a' if cell == self.a.cell else 'b'} {act.act}" for cell, act in self.sent[before:]]
        raise AssertionError("the linker never comes to rest")

    async def rows(self, statement: str, *values: object) -> Sequence[Mapping[str, Any]]:
        """Ask the database."""
        async with self.pool.acquire() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    async def steps(self) -> set[tuple[str, int, str]]:
        """Give what both books have of links: (cell, trip, state)."""
        rows = await self.rows("SELECT cell, trip, state FROM same_as")
        return {("a" if row["cell"] == self.a.cell else "b", row["trip"], row["state"]) for row in rows}

    async def findings(self, state: str = "open") -> list[str]:
        """Name the cells that dispute an identity."""
        rows = await self.rows(
            "SELECT cell FROM finding WHERE kind = 'identity_disputed' AND state = $1 ORDER BY cell", state
        )
        return ["a" if row["cell"] == self.a.cell else "b" for row in rows]

    async def gpu(self, site: Site) -> str:
        """Give the GPU's id in a cell."""
        rows = await self.rows("SELECT asset FROM asset WHERE cell = $1 AND kind = 'gpu'", site.cell)
        return str(rows[0]["asset"])

    async def claims(self) -> Sequence[Mapping[str, Any]]:
        """Give all that sources say of things, and where these are held to be."""
        return [
            *await self.rows("SELECT cell, slot, asset, from_at, until_at FROM binding ORDER BY cell, slot, from_at"),
            *await self.rows("SELECT cell, asset, container, from_at, until_at FROM whereabouts ORDER BY 1, 2, 4"),
        ]


@pytest.fixture
async def two(database: str) -> AsyncIterator[Two]:
    """Give two cells in a database."""
    pool = await create_pool(database, min_size=1, max_size=4)
    a, b = (Site(Driver(pool, unique(name), 1), f"CH-{name}-0001") for name in ("cella", "cellb"))
    for site in (a, b):
        await site.driver.begin([])
    yield Two(pool, a, b)
    await pool.close()


async def went(two: Two) -> None:
    """Let a GPU be reported in A, and two hours later in B alone."""
    two.a.report(START + 1, GPU)
    two.b.report(START + 1)
    await two.until(START + MINUTE)
    two.b.report(START + 2 * HOUR, GPU)
    await two.until(START + 2 * HOUR + MINUTE)


async def at_both(two: Two) -> None:
    """Let a GPU be reported in A, then in B too, and in A again."""
    two.a.report(START + 1, GPU)
    await two.until(START + MINUTE)
    two.b.report(START + 2 * MINUTE, GPU)
    two.a.report(START + 3 * MINUTE, GPU)
    await two.until(START + 4 * MINUTE)


async def test_rule_22_what_went_from_a_to_b_is_linked_by_hash_from_both_sides(two: Two) -> None:
    """Rule 22: arrived in B, departed in A with arrived's hash, linked in B with departed's; no book loses a row."""
    await went(two)
    before = await two.claims()
    assert await two.settle() == ["b link.arrived", "a link.departed", "b link.linked"]
    rows = {row["state"]: row for row in await two.rows("SELECT * FROM same_as")}
    assert rows["arrived"]["ref"] is None
    assert rows["departed"]["ref"] == rows["arrived"]["event"]
    assert rows["linked"]["ref"] == rows["departed"]["event"]
    ids = {two.a.cell: await two.gpu(two.a), two.b.cell: await two.gpu(two.b)}
    assert ids[two.a.cell] != ids[two.b.cell], "each cell mints its own"
    for state, site in (("arrived", two.b), ("departed", two.a), ("linked", two.b)):
        row = rows[state]
        assert row["cell"] == site.cell
        assert (row["asset"], row["other_asset"]) == (ids[row["cell"]], ids[row["other_cell"]])
        found = await two.rows(
            "SELECT bytes FROM event WHERE cell = $1 AND subject = $2 AND kind = 'link'", site.cell, row["asset"]
        )
        hashes = {hashlib.sha256(each["bytes"]).digest() for each in found}
        assert row["event"] in hashes
        told = next(json.loads(e["bytes"]) for e in found if hashlib.sha256(e["bytes"]).digest() == row["event"])
        assert (told["state"], told["grade"], told["trip"]) == (state, "reported", 1)
        assert told["ref"] == (None if row["ref"] is None else row["ref"].hex())
    assert await two.claims() == before, "a link closes nothing: whereabouts follow from reports"
    assert await two.findings() == []


async def test_rule_22_while_a_still_reports_it_both_dispute_and_nothing_is_closed(two: Two) -> None:
    """Rule 22: `identity_disputed` in both; once A's runs have ended it departs, and both findings close by that."""
    await at_both(two)
    before = await two.claims()
    assert sorted(await two.settle()) == ["a link.disputed", "b link.arrived", "b link.disputed"]
    assert await two.findings() == sorted(["a", "b"])
    assert await two.claims() == before
    assert await two.settle() == [], "raised once"
    for minutes in range(5, 60, 5):
        two.b.report(START + minutes * MINUTE, GPU)
    await two.until(START + HOUR)
    assert await two.settle() == ["a link.departed", "b link.linked"]
    assert await two.findings() == []
    assert await two.findings("closed") == ["a", "b"]


async def test_rule_22_nothing_is_disputed_before_a_spoke_again(two: Two) -> None:
    """Rule 22, as in rule 18: while A's last report is older than B's first, nobody knows; then A's run ends."""
    two.a.report(START + 1, GPU)
    await two.until(START + MINUTE)
    two.b.report(START + 2 * MINUTE, GPU)
    await two.until(START + 3 * MINUTE)
    assert await two.settle() == ["b link.arrived"]
    two.b.report(START + 12 * MINUTE, GPU)
    await two.until(START + 20 * MINUTE)
    assert await two.settle() == ["a link.departed", "b link.linked"]


async def test_rule_22_claiming_a_serial_elsewhere_neither_moves_it_nor_tells_who_has_it(two: Two) -> None:
    """Rule 22, rule 23: without rights in both, nothing is appended, found or answered; a count is all there is."""
    await at_both(two)
    before = await two.claims()
    events = await two.rows("SELECT cell, bytes FROM event")
    async with two.pool.acquire() as connection:
        done = await link_once(connection, KEY, send=two.send)
    assert (done.sent, done.waiting) == (0, 0)
    assert done.taken == 4, "two chassis, and one GPU in two books"
    async with two.pool.acquire() as connection:
        assert await linking.elsewhere(connection) == 1
    assert two.sent == []
    for table in ("act", "same_as", "outbox"):
        assert await two.rows(f"SELECT cell FROM {table}") == [], table
    assert await two.findings() == []
    assert await two.claims() == before
    assert await two.rows("SELECT cell, bytes FROM event") == events
    for site, other in ((two.a, two.b), (two.b, two.a)):
        for table in ("event", "finding", "act", "asset", "part", "part_value", "same_as"):
            text = await two.rows(f"SELECT t::text AS row FROM {table} t WHERE cell = $1", site.cell)
            assert not [row for row in text if other.cell in row["row"] or other.cell.encode().hex() in row["row"]]


async def test_rule_22_a_pair_says_nothing_of_a_third_cell(two: Two) -> None:
    """Rule 22: rights in two cells tell nothing of a third one, though it has the same thing."""
    await went(two)
    third = Site(Driver(two.pool, unique("cellc"), 1), "CH-cellc-0001")
    await third.driver.begin([])
    third.report(START + 1, GPU)
    await third.until(START + 2 * HOUR)
    assert await two.settle() == ["b link.arrived", "a link.departed", "b link.linked"]
    rows = await two.rows("SELECT cell, other_cell FROM same_as WHERE $1 IN (cell, other_cell)", third.cell)
    assert rows == []
    assert await two.rows("SELECT cell FROM act WHERE cell = $1", third.cell) == []


async def test_rule_22_what_comes_back_is_another_trip(two: Two) -> None:
    """Rule 22: reported in A again and no longer in B, it is linked the other way round; the first trip stays."""
    await went(two)
    await two.settle()
    two.a.report(START + 5 * HOUR, GPU)
    await two.until(START + 5 * HOUR + MINUTE)
    assert await two.settle() == ["a link.arrived", "b link.departed", "a link.linked"]
    first = {("b", 1, "arrived"), ("a", 1, "departed"), ("b", 1, "linked")}
    assert await two.steps() == first | {("a", 2, "arrived"), ("b", 2, "departed"), ("a", 2, "linked")}


async def test_rule_22_a_claim_that_goes_silent_leaves_it_where_it_is(two: Two) -> None:
    """Rule 22: B claimed A's thing and fell silent: both disputes close, and A has it."""
    await at_both(two)
    await two.settle()
    for minutes in range(5, 60, 5):
        two.a.report(START + minutes * MINUTE, GPU)
    await two.until(START + HOUR)
    assert await two.settle() == ["a link.arrived", "b link.departed", "a link.linked"]
    assert await two.findings() == []


async def test_rule_22_a_book_that_reports_it_again_refuses_to_let_it_go(two: Two) -> None:
    """Rule 22: A speaks between the linker's look and the act: A's own deriver decides, and then both dispute."""
    await went(two)
    assert (await two.link()).sent == 1
    at = two.now + MINUTE
    two.a.report(at, GPU)
    two.now = at + SECOND
    async with two.pool.acquire() as connection:  # A's horizon is still before its report
        done = await link_once(connection, KEY, [two.pair], two.send)
    assert done.sent == 1
    two.b.report(at + SECOND, GPU)
    await two.until(at + MINUTE)
    outcomes = await two.rows("SELECT outcome, words FROM act WHERE act = 'link.departed'")
    assert outcomes == [{"outcome": "refused", "words": "an open run still reports it here"}]
    assert ("a", 1, "departed") not in await two.steps()
    assert sorted(await two.settle()) == ["a link.disputed", "b link.disputed"]
    assert await two.findings() == ["a", "b"]


async def test_rule_22_things_that_cannot_be_one_are_not_linked(two: Two) -> None:
    """Rule 22, rule 15: the same serial with another UUID, or on two things, is no evidence of sameness."""
    one = Identifier(Scheme.GPU_UUID, "", "GPU-11111111-2222-3333-4444-555555555551")
    other = Identifier(Scheme.GPU_UUID, "", "GPU-11111111-2222-3333-4444-555555555552")
    two.a.report(START + 1, item("gpu/0", Kind.GPU, serial(SERIAL, "nv/h200"), one, within="c"))
    await two.until(START + MINUTE)
    two.b.report(START + 2 * HOUR, item("gpu/0", Kind.GPU, serial(SERIAL, "nv/h200"), other, within="c"))
    await two.until(START + 2 * HOUR + MINUTE)
    assert await two.settle() == []


async def test_rule_22_a_value_that_people_say_is_shared_links_nothing(two: Two) -> None:
    """Rule 22, rule 16: what connects nothing in a cell connects no cells."""
    await went(two)
    shared = acts.IdentifierShare(key="share-1", by="p-1", scheme=Scheme.SERIAL, scope="nv/h200", value=SERIAL)
    two.a.append(two.a.stream.act(two.now, shared))
    await two.until(two.now + SECOND)
    assert await two.settle() == []


async def test_rule_22_a_step_stands_in_its_own_book_and_once(two: Two) -> None:
    """Rule 22, rule 4: acts that nobody should write are refused with a reason, whoever writes them."""
    await went(two)
    ids = await two.gpu(two.a), await two.gpu(two.b)
    body = {"by": "x", "cell": two.b.cell, "asset": ids[1], "other_cell": two.a.cell, "other_asset": ids[0], "trip": 1}
    wrong: list[acts.LinkAct] = [
        acts.LINK.validate_python({**body, "act": "link.linked", "key": "1", "ref": "0" * 64}),
        acts.LINK.validate_python({**body, "act": "link.arrived", "key": "2", "asset": ids[0]}),
        acts.LINK.validate_python({**body, "act": "link.arrived", "key": "3", "cell": two.a.cell}),
        acts.LINK.validate_python({**body, "act": "link.arrived", "key": "4"}),
        acts.LINK.validate_python({**body, "act": "link.arrived", "key": "5"}),
    ]
    for act in wrong:
        two.b.append(two.b.stream.act(two.now, act))
    await two.until(two.now + SECOND)
    rows = await two.rows('SELECT outcome FROM act ORDER BY "offset"')
    assert [row["outcome"] for row in rows] == ["refused", "refused", "refused", "applied", "refused"]
    assert await two.steps() == {("b", 1, "arrived")}


@pytest.mark.parametrize("crash_after", [False, True])
@pytest.mark.parametrize("crash_in", range(1, 7))
async def test_rule_22_a_linker_killed_anywhere_goes_on(two: Two, crash_in: int, crash_after: bool) -> None:
    """Rule 22: killed before or after any act, and again: each step is taken once, and the end is the same."""
    await at_both(two)
    two.crash_in, two.crash_after = crash_in, crash_after
    crashed = False
    for minute in (4, 60, 61, 62, 63, 64, 65, 66):
        if minute == 60:
            for each in range(5, 60, 5):
                two.b.report(START + each * MINUTE, GPU)
        await two.until(START + minute * MINUTE)
        for _ in range(3):
            try:
                await two.link()
            except Crash:
                crashed, two.crash_in = True, None
    assert crashed == (crash_in <= 5)
    assert await two.steps() == {
        ("b", 1, "arrived"), ("a", 1, "disputed"), ("b", 1, "disputed"), ("a", 1, "departed"), ("b", 1, "linked"),
    }  # fmt: skip
    assert await two.findings() == []


async def test_rule_22_two_linkers_at_once_take_each_step_once(two: Two) -> None:
    """Rule 22, rule 4: what is put twice has one key, and is applied once."""
    await went(two)
    for _ in range(4):
        async with two.pool.acquire() as one, two.pool.acquire() as other:
            await asyncio.gather(*(link_once(each, KEY, [two.pair], two.send) for each in (one, other)))
        await two.until(two.now + SECOND)
    assert len(two.sent) == 6
    rows = await two.rows("SELECT act, outcome FROM act ORDER BY act, outcome")
    assert [row["outcome"] for row in rows] == ["applied", "repeated"] * 3
    assert await two.steps() == {("b", 1, "arrived"), ("a", 1, "departed"), ("b", 1, "linked")}


async def test_rule_23_the_directory_holds_hmacs_alone_and_is_fed_by_the_outbox(two: Two) -> None:
    """Rule 23: what the deriver found leaves the outbox with the commit that puts its HMAC into the directory."""
    await went(two)
    waiting = await two.rows("SELECT cell, n, value FROM outbox")
    assert sorted(row["value"] for row in waiting).count(SERIAL) == 2
    assert len({(row["cell"], row["n"]) for row in waiting}) == len(waiting)
    async with two.pool.acquire() as connection:
        await connection.execute("ALTER TABLE directory RENAME TO directory_away")
        with pytest.raises(asyncpg.UndefinedTableError):
            await link_once(connection, KEY)
        await connection.execute("ALTER TABLE directory_away RENAME TO directory")
        assert await two.rows("SELECT cell, n, value FROM outbox") == waiting, "nothing is lost with a failure"
        assert (await link_once(connection, KEY, batch=1)).taken == 2, "a bounded batch of each cell"
        rest = [await link_once(connection, KEY, batch=1) for _ in range(3)]
    assert sum(each.taken for each in rest) == len(waiting) - 2
    assert rest[-1].taken == 0
    assert await two.rows("SELECT cell FROM outbox") == []
    rows = await two.rows("SELECT hmac, d::text AS row FROM directory d")
    assert len(rows) == len(waiting)
    assert len({row["hmac"] for row in rows}) == len(waiting) - 1, "the GPU is in two cells"
    assert all(len(row["hmac"]) == 32 for row in rows)
    for row in rows:
        assert SERIAL not in row["row"]
        assert SERIAL.encode().hex() not in row["row"]


async def test_rule_23_the_directory_is_never_on_the_way_of_a_report(two: Two) -> None:
    """Rule 23: with the directory and the links out of reach, records are folded and derived, to the same facts."""
    async with two.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE directory, same_as IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(30):
            await went(two)
    async with two.pool.acquire() as connection:
        before = [await facts_of(connection, site.cell) for site in (two.a, two.b)]
        assert (await link_once(connection, KEY, [two.pair], two.send)).sent == 1
        assert [await facts_of(connection, site.cell) for site in (two.a, two.b)] == before


# -- the command -------------------------------------------------------------------------------------------------------


_STATES = "SELECT state FROM same_as WHERE cell = $1"


async def _holdfast(*words: str, **settings: str) -> tuple[int, str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    process = await asyncio.create_subprocess_exec(
        HOLDFAST, *words,
        env={**kept, **{f"HOLDFAST_{name.upper()}": value for name, value in settings.items()}},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_link_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    folder = str(tmp_path)
    for words, settings, code, said in (
        (("link", "--once"), {}, 1, "HOLDFAST_DIRECTORY_KEY is not set"),
        (("link", "--once"), {"directory_key": "hunter2"}, 1, "64 hexadecimal digits"),
        (("link", "--pair", "kul-1"), {"directory_key": KEY.hex()}, 2, "--pair 'kul-1'"),
        (("link", "--pair", "kul-1:kul-1"), {"directory_key": KEY.hex()}, 2, "two cells"),
    ):
        got, _, err = await _holdfast(*words, data_dir=folder, **settings)
        assert got == code, err
        assert said in err
        assert "hunter2" not in err
        assert "Traceback" not in err


async def test_rule_22_the_command_links_two_live_cells(kafka_server: KafkaServer, database: str) -> None:
    """Rule 22: over the real broker and a real consumer: a GPU taken out of A and put into B."""
    cells = [Cell(kafka_server.bootstrap, database, unique(name), simulated=False) for name in ("linka", "linkb")]
    for cell in cells:
        await cell.make()
    group = unique("group")
    programs = [Program(database, kafka_server.bootstrap, group, command) for command in ("consume", "beat")]
    for program in programs:
        program.start()
    try:
        for cell, (chassis, held) in zip(
            (cells[0], cells[0], cells[1]), (("CH-1", [GPU]), ("CH-1", []), ("CH-2", [GPU])), strict=True
        ):
            site = Site(Driver(None, cell.name, 1), chassis)  # type: ignore[arg-type]  # only its records are wanted
            site.report(time.time_ns() // 1_000_000, *held)
            await cell.produce(site.stream.records())
        for cell in cells:
            await _bound(cell, opened=int(cell is cells[1]))
        code, out, err = await _holdfast(
            "link", "--pair", f"{cells[0].name}:{cells[1].name}", "--once", "--json",
            database_url=database, kafka_bootstrap=kafka_server.bootstrap, directory_key=KEY.hex(),
        )  # fmt: skip
        assert code == 0, (out, err)
        assert [json.loads(line)["sent"] for line in out.splitlines()] == [1, 1, 1, 0]
        states = {str(row["state"]) for cell in cells for row in await cell.rows(_STATES)}
        assert states == {"arrived", "departed", "linked"}
    finally:
        for program in programs:
            program.kill()
        for cell in cells:
            await cell.drop()


async def _bound(cell: Cell, *, opened: int) -> None:
    """Wait until a cell's GPU is known, and bound by so many open bindings."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = await cell.rows("SELECT until_at FROM binding WHERE cell = $1 AND kind = 'gpu'")
            if rows and sum(row["until_at"] is None for row in rows) == opened:
                return
            await asyncio.sleep(0.1)
