"""Acts about findings: what people say of them, who opened one, and when others than the operator may see them.

What a person writes may name people: it is kept beside the log, and can be erased there (`text.erase`) with its salt.
The log holds a commitment to it alone: the SHA-256 of salt and text (DESIGN section 5).
"""

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.acting import Act, AssetRef, Name, Words
from schemas.answers import RACK, At
from schemas.pages import FindingShown
from schemas.paging import AT, Answered, example
from schemas.words import FindingKind, Severity

_FINDING = "5f0c7c0e-2b6d-8a41-9d57-3a1c9be2f001"
MAX_HOURS = 24 * 365

FindingRef = Annotated[AssetRef, Field(description="Id of the finding")]
Hours = Annotated[int, Field(ge=0, le=MAX_HOURS)]


class Erasable(BaseModel):
    """Text that can be erased. `salt`: 16 random bytes in hex, made by who writes it, so that nobody can guess it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[Words, Field(min_length=1)]
    salt: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]

    def commitment(self) -> str:
        """Give what the log holds of it: the SHA-256 of the salt's bytes and the text, in hex."""
        return hashlib.sha256(bytes.fromhex(self.salt) + self.text.encode()).hexdigest()


class FindingComment(Act):
    """Say something of a finding."""

    act: Literal["finding.comment"] = "finding.comment"
    finding: FindingRef
    note: Erasable


class FindingAcknowledge(Act):
    """Somebody looks after an open finding."""

    act: Literal["finding.acknowledge"] = "finding.acknowledge"
    finding: FindingRef
    note: Erasable | None = None


class FindingClose(Act):
    """A person closes an open finding, with a reason. The same evidence does not raise it again; other does."""

    act: Literal["finding.close"] = "finding.close"
    finding: FindingRef
    why: Literal["explained", "mended", "false_alarm", "accepted", "duplicate"]
    note: Erasable


class FindingReopen(Act):
    """A finding that was closed is open again, unless another one stands for the same."""

    act: Literal["finding.reopen"] = "finding.reopen"
    finding: FindingRef
    note: Erasable


class FindingOpened(Act):
    """Somebody is about to read a finding whole: the API says so, before it shows it, and nobody else may."""

    act: Literal["finding.opened"] = "finding.opened"
    finding: FindingRef
    party: Name
    credential: Annotated[Name, Field(description="Id of the key or token that was used")]


class TextErase(Act):
    """Erase what an act said in words, by its key: text and salt are gone, the commitment stays."""

    act: Literal["text.erase"] = "text.erase"
    erases: Name


class DisclosurePut(Act):
    """After how many hours others than the operator may see findings, unless it answered before: then at once.

    Of a kind, of a severity, or of all that nothing closer is said of. It holds for findings that are raised later.
    """

    act: Literal["disclosure.put"] = "disclosure.put"
    hours: Hours
    kind: FindingKind | None = None
    severity: Severity | None = None


FindingStep = FindingComment | FindingAcknowledge | FindingClose | FindingReopen
FindingAct = FindingStep | FindingOpened | TextErase | DisclosurePut


class StepShown(Answered):
    """A step in the history of a finding: who, when, what, and the words, where they were not erased."""

    model_config = example(
        at=AT,
        step="comment",
        by="person-1",
        why=None,
        text="swapped by the vendor, see RMA-4711",
        commitment="9a0364b9e99bb480dd25e1f0284c8555c4b1d3a3d9f2f7a3b2b4e4a1c0d9e8f7",
        erased=False,
    )

    at: At
    step: Literal["comment", "acknowledge", "close", "reopen", "opened"]
    by: str
    why: str | None = None
    text: str | None = None
    commitment: str | None = None
    erased: bool = False


class FindingAnswer(Answered):
    """A finding with its history, oldest first."""

    model_config = example(
        cell="kul-1",
        simulated=True,
        known_at=AT,
        finding={
            "finding": _FINDING,
            "kind": "rack_moved",
            "severity": "critical",
            "subject": RACK,
            "state": "open",
            "opened_at": AT,
            "updated_at": AT,
            "closed_at": None,
            "words": "the rack stands at another position",
            "evidence": {"from": "KUL-1/H1/R3/P07"},
        },
        acknowledged_by=None,
        closed_by=None,
        shown_from="2025-06-04T00:00:00.000Z",
        history=[{"at": AT, "step": "opened", "by": "acme", "erased": False}],
    )

    cell: str
    simulated: bool
    known_at: At
    finding: FindingShown
    acknowledged_by: str | None = None
    closed_by: Annotated[str | None, Field(description="Who closed it; null: evidence did, or it is open")] = None
    shown_from: Annotated[At, Field(description="From when on others than the operator may see it, by their grants")]
    history: list[StepShown]
