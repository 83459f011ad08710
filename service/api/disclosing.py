"""What a party sees of a cell that is not its own: opened as the database says, noted before it is shown.

Which rows a party may read is the database's to say (policies over what `disclosed` made). A claim is judged on all the
evidence, since a verdict on less could be wrong: the database lets that happen only where all that the claim is about
was granted; and what leaves names no asset besides.
"""

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import orjson
from fastapi import Request

from schemas.canonical import Json, canonical
from schemas.errors import HoldfastError
from schemas.grants import NOTER, AccessNote
from schemas.words import PartyKind, Predicate
from service.api import sending
from service.api.parts import parts_of
from service.facts.records import Millis
from service.store import keys
from service.store.reading import Book, Viewer

WITHHELD = "withheld"
_ASSET = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_ALL = {Predicate.CONTAINS, Predicate.NOT_ON_RECORD}
_GRANTED, _STATUSES = "w", "s"  # letters of `field_letters`


class NotGranted(HoldfastError):
    """This was not granted, though something of the cell was."""

    status: ClassVar[int] = 403
    slug: ClassVar[str] = "not-granted"


@dataclass(frozen=True)
class Disclosure:
    """What one viewer sees of a cell by grants, as `disclosed` wrote it."""

    shown: Mapping[str, str]

    @classmethod
    def of(cls, viewer: Viewer) -> "Disclosure | None":
        """Give what a viewer sees by grants; None where the cell is its own."""
        return None if viewer.shown is None else cls(orjson.loads(viewer.shown))

    @cached_property
    def whole(self) -> str:
        """The letters of what is granted of the whole cell."""
        return self.shown.get("whole", "")

    def grants(self, asset: str, letter: str = _GRANTED) -> bool:
        """Whether a field of an asset was granted; where something merely held what was, none was."""
        return letter in self.whole or letter in self._letters(asset)

    def names(self, asset: str) -> bool:
        """Whether an asset may be named at all."""
        return bool(self.whole) or asset in self.shown

    def _letters(self, asset: str) -> str:
        return "" if (found := self.shown.get(asset, "")).startswith("{") else found

    def rights(self, party: str) -> dict[str, Json]:
        """Say under which rights an answer is given: enough to tell two apart that differ in any."""
        lasting = {name: shown for name, shown in self.shown.items() if name != "now"}
        digest = hashlib.sha256(canonical(lasting)).hexdigest()
        return {"party": party, "rights": "granted", "grants": [*self.shown["grants"]], "sha256": digest}


async def judging(book: Book, names: Iterable[str], predicate: Predicate) -> Book:
    """Give the book that a claim about things is judged on. Raises `NotGranted`."""
    disclosure = Disclosure.of(book.viewer)
    if disclosure is None:
        return book
    asked = sorted(set(names))
    if predicate in _OF_ALL and not disclosure.whole:
        raise NotGranted(f"{predicate.value} looks at more than certain things: it needs a grant of the whole cell")
    if predicate is Predicate.ACCOUNTED_FOR and not all(disclosure.grants(name, _STATUSES) for name in asked):
        raise NotGranted("what became of things is asked with a grant of the field `statuses`: ask its operator for it")
    viewer = await keys.judged_for(book.connection, book.viewer, book.cell, asked)
    if viewer is None:
        raise NotGranted("of this, only where it was while it held what was granted may be seen: ask about the latter")
    return Book(book.connection, viewer, book.cell, book.known_at)


def withheld(document: Json, disclosure: Disclosure, typed: frozenset[str]) -> Json:
    """Give a document that names no asset but those that may be named, or that the asker named. Pure."""

    def name(found: re.Match[str]) -> str:
        return found[0] if found[0] in typed or disclosure.names(found[0]) else WITHHELD

    match document:
        case str():
            return _ASSET.sub(name, document)
        case list():
            return [withheld(each, disclosure, typed) for each in document]
        case dict():
            return {_ASSET.sub(name, key): withheld(each, disclosure, typed) for key, each in document.items()}
    return document


def named_in(document: Json) -> frozenset[str]:
    """Give the ids that stand in a claim. Pure."""
    return frozenset(_ASSET.findall(canonical(document).decode()))


async def note(
    request: Request,
    book: Book,
    credential: str,
    at: Millis | None,
    asked: Mapping[str, object],
    *,
    sha256: str | None = None,
) -> None:
    """Note what a party is about to be shown, as an act; nothing is shown that could not be noted. Raises `Transient`.

    `at`: the time that the sender must stamp, in a simulated cell. Nothing is noted of an operator in its own cell, nor
    of a machine, which sees how its own reports were taken.
    """
    viewer = book.viewer
    if viewer.shown is None or viewer.kind is PartyKind.MACHINE:
        return
    act = AccessNote(
        key=f"access/{uuid.uuid4().hex}",
        by=NOTER,
        party=viewer.operator,
        credential=credential,
        asked=canonical({**asked}).decode(),
        sha256=sha256,
    )
    await sending.put(parts_of(request).send, book.cell, act, at)


def route_asked(request: Request) -> dict[str, Json]:
    """Say what a reading route was asked for: the route, what stands in its path, and its parameters."""
    route = request.scope["route"].path
    return {
        "route": f"{request.method} {route}",
        **{name: str(value) for name, value in request.path_params.items()},
        **dict(request.query_params),
    }
