"""A book with something to hide: two racks, and parties that were granted this and that of it.

`ALLOWED` says of every name that stands anywhere in the book who may see it; whoever is not listed may not.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.canonical import canonical
from schemas.words import PartyKind
from service.store import keys
from service.store.reading import Viewer
from tests.support.book import BEGIN, DAY, HOUR, POSITION, SITE, Seeded, asset_id

OTHER_POSITION = "KUL-1/H1/R1/P02"
FROM, UNTIL = "2025-06-01T01:00:00Z", "2025-06-01T20:00:00Z"
FIELDS = ("identifiers", "evidence", "statuses", "events", "findings", "work")
_BYTES = re.compile(r"\\x((?:[0-9a-f]{2})+)")
LATER = BEGIN + 900 * DAY
JOB = asset_id("job 1")


@dataclass(frozen=True)
class Party:
    """Who asks: the name and kind of its keys."""

    name: str
    kind: PartyKind
    scopes: tuple[str, ...] = ("read", "audit")


OWNER = Party("acme", PartyKind.OPERATOR)
RIVAL = Party("rival", PartyKind.OPERATOR)
EXPORTER = Party("exporter-1", PartyKind.EXPORTER)  # one GPU, with its identifiers
LESSOR = Party("lessor-1", PartyKind.LESSOR)  # what stood at the first position, in every field
REGULATOR = Party("regulator-1", PartyKind.REGULATOR)  # what was handed over under a licence, with its statuses
AUDITOR = Party("auditor-1", PartyKind.AUDITOR)  # the whole cell, in every field
EXPIRED = Party("exporter-2", PartyKind.EXPORTER)  # the same GPU, until yesterday
REVOKED = Party("exporter-3", PartyKind.EXPORTER)  # the same GPU, taken back
STRANGER = Party("stranger-1", PartyKind.AUDITOR)
MACHINE = Party("kul-1/bmc-2", PartyKind.MACHINE)
PARTIES = (OWNER, RIVAL, EXPORTER, LESSOR, REGULATOR, AUDITOR, EXPIRED, REVOKED, STRANGER, MACHINE)


def finding_id(n: int) -> str:
    """Give the id of a finding."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"finding/{n}"))


def kul(name: str) -> str:
    """Give the id of an asset of the cell kul-1."""
    return asset_id(f"kul-1/{name}")


_ALL = {OWNER, AUDITOR}
_SEES = _ALL | {EXPORTER, LESSOR, REGULATOR}
ALLOWED: dict[str, set[Party]] = {
    # the first GPU, what held it, and where that was
    kul("gpu1"): _ALL | {EXPORTER, LESSOR},
    kul("server"): {*_SEES},
    kul("rack"): {*_SEES},
    POSITION: {*_SEES},
    SITE: {*_SEES},
    "1" * 31 + "b": _ALL | {EXPORTER, LESSOR},
    # beside it: granted to others, or to nobody but those who see all of the position
    kul("gpu2"): _ALL | {LESSOR, REGULATOR},
    "2" * 31 + "b": _ALL | {LESSOR},
    kul("card"): _ALL | {LESSOR},
    "3cecef112233": _ALL | {LESSOR},
    "SN-0001": _ALL | {LESSOR},
    "RACK-0001": _ALL | {LESSOR},
    "agent-1": {*_SEES},  # an answer names the sources that it rests on
    "bmc-1": {*_SEES},
    "switch-1": {*_SEES},
    "workshop-1": _ALL | {LESSOR, REGULATOR},
    "LICENCE-1": _ALL | {LESSOR, REGULATOR},
    "CHG-1": _ALL | {LESSOR},
    "words of finding 1": _ALL | {LESSOR},
    # the second rack, of which nobody else may learn anything
    kul("rack2"): {*_ALL},
    kul("server2"): {*_ALL},
    kul("gpu3"): {*_ALL},
    OTHER_POSITION: {*_ALL},
    "RACK-0002": {*_ALL},
    "SN-0002": {*_ALL},
    "3" * 31 + "b": {*_ALL},
    "agent-2": {*_ALL},
    "bmc-2": _ALL | {MACHINE},
    "borrower-1": {*_ALL},
    "CHG-2": {*_ALL},
    "words of finding 2": {*_ALL},
    "words of finding 3": {OWNER},  # for now
    "comment on finding 1": {OWNER},
    "comment on finding 2": {OWNER},
    "words of dead letter 2": _ALL | {MACHINE},
    # who was granted what for which purpose
    "purpose of exporter-1": _ALL | {EXPORTER},
    "purpose of lessor-1": _ALL | {LESSOR},
    "purpose of regulator-1": _ALL | {REGULATOR},
    "purpose of auditor-1": {*_ALL},
    "purpose of exporter-2": {*_ALL},
    "purpose of exporter-3": {*_ALL},
    # what the operator asked, and was answered
    "words of job 1": {OWNER},
    # the rival's book
    asset_id("sin-1/rack"): {RIVAL},
    asset_id("sin-1/server"): {RIVAL},
    asset_id("sin-1/gpu1"): {RIVAL},
}

