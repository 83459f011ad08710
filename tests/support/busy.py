"""A small site at work: records in which everything ordinary happens, and what they should come to."""

import random
from collections.abc import Sequence

from schemas import acts
from schemas.words import Kind, SourceClass
from tests.reference.model import facts
from tests.reference.shapes import difference
from tests.support.cells import Cell
from tests.support.records import (
    MINUTE,
    SECOND,
    START,
    Record,
    Stream,
    digest_of,
    heartbeat,
    item,
    message,
    report,
    serial,
)

PARTITIONS = 2
NODES = 6


def busy(rounds: int, seed: int) -> tuple[Record, ...]:
    """Give a small site at work: reports and heartbeats every five minutes, swaps, silences, garbage, acts."""
    chance = random.Random(seed)  # noqa: S311 - a test repeats itself
    stream = Stream(partitions=PARTITIONS)
    slots = [[n, n + NODES] for n in range(NODES)]
    for n in range(NODES):
        stream.act(
            START + n,
            acts.SourceEnrol(key=stream.key(), by="p-1", source=f"agent{n}", source_class=SourceClass.IN_BAND),
        )
    now = START + SECOND
    for _ in range(rounds):
        if chance.random() < 0.5:
            one, other = chance.sample(range(NODES), 2)
            slots[one], slots[other] = slots[other], slots[one]
        for n in range(NODES):
            now += chance.randrange(1, 20) * SECOND
            if chance.random() < 0.8:
                _speak(stream, chance, now, n, slots[n])
        stream.put(now, message("stranger", b"{", time=now), chance.randrange(PARTITIONS))
        now += 5 * MINUTE
        stream.beats(now)
    stream.beats(now + 20 * MINUTE)
    return stream.records()


def _speak(stream: Stream, chance: random.Random, now: int, node: int, gpus: Sequence[int]) -> None:
    held = [
        item(f"gpu/{n}", Kind.GPU, serial(f"GPU-{which:04}", "nv/h200"), within="c") for n, which in enumerate(gpus)
    ]
    items = [item("c", Kind.CHASSIS, serial(f"CH-{node:04}", "acme/c1")), *held]
    for source in (f"agent{node}", f"bmc{node}"):
        time = now if chance.random() < 0.9 else now - 60 * MINUTE
        if chance.random() < 0.5:
            record = heartbeat(source, digest_of(items, (Kind.GPU,)), time=time)
        else:
            record = report(source, items, time=time, complete_for=(Kind.GPU,))
        stream.put(now, record, node % PARTITIONS)


def slices(records: Sequence[Record], parts: int) -> list[list[Record]]:
    """Cut a stream into parts that follow each other in time, each partition's order kept."""
    ordered = sorted(records, key=lambda r: (r.timestamp, r.topic, r.partition, r.offset))
    size = -(-len(ordered) // parts)
    return [ordered[at : at + size] for at in range(0, len(ordered), size)]


def end_of(records: Sequence[Record]) -> int:
    """Give the moment up to which everything can be derived."""
    return max(record.timestamp for record in records)


async def settled(cell: Cell, records: Sequence[Record]) -> str:
    """Wait until everything is applied; say in what the facts differ from the model's."""
    await cell.applied(end_of(records))
    return difference(facts(await cell.read_back(), PARTITIONS), await cell.facts())
