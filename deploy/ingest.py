"""Captures from files to Kafka: read, told apart, and sent as what a person brought (SEMANTICS rule 25).

A capture is fresh when it is ingested; the time at which it was taken is a claim, and goes along as such.
"""

import asyncio
import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
from aiokafka import AIOKafkaProducer

from deploy.kafka_client import Sent, headers
from schemas import acts, formats
from schemas.envelope import ACT_TYPE, CONTENT_TYPE, TYPE, acts_topic, rfc3339, telemetry_topic
from schemas.errors import Rejected
from schemas.formats import redfish_tree
from schemas.formats.redfish.tree import path_of
from schemas.inventory import MAX_NAME, printable
from schemas.report import Format, Message, Report
from schemas.words import SourceClass

CAPTURED = "ce_capturedtime"  # when the capture was taken, by its own word
PREFIX = "ingest/"
MAX_BYTES = 15 * 1024 * 1024

_ACT_HEADERS = [(TYPE, ACT_TYPE.encode()), (CONTENT_TYPE, b"application/json")]
_TRIM = MAX_NAME - len(PREFIX) - 20


@dataclass(frozen=True, slots=True)
class Capture:
    """One message to be: a file, or the files of one crawled tree. `items` counts the components that it states."""

    path: Path
    name: str  # of its source
    format: Format
    body: bytes
    items: int
    files: int = 1


@dataclass(frozen=True, slots=True)
class NotRead:
    """A file that is not sent, and why: a stable code, and words that say what to do."""

    path: Path
    code: str
    words: str


@dataclass(slots=True)
class Found:
    """What some paths hold."""

    captures: list[Capture] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ingested:
    """A capture that stands on Kafka, and where."""

    capture: Capture
    sent: Sent


def named_format(name: str) -> Format:
    """Give a format by its CloudEvents type, or the middle of it ("nvidia-smi"). Raises `Rejected`."""
    for known in formats.FORMATS:
        if name in (known.type, short(known)):
            return known
    raise Rejected("unknown_type", f"no format {name!r}; there are {', '.join(map(short, formats.FORMATS))}")


def short(known: Format) -> str:
    """Give a format's short name: the middle of its type."""
    return known.type.removeprefix("io.holdfast.").removesuffix(".v1")


def find(paths: Iterable[Path], known: Format | None = None, source: str | None = None) -> Found:
    """Read files, and folders with all that is in them; nothing is sent. Blocks.

    `known` says which format they all are in, else each is told apart. `source` names the source of them all, else each
    is named by its path: from the folder that was given on, or by a file's folder and name; of several that would bear
    one name, each by as many folders more as tell them apart. Raises OSError where a path that was given is not there.
    """
    found = Found()
    bases: list[Path] = []
    trees: dict[Path, list[Path]] = defaultdict(list)
    bodies: dict[Path, bytes] = {}
    for root in (path.absolute() for path in paths):
        root.stat()
        base = root.parent if root.is_dir() else root.parent.parent
        trees.clear()
        for path in _files(root):
            try:
                body = _read(path)
            except (OSError, Rejected) as exc:
                code, words = (exc.code, exc.words) if isinstance(exc, Rejected) else ("no_file", str(exc))
                found.not_read.append(NotRead(path, code, words))
                continue
            kind = known or formats.detect(body)
            if kind is redfish_tree.FORMAT and (tree := tree_of(path, body)) is not None:
                trees[tree].append(path)
                bodies[path] = body
            else:
                _take(found, path, kind, body)
        for tree, parts in sorted(trees.items()):
            body = redfish_tree.gather(_sound(found, ((part, bodies.pop(part)) for part in sorted(parts))))
            _take(found, tree, redfish_tree.FORMAT, body, files=len(parts))
        bases += [base] * (len(found.captures) - len(bases))
    names = [source] * len(bases) if source else _names([each.path for each in found.captures], bases)
    found.captures = [replace(each, name=name) for each, name in zip(found.captures, names, strict=True)]
    return found


def _sound(found: Found, parts: Iterable[tuple[Path, bytes]]) -> Iterator[bytes]:
    """Give those resources of a tree that can be read; the others are noted."""
    for path, body in parts:
        try:
            redfish_tree.gather([body])
        except Rejected as exc:
            found.not_read.append(NotRead(path, exc.code, exc.words))
        else:
            yield body


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    else:
        yield from sorted(path for path in root.rglob("*") if path.is_file())


