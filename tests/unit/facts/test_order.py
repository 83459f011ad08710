"""What an answer lists comes in one order, whatever order a set or a store has (SEMANTICS rule 3)."""

from dataclasses import replace

from schemas.words import BindingEnd, Kind
from service.facts.judge import Court
from service.facts.judgement import Disagreement
from service.facts.quarrels import in_order
from service.facts.witnesses import witnesses
from tests.support.verdicts import GPU, T0, TRAY, UNTIL, Site, at, within


def test_rule_3_what_differs_in_anything_comes_in_one_order_whatever_a_set_makes_of_it() -> None:
    quarrels = [Disagreement(GPU, "record", "a_claim_of_it_stands", ("agent",), T0, end) for end in (None, 1, 2, 3, 4)]
    assert in_order(reversed(quarrels)) == tuple(quarrels)
    site = Site()
    one = within(GPU, Kind.GPU, TRAY)
    several = [replace(one, until_at=UNTIL - n, end=BindingEnd.ABSENT) for n in (5, 4, 3, 2)]
    site.bind(GPU, *several)
    chain = Court(at(), site.evidence()).chain
    assert [each.until_at for each in witnesses(chain, reversed(several))] == [each.until_at for each in several]
