"""The order in which a cell's changes and timers are taken (SEMANTICS rule 5). Pure."""

from typing import NamedTuple

from service.facts.records import Millis

TIMER = -1  # what falls due at a moment comes before what happens at it
ACTS = 0
TELEMETRY = 1


Begun = tuple[Millis, int, int, int]  # where in the order a run began: append time, rank, partition, offset


class Order(NamedTuple):
    """A place in the order: append time, rank, partition, offset, and which of several at that record."""

    at: Millis
    rank: int
    partition: int
    offset: int
    n: int


class Moment(NamedTuple):
    """When something is derived: `known` is what known_from becomes, `horizon` (exclusive) what is looked at."""

    known: Millis
    horizon: Millis
    order: Order

    @classmethod
    def of_change(cls, order: Order) -> "Moment":
        """Give the moment of a change: it and all before it are known."""
        return cls(order.at, order.at + 1, order)

    @classmethod
    def of_timer(cls, at: Millis) -> "Moment":
        """Give the moment at which a timer falls due: everything below it is known."""
        return cls(at, at, Order(at, TIMER, 0, 0, 0))
