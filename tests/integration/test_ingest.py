"""Captures from files to Kafka: told apart, gathered, named, sent as a person's; what is not read is listed."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from click.testing import CliRunner

from deploy.cli.ingest import SOME_NOT_READ, ingest
from deploy.ingest import CAPTURED, find, named_format, tree_of
from schemas import acts
from schemas.envelope import SOURCE, TIME, TYPE, acts_topic, millis, telemetry_topic
from schemas.errors import Rejected
from schemas.words import Kind, SourceClass
from service.store.pool import create_pool
from tests.properties.driving import facts_after
from tests.reference.model import facts
from tests.reference.shapes import difference
from tests.support.facts import facts_of
from tests.support.records import HOUR, START, Stream, body_of, item, report, serial
from tests.support.servers import KafkaServer

CHASSIS = {"@odata.id": "/redfish/v1/Chassis/1", "@odata.type": "#Chassis.v1_0_0.Chassis", "SerialNumber": "CH12345"}
SYSTEM = {"@odata.id": "/redfish/v1/Systems/1", "UUID": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "Name": "System"}
MANAGER = {
    "@odata.id": "/redfish/v1/Managers/1",
    "@odata.type": "#Manager.v1_0_0.Manager",
    "DateTime": "2025-11-05T10:00:00+03:00",
}
REPORT = body_of([item("node", Kind.CHASSIS, serial("S-000123"))])


def _write(path: Path, what: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(what if isinstance(what, bytes) else orjson.dumps(what))
    return path


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """Give a folder with a report, a tree in each way of storing one, and two files that nobody can read."""
    root = tmp_path / "captures"
    _write(root / "node.json", REPORT)
    for resource in (CHASSIS, SYSTEM, MANAGER):
        steps = str(resource["@odata.id"]).strip("/").split("/")
        _write(root.joinpath("full", *steps, "index.json"), resource)
        _write(root.joinpath("short", *steps[2:], "index.json"), resource)
        _write(root / "flat" / f"{str(resource['@odata.id']).replace('/', '_')}.json", resource)
    _write(root / "alone.json", CHASSIS)
    _write(root / "notes.txt", b"call the landlord")
    _write(root / "broken.json", REPORT[:-10])
    return root


def test_a_crawled_tree_is_one_capture_however_it_was_stored(captures: Path) -> None:
    found = find([captures])
    assert {(each.name, each.files) for each in found.captures} == {
        ("ingest/captures/node.json", 1),
        ("ingest/captures/alone.json", 1),
        ("ingest/captures/full", 3),
        ("ingest/captures/short", 3),
        ("ingest/captures/flat", 3),
    }
    assert {each.path.name for each in found.not_read} == {"notes.txt", "broken.json"}
    trees = {each.body for each in found.captures if each.files == 3}
    assert len(trees) == 1


def test_the_name_of_a_capture_does_not_depend_on_what_else_is_read(captures: Path) -> None:
    together = {each.name for each in find([captures]).captures}
    assert find([captures / "flat"]).captures[0].name == "ingest/flat"
    assert {each.name for each in find([captures, captures]).captures} == together


def test_captures_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """Two nodes' captures under one source would be one scope: what only the first has would be missing."""
    paths = [_write(tmp_path / rack / node / "smi.xml", REPORT) for rack in "ab" for node in ("n1", "n2")]
    same = _write(tmp_path / "a" / "n1" / "other.json", REPORT)
    assert [each.name for each in find([*paths[:2], same]).captures] == [
        "ingest/n1/smi.xml",
        "ingest/n2/smi.xml",
        "ingest/n1/other.json",
    ]
    assert [each.name for each in find(paths[1:2]).captures] == ["ingest/n2/smi.xml"]
    names = [each.name for each in find(paths).captures]
    assert names == [f"ingest/{rack}/{node}/smi.xml" for rack in "ab" for node in ("n1", "n2")]
    folders = find([tmp_path / "a" / "n1", tmp_path / "b" / "n1"]).captures
    assert {each.name for each in folders} == {"ingest/a/n1/smi.xml", "ingest/b/n1/smi.xml", "ingest/n1/other.json"}


def test_a_resource_outside_its_tree_stands_alone() -> None:
    body = orjson.dumps(CHASSIS)
    assert tree_of(Path("/a/chassis.json"), body) is None
    assert tree_of(Path("/a/redfish/v1/Chassis/1/index.json"), body) == Path("/a")
    assert tree_of(Path("/a/Chassis/1.json"), body) == Path("/a")
    assert tree_of(Path("/a/_redfish_v1_Chassis_1.json"), body) == Path("/a")
    root = orjson.dumps({"@odata.id": "/redfish/v1/", "Name": "Root"})
    assert tree_of(Path("/a/index.json"), root) == Path("/a")


