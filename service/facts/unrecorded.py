"""`not_on_record`: nothing that this book holds speaks of a thing during an interval (DESIGN section 7).

At best `consistent`, since our log is not the world. Contradicted: a source heard of it. Disputed: nobody did, and yet
a claim about it stands (silence ends none), people say that it is here, or only people reported it. Unproven: the book
did not exist all that time, or what was asked about names nothing, or many things: a placeholder or a shared serial
speaks neither for nor against. Pure; standard library alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.words import SourceClass, Status, Verdict
from service.facts.chain import Chain, Mode
from service.facts.judgement import Code, Disagreement, code, instant
from service.facts.quarrels import in_order
from service.facts.records import AssetId, Binding, Millis
from service.facts.spans import clip, union
from service.facts.statuses import Stated, standing


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """What was found out about one thing: who speaks of it, and who says that it is here."""

    verdict: Verdict
    against: tuple[Binding, ...]
    quarrels: tuple[Disagreement, ...]
    would: tuple[Code, ...]


class Recording:
    """Looks for things in a book, all of one claim, on one chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def judge(self, subject: AssetId) -> Unrecorded:
        """Try the verdicts in order; the first that holds stands."""
        evidence, start = self.chain.evidence, self.chain.from_at
        own = [each for each in self.chain.bindings(subject) if each.lifted_from is None]
        heard = tuple(each for each in own if self._meets(each, Mode.HEARD))
        sensed = tuple(each for each in heard if each.source.source_class is not SourceClass.PERSON)
        quarrels = in_order(self._stated(subject, [each for each in own if each not in sensed]))
        would: list[Code] = []
        names_one = subject not in evidence.ambiguous
        if not names_one:
            would.append(code("an_identifier_that_names_one_thing"))
        elif evidence.began is None or evidence.began > start:
            would.append(code("ask_from", at=instant(evidence.began)))
        if not names_one:
            verdict = Verdict.UNPROVEN
        elif sensed:
            verdict = Verdict.CONTRADICTED
        elif quarrels:
            verdict = Verdict.DISPUTED
        else:
            verdict = Verdict.UNPROVEN if would else Verdict.CONSISTENT
        return Unrecorded(verdict, heard if names_one else (), quarrels, tuple(would))

    def _meets(self, binding: Binding, mode: Mode) -> bool:
        return bool(clip(union(self.chain.spans(binding, mode)), self.chain.from_at, self.chain.until_at))

    def _stated(self, subject: AssetId, own: Iterable[Binding]) -> Iterable[Disagreement]:
        """Give what stands without having been heard from a source, and what people say of it."""
        if subject in self.chain.evidence.ambiguous:
            return
        for each in own:
            if self._meets(each, Mode.STANDING):
                yield Disagreement(
                    subject,
                    "record",
                    "a_claim_of_it_stands",
                    (each.source.name,),
                    each.from_at,
                    self._end(each.until_at),
                )
        found = self.chain.of(subject)
        for stands in standing(found.statuses if found else (), self.chain.from_at, self.chain.until_at):
            if not _left(stands.stated):
                why = f"said_to_be_{stands.stated.status.value}"
                yield Disagreement(
                    subject, "status", why, (stands.stated.by,), stands.from_at, self._end(stands.until_at)
                )

    def _end(self, until_at: Millis | None) -> Millis | None:
        return until_at if until_at is not None and until_at < self.chain.until_at else None


def _left(stated: Stated) -> bool:
    """Whether what people say is that it is theirs no more."""
    return stated.status in {Status.SCRAPPED, Status.SOLD} or stated.accepted is not None
