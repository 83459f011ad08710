"""Principals by routes by rows, and by tables and rows: no name crosses that its party may not see (rule 36)."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from service.store import keys, pool
from tests.support.book import POSITION, SITE, asset_id
from tests.support.parties import (
    ALLOWED,
    AUDITOR,
    EXPIRED,
    EXPORTER,
    JOB,
    LESSOR,
    OTHER_POSITION,
    OWNER,
    PARTIES,
    REGULATOR,
    REVOKED,
    RIVAL,
    STRANGER,
    Hidden,
    Party,
    finding_id,
    kul,
    leaked,
    rows_text,
    seen,
)

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

CELLS = ("kul-1", "sin-1")
ASSETS = [
    *(kul(name) for name in ("rack", "server", "gpu1", "gpu2", "card", "rack2", "server2", "gpu3")),
    asset_id("sin-1/gpu1"),
    asset_id("nothing"),
]
PLACES = (SITE, POSITION, OTHER_POSITION, "NOWHERE")
# What fills a parameter of a path.
IN_PATHS: dict[str, list[str]] = {
    "asset": ASSETS,
    "place": list(PLACES),
    "source": ["agent-1", "bmc-2", "switch-1", "nobody"],
    "finding": [finding_id(n) for n in (1, 2, 3, 4)],
    "ticket": ["CHG-1", "CHG-2", "CHG-3"],
    "partition": ["0"],
    "offset": ["0", "1", "2"],
    "job": [JOB, asset_id("no job")],
}
# Queries that a route is put besides none.
QUERIES: dict[str, list[dict[str, str]]] = {
    "/v1/assets": [
        *({"scheme": "gpu_uuid", "value": n * 31 + "b"} for n in "123"),
        *({"scheme": "serial", "value": value} for value in ("RACK-0001", "RACK-0002", "SN-0002")),
        *({"place": place} for place in PLACES),
    ],
    "/v1/assets/{asset}/contents": [{"deep": "true"}],
    "/v1/places/{place}/contents": [{"deep": "true"}],
    "/v1/identifiers": [{"value": value} for value in ("RACK-0002", "SN-0001", "3" * 31 + "b")],
    "/v1/whereabouts": [{"place": OTHER_POSITION}, {"container": kul("server2")}, {"container": kul("server")}],
    "/v1/disputes": [{"asset": kul("gpu3")}, {"asset": kul("gpu1")}],
    "/v1/statuses": [{"asset": asset} for asset in ASSETS],
    "/v1/differences": [
        *({"place": place, "since": "2025-05-31T00:00:00Z"} for place in PLACES),
        *({"asset": asset, "since": "2025-05-31T00:00:00Z"} for asset in ASSETS),
    ],
}
INTERVAL = {"from": "2025-06-01T01:00:00Z", "until": "2025-06-01T20:00:00Z"}
PREDICATES: list[dict[str, str]] = [
    {"predicate": "stayed"},
    {"predicate": "located_at", "country": "MY"},
    {"predicate": "not_in", "country": "SG"},
    {"predicate": "contains"},
    {"predicate": "accounted_for"},
    {"predicate": "not_on_record"},
]
SUBJECTS: list[dict[str, Any]] = [
    *({"asset": asset} for asset in ASSETS),
    *({"place": place} for place in PLACES),
    *({"inside": asset} for asset in ASSETS[:2]),
    {"listed": {"assets": ASSETS}},
    {"everything": True},
    {"listed": {"identifiers": [{"scheme": "gpu_uuid", "value": n * 31 + "b"} for n in "123"]}},
]


@pytest.fixture
async def hidden(api: "Api") -> Hidden:
    """Give a book with something to hide, behind the application."""
    made = Hidden(api.book)
    await made.fill()
    return made


def _asked_of(routes: list[str]) -> Iterator[tuple[str, str, dict[str, str], set[str]]]:
    """Give every question: its route, address, query, and the names that the asker typed."""
    for route, cell in itertools.product(routes, CELLS):
        names = re.findall(r"{(\w+)", route)
        for values in itertools.product(*(IN_PATHS[name] for name in names)):
            url = route
            for name, value in zip(names, values, strict=True):
                url = url.replace(f"{{{name}}}", value)
            for query in ({}, *QUERIES.get(route, ())):
                yield route, url, {"cell": cell, **query}, {*values, *query.values()}


def _without(text: str, typed: set[str]) -> str:
    """Leave out what the asker typed: a refusal may quote it."""
    for name in sorted((each for each in typed if len(each) > 1), key=len, reverse=True):
        text = text.replace(name, "~")
    return re.sub(r"(partition|offset) \d+", r"\1 ~", text)


async def test_rule_36_no_row_of_any_route_crosses_to_a_party_that_may_not_see_it(api: "Api", hidden: Hidden) -> None:
    """Every reading route, with every cell and every name in its path, asked by every principal."""
    paths = (await api.client.get("/openapi.json")).json()["paths"]
    routes = [
        path
        for path, operations in paths.items()
        if path.startswith("/v1/") and "get" in operations
        if "text/event-stream" not in operations["get"]["responses"]["200"]["content"]  # endless: see test_changes
    ]
    asked, like_nothing, shown = 0, 0, defaultdict[Party, set[str]](set)
    for party in PARTIES:
        header = {"Authorization": f"Bearer {await hidden.key(party)}"}
        absent: dict[str, str] = {}
        for route, url, query, typed in _asked_of(routes):
            answer = await api.client.get(url, params=query, headers=header)
            asked += 1
            said = answer.text if answer.status_code == 200 else _without(answer.text, typed)
            assert answer.status_code < 500, (party, url, query)
            assert leaked(said, party) == [], (party, url, query, said)
            if answer.status_code == 200:
                shown[party] |= seen(said)
            elif answer.status_code == 404 and party not in {OWNER, RIVAL}:
                # What may not be seen is refused in the very words of what is not there.
                assert absent.setdefault(f"{route} {query['cell']} {sorted(query)}", said) == said, (party, url, query)
                like_nothing += 1
    assert shown[OWNER] >= {name for name, allowed in ALLOWED.items() if OWNER in allowed}
    own = {f"purpose of {party.name}" for party in PARTIES} | {f"comment on finding {n}" for n in (1, 2)}
    assert shown[AUDITOR] >= shown[OWNER] - own - {"words of finding 3", "words of job 1"}
    for party in (EXPORTER, LESSOR, REGULATOR):
        assert kul("server") in shown[party], party  # what held something granted
    assert (kul("gpu1") in shown[EXPORTER], kul("gpu2") in shown[REGULATOR]) == (True, True)
    for party in (EXPIRED, REVOKED, STRANGER):
        assert shown[party] == set(), party
    assert (asked > 2_000, like_nothing > 500) == (True, True)


async def test_rule_36_no_row_of_any_table_is_there_for_a_party_that_may_not_see_it(hidden: Hidden, api: "Api") -> None:
    """The database's own guard, without the application: every table, read whole under its role by every principal."""
    found = await hidden.book.connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity "
        "AND has_table_privilege('holdfast_api', oid, 'SELECT') ORDER BY 1"
    )
    tables = [row["relname"] for row in found]
    counts = defaultdict[Party, dict[str, int]](dict)
    reader = await pool.connect(api.dsn, server_settings={"role": "holdfast_api"})
    try:
        for party, cell in itertools.product(PARTIES, CELLS):
            viewer = await keys.opened_for(reader, await hidden.viewer(party), cell)
            await reader.execute("SELECT set_config('holdfast.cells', $1, false)", viewer.setting if viewer else "")
            for table in tables:
                rows = [row["row"] for row in await reader.fetch(f"SELECT t::text AS row FROM {table} t")]
                assert leaked(rows_text(rows), party) == [], (party, table)
                assert viewer is not None or not rows, (party, cell, table)
                counts[party][table] = counts[party].get(table, 0) + len(rows)
    finally:
        await reader.close()
    assert len(tables) > 30
    for table in tables:
        assert counts[OWNER][table] >= counts[AUDITOR][table], table
        if table not in {"disclosure_grant", "granted_thing", "access"}:  # of these each sees its own
            assert counts[AUDITOR][table] >= counts[LESSOR][table] >= counts[EXPORTER][table], table
    assert counts[AUDITOR]["whereabouts"] == counts[OWNER]["whereabouts"] == 8
    assert [counts[party]["whereabouts"] for party in (LESSOR, EXPORTER, REGULATOR, STRANGER)] == [5, 3, 3, 0]


