"""A surveyed place of a part is a place of all that holds the part, while it does. Pure."""

from collections.abc import Callable, Iterable, Mapping

from schemas.words import PlaceKind
from service.facts.records import Binding, Millis, Places

Stretch = tuple[Millis, Millis | None]
Lifted = tuple[Binding, Millis, Millis | None]
_DEPTH = 6


def lifted(
    asset: str,
    bindings: Callable[[str], Iterable[Binding]],
    standing: Callable[[str], Mapping[str, list[Stretch]]],
    depth: int = 0,
) -> list[Lifted]:
    """Give the surveyed bindings of an asset's parts, and of theirs, for the time that they are its parts."""
    if depth >= _DEPTH:
        return []
    found: list[Lifted] = []
    for child, stretches in sorted(standing(asset).items()):
        claims: list[Lifted] = [(each, each.from_at, each.until_at) for each in bindings(child) if each.surveyed]
        claims += lifted(child, bindings, standing, depth + 1)
        for claim, from_at, until_at in claims:
            found += [(claim, *both) for both in common(stretches, from_at, until_at)]
    return found


def common(stretches: Iterable[Stretch], from_at: Millis, until_at: Millis | None) -> list[Stretch]:
    """Give what [from_at, until_at) has in common with the union of stretches."""
    out: list[Stretch] = []
    for begins, ends in sorted(stretches, key=lambda each: each[0]):
        begin = max(begins, from_at)
        known = [each for each in (ends, until_at) if each is not None]
        end = min(known) if known else None
        if end is not None and end <= begin:
            continue
        if out and (out[-1][1] is None or begin <= out[-1][1]):
            last = out[-1][1]
            out[-1] = (out[-1][0], None if last is None or end is None else max(last, end))
        else:
            out.append((begin, end))
    return out


def rack_position(places: Places, kinds: Mapping[str, str], place: str) -> str:
    """Give the rack position that is, or holds, a place; the place itself where there is none."""
    for at in places.path(place):
        if kinds.get(at) == PlaceKind.RACK_POSITION:
            return at
    return place
