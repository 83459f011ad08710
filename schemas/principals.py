"""Who asks: API keys as they are made, listed, rotated and revoked over HTTP, and what a caller may do. No I/O."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.acting import Cell, Name, Words
from schemas.answers import At
from schemas.paging import AT, Answered, example
from schemas.words import PartyKind

Scope = Literal["read", "write", "enrol", "audit", "admin", "operators"]
KeyId = Annotated[str, Field(pattern="^[0-9a-f]{12}$", description="The part of a key between its underscores")]
_KEY_ID = "3f9c0a1b2c4d"
_NEW_ID = "b81e20c4d7a6"
_ENDS = "2025-08-30T00:00:00.000Z"
_MOST_OVERLAP_S = 30 * 86_400


class KeyAsked(BaseModel):
    """A key to be made for your own operator. It may do no more than the key that asks."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"label": "dashboard", "scopes": ["read"], "days": 90}]},
    )

    label: Annotated[Words, Field(description="What it is for")] = ""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=6)] = ("read",)
    days: Annotated[int, Field(ge=1, le=3650, description="How long it holds; null: for ever")] | None = None


class RotateAsked(BaseModel):
    """How long a key that is rotated holds beside the new one, in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: Annotated[int, Field(ge=0, le=_MOST_OVERLAP_S)] = 86_400


class KeyShown(Answered):
    """A key, but for what it is: that is shown once. `used_at`: to about a minute; `replaces`: the key before it."""

    model_config = example(
        key_id=_KEY_ID, operator="acme", kind="operator", label="dashboard", scopes=["read"], created_at=AT,
        expires_at=_ENDS, revoked_at=None, used_at=AT, replaces=None,
    )  # fmt: skip

    key_id: KeyId
    operator: Name
    kind: PartyKind
    label: str
    scopes: list[Scope]
    created_at: At
    expires_at: At | None = None
    revoked_at: At | None = None
    used_at: At | None = None
    replaces: str | None = None


class KeysAnswer(Answered):
    """A page of the operator's keys, by id. `next` is the cursor of the following page; null on the last."""

    model_config = example(items=KeyShown.model_config["json_schema_extra"]["examples"], next=None)  # type: ignore[index]

    items: list[KeyShown]
    next: str | None = None


class KeyMade(Answered):
    """A new key: `key` is shown this once. `old_until`: until when the one that it replaces holds."""

    model_config = example(
        key="hf_b81e20c4d7a6_…", key_id=_NEW_ID, label="dashboard", scopes=["read"], expires_at=_ENDS, replaces=_KEY_ID,
        old_until="2025-06-02T00:00:00.000Z",
    )  # fmt: skip

    key: str
    key_id: KeyId
    label: str
    scopes: list[Scope]
    expires_at: At | None = None
    replaces: str | None = None
    old_until: At | None = None


class KeyRevoked(Answered):
    """A key that was revoked, and when: it ends within two seconds."""

    model_config = example(key_id=_KEY_ID, revoked_at=AT)

    key_id: KeyId
    revoked_at: At


class PrincipalShown(Answered):
    """Who you are here. `credential`: id of your key, or of whom your token is of. `cells`: yours; `granted`: more."""

    model_config = example(
        operator="acme", kind="operator", credential=_KEY_ID, scopes=["read"], cells=["kul-1"], granted=[],
        expires_at=_ENDS,
    )  # fmt: skip

    operator: Name
    kind: PartyKind
    credential: Name
    scopes: list[Scope]
    cells: list[Cell]
    granted: list[Cell]
    expires_at: At | None = None
