"""One finding, whole: with what was said of it. Who reads it is noted before it is shown."""

from typing import Annotated, ClassVar

import orjson
from fastapi import Path, Request

from schemas.acting import AssetRef
from schemas.errors import HoldfastError
from schemas.findings import FindingAnswer, FindingOpened, StepShown
from schemas.grants import NOTER
from schemas.pages import FindingShown
from service.api import sending
from service.api.asking import OneAsked
from service.api.auth import CanRead, guarded
from service.api.parts import parts_of
from service.store import reading

router = guarded("findings")


class FindingNotFound(HoldfastError):
    """The cell has no such finding that may be seen."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "finding-not-found"


@router.get("/findings/{finding}")
async def read_finding(
    request: Request, asked: OneAsked, caller: CanRead, finding: Annotated[AssetRef, Path()]
) -> FindingAnswer:
    """Read a finding as it is now, with all that was said of it, and who opened it when.

    That you opened it is recorded, by an act, before it is shown; once, however often you look. Acts `finding.comment`,
    `finding.acknowledge`, `finding.close` and `finding.reopen` say something of it; others than the operator see it, by
    their grants, from `shown_from` on.
    """
    book = asked.book
    row = await reading.finding(book, finding)
    if row is None:
        raise FindingNotFound(f"{book.cell} has no finding {finding}: GET /v1/findings names them")
    steps = await reading.steps(book, finding)
    if not any(step["step"] == "opened" and step["by"] == caller.viewer.operator for step in steps):
        opened = FindingOpened(
            key=f"opened/{finding}/{caller.viewer.operator}",
            by=NOTER,
            finding=finding,
            party=caller.viewer.operator,
            credential=caller.key_id,
        )
        await sending.put(parts_of(request).send, book.cell, opened, asked.opened.stamp)
    return FindingAnswer(
        cell=book.cell,
        simulated=asked.opened.simulated,
        known_at=book.known_at,
        finding=FindingShown.model_validate({**dict(row), "evidence": orjson.loads(row["evidence"])}),
        acknowledged_by=row["acknowledged_by"],
        closed_by=row["closed_by"],
        shown_from=row["shown_from"],
        history=[StepShown.model_validate(dict(step)) for step in steps],
    )
