"""Asking: a claim in, its answer out, byte for byte the same for the same claim and `known_at`."""

import hashlib

from fastapi import Request, Response

from schemas.answers import Attestation, ClaimAsked
from schemas.envelope import rfc3339
from service.api.asking import Reads
from service.api.attesting import attest, stated
from service.api.auth import OF_BODIES, CanRead, guarded
from service.api.disclosing import note

router = guarded("attestations")


@router.post("/attestations", response_model=Attestation, responses=OF_BODIES)
async def ask(request: Request, connection: Reads, caller: CanRead, asked: ClaimAsked) -> Response:
    """Judge a claim on the evidence of a cell, as known at `known_at` (default, and at most: the horizon).

    The body is canonical JSON (RFC 8785) and a function of the claim, `known_at`, the ruleset and the caller's rights:
    asked again with the `known_at` that it names, the same bytes come. `ETag` is their SHA-256; the header
    `Holdfast-Horizon` says how far the cell is derived now.
    """
    answered = await attest(connection, caller.viewer, asked)
    sha256 = hashlib.sha256(answered.body).hexdigest()
    opened, known_at = answered.opened, rfc3339(answered.known_at)
    said = {"route": "POST /v1/attestations", "known_at": known_at, "claim": stated(asked)}
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
