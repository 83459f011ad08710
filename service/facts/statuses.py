"""What people say of the status of a thing, and which of it stands when. Pure; standard library alone.

A statement begins at its `from_at`. The one that began last stands (of two at once: the one of the later act) until
another begins. Past its own `until_at`, if it has one, it is overdue: the thing was expected back, or was to be
accepted, by then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from schemas.words import Account, Status
from service.facts.records import Millis

# What a status accounts for by itself. `installed` is what somebody typed: that a thing is there has to be seen.
ACCOUNT: dict[Status, Account | None] = {
    Status.IN_STOCK: Account.SPARE,
    Status.IN_TRANSIT: Account.RELEASED,
    Status.INSTALLED: None,
    Status.SPARE: Account.SPARE,
    Status.FAILED: Account.IN_REPAIR,
    Status.IN_REPAIR: Account.IN_REPAIR,
    Status.ON_LOAN: Account.ON_LOAN,
    Status.SCRAPPED: Account.SCRAPPED,
    Status.SOLD: Account.SOLD,
    Status.RELEASED: Account.RELEASED,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side accepted what was released."""

    at: Millis
    by: str
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement about one thing: of whom, on which paper, since when, until when. `order`: number of its act."""

    key: str
    order: int
    status: Status
    from_at: Millis
    by: str
    until_at: Millis | None = None
    party: str | None = None
    document: str | None = None
    ticket: str | None = None
    place: str | None = None
    accepted: Accepted | None = None

    @property
    def account(self) -> Account | None:
        """What it accounts for."""
        return ACCOUNT[self.status]

    @property
    def gone_since(self) -> Millis | None:
        """Since when the thing is not here any more: scrapped, lent, on its way, or taken over; None: it may be."""
        if self.status is Status.RELEASED:
            return self.accepted.at if self.accepted is not None else None
        return self.from_at if self.status in {Status.SCRAPPED, Status.ON_LOAN, Status.IN_TRANSIT} else None

    def due(self) -> tuple[Millis, Millis | None] | None:
        """Give from when until when (None: for ever) it is overdue; None where nothing was expected by a time."""
        if self.until_at is None or self.account is None:
            return None
        if self.accepted is None:
            return self.until_at, None
        return (self.until_at, self.accepted.at) if self.accepted.at > self.until_at else None


@dataclass(frozen=True, slots=True)
class Stands:
    """A statement that stands, or (where it accounts for a thing) is `overdue`, during [from_at, until_at)."""

    from_at: Millis
    until_at: Millis
    stated: Stated
    overdue: bool = False


def standing(statements: Iterable[Stated], from_at: Millis, until_at: Millis) -> Iterator[Stands]:
    """Give what stands during [from_at, until_at), in order; before the first statement nothing does."""
    known = sorted(
        (each for each in statements if each.from_at < until_at), key=lambda each: (each.from_at, each.order)
    )
    for stated, following in zip_longest(known, known[1:]):
        begin = max(stated.from_at, from_at)
        end = until_at if following is None else min(following.from_at, until_at)
        late, taken = stated.due() or (end, end)
        late = max(min(late, end), begin)
        taken = end if taken is None else max(min(taken, end), late)
        for a, b, overdue in ((begin, late, False), (late, taken, True), (taken, end, False)):
            if a < b:
                yield Stands(a, b, stated, overdue)
