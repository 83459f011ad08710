"""Containers that nothing names say only what holds them: an agent's tray, and its controller's chassis (0004)."""

from collections.abc import Iterable
from pathlib import Path

import asyncpg
import pytest

from schemas import formats
from schemas.formats import nvidia_smi
from schemas.inventory import Identifier, Item
from schemas.report import Message, Report
from schemas.words import FindingKind, Kind, Scheme
from tests.integration.test_alarms import found
from tests.integration.test_derived import CHASSIS, GPU, OTHER_RACK, RACK, books_of, derived, pool
from tests.reference.shapes import Facts
from tests.reference.test_rules import say, where
from tests.support.records import HOUR, MINUTE, SECOND, START, Stream, item, message

__all__ = ["pool"]

TOLERANCE = 15 * MINUTE


def tray(rack: Identifier | None = RACK, slot: str = "tray/1", *, gpu: bool = True) -> list[Item]:
    """Give what an agent sees: the GPU stands in a tray without a name, the tray in a rack."""
    held = [item("pci/1", Kind.GPU, GPU, within=slot)] if gpu else []
    racks = [item("rack", Kind.RACK, rack)] if rack is not None else []
    return [*racks, item(slot, Kind.CHASSIS, within="rack" if racks else None), *held]


def chassis() -> list[Item]:
    """Give what a controller sees: the GPU stands in a chassis with a serial."""
    return [item("c", Kind.CHASSIS, CHASSIS), item("GPU_0", Kind.GPU, GPU, within="c")]


def reports(stream: Stream, minutes: Iterable[int], said: dict[str, list[Item]]) -> None:
    """Let sources report, one after the other, at each of some minutes."""
    for n in minutes:
        for later, (source, items) in enumerate(said.items()):
            say(stream, START + n * MINUTE + later * SECOND, source, items, complete_for=(Kind.GPU,))


def names(facts: Facts, *sources: str) -> set[str]:
    """Give the containers that sources name of GPUs."""
    return {
        each.container for each in facts.bindings if each.kind == "gpu" and each.source in sources and each.container
    }


def quiet(facts: Facts) -> bool:
    """Whether nothing was disputed, moving, or found."""
    return not facts.disputes and not facts.findings and not any(row.moving for row in facts.whereabouts)


@pytest.mark.parametrize("order", [("agent", "bmc"), ("bmc", "agent")])
async def test_rule_17_a_tray_without_a_name_agrees_with_the_chassis_that_its_controller_names(
    pool: asyncpg.Pool, order: tuple[str, str]
) -> None:
    """Whoever comes first: the named one is shown from when it is seen, and nothing is found."""
    said = {"agent": tray(), "bmc": chassis()}
    stream = Stream()
    reports(stream, range(0, 60, 5), {source: said[source] for source in order})
    facts = await derived(pool, stream, START + HOUR, 3)
    assert quiet(facts)
    assert {where(facts, "gpu")[-1].container} == names(facts, "bmc")


async def test_rule_17_a_chassis_in_the_trays_rack_agrees_and_one_in_another_rack_does_not(pool: asyncpg.Pool) -> None:
    for rack, agrees in (("RACK-0001", True), ("RACK-0002", False)):
        stream = Stream()
        reports(stream, range(0, 60, 5), {"books": books_of(rack), "agent": tray(), "bmc": chassis()})
        facts = await derived(pool, stream, START + HOUR, 2)
        assert quiet(facts) == agrees
        assert bool(facts.disputes) != agrees


async def test_rule_17_a_tray_without_name_and_rack_agrees_with_any(pool: asyncpg.Pool) -> None:
    stream = Stream()
    reports(stream, range(0, 60, 5), {"books": books_of("RACK-0001"), "agent": tray(None), "bmc": chassis()})
    assert quiet(await derived(pool, stream, START + HOUR))


