"""The commands that ask and administer, as processes over a real database: what they print, and how they exit."""

import asyncio
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.cli import main
from deploy.serve import Server, listen
from deploy.settings import load
from schemas.envelope import rfc3339
from schemas.errors import TopicChanged
from tests.support.book import BEGIN, DAY, HOUR, SITE, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

HOLDFAST = Path(sys.executable).parent / "holdfast"
GPU = asset_id("kul-1/gpu1")
PLAN = ("work", "plan", "CHG-1", "--cell", "kul-1", "--from", "2025-06-08T12:00Z", "--until", "2025-06-08T15:00Z")
USAGE = 2
SPAN = ("--from", rfc3339(BEGIN + HOUR), "--until", rfc3339(BEGIN + DAY))


async def holdfast(api: "Api", *words: str) -> tuple[int, str, str]:
    """Run the command over the test's database; its exit code and what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    process = await asyncio.create_subprocess_exec(
        HOLDFAST,
        *words,
        env={**kept, "HOLDFAST_DATABASE_URL": api.dsn, "HOLDFAST_KAFKA_BOOTSTRAP": "127.0.0.1:1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def usage(*words: str) -> tuple[object, str]:
    """Run the command in this process; its exit code and what it complained of."""
    with contextlib.redirect_stderr(io.StringIO()) as err, pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code, err.getvalue()


async def test_keys_are_made_listed_used_and_revoked(api: "Api") -> None:
    code, out, _ = await holdfast(
        api, "keys", "create", "--operator", "acme", "--label", "auditor", "--days", "9", "--json"
    )
    made = json.loads(out)
    assert code == 0
    header = {"Authorization": f"Bearer {made['key']}"}
    assert (await api.client.get("/v1/sites", headers=header)).status_code == 200
    rows = json.loads((await holdfast(api, "keys", "list", "--operator", "acme", "--json"))[1])
    assert made["key_id"] in {row["key_id"] for row in rows}
    assert made["key"] not in json.dumps(rows)
    new = json.loads((await holdfast(api, "keys", "rotate", made["key_id"], "--overlap-hours", "1", "--json"))[1])
    assert new["replaces"] == made["key_id"]
    assert (await api.client.get("/v1/sites", headers={"Authorization": f"Bearer {new['key']}"})).status_code == 200
    assert (await holdfast(api, "keys", "revoke", made["key_id"]))[0] == 0
    rows = json.loads((await holdfast(api, "keys", "list", "--json"))[1])
    assert next(row for row in rows if row["key_id"] == made["key_id"])["revoked_at"]
    code, _, err = await holdfast(api, "keys", "revoke", "000000000000")
    assert code == 1
    assert err.count("\n") == 1


async def test_issuers_are_trusted_listed_and_revoked(api: "Api") -> None:
    words = ("issuers", "trust", "https://login.acme.example", "--audience", "holdfast", "--operator", "acme")
    code, out, _ = await holdfast(api, *words, "--where", "roles=fleet", "--scope", "write", "--json")
    rule = json.loads(out)["rule"]
    assert code == 0
    (row,) = json.loads((await holdfast(api, "issuers", "list", "--json"))[1])
    assert (row["rule"], row["wanted"], row["scopes"], row["revoked_at"]) == (rule, ["roles=fleet"], ["write"], None)
    assert "roles=fleet: acme  write  holds" in (await holdfast(api, "issuers", "list"))[1]
    code, _, err = await holdfast(api, "issuers", "check")
    assert (code, err) == (1, "holdfast: this is neither an API key nor a signed JWT\n")
    assert (await holdfast(api, "issuers", "revoke", rule))[0] == 0
    assert f"revoked {rfc3339(BEGIN)[:2]}" in (await holdfast(api, "issuers", "list"))[1]
    assert "for an auditor" in (await holdfast(api, *words, "--kind", "auditor", "--scope", "write"))[2]
    assert "CLAIM=VALUE" in usage(*words, "--where", "roles")[1]
    assert "https://" in usage("issuers", "trust", "http://x", *words[3:])[1]


async def test_ask_prints_one_screen_directly_and_over_http_the_same(api: "Api") -> None:
    words = ("ask", "stayed", "--cell", "kul-1", "--in", SITE, *SPAN)
    code, direct, err = await holdfast(api, *words, "--direct")
    assert code == 0, err
    assert "SIMULATED" in direct
    assert len(direct.splitlines()) <= 40
    async with Server(load(database_url=api.dsn, api_port=0), api.dsn) as server:
        where = ("--url", server.url, "--key", await api.key("read"))
        code, over_http, err = await holdfast(api, *words, *where)
        assert (code, over_http) == (0, direct), err
        raw = json.loads((await holdfast(api, *words, *where, "--json"))[1])
        assert raw["set"]["counts"]["rack"] == {"confirmed": 1}
        code, _, err = await holdfast(api, *words, "--url", server.url, "--key", "hf_x")
        assert code == 1
        assert "keys create" in err


async def test_ask_exits_with_3_where_something_speaks_against_it(api: "Api") -> None:
    gpu = asset_id("kul-1/gpu1")
    words = ("ask", "located_at", "--cell", "kul-1", "--asset", gpu, *SPAN, "--direct")
    assert (await holdfast(api, *words, "--country", "MY"))[0] == 0
    code, out, _ = await holdfast(api, *words, "--country", "SG")
    assert code == 3
    assert out.splitlines()[4].startswith("CONTRADICTED")


async def test_what_was_asked_wrongly_is_named_in_one_line(api: "Api") -> None:
    base = ("ask", "stayed", "--cell", "kul-1", "--direct")
    for words, code, said in (
        ((*base, *SPAN), 2, "one of --asset"),
        ((*base, "--asset", "x", *SPAN), 2, "no asset's id"),
        ((*base, "--in", SITE, "--from", "yesterday", "--until", "today"), 2, "RFC 3339"),
        ((*base, "--in", "KUL-9", *SPAN), 1, "no place"),
        (("ask", "stayed", "--cell", "nowhere", "--in", SITE, *SPAN, "--direct"), 1, "no cell"),
        (("sources", "list", "--cell", "nowhere"), 1, "no cell"),
        (("sources", "enrol", "--cell", "kul-1", "a"), 2, "--class"),
        (("sources", "retire", "--cell", "kul-1", "a"), 1, "knows no source a"),
        (("sources", "retire", "--cell", "kul-1", "agent-1", "--key", "k7"), 1, "with --key k7 applies it once"),
        (("sites", "put", "X", "--cell", "kul-1", "--country", "MY", "--operator", ""), 2, "--operator"),
        (("keys", "create", "--operator", ""), 2, "--operator"),
        (("keys", "create", "--operator", "a\x07b"), 2, "--operator"),
        (("dead-letters", "list", "--cell", "nowhere"), 1, "no cell"),
        (("dead-letters", "show", "--cell", "kul-1", "--partition", "99999999999", "--offset", "1"), 2, "--partition"),
        (("dead-letters", "show", "--cell", "kul-1", "--partition", "0", "--offset", "9" * 20), 2, "--offset"),
        (("dead-letters", "retry", "--cell", "kul-1", "--partition", "0"), 2, "--all"),
        (("go-on", "--cell", "nowhere"), 1, "no cell"),
        (("go-on", "--cell", "kul-1", "--next-offset", "3"), 2, "--partition"),
        (("suspend", "--cell", "nowhere", "--partition", "0"), 1, "no cell"),
        (("suspend", "--cell", "common", "--partition", "0"), 2, "no cell"),
        (("resume", "--cell", "kul-1"), 2, "--partition"),
        (("resume", "--cell", "kul-1", "--partition", "0", "--key", "k8"), 1, "with --key k8 applies it once"),
        (("sites", "put", "X", "--cell", "kul-1", "--country", "Malaysia"), 2, "country"),
        (("statuses", "put", "spare", "--cell", "kul-1"), 2, "things"),
        (("statuses", "put", "released", "--cell", "kul-1", "--asset", GPU), 2, "'released' is not one of"),
        (("statuses", "put", "spare", "--cell", "kul-1", "--asset", "x"), 2, "asset"),
        (("statuses", "put", "spare", "--cell", "kul-1", "--thing", "serial:SN-1"), 2, "kind:scheme:value"),
        (("statuses", "put", "spare", "--cell", "kul-1", "--thing", "gpu:number:1"), 2, "scheme"),
        (("statuses", "put", "sold", "--cell", "kul-1", "--asset", GPU, "--from", "2025-06-01"), 2, "from_at"),
        (("statuses", "put", "sold", "--cell", "kul-1", "--asset", GPU, "--key", "k9"), 1, "--key k9 applies it once"),
        (("statuses", "list", "--cell", "nowhere"), 1, "no cell"),
        ((*PLAN, "--may", "dance"), 2, "--may"),
        (PLAN, 2, "--may"),
        ((*PLAN, "--may", "swap", "--until", "2025-06-08T11:00:00Z"), 2, "the window must end after it begins"),
        ((*PLAN, "--may", "swap", "--place", SITE, "--key", "k10"), 1, "--key k10 applies it once"),
        (("work", "cancel", "CHG-1", "--cell", "kul-1", "--key", "k11"), 1, "--key k11 applies it once"),
        (("work", "list", "--cell", "nowhere"), 1, "no cell"),
    ):
        # What is seen from the words alone needs no process of its own, which takes half a second to start.
        got, err = await asyncio.to_thread(usage, *words) if code == USAGE else (await holdfast(api, *words))[::2]
        assert got == code, (words, err)
        assert said in err, (words, err)
        assert "Traceback" not in err


async def test_sources_and_sites_are_listed(api: "Api") -> None:
    rows = json.loads((await holdfast(api, "sources", "list", "--cell", "kul-1", "--json"))[1])
    assert {row["source"]: row["control_domain"] for row in rows} == {
        "agent-1": "lessee", "bmc-1": "lessee", "switch-1": "site",
    }  # fmt: skip
    text = (await holdfast(api, "sources", "list", "--cell", "kul-1", "--csv"))[1]
    assert text.splitlines()[1] == "agent-1,in_band,lessee,300,0,120"
    rows = json.loads((await holdfast(api, "sites", "list", "--json"))[1])
    assert [(row["cell"], row["simulated"]) for row in rows] == [("kul-1", True), ("sin-1", False)]


async def test_statuses_are_listed_and_a_site_is_accounted_for_on_one_screen(api: "Api") -> None:
    for n, asset in enumerate((GPU, asset_id("kul-1/gpu2"))):
        await api.book.connection.execute("DELETE FROM binding WHERE cell = $1 AND asset = $2", api.book.cell, asset)
        if n == 0:
            await api.book.said("dn-7", n, asset, "released", "Lessee Ltd", from_at=BEGIN, known_from=BEGIN)
    await api.book.accepted("dn-7", GPU, at=BEGIN + HOUR, known_from=BEGIN + HOUR)
    (row,) = json.loads((await holdfast(api, "statuses", "list", "--cell", "kul-1", "--json"))[1])
    assert (row["asset"], row["status"], row["accepted_at"]) == (GPU, "released", rfc3339(BEGIN + HOUR))
    text = (await holdfast(api, "statuses", "list", "--cell", "kul-1", "--status", "released"))[1]
    assert f"{GPU}  released" in text
    assert "Lessee Ltd accepted" in text
    words = ("ask", "accounted_for", "--cell", "kul-1", *SPAN, "--direct")
    code, screen, err = await holdfast(api, *words, "--in", SITE)
    assert (code, err) == (3, "")
    rows = [line.split() for line in screen.splitlines()]
    heading = next(row for row in rows if row[:1] == ["present"])
    gpus = rows[next(n for n, row in enumerate(rows) if row == heading) + 1 :]
    assert heading == ["present", "released", "unaccounted"]
    assert ["gpu", "·", "1", "1"] in gpus
    assert "Released to Lessee Ltd: 1, of which accepted: 1." in screen
    assert f"gpu {asset_id('kul-1/gpu2')}, since {rfc3339(BEGIN + HOUR)} (never seen)" in screen
    assert len(screen.splitlines()) <= 40
    code, screen, _ = await holdfast(api, *words, "--asset", GPU)
    assert code == 0
    assert "released, as person-1 said (released, party Lessee Ltd, accepted)." in screen


async def test_a_table_that_is_none_is_asked_wrongly(api: "Api", tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    for command, written, said in (
        ("statuses", b"status\n\xff\n", "UTF-8"),
        ("statuses", b"asset,status\nx,spare\n", "line 2: asset"),
        ("work", b"ticket\n", "'from' must be there"),
    ):
        file.write_bytes(written)
        code, _, err = await holdfast(api, command, "import", str(file), "--cell", "kul-1")
        assert (code, err.count("Traceback")) == (2, 0), err
        assert said in err


async def test_planned_work_is_listed(api: "Api") -> None:
    await api.book.connection.execute(
        "INSERT INTO work VALUES ($1, 'CHG-1', $2, $2, $3, $4, '{}', '{component_missing}', 'cab', 'p-1', false)",
        api.book.cell, BEGIN, BEGIN + HOUR, [GPU],
    )  # fmt: skip
    (row,) = json.loads((await holdfast(api, "work", "list", "--cell", "kul-1", "--json"))[1])
    assert (row["ticket"], row["assets"], row["approver"]) == ("CHG-1", [GPU], "cab")
    assert "CHG-1" in (await holdfast(api, "work", "list", "--cell", "kul-1"))[1]


async def test_serve_answers_says_where_and_ends_on_a_signal(api: "Api") -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    process = await asyncio.create_subprocess_exec(
        HOLDFAST, "serve", "--port", "0", "--json",
        env={**kept, "HOLDFAST_DATABASE_URL": api.dsn}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    url = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))["url"]
    port = url.rpartition(":")[2]
    code, _, err = await holdfast(api, "serve", "--port", port)
    assert code == 1
    assert "--port" in err
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 30) == 0
    await process.communicate()


async def test_no_command_founds_or_asks_what_spans_cells(api: "Api") -> None:
    for words in (
        ("sites", "put", "X", "--cell", "common", "--country", "MY", "--operator", "o"),
        ("ask", "stayed", "--cell", "common", "--in", SITE, *SPAN),
        ("sources", "list", "--cell", "common"),
        ("report-this-machine", "--cell", "common"),
        ("ingest", ".", "--cell", "common"),
    ):
        code, out, err = await holdfast(api, *words)
        assert (code, out) == (2, ""), words
        assert "spans cells" in err


async def test_a_csv_that_is_none_is_asked_wrongly(api: "Api", tmp_path: Path) -> None:
    file = tmp_path / "sources.csv"
    for written, said in ((b"source\n\xff\n", "UTF-8"), (b"source,source_class\na,in_band,more\n", "more columns")):
        file.write_bytes(written)
        code, _, err = await holdfast(api, "sources", "enrol", "--cell", "kul-1", "--csv", str(file))
        assert (code, err.count("Traceback")) == (2, 0)
        assert said in err


async def test_ask_tells_apart_what_was_asked_wrongly_and_who_answers_there(api: "Api") -> None:
    words = ("ask", "stayed", "--cell", "kul-1", "--in", SITE, *SPAN)
    code, _, err = await holdfast(api, *words, "--url", "http://127.0.0.1:1", "--key", "hf_é")
    assert (code, "Traceback" in err) == (2, False)

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        code, _, err = await holdfast(api, *words, "--url", url, "--key", "hf_x")
    assert code == 1
    assert "no Holdfast" in err


async def test_what_stopped_is_shown_with_why_and_needs_an_offset_where_there_is_none(api: "Api") -> None:
    why = "the topic was recreated"
    at = api.book.at
    await api.book.connection.execute(
        "INSERT INTO position (cell, topic, partition, epoch, next_offset, applied, record_at, joined_at, "
        "fence, stopped, stop_kind) VALUES ('kul-1', 'telemetry', 0, 0, 7, $1, $1, $1, 0, $2, $3)",
        at, why, TopicChanged.slug,
    )  # fmt: skip
    code, out, err = await holdfast(api, "go-on", "--cell", "kul-1", "--show", "--json")
    assert code == 0, err
    assert [(row["partition"], row["stopped"]) for row in json.loads(out)] == [(0, why)]
    code, _, err = await holdfast(api, "go-on", "--cell", "kul-1")
    assert code == 2
    assert "--next-offset" in err
    code, _, err = await holdfast(
        api, "go-on", "--cell", "kul-1", "--partition", "0", "--next-offset", "3", "--key", "k"
    )
    assert code == 1
    assert "--key k applies it once" in err
    code, _, err = await holdfast(api, "suspend", "--cell", "kul-1", "--partition", "9")
    assert (code, "no partition 9: it has 0" in err) == (1, True), err


async def test_watch_prints_events_and_goes_on_where_it_was_after_a_cut(api: "Api") -> None:
    key = await api.key("read")
    settings = load(database_url=api.dsn, api_port=0)
    listening = listen(settings)
    port = listening.getsockname()[1]
    words = ("watch", "--cell", "kul-1", "--after", "0", "--count", "6", "--key", key, "--json")
    async with Server(settings, api.dsn, listening) as server:
        watching = asyncio.create_task(holdfast(api, *words, "--url", server.url))
        await asyncio.sleep(3)  # it has begun by then, or begins with the next server: either way it has to go on
    await api.book.event("whereabouts", GPU, api.book.at)
    await api.book.live_until(api.book.at + HOUR)
    again = load(database_url=api.dsn, api_port=port)
    async with Server(again, api.dsn, listen(again)):
        code, out, _ = await asyncio.wait_for(watching, 30)
    assert code == 0
    assert [json.loads(line)["n"] for line in out.splitlines()] == [1, 2, 3, 4, 5, 6]
    async with Server(settings, api.dsn) as server:
        code, _, err = await holdfast(api, "watch", "--cell", "nothing", "--key", key, "--url", server.url)
    assert (code, err.count("\n")) == (1, 1)
