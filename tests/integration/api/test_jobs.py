"""Claims that are judged as jobs: chunks joined to the same bytes, taken up again, limited, cancelled, swept."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from schemas.canonical import canonical
from schemas.envelope import rfc3339
from service.api import attesting, auth, chunks, jobbing, limits, members, worker
from service.api.worker import Worker
from service.facts.judge import Court
from service.store import jobs
from tests.integration.api.test_attestations import GPU, RACK, SERVER, claim
from tests.integration.api.test_sets import NOBODY
from tests.support.book import BEGIN, DAY, HOUR, SITE, asset_id
from tests.support.parties import AUDITOR, LESSOR, Hidden

if TYPE_CHECKING:
    import httpx

    from tests.integration.api.conftest import Api

CSV = {"content-type": "text/csv"}
EVERYTHING = {"everything": True}
PREDICATES = ("stayed", "accounted_for", "contains")


@pytest.fixture
def idle(api: "Api", monkeypatch: pytest.MonkeyPatch) -> "Api":
    """Give the application with its own worker kept from working: a test lets chunks be judged one by one."""

    async def never() -> bool:
        return False

    monkeypatch.setattr(api.app.state.worker, "turn", never)
    return api


async def make(api: "Api", **changed: object) -> "httpx.Response":
    headers = {"Idempotency-Key": str(changed.pop("key"))} if "key" in changed else {}
    body = {**claim(predicate="stayed", subject=EVERYTHING), **changed}
    return await api.client.post("/v1/jobs", json={n: v for n, v in body.items() if v is not None}, headers=headers)


async def listed(api: "Api", table: str | bytes, **asked: object) -> "httpx.Response":
    span = {"from": rfc3339(BEGIN + HOUR), "until": rfc3339(BEGIN + DAY)}
    query = {"cell": "kul-1", "predicate": "located_at", "country": "MY", **span, **asked}
    return await api.client.post("/v1/jobs/csv", params=query, content=table, headers=CSV)  # type: ignore[arg-type]


async def ended(api: "Api", made: "httpx.Response") -> dict[str, Any]:
    """Wait for a job's end, as a client does."""
    assert made.status_code == 202, made.text
    while True:
        found: dict[str, Any] = (await api.client.get(made.headers["Location"])).json()
        if found["state"] != "open":
            return found
        await asyncio.sleep(0.02)


async def lines(api: "Api", url: str, **query: object) -> tuple[list[dict[str, Any]], str | None]:
    answer = await api.client.get(f"{url}/members", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()], answer.headers.get("Holdfast-Next")


@asynccontextmanager
async def another(api: "Api") -> AsyncIterator[Worker]:
    """Give a worker of another process of the API: with connections of its own, and nothing else in common."""
    from deploy.serve import reading_pool  # noqa: PLC0415  (only these tests need one)

    opened = await reading_pool(api.dsn, 2)
    yield Worker(opened)
    await opened.close()


async def expire(api: "Api", job: str, *, lease: bool = False) -> None:
    """Let the database's clock pass what it holds a lease, or the whole job, against."""
    what = "job_chunk SET lease_until" if lease else "job SET expires_at"
    await api.book.connection.execute(f"UPDATE {what} = now() - interval '1 second' WHERE job = $1", job)


@pytest.mark.parametrize("predicate", PREDICATES)
async def test_rule_3_however_a_set_is_split_its_answer_has_the_bytes_of_the_whole(
    api: "Api", monkeypatch: pytest.MonkeyPatch, predicate: str
) -> None:
    await api.book.said("k1", 0, GPU, "released", "Lessee Ltd", from_at=BEGIN + 2 * HOUR, known_from=BEGIN + 3 * HOUR)
    asked = claim(predicate=predicate, subject=EVERYTHING)
    whole = await api.client.post("/v1/attestations", json=asked)
    assert whole.status_code == 200
    assert whole.json()["set"]["members"] == 5
    split, in_order = random.Random(7), chunks.chunks_of  # noqa: S311 - any order

    async def anyhow(*given: Any) -> list[jobs.Chunk]:  # noqa: ANN401 - as the real one
        found = await in_order(*given)
        split.shuffle(found)
        return found

    monkeypatch.setattr(chunks, "chunks_of", anyhow)
    for size in (1, 2, 3, 4):
        monkeypatch.setattr(chunks, "CHUNK", size)
        done = await ended(api, await make(api, predicate=predicate))
        assert done["state"] == "done"
        assert done["progress"] == {"done": 5, "of": 5}
        assert canonical(done["answer"]) == whole.content, size


