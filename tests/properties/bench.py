"""What properties over the real database share: one loop and pool for all examples, and how many of them are tried."""

import asyncio
import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings

from service.store.pool import create_pool

if TYPE_CHECKING:
    import asyncpg


class Bench:
    """A loop and a pool that all examples of a test share; each example is a cell of its own."""

    def __init__(self, dsn: str) -> None:
        self.runner = asyncio.Runner()
        self.pool: asyncpg.Pool = self.runner.run(create_pool(dsn, min_size=1, max_size=4))

    def close(self) -> None:
        """Let both go."""
        self.runner.run(self.pool.close())
        self.runner.close()


CHECKED = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining a failure takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EXAMPLES = int(os.environ.get("HOLDFAST_EXAMPLES", "0"))


def few(usual: int) -> settings:
    """Try so many examples, or as many as HOLDFAST_EXAMPLES says."""
    return settings(CHECKED, max_examples=EXAMPLES or usual)
