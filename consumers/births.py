"""How cells and partitions come to be known: positions at the log's start (SEMANTICS rules 6, 33)."""

import secrets
from collections.abc import Iterable, Mapping

from consumers.partition import Position
from consumers.records import Lane
from schemas.envelope import COMMON
from service.store import intake
from service.store.pool import Connection


async def positions(connection: Connection, cells: Iterable[str]) -> dict[Lane, Position]:
    """Read the positions of cells."""
    return {
        Lane(row["cell"], row["topic"], row["partition"]): Position(
            row["epoch"], row["next_offset"], row["last_offset"], row["last_append"], row["last_sha256"],
            row["applied"], row["record_at"], row["stopped"], row["fence"],
            tuple(zip(row["from_offsets"] or (), row["untils"] or (), strict=True)),
        )
        for row in await intake.positions(connection, sorted(cells))
    }  # fmt: skip


async def bear(connection: Connection, cell: str, partitions: Mapping[str, int]) -> bool:
    """Let a cell begin with all partitions that its topics have now ({"acts": 1, "telemetry": n}); whether it began.

    A cell begins once both of its topics exist: then every partition is there from the start. `common` has acts only.
    To be called inside a transaction. Until a cell has begun nothing of it is applied.
    """
    if "acts" not in partitions or ("telemetry" not in partitions and cell != COMMON):
        return False
    if await intake.positions(connection, [cell]):
        return False
    await intake.born_cell(connection, cell, secrets.token_bytes(32), simulated=False)
    await intake.lock_cell(connection, cell)
    if await intake.positions(connection, [cell]):
        return False
    await intake.join_partition(connection, cell, "acts", 0, 0)
    for partition in range(partitions.get("telemetry", 0)):
        await intake.join_partition(connection, cell, "telemetry", partition, 0)
    return True


def unborn(lane: Lane, topics: Mapping[str, int]) -> tuple[str, bool]:
    """Why a lane has no position yet, and whether it is to join a living cell by an act. Pure."""
    if len(topics) < 2 and lane.cell != COMMON:  # noqa: PLR2004 - acts and telemetry
        missing = "acts" if lane.topic == "telemetry" else "telemetry"
        return f"cell {lane.cell} begins once there is a topic {missing}.{lane.cell} too", False
    if lane.topic == "telemetry":
        return f"partition {lane.partition} was added: it joins by an act", True
    return "acts are in one order: only partition 0 is read", False


def misfit(cell: str, *, simulated: bool) -> str:
    """What to do about a topic whose times are not of the kind that its cell asks for. Pure."""
    kind, is_ = ("LogAppendTime", "is") if simulated else ("CreateTime", "is not")
    return (
        f"its topic has message.timestamp.type={kind}, but cell {cell} {is_} simulated: change the topic, or register "
        "the cell by `cell.put`"
    )