async def test_a_claim_is_judged_alike_for_whoever_may_ask_it_and_names_nobody_else(api: "Api", hidden: Hidden) -> None:
    """The verdict on something granted is the operator's own; on all else there is none."""
    verdicts = defaultdict[Party, dict[str, str]](dict)
    for party in PARTIES:
        header = {"Authorization": f"Bearer {await hidden.key(party)}"}
        for predicate, subject in itertools.product(PREDICATES, SUBJECTS):
            claim = {"cell": "kul-1", **INTERVAL, **predicate, "subject": subject}
            answer = await api.client.post("/v1/attestations", json=claim, headers=header)
            assert answer.status_code < 500, (party, claim)
            said = {name: value for name, value in answer.json().items() if name != "claim"}
            text = _without(str(said), set(re.findall(r"'([^']{3,})'", str(subject))))
            assert leaked(text, party) == [], (party, claim, text)
            if "answer" in said:
                verdicts[party][str(claim)] = said["answer"]["verdict"]
    for party in (EXPORTER, LESSOR, REGULATOR, AUDITOR):
        assert verdicts[party], party
        assert verdicts[party].items() <= verdicts[OWNER].items(), party
    assert verdicts[AUDITOR].keys() == verdicts[OWNER].keys()
    assert {kul("gpu1")} == {name for name in ASSETS if name in str(list(verdicts[EXPORTER]))}
    assert not any(verdicts[party] for party in (RIVAL, EXPIRED, REVOKED, STRANGER))
