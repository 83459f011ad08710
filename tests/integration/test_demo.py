"""The demo on servers of its own: every answer the expected one, on one screen, and quicker the second time."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.demo.answers import Told
from deploy.demo.cells import name_of
from loadtests import story
from loadtests.fleet import Play
from schemas.envelope import CELL
from schemas.words import Kind, Verdict
from tests.support.servers import KafkaServer

HOLDFAST = Path(sys.executable).with_name("holdfast")
SMALL = ("--servers", "12", "--days", "1")


@pytest.fixture
def environment(jars: Path, kafka_server: KafkaServer) -> Iterator[dict[str, str]]:
    """Give an environment with a data folder of its own; the jars are there, since the session's Kafka runs."""
    assert kafka_server.bootstrap
    data = Path(tempfile.mkdtemp(prefix="holdfast-demo-"))
    data.chmod(0o711)
    (data / "kafka").mkdir()
    (data / "kafka" / "jars").symlink_to(jars)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    yield kept | {"HOLDFAST_DATA_DIR": str(data)}
    shutil.rmtree(data, ignore_errors=True)


@pytest.mark.timeout(300)
def test_the_demo_answers_as_expected_and_again_without_playing(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [HOLDFAST, "demo", "--once", *SMALL], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 120
    titles = [line for line in lines if re.match(r"[1-5]  ", line)]
    assert len(titles) == 5
    assert all(line.endswith("[SIMULATED]") for line in titles)
    assert "DIFFERS" not in done.stdout
    assert "playing" in done.stderr

    again = subprocess.Popen(
        [HOLDFAST, "demo", *SMALL],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    told: list[str] = []
    assert again.stdout is not None
    for line in again.stdout:
        told.append(line.rstrip("\n"))
        if url := re.search(r"(?<=The API and its pages: )http://\S+", line):
            break
    else:
        pytest.fail("the demo ended without the URL of its pages")
    assert httpx.get(f"{url[0]}/livez", trust_env=False).status_code == 200
    again.send_signal(signal.SIGINT)
    _, said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert "playing" not in said
    assert [line for line in told if line.startswith("1  ")] == titles[:1]


def test_what_is_expected_counts_everything_that_stands_there() -> None:
    play = Play(servers=12, days=1)
    counts = story.expected(play)
    assert sum(counts[Kind.RACK].values()) == 3
    assert sum(counts[Kind.CHASSIS].values()) == 12
    assert sum(counts[Kind.GPU].values()) == 12 * 8 - 1  # one slot is kept free for the swap
    assert counts[Kind.RACK] == {Verdict.CONFIRMED: 2, Verdict.CONTRADICTED: 1}
    alone = story.expected(Play(servers=12, days=1, agents_only=True))
    assert Kind.RACK not in alone
    assert Verdict.CONFIRMED not in {verdict for count in alone.values() for verdict in count}


def test_a_play_names_its_cell() -> None:
    names = {
        name_of(Play(servers=s, days=d, agents_only=a)) for s in (12, 300) for d in (1, 1.5) for a in (True, False)
    }
    assert len(names) == 8
    assert all(CELL.fullmatch(name) for name in names)
    assert name_of(Play(), 2) != name_of(Play())


def test_a_difference_is_kept_and_a_long_line_wrapped() -> None:
    told = Told()
    told.check("racks", 3, 3)
    told.check("racks", 3, 2)
    assert [(each.expected, each.answered) for each in told.differences] == [("3", "2")]
    told.say("word " * 100)
    assert len(told.lines) == 2
    assert max(map(len, told.lines)) <= 120
