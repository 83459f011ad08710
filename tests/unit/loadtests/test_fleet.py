"""The fleet simulator: repeatable, in order, readable, and true to its script."""

import hashlib
import itertools
from collections import defaultdict

import orjson
import pytest

from loadtests.fleet import ACTS, BEAT_INTERVAL, TELEMETRY, Play, Record, partition_of
from schemas import acts, formats
from schemas.envelope import BEAT_TYPE, SOURCE, TIME, TYPE, millis
from schemas.report import Heartbeat, Message, Report

SMALL = Play(seed=3, servers=17, days=1)
MINUTE = 60_000


def _type(record: Record) -> str:
    return dict(record.headers)[TYPE].decode()


def _fingerprint(play: Play) -> str:
    hasher = hashlib.sha256()
    for record in play.records():
        hasher.update(repr(record).encode())
    return hasher.hexdigest()


@pytest.fixture(scope="module")
def small() -> list[Record]:
    return list(SMALL.records())


def test_a_play_is_a_function_of_its_seed() -> None:
    assert _fingerprint(SMALL) == _fingerprint(Play(seed=3, servers=17, days=1))
    assert _fingerprint(SMALL) != _fingerprint(Play(seed=4, servers=17, days=1))


def test_append_times_never_decrease_and_acts_come_first(small: list[Record]) -> None:
    assert all(one.at <= two.at for one, two in itertools.pairwise(small))
    assert small[0].topic == ACTS
    # Telemetry is applied below what the acts have reached: their last beat may go one further.
    assert all(SMALL.end <= record.at <= SMALL.end + 1 for record in small[-3:])
    assert {(record.topic, record.partition) for record in small[-3:]} == {(ACTS, 0), (TELEMETRY, 0), (TELEMETRY, 1)}


def test_rule_12_no_partition_is_ever_without_a_record_for_long(small: list[Record]) -> None:
    last: dict[tuple[str, int], int] = defaultdict(lambda: SMALL.start)
    for record in small:
        lane = (record.topic, record.partition)
        assert record.at - last[lane] <= BEAT_INTERVAL
        last[lane] = record.at


def test_rule_24_beats_stand_only_where_a_partition_was_idle() -> None:
    busy = list(Play(servers=300, days=0.1).records())
    beats = sum(1 for record in busy if record.topic == TELEMETRY and _type(record) == BEAT_TYPE)
    assert beats < len(busy) / 20


def test_every_record_can_be_read(small: list[Record]) -> None:
    for record in small:
        kind = _type(record)
        if record.topic == ACTS:
            assert kind == BEAT_TYPE or acts.parse(record.value).key
        elif kind != BEAT_TYPE:
            headers = dict(record.headers)
            assert record.key == headers[SOURCE]
            assert record.partition == partition_of(record.key or b"", 2)
            assert isinstance(formats.decode(Message(record.value, headers), kind), Report | Heartbeat)


def test_heartbeats_name_the_inventory_that_their_source_stated_last(small: list[Record]) -> None:
    stated: dict[bytes | None, bytes] = {}
    heartbeats = 0
    for record in small:
        if record.topic == TELEMETRY and _type(record) != BEAT_TYPE:
            seen = formats.decode(Message(record.value), _type(record))
            if isinstance(seen, Heartbeat):
                heartbeats += 1
                assert stated[record.key] == seen.digest
            else:
                stated[record.key] = seen.inventory.digest()
    assert heartbeats > len(small) / 20


def test_every_source_is_enrolled_before_it_reports_and_none_reports_once_retired(small: list[Record]) -> None:
    enrolled: set[str] = set()
    for record in small:
        if record.topic == ACTS and _type(record) != BEAT_TYPE:
            said = acts.parse(record.value)
            if isinstance(said, acts.SourceEnrol):
                enrolled.add(said.source)
            elif isinstance(said, acts.SourceRetire):
                enrolled.remove(said.source)
        elif record.key is not None:
            assert record.key.decode() in enrolled


