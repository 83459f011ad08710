"""What other programs call when something happens in them: a change-management tool, at every step of a change."""

import uuid
from typing import Annotated

from fastapi import Header, Request, Response, status
from pydantic import ValidationError

from schemas.acting import Name
from schemas.errors import HoldfastError
from schemas.planning import Change
from schemas.replies import ActAnswer
from service.api.acts import carried
from service.api.auth import OF_BODIES, AnyCaller, guarded

router = guarded("hooks")


class SaysTooLittle(HoldfastError):
    """The change does not say what it takes to plan it; the text names what is missing."""

    status = 422
    slug = "says-too-little"


@router.post(
    "/hooks/change",
    response_model=ActAnswer,
    responses={
        202: {"model": ActAnswer, "description": "Taken; its outcome is not known yet"},
        204: {"description": "A draft: nothing is planned"},
        **OF_BODIES,
    },
)
async def change(
    request: Request,
    response: Response,
    caller: AnyCaller,
    told: Change,
    idempotency_key: Annotated[
        Name | None,
        Header(description="Sent again with the same one, it is applied once; without one, told twice is harmless"),
    ] = None,
) -> ActAnswer | Response:
    """Tell of a change as it goes through a change-management tool: approved, it is planned work; cancelled, none.

    Let the tool send its own fields by a template, with the header `Authorization: Bearer hf_…` of a key with the scope
    `write`: for ServiceNow an outbound REST message on `change_request` (`number`, `start_date`, `end_date`, `state`,
    the configuration items' serial numbers), for Jira an automation rule "send web request" on the transition, each
    with this body. It explains what it says, in its window, of these things; a change that is told up to seven days
    after it happened explains it late, and is marked so.
    """
    caller.needs("write")
    try:
        act = told.act(idempotency_key or f"change/{uuid.uuid4().hex}", f"hook/{caller.key_id}")
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]).replace("_at", "")
        words = str(first["msg"]).removeprefix("Value error, ")
        raise SaysTooLittle(f"{where}: {words}" if where else words) from exc
    if act is None:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return await carried(request, response, caller, told.cell, act)