async def test_rule_17_another_rack_disagrees_with_a_tray_without_a_name(pool: asyncpg.Pool) -> None:
    """A rack stands in nothing either, and is no tray."""
    stream = Stream()
    shelf = [item("r", Kind.RACK, OTHER_RACK), item("g", Kind.GPU, GPU, within="r")]
    reports(stream, range(0, 60, 5), {"agent": tray(), "shelf": shelf})
    facts = await derived(pool, stream, START + HOUR)
    assert {each.shown[0] for each in facts.disputes} == {"agent"}


async def test_rule_18_two_trays_without_names_are_two_to_one_source_and_compared_by_their_racks_between_several(
    pool: asyncpg.Pool,
) -> None:
    stream = Stream()
    reports(stream, range(0, 30, 5), {"agent": tray()})
    reports(stream, range(30, 60, 5), {"agent": tray(slot="tray/2")})
    facts = await derived(pool, stream, START + HOUR)
    assert len({row.container for row in where(facts, "gpu")}) == 2
    assert not facts.findings  # both stand in one rack
    for rack, agrees in ((RACK, True), (OTHER_RACK, False)):
        stream = Stream()
        reports(stream, range(0, 60, 5), {"agent": tray(), "other": tray(rack)})
        facts = await derived(pool, stream, START + HOUR)
        assert quiet(facts) == agrees


async def test_rule_19_what_is_gone_from_a_tray_without_a_name_is_missing(pool: asyncpg.Pool) -> None:
    stream = Stream()
    reports(stream, range(0, 30, 5), {"agent": tray(), "bmc": chassis()})
    reports(stream, range(30, 35, 5), {"agent": tray(gpu=False)})
    facts = await derived(pool, stream, START + HOUR)
    assert [at for at, _ in found(facts, FindingKind.COMPONENT_MISSING)] == [START + 30 * MINUTE + TOLERANCE + 1]


async def test_rule_15_a_name_that_comes_to_a_tray_lets_its_contents_be_compared_anew(pool: asyncpg.Pool) -> None:
    """An asset tag joins nothing by itself, but it is a name: the next claim of another chassis disagrees."""
    stream = Stream()
    named = tray()
    named[1] = item("tray/1", Kind.CHASSIS, Identifier(Scheme.ASSET_TAG, "", "TRAY-77"), within="rack")
    reports(stream, range(0, 30, 5), {"agent": tray()})
    reports(stream, range(30, 40, 5), {"agent": named})
    reports(stream, range(40, 60, 5), {"agent": named, "bmc": chassis()})
    facts = await derived(pool, stream, START + HOUR, 2)
    assert {each.shown[0] for each in facts.disputes} == {"agent"}


@pytest.mark.parametrize("capture", ["qx-gb200-healthy.xml", "hardware/qx-gb300.xml"])
async def test_rule_17_a_real_capture_agrees_with_a_controller_of_the_same_gpus(
    pool: asyncpg.Pool, shared_data: Path, capture: str
) -> None:
    """`nvidia-smi` of a GB200 or GB300 names a rack and no tray; made up is the controller's report alone."""
    body = (shared_data / "nvidia/nvidia-smi-xml" / capture).read_bytes()
    read = formats.decode(Message(body), nvidia_smi.TYPE)
    assert isinstance(read, Report)
    gpus = [each for each in read.inventory.items if each.kind is Kind.GPU]
    own = [item(f"GPU_{n}", Kind.GPU, *gpu.identifiers, within="c") for n, gpu in enumerate(gpus)]
    stream = Stream()
    for n in range(0, 60, 5):
        at = START + n * MINUTE
        stream.put(at, message("agent", body, time=at, type_=nvidia_smi.TYPE))
        say(stream, at + SECOND, "bmc", [item("c", Kind.CHASSIS, CHASSIS), *own])
    facts = await derived(pool, stream, START + HOUR)
    seen = [{each.asset for each in facts.bindings if each.source == source} for source in ("agent", "bmc")]
    rows = [row for row in where(facts, "gpu") if row.asset in seen[0] & seen[1] and row.until_at is None]
    assert len(rows) >= len(gpus) - 1  # a UUID of nothing but zeros names no GPU
    assert {row.container for row in rows} == names(facts, "bmc")
    assert quiet(facts)
