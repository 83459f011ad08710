"""What every refusal looks like (RFC 9457)."""

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:holdfast:problem:bad-claim",
                    "title": "The claim cannot be judged as it stands; the text says what to change",
                    "status": 422,
                    "detail": "the interval is empty or backwards: `until` must be later than `from`",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[dict[str, str]] | None = None
