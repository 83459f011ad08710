"""Listings of a whole cell: what each holds, its filters, and that its pages neither skip nor repeat under writes."""

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from schemas.envelope import rfc3339
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE, asset_id
from tests.support.parties import OTHER_POSITION, OWNER, Hidden, kul

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api
    from tests.support.book import Seeded

NOW_ONLY = {"/v1/findings", "/v1/dead-letters"}  # as they are now: what is new comes after all that was there


@pytest.fixture
async def hidden(api: "Api") -> Hidden:
    """Give a book with something in every table, and its operator as who asks."""
    made = Hidden(api.book)
    await made.fill()
    await _more(api.book)
    api.client.headers["Authorization"] = f"Bearer {await made.key(OWNER)}"
    return made


async def _more(book: "Seeded") -> None:
    """Put silences, disputes, acts and accesses."""
    connection, cell = book.connection, book.cell
    for n, source in enumerate(("agent-1", "agent-2", "bmc-1")):
        until = None if source == "bmc-1" else BEGIN + (n + 3) * HOUR
        await connection.execute(
            "INSERT INTO gap VALUES ($1, $2, 'node', $3, 0, $4, $5, $6)",
            cell, source, n + 1, BEGIN + (n + 1) * HOUR, BEGIN + (n + 1) * HOUR + 1, until,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO act VALUES ($1, $2, $3, $4, $5, 'person-1', $6, $7, $8)",
            cell, 100 + n, BEGIN + n * HOUR, f"act-{n}", "place.put" if n else "site.put", b"{}",
            "refused" if n == 2 else "applied", "why" if n == 2 else None,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO dispute VALUES ($1, $2, $3, $4, 'agent-1', 'node', 'gpu/0', $5, 'node', 'gpu/0', $3, NULL)",
            cell, kul(f"gpu{n + 1}"), BEGIN + n * HOUR, None if n else BEGIN + 5 * HOUR, source,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO access VALUES ($1, $2, $3, 'exporter-1', 'key-1', '{}', NULL)", cell, n, BEGIN + n * HOUR
        )
    await connection.execute(
        "INSERT INTO outage VALUES ($1, 'telemetry', 0, $2, $3)", cell, BEGIN + HOUR, BEGIN + 2 * HOUR
    )


@dataclass
class Growing:
    """A book that is written to between pages: rows before and after every key, all known later."""

    book: "Seeded"
    n: int = 0

    async def grow(self) -> None:
        """Write one of everything that listings show, and let the horizon come after."""
        self.n += 1
        n, book = self.n, self.book
        connection, cell, at = book.connection, book.cell, book.at
        for name in (f"AAA-{n}", f"ZZZ-{n}"):
            await connection.execute(
                "INSERT INTO place (cell, place, kind, within, from_at) VALUES ($1, $2, 'hall', $3, $4)",
                cell, name, SITE, at,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO source_term VALUES ($1, $2, $3, 'in_band', 'lessee', 300000, 0, 120000, false, 0)",
                cell, name, at,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO gap VALUES ($1, $2, 'node', 1, 0, $3, $4, NULL)", cell, name, at, at + 1
            )
            await connection.execute(
                "INSERT INTO work (cell, ticket, known_from, from_at, until_at, assets, places, explains, by, "
                "cancelled) VALUES ($1, $2, $3, $3, $4, '{}', '{}', '{}', 'p', false)",
                cell, name, at, at + 1,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO disclosure_grant (cell, key, party, whole, fields, purpose, by, until_at, known_from) "
                "VALUES ($1, $2, 'x', true, '{}', '', 'p', $3, $4)",
                cell, name, at + DAY, at,
            )  # fmt: skip
            one = asset_id(name)
            await connection.execute(
                "INSERT INTO asset (cell, asset, kind, from_at) VALUES ($1, $2, 'gpu', $3)", cell, one, at
            )
            await connection.execute(
                "INSERT INTO part VALUES ($1, $2, $3, 'gpu', false, $4, 1, 0, 0, 0)", cell, one.encode(), one, at
            )
            await connection.execute(
                "INSERT INTO part_value VALUES ($1, 'gpu_uuid', '', $2, 'gpu', $3, true)", cell, name, one.encode()
            )
            await book.stands(one, "gpu", place=POSITION, from_at=at, known_from=at)
            await connection.execute(
                "INSERT INTO dispute VALUES ($1, $2, $3, NULL, 'a', 'node', 's', 'b', 'node', 's', $3, NULL)",
                cell,
                one,
                at,
            )
            await book.said(name, 0, one, "spare", from_at=at, known_from=at + (name[0] == "Z"))
        await connection.execute(
            "INSERT INTO act VALUES ($1, $2, $3, 'k', 'site.put', 'p', '', 'applied', NULL)", cell, 1000 + n, at
        )
        await connection.execute("INSERT INTO access VALUES ($1, $2, $3, 'x', 'k', '{}', NULL)", cell, 1000 + n, at)
        await book.event("asset", asset_id(f"AAA-{n}"), at)
        await book.live_until(at + HOUR)


