"""`accounted_for`: what became of a thing, moment by moment, and the verdict on that (DESIGN section 7).

At every moment it is in exactly one account, by the first of these that holds:

1. what sources see: it is at the place that is asked about (or anywhere, where none is), silences up to the limit
   bridged: `present`;
2. what people say of it, while that stands and is not overdue: `released`, `in_repair`, `on_loan`, `spare`, …;
3. it is seen at another place: `elsewhere`;
4. it is heard, and nobody says where: `present` where no place is asked about, else unaccounted, `unplaced`;
5. planned work lets it be away: `in_repair`, with the ticket; or a known spare took its slot: the same, for 30 days;
6. `unaccounted`: because it was seen gone (`missing`), was expected back (`overdue`), is `silent`, or was
   `never_seen` until then.

Statements of people account for a thing and never confirm anything. Pure; standard library alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.words import Account, Status, Verdict
from service.facts.announced import explanation
from service.facts.chain import GONE, Chain, Mode
from service.facts.claims import Claim
from service.facts.judgement import Disagreement, Stretch
from service.facts.located import Located, Locating
from service.facts.placing import Placing, Target
from service.facts.quarrels import in_order
from service.facts.records import AssetId, Binding, Millis
from service.facts.spans import Spans, bridge, clip, intersect, subtract, total, union
from service.facts.statuses import Stands, standing

DAY: Millis = 86_400_000
REPLACED_FOR = 30 * DAY  # so long a spare that took its slot explains where a thing went, without another word
TO_THE_DAY = DAY  # people date to the day: what is heard within one of such a date speaks against nobody

MISSING, OVERDUE, SILENT, UNPLACED, NEVER_SEEN = "missing", "overdue", "silent", "unplaced", "never_seen"
_AGAINST = frozenset({MISSING, OVERDUE})


@dataclass(frozen=True, slots=True)
class Accounted:
    """What was found out about one thing; `located` is where sources see it."""

    verdict: Verdict
    located: Located
    stretches: tuple[Stretch, ...]
    quarrels: tuple[Disagreement, ...]
    covered: Millis  # how long sources saw or heard it


class Accounting:
    """Accounts for things, all of one claim, on one chain."""

    def __init__(self, claim: Claim, chain: Chain, locating: Locating) -> None:
        self.claim = claim
        self.chain = chain
        self._locating = locating
        self._others = Placing(chain, Target(chain.evidence.places, claim.place, None, outside=True))
        self._heard: dict[AssetId, Spans] = {}

    def judge(self, subject: AssetId) -> Accounted:
        """Say what became of it, and the verdict: the first that holds in the order of rule 26."""
        found = self._locating.judge(subject)
        stated = self._stated(subject)
        stretches = tuple(self._stretches(subject, found, stated))
        quarrels = in_order([*found.quarrels, *self._conflicts(subject, stated)])
        verdict = self._verdict(found, stretches, quarrels)
        seen = found.placing.raw(subject) if found.placing is not None else ()
        heard = self.heard(subject) if self.claim.place is None else ()
        covered = total(union((*seen, *heard)), self.chain.from_at, self.chain.until_at)
        return Accounted(verdict, found, stretches, quarrels, covered)

    def _verdict(self, found: Located, stretches: Sequence[Stretch], quarrels: Sequence[Disagreement]) -> Verdict:
        whys = [each.why for each in stretches if each.account is Account.UNACCOUNTED]
        if all(why == NEVER_SEEN for why in whys) and len(whys) == len(stretches):
            return Verdict.UNPROVEN
        if any(why in _AGAINST for why in whys):
            return Verdict.CONTRADICTED
        if quarrels:
            return Verdict.DISPUTED
        if stretches[-1].account is Account.UNACCOUNTED:
            return Verdict.STALE
        return Verdict.CONFIRMED if found.verdict is Verdict.CONFIRMED else Verdict.CONSISTENT

    # -- the account of every moment ---------------------------------------------------------------------------------

    def _stretches(self, subject: AssetId, found: Located, stated: Sequence[Stands]) -> Iterator[Stretch]:
        layers = list(self._layers(subject, found, stated))
        start, end = self.chain.from_at, self.chain.until_at
        cuts = {at for each in layers for at in (each.from_at, each.until_at) if start < at < end}
        last: Stretch | None = None
        for begin, until in zip(sorted({start, *cuts}), sorted({*cuts, end}), strict=True):
            first = next(each for each in layers if each.from_at <= begin < each.until_at)
            piece = replace(first, from_at=begin, until_at=until)
            if last is not None and replace(last, until_at=until) == replace(piece, from_at=last.from_at):
                last = replace(last, until_at=until)
                continue
            if last is not None:
                yield last
            last = piece
        if last is not None:
            yield last

    def _layers(self, subject: AssetId, found: Located, stated: Sequence[Stands]) -> Iterator[Stretch]:
        """Give what accounts for it when, the stronger first; the last of them leave no moment out."""
        seen = found.support.declared
        yield from self._placed(subject, seen, Account.PRESENT)
        for each in stated:
            if not each.overdue and (account := each.stated.account) is not None:
                yield Stretch(account, each.from_at, each.until_at, stated=each.stated)
        elsewhere = self._others.grades(subject, Mode.ANY).declared if self.claim.place is not None else ()
        yield from self._placed(subject, elsewhere, Account.ELSEWHERE)
        heard = self.heard(subject)
        for begin, end, _ in self._window(heard):
            if self.claim.place is None:
                yield Stretch(Account.PRESENT, begin, end, why=UNPLACED)
            else:
                yield Stretch(Account.UNACCOUNTED, begin, end, why=UNPLACED)
        yield from self._planned(subject)
        yield from self._replaced(subject)
        yield from (
            Stretch(Account.UNACCOUNTED, each.from_at, each.until_at, why=OVERDUE, stated=each.stated)
            for each in stated
            if each.overdue
        )
        yield from self._lost(subject, union((*seen, *elsewhere, *heard)))

    def _placed(self, subject: AssetId, spans: Spans, account: Account) -> Iterator[Stretch]:
        """Give when it was seen, with the place that is shown for it then."""
        for piece in self.chain.shown(subject):
            shown = ((piece.from_at, piece.until_at, piece.until_at),)
            for begin, end, _ in self._window(intersect(spans, shown)):
                yield Stretch(account, begin, end, place=piece.place)
        for begin, end, _ in self._window(spans):
            yield Stretch(account, begin, end)

    def heard(self, subject: AssetId) -> Spans:
        """Give when any source spoke of it, wherever it is; silences up to the limit bridged."""
        if subject not in self._heard:
            own = [each for each in self.chain.bindings(subject) if each.lifted_from is None]
            spans = union(span for each in own for span in self.chain.spans(each, Mode.ANY))
            stands = union(self.chain.stands(each) for each in own)
            self._heard[subject] = bridge(spans, stands, self.chain.limit(subject), self.chain.until_at)
        return self._heard[subject]

    def _planned(self, subject: AssetId) -> Iterator[Stretch]:
        """Give when planned work let it, or what held it, be away: what it explains began within its window."""
        holders = {subject, *self.chain.above(subject)}
        gone = self._gone(subject, frozenset())
        for work in self.chain.evidence.explained:
            if not work.goes or not work.assets & holders:
                continue
            window: Spans = ((work.from_at, work.until_at, work.until_at),)
            began = tuple((a, b, b) for a, b, _ in gone if work.from_at <= a < work.until_at)
            for begin, end, _ in self._window(union((*subtract(window, gone), *intersect(began, window)))):
                first = max((a for a, _, _ in began if a <= begin), default=begin)
                if explanation(first, [(work.ticket, work.known_from)]) is not None:
                    yield Stretch(Account.IN_REPAIR, begin, end, why="planned_work", ticket=work.ticket)

    def _replaced(self, subject: AssetId) -> Iterator[Stretch]:
        """Give when a known spare stands in the slot that it was last seen gone from."""
        for binding in self.chain.bindings(subject):
            gone = binding.until_at
            if binding.end not in GONE or gone is None or binding.container is None:
                continue
            begin, end = max(gone, self.chain.from_at), min(gone + REPLACED_FOR, self.chain.until_at)
            spare = self._spare(binding, gone) if begin < end else None
            if spare is not None:
                yield Stretch(Account.IN_REPAIR, begin, end, why="replaced_by_a_spare", other=spare)

    def _spare(self, binding: Binding, gone: Millis) -> AssetId | None:
        """Give the thing of its kind that came into the slot within the time, and of which people said it was spare."""
        slot = (binding.source.name, binding.scope, binding.slot)
        for other in self.chain.below(binding.container) if binding.container is not None else ():
            found = self.chain.of(other)
            if other == binding.asset or found is None or found.kind is not binding.kind:
                continue
            for each in self.chain.bindings(other):
                came = each.from_at
                same = (each.source.name, each.scope, each.slot) == slot and gone <= came <= gone + REPLACED_FOR
                if same and any(
                    stands.stated.status in {Status.SPARE, Status.IN_STOCK}
                    for stands in standing(found.statuses, max(came - 1, 0), came)
                ):
                    return other
        return None

    def _lost(self, subject: AssetId, accounted: Spans) -> Iterator[Stretch]:
        """Say of every moment why nothing accounts for it."""
        gone = self._gone(subject, frozenset())
        start, end = self.chain.from_at, self.chain.until_at
        for begin, until, _ in self._window(gone):
            yield Stretch(Account.UNACCOUNTED, begin, until, why=MISSING)
        own = [each.from_at for each in self.chain.bindings(subject)]
        first = min((*own, *(begin for begin, _, _ in accounted)), default=end)
        if start < first:
            yield Stretch(Account.UNACCOUNTED, start, min(first, end), why=NEVER_SEEN)
        if first < end:
            yield Stretch(Account.UNACCOUNTED, max(first, start), end, why=SILENT)

    def _gone(self, subject: AssetId, seen: frozenset[AssetId]) -> Spans:
        """Give when it was gone, as the sources that list it, or what holds it, saw it; until one lists it again."""
        own = [each for each in self.chain.bindings(subject) if each.lifted_from is None]
        ends = [each.until_at for each in own if each.end in GONE and each.until_at is not None]
        until_at = self.chain.until_at
        stands = union(self.chain.stands(each) for each in own)
        found = [*subtract(union((end, until_at, until_at) for end in ends if end < until_at), stands)]
        for link in self.chain.links(subject):
            if link.parent in seen:
                continue
            standing_there = union(self.chain.stands(each) for each in link.bindings)
            found.extend(intersect(standing_there, self._gone(link.parent, seen | {subject})))
        return union(found)

    # -- what people say ---------------------------------------------------------------------------------------------

    def _stated(self, subject: AssetId) -> list[Stands]:
        found = self.chain.of(subject)
        return list(standing(found.statuses if found else (), self.chain.from_at, self.chain.until_at))

    def _conflicts(self, subject: AssetId, stated: Iterable[Stands]) -> Iterator[Disagreement]:
        """Give the statements that it is gone, while sources go on hearing of it."""
        own = [each for each in self.chain.bindings(subject) if each.lifted_from is None]
        heard = [(each.source.name, span) for each in own for span in self.chain.spans(each, Mode.HEARD)]
        for each in stated:
            since = each.stated.gone_since
            if since is None:
                continue
            begin = max(each.from_at, since + TO_THE_DAY)
            spoke = sorted({name for name, (a, b, _) in heard if max(a, begin) < min(b, each.until_at)})
            if spoke:
                why = f"said_to_be_{each.stated.status.value}"
                yield Disagreement(subject, "status", why, tuple(spoke), begin, None)

    def _window(self, spans: Spans) -> Spans:
        return clip(spans, self.chain.from_at, self.chain.until_at)
