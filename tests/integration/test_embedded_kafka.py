"""The embedded Kafka: the locked jars or none, starts, ends, dies with its launcher, starts again after any crash."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.embedded import EmbeddedKafka
from deploy.embedded.jars import LOCK_FILE, JarChanged, JarsUnavailable, class_path, locked
from deploy.embedded.lock import FolderInUse
from deploy.embedded.ports import broker_answers
from tests.support.network import package_index_too
from tests.support.processes import end, gone, launch
from tests.support.servers import apart, make_topic, unique


@pytest.fixture(scope="session")
def checked_jars(jars: Path) -> Path:
    with package_index_too():
        class_path(jars)
    return jars


@pytest.fixture
def server(server_folder: Path, checked_jars: Path) -> Iterator[EmbeddedKafka]:
    made = EmbeddedKafka(server_folder / "kafka", jars=checked_jars)
    yield made
    made.stop()


@pytest.fixture
def own_jars(server_folder: Path, checked_jars: Path) -> Path:
    folder = server_folder / "jars"
    folder.mkdir()
    for jar in locked():
        shutil.copy(checked_jars / jar.filename, folder)
    return folder


async def send(bootstrap: str, topic: str, *values: bytes, codec: str = "lz4") -> int:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, compression_type=codec)
    await producer.start()
    try:
        sent = [await producer.send_and_wait(topic, value) for value in values]
    finally:
        await producer.stop()
    return int(sent[-1].offset)


async def receive(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=unique("g"), auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [bytes((await consumer.getone()).value or b"") for _ in range(count)]
    finally:
        await consumer.stop()


def test_records_are_kept_over_a_stop_a_crash_and_a_torn_format(server: EmbeddedKafka) -> None:
    half = server.root / "data.new"
    half.mkdir(parents=True)
    (half / "meta.properties").write_text("version=1\ncluster.id=torn")
    (server.root / "data").mkdir()
    (server.root / "data" / "bootstrap.checkpoint").write_bytes(b"\0")
    bootstrap = server.start()
    apart(lambda: make_topic(bootstrap, "kept"))
    assert apart(lambda: send(bootstrap, "kept", b"one", codec="lz4")) == 0
    server.stop()
    assert not broker_answers(int(bootstrap.partition(":")[2]))

    began = time.monotonic()
    assert server.start() == bootstrap, "clients find it where it was"
    assert time.monotonic() - began < 8, "a second start"
    assert apart(lambda: send(bootstrap, "kept", b"two", codec="zstd")) == 1
    server.kill()
    assert server.start() == bootstrap
    assert apart(lambda: send(bootstrap, "kept", b"three")) == 2
    assert apart(lambda: receive(bootstrap, "kept", 3)) == [b"one", b"two", b"three"]


def test_a_port_that_is_taken_is_left_to_its_owner(server: EmbeddedKafka) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        taken = owner.getsockname()[1]
        server.root.mkdir(parents=True)
        (server.root / "ports").write_text(f"{taken} {taken}")
        assert server.start() != f"127.0.0.1:{taken}"


@pytest.mark.parametrize("victim", ["launcher", "guardian"])
def test_it_dies_with_whoever_started_it(server_folder: Path, checked_jars: Path, victim: str) -> None:
    launcher, server, guardian = launch("kafka", server_folder / "kafka", checked_jars)
    try:
        with pytest.raises(FolderInUse, match=f"process {launcher.pid}"):
            EmbeddedKafka(server_folder / "kafka", jars=checked_jars).start()
        if victim == "guardian":
            os.kill(guardian, signal.SIGKILL)
            assert gone(server)
    finally:
        end(launcher)
    assert gone(server)
    assert gone(guardian)


def test_two_side_by_side_do_not_meet(server: EmbeddedKafka, server_folder: Path, checked_jars: Path) -> None:
    beside = EmbeddedKafka(server_folder / "beside", jars=checked_jars)
    try:
        one, other = server.start(), beside.start()
        assert one != other
        apart(lambda: make_topic(one, "here"))
        apart(lambda: make_topic(other, "here"))
        apart(lambda: send(one, "here", b"x"))
        assert apart(lambda: send(other, "here", b"y")) == 0
    finally:
        beside.stop()


def test_a_changed_jar_is_refused_by_name(own_jars: Path, server_folder: Path) -> None:
    victim = own_jars / locked()[7].filename
    changed = bytearray(victim.read_bytes())
    changed[len(changed) // 2] ^= 1
    victim.unlink()
    victim.write_bytes(changed)
    server = EmbeddedKafka(server_folder / "kafka", jars=own_jars)
    with pytest.raises(JarChanged, match=rf"{victim.name}.*delete it and run this again"):
        server.start()
    assert server.pid is None


def test_a_jar_that_cannot_be_fetched_is_named_with_what_to_do(
    own_jars: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (own_jars / locked()[3].filename).unlink()
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there: as good as no network
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(JarsUnavailable, match=rf"{locked()[3].filename}.*HOLDFAST_KAFKA_BOOTSTRAP"):
        class_path(own_jars)
    assert not list(own_jars.glob(".incoming-*"))


def test_a_wrong_jar_in_a_local_repository_is_not_taken(
    own_jars: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jar = locked()[3]
    (own_jars / jar.filename).unlink()
    place = tmp_path.joinpath(*jar.group.split("."), jar.artifact, jar.version)
    place.mkdir(parents=True)
    (place / jar.filename).write_bytes(b"not a jar")
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    with pytest.raises(JarChanged, match="nothing of it was kept"):
        class_path(own_jars)
    assert not (own_jars / jar.filename).exists()


def test_the_lock_has_every_jar_of_the_right_kafka() -> None:
    jars = locked()
    assert LOCK_FILE.exists()
    assert ("kafka_2.13", "4.4.0") in {(jar.artifact, jar.version) for jar in jars}
    assert len({jar.filename for jar in jars}) == len(jars) >= 44
    assert all(len(jar.sha256) == 64 for jar in jars)