def test_acts_have_keys_of_their_own(small: list[Record]) -> None:
    keys = [acts.parse(each.value).key for each in small if each.topic == ACTS and _type(each) != BEAT_TYPE]
    assert len(set(keys)) == len(keys) > 40


def _sightings(records: list[Record], text: str) -> list[tuple[int, str]]:
    """When which source began or went on to name a text in a full report."""
    return [
        (record.at, record.key.decode())
        for record in records
        if record.key is not None and text.encode() in record.value
    ]


def test_a_swapped_gpu_turns_up_in_the_other_tray_and_two_sources_notice_minutes_apart(small: list[Record]) -> None:
    swap = SMALL.script().swap
    assert swap is not None
    seen = _sightings(small, swap.out.serial)
    before = {source for at, source in seen if at < swap.removed_at}
    after = {source: at for at, source in reversed(seen) if at > swap.removed_at}
    assert before == {f"agent-{swap.server.number:04d}", f"bmc-{swap.server.number:04d}"}
    assert set(after) == {f"agent-{swap.other.number:04d}", f"bmc-{swap.other.number:04d}"}
    assert all(at >= swap.arrived_at for at in after.values())
    assert max(after.values()) - min(after.values()) > MINUTE
    plans = [each.at for each in small if each.topic == ACTS and swap.ticket.encode() in each.value]
    assert plans == [swap.planned_at]


def test_a_rack_that_moves_is_silent_on_its_way_and_seen_at_another_position(small: list[Record]) -> None:
    move = SMALL.script().move
    assert move is not None
    servers = {f"agent-{server.number:04d}" for server in move.rack.servers}
    on_the_way = [each for each in small if move.left_at <= each.at < move.put_at and each.key is not None]
    assert not servers & {each.key.decode() for each in on_the_way if each.key}
    seen = _sightings(small, move.rack.shelf_serial)
    feeds = {source for at, source in seen if at < move.left_at and source.startswith("feed-")}
    assert feeds == {f"feed-{move.origin.code}"}
    feeds = {source for at, source in seen if at >= move.left_at and source.startswith("feed-")}
    assert feeds == {f"feed-{move.goal.code}"}


def test_a_silent_agent_says_nothing_while_the_rest_of_its_tray_is_seen(small: list[Record]) -> None:
    silence = SMALL.script().silence
    assert silence is not None
    during = {each.key for each in small if silence.from_at <= each.at < silence.until_at}
    assert f"agent-{silence.server.number:04d}".encode() not in during
    assert f"bmc-{silence.server.number:04d}".encode() in during


def test_a_repaired_drive_comes_back_into_its_bay(small: list[Record]) -> None:
    repair = SMALL.script().repair
    assert repair is not None
    times = [at for at, _ in _sightings(small, repair.drive.serial)]
    assert min(times) < repair.removed_at
    assert not [at for at in times if repair.removed_at <= at < repair.returned_at]
    assert max(times) >= repair.returned_at


def test_a_clock_that_drifts_leaves_freshness_and_comes_back(small: list[Record]) -> None:
    drifts = SMALL.script().drifts
    assert {drift.rate > 0 for drift in drifts} == {True, False}
    for drift in drifts:
        wrong = [
            abs((millis(dict(each.headers)[TIME]) or 0) - each.at)
            for each in small
            if each.key == f"agent-{drift.server.number:04d}".encode() and drift.from_at <= each.at < drift.until_at
        ]
        assert wrong[0] < 20_000
        assert wrong[-1] > 120_000


def test_agents_alone_state_a_place_and_nobody_else_says_a_word() -> None:
    alone = list(Play(seed=3, servers=17, days=0.5, agents_only=True).records())
    assert {each.key.decode()[:6] for each in alone if each.key} == {"agent-"}
    body = next(each.value for each in alone if each.key)
    assert orjson.loads(body)["items"][0]["place"].startswith("KUL1/H1/")


def test_even_one_server_can_be_played() -> None:
    assert any(record.key for record in Play(servers=1, days=0.1).records())
    with pytest.raises(ValueError, match="at least one server"):
        next(Play(servers=0).records())
