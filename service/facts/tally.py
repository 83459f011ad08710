"""What became of a whole set: how many things of each kind are in which account, and whom to ask (DESIGN section 7).

Counts are of the end of what was judged; every thing is in exactly one account. Pure; standard library alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from schemas.words import Account, Kind, Verdict
from service.facts.judgement import Stretch
from service.facts.records import AssetId, Millis

LISTED = 100  # unaccounted things, and parties that something was released to; the counts say how many there are


@dataclass(frozen=True, slots=True)
class Released:
    """What was released to one party on one paper, and how much of it that party accepted."""

    party: str | None
    document: str | None
    count: int
    accepted: int


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """One thing of which nobody says where it went, since when, and why that is not known."""

    asset: AssetId
    kind: Kind | None
    why: str | None
    since: Millis


@dataclass(frozen=True, slots=True)
class Tally:
    """How many things are in which account, by kind; the releases, and what is unaccounted for, worst first."""

    accounts: Mapping[Kind | None, Mapping[Account, int]]
    released: tuple[Released, ...]
    unaccounted: tuple[Unaccounted, ...]
    releases: int  # how many there are
    missing: int  # how many there are


_WORST = ("missing", "overdue", "unplaced", "silent", "never_seen")

To = tuple[str | None, str | None]  # a party, and a paper


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a portion of a set, so that it can be joined with what became of another.

    `released`: by party and paper, how many things, and how many of these were accepted. `lost`: the first `LISTED` of
    the `missing` things that are unaccounted for.
    """

    accounts: Mapping[Kind | None, Mapping[Account, int]]
    released: Mapping[To, tuple[int, int]]
    lost: tuple[Unaccounted, ...]
    missing: int

    def joined(self, other: "Counted") -> "Counted":
        """Give what became of both portions; no thing is in both."""
        released = dict(self.released)
        for to, (count, accepted) in other.released.items():
            mine = released.get(to, (0, 0))
            released[to] = (mine[0] + count, mine[1] + accepted)
        lost = sorted((*self.lost, *other.lost), key=_order)[:LISTED]
        return Counted(summed(self.accounts, other.accounts), released, tuple(lost), self.missing + other.missing)


W = TypeVar("W", Account, Verdict)


def summed(
    one: Mapping[Kind | None, Mapping[W, int]], other: Mapping[Kind | None, Mapping[W, int]]
) -> dict[Kind | None, dict[W, int]]:
    """Add counts by kind and word."""
    found = {kind: dict(counts) for kind, counts in one.items()}
    for kind, counts in other.items():
        of_kind = found.setdefault(kind, {})
        for word, count in counts.items():
            of_kind[word] = of_kind.get(word, 0) + count
    return found


def counted(things: Iterable[tuple[AssetId, Kind | None, tuple[Stretch, ...]]], from_at: Millis) -> Counted:
    """Count things by what became of them last. Those of which nothing is known were never seen since `from_at`."""
    accounts: dict[Kind | None, dict[Account, int]] = {}
    released: dict[To, tuple[int, int]] = {}
    lost: list[Unaccounted] = []
    for asset, kind, stretches in things:
        last = stretches[-1] if stretches else None
        account = Account.UNACCOUNTED if last is None else last.account
        of_kind = accounts.setdefault(kind, {})
        of_kind[account] = of_kind.get(account, 0) + 1
        if account is Account.UNACCOUNTED:
            why, since = ("never_seen", from_at) if last is None else (last.why, last.from_at)
            lost.append(Unaccounted(asset, kind, why, since))
        elif account is Account.RELEASED and last is not None and last.stated is not None:
            to = (last.stated.party, last.stated.document)
            count, accepted = released.get(to, (0, 0))
            released[to] = (count + 1, accepted + (last.stated.accepted is not None))
    return Counted(accounts, released, tuple(sorted(lost, key=_order)[:LISTED]), len(lost))


def tally(found: Counted) -> Tally:
    """Give the tally of a whole set."""
    to_whom = sorted(found.released.items(), key=lambda each: (each[0][0] or "", each[0][1] or ""))
    return Tally(
        found.accounts,
        tuple(Released(*to, count, accepted) for to, (count, accepted) in to_whom[:LISTED]),
        found.lost,
        len(to_whom),
        found.missing,
    )


def _order(each: Unaccounted) -> tuple[int, Millis, AssetId]:
    return (_WORST.index(each.why or "silent"), each.since, each.asset)
