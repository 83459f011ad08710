"""What acts say of planned work: every version of a ticket is kept, and what it explains after all is closed."""

from dataclasses import replace
from datetime import datetime

from consumers.derive.alarms import Alarms
from consumers.derive.book import Book
from consumers.derive.graph import Graph
from consumers.derive.order import Moment
from consumers.derive.outcomes import Outcome, Partly
from consumers.derive.things import Things
from schemas.acting import Thing
from schemas.envelope import millis
from schemas.planning import WorkAct, WorkCancel, WorkPlan
from service.facts.announced import Plan
from service.facts.records import Millis
from service.store import derived


class Works:
    """Planned work of one cell within one transaction. Each act is written down at once."""

    def __init__(self, book: Book, graph: Graph) -> None:
        self._book = book
        self._things = Things(book, graph)
        self._alarms = Alarms(book, graph)

    async def take(self, act: WorkAct, moment: Moment) -> Outcome:
        """Apply one act."""
        return await (self._cancel(act, moment) if isinstance(act, WorkCancel) else self._plan(act, moment))

    async def _plan(self, act: WorkPlan, moment: Moment) -> Outcome:
        book = self._book
        unknown = sorted(set(act.places) - book.memory.place_kinds.keys())
        found = await self._things.find((*(Thing(asset=asset) for asset in act.assets), *act.things), moment)
        wrong = [*found.wrong, *(f"there is no place {place!r}" for place in unknown)]
        places = frozenset(act.places) - set(unknown)
        words = None if not wrong else f"{len(wrong)} left out: {'; '.join(wrong[:5])}"
        if not found.names and not places:
            return words or "it names neither things nor places: say what it is about"
        explains = frozenset(kind.value for kind in act.kinds())
        window = _millis(act.from_at), _millis(act.until_at)
        plan = Plan(act.ticket, moment.known, *window, frozenset(found.names), places, explains)
        await self._keep(plan, act.by, act.approver)
        await self._alarms.planned(moment)
        return None if words is None else Partly(words)

    async def _cancel(self, act: WorkCancel, moment: Moment) -> Outcome:
        versions = self._book.memory.works.get(act.ticket, ())
        if not versions or versions[-1].cancelled:
            return f"no work is planned under {act.ticket!r}"
        last = versions[-1]
        called_off = replace(last, known_from=moment.known, cancelled=True)
        await self._keep(called_off, act.by, None)
        return None

    async def _keep(self, plan: Plan, by: str, approver: str | None) -> None:
        """Keep a version; one of the same millisecond is replaced, since nobody could know it."""
        book = self._book
        await derived.rows(
            book.connection, "add_work", book.cell, plan.ticket, plan.known_from, plan.from_at, plan.until_at,
            sorted(plan.assets), sorted(plan.places), sorted(plan.explains), approver, by, plan.cancelled,
        )  # fmt: skip
        versions = book.memory.works.setdefault(plan.ticket, [])
        if versions and versions[-1].known_from == plan.known_from:
            versions.pop()
        versions.append(plan)


def _millis(stated: datetime) -> Millis:
    found = millis(stated.isoformat())
    if found is None:
        raise ValueError(stated)
    return found
