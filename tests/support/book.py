"""A small book put in by SQL: one site, one rack with one server of two GPUs, in-band agent, BMC and switch ports."""

import uuid
from dataclasses import dataclass, field

import asyncpg

from schemas.canonical import canonical
from service.store import pool

HOUR = 3_600_000
DAY = 24 * HOUR
BEGIN = 1_748_736_000_000  # 2025-06-01T00:00:00Z
TOLERANCE = 15 * 60_000

SITE = "KUL-1"
POSITION = "KUL-1/H1/R1/P01"


def asset_id(name: str) -> str:
    """Give the id that a test's asset has in every cell and run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@dataclass(slots=True)
class Seeded:
    """A cell that was filled; `at` is the moment up to which it goes on living."""

    connection: asyncpg.Connection
    cell: str
    operator: str
    at: int = BEGIN
    _n: int = 0
    _runs: dict[str, int] = field(default_factory=dict)

    async def operator_and_cell(self, *, simulated: bool = False) -> None:
        """Put the operator and the cell."""
        await self.connection.execute(
            "INSERT INTO operator VALUES ($1, $1, 'MY') ON CONFLICT DO NOTHING", self.operator
        )
        await self.connection.execute(
            "INSERT INTO cell VALUES ($1, $2, $3, $4, 0, 0, 0, $5)", self.cell, self.operator, simulated, self.at, b"k"
        )

    async def place(self, name: str, kind: str, within: str | None, country: str | None = None) -> None:
        """Put a place, from the beginning."""
        await self.connection.execute(
            "INSERT INTO place (cell, place, kind, within, country, from_at) VALUES ($1, $2, $3, $4, $5, $6)",
            self.cell, name, kind, within, country, BEGIN - DAY,
        )  # fmt: skip

    async def source(self, name: str, source_class: str, domain: str) -> None:
        """Enrol a source, and let it report from the beginning in one run."""
        await self.connection.execute(
            "INSERT INTO source_term VALUES ($1, $2, $3, $4, $5, 300000, 0, 120000, false, 0)",
            self.cell, name, BEGIN - DAY, source_class, domain,
        )  # fmt: skip
        number = len(self._runs) + 1
        self._runs[name] = number
        digest = name.encode().ljust(32, b".")[:32]
        document = canonical({"complete_for": ["gpu"], "items": []})
        await self.connection.execute("INSERT INTO inventory VALUES ($1, $2, $3)", self.cell, digest, document)
        await self.connection.execute(
            "INSERT INTO run VALUES ($1, $2, $3, 'node', 0, 'fresh', $4, true, $5, $6, $6, NULL, NULL, NULL)",
            self.cell, number, name, digest, TOLERANCE, BEGIN,
        )  # fmt: skip

    async def asset(self, name: str, kind: str, identifiers: tuple[tuple[str, str, str], ...] = ()) -> str:
        """Put an asset with strong identifiers (scheme, scope, value)."""
        one = asset_id(f"{self.cell}/{name}")
        await self.connection.execute(
            "INSERT INTO asset (cell, asset, kind, from_at) VALUES ($1, $2, $3, $4)", self.cell, one, kind, BEGIN
        )
        await self.connection.execute(
            "INSERT INTO part VALUES ($1, $2, $3, $4, false, $5, 1, 0, $6, 0)",
            self.cell, one.encode(), one, kind, BEGIN, self._n,
        )  # fmt: skip
        for scheme, scope, value in identifiers:
            await self.connection.execute(
                "INSERT INTO part_value VALUES ($1, $2, $3, $4, $5, $6, true)",
                self.cell, scheme, scope, value, kind, one.encode(),
            )  # fmt: skip
        await self.event("asset", one, BEGIN)
        return one

    async def bound(
        self, asset: str, kind: str, source: str, slot: str, *, container: str | None = None,
        place: str | None = None, surveyed: bool = False,
    ) -> None:  # fmt: skip
        """Let a source say where an asset stands, from the beginning."""
        await self.connection.execute(
            "INSERT INTO binding (cell, source, scope, slot, asset, kind, container, container_slot, stated, place, "
            "surveyed, from_at, known_from) VALUES ($1, $2, 'node', $3, $4, $5, $6, $7, $8, $8, $9, $10, $10)",
            self.cell, source, slot, asset, kind, container, slot if container else None, place, surveyed, BEGIN,
        )  # fmt: skip

    async def stands(
        self, asset: str, kind: str, *, container: str | None = None, slot: str | None = None, place: str | None = None,
        from_at: int = BEGIN, known_from: int = BEGIN,
    ) -> None:  # fmt: skip
        """Put whereabouts that are still so."""
        await self.connection.execute(
            "INSERT INTO whereabouts (cell, asset, kind, container, container_slot, place, moving, disputed, from_at, "
            "known_from) VALUES ($1, $2, $3, $4, $5, $6, false, false, $7, $8)",
            self.cell, asset, kind, container, slot, place, from_at, known_from,
        )  # fmt: skip

    async def said(  # noqa: PLR0913 - what a status is, in its order
        self, key: str, n: int, asset: str, status: str, party: str | None = None, *, place: str | None = None,
        from_at: int, until_at: int | None = None, known_from: int,
    ) -> None:  # fmt: skip
        """Let a person say a status of a thing, as thing `n` of an act."""
        await self.connection.execute(
            'INSERT INTO status (cell, key, "offset", n, asset, status, party, place, by, from_at, until_at, '
            "known_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'person-1', $9, $10, $11)",
            self.cell, key, known_from, n, asset, status, party, place, from_at, until_at, known_from,
        )  # fmt: skip

    async def accepted(self, release: str, asset: str, *, at: int, known_from: int) -> None:
        """Let the other side accept what was released."""
        await self.connection.execute(
            "INSERT INTO acceptance VALUES ($1, $2, $3, $2, 0, 'lessee', NULL, $4, $5)",
            self.cell, release, asset, at, known_from,
        )  # fmt: skip

    async def event(self, kind: str, subject: str, at: int) -> None:
        """Append an event."""
        self._n += 1
        body = canonical({"v": 1, "cell": self.cell, "kind": kind, "n": self._n})
        await self.connection.execute(
            "INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6)", self.cell, at, self._n, kind, subject, body
        )

    async def live_until(self, at: int) -> None:
        """Let every source go on reporting, and the horizon come after."""
        await self.connection.execute("UPDATE run SET last_at = $2 WHERE cell = $1 AND until_at IS NULL", self.cell, at)
        await self.connection.execute("UPDATE cell SET horizon = $2 WHERE cell = $1", self.cell, at)
        self.at = at

    async def corrected(self, asset: str, place: str, *, from_at: int, known_from: int) -> None:
        """Find, at `known_from`, that an asset has stood elsewhere since `from_at`."""
        row = await self.connection.fetchrow(
            "DELETE FROM whereabouts WHERE cell = $1 AND asset = $2 AND until_at IS NULL "
            "RETURNING kind, place, from_at, known_from",
            self.cell, asset,
        )  # fmt: skip
        assert row is not None
        await self.connection.execute(
            "INSERT INTO whereabouts_past VALUES ($1, $2, $3, NULL, NULL, $4, false, false, $5, NULL, $6, $7)",
            self.cell, asset, row["kind"], row["place"], row["from_at"], row["known_from"], known_from,
        )  # fmt: skip
        await self.connection.execute(
            "INSERT INTO whereabouts (cell, asset, kind, place, moving, disputed, from_at, until_at, known_from) "
            "VALUES ($1, $2, $3, $4, false, false, $5, $6, $7)",
            self.cell, asset, row["kind"], row["place"], row["from_at"], from_at, known_from,
        )  # fmt: skip
        await self.stands(asset, row["kind"], place=place, from_at=from_at, known_from=known_from)
        await self.event("whereabouts", asset, known_from)


async def seed(dsn: str, cell: str, operator: str, *, simulated: bool = False) -> Seeded:
    """Fill a cell: rack (at a position), server in it, two GPUs and a network card in that; all seen for a day."""
    book = Seeded(await pool.connect(dsn), cell, operator)
    await book.operator_and_cell(simulated=simulated)
    await book.place(SITE, "site", None, "MY")
    await book.place(POSITION, "rack_position", SITE)
    await book.place("KUL-1/H1/R1/P02", "rack_position", SITE)
    await book.source("agent-1", "in_band", "lessee")
    await book.source("bmc-1", "out_of_band", "lessee")
    await book.source("switch-1", "facility", "site")
    rack = await book.asset("rack", "rack", (("serial", "acme/rack", "RACK-0001"),))
    server = await book.asset("server", "chassis", (("serial", "acme/x1", "SN-0001"),))
    card = await book.asset("card", "nic", (("mac", "", "3cecef112233"),))
    gpus = [await book.asset(f"gpu{n}", "gpu", (("gpu_uuid", "", f"{n:x}" * 31 + "b"),)) for n in (1, 2)]
    for source in ("agent-1", "bmc-1"):
        await book.bound(rack, "rack", source, "rack", place=POSITION)
        await book.bound(server, "chassis", source, "U12", container=rack)
        await book.bound(card, "nic", source, "nic/0", container=server)
        for n, gpu in enumerate(gpus):
            await book.bound(gpu, "gpu", source, f"gpu/{n}", container=server)
    await book.bound(card, "nic", "switch-1", "port/1", place=POSITION, surveyed=True)
    await book.stands(rack, "rack", place=POSITION)
    await book.stands(server, "chassis", container=rack, slot="U12", place=POSITION)
    await book.stands(card, "nic", container=server, slot="nic/0", place=POSITION)
    for n, gpu in enumerate(gpus):
        await book.stands(gpu, "gpu", container=server, slot=f"gpu/{n}")
    await book.live_until(BEGIN + DAY)
    return book
