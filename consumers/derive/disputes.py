"""Values that would put two things in one asset: kept as disputes of identity, and found (SEMANTICS rule 15)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from consumers.derive.book import Book
from consumers.derive.findings import Findings
from consumers.derive.memory import OpenDispute
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
        self,
        resolution: Resolution,
        names: Mapping[bytes, str],
        values: AbstractSet[Value],
        shared_now: AbstractSet[Value],
        moment: Moment,
    ) -> None:
        """Open disputes that are new, close those among `values` that are none any more.

        One that concerns other things than before is closed, and another one opened: who asks about an earlier moment
        is told of those that were known then. `shared_now`: values known to be shared by now; such a value joins and
        disputes nothing from then on (rule 16), and stays found.
        """
        book = self._book
        disputed = {one.value: one for one in resolution.disputed}
        for value, one in sorted(disputed.items()):
            assets = tuple(sorted({names[key] for key in one.parts}))
            subject = subject_of(value)
            shared = value in resolution.shared
            self._findings.put(
                FindingKind.IDENTITY_DISPUTED, subject, moment,
                f"{value.scheme} {value.value!r} stands on {len(assets)} things ({value.kind}) that cannot be one",
                {"identifier": list(map(str, value)), "assets": list(assets), "shared": shared},
            )  # fmt: skip
            standing = book.memory.disputed.get(value)
            if not shared and (standing is None or standing.assets != assets):
                self._close(value, moment)
                dispute = book.mint("identity_dispute", moment)
                book.memory.disputed[value] = OpenDispute(dispute, assets)
                book.identity_disputes.append(
                    (dispute, value.scheme, value.scope, value.value, value.kind.value, list(assets), moment.known)
                )
                book.append(moment, "identity_dispute", None, identifier=list(map(str, value)), assets=list(assets))
        for value in sorted(values & book.memory.disputed.keys()):
            if value in shared_now:
                self._close(value, moment)
            elif value not in disputed:
                self._close(value, moment)
                self._findings.close(FindingKind.IDENTITY_DISPUTED, subject_of(value), moment, "the claims agree again")

    def shared(self, values: AbstractSet[Value], moment: Moment) -> None:
        """People say that values are shared: that they stood on several things is found no more."""
        for value in sorted(values):
            self._close(value, moment)
            self._findings.close(
                FindingKind.IDENTITY_DISPUTED, subject_of(value), moment, "people say that it is shared"
            )

    def _close(self, value: Value, moment: Moment) -> None:
        standing = self._book.memory.disputed.pop(value, None)
        if standing is not None:
            self._book.writes["close_identity_disputes"].append((standing.dispute, moment.known))
            self._book.append(moment, "identity_dispute_closed", None, identifier=list(map(str, value)))


def subject_of(value: Value) -> str:
    """Write a value as the subject of a finding."""
    return f"{value.kind}:{value.scheme}:{value.scope}:{value.value}"
