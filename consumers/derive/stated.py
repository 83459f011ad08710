"""What acts mean: places, surveys, sources, merges, planned work (SEMANTICS rule 4), in the order of rule 5."""

from typing import TYPE_CHECKING, get_args

from consumers.derive.answers import Answers, without_words
from consumers.derive.book import Book
from consumers.derive.findings import Findings
from consumers.derive.grants import Grants
from consumers.derive.graph import Graph
from consumers.derive.links import Links
from consumers.derive.memory import load_places
from consumers.derive.order import Moment
from consumers.derive.outcomes import Outcome, Partly
from consumers.derive.retention import Retention
from consumers.derive.retries import retry
from consumers.derive.rows import BindingRow
from consumers.derive.sightings import Sightings
from consumers.derive.silence import Silence, seal
from consumers.derive.statuses import Statuses
from consumers.derive.works import Works
from schemas import acts
from schemas.errors import Rejected
from schemas.findings import DisclosurePut, FindingOpened, FindingStep, TextErase
from schemas.grants import GrantAct
from schemas.inventory import Identifier
from schemas.planning import WorkAct
from schemas.retention import RetentionAct
from schemas.statuses import StatusAct
from schemas.words import BindingEnd, FindingKind
from service.facts.schemes import everywhere
from service.store import derived

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Stated:
    """Acts of one cell within one transaction."""

    def __init__(self, book: Book, graph: Graph, sightings: Sightings, silence: Silence) -> None:
        self._book = book
        self._graph = graph
        self._sightings = sightings
        self._silence = silence
        self._findings = Findings(book)
        self._arms: dict[type, Callable[..., Awaitable[Outcome]]] = {
            acts.SitePut: self._site,
            acts.PlacePut: self._place,
            acts.SurveyPut: self._survey,
            acts.SurveyRemove: self._unsurvey,
            acts.SourceEnrol: self._enrol,
            acts.SourceRetire: self._retire,
            acts.AssetMerge: self._edge,
            acts.AssetPart: self._edge,
            acts.AssetUndo: self._undo,
            acts.IdentifierShare: self._share,
            **dict.fromkeys(get_args(WorkAct), Works(book, graph).take),
            acts.DeadLetterRetry: self._retry,
            **dict.fromkeys(get_args(acts.LinkAct), Links(book, graph).take),
            **dict.fromkeys(get_args(StatusAct), Statuses(book, graph).take),
            **dict.fromkeys(get_args(GrantAct), Grants(book, graph).take),
            **dict.fromkeys(get_args(RetentionAct), Retention(book, graph).take),
            **dict.fromkeys((*get_args(FindingStep), FindingOpened, TextErase, DisclosurePut), Answers(book).take),
        }

    async def take(self, row: derived.Row, moment: Moment) -> None:
        """Apply one kept act and settle its outcome."""
        book = self._book
        body = logged = row["body"]
        outcome, words = row["outcome"], row["words"]
        if outcome is None:
            try:
                act = acts.parse(body)
                logged = acts.body(without_words(act)) if without_words(act) is not act else body
                arm = self._arms.get(type(act))
                became = None if arm is None else await arm(act, moment)
            except Rejected as exc:
                became = exc.words
            match became:
                case Partly():
                    outcome, words = "applied", became.words
                case _:
                    outcome, words = ("applied", None) if became is None else ("refused", became)
            book.writes["settle_acts"].append((row["offset"], outcome, words))
        book.append(
            moment, "act", None, act=str(row["act"]), key=str(row["key"]), by=str(row["by"]), body=logged.decode(),
            outcome=str(outcome), words=None if words is None else str(words),
        )  # fmt: skip

    async def _site(self, act: acts.SitePut, moment: Moment) -> Outcome:
        return await self._put(act.site, "site", None, (act.country, act.latitude, act.longitude), moment)

    async def _place(self, act: acts.PlacePut, moment: Moment) -> Outcome:
        memory = self._book.memory
        if act.within not in memory.place_kinds:
            return f"there is no place {act.within!r}: put it first"
        if act.place in memory.places.path(act.within):
            return f"{act.place!r} would stand within itself"
        why = await self._put(act.place, act.kind.value, act.within, (None, None, None), moment)
        if why is None and act.alias:
            for alias in act.alias:
                await derived.rows(self._book.connection, "put_alias", self._book.cell, alias, act.place, moment.known)
        await load_places(self._book.connection, memory)
        await self._restate({act.place, *act.alias}, moment)
        return why

    async def _put(
        self,
        place: str,
        kind: str,
        within: str | None,
        where: tuple[str | None, float | None, float | None],
        moment: Moment,
    ) -> Outcome:
        book = self._book
        await derived.rows(book.connection, "drop_place", book.cell, place, moment.known)
        await derived.rows(book.connection, "close_place", book.cell, place, moment.known)
        await derived.rows(book.connection, "add_place", book.cell, place, kind, within, *where, moment.known)
        await load_places(book.connection, book.memory)
        await self._restate({place}, moment)
        return None

    async def _restate(self, names: set[str], moment: Moment) -> None:
        """Bindings that state such a place, known only now, are looked at again."""
        await self._again("bindings_stating", sorted(names), moment)

    async def _again(self, statement: str, values: object, moment: Moment) -> None:
        book = self._book
        found = await derived.rows(book.connection, statement, book.cell, values)
        pairs = {(record["source"], record["scope"]) for record in found} | {
            pair for pair, rows in book.open.items() if any(self._meant(row, values) for row in rows.values())
        }
        await book.load_open(pairs)
        rows = [row for pair in sorted(pairs) for row in book.open[pair].values() if self._meant(row, values)]
        await book.load_names({row.asset for row in rows})
        await self._sightings.rebind(rows, moment)

    @staticmethod
    def _meant(row: BindingRow, values: object) -> bool:
        return row.source == values if isinstance(values, str) else row.stated in values  # type: ignore[operator]

    async def _survey(self, act: acts.SurveyPut, moment: Moment) -> Outcome:
        book = self._book
        unknown = sorted(set(act.positions.values()) - book.memory.place_kinds.keys())
        if unknown:
            return f"there is no place {unknown[0]!r}: put it first"
        await self._end_survey(act.source, sorted(act.positions), moment)
        slots = sorted(act.positions)
        await derived.rows(
            book.connection,
            "add_surveys",
            book.cell,
            act.source,
            slots,
            [act.positions[slot] for slot in slots],
            moment.known,
        )
        book.memory.surveys.update({(act.source, slot): place for slot, place in act.positions.items()})
        await self._again("bindings_of_source", act.source, moment)
        return None

    async def _unsurvey(self, act: acts.SurveyRemove, moment: Moment) -> Outcome:
        await self._end_survey(act.source, sorted(act.slots), moment)
        for slot in act.slots:
            self._book.memory.surveys.pop((act.source, slot), None)
        await self._again("bindings_of_source", act.source, moment)
        return None

    async def _end_survey(self, source: str, slots: list[str], moment: Moment) -> None:
        book = self._book
        await derived.rows(book.connection, "drop_survey", book.cell, source, slots, moment.known)
        await derived.rows(book.connection, "end_survey", book.cell, source, slots, moment.known)

    async def _enrol(self, act: acts.SourceEnrol, moment: Moment) -> Outcome:
        await self._again("bindings_of_source", act.source, moment)
        return None

    async def _retire(self, act: acts.SourceRetire, moment: Moment) -> Outcome:
        book = self._book
        found = await derived.rows(book.connection, "bindings_of_source", book.cell, act.source)
        pairs = {(row["source"], row["scope"]) for row in found} | {pair for pair in book.open if pair[0] == act.source}
        await book.load_open(pairs)
        for pair in sorted(pairs):
            for row in list(book.open[pair].values()):
                await self._sightings.end(row, BindingEnd.RETIRED, moment)
        for run in await derived.rows(book.connection, "retired_runs", book.cell, act.source, moment.known):
            seal(book, run, moment)
            book.memory.end(act.source, run["run"])
        await self._silence.retired(act.source, moment)
        self._findings.close(FindingKind.CLOCK_WRONG, act.source, moment, "the source was retired")
        return None

    async def _edge(self, act: acts.AssetMerge | acts.AssetPart, moment: Moment) -> Outcome:
        book = self._book
        one, other = act.assets
        known = await derived.rows(book.connection, "parts_by_asset", book.cell, [one, other])
        named = {row["asset"] for row in known} | (set(act.assets) & set(self._graph.name_of.values()))
        for name in act.assets:
            if name not in named:
                return f"there is no asset {name}"
        if one == other:
            return "an asset cannot be merged with, or parted from, itself"
        joins = isinstance(act, acts.AssetMerge)
        await derived.rows(book.connection, "add_edge", book.cell, act.key, joins, one, other, moment.known)
        book.memory.edges[act.key] = (joins, one, other)
        await self._graph.again({one, other}, moment)
        return None

    async def _undo(self, act: acts.AssetUndo, moment: Moment) -> Outcome:
        book = self._book
        rows = await derived.rows(book.connection, "undo_edge", book.cell, act.undoes, moment.known)
        if not rows:
            return f"no merge or part with key {act.undoes!r} stands"
        _, one, other = book.memory.edges.pop(act.undoes)
        await self._graph.again({one, other}, moment)
        return None

    async def _share(self, act: acts.IdentifierShare, moment: Moment) -> Outcome:
        identifier = Identifier(act.scheme, act.scope, act.value)
        values = set(everywhere(identifier))
        if not values:
            return "this value is a placeholder: it joins nothing anyway"
        await self._graph.share(values, moment)
        return None

    async def _retry(self, act: acts.DeadLetterRetry, moment: Moment) -> Outcome:
        return await retry(self._book, self._graph, act, moment)
