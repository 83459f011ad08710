"""What a site-wide `stayed` over a play has to answer: computed from what happens in it, not from what is answered.

The rules are SEMANTICS 26 and 27 in words. What moved is contradicted. What was not heard of by a source that may
confirm it for longer than its kind's limit (GPUs and drives: 15 minutes, so that the agent alone confirms them) is
consistent, as long as somebody heard it again. All else is confirmed; with agents alone nothing is, since no place is
sensed.
"""

from collections import Counter

from loadtests.fleet import Play
from loadtests.hardware import Rack, Server
from loadtests.script import Script
from schemas.words import Kind, Verdict

Counts = dict[Kind, dict[Verdict, int]]

QUIET = 3_600_000  # the first hour is left out of claims: by then every source has reported


def expected(play: Play) -> Counts:
    """Count the verdicts on racks, chassis, GPUs and drives, of those that stood at the site after the first hour."""
    site, script = play.prepare()
    moved = script.move.rack if script.move else None
    counts: dict[Kind, Counter[Verdict]] = {kind: Counter() for kind in (Kind.RACK, Kind.CHASSIS, Kind.GPU, Kind.DRIVE)}
    best = Verdict.CONSISTENT if play.agents_only else Verdict.CONFIRMED
    for rack in site.fleet.racks:
        counts[Kind.RACK][Verdict.CONTRADICTED if rack is moved else best] += 1
        for server in rack.servers:
            _server(counts, script, rack, server, best)
    if play.agents_only:
        del counts[Kind.RACK]  # no agent sees a rack
    return {kind: dict(count) for kind, count in counts.items()}


def _server(counts: dict[Kind, Counter[Verdict]], script: Script, rack: Rack, server: Server, best: Verdict) -> None:
    moved = script.move is not None and rack is script.move.rack
    if moved:
        tray = parts = Verdict.CONTRADICTED
    else:
        tray = best
        parts = Verdict.CONSISTENT if server.number in unheard(script) else best
    counts[Kind.CHASSIS][tray] += 1
    for gpu in server.gpus:
        if gpu is not None:
            swapped = script.swap is not None and gpu.serial == script.swap.out.serial
            counts[Kind.GPU][Verdict.CONTRADICTED if swapped else parts] += 1
    for drive in server.drives:
        if drive is not None:
            repaired = script.repair is not None and drive.serial == script.repair.drive.serial
            counts[Kind.DRIVE][Verdict.CONSISTENT if repaired and not moved else parts] += 1


def unheard(script: Script) -> set[int]:
    """Numbers of the servers whose agents were silent, or not fresh, for longer than a GPU may be unheard of."""
    servers = [drift.server for drift in script.drifts]
    if script.swap:
        servers += [script.swap.server, script.swap.other]
    if script.silence:
        servers.append(script.silence.server)
    return {server.number for server in servers}
