"""The benchmark's load and its results; that it runs at all is tried at toy size in tests/integration."""

import json
from pathlib import Path

from loadtests import preload, results
from schemas.formats import holdfast_heartbeat, holdfast_report
from schemas.report import Heartbeat, Message, Report
from schemas.words import Kind


def test_a_report_of_the_benchmark_is_about_1_kb_of_8_gpus() -> None:
    seen: Report = holdfast_report.decode(Message(preload.body(7)))
    assert [item.kind for item in seen.inventory.items] == [Kind.GPU] * 8
    assert 900 < len(preload.body(7)) < 1100
    assert preload.body(7) == preload.body(7) != preload.body(8)


def test_heartbeats_of_the_benchmark_stand_for_its_reports() -> None:
    reports = dict(preload.Load("bench", 3, 1).bodies())
    for name, body in preload.Load("bench", 3, 1, heartbeats=True).bodies():
        stated: Heartbeat = holdfast_heartbeat.decode(Message(body))
        seen: Report = holdfast_report.decode(Message(reports[name]))
        assert stated.digest == seen.inventory.digest()


def test_results_name_goal_figures_spread_and_machine(tmp_path: Path) -> None:
    rounds = [
        {"bare": bare, "consumer": consumer, "bare_cpu_us": 3.0, "consumer_cpu_us": 4.5, "resident_mib": 210.0}
        for bare, consumer in ((200_000.0, 130_000.0), (220_000.0, 140_000.0), (210_000.0, 150_000.0))
    ]
    measured = [
        {
            "name": "unchanged reports",
            "goal": ">= 0.6",
            "body_bytes": 1001,
            "rounds": rounds,
            "ratios": [0.65, 0.7, 0.6],
        }
    ]
    size = {"sources": 500, "records": 200_000, "rounds": 3, "partitions": 4}
    text, document = results.written(measured, size)
    assert "| unchanged reports | 1001 | >= 0.6 | 210,000 [200,000-220,000] | 140,000 [130,000-150,000] | 0.65 " in text
    assert results.machine()["commit"] in text
    path = results.keep(tmp_path / "results", text, document)
    assert path.read_text() == text
    assert json.loads((path.parent / "p1.json").read_text())["size"] == size
