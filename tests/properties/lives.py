"""Lives of a cell: halls in which people also enrol, restate places, plan work, merge and suspend as things go on."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from schemas import acts
from schemas.grants import NOTER, AccessNote, GrantPut, GrantRevoke
from schemas.planning import WorkPlan
from schemas.words import FindingKind, PlaceKind, SourceClass
from tests.properties.halls import (
    POSITIONS,
    STEPS,
    Hall,
    change,
    named_things,
    ports,
    reported,
    said_of_names,
    said_of_statuses,
    unchanged,
    world,
)
from tests.properties.streams import Fleet, put
from tests.support.records import MINUTE, SECOND, START, Record, Stream, beat

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = {
    "agent0": SourceClass.IN_BAND, "agent1": SourceClass.IN_BAND, "agent2": SourceClass.IN_BAND,
    "bmc0": SourceClass.OUT_OF_BAND, "bmc1": SourceClass.OUT_OF_BAND, "bmc2": SourceClass.OUT_OF_BAND,
    "shelf0": SourceClass.FACILITY, "shelf1": SourceClass.FACILITY, "switch": SourceClass.FACILITY,
    "books": SourceClass.PERSON,
}  # fmt: skip
DOMAINS = ("operator", "landlord", "lessee")
LATER = timedelta(days=365)


def _enrolled(hall: Hall, source: str) -> acts.SourceEnrol:
    fleet = hall.fleet
    domain = str(fleet.pick(*DOMAINS)) if fleet.chance(3) else "landlord" if source == "switch" else "operator"
    return acts.SourceEnrol(
        key=fleet.stream.key(), by="person-1", source=source, source_class=CLASSES[source], control_domain=domain,
        interval_s=60 if fleet.chance(3) else 600, lateness_s=7200 if fleet.chance(6) else 120,
    )  # fmt: skip


def _survey(hall: Hall, key: str) -> acts.CellAct:
    port, place = f"port/{hall.fleet.number(0, 1)}", str(hall.fleet.pick(*POSITIONS))
    return (
        acts.SurveyPut(key=key, by="person-1", source="switch", positions={port: place})
        if hall.fleet.number(0, 2)
        else acts.SurveyRemove(key=key, by="person-1", source="switch", slots=(port,))
    )


def _place(hall: Hall, key: str) -> acts.CellAct:
    fleet = hall.fleet
    if fleet.chance(3):
        return acts.SitePut(key=key, by="person-1", site="kl", country=str(fleet.pick("MY", "SG")))
    alias = ("alias-1",) if fleet.chance(2) else ()
    return acts.PlacePut(
        key=key, by="person-1", place=str(fleet.pick(*POSITIONS)), kind=PlaceKind.RACK_POSITION,
        within=str(fleet.pick("kl/h1", "kl/h2")), alias=alias,
    )  # fmt: skip


def _work(hall: Hall, key: str) -> acts.CellAct:
    fleet = hall.fleet
    at = datetime.fromtimestamp(fleet.now / 1000, UTC)
    refs = sorted({ref for of_kind in hall.refs.values() for ref in of_kind})
    explains = fleet.pick(*FindingKind)
    assert isinstance(explains, FindingKind)
    return WorkPlan(
        key=key, by="person-1", ticket=f"CHG-{key}", explains=(explains,),
        from_at=at - timedelta(minutes=fleet.number(0, 60)), until_at=at + timedelta(minutes=fleet.number(1, 60)),
        assets=(str(fleet.pick(*refs)),) if refs and fleet.chance(2) else (), places=("kl",) if fleet.chance(2) else (),
    )  # fmt: skip


def _grant(hall: Hall, key: str) -> acts.CellAct:
    """Grant a party something, take a grant back that stands or never stood, or note what a party was shown."""
    fleet = hall.fleet
    things = named_things(hall) if fleet.chance(2) else []
    before = str(fleet.pick(*hall.said, "act-1"))
    match fleet.pick("put", "put", "revoke", "note"):
        case "put":
            hall.said.append(key)
            until = datetime.fromtimestamp(fleet.now / 1000, UTC) + timedelta(minutes=fleet.number(-5, 60))
            place = str(fleet.pick("kl", "kl/h1", "kl/h9"))
            what = {"things": things} if things else {"place": place} if fleet.chance(2) else {"whole": True}
            return GrantPut.model_validate(
                {"key": key, "by": "person-1", "party": "exporter-1", "purpose": "audit", "until_at": until, **what}
            )
        case "revoke":
            return GrantRevoke(key=key, by="person-1", revokes=before)
        case _:
            return AccessNote(key=key, by=NOTER, party="exporter-1", credential="key-1", asked="{}")


def _said(hall: Hall) -> acts.CellAct:
    fleet = hall.fleet
    key = str(fleet.pick("act-1", "act-9")) if fleet.number(0, 15) == 0 else fleet.stream.key()  # one that was there
    source, partition = str(fleet.pick(*CLASSES)), fleet.number(0, fleet.stream.partitions - 1)
    said: dict[str, Callable[[], acts.CellAct]] = {
        "enrol": lambda: _enrolled(hall, source),
        "retire": lambda: acts.SourceRetire(key=key, by="person-1", source=source),
        "survey": lambda: _survey(hall, key),
        "place": lambda: _place(hall, key),
        "names": lambda: said_of_names(hall, key),
        "status": lambda: said_of_statuses(hall, key),
        "work": lambda: _work(hall, key),
        "grant": lambda: _grant(hall, key),
        "suspend": lambda: acts.PartitionSuspend(
            key=key, by="person-1", partition=partition, next_offset=fleet.stream.end(partition), reason="away"
        ),
        "resume": lambda: acts.PartitionResume(key=key, by="person-1", partition=partition),
    }
    return said[str(fleet.pick("survey", "names", *said))]()


def _say(hall: Hall, *, explain: bool) -> None:
    """Say something at a moment of its own: nothing has come yet that a suspension lets rest, nor comes from before."""
    fleet = hall.fleet
    said = _said(hall)
    if isinstance(said, WorkPlan) and not explain:
        window = {"from_at": said.from_at + LATER, "until_at": said.until_at + LATER}
        said = said.model_copy(update=window)
    fleet.stream.act(fleet.now + 1, said)
    fleet.now += 2
    if isinstance(said, acts.PartitionSuspend):
        fleet.stream.put(fleet.now, beat(), said.partition)


@st.composite
def lives(draw: st.DrawFn, most: int = 40, *, explain: bool = True) -> tuple[tuple[Record, ...], int]:
    """Draw the records of a cell whose sources were enrolled at its birth, and the number of its partitions.

    `explain` False: work is planned for long after, and explains no finding; the model knows of none that does.
    """
    stream = Stream(partitions=draw(st.integers(1, 2)))
    hall = Hall(Fleet(draw, stream))
    fleet = hall.fleet
    world(stream)
    for source in CLASSES:
        stream.act(START, _enrolled(hall, source))
    for port, place in zip(("port/0", "port/1"), POSITIONS, strict=False):
        stream.act(START, acts.SurveyPut(key=stream.key(), by="person-1", source="switch", positions={port: place}))
    for _ in range(draw(st.integers(8, most))):
        fleet.now += int(str(fleet.pick(*STEPS)))
        made = None
        match fleet.pick(
            "report", "report", "report", "report", "ports", "ports", "unchanged", "change", "act", "act", "beats"
        ):
            case "report":
                made = reported(hall)
            case "unchanged":
                made = unchanged(hall)
            case "ports":
                made = ports(hall)
            case "change":
                change(hall)
            case "beats":
                stream.beats(fleet.now)
            case _:
                _say(hall, explain=explain)
        if made is not None:
            put(fleet, *made)
    stream.put(fleet.now, beat())
    stream.beats(fleet.now + int(str(fleet.pick(SECOND, 16 * MINUTE))))
    return stream.records(), stream.partitions