def test_names_that_cannot_be_a_source_are_made_to_fit(tmp_path: Path) -> None:
    odd = _write(tmp_path / ("a\u202eb" + "x" * 180) / ("y" * 120 + ".json"), REPORT)
    (capture,) = find([odd.parent]).captures
    assert len(capture.name) <= 256
    assert "\u202e" not in capture.name


def test_a_file_above_one_message_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.ingest.MAX_BYTES", 10)
    found = find([_write(tmp_path / "large.json", REPORT)])
    assert [each.code for each in found.not_read] == ["too_large"]


def test_a_format_can_be_named_and_an_unknown_one_names_the_known() -> None:
    assert named_format("nvidia-smi") is named_format("io.holdfast.nvidia-smi.v1")
    with pytest.raises(Rejected, match="there are report, heartbeat"):
        named_format("nonsense")


def test_a_named_format_is_not_told_apart(captures: Path) -> None:
    found = find([captures / "notes.txt"], named_format("report"))
    assert [each.code for each in found.not_read] == ["bad_json"]


def _run(kafka_server: KafkaServer, *args: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        ingest, list(args), env={"HOLDFAST_KAFKA_BOOTSTRAP": kafka_server.bootstrap}, standalone_mode=False
    )
    if done.exception:
        raise done.exception
    return int(done.return_value or 0), done.stdout


async def _read(bootstrap: str, topic: str, partitions: int, count: int) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        lanes = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(lanes)
        got: list[ConsumerRecord] = []
        while len(got) < count:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                got += records
        return got
    finally:
        await consumer.stop()


def test_rule_25_captures_are_a_persons_and_fresh_when_ingested(
    kafka_server: KafkaServer, cell: str, captures: Path
) -> None:
    before = datetime.now(UTC).timestamp() * 1000 - 1
    code, out = _run(kafka_server, str(captures), "--cell", cell, "--json")
    answer = json.loads(out)
    assert code == SOME_NOT_READ
    assert len(answer["sent"]) == 5
    assert {Path(each["path"]).name for each in answer["not_read"]} == {"notes.txt", "broken.json"}

    records = asyncio.run(_read(kafka_server.bootstrap, telemetry_topic(cell), 2, 5))
    for record in records:
        headers = dict(record.headers)
        assert record.key == headers[SOURCE]
        assert before <= (millis(headers[TIME]) or 0) <= record.timestamp + 1000
        if headers[TYPE] == b"io.holdfast.redfish.tree.v1" and b"Manager" in record.value:
            assert headers[CAPTURED] == b"2025-11-05T07:00:00.000Z"
        else:
            assert CAPTURED not in headers

    enrolled = [
        acts.parse(record.value) for record in asyncio.run(_read(kafka_server.bootstrap, acts_topic(cell), 1, 5))
    ]
    assert {said.source for said in enrolled if isinstance(said, acts.SourceEnrol)} == {
        record.key.decode() for record in records
    }
    assert {said.source_class for said in enrolled if isinstance(said, acts.SourceEnrol)} == {SourceClass.PERSON}


def test_all_read_is_0_and_nothing_sent_is_1(kafka_server: KafkaServer, cell: str, captures: Path) -> None:
    code, out = _run(kafka_server, str(captures / "node.json"), "--cell", cell, "--source", "lab-7")
    assert (code, out) == (0, f"sent 1 captures of 1 files with 1 components to cell {cell}\n")
    assert _run(kafka_server, str(captures / "notes.txt"), "--cell", cell)[0] == 1


@pytest.mark.needs_shared_data
def test_real_captures_are_found_in_their_trees(shared_data: Path) -> None:
    found = find([shared_data / "redfish", shared_data / "nvidia" / "nvidia-smi-xml"])
    sizes = {each.name: each.files for each in found.captures}
    assert sizes["ingest/redfish/gb300-supermicro"] > 100
    assert sizes["ingest/redfish/dmtf-public-rackmount1"] > 50
    assert sum(each.format is named_format("nvidia-smi") for each in found.captures) == 6


async def test_rule_25_a_capture_that_is_brought_once_opens_no_gap(database: str) -> None:
    stream = Stream()
    person = acts.SourceEnrol(
        key=stream.key(), by="program:ingest", source="ingest/node.json", source_class=SourceClass.PERSON
    )
    stream.act(START, person)
    for source in ("ingest/node.json", "agent"):
        stream.put(START, report(source, [item("node", Kind.CHASSIS, serial("S-000123"))], time=START))
    stream.beats(START + HOUR)
    pool = await create_pool(database, min_size=1, max_size=3)
    try:
        cell = await facts_after(pool, stream.records(), stream.partitions)
        async with pool.acquire() as connection:
            found = await facts_of(connection, cell)
    finally:
        pool.terminate()
    assert {gap.source for gap in found.gaps} == {"agent"}
    assert not difference(facts(stream.records(), stream.partitions), found)
