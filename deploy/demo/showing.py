"""The demo from its start to its answers: what is played, in which order, and what is told of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from deploy.demo import answers, cells
from deploy.demo.answers import Site, Told
from deploy.demo.cells import Sent
from deploy.demo.running import Running
from loadtests.fleet import Play
from loadtests.hardware import SERVERS_PER_RACK
from schemas.envelope import rfc3339

Tell = Callable[[str], None]


async def show(running: Running, play: Play, captures: Path | None, tell: Tell) -> Told:
    """Play what is not there yet, wait until all is derived, ask, and give what is to be told."""
    alone = replace(play, agents_only=True)
    sites = [Site(await cells.played(running, each, tell), each, each.script()) for each in (play, alone)]
    told = Told()
    here = await cells.this_machine(running)
    brought = await cells.captures(running, captures, tell) if captures is not None else None
    for site in sites:
        await cells.derived(running, site.cell, site.play.end, tell, simulated=True)
    for sent in (here, brought):
        if sent is not None:
            await cells.derived(running, sent.cell, sent.at, tell, simulated=False)

    racks = -(-play.servers // SERVERS_PER_RACK)
    told.title(
        f"{play.servers} servers of 8 GPUs in {racks} racks, {rfc3339(play.start)[:10]} to {rfc3339(play.end)[:10]}, "
        f"cell {sites[0].cell}"
    )
    tell("asking")
    await answers.racks_stayed(running, told, sites[0])
    await answers.swapped_gpu(running, told, sites[0])
    await answers.moved_rack(running, told, sites[0])
    await answers.silent_tray(running, told, sites[0])
    await answers.agents_alone(running, told, sites[1])
    told.title("6  What is real: this machine, and captures of others", simulated=False)
    await _real(running, told, here, "this machine")
    if brought is not None:
        await _real(running, told, brought, "captures")
    return told


async def _real(running: Running, told: Told, sent: Sent, name: str) -> None:
    """Say what stands in a cell that is not simulated, by kind."""
    counts: dict[str, int] = {}
    query: dict[str, str | int] = {"cell": sent.cell, "limit": 500}
    simulated = False
    while True:
        page = await running.get("/v1/assets", **query)
        simulated = simulated or page["simulated"]
        for item in page["items"]:
            counts[item["kind"]] = counts.get(item["kind"], 0) + 1
        if not page["next"]:
            break
        query["cursor"] = page["next"]
    shown = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items(), key=lambda pair: -pair[1]))
    told.say(f"{name}: cell {sent.cell}, {sent.sources} source{'s'[: sent.sources != 1]}: {shown}")
    if sent.not_read:
        told.say(f"{sent.not_read} files in that folder state nothing that is read today; `holdfast ingest` lists them")
    if sent.left_out:
        told.say(f"left out: {'; '.join(sent.left_out)}")
    told.check(f"{name} is not simulated", expected=False, answered=simulated)
    told.check(f"{name} has assets", expected=True, answered=sum(counts.values()) > 0)
