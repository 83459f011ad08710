"""Where logs begin and end, asked so that a partition without a leader holds nobody else up."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

WAIT_S = 2.0

Found = TypeVar("Found")


async def bounds(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
    """First and next offset of each log; those that no broker answers for in time are left out."""
    return await _asked(partial(_both, consumer), tps)


async def ends(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Next offset of each log; those that no broker answers for in time are left out."""
    return await _asked(partial(_ends, consumer), tps)


async def _asked(
    ask: Callable[[list[TopicPartition]], Awaitable[dict[TopicPartition, Found]]], tps: Iterable[TopicPartition]
) -> dict[TopicPartition, Found]:
    """Ask for all at once, or for each by itself where one of them keeps the others' answer."""
    every = sorted(tps)
    found = await ask(every)
    if found or len(every) < 2:  # noqa: PLR2004 - there is no other
        return found
    for one in await asyncio.gather(*(ask([tp]) for tp in every)):
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
            return dict(await consumer.end_offsets(tps))
    except (KafkaError, TimeoutError):
        return {}
