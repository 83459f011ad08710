"""What operators grant to parties: whether an act about it could be applied, its things looked for among all parts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas import acts
from schemas.grants import GrantPut, GrantRevoke
from tests.reference.identifying import Order
from tests.reference.statuses import Statuses


@dataclass(slots=True)
class Grants:
    """The grants that stand, by key."""

    statuses: Statuses
    standing: set[str] = field(default_factory=set)

    def take(self, act: acts.CellAct | acts.CommonAct, places: Iterable[str], order: Order) -> bool:
        """Keep what an act says; whether it could be. One that says nothing of grants can."""
        match act:
            case GrantPut():
                late = round(act.until_at.timestamp() * 1000) <= order[0]
                if late or (act.place is not None and act.place not in places):
                    return False
                if act.things and not list(self.statuses.found(act.things, order)):
                    return False
                self.standing.add(act.key)
            case GrantRevoke():
                if act.revokes not in self.standing:
                    return False
                self.standing.remove(act.revokes)
        return True
