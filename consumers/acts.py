"""Acts: folding a partition of them, and applying those that consumers depend on (SEMANTICS rules 4, 6, 35).

What an act means for places, identity and whereabouts is decided by deriving, in the order of rule 5; here it is kept,
once per idempotency key, and what consumers themselves depend on (enrolments, partitions, retries) takes effect.
"""

import secrets
from collections.abc import Sequence

import asyncpg

from consumers.batch import Batch, Change, DeadLetter, StatedAct
from consumers.clock import ACTS, Clock
from consumers.records import Lane, Record, is_beat
from schemas import acts
from schemas.envelope import ACT_TYPE, COMMON, TYPE
from schemas.errors import Rejected
from schemas.names import UNASSIGNED
from service.facts.records import UNKNOWN_DOMAIN, Millis
from service.facts.runs import DEFAULT_LATENESS, act_number
from service.store import intake
from service.store.pool import Connection

_APPLIED, _REFUSED, _REPEATED = "applied", "refused", "repeated"


class ActsFolding:
    """One acts partition in memory: its clock only."""

    def __init__(self, lane: Lane, epoch: int, applied: Millis, last_append: Millis | None) -> None:
        self.lane = lane
        self.epoch = epoch
        self.clock = Clock(applied, last_append)

    def take(self, records: Sequence[Record], batch: Batch) -> None:
        """Parse acts in offset order into the batch; what is no act is a dead letter."""
        clock = self.clock
        for record in records:
            try:
                at = clock.note(record, ACTS, batch)
                if is_beat(record):
                    batch.beats += 1
                    continue
                number = act_number(self.epoch, record.offset)
                batch.keep(StatedAct(number, at, self._parse(record), record.value or b""))
                if self.lane.cell != COMMON:
                    batch.changes.append(Change(at, ACTS, record.partition, number, 1, "act"))
            except Rejected as exc:
                batch.bury(DeadLetter.of(record, clock.applied, exc))
            batch.slow += 1
            batch.record_at = clock.applied
        if records:
            batch.ends_at(records[-1], clock.applied, clock.last)

    def _parse(self, record: Record) -> acts.CellAct | acts.CommonAct:
        if dict(record.headers).get(TYPE) != ACT_TYPE.encode():
            raise Rejected("unknown_type", f"a record on a topic of acts has {TYPE} {ACT_TYPE}")
        if record.value is None:
            raise Rejected("tombstone", "the record has no body: an act is taken back by another act")
        if record.partition != 0:
            raise Rejected("wrong_partition", "acts are in one order: write them to partition 0")
        act = acts.parse(record.value)
        common = isinstance(act, acts.CommonAct)
        if common != (self.lane.cell == COMMON):
            where = "acts.common" if common else "acts.<cell>"
            raise Rejected("wrong_topic", f"{act.act} belongs on {where}")
        return act


async def apply(connection: Connection, batch: Batch) -> None:
    """Keep a batch's acts and let those take effect that consumers depend on, in order, once per idempotency key."""
    cell = batch.lane.cell
    seen = await intake.seen_acts(connection, cell, sorted({stated.act.key for stated in batch.acts}))
    rows = []
    changed = False
    for stated in batch.acts:
        act = stated.act
        if act.key in seen:
            outcome = _again(stated, seen[act.key])
        else:
            seen[act.key] = stated.body
            outcome = await _tried(connection, cell, stated)
            changed = changed or isinstance(act, acts.SourceEnrol | acts.SourceRetire)
        rows.append((stated.offset, stated.at, act.key, act.act, act.by, stated.body, *outcome))
    await intake.write_columns(connection, "add_acts", cell, [list(column) for column in zip(*rows, strict=True)])
    if any(isinstance(stated.act, acts.SourceRetire | acts.PartitionSuspend | acts.GoOn) for stated in batch.acts):
        await intake.end_resting(connection, cell, batch.applied)
    if changed:
        await intake.terms_changed(connection, cell)


def _again(stated: StatedAct, before: bytes) -> tuple[str | None, str | None]:
    """Say what becomes of an act whose key was there before: nothing, and whether it says the same."""
    try:
        same = stated.body == before or acts.parse(before) == stated.act
    except Rejected:  # by this version: then it is not the same either
        same = False
    if same:
        return _REPEATED, "an act with this key was applied before"
    return _REFUSED, "an act with this key said something else before: give this one a key of its own"


async def _tried(connection: Connection, cell: str, stated: StatedAct) -> tuple[str | None, str | None]:
    """Apply one act in a savepoint: what no column can hold is refused, and stops nobody."""
    try:
        async with connection.transaction():
            return await _effect(connection, cell, stated)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as exc:
        return _REFUSED, f"it cannot be kept: {str(exc).splitlines()[0]}"


async def _effect(connection: Connection, cell: str, stated: StatedAct) -> tuple[str | None, str | None]:  # noqa: C901, PLR0911, PLR0912 - one arm per act
    """Apply one act; its outcome, or (None, None) where deriving decides it."""
    act, at = stated.act, stated.at
    match act:
        case acts.SourceEnrol():
            interval = None if act.interval_s is None else act.interval_s * 1000
            await intake.add_term(
                connection, cell,
                (act.source, at, act.source_class.value, act.control_domain, interval, act.clock_offset_s * 1000,
                 act.lateness_s * 1000, False),
            )  # fmt: skip
        case acts.SourceRetire():
            last = await intake.term(connection, cell, act.source, at)
            kept = tuple(last) if last is not None else (None, UNKNOWN_DOMAIN, None, 0, DEFAULT_LATENESS)
            await intake.add_term(connection, cell, (act.source, at, *kept, True))
        case acts.PartitionJoin():
            if act.by != acts.FINDER:
                return _REFUSED, "a partition joins by the word of the consumer that found it, and of nobody else"
            if not await intake.join_partition(connection, cell, "telemetry", act.partition, at):
                return _REFUSED, f"partition {act.partition} is part of the cell already"
        case acts.PartitionSuspend():
            if why := await intake.suspend(connection, cell, act.partition, stated.offset, act.next_offset, at):
                return _REFUSED, why
        case acts.PartitionResume():
            if why := await intake.resume(connection, cell, act.partition, at):
                return _REFUSED, why
        case acts.GoOn():
            going = intake.GoingOn(act.next_offset, f"act {act.key}: {act.reason or 'go on'}")
            if why := await intake.go_on(connection, cell, ("telemetry", act.partition), going, at):
                return _REFUSED, why
        case acts.OperatorPut():
            await intake.put_operator(connection, act.operator, act.name, act.country)
            return _APPLIED, None
        case acts.CellPut():
            return await _put_cell(connection, act)
        case _:
            pass
    return None, None


async def _put_cell(connection: Connection, act: acts.CellPut) -> tuple[str | None, str | None]:
    """Let an operator have a cell that is nobody's or its own: acts come from whoever may write to acts.common."""
    if await intake.put_cell(connection, act.cell, act.operator, secrets.token_bytes(32), simulated=act.simulated):
        return _APPLIED, None
    (row,) = await intake.cells(connection, [act.cell])
    if row["operator"] not in {UNASSIGNED, act.operator}:
        return _REFUSED, f"cell {act.cell} is another operator's, and stays so: choose another name"
    return _REFUSED, f"cell {act.cell} has facts already: whether it is simulated can no longer change"
