"""The demo's questions: asked over HTTP, told in few lines, each answer compared with what the script makes true."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.running import Running
from loadtests import story
from loadtests.fleet import Play
from loadtests.hardware import SITE
from loadtests.script import Script
from schemas.envelope import millis, rfc3339
from schemas.words import Kind, Verdict
from service.facts.wording import line

Json = Any

_NAMES = {Kind.RACK: "racks", Kind.CHASSIS: "servers", Kind.GPU: "GPUs", Kind.DRIVE: "drives"}
_ORDER = ("confirmed", "consistent", "stale", "disputed", "contradicted", "unproven")
_HOUR = 3_600_000
_MARK = "SIMULATED"
_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that was not the expected one."""

    about: str
    expected: str
    answered: str


@dataclass(slots=True)
class Told:
    """The lines for the screen, the answers that they tell of, and what differed."""

    lines: list[str] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    checks: int = 0

    def title(self, text: str, *, simulated: bool = True) -> None:
        """Begin a scene; the label stands at the right, in every one."""
        self.lines.append(f"{text:<{_WIDTH - len(_MARK) - 2}}[{_MARK}]" if simulated else text)

    def say(self, text: str) -> None:
        """Add a line; what is wider than the screen goes on in the next one, and what is longer than two is cut."""
        self.lines += textwrap.wrap(
            text, _WIDTH, initial_indent="   ", subsequent_indent="      ", max_lines=2, placeholder=" …"
        )

    def row(self, name: str, cells: Iterable[str | int]) -> None:
        """Add a line of a table."""
        shown = "".join(f"{cell:>14,}" if isinstance(cell, int) else f"{cell:>14}" for cell in cells)
        self.lines.append(f"   {name:<10}{shown}")

    def check(self, about: str, expected: object, answered: object) -> None:
        """Compare an answer with what is true."""
        self.checks += 1
        if expected != answered:
            self.differences.append(Difference(about, str(expected), str(answered)))


@dataclass(frozen=True, slots=True)
class Site:
    """A simulated cell, what was played into it, and what happened in it."""

    cell: str
    play: Play
    script: Script


async def ask(running: Running, told: Told, site: Site, subject: Json) -> Json:
    """Ask whether the subject stayed over the whole play but its first hour; checks that the answer is labelled."""
    begin, end = rfc3339(site.play.start + story.QUIET), rfc3339(site.play.end)
    answer = await running.ask(cell=site.cell, predicate="stayed", subject=subject, **{"from": begin, "until": end})
    told.answers.append(answer)
    told.check("the label of a simulated cell", expected=True, answered=answer["simulated"])
    return answer


def by_serial(value: str) -> Json:
    """Give a subject by its serial."""
    return {"identifier": {"scheme": "serial", "value": value}}


def by_uuid(value: str) -> Json:
    """Give a GPU as a subject by its UUID."""
    return {"identifier": {"scheme": "gpu_uuid", "value": value}}


async def racks_stayed(running: Running, told: Told, site: Site) -> None:
    """Did the racks stay? Counts per kind and verdict, and the silences."""
    answer = (await ask(running, told, site, {"place": SITE}))["set"]
    told.title(f"1  Did the racks stay at {SITE}, from {_day(site.play.start + story.QUIET)} to {_day(site.play.end)}?")
    told.row("", _ORDER)
    for kind, name in _NAMES.items():
        told.row(name, (answer["counts"].get(kind.value, {}).get(verdict, 0) for verdict in _ORDER))
    silences = answer["silences"]
    longest = silences["longest"][0] if silences["longest"] else None
    words = f"; the longest {_span(longest)} of {longest['source']}, {longest['cause']}" if longest else ""
    told.say(f"{silences['count']} silences above their source's tolerance{words}")
    for kind, expected in story.expected(site.play).items():
        told.check(f"{_NAMES[kind]} that stayed", _plain(expected), _of(answer["counts"], kind))


