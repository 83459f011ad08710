"""Deriving all cells whose acts this process owns, one chunk of each in turn."""

import asyncio
import time

import asyncpg
import structlog

from consumers import metrics
from consumers.derive.deriver import Deriver
from consumers.options import Options
from consumers.pipeline import Observer
from schemas.errors import LostCell, Transient
from service.store import derived
from service.store.pool import TRANSIENT

_log = structlog.get_logger()


class DeriveLoop:
    """`cells` are those that are ours now; whoever sets it need not wait."""

    def __init__(self, options: Options, pool: asyncpg.Pool, observe: Observer | None = None) -> None:
        self._options = options
        self._pool = pool
        self._observe = observe
        self._derivers: dict[str, Deriver] = {}
        self.cells: set[str] = set()

    async def run(self) -> None:
        """Run until cancelled. Raises what is neither `Transient` nor another deriver's doing."""
        while True:
            try:
                again = False
                for cell in await self._behind():
                    deriver = self._derivers.setdefault(cell, Deriver(self._pool, cell, self._observe))
                    with metrics.DERIVED_SECONDS.time():
                        again = await deriver.derive() or again
            except Transient as exc:
                _log.warning("deriving waits", why=str(exc))
                await asyncio.sleep(1)
            except LostCell as exc:
                _log.info("a cell moved on", why=str(exc))
                await asyncio.sleep(0.2)
            else:
                if not again:
                    await asyncio.sleep(self._options.derive_ms / 1000)

    async def _behind(self) -> list[str]:
        """Cells of ours whose partitions were applied beyond their horizon."""
        for cell in self._derivers.keys() - self.cells:
            del self._derivers[cell]
        if not self.cells:
            return []
        try:
            async with self._pool.acquire() as connection:
                rows = await derived.behind(connection, sorted(self.cells))
        except TRANSIENT as exc:
            raise Transient(f"Postgres does not answer ({type(exc).__name__})") from exc
        now = time.time() * 1000
        for row in rows:
            metrics.LAG_SECONDS.labels(row["cell"]).set(max(0.0, (now - row["horizon"]) / 1000))
        return [row["cell"] for row in rows]
