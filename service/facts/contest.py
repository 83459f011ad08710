"""Who is believed, when sources disagree on where an asset is (SEMANTICS rules 17 to 19), in one dimension.

A `Contest` plays the starts, resumptions and ends of voices in the order of append time, and what tolerances decide in
between. It knows three states: settled (`holders` agree), undecided (`rivals` wait for the holders' tolerance), and
disputed (`sides`). Segments may be rewritten back to the start of the rival that was waited for, never further.
Decisions are in the record deploy/decisions/0004-whereabouts.md. Pure; standard library alone.
"""

import heapq
from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from service.facts.records import Millis
from service.facts.voices import Voice


@dataclass(frozen=True, slots=True)
class Rule:
    """How two stated values compare at a moment: whether they agree, and whether the first is the more exact one."""

    agree: Callable[[str, str, Millis], bool]
    finer: Callable[[str, str, Millis], bool]


@dataclass(frozen=True, slots=True)
class Segment:
    """From this moment on `shown` is believed (None: it is nowhere); `rival`: the first that disputes it."""

    from_at: Millis
    shown: Voice | None
    rival: Voice | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The segments, since when it is undecided whether the last one still holds, and when that can be decided."""

    segments: tuple[Segment, ...]
    moving_from: Millis | None
    decide_at: Millis | None


class _What(IntEnum):
    """What happens, in the order in which things of one moment are taken."""

    DECIDE = 0
    BEGIN = 1
    END = 2
    REGARD = 3


@dataclass(frozen=True, slots=True)
class _Rival:
    """Another claim than the holders', since `from_at`; without a voice: that it is nowhere, against `absent_from`."""

    from_at: Millis
    voice: Voice | None
    absent_from: frozenset[Voice] = frozenset()


