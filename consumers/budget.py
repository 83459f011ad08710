"""The budget of unreadable sources (SEMANTICS rule 35): how many of a cell's fell silent to us within ten minutes."""

from collections import Counter, deque
from collections.abc import Iterable

from schemas.errors import BudgetSpent
from service.facts.records import Millis
from service.store import intake
from service.store.pool import Connection

WINDOW: Millis = 10 * 60 * 1000


def most(letters: Iterable[tuple[Millis, str]], window: Millis = WINDOW) -> int:
    """The most distinct sources within any window of dead letters (at, source), given by time. Pure."""
    held: deque[tuple[Millis, str]] = deque()
    counts: Counter[str] = Counter()
    found = 0
    for at, source in letters:
        held.append((at, source))
        counts[source] += 1
        while held[0][0] <= at - window:
            _, gone = held.popleft()
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
        found = max(found, len(counts))
    return found


async def check(connection: Connection, cell: str, first: Millis, last: Millis) -> None:
    """Judge every window that ends with a dead letter of a batch, `first` to `last`. Raises `BudgetSpent`."""
    unreadable, enrolled = await intake.budget(connection, cell, first - WINDOW, last)
    if unreadable * 2 <= enrolled or not unreadable:
        return
    letters = await intake.unreadable(connection, cell, first - WINDOW, last)
    worst = most((row["at"], row["source"]) for row in letters)
    if worst * 2 > enrolled:
        msg = (
            f"cell {cell}: {worst} of {enrolled} enrolled sources became unreadable within 10 minutes: mend the cause "
            f"(see the newest messages of telemetry.{cell}), then say `holdfast go-on --cell {cell}`"
        )
        raise BudgetSpent(cell, msg)
