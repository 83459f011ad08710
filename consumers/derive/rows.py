"""Rows as deriving holds them in memory: what is stored, and what will be written."""

from dataclasses import dataclass

from service.facts.records import Millis


@dataclass(slots=True, eq=False)
class BindingRow:
    """A row of `binding`. `asset` and `container` are names; `stored` says whether Postgres has it."""

    source: str
    scope: str
    slot: str
    asset: str
    kind: str
    container: str | None
    container_slot: str | None
    stated: str | None
    place: str | None
    surveyed: bool
    from_at: Millis
    until_at: Millis | None
    end: str | None
    known_from: Millis
    stored: bool = False

    def key(self) -> tuple[str, str, str, Millis]:
        """Its key in the table, but for the cell."""
        return self.source, self.scope, self.slot, self.from_at

    def says(self) -> tuple[str, str | None, str | None, str | None, str | None, bool]:
        """What it claims; a report that says the same goes on with it."""
        return self.asset, self.container, self.container_slot, self.stated, self.place, self.surveyed

    def columns(self) -> tuple[object, ...]:
        """Its values in the order of the table."""
        return (
            self.source, self.scope, self.slot, self.asset, self.kind, self.container, self.container_slot, self.stated,
            self.place, self.surveyed, self.from_at, self.until_at, self.end, self.known_from,
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class WhereRow:
    """A row of `whereabouts`. `asset` and `container` are assets as grouped when it was derived."""

    asset: str
    kind: str
    container: str | None
    container_slot: str | None
    place: str | None
    moving: bool
    disputed: bool
    from_at: Millis
    until_at: Millis | None
    known_from: Millis
    stored: bool = False

    def holds_at(self, at: Millis) -> bool:
        """Whether it says where the asset is at a moment."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)

    def says(self) -> tuple[object, ...]:
        """Everything but when it became known."""
        return (
            self.from_at, self.until_at, self.container, self.container_slot, self.place, self.moving, self.disputed,
        )  # fmt: skip

    def columns(self) -> tuple[object, ...]:
        """Its values in the order of the table."""
        return (
            self.asset, self.kind, self.container, self.container_slot, self.place, self.moving, self.disputed,
            self.from_at, self.until_at, self.known_from,
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class NameRow:
    """A row of `asset_name` that holds now: `name` belongs to `asset` since `known_from`."""

    name: str
    asset: str
    known_from: Millis
    stored: bool = False


@dataclass(slots=True, eq=False)
class FindingRow:
    """A row of `finding`."""

    finding: str
    kind: str
    severity: str
    subject: str
    state: str
    opened_at: Millis
    updated_at: Millis
    closed_at: Millis | None
    words: str
    evidence: bytes
    closed_by: str | None = None  # a person; None: evidence, or it is open
    ended_at: Millis | None = None  # once a person closed it: when evidence said the same, or something else
    acknowledged_by: str | None = None
    shown_from: Millis | None = None  # to others than the operator

    def columns(self) -> tuple[object, ...]:
        """Its values in the order of the table."""
        return (
            self.finding, self.kind, self.severity, self.subject, self.state, self.opened_at, self.updated_at,
            self.closed_at, self.words, self.evidence, self.closed_by, self.ended_at, self.acknowledged_by,
            self.shown_from,
        )  # fmt: skip


def common_time(rows: list[BindingRow], from_at: Millis, until_at: Millis | None) -> list[tuple[Millis, Millis | None]]:
    """What a claim's time has in common with the union of the rows' times."""
    out: list[tuple[Millis, Millis | None]] = []
    for row in sorted(rows, key=lambda each: each.from_at):
        begin = max(row.from_at, from_at)
        ends = [each for each in (row.until_at, until_at) if each is not None]
        end = min(ends) if ends else None
        if end is not None and end <= begin:
            continue
        if out and (out[-1][1] is None or begin <= out[-1][1]):
            last = out[-1][1]
            out[-1] = (out[-1][0], None if last is None or end is None else max(last, end))
        else:
            out.append((begin, end))
    return out