async def _listings(api: "Api") -> list[str]:
    paths = (await api.client.get("/openapi.json")).json()["paths"]
    taking = [
        path
        for path, operations in paths.items()
        if any(each["name"] == "cursor" for each in operations.get("get", {}).get("parameters", ()))
        and "application/json" in operations["get"]["responses"]["200"]["content"]  # a page, not lines
    ]
    return [path.replace("{asset}", kul("server")).replace("{place}", POSITION) for path in taking]


async def test_pages_of_every_listing_neither_skip_nor_repeat_under_writes(api: "Api", hidden: Hidden) -> None:
    await api.as_key("admin")
    growing, more = Growing(hidden.book), 0
    for path in await _listings(api):
        asked: dict[str, Any] = {"cell": "kul-1"}
        if path == "/v1/differences":
            asked |= {"place": SITE, "since": rfc3339(BEGIN - DAY)}
        whole = await api.client.get(path, params={**asked, "limit": 500})
        assert whole.status_code == 200, (path, whole.text)
        expected = whole.json()["items"]
        asked["limit"] = max(1, len(expected) // 4)
        page = (await api.client.get(path, params=asked)).json()
        known_at = page.get("known_at")
        found = list(page["items"])
        while page["next"]:
            await growing.grow()
            page = (await api.client.get(path, params={**asked, "cursor": page["next"]})).json()
            assert page.get("known_at") == known_at, path
            found += page["items"]
            more += 1
        assert found[: len(expected)] == expected, path
        assert path in NOW_ONLY or found == expected, path
    assert more > 40


@pytest.mark.usefixtures("hidden")
async def test_identifiers_are_listed_and_found_however_they_are_written(api: "Api") -> None:
    every = (await api.client.get("/v1/identifiers")).json()["items"]
    assert [(row["scheme"], row["value"]) for row in every] == sorted((row["scheme"], row["value"]) for row in every)
    for written in ("GPU-33333333-3333-3333-3333-33333333333b", "3333333333333333333333333333333B"):
        (row,) = (await api.client.get("/v1/identifiers", params={"value": written, "kind": "gpu"})).json()["items"]
        assert (row["asset"], row["strong"], row["shared"]) == (kul("gpu3"), True, False)
    macs = (await api.client.get("/v1/identifiers", params={"scheme": "mac"})).json()["items"]
    assert [row["asset"] for row in macs] == [kul("card")]
    assert (await api.client.get("/v1/identifiers", params={"value": "N/A"})).json()["items"] == []


async def test_what_no_source_claims_is_no_identifier(api: "Api", hidden: Hidden) -> None:
    """Our own weak scheme says what holds a board."""
    every = (await api.client.get("/v1/identifiers")).json()["items"]
    await hidden.book.connection.execute(
        "INSERT INTO part_value (cell, part, kind, scheme, scope, value, strong) "
        "SELECT cell, part, kind, 'holds_board', scope, value, false FROM part_value WHERE cell = 'kul-1'"
    )
    assert (await api.client.get("/v1/identifiers")).json()["items"] == every
    one = (await api.client.get(f"/v1/assets/{kul('gpu3')}")).json()
    assert one["identifiers"]
    assert "holds_board" not in {each["scheme"] for each in one["identifiers"]}


async def test_whereabouts_are_those_of_a_moment_as_known_then(api: "Api", hidden: Hidden) -> None:
    await hidden.book.corrected(kul("rack2"), POSITION, from_at=BEGIN + 2 * HOUR, known_from=BEGIN + 4 * HOUR)
    at = {"place": OTHER_POSITION, "as_of": rfc3339(BEGIN + 3 * HOUR)}
    now = (await api.client.get("/v1/whereabouts", params=at)).json()["items"]
    assert kul("rack2") not in {row["asset"] for row in now}
    then = await api.client.get("/v1/whereabouts", params={**at, "known_at": rfc3339(BEGIN + 3 * HOUR)})
    assert kul("rack2") in {row["asset"] for row in then.json()["items"]}
    inside = (await api.client.get("/v1/whereabouts", params={"container": kul("server")})).json()["items"]
    assert {row["asset"] for row in inside} == {kul("gpu1"), kul("gpu2"), kul("card")}


@pytest.mark.usefixtures("hidden")
async def test_runs_and_silences_are_filtered_by_source_and_time(api: "Api") -> None:
    runs = (await api.client.get("/v1/runs", params={"source": "agent-2"})).json()["items"]
    assert [(row["source"], row["first"], row["until"]) for row in runs] == [("agent-2", rfc3339(BEGIN), None)]
    assert (await api.client.get("/v1/runs", params={"until": rfc3339(BEGIN)})).json()["items"] == []
    gaps = (await api.client.get("/v1/gaps")).json()["items"]
    assert [row["source"] for row in gaps] == ["agent-1", "agent-2", "bmc-1"]
    assert [(part["cause"], part["from_at"]) for part in gaps[0]["causes"]] == [
        ("ours", rfc3339(BEGIN + HOUR)), ("theirs", rfc3339(BEGIN + 2 * HOUR)),
    ]  # fmt: skip
    lasting = (await api.client.get("/v1/gaps", params={"open": True})).json()["items"]
    assert [(row["source"], row["until_at"], row["causes"][-1]["until_at"]) for row in lasting] == [
        ("bmc-1", None, None)
    ]
    before: dict[str, str | bool] = {"known_at": rfc3339(BEGIN + 2 * HOUR), "open": True}
    assert [row["source"] for row in (await api.client.get("/v1/gaps", params=before)).json()["items"]] == ["agent-1"]
    late = {"from": rfc3339(BEGIN + 5 * HOUR)}
    assert [row["source"] for row in (await api.client.get("/v1/gaps", params=late)).json()["items"]] == ["bmc-1"]


@pytest.mark.usefixtures("hidden")
async def test_disputes_name_both_sides(api: "Api") -> None:
    (row,) = (await api.client.get("/v1/disputes", params={"asset": kul("gpu2")})).json()["items"]
    assert (row["shown"]["source"], row["rival"]["source"], row["until_at"]) == ("agent-1", "agent-2", None)
    over = (await api.client.get("/v1/disputes", params={"open": False})).json()["items"]
    assert [each["asset"] for each in over] == [kul("gpu1")]


@pytest.mark.usefixtures("hidden")
async def test_events_and_acts_are_listed_by_number_and_filtered(api: "Api") -> None:
    events = (await api.client.get("/v1/events", params={"kind": "whereabouts"})).json()["items"]
    assert [row["asset"] for row in events] == [kul("gpu1"), kul("gpu2"), kul("gpu3")]
    acts = (await api.client.get("/v1/acts")).json()["items"]
    assert [(row["offset"], row["outcome"]) for row in acts] == [(100, "applied"), (101, "applied"), (102, "refused")]
    for asked, count in (({"act": "place.put"}, 2), ({"outcome": "refused"}, 1), ({"by": "nobody"}, 0)):
        assert len((await api.client.get("/v1/acts", params=asked)).json()["items"]) == count, asked


@pytest.mark.usefixtures("hidden")
async def test_one_row_is_read_by_its_name_and_what_is_not_there_is_404(api: "Api") -> None:
    assert (await api.client.get(f"/v1/places/{POSITION}")).json()["place"]["within"] == SITE
    assert (await api.client.get("/v1/sources/bmc-2")).json()["source"]["control_domain"] == "lessee"
    ticket = (await api.client.get("/v1/work/CHG-1")).json()
    assert [version["assets"] for version in ticket["versions"]] == [[kul("gpu1")]]
    letter = (await api.client.get("/v1/dead-letters/0/2")).json()["letters"][0]
    assert (base64.b64decode(letter["value"]), letter["words"]) == (b"x", "words of dead letter 2")
    for gone in ("places/nowhere", "sources/nobody", "work/CHG-9", "dead-letters/0/9"):
        assert (await api.client.get(f"/v1/{gone}")).status_code == 404, gone


@pytest.mark.usefixtures("hidden")
async def test_listings_that_there_were_take_filters(api: "Api") -> None:
    async def names(path: str, name: str, **asked: str | bool) -> list[str]:
        answer = await api.client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return [row[name] for row in answer.json()["items"]]

    assert await names("/v1/places", "place", kind="site") == [SITE]
    assert await names("/v1/places", "place", within=SITE) == [POSITION, OTHER_POSITION]
    assert await names("/v1/sources", "source", source_class="facility") == ["switch-1"]
    assert await names("/v1/sources", "source", control_domain="Site") == ["switch-1"]
    assert await names("/v1/sources", "source", retired=True) == []
    assert await names("/v1/findings", "subject", subject=kul("gpu3"), severity="high") == [kul("gpu3")]
    assert await names("/v1/findings", "subject", until=rfc3339(BEGIN)) == []
    assert await names("/v1/dead-letters", "source", source="bmc-2", code="bad_json") == ["bmc-2"]
