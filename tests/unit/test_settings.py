"""Settings: who wins, where a value came from, what is hidden, and how a wrong one is told."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.cli import COMMANDS, cli, main
from deploy.explain import HIDDEN, explain, kafka_options, masked
from deploy.settings import Settings, SettingsWrong, load, load_with_sources, unknown


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in an empty folder with an empty environment: what this machine has set is not the test's business."""
    for name in [name for name in os.environ if name.upper().startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()


def sources() -> dict[str, tuple[object, str]]:
    return {row["name"]: (row["value"], row["source"]) for row in explain(load_with_sources())}


def test_the_first_that_names_it_wins_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sources()["api_port"] == (0, "default")
    file = tmp_path / "data" / "holdfast.toml"
    file.write_text("api_port = 1001\nbatch_max_ms = 77\n")
    assert sources()["api_port"] == (1001, str(file))
    (tmp_path / ".env").write_text("HOLDFAST_API_PORT=1002\nSOMETHING_ELSE=1\n")
    assert sources()["api_port"] == (1002, ".env")
    monkeypatch.setenv("HOLDFAST_API_PORT", "1003")
    assert sources()["api_port"] == (1003, "environment")
    assert load(api_port=1004).api_port == 1004
    assert load(api_port=None).api_port == 1003
    assert sources()["batch_max_ms"] == (77, str(file))


def test_a_named_file_is_read_and_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "mine.toml"
    monkeypatch.setenv("HOLDFAST_SETTINGS_FILE", str(named))
    with pytest.raises(SettingsWrong, match=r"mine\.toml, which is not there: write it, or unset it"):
        load()
    named.write_text('log_level = "debug"')
    assert load().log_level == "debug"
    named.write_text("log_levle = 'debug'")
    with pytest.raises(SettingsWrong, match=r"log_levle, which is no setting: `holdfast settings` lists"):
        load()
    named.write_text("log_level = ")
    with pytest.raises(SettingsWrong, match="cannot be read"):
        load()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"API_PORT": "70000"}, r"HOLDFAST_API_PORT \(set in environment\): .*65535"),
        ({"DATABASE_URL": "mysql://u:hunter2@h/x"}, r"HOLDFAST_DATABASE_URL .*postgresql://"),
        ({"KAFKA_BOOTSTRAP": "broker"}, r"HOLDFAST_KAFKA_BOOTSTRAP .*host:9092"),
        ({"KAFKA_SSL_CAFILE": "/nowhere.pem"}, r"HOLDFAST_KAFKA_SSL_CAFILE .*there is no file /nowhere\.pem"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_BOOTSTRAP": "h:1"}, "set HOLDFAST_KAFKA_SASL_USERNAME and"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL"}, "set HOLDFAST_KAFKA_BOOTSTRAP too"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_what_to_do(
    variables: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", value)
    with pytest.raises(SettingsWrong, match=words) as wrong:
        load()
    assert "\n" not in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@h:5432/x?sslmode=verify-full",
        "postgresql://u:hun@ter2@h/x",
        "postgresql://u:hun/ter2@h/x",
        "postgresql://h/x?user=u&password=hunter2&sslmode=require",
        "postgresql://:hunter2@h/x",
    ],
)
def test_passwords_in_urls_are_hidden(url: str) -> None:
    shown = masked(url)
    assert "ter2" not in shown
    assert HIDDEN in shown
    assert shown.startswith("postgresql://")


def test_secrets_are_hidden_wherever_settings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", "postgresql://u:hunter2@h/x")
    monkeypatch.setenv("HOLDFAST_KAFKA_BOOTSTRAP", "h:9093")
    monkeypatch.setenv("HOLDFAST_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("HOLDFAST_KAFKA_SASL_USERNAME", "u")
    monkeypatch.setenv("HOLDFAST_KAFKA_SASL_PASSWORD", "hunter2")
    for options in ([], ["--json"], ["--about"]):
        done = CliRunner().invoke(cli, ["settings", *options])
        assert done.exit_code == 0, done.output
        assert "hunter2" not in done.output
    rows = json.loads(CliRunner().invoke(cli, ["settings", "--json"]).output)
    assert {row["name"] for row in rows} == set(Settings.model_fields)
    assert {"name", "value", "source", "about"} == set(rows[0])
    assert "hunter2" not in repr(load())
    assert kafka_options(load())["sasl_plain_password"] == "hunter2"


def test_a_broken_certificate_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("HOLDFAST_KAFKA_BOOTSTRAP", "h:9093")
    monkeypatch.setenv("HOLDFAST_KAFKA_SECURITY_PROTOCOL", "SSL")
    monkeypatch.setenv("HOLDFAST_KAFKA_SSL_CAFILE", str(tmp_path / "ca.pem"))
    with pytest.raises(SettingsWrong, match="HOLDFAST_KAFKA_SSL_"):
        kafka_options(load())


def test_an_error_is_one_line_and_a_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOLDFAST_API_PORT", "no")
    with pytest.raises(SystemExit) as ended:
        main(["settings"])
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("holdfast: HOLDFAST_API_PORT")
    assert err.count("\n") == 1
    with pytest.raises(SystemExit) as ended:
        main(["no-such-command"])
    assert ended.value.code == 2


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert "Example" in done.output
    assert "--json" in done.output or "Commands:" in done.output


def test_a_variable_that_is_no_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    for name in ("HOLDFAST_API_PROT", "HOLDFAST_API_PORT", "HOLDFAST_KEY"):
        monkeypatch.setenv(name, "1")
    assert unknown() == ["HOLDFAST_API_PROT"]