async def swapped_gpu(running: Running, told: Told, site: Site) -> None:
    """Give one GPU's history after a planned swap."""
    swap = site.script.swap
    if swap is None:
        return
    answer = (await ask(running, told, site, by_uuid(swap.out.uuid)))["answer"]
    told.title(f"2  {swap.out.uuid}, in planned swap {swap.ticket}: did it stay? {answer['verdict']}")
    stretches = await _whereabouts(running, site, answer["subject"])
    before = None
    for stretch in stretches:
        if before is not None:
            told.say(f"{_minute(before)}  nowhere: taken out, as planned")
        told.say(f"{_minute(stretch['from'])}  in {await _where(running, site, stretch)}")
        before = stretch["until"]
    told.say("noticed by " + ", then ".join(_noticed(answer["contradicting"])))
    findings = await _findings(running, site, answer["subject"])
    told.say("findings about it: " + (", ".join(findings) or f"none, since {swap.ticket} announced exactly this"))
    told.check("the swapped GPU", "contradicted", answer["verdict"])
    told.check("stretches of the swapped GPU", 2, len(stretches))
    told.check("findings about the swapped GPU", [], findings)
    told.check("two sources saw it arrive", expected=True, answered=len(_noticed(answer["contradicting"])) > 1)


def _noticed(witnesses: Iterable[Json]) -> list[str]:
    seen = {each["source"]: each for each in witnesses if "slot" in each and str(each["slot"]).startswith("gpu/")}
    ordered = sorted(seen.values(), key=lambda each: str(each["from"]))
    return [f"{each['source']} ({each['control_domain']}) at {str(each['from'])[11:16]}" for each in ordered]


async def moved_rack(running: Running, told: Told, site: Site) -> None:
    """Show what a rack that did move looks like."""
    move = site.script.move
    if move is None:
        return
    answer = (await ask(running, told, site, by_serial(move.rack.serial)))["answer"]
    told.title(f"3  Rack {move.rack.serial}, which did move: did it stay? {answer['verdict']}")
    stretches = await _whereabouts(running, site, answer["subject"])
    for stretch in stretches:
        told.say(f"{_minute(stretch['from'])}  at {stretch['place']}")
    against = {each["control_domain"]: each for each in reversed(answer["contradicting"]) if each.get("place")}
    told.say(
        "against it: "
        + "; ".join(f"{each['source']} of {domain}, {each['grade']}" for domain, each in sorted(against.items()))
    )
    findings = await _findings(running, site, answer["subject"])
    told.say("findings about it: " + ", ".join(findings))
    told.check("the rack that moved", "contradicted", answer["verdict"])
    told.check("where it moved", [move.origin.place, move.goal.place], [each["place"] for each in stretches])
    told.check("findings about the rack that moved", ["rack_moved (open)"], findings)


async def silent_tray(running: Running, told: Told, site: Site) -> None:
    """Show what a tray whose agent was silent for long looks like."""
    silence = site.script.silence
    if silence is None:
        return
    gpu = next(gpu for gpu in silence.server.gpus if gpu is not None)
    tray = (await ask(running, told, site, by_serial(silence.server.serial)))["answer"]
    part = (await ask(running, told, site, by_uuid(gpu.uuid)))["answer"]
    told.title(f"4  Server {silence.server.serial}, whose agent was silent for long: did it stay? {tray['verdict']}")
    found = max(part["silences"], key=lambda each: int(each["length_ms"]))
    told.say(f"silent: {found['sources'][0]['source']}, {_span(found)} from {_minute(found['from'])}; {found['cause']}")
    told.say(f"the server itself: {tray['verdict']} all the same, by its BMC and the switch ports that saw its cards")
    told.say(f"a GPU in it: {part['verdict']}, since only the agent looks often enough for a GPU")
    told.say(f"what would raise that: {_remarks(part['would_raise'])}")
    told.check("the silent tray", "consistent" if site.play.agents_only else "confirmed", tray["verdict"])
    told.check("a GPU in the silent tray", "consistent", part["verdict"])
    lasted = silence.until_at - silence.from_at
    near = abs(int(found["length_ms"]) - lasted) <= _HOUR
    told.check("the length of the silence", (True, "theirs"), (near, found["cause"]))