async def test_a_claim_that_takes_longer_than_a_second_becomes_a_job_with_the_same_answer(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = claim(predicate="stayed", subject={"place": SITE}, known_at=rfc3339(BEGIN + DAY - 1))
    whole = await api.client.post("/v1/attestations", json=asked)
    for bound, few in (("AT_ONCE", 5), ("RACKS_AT_ONCE", 1)):  # it is about five things of one rack
        monkeypatch.setattr(chunks, bound, few)
    assert (await api.client.post("/v1/attestations", json=asked)).content == whole.content
    monkeypatch.setattr(chunks, "RACKS_AT_ONCE", 0)
    made = await api.client.post("/v1/attestations", json=asked, headers={"Idempotency-Key": "k"})
    assert made.json()["claim"]["subject"] == {"place": SITE}
    done = await ended(api, made)
    assert canonical(done["answer"]) == whole.content
    monkeypatch.setattr(chunks, "AT_ONCE", 4)
    assert (await api.client.post("/v1/attestations", json=asked)).status_code == 202
    again = await api.client.post("/v1/attestations", json=asked, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["job"]) == (202, done["job"])
    one = await api.client.post("/v1/attestations", json=claim(subject={"asset": GPU}))
    assert one.status_code == 200


async def test_a_job_stays_as_of_the_moment_at_which_it_was_made(idle: "Api") -> None:
    before = await idle.client.post("/v1/attestations", json=claim(predicate="stayed", subject=EVERYTHING))
    made = await make(idle)
    await idle.book.asset("later", "gpu")
    await idle.book.live_until(BEGIN + 2 * DAY)
    async with another(idle) as other:
        while await other.turn():
            pass
    assert canonical((await ended(idle, made))["answer"]) == before.content


async def test_the_members_of_a_job_are_streamed_as_far_as_they_are_judged_and_paged(
    idle: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    made = await make(idle, predicate="accounted_for")
    url = made.headers["Location"]
    assert await lines(idle, url) == ([], (await lines(idle, url))[1])
    async with another(idle) as other:
        assert await other.turn()
        first, cursor = await lines(idle, url)
        assert len(first) == 2
        assert cursor
        assert (await idle.client.get(url)).json()["progress"] == {"done": 2, "of": 5}
        while await other.turn():
            pass
    rest, end = await lines(idle, url, cursor=cursor)
    every, none = await lines(idle, url)
    assert (end, none) == (None, None)
    assert every == [*first, *rest]
    assert {each["account"] for each in every} == {"present"}
    assert len(every) == 5
    assert every[0]["subject"] == RACK  # what holds the others comes before them
    paged: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        page, following = await lines(idle, url, limit=3, **({"cursor": following} if following else {}))
        assert len(page) <= 3
        paged += page
    assert paged == every
    wrong = await idle.client.get(f"{url}/members", params={"cursor": "x"})
    assert wrong.status_code == 400


async def test_progress_is_streamed_until_the_job_ends(idle: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    made = await make(idle)
    watching = asyncio.create_task(idle.client.get(f"{made.headers['Location']}/progress"))
    async with another(idle) as other:
        while await other.turn():
            pass
    watched = await watching
    assert watched.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line.removeprefix("data: ")) for line in watched.text.splitlines() if line.startswith("data")]
    assert told[-1]["state"] == "done"
    assert told[-1]["progress"] == {"done": 5, "of": 5}


async def test_a_stream_of_progress_ends_with_the_key(idle: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHED_S", 0.0)
    made = await make(idle)
    watching = asyncio.create_task(idle.client.get(f"{made.headers['Location']}/progress"))
    while not watching.done():
        await asyncio.sleep(0.1)
        await idle.book.connection.execute("UPDATE api_key SET revoked_at = created_at")
    assert '"state":"open"' in watching.result().text


async def test_what_was_taken_and_left_is_taken_up_by_another_once_its_lease_is_over(
    idle: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    made = await make(idle)
    job = made.json()["job"]

    async def killed(*_: object) -> None:
        raise asyncio.CancelledError

    async with another(idle) as one, another(idle) as other:
        with monkeypatch.context() as dying:
            dying.setattr(chunks, "judge", killed)
            with pytest.raises(asyncio.CancelledError):
                await one.turn()
        while await other.turn():
            pass
        assert (await idle.client.get(made.headers["Location"])).json()["progress"] == {"done": 3, "of": 5}
        await expire(idle, job, lease=True)
        while await other.turn():
            pass
    assert (await ended(idle, made))["state"] == "done"


async def test_a_chunk_that_two_judged_is_kept_once(idle: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    made = await make(idle)
    job = made.json()["job"]
    judge, told = chunks.judge, []

    async with another(idle) as slow, another(idle) as fast:

        async def slowly(*given: Any) -> chunks.Judged:  # noqa: ANN401 - as the real one
            found = await judge(*given)
            told.append(found)
            if len(told) == 1:
                await expire(idle, job, lease=True)
                assert await fast.turn()
            return found

        monkeypatch.setattr(chunks, "judge", slowly)
        assert await slow.turn()
        assert len(told) == 2
        rows = await idle.book.connection.fetch("SELECT tries, done_at FROM job_chunk WHERE job = $1", job)
        assert [row["tries"] for row in rows] == [2]
        assert await slow.turn()
    done = await ended(idle, made)
    assert done["answer"]["set"]["members"] == 5


async def test_a_chunk_that_cannot_be_judged_fails_its_job_after_some_tries(
    idle: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make(idle)

    def broken(*_: object) -> None:
        raise ValueError("we are wrong")

    monkeypatch.setattr(Court, "verdict", broken)
    async with another(idle) as other:
        for _ in range(worker._TRIES):  # noqa: SLF001 - how often is the worker's own
            with pytest.raises(ValueError, match="we are wrong"):
                await other.turn()
            await expire(idle, made.json()["job"], lease=True)
        assert await other.turn()
    failed = await ended(idle, made)
    assert failed["state"] == "failed"
    assert "ask again" in failed["words"]
    assert (await idle.client.get(f"{made.headers['Location']}/members")).status_code == 409


async def test_a_key_makes_one_job_of_one_claim(idle: "Api") -> None:
    made = await make(idle, key="audit-1")
    again = await make(idle, key="audit-1")
    assert made.json()["job"] == again.json()["job"]
    other = await make(idle, key="audit-1", predicate="accounted_for")
    assert other.status_code == 422
    assert other.json()["type"].endswith("key-used")
    at_once = await asyncio.gather(*(make(idle, key="audit-2") for _ in range(5)))
    assert len({each.json()["job"] for each in at_once}) == 1


async def test_an_operator_has_so_many_open_jobs_and_is_told_what_to_do(idle: "Api") -> None:
    at_once = await asyncio.gather(*(make(idle) for _ in range(jobbing.MAX_OPEN + 2)))
    assert sorted(each.status_code for each in at_once) == [202] * jobbing.MAX_OPEN + [429] * 2
    made = next(each for each in at_once if each.status_code == 202)
    refused = await make(idle)
    assert made.json()["job"] in refused.json()["detail"]
    assert refused.headers["Retry-After"]
    cancelled = await idle.client.delete(made.headers["Location"])
    assert cancelled.json()["state"] == "cancelled"
    assert (await make(idle)).status_code == 202


async def test_a_cancelled_job_is_judged_no_further_and_says_so(idle: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    made = await make(idle)
    url = made.headers["Location"]
    judge = chunks.judge

    async def meanwhile(*given: Any) -> chunks.Judged:  # noqa: ANN401 - as the real one
        assert (await idle.client.delete(url)).status_code == 200
        return await judge(*given)

    monkeypatch.setattr(chunks, "judge", meanwhile)
    async with another(idle) as other:
        assert await other.turn()
        assert not await other.turn()
    found = (await idle.client.get(url)).json()
    assert (found["state"], found["answer"], found["progress"]["done"]) == ("cancelled", None, 0)
    assert (await idle.client.get(f"{url}/members")).status_code == 409
    assert (await idle.client.delete(url)).json()["state"] == "cancelled"


async def test_an_expired_job_is_not_there_and_is_swept(idle: "Api") -> None:
    made = await make(idle, key="k")
    job = made.json()["job"]
    await expire(idle, job)
    assert (await idle.client.get(made.headers["Location"])).status_code == 404
    assert (await idle.client.get("/v1/jobs")).json()["items"] == []
    async with another(idle) as other:
        assert not await other.turn()
    for table in ("job", "job_chunk"):
        assert await idle.book.connection.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert (await make(idle, key="k")).json()["job"] != job


async def test_rule_36_another_operators_job_is_not_there(idle: "Api") -> None:
    made = await make(idle)
    url = made.headers["Location"]
    await idle.as_key("read", operator="rival")
    for method, path in (("GET", url), ("DELETE", url), ("GET", f"{url}/members"), ("GET", f"{url}/progress")):
        answer = await idle.client.request(method, path)
        assert answer.status_code == 404, path
        assert answer.json()["type"].endswith("job-not-found")
    assert (await idle.client.get("/v1/jobs")).json()["items"] == []
    theirs = await make(idle, cell="kul-1")
    assert theirs.status_code == 404
    await idle.as_key("write")
    assert (await make(idle)).status_code == 403


async def test_a_party_waits_for_its_answer_which_is_noted_and_makes_no_job(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = Hidden(api.book)
    await hidden.fill()
    for party in (AUDITOR, LESSOR):
        api.client.headers["Authorization"] = f"Bearer {await hidden.key(party)}"
        asked = claim(subject={"place": SITE})
        before = await api.client.post("/v1/attestations", json=asked)
        with monkeypatch.context() as small:
            small.setattr(chunks, "AT_ONCE", 1)
            small.setattr(chunks, "CHUNK", 2)
            sent = len(api.broker.sent)
            assert (await api.client.post("/v1/attestations", json=asked)).content == before.content
            assert len(api.broker.sent) == sent + 1
        made = await make(api)
        assert (made.status_code, made.json()["type"].rpartition(":")[2]) == (403, "not-granted")
        assert (await make(api, cell=None)).status_code == 422
        with monkeypatch.context() as small:
            small.setattr(attesting, "MAX_OF_PARTIES", 2)
            assert "at most 2" in (await api.client.post("/v1/attestations", json=asked)).json()["detail"]


async def test_jobs_are_listed_page_by_page(idle: "Api") -> None:
    made = [(await make(idle)).json()["job"] for _ in range(3)]
    first = (await idle.client.get("/v1/jobs", params={"limit": 2})).json()
    rest = (await idle.client.get("/v1/jobs", params={"limit": 2, "cursor": first["next"]})).json()
    assert [each["job"] for each in (*first["items"], *rest["items"])] == made
    assert rest["next"] is None
    assert "answer" not in first["items"][0]


async def test_everything_of_an_operator_is_asked_of_all_its_cells_and_summed_up(api: "Api") -> None:
    await api.book.connection.execute("UPDATE cell SET operator = 'acme' WHERE cell = 'sin-1'")
    await api.as_key("read")
    alone = [
        await api.client.post("/v1/attestations", json=claim(predicate="accounted_for", subject=EVERYTHING, cell=cell))
        for cell in ("kul-1", "sin-1")
    ]
    done = await ended(api, await make(api, cell=None, predicate="accounted_for"))
    assert done["cells"] == ["kul-1", "sin-1"]
    assert [canonical(each) for each in done["answer"]["cells"]] == [each.content for each in alone]
    real, simulated = done["answer"]["sums"]
    assert (real["cells"], simulated["cells"]) == (["sin-1"], ["kul-1"])
    assert real["members"] == 5
    assert real["accounts"]["gpu"] == {"present": 2}
    assert real["words"]
    assert len((await lines(api, done["url"]))[0]) == 10
    place = await make(api, cell=None, subject={"place": SITE})
    assert (place.status_code, place.json()["type"].rpartition(":")[2]) == (422, "bad-claim")


async def test_a_list_by_csv_is_judged_each_thing_once(api: "Api") -> None:
    theirs = asset_id("sin-1/rack")
    table = (
        "\ufeffScheme,Value,Scope,Asset\r\n"
        f"serial,sn-0001,,\r\nserial,SN-0001,acme/x1,\r\n,,,{GPU}\r\nserial,SN-404-404,,\r\nserial,N/A,,\r\n,,,{theirs}\r\n"
    )
    done = await ended(api, await listed(api, table))
    found = done["answer"]["set"]
    assert found["counts"] == {"chassis": {"confirmed": 1}, "gpu": {"confirmed": 1}, "unknown": {"unproven": 3}}
    assert done["claim"]["subject"]["listed"]["count"] == 6
    assert {each["subject"] for each in found["worst"]} == {"serial:SN-404-404", "serial:N/A", theirs}
    shuffled = "asset,value,scheme,scope\n" + f"{theirs},,,\n,SN-0001,serial,acme/x1\n,N/A,serial,\n{GPU},,,\n"
    shuffled += f",SN-404-404,serial,\n,sn-0001,serial,\n{GPU},,,\n"
    again = await ended(api, await listed(api, shuffled))
    assert canonical(again["answer"]) == canonical(done["answer"])
    kinds = await ended(api, await listed(api, table, kind="gpu", max_silence_s="gpu=900"))
    assert kinds["answer"]["set"]["counts"] == {"gpu": {"confirmed": 1}, "unknown": {"unproven": 3}}
    assert kinds["claim"]["max_silence_s"] == {"gpu": 900}


async def test_a_hundred_thousand_lines_about_one_thing_are_one_thing(api: "Api") -> None:
    table = "scheme,value\n" + "serial,SN-0001\n" * 100_000
    done = await ended(api, await listed(api, table))
    assert done["answer"]["set"]["counts"] == {"chassis": {"confirmed": 1}}
    more = await listed(api, table + "serial,SN-0001\n")
    assert (more.status_code, more.json()["type"]) == (422, "urn:holdfast:problem:bad-table")
    assert "100000 lines" in more.json()["detail"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("scheme,value\nserial,SN-1\nserial\n", "line 3"),
        ("scheme,value\nserial,SN-1\nprinted,SN-2\n", "line 3: scheme"),
        ("asset\nno-uuid\n", "line 2: asset"),
        (f"asset,scheme,value\n{NOBODY},serial,SN-1\n", "line 2: give an asset, or"),
        ("scheme,value\nserial,\n", "line 2: value"),
        ('scheme,value\nserial,"SN-1\n', "line 2"),
        ("scheme,price\nserial,SN-1\n", "'price' is none of them"),
        ("scheme,value\n", "no row"),
        ("", "no row"),
    ],
)
async def test_what_is_wrong_in_a_list_is_named_by_its_line(api: "Api", table: str, says: str) -> None:
    answer = await listed(api, table)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("bad-table")
    assert says in answer.json()["detail"]


async def test_a_list_that_is_no_text_or_asked_about_wrongly_is_refused_as_such(api: "Api") -> None:
    assert (await listed(api, b"\xff\xfe\x00")).status_code == 415
    query = dict((await listed(api, "")).request.url.params)
    plain = await api.client.post("/v1/jobs/csv", params=query, content="scheme,value\n")
    assert plain.json()["type"].endswith("not-csv")
    for limit in ("printer=60", "gpu=90000", "gpu=0", "gpu"):
        wrong = await listed(api, "scheme,value\nserial,SN-1\n", max_silence_s=limit)
        assert (wrong.status_code, wrong.json()["type"].rpartition(":")[2]) == (422, "invalid-request"), limit
    unasked = await api.client.post("/v1/jobs/csv", content="scheme,value\n", headers=CSV)
    assert unasked.json()["type"].endswith("invalid-request")


async def test_a_list_may_be_longer_than_other_bodies_and_has_an_end_too(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "scheme,value,scope\n" + f"serial,SN-0001,{'x' * 200}\n" * 5_000
    assert len(table) > limits.MAX_BODY_BYTES
    assert (await listed(api, table)).status_code == 202
    monkeypatch.setattr(limits, "LONGER", {"/v1/jobs/csv": limits.MAX_BODY_BYTES + 1})
    announced = await listed(api, table)

    async def pieces() -> AsyncIterator[bytes]:
        for first in range(0, len(table), 100_000):
            yield table[first : first + 100_000].encode()

    unannounced = await api.client.post(announced.request.url, content=pieces(), headers=CSV)
    for refused in (announced, unannounced):
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (413, "too-large")


async def test_what_is_too_large_is_refused_with_what_would_be_small_enough(
    api: "Api", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MAX_MEMBERS", 4)
    large = await make(api)
    assert (large.status_code, large.json()["type"].rpartition(":")[2]) == (422, "claim-too-large")
    assert "about 5 things, and at most 4" in large.json()["detail"]
    assert "gpu (2)" in large.json()["detail"]
    assert (await make(api, subject={**EVERYTHING, "kinds": ["gpu", "rack"]})).status_code == 202
    await api.book.connection.execute("UPDATE cell SET operator = 'acme' WHERE cell = 'sin-1'")
    await api.as_key("read")
    monkeypatch.setattr(members, "MAX_MEMBERS", 9)
    several = await make(api, cell=None)
    assert several.status_code == 422
    assert "kul-1 (5), sin-1 (5)" in several.json()["detail"]


@pytest.mark.parametrize(
    ("changed", "slug"),
    [
        ({"subject": {"everything": True, "place": SITE}}, "bad-claim"),
        ({"subject": {"asset": GPU}}, "bad-claim"),
        ({"subject": {"everything": False}}, "invalid-request"),
        ({"predicate": "not_on_record"}, "bad-claim"),
        ({"predicate": "contains", "expected": {"counts": {"gpu": 2}}}, "bad-claim"),
        ({"subject": {"place": "KUL-9"}}, "place-not-found"),
        ({"subject": {"inside": NOBODY}}, "asset-not-found"),
        ({"from": rfc3339(BEGIN + 9 * DAY), "until": rfc3339(BEGIN + 10 * DAY)}, "bad-claim"),
    ],
)
async def test_what_cannot_be_judged_makes_no_job(api: "Api", changed: dict[str, object], slug: str) -> None:
    answer = await make(api, **changed)
    assert answer.json()["type"] == f"urn:holdfast:problem:{slug}", answer.text
    assert (await api.client.get("/v1/jobs")).json()["items"] == []


async def test_an_empty_set_and_a_small_one_are_jobs_too(api: "Api") -> None:
    empty = await ended(api, await make(api, subject={**EVERYTHING, "kinds": ["psu"]}))
    assert (empty["progress"], empty["answer"]["set"]["members"]) == ({"done": 0, "of": 0}, 0)
    inside = await ended(api, await make(api, subject={"inside": SERVER}))
    assert inside["answer"]["set"]["members"] == 4
