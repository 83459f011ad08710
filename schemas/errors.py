"""The errors that callers can tell apart. Standard library alone.

Three kinds of failure while consuming: `Rejected` (this message is wrong: bury it and move on),
`Transient` (the world is wrong: back off and take the same batch again), anything else (we are
wrong: crash, and let the supervisor restart us).
"""

from typing import ClassVar


class HoldfastError(Exception):
    """Base of every error that names what is wrong and what to do, in one line.

    `status` is the HTTP status and `slug` the last part of the problem type (RFC 9457). `errors`: every place that is
    wrong (`at`) and what is (`says`), where there may be many.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    errors: list[dict[str, str]] | None = None


class Rejected(HoldfastError):
    """This message cannot be applied: it is kept as a dead letter with `code` and the words.

    `code` is short and stable (`bad_json`, `unknown_type`, …); the text says what to do.
    """

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "rejected"

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class Transient(HoldfastError):
    """Something that is needed is away for now.

    The world is wrong (a server away, a connection lost): whoever consumes takes the same batch again.
    """

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "unavailable"


class NoKafka(HoldfastError):
    """No broker answers, or it does not take the record: the text says what to do."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "no-kafka"


class CellStopped(HoldfastError):
    """One cell cannot go on without a person; the other cells do."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "cell-stopped"

    def __init__(self, cell: str, words: str, partition: tuple[str, int] | None = None) -> None:
        super().__init__(words)
        self.cell = cell
        self.partition = partition  # (topic "acts" or "telemetry", number), where only one is concerned


class TopicChanged(CellStopped):
    """The record at our last offset is not the one that was applied: the topic was recreated."""

    slug: ClassVar[str] = "topic-changed"


class RecordsGone(CellStopped):
    """The broker no longer has records that were never applied: from where to where is in the text."""

    slug: ClassVar[str] = "records-gone"


class BudgetSpent(CellStopped):
    """Too many sources turned unreadable at once (SEMANTICS rule 35): nothing more is buried."""

    slug: ClassVar[str] = "dead-letter-budget-spent"


class LostPartition(HoldfastError):
    """The position is no longer the one that was held: another consumer owns the partition now."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "lost-partition"


class LostCell(HoldfastError):
    """The cell's row is no longer as it was read: another deriver is at work on it."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "lost-cell"