async def agents_alone(running: Running, told: Told, site: Site) -> None:
    """Show what the same site's answer is worth with in-band agents alone, and why."""
    counts = (await ask(running, told, site, {"place": SITE}))["set"]["counts"]
    server = _still(site)
    answer = (await ask(running, told, site, by_serial(server)))["answer"]
    told.title("5  The same site, the same month, with the hosts' own agents alone")
    for kind in (Kind.CHASSIS, Kind.GPU, Kind.DRIVE):
        shown = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.get(kind.value, {}).items())
        told.say(f"{_NAMES[kind]:<10}{shown}; confirmed: none")
    told.say(
        f"server {server}: {answer['verdict']}, place {answer['grades']['place']}: a device cannot sense where it is"
    )
    told.say(f"what would raise that: {_remarks(answer['would_raise'])}")
    for kind, expected in story.expected(site.play).items():
        told.check(f"{_NAMES[kind]}, agents alone", _plain(expected), _of(counts, kind))
    told.check("a server, agents alone", ("consistent", "declared"), (answer["verdict"], answer["grades"]["place"]))


def _still(site: Site) -> str:
    """Name a server to which nothing happened."""
    play, (made, script) = site.play, site.play.prepare()
    moved = script.move.rack.servers if script.move else []
    busy = story.unheard(script) | {server.number for server in moved}
    quiet = [server for server in made.fleet.servers if server.number not in busy]
    return (quiet or made.fleet.servers)[play.seed % len(quiet or made.fleet.servers)].serial


def _of(counts: Mapping[str, Mapping[str, int]], kind: Kind) -> dict[str, int]:
    """Give the counts of one kind: none where no such thing was found."""
    return dict(sorted(counts.get(kind.value, {}).items()))


def _plain(counts: Mapping[Verdict, int]) -> dict[str, int]:
    return dict(sorted((verdict.value, count) for verdict, count in counts.items()))


async def _whereabouts(running: Running, site: Site, asset: str) -> list[Json]:
    """Give where a thing stood, stretches that differ in nothing that is shown put together."""
    items = (await running.get(f"/v1/assets/{asset}/whereabouts", cell=site.cell))["items"]
    found: list[Json] = []
    for item in items:
        last = found[-1] if found else None
        same = last is not None and (last["container"], last["place"]) == (item["container"], item["place"])
        if last is not None and same and last["until"] == item["from"]:
            last["until"] = item["until"]
        else:
            found.append(dict(item))
    return found


async def _where(running: Running, site: Site, stretch: Json) -> str:
    """Say where a stretch is: the container by its serial, and the place that holds that, two hours into it."""
    begin = millis(stretch["from"]) or 0
    end = millis(stretch["until"]) if stretch["until"] else site.play.end
    at = min(begin + 2 * _HOUR, (end or begin + 1) - 1)
    asset = stretch["container"]
    if asset is None:
        return str(stretch["place"])
    shown = await running.get(f"/v1/assets/{asset}", cell=site.cell, as_of=rfc3339(at))
    serial = max((each["value"] for each in shown["identifiers"] if each["scheme"] == "serial"), default=asset)
    place = shown["path"][-1] if shown["path"] else "an unknown place"
    return f"server {serial}, rack at {place}"


async def _findings(running: Running, site: Site, asset: str) -> list[str]:
    items = (await running.get("/v1/findings", cell=site.cell, limit=500))["items"]
    return sorted(f"{each['kind']} ({each['state']})" for each in items if asset in str(each["subject"]))


def _remarks(rows: Iterable[Json]) -> str:
    """Put remarks into words."""
    return " ".join(dict.fromkeys(line("would_raise", row) for row in rows)) or "nothing"


def _span(silence: Json) -> str:
    length = silence.get("length_ms")
    if length is None:
        length = (millis(silence["until"]) or 0) - (millis(silence["from"]) or 0)
    return f"{int(length) / _HOUR:.1f} h"


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _day(at: int) -> str:
    return _minute(rfc3339(at))
