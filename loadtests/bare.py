"""The loop that a consumer is measured against: poll and parse, nothing else; the consumer's own fetch settings."""

import json
import sys
import time

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

POLL_RECORDS = 20_000
FETCH = {
    "max_poll_records": POLL_RECORDS,
    "fetch_max_bytes": 64 * 1024 * 1024,
    "max_partition_fetch_bytes": 16 * 1024 * 1024,
    "fetch_max_wait_ms": 100,
    "enable_auto_commit": False,
}


async def drain(bootstrap: str, topic: str, ranges: list[tuple[int, int]]) -> tuple[int, float, float]:
    """Read each partition from its first offset up to (not including) its last one.

    Gives records, seconds and processor seconds, from the first connection on.
    """
    began, spent = time.perf_counter(), time.process_time()
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="none", **FETCH)
    await consumer.start()
    try:
        lanes = [TopicPartition(topic, number) for number in range(len(ranges))]
        consumer.assign(lanes)
        for lane, (first, _) in zip(lanes, ranges, strict=True):
            consumer.seek(lane, first)
        wanted = sum(last - first for first, last in ranges)
        count = 0
        while count < wanted:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                bodies = [record.value for record in records if record.value]  # beats have none
                for body in bodies:
                    orjson.loads(body)
                count += len(bodies)
        return count, time.perf_counter() - began, time.process_time() - spent
    finally:
        await consumer.stop()


if __name__ == "__main__":
    count, seconds, cpu = uvloop.run(drain(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
    print(json.dumps({"records": count, "seconds": seconds, "cpu_s": cpu}))  # noqa: T201 - its answer
