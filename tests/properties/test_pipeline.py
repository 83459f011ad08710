"""Rule 5: the facts of a cell are a function of its records, whatever happens to the consumer on the way."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.bench import Bench, few
from tests.properties.driving import Step, facts_after
from tests.properties.halls import halls
from tests.properties.lives import lives
from tests.properties.streams import streams, treatments
from tests.reference.model import facts
from tests.reference.shapes import difference
from tests.support.facts import facts_of
from tests.support.records import Record


def check(bench: Bench, records: Sequence[Record], partitions: int, steps: Iterable[Step]) -> None:
    """Let the pipeline and the model come to the same facts."""
    expected = facts(records, partitions)

    async def run() -> str:
        cell = await facts_after(bench.pool, records, partitions, steps)
        async with bench.pool.acquire() as connection:
            return difference(expected, await facts_of(connection, cell))

    assert bench.runner.run(run()) == ""


@pytest.mark.timeout(600)
@few(60)
@given(data=st.data())
def test_rule_5_any_batching_interleaving_and_crash_gives_the_facts_of_the_model(
    bench: Bench, data: st.DataObject
) -> None:
    """Rule 5, rule 2, rule 13: the real pipeline over the real Postgres against the slow reference model."""
    records, partitions = data.draw(streams(), label="records")
    check(bench, records, partitions, data.draw(treatments(partitions), label="steps"))


@pytest.mark.timeout(600)
@few(60)
@given(data=st.data())
def test_rule_17_things_within_things_seen_at_different_depths_are_where_the_model_has_them(
    bench: Bench, data: st.DataObject
) -> None:
    """Rules 14 to 20: racks, chassis, boards and parts by sources that see more or less of them."""
    records, partitions = data.draw(halls(), label="records")
    check(bench, records, partitions, data.draw(treatments(partitions), label="steps"))


@pytest.mark.timeout(600)
@few(30)
@given(data=st.data())
def test_rule_6_a_suspended_partition_comes_to_the_facts_of_the_model(bench: Bench, data: st.DataObject) -> None:
    """Rules 4 to 6: what people say while things go on, partitions suspended and resumed among it."""
    records, partitions = data.draw(lives(explain=False), label="records")
    check(bench, records, partitions, data.draw(treatments(partitions), label="steps"))
