"""However a set is split, and in whatever order its portions are joined, its answer has the bytes of the whole."""

import random
from dataclasses import replace

import orjson
from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas.canonical import canonical
from schemas.words import Cause
from service.facts.claims import Claim
from service.facts.document import document, document_of_set, document_of_written
from service.facts.evidence import AssetEvidence, Evidence, Gap
from service.facts.judge import Court
from service.facts.portion_form import Written, dump, load
from service.facts.portions import Portion, judged, nothing
from service.facts.records import AssetId
from service.facts.sets import concluded, judge_set
from tests.properties.test_accounts import said_of
from tests.properties.test_verdicts import CLAIMS, SOURCES, START
from tests.support.verdicts import GPU, MINUTE, RACK, TRAY

WORST = 3
STRANGERS = tuple(AssetId(f"serial:SN-{n}") for n in range(3))
SITES = 3


@st.composite
def silences(draw: st.DrawFn) -> tuple[Gap, ...]:
    """Silences of sources, some of which last."""
    found = {}
    for _ in range(draw(st.integers(0, 30))):
        source, since = draw(st.sampled_from(SOURCES)).name, START + draw(st.integers(0, 500)) * MINUTE
        until = draw(st.sampled_from([None, since + 20 * MINUTE, since + draw(st.integers(1, 300)) * MINUTE]))
        found[source, since] = Gap(source, "node", since, until, draw(st.sampled_from(Cause)))
    return tuple(found.values())


@st.composite
def books(draw: st.DrawFn) -> tuple[Evidence, list[AssetId]]:
    """Some sites with the same sources, what they hold told apart by number; and all that may be asked about."""
    sites = [draw(said_of()) for _ in range(SITES)]
    assets: dict[AssetId, AssetEvidence] = {}
    for number, site in enumerate(sites):
        assets |= {_at(number, asset): _renamed(number, found) for asset, found in site.assets.items()}
    members = [_at(number, asset) for number in range(SITES) for asset in (GPU, TRAY, RACK)]
    evidence = replace(sites[0], assets=assets, gaps=draw(silences()), ambiguous=frozenset(STRANGERS[:1]))
    return evidence, [*members, *STRANGERS]


def _at(number: int, asset: AssetId | None) -> AssetId:
    return AssetId(f"{number}/{asset}")


def _renamed(number: int, found: AssetEvidence) -> AssetEvidence:
    return replace(
        found,
        asset=_at(number, found.asset),
        whereabouts=tuple(
            replace(row, container=row.container and _at(number, row.container)) for row in found.whereabouts
        ),
        bindings=tuple(
            replace(row, asset=_at(number, row.asset), container=row.container and _at(number, row.container))
            for row in found.bindings
        ),
    )


def around(evidence: Evidence, members: list[AssetId]) -> Evidence:
    """Give the evidence that is gathered for some members: all that stands with them, and what its sources left out."""
    sites = {member.partition("/")[0] for member in members}
    assets = {asset: found for asset, found in evidence.assets.items() if asset.partition("/")[0] in sites}
    sources = {binding.source.name for found in assets.values() for binding in found.bindings}
    return replace(evidence, assets=assets, gaps=tuple(gap for gap in evidence.gaps if gap.source in sources))


def kept(portion: Portion[Written]) -> Portion[Written]:
    """Give a portion as it comes back from where it was kept."""
    return load(orjson.loads(canonical(dump(portion))))


@settings(max_examples=120, deadline=None)
@given(books(), st.sampled_from(CLAIMS), st.randoms(use_true_random=False))
def test_rule_3_any_split_joined_in_any_order_gives_the_bytes_of_the_whole(
    book: tuple[Evidence, list[AssetId]], claim: Claim, draw: random.Random
) -> None:
    evidence, members = book
    whole = judge_set(claim, members, around(evidence, members), worst=WORST)
    draw.shuffle(members)
    split: list[list[AssetId]] = [[] for _ in range(draw.randint(1, len(members)))]
    for member in members:
        draw.choice(split).append(member)
    portions = [kept(judged(Court(claim, around(evidence, each)), each, WORST).written(document)) for each in split]
    while len(portions) > 1:
        one = portions.pop(draw.randrange(len(portions)))
        other = portions.pop(draw.randrange(len(portions)))
        joined = one.joined(other, WORST)
        portions.insert(draw.randint(0, len(portions)), kept(joined) if draw.random() < 0.5 else joined)
    found = concluded(claim, portions[0], evidence.known_at)
    assert canonical(document_of_written(found)) == canonical(document_of_set(whole))
    assert (found.silences, found.longest) == (whole.silences, whole.longest)
    event(f"{claim.predicate}, {len(whole.worst)} of the worst, {min(whole.silences, 25)} silences")


@settings(max_examples=30, deadline=None)
@given(books(), st.sampled_from(CLAIMS))
def test_nothing_joined_with_a_portion_changes_nothing_of_it(
    book: tuple[Evidence, list[AssetId]], claim: Claim
) -> None:
    evidence, members = book
    portion = judged(Court(claim, evidence), members, WORST).written(document)
    none: Portion[Written] = nothing(claim)
    assert none.joined(portion, WORST) == portion.joined(none, WORST) == kept(portion) == portion
