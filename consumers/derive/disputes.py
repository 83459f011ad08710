"""Values that would put two things in one asset: kept as disputes of identity, and found (SEMANTICS rule 15)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from consumers.derive.book import Book
from consumers.derive.findings import Findings
from consumers.derive.order import Moment
from schemas.words import FindingKind
from service.facts.identity import Resolution
from service.facts.schemes import Value


class Disputes:
    """What to do with the disputed values of a resolution."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._findings = Findings(book)

    def keep(
        self, resolution: Resolution, names: Mapping[bytes, str], values: AbstractSet[Value], moment: Moment
    ) -> None:
        """Open disputes that are new, close those among `values` that are none any more.

        A value that turned out to be shared joins and disputes nothing from then on (rule 16): it is found once.
        """
        book = self._book
        disputed = {one.value: one for one in resolution.disputed}
        for value, one in sorted(disputed.items()):
            assets = sorted({names[key] for key in one.parts})
            subject = subject_of(value)
            shared = value in resolution.shared
            self._findings.put(
                FindingKind.IDENTITY_DISPUTED, subject, moment,
                f"{value.scheme} {value.value!r} stands on {len(assets)} things ({value.kind}) that cannot be one",
                {"identifier": list(map(str, value)), "assets": list(assets), "shared": shared},
            )  # fmt: skip
            if not shared and value not in book.memory.disputed:
                dispute = book.mint("identity_dispute", moment)
                book.memory.disputed[value] = dispute
                book.identity_disputes.append(
                    (dispute, value.scheme, value.scope, value.value, value.kind.value, assets, moment.known)
                )
                book.append(moment, "identity_dispute", None, identifier=list(map(str, value)), assets=list(assets))
        for value in sorted(values & book.memory.disputed.keys()):
            if value not in disputed:
                dispute = book.memory.disputed.pop(value)
                book.writes["close_identity_disputes"].append((dispute, moment.known))
                self._findings.close(FindingKind.IDENTITY_DISPUTED, subject_of(value), moment, "the claims agree again")
                book.append(moment, "identity_dispute_closed", None, identifier=list(map(str, value)))


def subject_of(value: Value) -> str:
    """Write a value as the subject of a finding."""
    return f"{value.kind}:{value.scheme}:{value.scope}:{value.value}"
