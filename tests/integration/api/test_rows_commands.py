"""`holdfast export` and `holdfast import`, as processes that ask a server: whole files, and exit codes."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from deploy.serve import Server
from deploy.settings import load
from tests.integration.api.test_commands import holdfast

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api


async def test_export_writes_whole_files_and_import_says_what_is_wrong(api: "Api", tmp_path: Path) -> None:
    key = await api.key("read", "write")
    settings = load(database_url=api.dsn, api_port=0, kafka_bootstrap="127.0.0.1:1")
    async with Server(settings, api.dsn) as server:
        at = ("--url", server.url, "--key", key)
        code, lines, err = await holdfast(api, "export", "assets", "--cell", "kul-1", *at)
        assert code == 0, err
        rows = [json.loads(line) for line in lines.splitlines()]
        assert rows
        file = tmp_path / "assets.parquet"
        to = ("--format", "parquet", "--to", str(file), "--json")
        code, out, err = await holdfast(api, "export", "assets", "--cell", "kul-1", *to, *at)
        assert (code, json.loads(out)["bytes"]) == (0, file.stat().st_size), err
        assert [row["asset"] for row in pq.read_table(file).to_pylist()] == [row["asset"] for row in rows]
        assert os.listdir(tmp_path) == [file.name]  # noqa: PTH208

        filtered = ("export", "assets", "--cell", "kul-1", "--filter", "kind=gpu", "--format", "csv")
        code, out, _ = await holdfast(api, *filtered, *at)
        gpus = [row for row in rows if row["kind"] == "gpu"]
        assert (code, len(out.splitlines())) == (0, len(gpus) + 1)
        for words, exits in (
            (("export", "nothing", "--cell", "kul-1"), 1),
            (("export", "sites", "--cell", "kul-1"), 2),
            (("export", "assets", "--cell", "nowhere"), 1),
            (("export", "assets", "--cell", "kul-1", "--filter", "kind"), 2),
        ):
            code, out, err = await holdfast(api, *words, *at)
            assert (code, out) == (exits, ""), (words, err)
            assert err

        acts = tmp_path / "acts.csv"
        acts.write_text("place,kind,within\nR1,rack_position,KUL-1\nR2,no_kind,KUL-1\n", encoding="utf-8")
        sent = ("--cell", "kul-1", "--act", "place.put", "--by", "person:7", "--url", server.url, "--api-key", key)
        code, out, err = await holdfast(api, "import", str(acts), *sent)
        assert (code, out) == (2, ""), err
        assert "line 3" in err
        acts.write_text("place,kind,within\nR1,rack_position,KUL-1\n", encoding="utf-8")
        code, out, err = await holdfast(api, "import", str(acts), *sent, "--key", "k")  # no broker is there
        assert (code, out.splitlines()[-1]) == (3, "1 unknown"), err
        assert "--key k" in err
