"""Step 6 for one cell: its changes and timers up to the horizon, in the order of rule 5, each chunk in one transaction.

One writer per cell: whoever owns the cell's acts. The fence is the compare-and-set on the cell's row, which moves the
horizon in the same transaction: a stale deriver loses by arithmetic. What is in memory is thrown away with any failure.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from consumers.derive import memory as memories
from consumers.derive.book import Book
from consumers.derive.events import when
from consumers.derive.findings import Findings
from consumers.derive.graph import Graph
from consumers.derive.memory import Memory, Split
from consumers.derive.order import Moment, Order
from consumers.derive.page import flush
from consumers.derive.sightings import Sightings
from consumers.derive.silence import Silence, seal, wrong_clock
from consumers.derive.standing import Standing
from consumers.derive.stated import Stated
from consumers.pipeline import Acquire, Observer
from schemas.errors import LostCell, Transient
from schemas.words import FindingKind, Timing
from service.facts.records import Millis
from service.store import derived
from service.store.pool import TRANSIENT, Connection

_RETIRE = "source.retire"
CHUNK = 500  # changes in one transaction; those of one moment stay together

Row = dict[str, Any]


class Deriver:
    """Derives one cell. Owned by one task; `derive` blocks on Postgres only. `memory`: None until it is read."""

    def __init__(self, pool: Acquire, cell: str, observe: Observer | None = None) -> None:
        self._pool = pool
        self.cell = cell
        self._observe = observe
        self.memory: Memory | None = None

    async def derive(self) -> bool:
        """Derive one chunk; whether there may be more at once.

        Raises `LostCell` where another deriver is at work (reload and look again), `Transient` where Postgres is away.
        """
        try:
            async with self._pool.acquire() as connection:
                await self._tell("derive", "before")
                async with connection.transaction():
                    more = await self._chunk(connection)
                    await self._tell("horizon", "before")
                await self._tell("horizon", "after")
                return more
        except TRANSIENT as exc:
            self.memory = None
            msg = f"Postgres did not take what was derived ({type(exc).__name__}: {exc}): trying again"
            raise Transient(msg) from exc
        except BaseException:
            self.memory = None
            raise

    async def _tell(self, step: str, when_: str) -> None:
        if self._observe is not None and (told := self._observe(step, when_)) is not None:
            await told

    async def _chunk(self, connection: Connection) -> bool:
        rows = await derived.rows(connection, "cell_row", self.cell)
        reach = (await derived.rows(connection, "reach", self.cell))[0]["reach"]
        if not rows or reach is None or reach <= rows[0]["horizon"]:
            return False
        cell = rows[0]
        upto: Millis = reach
        bound = await derived.rows(connection, "change_bound", self.cell, upto, CHUNK)
        if bound:
            first = (await derived.rows(connection, "change_bound", self.cell, upto, 0))[0]["at"]
            upto = min(upto, max(bound[0]["at"], first + 1))
        if self.memory is None:
            self.memory = await memories.load(connection, self.cell)
        await memories.load_new_terms(connection, self.memory, cell["terms"])
        work = Work(connection, self.cell, cell["salt_key"], cell["next_event"], self.memory)
        next_event = await work.take(upto)
        await derived.rows(connection, "forget_changes", self.cell, upto)
        if not await derived.rows(connection, "fence", self.cell, cell["fence"], upto, next_event):
            msg = f"another deriver is at work on cell {self.cell}: its state is read again"
            raise LostCell(msg)
        return bool(upto < reach)


class Work:
    """One chunk of a cell's changes and timers."""

    def __init__(self, connection: Connection, cell: str, salt_key: bytes, next_event: int, memory: Memory) -> None:
        self._connection = connection
        self._cell = cell
        self._salt_key = salt_key
        self._memory = memory
        self._checks: dict[int, Millis | None] = {}
        self._runs: dict[int, Row] = {}
        self._ended: dict[int, list[derived.Row]] = {}
        self._splits: dict[bytes, Split] = {}
        self._acts: dict[int, Row] = {}
        self._open(next_event)

    def _open(self, next_event: int) -> None:
        book = self._book = Book(self._connection, self._cell, self._salt_key, next_event, self._memory)
        self._graph = Graph(book)
        self._sightings = Sightings(book, self._graph)
        self._silence = Silence(book)
        self._standing = Standing(book, self._graph)
        self._findings = Findings(book)
        self._stated = Stated(book, self._graph, self._sightings, self._silence)

    async def _turn_page(self) -> None:
        """Write what is in the book and open a new one: what follows asks Postgres about everything before it."""
        await flush(self._book)
        self._open(self._book.next_event)

    async def take(self, upto: Millis) -> int:
        """Take all changes below `upto` and all timers due by it; the number of the next event."""
        changes = [dict(row) for row in await derived.rows(self._connection, "changes", self._cell, upto)]
        await self._fetch(changes)
        timers = await self._due(upto)
        decided: Millis | None = None
        for change in changes:
            order = Order(*(int(str(change[name])) for name in ("at", "rank", "partition", "offset", "n")))
            while timers and timers[0][0] <= order.at:
                await self._fire(timers.pop(0))
            decided = await self._decide(min(order.at, upto), decided)
            await self._change(change, Moment.of_change(order))
            await self._standing.settle(Moment.of_change(order))
            self._silence.joined(Moment.of_change(order))
        for timer in timers:
            await self._fire(timer)
        await self._decide(upto, decided)
        self._book.writes["move_checks"] = list(self._checks.items())
        await flush(self._book)
        return self._book.next_event

    async def _fetch(self, changes: Iterable[Row]) -> None:
        """Read in a few statements what the changes are about."""
        numbers = sorted({int(str(c["run"])) for c in changes if c["run"] is not None})
        for row in await derived.rows(self._connection, "runs_by_number", self._cell, numbers):
            self._runs[row["run"]] = dict(row)
        for row in await derived.rows(self._connection, "ended_by", self._cell, numbers):
            self._ended.setdefault(row["next"], []).append(row)
        offsets = sorted({int(str(c["offset"])) for c in changes if c["kind"] == "act"})
        for row in await derived.rows(self._connection, "act", self._cell, offsets):
            self._acts[row["offset"]] = dict(row)
        digests: set[bytes] = {run["digest"] for run in self._runs.values() if run["known"]}
        memory = self._memory
        self._splits = {digest: memory.inventories[digest] for digest in digests if digest in memory.inventories}
        wanted = sorted(digests - self._splits.keys())
        for row in await derived.rows(self._connection, "inventories", self._cell, wanted):
            self._splits[row["digest"]] = memories.split(row["document"])
        for digest in sorted(self._splits):
            memory.remember(digest, self._splits[digest])
        pairs = sorted({(str(run["source"]), str(run["scope"])) for run in self._runs.values()})
        await self._book.load_sources({source for source, _ in pairs})
        await self._book.load_open(pairs)
        await self._graph.prefetch(split.carriers for split in self._splits.values())

    # -- timers ------------------------------------------------------------------------------------------------------

    async def _due(self, upto: Millis) -> list[tuple[Millis, Row]]:
        """Runs whose check is due: those that were extended are checked later, the others fall silent at a moment."""
        timers: list[tuple[Millis, Row]] = []
        for record in await derived.rows(self._connection, "due_runs", self._cell, upto):
            run = dict(record)
            at: Millis = run["last_at"] + run["tolerance_ms"] + 1
            number: int = run["run"]
            if run["until_at"] is not None and run["until_at"] < at:
                self._checks[number] = None
            elif at > upto:
                self._checks[number] = at
            else:
                self._checks[number] = None
                timers.append((at, run))
        return sorted(
            timers, key=lambda timer: (timer[0], str(timer[1]["source"]), str(timer[1]["scope"]), timer[1]["run"])
        )

    async def _fire(self, timer: tuple[Millis, Row]) -> None:
        at, run = timer
        await self._decide(at, None)
        await self._turn_page()
        await self._silence.fell_silent(run, Moment.of_timer(at))

    async def _decide(self, upto: Millis, decided: Millis | None) -> Millis:
        """Look again at assets that can be decided by now, those of this transaction too."""
        if decided is not None and decided >= upto and not self._book.decisions:
            return upto
        while True:
            due = {
                row["asset"]: row["at"]
                for row in await derived.rows(self._connection, "due_decisions", self._cell, upto)
            }
            due = {asset: at for asset, at in due.items() if asset not in self._book.decisions}
            due |= {asset: at for asset, at in self._book.decisions.items() if at is not None and at <= upto}
            if not due:
                return upto
            at = min(due.values())
            self._book.touched.update(dict.fromkeys(sorted(asset for asset, each in due.items() if each == at)))
            await self._standing.settle(Moment.of_timer(at))

    # -- changes -----------------------------------------------------------------------------------------------------

    async def _change(self, change: Row, moment: Moment) -> None:
        match change["kind"]:
            case "act":
                if self._acts[moment.order.offset]["act"] == _RETIRE:
                    await self._turn_page()
                await self._stated.take(self._acts[moment.order.offset], moment)
            case "outage":
                self._outage(change, moment)
            case "began" | "late":
                await self._began(self._runs[int(str(change["run"]))], moment)
            case kind:
                msg = (
                    f"cell {self._cell} has a change of kind {kind!r} that this version does not know: run a newer one"
                )
                raise RuntimeError(msg)

    async def _began(self, run: Row, moment: Moment) -> None:
        source, scope, timing = str(run["source"]), str(run["scope"]), Timing(str(run["timing"]))
        book = self._book
        digest: bytes = run["digest"]
        for ended in self._ended.get(run["run"], ()):
            seal(book, ended, moment)
            self._memory.end(source, ended["run"])
        self._memory.begin(source, run["run"], timing)
        book.append(
            moment, "run_began", None, source=source, scope=scope, run=str(run["run"]), timing=timing.value,
            digest=digest.hex(), known=bool(run["known"]), tolerance_ms=int(str(run["tolerance_ms"])),
        )  # fmt: skip
        if timing is not Timing.LATE and (source, scope) in self._memory.gaps:
            await self._turn_page()
            await self._silence.spoke((source, scope), moment)
            await self._turn_page()
        self._clock(source, timing, moment)
        if timing is not Timing.LATE:
            await self._sightings.touch((source, scope))
        if not run["known"]:
            await self._foreign_digest(source, scope, digest, moment)
            return
        stated = self._splits[digest]
        if timing is Timing.LATE:
            await self._graph.sight(stated.carriers, source, scope, moment)
        else:
            await self._sightings.state((source, scope), stated, moment)

    def _clock(self, source: str, timing: Timing, moment: Moment) -> None:
        """A source without usable time, or whose times never fit: its clock is wrong, until a fresh run begins."""
        if timing is Timing.FRESH:
            self._findings.close(FindingKind.CLOCK_WRONG, source, moment, "its times fit again")
        elif timing is Timing.UNTIMED or not self._memory.speaks(source, Timing.FRESH):
            wrong_clock(self._findings, source, timing, moment)

    async def _foreign_digest(self, source: str, scope: str, digest: bytes, moment: Moment) -> None:
        """A heartbeat names an inventory that its source never stated, but another one does just now (rule 11)."""
        rows = await derived.rows(self._connection, "stated_by", self._cell, digest, moment.known)
        others = sorted({(row["source"], row["scope"]) for row in rows if row["source"] != source})
        if not others:
            return
        document = await derived.rows(self._connection, "inventories", self._cell, [digest])
        carriers = memories.split(document[0]["document"]).carriers if document else None
        if carriers is None or not await self._graph.any_strong(carriers):
            return
        self._findings.put(
            FindingKind.IDENTITY_DISPUTED, f"source:{source}", moment,
            f"source {source} names an inventory that it never stated and {others[0][0]} does",
            {"digest": digest.hex(), "scope": scope, "stated_by": [list(each) for each in others]},
        )  # fmt: skip

    def _outage(self, change: Row, moment: Moment) -> None:
        detail = change["detail"]
        facts = orjson.loads(detail) if isinstance(detail, bytes) else {}
        partition = f"{'acts' if change['rank'] == 0 else 'telemetry'} partition {change['partition']}"
        self._findings.put(
            FindingKind.OUTAGE_OURS, self._cell, moment,
            f"nothing at all was appended to {partition} for a while, or its clock stepped back",
            {"partition": partition, "from": when(facts.get("from")), "until": when(facts.get("until"))},
        )  # fmt: skip
        self._findings.close(FindingKind.OUTAGE_OURS, self._cell, moment, "records are appended again")
