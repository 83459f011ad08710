"""Planned work explains what it announced, in its window, of its things: at the API, out of the rows (rule 27)."""

from typing import TYPE_CHECKING

import pytest

from schemas.envelope import rfc3339
from tests.integration.api.test_attestations import OTHER_GPU, RACK, SERVER, ask
from tests.support.book import BEGIN, HOUR, SITE

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

NOON = BEGIN + 12 * HOUR


async def _out_at_noon(api: "Api") -> None:
    """Let a GPU leave its server at noon, and be seen nowhere since."""
    book = api.book
    await book.connection.execute(
        "UPDATE binding SET until_at = $3, end_cause = 'replaced' WHERE cell = $1 AND asset = $2",
        book.cell, OTHER_GPU, NOON,
    )  # fmt: skip
    await book.connection.execute(
        "UPDATE whereabouts SET until_at = $3 WHERE cell = $1 AND asset = $2", book.cell, OTHER_GPU, NOON
    )


@pytest.mark.parametrize(
    ("work", "explained"),
    [
        (None, None),
        ({"assets": [OTHER_GPU]}, "CHG-1"),
        ({"assets": [SERVER]}, "CHG-1"),
        ({"places": [SITE]}, "CHG-1"),
        ({"assets": [RACK], "explains": ["component_foreign"]}, None),
        ({"assets": [OTHER_GPU], "explains": ["component_foreign", "component_missing"]}, "CHG-1"),
        ({"assets": [OTHER_GPU], "from_at": NOON + HOUR}, None),
        ({"assets": [OTHER_GPU], "until_at": NOON - HOUR}, None),
        ({"assets": [OTHER_GPU], "known_from": BEGIN + 23 * HOUR}, None),
    ],
)
async def test_rule_27_a_part_that_is_missing_is_explained_by_the_work_that_announced_it_alone(
    api: "Api", work: dict[str, object] | None, explained: str | None
) -> None:
    await _out_at_noon(api)
    if work is not None:
        row = {
            "known_from": BEGIN, "from_at": NOON - 2 * HOUR, "until_at": NOON + 2 * HOUR, "assets": [], "places": [],
            "explains": ["component_missing"], **work,
        }  # fmt: skip
        await api.book.connection.execute(
            "INSERT INTO work VALUES ($1, 'CHG-1', $2, $3, $4, $5, $6, $7)", api.book.cell, *row.values()
        )
    answer = await ask(api, predicate="contains", subject={"asset": SERVER}, known_at=rfc3339(BEGIN + 22 * HOUR))
    (difference,) = answer["answer"]["differences"]
    assert (difference["asset"], difference["what"], difference.get("explained_by")) == (
        OTHER_GPU,
        "missing",
        explained,
    )
    assert (answer["answer"]["verdict"] == "contradicted") == (explained is None)
