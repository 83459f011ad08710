"""What became of a whole set: how many things of each kind are in which account, and whom to ask (DESIGN section 7).

Counts are of the end of what was judged; every thing is in exactly one account. Pure; standard library alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.words import Account, Kind
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


def tally(things: Iterable[tuple[AssetId, Kind | None, tuple[Stretch, ...]]], from_at: Millis) -> Tally:
    """Count things by what became of them last. Those of which nothing is known were never seen since `from_at`."""
    accounts: dict[Kind | None, dict[Account, int]] = {}
    released: dict[tuple[str | None, str | None], list[bool]] = {}
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
            released.setdefault(to, []).append(last.stated.accepted is not None)
    lost.sort(key=lambda each: (_WORST.index(each.why or "silent"), each.since, each.asset))
    to_whom = sorted(released.items(), key=lambda each: (each[0][0] or "", each[0][1] or ""))
    return Tally(
        accounts,
        tuple(Released(*to, len(accepted), sum(accepted)) for to, accepted in to_whom[:LISTED]),
        tuple(lost[:LISTED]),
        len(to_whom),
        len(lost),
    )
