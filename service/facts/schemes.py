"""What each scheme of identifier is worth: one table, and the spellings of one value (rule 15).

To teach Holdfast a scheme, add a row to `TABLE`; to teach it a maker's spelling, a line to the data below it. Both
change identity, and so need a decision record. Standard library alone.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from schemas import placeholders
from schemas.inventory import MAX_VALUE, Identifier, printable
from schemas.placeholders import MIN_SERIAL, placeholder
from schemas.words import Kind, Scheme

HOLDS_BOARD = "holds_board"  # our own weak scheme: "the thing that holds the board that is named so"


class Value(NamedTuple):
    """A normalised value that can join things of one kind; values of two kinds never meet."""

    kind: Kind
    scheme: str
    scope: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a scheme is worth.

    `strength`: 0 = weak (joins only while there is one candidate), else the higher is tried first.
    `single`: one thing has one value; two different ones, whatever their scopes, are two things.
    `carrier`: the kind that carries it, `None` = the item's own. `under`: its place below the item's slot.
    `scoped`: unique only within maker and part number; weak where the scope is not known at all.
    `only`: strong on these kinds only (None = on all).
    """

    strength: int
    form: Callable[[str], str | None]
    single: bool
    carrier: Kind | None = None
    under: str = ""
    scoped: bool = False
    only: frozenset[Kind] | None = None


def _text(text: str) -> str | None:
    """Any text: blanks squeezed, case ignored."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).upper() or None


def _serial(text: str) -> str | None:
    """Any text of MIN_SERIAL letters or digits."""
    plain = _text(text)
    return plain if plain and sum(c.isalnum() for c in plain) >= MIN_SERIAL else None


def _board_serial(text: str) -> str | None:
    """A serial; of Dell's `.service tag.serial.` the serial, as its BMC states it."""
    found = _DELL_BOARD.fullmatch(text.strip())
    return _serial(found["serial"] if found is not None else text)


def _uuid(text: str) -> str | None:
    """32 hexadecimal digits, with or without braces, dashes, `urn:uuid:` and `GPU-`."""
    plain = re.sub(r"^(urn:uuid:|gpu-|uuid:)|[{}\s-]", "", text.strip().lower())
    return plain if re.fullmatch(r"[0-9a-f]{32}", plain) and not placeholders.placeholder_uuid(plain) else None


def _system_uuid(text: str) -> str | None:
    """One UUID in either byte order of its first three fields (firmware and BMC often differ): the lower of both."""
    plain = _uuid(text)
    if plain is None:
        return None
    raw = bytes.fromhex(plain)
    other = (raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]).hex()
    return min(plain, other) if not placeholders.placeholder_uuid(other) else None


def _wwn(text: str) -> str | None:
    """WWN, EUI-64 or NGUID: 16 or 32 hexadecimal digits."""
    plain = re.sub(r"^(wwn-|naa\.|eui\.|nguid\.)|[:\s-]", "", text.strip().lower()).removeprefix("0x")
    return (
        plain if re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", plain) and not placeholders.placeholder_wwn(plain) else None
    )


def _mac(text: str) -> str | None:
    """EUI-48 (or the EUI-64 of InfiniBand): 12 or 16 hexadecimal digits."""
    plain = re.sub(r"[:.\s-]", "", text.strip().lower())
    return (
        plain if re.fullmatch(r"[0-9a-f]{12}|[0-9a-f]{16}", plain) and not placeholders.placeholder_mac(plain) else None
    )


def _key(text: str) -> str | None:
    """Fingerprint of a key or a UEID: hexadecimal digits without separators, else the text as it stands."""
    plain = re.sub(r"^sha-?256:|[:\s]", "", text.strip().lower())
    if re.fullmatch(r"[0-9a-f]{16,}", plain):
        return plain
    return text.strip() if len(text.strip()) >= 16 else None  # noqa: PLR2004 - 64 bits in hexadecimal


def _never(_text: str) -> str | None:
    return None


_CARDS = frozenset({Kind.NIC, Kind.DPU, Kind.SWITCH})