# The rival's book has things, places and sources of the same names: it sees those of its own.
for same in (SITE, POSITION, OTHER_POSITION, "1" * 31 + "b", "2" * 31 + "b", "3cecef112233", "SN-0001", "RACK-0001"):
    ALLOWED[same].add(RIVAL)
for same in ("agent-1", "bmc-1", "switch-1"):
    ALLOWED[same].add(RIVAL)


@dataclass(slots=True)
class Hidden:
    """The two books, with all of the above in the first one."""

    book: Seeded
    _n: int = field(default=0)

    async def fill(self) -> None:
        """Put the second rack, statuses, work, findings, dead letters, and the grants."""
        book = self.book
        await book.source("agent-2", "in_band", "lessee")
        await book.source("bmc-2", "out_of_band", "lessee")
        rack = await book.asset("rack2", "rack", (("serial", "acme/rack", "RACK-0002"),))
        server = await book.asset("server2", "chassis", (("serial", "acme/x1", "SN-0002"),))
        gpu = await book.asset("gpu3", "gpu", (("gpu_uuid", "", "3" * 31 + "b"),))
        for source in ("agent-2", "bmc-2"):
            await book.bound(rack, "rack", source, "rack", place=OTHER_POSITION)
            await book.bound(server, "chassis", source, "U12", container=rack)
            await book.bound(gpu, "gpu", source, "gpu/0", container=server)
        await book.stands(rack, "rack", place=OTHER_POSITION)
        await book.stands(server, "chassis", container=rack, slot="U12", place=OTHER_POSITION)
        await book.stands(gpu, "gpu", container=server, slot="gpu/0")
        for asset in (kul("gpu1"), kul("gpu2"), gpu):
            await book.event("whereabouts", asset, BEGIN + HOUR)
        await self._status("st-1", kul("gpu2"), "workshop-1", "LICENCE-1")
        await self._status("st-2", gpu, "borrower-1", "LICENCE-2")
        await self.finding(1, kul("gpu1"), shown_from=BEGIN + HOUR)
        await self.finding(2, gpu, shown_from=BEGIN + HOUR)
        await self.finding(3, kul("server"), shown_from=None)
        for n, asset in ((1, kul("gpu1")), (2, gpu)):
            await book.connection.execute(
                "INSERT INTO work (cell, ticket, known_from, from_at, until_at, assets, places, explains, by, "
                "cancelled) VALUES ($1, $2, $3, $3, $4, $5, '{}', '{component_missing}', 'person-1', false)",
                book.cell, f"CHG-{n}", BEGIN, BEGIN + HOUR, [asset],
            )  # fmt: skip
            await book.connection.execute(
                "INSERT INTO dead_letter VALUES ($1, 'telemetry', 0, 0, $2, $3, 'bad_json', $4, NULL, '[]', 'x', $5)",
                book.cell, n, BEGIN + HOUR, f"words of dead letter {n}", f"bmc-{n}",
            )  # fmt: skip
        await self._job()
        await self.grant(EXPORTER, things=[kul("gpu1")], fields=("identifiers",))
        await self.grant(LESSOR, place=POSITION)
        await self.grant(REGULATOR, licence="LICENCE-1", fields=("statuses",))
        await self.grant(AUDITOR, whole=True)
        await self.grant(EXPIRED, things=[kul("gpu1")], until_at=BEGIN + HOUR)
        revoked = await self.grant(REVOKED, things=[kul("gpu1")])
        await book.connection.execute(
            "UPDATE disclosure_grant SET known_until = $2, revoked_by = 'person-1' WHERE key = $1",
            revoked,
            BEGIN + HOUR,
        )
        await book.live_until(BEGIN + DAY)

    async def grant(
        self, party: Party, *, things: list[str] | None = None, place: str | None = None, licence: str | None = None,
        whole: bool = False, fields: tuple[str, ...] = FIELDS, until_at: int = LATER,
    ) -> str:  # fmt: skip
        """Grant a party something; gives the key."""
        self._n += 1
        key, connection = f"grant-{self._n}", self.book.connection
        await connection.execute(
            "INSERT INTO disclosure_grant (cell, key, party, whole, place, licence, fields, purpose, by, until_at, "
            "known_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'person-1', $9, $10)",
            self.book.cell, key, party.name, whole, place, licence, list(fields), f"purpose of {party.name}", until_at,
            BEGIN,
        )  # fmt: skip
        for thing in things or ():
            await connection.execute("INSERT INTO granted_thing VALUES ($1, $2, $3)", self.book.cell, key, thing)
        return key

    async def finding(self, n: int, asset: str, *, shown_from: int | None) -> None:
        """Put a finding, and a comment on it; others see it from a moment on, else after 72 hours."""
        book, name = self.book, finding_id(n)
        await book.connection.execute(
            "INSERT INTO finding (cell, finding, kind, severity, subject, state, opened_at, updated_at, words, "
            "evidence, shown_from) VALUES ($1, $2, 'component_missing', 'high', $3, 'open', $4, $4, $5, $6, $7)",
            book.cell, name, asset, BEGIN + HOUR, f"words of finding {n}", canonical({"asset": asset}), shown_from,
        )  # fmt: skip
        await book.connection.execute(
            "INSERT INTO finding_step VALUES ($1, $2, $3, $4, 'comment', 'person-1', NULL, $5, $6, 'salt', 'c')",
            book.cell, name, n, BEGIN + HOUR, f"step-{n}", f"comment on finding {n}",
        )  # fmt: skip

    async def viewer(self, party: Party) -> Viewer:
        """Give a party as a viewer, before any cell is opened."""
        row = await self.book.connection.fetchrow("SELECT * FROM viewer_of($1, $2)", party.name, party.kind.value)
        assert row is not None
        return Viewer(party.name, tuple(row["cells"]), party.kind, tuple(row["granted"]))

    async def key(self, party: Party) -> str:
        """Make a key of a party."""
        return await keys.create(self.book.connection, party.name, "test", party.scopes, at=BEGIN, kind=party.kind)

    async def _job(self) -> None:
        """Put a job of the operator's that is done."""
        words = "words of job 1"
        claim = {"predicate": "stayed", "subject": {"everything": True}, "from": FROM, "until": UNTIL}
        asked = {"cell": "kul-1", "simulated": True, "known_at": BEGIN + DAY, "remarks": {}}
        question = {**asked, "asked": {**claim, "cell": "kul-1"}, "stated": {**claim, "subject": {"place": words}}}
        form = canonical({"of_all": False, "questions": [question]})
        await self.book.connection.execute(
            "INSERT INTO job VALUES ('acme', $1, $2, NULL, 'done', '{kul-1}', $3, $3, '', 1, $4, "
            "now() + '1 day'::interval, $4, NULL, $4, $2, $5)",
            JOB, words, form, BEGIN, canonical({"words": words}),
        )  # fmt: skip
        await self.book.connection.execute(
            "INSERT INTO job_chunk VALUES ('acme', $1, 0, 'kul-1', '{}', $2, '{}', 1, 1, NULL, $3, $4, '{}', $4)",
            JOB, [words], BEGIN, canonical({"subject": words}) + b"\n",
        )  # fmt: skip

    async def _status(self, key: str, asset: str, party: str, document: str) -> None:
        self._n += 1
        await self.book.said(key, 0, asset, "in_repair", party, from_at=BEGIN, known_from=BEGIN + self._n)
        await self.book.connection.execute(
            "UPDATE status SET document = $3 WHERE cell = $1 AND key = $2", self.book.cell, key, document
        )


def leaked(text: str, party: Party) -> list[str]:
    """Name what a text says that the party may not see. Pure."""
    return sorted(name for name, allowed in ALLOWED.items() if party not in allowed and name in text)


def rows_text(rows: Iterable[str]) -> str:
    """Write rows as PostgreSQL shows them, with what stands in their bytes beside it. Pure."""
    text = "\n".join(rows)
    return text + "\n".join(bytes.fromhex(found).decode(errors="replace") for found in _BYTES.findall(text))


def seen(text: str) -> set[str]:
    """Name what a text says of the books. Pure."""
    return {name for name in ALLOWED if name in text}
