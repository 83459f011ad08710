"""What would leave, and why not: classes with their triggers and clocks, and holds that override them."""

from typing import TYPE_CHECKING, Any

import pytest

from schemas.envelope import rfc3339
from tests.support.book import BEGIN, DAY, HOUR
from tests.support.parties import AUDITOR, LESSOR, OWNER, Hidden, Party, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

LATE = BEGIN + 9_000 * DAY


@pytest.fixture
async def hidden(api: "Api") -> Hidden:
    """Give a book with something of every kind of record, asked by its operator's auditor."""
    made = Hidden(api.book)
    await made.fill()
    api.client.headers["Authorization"] = f"Bearer {await made.key(OWNER)}"
    return made


async def _class(hidden: Hidden, name: str, record: str, trigger: str, days: int) -> None:
    hidden.book.at += 1
    await hidden.book.connection.execute(
        "INSERT INTO retention_class VALUES ('kul-1', $1, $2, $3, $4, $5, 'law', 'par. 1', 'p', $6)",
        name, hidden.book.at, record, trigger, days, BEGIN,
    )  # fmt: skip


async def _hold(hidden: Hidden, key: str, *assets: str, whole: bool = False) -> None:
    await hidden.book.connection.execute(
        "INSERT INTO hold VALUES ('kul-1', $1, $2, $3, 'matter 7', 'p', $4, NULL)", key, whole, list(assets), BEGIN
    )


async def _plan(api: "Api", record: str, at: int) -> dict[str, Any]:
    answer = await api.client.get("/v1/retention/plan", params={"cell": "kul-1", "record": record, "at": rfc3339(at)})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["records"]
    counts = ("due", "held", "running", "waiting", "unclassed")
    assert sum(found[name] for name in counts) == found["total"]
    return {name: found[name] for name in (*counts, "next_due") if found[name]}


async def test_what_no_class_is_about_is_kept(api: "Api", hidden: Hidden) -> None:
    answer = (await api.client.get("/v1/retention/plan", params={"cell": "kul-1"})).json()
    assert all(each["total"] == each["unclassed"] for each in answer["records"])
    assert {each["record"] for each in answer["records"] if each["total"]} >= {"event", "run", "finding", "text"}
    assert hidden.book.cell == answer["cell"]


async def test_a_clock_runs_from_its_trigger(api: "Api", hidden: Hidden) -> None:
    await _class(hidden, "a", "dead_letter", "recorded", 10)
    due = BEGIN + HOUR + 10 * DAY
    assert await _plan(api, "dead_letter", due - 1) == {"running": 2, "next_due": rfc3339(due)}
    assert await _plan(api, "dead_letter", due) == {"due": 2}


async def test_a_clock_that_has_not_begun_waits(api: "Api", hidden: Hidden) -> None:
    await _class(hidden, "a", "run", "ended", 10)
    assert await _plan(api, "run", LATE) == {"waiting": 5}
    await hidden.book.connection.execute("UPDATE run SET until_at = $1 WHERE source = 'bmc-2'", BEGIN + DAY)
    assert await _plan(api, "run", LATE) == {"waiting": 4, "due": 1}


async def test_what_is_about_a_thing_leaves_after_the_thing_did_the_last_time(api: "Api", hidden: Hidden) -> None:
    await _class(hidden, "a", "status", "departed", 10)
    assert await _plan(api, "status", LATE) == {"waiting": 2}
    await hidden.book.connection.execute(
        "UPDATE whereabouts SET until_at = $2 WHERE asset = $1", kul("gpu3"), BEGIN + DAY
    )
    due = BEGIN + 11 * DAY
    assert await _plan(api, "status", due - 1) == {"waiting": 1, "running": 1, "next_due": rfc3339(due)}
    await hidden.book.stands(kul("gpu3"), "gpu", place="KUL-1/H1/R1/P02", from_at=BEGIN + 2 * DAY)  # it came back
    assert await _plan(api, "status", LATE) == {"waiting": 2}


async def test_the_last_of_several_classes_lets_it_go(api: "Api", hidden: Hidden) -> None:
    await _class(hidden, "a", "finding", "recorded", 10)
    await _class(hidden, "b", "finding", "recorded", 30)
    await _class(hidden, "c", "finding", "ended", 1)
    assert await _plan(api, "finding", LATE) == {"waiting": 3}
    await hidden.book.connection.execute("UPDATE finding SET closed_at = $1", BEGIN + 2 * HOUR)
    due = BEGIN + HOUR + 30 * DAY
    assert await _plan(api, "finding", due - 1) == {"running": 3, "next_due": rfc3339(due)}
    assert await _plan(api, "finding", due) == {"due": 3}


async def test_a_hold_overrides_every_class(api: "Api", hidden: Hidden) -> None:
    await _class(hidden, "a", "event", "recorded", 1)
    before = await _plan(api, "event", BEGIN + 9 * DAY)
    await _hold(hidden, "h1", kul("gpu3"))
    held = await _plan(api, "event", BEGIN + 9 * DAY)
    assert (held["held"], held["due"]) == (2, before["due"] - 2)
    await _hold(hidden, "h2", whole=True)
    assert await _plan(api, "event", BEGIN + 9 * DAY) == {"held": before["due"]}
    answer = (await api.client.get("/v1/retention/plan", params={"cell": "kul-1"})).json()
    assert answer["holds"] == ["h1", "h2"]
    await hidden.book.connection.execute("UPDATE hold SET known_until = $1", BEGIN + HOUR)
    assert await _plan(api, "event", BEGIN + 9 * DAY) == before
    rows = (await api.client.get("/v1/holds", params={"cell": "kul-1"})).json()["items"]
    released = rfc3339(BEGIN + HOUR)
    assert [(row["key"], row["things"], row["released_at"]) for row in rows] == [
        ("h1", 1, released),
        ("h2", 0, released),
    ]


async def test_the_plan_is_for_auditors_of_the_cell(api: "Api", hidden: Hidden) -> None:
    await _class(hidden, "a", "event", "recorded", 1)
    rows = (await api.client.get("/v1/retention/classes", params={"cell": "kul-1"})).json()["items"]
    assert [(row["name"], row["keep_days"], row["basis"]) for row in rows] == [("a", 1, "law")]
    await api.as_key("read")
    assert (await api.client.get("/v1/retention/plan", params={"cell": "kul-1"})).status_code == 403
    for party in (AUDITOR, LESSOR):
        assert await _rows(api, hidden, party) == []


async def _rows(api: "Api", hidden: Hidden, party: Party) -> list[Any]:
    header = {"Authorization": f"Bearer {await hidden.key(party)}"}
    answer = await api.client.get("/v1/retention/classes", params={"cell": "kul-1"}, headers=header)
    return list(answer.json()["items"])
