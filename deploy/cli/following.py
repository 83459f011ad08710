"""Claims over HTTP, and the jobs that large ones become: put, followed to their end, their progress told on stderr."""

import time
from collections.abc import Mapping
from typing import Any

import click

from deploy.cli.asking import NotAnswered, send
from schemas.canonical import canonical
from schemas.jobs import JobAsked

_LOOK_S = 0.5
_WHOLE = ("claim", "cell", "simulated", "events")
_JOB = ("job", "url", "state", "progress")


def put(stated: Mapping[str, object], asked: JobAsked, table: bytes | None, url: str | None, key: str | None) -> bytes:
    """Put a claim, and give the answer's own bytes, also where it takes a job. Raises `NotAnswered`, `AskedWrongly`."""
    if table is not None:
        csv = {"Content-Type": "text/csv"}
        response = send("POST", "/v1/jobs/csv", url, key, _JOB, params=query_of(asked), content=table, headers=csv)
    elif asked.cell is None:
        response = send("POST", "/v1/jobs", url, key, _JOB, json=dict(stated))
    else:
        response = send("POST", "/v1/attestations", url, key, _WHOLE, json=dict(stated))
    made = response.json()
    return response.content if "job" not in made else canonical(followed(made, url, key)["answer"])


def query_of(asked: JobAsked) -> list[tuple[str, str]]:
    """Give the claim about a list, but for the list, as the query of `/v1/jobs/csv`."""
    whole = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
    single = [(name, str(whole[name])) for name in _SINGLE if name in whole]
    kinds = [("kind", kind) for kind in whole["subject"].get("kinds", ())]
    limits = [("max_silence_s", f"{kind}={seconds}") for kind, seconds in whole["max_silence_s"].items()]
    grades = [("identity", whole["grades"]["identity"]), ("grade", whole["grades"]["place"])]
    return [*single, *kinds, *limits, *grades]


_SINGLE = ("cell", "predicate", "from", "until", "place", "country", "known_at")


def followed(job: Mapping[str, Any], url: str | None, key: str | None) -> Mapping[str, Any]:
    """Wait until a job is done, and give it with its answer. Raises `NotAnswered` where it comes to another end."""
    click.echo(
        f"job {job['job']}: it goes on without this command; `holdfast jobs cancel {job['job']}` ends it", err=True
    )
    told = -1
    while True:
        found: dict[str, Any] = send("GET", str(job["url"]), url, key, _JOB).json()
        progress = found["progress"]
        if progress["done"] != told:
            told = progress["done"]
            click.echo(f"judged {told} of {progress['of']}", err=True)
        if found["state"] == "done":
            return found
        if found["state"] != "open":
            raise NotAnswered(f"the job is {found['state']}{': ' + found['words'] if found['words'] else ''}")
        time.sleep(_LOOK_S)
