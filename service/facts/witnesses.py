"""The bindings that speak for or against a claim, as an answer lists them. Pure; standard library alone."""

from collections.abc import Iterable

from schemas.words import PlaceGrade
from service.facts.chain import Chain, Mode
from service.facts.judgement import Witness
from service.facts.placing import Placing
from service.facts.records import AssetId, Binding
from service.facts.spans import clip, union
from service.facts.trust import senses

_NAMES = (
    *("asset", "source", "scope", "slot", "from_at", "container", "place", "lifted_from", "until_at", "grade"),
    *("source_class", "control_domain"),
)


def speaking(chain: Chain, bindings: Iterable[Binding]) -> list[Binding]:
    """Give those that any run supports at a moment of the interval."""
    return [each for each in bindings if clip(union(chain.spans(each, Mode.RAW)), chain.from_at, chain.until_at)]


def placing_for(chain: Chain, placing: Placing, subject: AssetId) -> list[Binding]:
    """Give the bindings that support where a thing is: its links and those of what holds it, and places."""
    held = chain.holders(subject)
    found: list[Binding] = []
    for asset in held:
        found.extend(placing.own(asset))
        found.extend(binding for link in chain.links(asset) if link.parent in held for binding in link.bindings)
    return found


def placing_against(chain: Chain, placing: Placing, subject: AssetId) -> list[Binding]:
    """Give the bindings that say it is elsewhere: places that refuse the target, and links to what is at one."""
    found: list[Binding] = []
    ahead, seen = [subject], {subject}
    while ahead:
        asset = ahead.pop(0)
        found.extend(placing.own(asset, against=True))
        for link in chain.links(asset):
            if placing.testimonies(link.parent, Mode.HEARD, against=True):
                found.extend(link.bindings)
                if link.parent not in seen:
                    seen.add(link.parent)
                    ahead.append(link.parent)
    return found


def witnesses(chain: Chain, bindings: Iterable[Binding]) -> tuple[Witness, ...]:
    """Put bindings into the answer's form and order."""
    known_at = chain.evidence.known_at
    found = {
        Witness(
            each.asset,
            each.source.name,
            each.source.source_class.value,
            each.source.control_domain,
            each.scope,
            each.slot,
            each.container,
            each.place,
            _grade(chain, each),
            each.from_at,
            each.until_at if each.until_at is not None and each.until_at < known_at else None,
            each.lifted_from,
        )
        for each in bindings
    }
    return tuple(sorted(found, key=_order))


def _grade(chain: Chain, binding: Binding) -> str:
    if binding.place is None:
        return chain.identity_of(binding).value
    return PlaceGrade.SENSED.value if senses(binding) else PlaceGrade.DECLARED.value


def _order(each: Witness) -> tuple[object, ...]:
    """Order them wholly: of two that differ in anything, one always comes first."""
    return tuple("" if (value := getattr(each, name)) is None else str(value) for name in _NAMES)
