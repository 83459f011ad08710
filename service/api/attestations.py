"""Asking: a claim in, its answer out, byte for byte the same for the same claim and `known_at`."""

import hashlib

from fastapi import Request, Response

from schemas.answers import Attestation, ClaimAsked
from schemas.envelope import rfc3339
from schemas.jobs import JobShown
from service.api import jobbing
from service.api.asking import Reads
from service.api.attesting import answer, prepare
from service.api.auth import OF_BODIES, CanRead, guarded, problems
from service.api.disclosing import note
from service.api.jobs import Key, taken

router = guarded("attestations")


@router.post(
    "/attestations",
    response_model=Attestation,
    responses={
        202: {"model": JobShown, "description": "It takes longer than a second: `Location` is the job's"},
        **OF_BODIES,
        **problems(429),
    },
)
async def ask(request: Request, connection: Reads, caller: CanRead, asked: ClaimAsked, key: Key = None) -> Response:
    """Judge a claim on the evidence of a cell, as known at `known_at` (default, and at most: the horizon).

    The body is canonical JSON (RFC 8785) and a function of the claim, `known_at`, the ruleset and the caller's rights:
    asked again with the `known_at` that it names, the same bytes come. `ETag` is their SHA-256; the header
    `Holdfast-Horizon` says how far the cell is derived now.

    A claim about more than 3,000 things, or about things in more than 50 racks, takes longer than a second (measured on
    one core; a rack of 81 things takes 15 ms): it becomes a job, 202, which has the same answer once it is done. Sent
    again with the same `Idempotency-Key`, it is the same job. A party that sees by grants waits for its answer.
    """
    digest = jobbing.digest_of(asked)
    if key is not None and (row := await jobbing.made_before(connection, caller.viewer, key, digest)) is not None:
        return taken(request, row)
    prepared = await prepare(connection, caller.viewer, asked)
    if prepared.long and prepared.disclosure is None:
        return taken(request, await jobbing.keep(connection, caller.viewer, [prepared], key, digest))
    answered = await answer(prepared)
    sha256 = hashlib.sha256(answered.body).hexdigest()
    opened, known_at = answered.opened, rfc3339(answered.known_at)
    said = {"route": "POST /v1/attestations", "known_at": known_at, "claim": prepared.question.stated}
    await note(request, opened.book, caller.key_id, opened.stamp, said, sha256=sha256)
    return Response(
        answered.body,
        media_type="application/json",
        headers={
            "ETag": f'"{sha256}"',
            "Holdfast-Horizon": rfc3339(answered.horizon),
            "Holdfast-Known-At": known_at,
            "Cache-Control": "private, no-store",
        },
    )
