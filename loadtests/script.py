"""What happens at a site in its month: planned and unplanned, each a change of the world at a moment. Seeded."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from loadtests.hardware import Drive, Gpu, Position, Rack, Server
from loadtests.reporters import DAY, HOUR, MINUTE, Reporter
from loadtests.site import Site, enrolment
from schemas import acts
from schemas.planning import WorkPlan
from schemas.words import FindingKind

PLANNER = "person:planner"
_BOTH = (FindingKind.COMPONENT_MISSING, FindingKind.COMPONENT_FOREIGN)
_DRIFT = 6_000  # ms that a bad clock goes wrong from one report of an agent to the next
_DRIFTS_FOR = 5 * HOUR


@dataclass(frozen=True, slots=True)
class Swap:
    """A planned swap: `out` leaves `server`, `new` comes in its slot; `out` goes to an empty slot of `other`."""

    server: Server
    slot: int  # 1-based
    out: Gpu
    new: Gpu
    other: Server
    other_slot: int
    planned_at: int
    removed_at: int
    inserted_at: int  # the new one
    arrived_at: int  # the old one, in the other server
    until: int
    ticket: str = "CHG-1042"


@dataclass(frozen=True, slots=True)
class Move:
    """A rack that moves, unplanned."""

    rack: Rack
    origin: Position
    goal: Position
    left_at: int
    put_at: int


@dataclass(frozen=True, slots=True)
class Silence:
    """A server whose agent says nothing for long; nothing else happens to it."""

    server: Server
    from_at: int
    until_at: int


@dataclass(frozen=True, slots=True)
class Repair:
    """A drive that goes to repair, planned, and comes back into its bay."""

    server: Server
    bay: int  # 1-based
    drive: Drive
    removed_at: int
    returned_at: int
    ticket: str = "RMA-88"


@dataclass(frozen=True, slots=True)
class Drift:
    """A server whose agent's clock runs wrong for hours, then is set right. `rate`: ms per report."""

    server: Server
    from_at: int
    until_at: int
    rate: int


@dataclass(frozen=True, slots=True)
class Replacement:
    """A BMC that is retired, and the one that takes its place under another name."""

    server: Server
    retired: str
    successor: str
    at: int


@dataclass(slots=True)
class Script:
    """What happens, in order; and what it amounts to, for those who want to know the truth.

    What is absent does not happen: the site is too small for it.
    """

    steps: list["Step"] = field(default_factory=list)
    swap: Swap | None = None
    move: Move | None = None
    silence: Silence | None = None
    repair: Repair | None = None
    drifts: list[Drift] = field(default_factory=list)
    replacement: Replacement | None = None

    def at(self, moment: int, *change: Callable[[], object], says: tuple[acts.CellAct, ...] = ()) -> None:
        """Put a step into the script."""
        self.steps.append(Step(moment, change, says))


@dataclass(frozen=True, slots=True)
class Step:
    """At a moment the world changes, and persons say things."""

    at: int
    change: tuple[Callable[[], object], ...]
    says: tuple[acts.CellAct, ...]


