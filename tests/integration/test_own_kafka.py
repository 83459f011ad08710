"""A Kafka that a user has, with TLS and a login: everything goes through it, and each refusal is one line."""

import datetime as dt
import ipaddress
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.embedded import EmbeddedKafka
from deploy.embedded.ports import ReservedPorts
from tests.support.network import package_index_too

HOLDFAST = [sys.executable, "-c", "import sys; from deploy.cli import main; main(sys.argv[1:])"]
USER, PASSWORD = "holdfast", "se cret/1"


class _Guarded(EmbeddedKafka):
    """One more listener, for those who bring a password over TLS."""

    secure = 0

    def _configure(self, file: Path, data: Path, ports: list[int]) -> None:
        super()._configure(file, data, ports)
        client, controller = ports
        login = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
        more = {
            "listeners": f"PLAINTEXT://127.0.0.1:{client},GUARDED://127.0.0.1:{self.secure},"
            f"CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{client},GUARDED://127.0.0.1:{self.secure}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_SSL",
            "listener.name.guarded.ssl.keystore.type": "PEM",
            "listener.name.guarded.ssl.keystore.location": str(self.root.parent / "broker.pem"),
            "listener.name.guarded.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.guarded.plain.sasl.jaas.config": login,
        }
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.partition("=")[0] not in more]
        file.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in more.items())]), encoding="utf-8")


def certificates(folder: Path) -> None:
    """Write an authority's certificate, and what a broker on this machine's loopback shows."""
    now = dt.datetime.now(dt.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "broker")}
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    for name, key in keys.items():
        of = authority if name == "authority" else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            x509.CertificateBuilder(authority, of, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=name == "authority", path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(keys["authority"], hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        shown = made.public_bytes(serialization.Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(shown if name == "authority" else private + shown)


@dataclass(frozen=True, slots=True)
class Guarded:
    """Where it is, and a folder with who signed its certificate."""

    address: str
    folder: Path

    def environment(self, dsn: str, **changed: str) -> dict[str, str]:
        """Give what a user sets."""
        said = {
            "DATA_DIR": str(self.folder / "data"),
            "DATABASE_URL": dsn,
            "KAFKA_BOOTSTRAP": self.address,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD": PASSWORD,
            "KAFKA_SSL_CAFILE": str(self.folder / "authority.pem"),
            **changed,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
        return kept | {f"HOLDFAST_{name}": value for name, value in said.items()}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    certificates(folder)
    with ReservedPorts(folder / "port", 1) as ports:
        server = _Guarded(folder / "kafka", jars=jars)
        server.secure = ports.numbers[0]
    with package_index_too():
        server.start()
    yield Guarded(f"127.0.0.1:{server.secure}", folder)
    server.stop()


def test_acts_go_through_a_broker_that_wants_a_login_over_tls(guarded: Guarded, database: str) -> None:
    """Producer, consumer, beater and API as processes: an act is applied only if all of them were let in."""
    env = guarded.environment(database)
    up = subprocess.Popen([*HOLDFAST, "up", "--json"], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert up.stdout is not None
        assert json.loads(up.stdout.readline())["kafka_bootstrap"] == guarded.address
        words = ["sites", "put", "KUL", "--cell", "kul", "--country", "MY", "--operator", "acme", "--json"]
        done = subprocess.run([*HOLDFAST, *words], env=env, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        assert {each["outcome"] for each in json.loads(done.stdout)} == {"applied"}
        _says_statuses(env, guarded.folder)
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(60) == 0
        if up.stdout is not None:
            up.stdout.close()


def _says_statuses(env: dict[str, str], folder: Path) -> None:
    """Take a table, release something, accept it, take it back: each an act that a consumer applies."""
    table = folder / "statuses.csv"
    table.write_text("kind,scheme,value,status\ngpu,serial,SN-000001,spare\ngpu,serial,N/A,spare\n")
    thing = ("--thing", "gpu:serial:SN-000001")
    for words, said in (
        (("import", str(table), "--key", "table-1"), "1 left out: serial N/A is no value that can name a gpu"),
        (("import", str(table), "--key", "table-1"), "repeated"),
        (("release", *thing, "--party", "Lessee Ltd", "--document", "DN-7", "--key", "r-1"), "applied"),
        (("accept", "r-1", "--by", "lessee", "--key", "a-1"), "applied"),
        (("withdraw", "a-1"), "applied"),
    ):
        command = [*HOLDFAST, "statuses", *words, "--cell", "kul"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done
        assert said in done.stdout
    changes = folder / "changes.csv"
    changes.write_text("ticket,from,until,may,place\nCHG-1,2025-06-08T12:00:00Z,2025-06-08T15:00:00Z,swap,KUL\n")
    for words, said in ((("import", str(changes)), "CHG-1: applied"), (("cancel", "CHG-1"), "applied")):
        command = [*HOLDFAST, "work", *words, "--cell", "kul"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done
        assert said in done.stdout
    listed = subprocess.run(
        [*HOLDFAST, "statuses", "list", "--cell", "kul", "--json"], env=env, capture_output=True, text=True, check=True
    )
    rows = json.loads(listed.stdout)
    assert [(row["status"], row["accepted_at"]) for row in rows] == [("spare", None), ("released", None)]
    assert rows[0]["asset"] == rows[1]["asset"]


@pytest.mark.parametrize(
    "changed",
    [
        {"KAFKA_SASL_PASSWORD": "wrong"},
        {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-512"},
        {"KAFKA_SSL_CAFILE": ""},
        {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_broker_that_does_not_let_us_in_is_one_line(guarded: Guarded, database: str, changed: dict[str, str]) -> None:
    env = guarded.environment(database, **changed)
    words = ["report-this-machine", "--cell", "kul"]
    done = subprocess.run([*HOLDFAST, *words], env=env, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "does not let us in" in line
    assert PASSWORD not in line
