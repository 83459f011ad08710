"""Acts as they are asked for and answered over HTTP, and what the probes say."""

from pydantic import BaseModel, ConfigDict

from schemas.acting import Cell
from schemas.acts import AnyAct
from schemas.answers import At
from schemas.paging import Answered, example

_AT = "2025-06-01T00:00:00.000Z"


class ActAsked(BaseModel):
    """An act to write, and the cell that it is for (`common` for operators and cells)."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "cell": "kul-1",
                    "act": {
                        "act": "source.enrol",
                        "key": "enrol-2025-06-01-1",
                        "by": "person:7",
                        "source": "bmc-r3-u12",
                        "source_class": "out_of_band",
                        "control_domain": "facilities",
                        "interval_s": 300,
                    },
                },
                {
                    "cell": "kul-1",
                    "act": {"act": "site.put", "key": "site-1", "by": "person:7", "site": "KUL-1", "country": "MY"},
                },
            ]
        },
    )

    cell: Cell
    act: AnyAct


class ActCarried(Answered):
    """One of many acts, by its line, and what became of it; `outcome` null: not known yet, `words` may say why."""

    model_config = example(
        line=2, act="place.put", key="places-2025-06-01/2", offset=41, at=_AT, outcome="applied", words=None
    )

    line: int
    act: str
    key: str
    offset: int | None = None
    at: At | None = None
    outcome: str | None = None
    words: str | None = None


class ActAnswer(Answered):
    """An act and what became of it. `outcome` null: not derived yet; ask `url` again."""

    model_config = example(
        cell="kul-1",
        offset=41,
        at=_AT,
        act="source.enrol",
        key="enrol-2025-06-01-1",
        by="person:7",
        outcome="applied",
        words=None,
        url="/v1/acts/41?cell=kul-1",
    )

    cell: Cell
    offset: int
    at: At
    act: str
    key: str
    by: str
    outcome: str | None = None
    words: str | None = None
    url: str


class Ready(Answered):
    """Whether requests can be answered, and what is waited for.

    Cells that stand still are `degraded`, and everything else is answered: they are counted, and named to those who
    send a key of their operator.
    """

    model_config = example(
        ready=True,
        waits_for=[],
        degraded=[
            "acts.kul-1/0: last applied 95 s ago, so its consumer is waited for",
            "partitions of other operators that stand still: 2",
        ],
        version="0.1.0",
    )

    ready: bool
    waits_for: list[str]
    degraded: list[str]
    version: str


class Alive(Answered):
    """That the process answers."""

    model_config = example(alive=True)

    alive: bool = True