TABLE: Mapping[str, Row] = {
    Scheme.DEVICE_KEY: Row(90, _key, single=True),  # the device's identity key, not the alias key of its firmware
    Scheme.UEID: Row(80, _key, single=True),
    Scheme.GPU_UUID: Row(70, _uuid, single=True),
    Scheme.SYSTEM_UUID: Row(70, _system_uuid, single=True, carrier=Kind.BOARD, under="board"),
    Scheme.WWN: Row(60, _wwn, single=False),  # a drive has one per port, and EUI-64 and NGUID beside
    Scheme.SERIAL: Row(50, _serial, single=True, scoped=True),
    Scheme.BOARD_SERIAL: Row(40, _board_serial, single=True, carrier=Kind.BOARD, under="board", scoped=True),
    Scheme.MODULE_SERIAL: Row(40, _serial, single=True, carrier=Kind.BOARD, under="module", scoped=True),
    Scheme.MAC: Row(30, _mac, single=False, only=_CARDS),  # a card has several; elsewhere it goes away with the card
    Scheme.ASSET_TAG: Row(0, _text, single=False),  # stickers are moved
    HOLDS_BOARD: Row(0, _text, single=False),
    Scheme.HOSTNAME: Row(0, _never, single=False),  # names a role, not a thing: joins nothing, not even weakly
}
LEVELS = tuple(sorted({row.strength for row in TABLE.values() if row.strength}, reverse=True))
SINGLE = frozenset(scheme for scheme, row in TABLE.items() if row.single)
SCOPED = frozenset(scheme for scheme, row in TABLE.items() if row.scoped)

# Spellings of one maker, as letters and digits alone. Legal forms at the end of a name are dropped first.
MAKERS = {
    "supermicrocomputer": "supermicro",
    "smci": "supermicro",
    "hewlettpackardenterprise": "hpe",
    "hewlettpackard": "hpe",
    "hp": "hpe",
    "dellemc": "dell",
    "dellcomputer": "dell",
    "microntechnology": "micron",
    "hynix": "skhynix",
    "kioxiaamerica": "kioxia",
    "seagatetechnology": "seagate",
    "mellanox": "nvidia",
    "mellanoxtechnologies": "nvidia",
    "intelr": "intel",
    "samsungelectronics": "samsung",
    "westerndigital": "wdc",
    "quantacomputer": "quanta",
    "quantacloudtechnology": "quanta",
    "giga": "gigabyte",
    "gigabytetechnology": "gigabyte",
    "asustekcomputer": "asus",
}
_DELL_BOARD = re.compile(
    r"(?P<edge>[./])[A-Z0-9]{0,7}(?P=edge)(?P<serial>[A-Z0-9]{10,})(?P=edge)[A-Z0-9]*", re.IGNORECASE
)
_LEGAL = re.compile(r"[\s,]+(inc|incorporated|corp|corporation|co|company|ltd|limited|llc|gmbh|ag|sa|technologies)\.?$")


@lru_cache(maxsize=4096)
def scope_of(text: str) -> str:
    """Normalise the scope of a serial to `maker/part`, `maker` (part not known), `/part` or "" (nothing known)."""
    lowered = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    maker, _, part = re.sub(r"(^|/)n/a(?=/|$)", r"\1", lowered).partition("/")
    maker = "" if placeholder(maker) else maker
    while (shorter := _LEGAL.sub("", maker)) != maker:
        maker = shorter
    maker = "".join(c for c in maker if c.isalnum())
    part = "" if placeholder(part) else part.strip()
    return f"{MAKERS.get(maker, maker)}/{part}" if part else MAKERS.get(maker, maker)


def usable(kind: Kind, identifier: Identifier) -> Value | None:
    """Normalise an identifier of a thing of `kind` (its carrier's); `None` when it can join nothing. Pure.

    Nothing: placeholders, blanks, more than MAX_VALUE characters, characters that cannot be printed, values that
    have not the form of their scheme, hostnames.
    """
    row = TABLE[identifier.scheme]
    text = identifier.value
    if len(text) > MAX_VALUE or not printable(text) or placeholder(text):
        return None
    value = row.form(text)
    if value is None or len(set(value)) < 2:  # noqa: PLR2004 - one character all over
        return None
    return Value(kind, identifier.scheme.value, scope_of(identifier.scope) if row.scoped else "", value)


def strong(value: Value) -> bool:
    """Whether a value joins by itself. A serial whose scope is unknown, or a MAC that is no card's own, does not."""
    row = TABLE[value.scheme]
    if row.strength == 0 or (row.scoped and not value.scope) or (row.only is not None and value.kind not in row.only):
        return False
    # Bit 0 of the first octet: a group's address; bit 1: administered locally, so given by anybody to anything.
    return value.scheme != Scheme.MAC or not int(value.value[:2], 16) & (1 if len(value.value) == 16 else 3)  # noqa: PLR2004


def lesser(value: Value) -> tuple[Value, ...]:
    """Give the same serial as those know it who know less of its scope: maker alone, then nothing."""
    if value.scheme not in SCOPED or not value.scope:
        return ()
    maker, _, part = value.scope.partition("/")
    scopes = (maker, "") if maker and part else ("",)
    return tuple(value._replace(scope=scope) for scope in scopes)


def everywhere(identifier: Identifier) -> frozenset[Value]:
    """Give all values that an act about an identifier means: on every kind, and as those know it who know less."""
    values = [value for kind in Kind if (value := usable(kind, identifier)) is not None]
    return frozenset(values).union(*(lesser(value) for value in values))