class Contest:
    """One asset in one dimension; made, played once, thrown away."""

    def __init__(
        self, voices: Iterable[Voice], rule: Rule, at: Millis, regard: Iterable[Millis], passed: Millis
    ) -> None:
        self._rule = rule
        self._passed = passed
        self._holders: dict[Voice, Millis] = {}  # since when each supports what is shown
        self._rivals: list[_Rival] = []
        self._sides: list[Voice] = []  # not empty: a dispute is open
        self._shown: Voice | None = None
        self._segments: list[Segment] = []
        self._decide_at: Millis | None = None
        self._awaited: set[Millis] = set()
        everyone = sorted(voices, key=lambda voice: voice.order)
        self._queue: list[tuple[Millis, _What, int]] = []
        self._everyone = everyone
        self._number = {voice: number for number, voice in enumerate(everyone)}
        for number, voice in enumerate(everyone):
            self._queue.append((voice.start, _What.BEGIN, number))
            if voice.end is not None:
                self._queue.append((voice.end, _What.END, number))
        self._queue += [(each, _What.REGARD, 0) for each in set(regard) if each < at]
        heapq.heapify(self._queue)

    def play(self) -> Outcome:
        """Take everything that was known at the contest's moment, in order."""
        while self._queue:
            now, what, number = heapq.heappop(self._queue)
            if what is _What.BEGIN:
                self._begin(self._everyone[number], now)
            elif what is _What.END:
                self._end(self._everyone[number], now)
            self._review(now, now - 1 if what is _What.DECIDE else now)
        moving = self._rivals[0].from_at if self._rivals else None
        return Outcome(tuple(self._segments), moving, self._decide_at if self._rivals else None)

    def _begin(self, voice: Voice, now: Millis) -> None:
        """Hear a voice for the first time, or again after another one was believed."""
        if voice.end is not None and voice.end <= now:
            return
        if self._sides:
            insort(self._sides, voice, key=lambda each: each.order)
        elif self._holders and not self._against(voice, now):
            self._join(voice, now, now)
        else:
            self._oppose(_Rival(now, voice))

    def _end(self, voice: Voice, now: Millis) -> None:
        """Let a voice end. One that is no longer believed, nor disputes what is, ends without effect."""
        if voice in self._sides:
            self._sides.remove(voice)
        elif voice in self._holders:
            del self._holders[voice]
            if self._holders:
                self._show(now)
            if voice.gone and self._holders:
                self._oppose(_Rival(now, None, frozenset(self._holders)))
            elif voice.gone:
                self._emit(now, None)
            # Else the last claim stays, aged: nobody holds it, so the next voice takes over.
        else:
            self._rivals = [each for each in self._rivals if each.voice is not voice]

    def _review(self, now: Millis, when: Millis) -> None:
        """Decide all that can be decided: `when` is the last moment of which everything is known."""
        if self._sides:
            self._weigh(when, when)
        while self._rivals and not self._sides:
            rival = self._rivals[0]
            if rival.voice is None and not rival.absent_from.issuperset(self._holders):
                self._rivals.pop(0)  # somebody has seen it there since
                continue
            against = self._opposed(rival, when)
            awake = [each for each in against if each.awake(rival.from_at)]
            if awake:
                decided = rival.from_at + max(each.tolerance(rival.from_at) for each in awake)
                if now <= decided:
                    self._wait(decided + 1)
                    return
                if any(each.heard(rival.from_at, decided) for each in against):
                    self._rivals.pop(0)
                    if rival.voice is not None:
                        self._dispute(rival.voice, rival.from_at, when)
                    continue
            self._rivals.pop(0)
            self._believe(rival, against, now, when)

    def _wait(self, until: Millis) -> None:
        """Come back at the first moment at which a rival can be judged."""
        self._decide_at = until
        if until <= self._passed and until not in self._awaited:
            self._awaited.add(until)
            heapq.heappush(self._queue, (until, _What.DECIDE, 0))

    def _believe(self, rival: _Rival, against: list[Voice], now: Millis, when: Millis) -> None:
        """Let a rival take the place of those that it disagrees with, from its start: a move."""
        for each in against:
            del self._holders[each]
        if rival.voice is None:
            self._emit(rival.from_at, None)
        else:
            came_to_agree = bool(self._holders) and not against and bool(self._against(rival.voice, rival.from_at))
            self._join(rival.voice, rival.from_at, when if came_to_agree else rival.from_at)
        for each in against:
            again = each.resumed(rival.from_at)
            if again is None:
                continue
            if again > now:
                heapq.heappush(self._queue, (again, _What.BEGIN, self._number[each]))
            elif each.end is None or each.end > now:
                self._oppose(_Rival(again, each))

    def _dispute(self, voice: Voice, from_at: Millis, when: Millis) -> None:
        """Open a dispute at the start of a rival whom the holders outlasted; all others take part from theirs."""
        later = [(since, each) for each, since in self._holders.items() if since > from_at]
        later += [(each.from_at, each.voice) for each in self._rivals if each.voice is not None]
        self._sides = sorted([*(each for each, since in self._holders.items() if since <= from_at), voice], key=_order)
        self._holders = {}
        self._rivals = []
        self._weigh(from_at, from_at)
        for since, each in sorted(later, key=lambda found: (found[0], found[1].order)):
            if self._sides:
                insort(self._sides, each, key=_order)
                self._weigh(since, since)
            else:
                self._oppose(_Rival(since, each))
        if self._sides:
            self._weigh(when, when)

    def _weigh(self, from_at: Millis, when: Millis) -> None:
        """Show the best side of an open dispute, or close it where all that are left agree."""
        shown, rival = self._sides[0], None
        met = {shown.value}  # of several sides that name one value only the first can matter
        for each in self._sides[1:]:
            if each.value in met:
                continue
            met.add(each.value)
            if not self._rule.agree(shown.value, each.value, when):
                rival = rival or each
            elif self._rule.finer(each.value, shown.value, when):
                shown = each
        self._shown = shown
        self._emit(from_at, shown, rival)
        if rival is None:
            self._holders = dict.fromkeys(self._sides, from_at)
            self._sides = []

    def _opposed(self, rival: _Rival, when: Millis) -> list[Voice]:
        """Return the holders with whom a rival still disagrees."""
        if rival.voice is None:
            return list(self._holders)
        return self._against(rival.voice, when)

    def _against(self, voice: Voice, when: Millis) -> list[Voice]:
        agreed: dict[str, bool] = {}
        for each in self._holders:
            if each.value not in agreed:
                agreed[each.value] = self._rule.agree(each.value, voice.value, when)
        return [each for each in self._holders if not agreed[each.value]]

    def _oppose(self, rival: _Rival) -> None:
        insort(self._rivals, rival, key=lambda each: (each.from_at, each.voice is None))

    def _join(self, voice: Voice, since: Millis, from_at: Millis) -> None:
        """Add a holder; it is shown if it is the most exact one."""
        self._holders[voice] = since
        if self._shown not in self._holders:
            self._show(from_at)
        elif self._better(voice, self._shown, from_at):
            self._shown = voice
            self._emit(from_at, voice)
        else:
            self._emit(from_at, self._shown)

    def _show(self, from_at: Millis) -> None:
        """Show the most exact of the holders."""
        if self._shown not in self._holders:
            self._shown = None
            for each in self._holders:
                if self._shown is None or self._better(each, self._shown, from_at):
                    self._shown = each
        self._emit(from_at, self._shown)

    def _better(self, one: Voice, other: Voice | None, when: Millis) -> bool:
        if other is None or one.value == other.value:
            return other is None or one.order < other.order
        return self._rule.finer(one.value, other.value, when)

    def _emit(self, from_at: Millis, shown: Voice | None, rival: Voice | None = None) -> None:
        """Write what holds from a moment on, over whatever was written from then on."""
        while self._segments and self._segments[-1].from_at >= from_at:
            self._segments.pop()
        last = self._segments[-1] if self._segments else None
        if (last.shown, last.rival) != (shown, rival) if last else shown is not None:
            self._segments.append(Segment(from_at, shown, rival))


def _order(voice: Voice) -> tuple[object, ...]:
    return voice.order