def write(site: Site, seed: int, start: int, end: int) -> Script:
    """Write the script of a play of `site` from `start` to `end`; prepares the site (an empty slot, a spare)."""
    rng = random.Random(seed ^ 0x5C4197)
    script = Script()
    span = end - start
    racks = list(site.fleet.racks)
    moving = rng.choice(racks) if len(racks) > 1 else None
    cast = [server for server in site.fleet.servers if moving is None or server not in moving.servers]
    rng.shuffle(cast)

    def when(share: float) -> int:
        return start + int(span * share) // MINUTE * MINUTE

    if len(cast) > 1:
        server = cast.pop()
        elsewhere = [each for each in cast if site.fleet.rack_of(each) is not site.fleet.rack_of(server)] or cast
        cast.remove(other := elsewhere[0])
        _swap(site, script, server, other, when(0.25))
    if cast:
        _repair(site, script, cast.pop(), when(0.3), when(0.5))
    if moving is not None:
        _move(site, script, moving, when(0.4))
    if cast:
        _silence(site, script, cast.pop(), when(0.55), min(DAY, span // 5))
    for rate in (_DRIFT, -_DRIFT):
        if cast:
            _drift(site, script, cast.pop(), when(0.62), rate)
    if cast and not site.agents_only:
        _replace(site, script, cast.pop(), when(0.7))
    script.steps.sort(key=lambda step: step.at)
    return script


def _swap(site: Site, script: Script, server: Server, other: Server, at: int) -> None:
    slot, empty = 3, len(other.gpus)
    other.gpus[empty - 1] = None
    out, new = server.gpus[slot - 1], site.fleet.stock.pop()
    if out is None:
        raise ValueError(f"server {server.number} has no GPU in slot {slot}")
    swap = Swap(
        server, slot, out, new, other, empty, at - 2 * HOUR, at + 10 * MINUTE, at + 20 * MINUTE, at + 70 * MINUTE,
        at + 3 * HOUR,
    )  # fmt: skip
    script.swap = swap
    positions = {site.fleet.rack_of(each).position for each in (server, other)}
    places = tuple(sorted(position.place for position in positions if position is not None))
    plan = WorkPlan(
        key=f"plan-{swap.ticket}",
        by=PLANNER,
        ticket=swap.ticket,
        from_at=_moment(at),
        until_at=_moment(swap.until),
        places=places,
        explains=_BOTH,
    )
    script.at(swap.planned_at, says=(plan,))
    script.at(at, lambda: site.host(server, on=False))
    script.at(swap.removed_at, lambda: _fill(site, server, server.gpus, slot, None))
    script.at(swap.inserted_at, lambda: _fill(site, server, server.gpus, slot, new))
    script.at(at + 30 * MINUTE, lambda: site.host(server, on=True))
    script.at(at + 60 * MINUTE, lambda: site.host(other, on=False))
    script.at(swap.arrived_at, lambda: _fill(site, other, other.gpus, empty, out))
    script.at(at + 85 * MINUTE, lambda: site.host(other, on=True))


def _fill(site: Site, server: Server, slots: list[Gpu | None] | list[Drive | None], slot: int, thing: object) -> None:
    slots[slot - 1] = thing  # type: ignore[call-overload]  # the caller puts GPUs among GPUs and drives among drives
    site.saw(server)


def _repair(site: Site, script: Script, server: Server, at: int, back: int) -> None:
    bay = 2
    drive = server.drives[bay - 1]
    if drive is None:
        raise ValueError(f"server {server.number} has no drive in bay {bay}")
    repair = script.repair = Repair(server, bay, drive, at, back)
    position = site.fleet.rack_of(server).position
    plan = WorkPlan(
        key=f"plan-{repair.ticket}",
        by=PLANNER,
        ticket=repair.ticket,
        from_at=_moment(at - HOUR),
        until_at=_moment(back + HOUR),
        places=(position.place,) if position is not None else (),
        explains=(FindingKind.COMPONENT_MISSING,),
    )
    script.at(at - HOUR, says=(plan,))
    script.at(at, lambda: _fill(site, server, server.drives, bay, None))
    script.at(back, lambda: _fill(site, server, server.drives, bay, drive))


def _move(site: Site, script: Script, rack: Rack, at: int) -> None:
    origin, goal = rack.position, next(position for position in reversed(site.fleet.positions) if not position.rack)
    if origin is None:
        raise ValueError(f"rack {rack.number} stands nowhere")
    put = at + 3 * HOUR
    script.move = Move(rack, origin, goal, at, put)
    script.at(at, lambda: site.take_away(rack))
    script.at(put, lambda: site.put_down(rack, goal))
    for server in rack.servers:
        script.at(put + 6 * MINUTE, lambda server=server: site.host(server, on=True))  # type: ignore[misc]


def _silence(site: Site, script: Script, server: Server, at: int, lasts: int) -> None:
    agent = site.agents[server.number]
    script.silence = Silence(server, at, at + lasts)
    script.at(at, lambda: setattr(agent, "silent", True))
    script.at(at + lasts, lambda: setattr(agent, "silent", False))


def _drift(site: Site, script: Script, server: Server, at: int, rate: int) -> None:
    agent = site.agents[server.number]
    script.drifts.append(Drift(server, at, at + _DRIFTS_FOR, rate))

    def set_right(reporter: Reporter = agent) -> None:
        reporter.drift = reporter.drift_per_report = 0

    script.at(at, lambda: setattr(agent, "drift_per_report", rate))
    script.at(at + _DRIFTS_FOR, set_right)


def _replace(site: Site, script: Script, server: Server, at: int) -> None:
    old, new = site.bmcs[server.number], site.replace_bmc(server)
    script.replacement = Replacement(server, old.name, new.name, at)
    retire = acts.SourceRetire(key=f"retire-{old.name}", by=PLANNER, source=old.name, reason="the board was replaced")
    script.at(
        at,
        lambda: setattr(old, "silent", True),
        lambda: setattr(new, "silent", False),
        says=(retire, enrolment(new, f"enrol-{new.name}", PLANNER)),
    )


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
