"""Where an asset is, and has been, from what sources say of it (SEMANTICS rules 5, 9, 12 and 17 to 19).

A pure function of everything that was appended before a moment; standard library alone. Recompute it when a binding
or run begins or ends, when what a container holds changes, and at `History.decide_at`; never when a run extends.
Container and place are two dimensions: each is decided by itself (`service.facts.contest`), then put into rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from service.facts.contest import Contest, Outcome, Rule, Segment
from service.facts.nameless import Holds, Nameless
from service.facts.records import AssetId, Binding, Dispute, Millis, Places, Whereabouts
from service.facts.voices import Dimension, Voice, voices


@dataclass(frozen=True, slots=True)
class History:
    """An asset's whereabouts and the disputes about them, each sorted by time.

    `rows` never overlap; between two of them the asset is nowhere. `decide_at`: the earliest moment at which `history`
    has to be called again though nothing new was appended, since a row that is `moving` can be decided then.
    """

    rows: tuple[Whereabouts, ...]
    disputes: tuple[Dispute, ...]
    decide_at: Millis | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What one dimension shows during [from_at, until_at)."""

    from_at: Millis
    until_at: Millis | None
    value: str
    slot: str | None
    moving: bool
    disputed: bool


def history(  # noqa: PLR0917 - what is said, and all that it is compared by
    bindings: Sequence[Binding],
    places: Places,
    holds: Holds,
    at: Millis,
    regard: Iterable[Millis] = (),
    nameless: Nameless | None = None,
    *,
    passed: Millis | None = None,
) -> History:
    """Return the whereabouts of the one asset that `bindings` are about, as known at `at` (exclusive).

    `holds(outer, inner, moment)`: whether an asset holds another one then, however deep; asked for moments before `at`
    only, and to be answered from what was known before `at`. `regard`: moments at which such an answer may have
    changed, so that claims that disagree may have come to agree. `nameless`: those of the containers that nothing names
    (None: none of them). `passed`: the moment that the horizon has passed, if not all before `at` is known yet; what is
    undecided up to there stays so. The order of `bindings` has no effect.
    """
    moments = tuple(regard)
    passed = at if passed is None else passed
    containers = _containers(bindings, holds, nameless)
    spots = Rule(
        lambda one, other, _: one == other or places.agree(one, other),
        lambda one, other, _: one != other and places.within(one, other),
    )
    contained = Contest(voices(bindings, Dimension.CONTAINER, at), containers, at, moments, passed).play()
    placed = Contest(voices(bindings, Dimension.PLACE, at), spots, at, moments, passed).play()
    ahead = [each.decide_at for each in (contained, placed) if each.decide_at is not None]
    disputes = sorted(
        [*_disputes(contained), *_disputes(placed)], key=lambda each: (each.from_at, each.shown, each.rival)
    )
    rows = _zip(_stretches(contained), _stretches(placed))
    return History(tuple(rows), tuple(disputes), min(ahead, default=None))


def _containers(bindings: Iterable[Binding], holds: Holds, nameless: Nameless | None) -> Rule:
    """Compare containers: claims agree where one is, or holds, the other; or where one of them is not named.

    Two that nothing names are two where one source and scope lists both.
    """
    listed: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for each in bindings:
        if each.container is not None:
            listed[each.container].add((each.source.name, each.scope))

    def agree(one: str, other: str, when: Millis) -> bool:
        a, b = AssetId(one), AssetId(other)
        if one == other or holds(a, b, when) or holds(b, a, when):
            return True
        if nameless is None or not nameless.agree(a, b, when):
            return False
        return not ({a, b} <= nameless.assets and listed[one] & listed[other])

    def finer(one: str, other: str, when: Millis) -> bool:
        a, b = AssetId(one), AssetId(other)
        return one != other and (holds(b, a, when) or (nameless is not None and nameless.finer(a, b, when)))

    return Rule(agree, finer)


def _stretches(outcome: Outcome) -> list[_Stretch]:
    """Cut what a contest says where the shown voice changes its slot, and where the asset began to be `moving`."""
    found: list[_Stretch] = []
    for segment, until_at in _spans(outcome):
        if segment.shown is None:
            continue
        cuts = {segment.from_at, *(part.from_at for part in segment.shown.parts)}
        if outcome.moving_from is not None:
            cuts.add(outcome.moving_from)
        inside = sorted(cut for cut in cuts if segment.from_at <= cut and (until_at is None or cut < until_at))
        for from_at, cut_at in zip(inside, [*inside[1:], until_at], strict=True):
            slot = segment.shown.part(from_at).slot
            moving = outcome.moving_from is not None and from_at >= outcome.moving_from
            found.append(
                _Stretch(from_at, cut_at, segment.shown.value, slot, moving, disputed=segment.rival is not None)
            )
    return found


def _spans(outcome: Outcome) -> Iterator[tuple[Segment, Millis | None]]:
    """Give each segment and when it ends."""
    return zip_longest(outcome.segments, [each.from_at for each in outcome.segments[1:]])


def _zip(containers: Sequence[_Stretch], places: Sequence[_Stretch]) -> list[Whereabouts]:
    """Put both dimensions into rows; neighbours that say the same become one."""
    cuts = {bound for each in (*containers, *places) for bound in (each.from_at, each.until_at) if bound is not None}
    moments = sorted(cuts)
    rows: list[Whereabouts] = []
    i = j = 0
    for from_at, until_at in zip_longest(moments, moments[1:]):
        i, container = _at(containers, i, from_at)
        j, place = _at(places, j, from_at)
        if container is None and place is None:
            continue
        both = [each for each in (container, place) if each is not None]
        row = Whereabouts(
            from_at,
            until_at,
            AssetId(container.value) if container else None,
            container.slot if container else None,
            place.value if place else None,
            moving=any(each.moving for each in both),
            disputed=any(each.disputed for each in both),
        )
        if rows and rows[-1].until_at == from_at and _says(rows[-1]) == _says(row):
            rows[-1] = _until(rows[-1], until_at)
        else:
            rows.append(row)
    return rows


def _at(stretches: Sequence[_Stretch], index: int, moment: Millis) -> tuple[int, _Stretch | None]:
    """Go on from an index to the stretch that holds at a moment, if one does."""
    while index < len(stretches):
        until_at = stretches[index].until_at
        if until_at is None or until_at > moment:
            break
        index += 1
    here = index < len(stretches) and stretches[index].from_at <= moment
    return index, stretches[index] if here else None


def _says(row: Whereabouts) -> tuple[object, ...]:
    return (row.container, row.container_slot, row.place, row.moving, row.disputed)


def _until(row: Whereabouts, until_at: Millis | None) -> Whereabouts:
    return Whereabouts(
        row.from_at,
        until_at,
        row.container,
        row.container_slot,
        row.place,
        moving=row.moving,
        disputed=row.disputed,
    )


def _disputes(outcome: Outcome) -> list[Dispute]:
    return [
        Dispute(each.from_at, until_at, _name(each.shown, each.from_at), _name(each.rival, each.from_at))
        for each, until_at in _spans(outcome)
        if each.shown is not None and each.rival is not None
    ]


def _name(voice: Voice, at: Millis) -> tuple[str, str, str]:
    return (voice.source, voice.scope, voice.part(at).slot)
