"""Putting an act on its topic: operators and cells on `acts.common`, everything else on the cell's own."""

from collections.abc import Sequence
from typing import ClassVar

from schemas import acts
from schemas.envelope import ACT_TYPE, COMMON, CONTENT_TYPE, TYPE, acts_topic
from schemas.errors import HoldfastError
from service.api.parts import Sender, Sent
from service.facts.records import Millis

COMMON_ACTS = frozenset({"operator.put", "cell.put"})


class WrongBook(HoldfastError):
    """An act about operators and cells goes to `common`, every other one to a cell."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "wrong-book"


async def put(send: Sender, cell: str, act: acts.CellAct | acts.CommonAct, at: Millis | None) -> Sent:
    """Put an act on its topic. Raises `WrongBook`, `Transient`."""
    return (await put_all(send, cell, [act], at))[0]


async def put_all(
    send: Sender, cell: str, said: Sequence[acts.CellAct | acts.CommonAct], at: Millis | None
) -> list[Sent]:
    """Put acts on their topic, in their order. Raises `WrongBook` before anything is put, `Transient`."""
    for act in said:
        check_book(cell, act)
    headers = ((TYPE, ACT_TYPE.encode()), (CONTENT_TYPE, b"application/json"))
    return await send(acts_topic(cell), [acts.body(act) for act in said], headers, at)


def check_book(cell: str, act: acts.CellAct | acts.CommonAct) -> None:
    """Raise `WrongBook` where an act does not go to this cell, or to `common`. Pure."""
    if (act.act in COMMON_ACTS) is not (cell == COMMON):
        raise WrongBook(f"{act.act} goes to {'common' if act.act in COMMON_ACTS else 'a cell'}, not to {cell!r}")
