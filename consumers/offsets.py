"""Where logs begin and end, asked so that a partition without a leader holds nobody else up."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

WAIT_S = 2.0


async def bounds(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
    """First and next offset of each log; those that no broker answers for in time are left out."""
    every = sorted(tps)
    found = await _both(consumer, every)
    if found or len(every) < 2:  # noqa: PLR2004 - all at once, or each by itself
        return found
    for one in await asyncio.gather(*(_both(consumer, [tp]) for tp in every)):
        found.update(one)
    return found


async def ends(consumer: AIOKafkaConsumer, groups: Iterable[Iterable[TopicPartition]]) -> dict[TopicPartition, int]:
    """Next offset of each log; groups of which no broker answers for one in time are left out as a whole."""
    every = [list(group) for group in groups]
    found = await _ends(consumer, [tp for group in every for tp in group])
    if found or len(every) < 2:  # noqa: PLR2004 - all at once, or each by itself
        return found
    for one in await asyncio.gather(*(_ends(consumer, group) for group in every)):
        found.update(one)
    return found


async def _both(consumer: AIOKafkaConsumer, tps: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
    try:
        async with asyncio.timeout(WAIT_S):
            starts, nexts = await asyncio.gather(consumer.beginning_offsets(tps), consumer.end_offsets(tps))
    except (KafkaError, TimeoutError):
        return {}
    return {tp: (starts[tp], nexts[tp]) for tp in tps}


async def _ends(consumer: AIOKafkaConsumer, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
    try:
        async with asyncio.timeout(WAIT_S):
            return dict(await consumer.end_offsets(tps)) if tps else {}
    except (KafkaError, TimeoutError):
        return {}