def _read(path: Path) -> bytes:
    if (size := path.stat().st_size) > MAX_BYTES:
        raise Rejected("too_large", f"the file has {size} bytes; one message takes {MAX_BYTES}: split it")
    return path.read_bytes()


def _take(found: Found, path: Path, kind: Format | None, body: bytes, *, files: int = 1) -> None:
    if kind is None:
        found.not_read.append(NotRead(path, "unknown_format", "looks like no format that is known: name it (--format)"))
        return
    try:
        observation = kind.decode(Message(body))
    except Rejected as exc:
        found.not_read.append(NotRead(path, exc.code, exc.words))
        return
    items = len(observation.inventory.items) if isinstance(observation, Report) else 0
    found.captures.append(Capture(path, "", kind, body, items, files))


def tree_of(path: Path, body: bytes) -> Path | None:
    """Give the folder of the crawl that a stored resource belongs to, by its own path; None where it stands alone.

    Crawlers store /redfish/v1/Chassis/1 as redfish/v1/Chassis/1/index.json, with or without the first two folders, or
    as _redfish_v1_Chassis_1.json.
    """
    try:
        stated = path_of(orjson.loads(body))
    except orjson.JSONDecodeError:
        return None
    if stated is None:
        return None
    if path.stem == stated.replace("/", "_"):
        return path.parent
    folders = path.parent.parts if path.name == "index.json" else (*path.parent.parts, path.stem)
    steps = tuple(step for step in stated.split("/") if step)
    for tail in (steps, steps[2:]):
        if tail and folders[-len(tail) :] == tail:
            return Path(*folders[: -len(tail)])
    return path.parent if path.name == "index.json" and steps == ("redfish", "v1") else None


def _names(paths: Sequence[Path], bases: Sequence[Path]) -> list[str]:
    """Name the sources of captures by their paths below `bases`; no two paths get one name."""
    below = [
        base if base != path and base in path.parents else path.parent for path, base in zip(paths, bases, strict=True)
    ]
    while True:
        names = [_name(path, base) for path, base in zip(paths, below, strict=True)]
        meant: dict[str, set[Path]] = defaultdict(set)
        for name, path in zip(names, paths, strict=True):
            meant[name].add(path)
        wider = [base.parent if len(meant[name]) > 1 else base for name, base in zip(names, below, strict=True)]
        if wider == below:
            return names
        below = wider


def _name(path: Path, base: Path) -> str:
    """Name a source by the path of what it brought, as far as that can be a name."""
    text = path.relative_to(base).as_posix()
    shown = "".join(c if printable(c) else "?" for c in unicodedata.normalize("NFC", text)).strip() or "capture"
    if len(shown) > _TRIM or shown != text:
        shown = f"{shown[-_TRIM:].strip()}~{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
    return PREFIX + shown


async def send(
    client: AIOKafkaProducer,
    cell: str,
    captures: Sequence[Capture],
    tell: Callable[[int, Capture], None] = lambda _number, _capture: None,
) -> list[Ingested]:
    """Enrol the captures' sources as a person's, then put each capture on its cell's topic; tells of each that stands.

    Returns when all stand. Raises the Kafka client's errors.
    """
    waiting = [
        await client.send(acts_topic(cell), acts.body(_enrolment(name)), partition=0, headers=_ACT_HEADERS)
        for name in sorted({capture.name for capture in captures})
    ]
    await asyncio.gather(*waiting)  # what was enrolled was appended before what is reported
    done: list[Ingested] = []
    for number, capture in enumerate(captures, 1):
        stamped = _headers(capture)
        topic, key = telemetry_topic(cell), capture.name.encode()
        put = await client.send_and_wait(topic, capture.body, key=key, headers=list(stamped.items()))
        done.append(Ingested(capture, Sent(put.topic, put.partition, put.offset, put.timestamp)))
        tell(number, capture)
    return done


def _enrolment(name: str) -> acts.SourceEnrol:
    return acts.SourceEnrol(
        key=f"ingest-{hashlib.sha256(name.encode()).hexdigest()[:32]}",
        by="program:ingest",
        source=name,
        source_class=SourceClass.PERSON,
    )


def _headers(capture: Capture) -> Mapping[str, bytes]:
    stamped = dict(headers(capture.format.type, capture.name, capture.format.content_types[0], datetime.now(UTC)))
    taken = capture.format.event_time(capture.body)
    if taken is not None:
        stamped[CAPTURED] = rfc3339(taken).encode()
    return stamped
