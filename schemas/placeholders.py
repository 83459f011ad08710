"""What stands where an identifier should and is none: templates, counts, words, values that firmware is shipped with.

Judged by families rather than spellings, each so narrow that no real serial falls into it: words of a small vocabulary
and nothing else; one character all over; digits that count. Changing any of it changes identity, and so needs a
decision record. Pure; standard library alone.
"""

import re
import unicodedata
from functools import lru_cache

MIN_SERIAL = 4  # letters and digits; a shorter serial is a count, a slot or a revision: it joins nothing
_LONGEST = 128  # characters; a longer text is no template

# Words that say that there is no value, or what the value would be: a text of them alone names nothing, if at least one
# of the first list is among them. Those of fewer than three letters must stand alone.
_TELLING = """
    NA NS SN NO NOT NONE NULL NIL UNKNOWN UNKNOW UNDEFINED UNDETERMINED UNSPECIFIED UNSET EMPTY BLANK INVALID ERROR
    DEFAULT DUMMY STRING SERIAL SER NUMBER NUM TAG TBD TBA TBC EVAL EVALUATION CHANGE CHANGEME OEM ODM FILLED
    REDACTED CENSORED REMOVED HIDDEN ANONYMIZED OMITTED SCRUBBED PLACEHOLDER UUID WWN MAC
"""
_FILLING = """
    ASSET BASE BASEBOARD BE BOARD BY CHASSIS DIMM ENTRY INFORMATION INFO INSTALLED KNOWN MANUFACTURER ME MODULE MORE
    NAME OR PART PRESENT PRODUCT PROVIDED APPLICABLE AVAILABLE SET SETTABLE SPECIFIED SUPPORTED SYS SYSTEM TEST TO TYPE
    SMBIOS DEFINED VALUE
"""
_WORDS = {**dict.fromkeys(_FILLING.split(), False), **dict.fromkeys(_TELLING.split(), True)}
_SHORT = 2  # letters
_BY_LETTER = {
    letter: tuple((word, told) for word, told in _WORDS.items() if word[0] == letter and len(word) > _SHORT)
    for letter in {word[0] for word in _WORDS}
}
_INITIALS = re.compile(r"\b([A-Z]) (?=[A-Z]\b)")  # O E M
_NUMBERED = re.compile(r"(?<=TYPE)\d\b|(?<=NUM)\d\b|\bX{3,}\b")  # TYPE2, SERNUM0, SERIAL NUMBER XXXX

# Single texts, in upper case.
_TEXTS = frozenset(
    ("TEST", "FOO", "BAR", "SELECT", "ABCDE123", "234567", "S123456", "0X123456", "A1B2C3D4", "9876543210", "87654321")
)
_FORMS = re.compile(  # templates that nobody filled in, and their wordy kin
    r"\$[{(]?[A-Z_ ]+[)}]?|<.*>|\{\{.*|%[A-Z_]+%|TO BE FILLED.*|NOT SPECIF.*|[A-Z0-9_. ]+[_. ]ASSETTAG( .*)?"
    r"|(REDACTED|CENSORED)(?![A-Z0-9]).*"
)
_COUNTED = re.compile(r"([A-Z]{1,10}[\W_]*)?((?:0X)?(\d{4,})(?:ABCDEF|AB)?)")
_MIN_COUNTED = 8  # digits behind letters; a serial of digits alone that counts from 0 or 1 may be shorter
_DIGITS = "1234567890" * 9
_UNIFORM = re.compile(  # 00000001, 50000000000, FFFFFFFE, XXXXXXX1, 1111222233334444, MT0000X00000
    r"(?:0X)?0{6,}[\dA-F]|(?:0X)?0*[\dA-F]0{9,}|F{7,}E|X{6,}\d|(?:([A-Z0-9])\1{3,}){2,}|[A-Z]{2}0{4,}X0{4,}"
)

_UUIDS = frozenset(  # in the order in which they are printed
    (
        "03000200040005000006000700080009",
        "00020003000400050006000700080009",
        "0123456789abcdef0123456789abcdef",
        "123456781234567890abcddeefaabbcc",
        "12345678123412341234123456789abc",
        "00112233445566778899aabbccddeeff",
        "4c4c454400002010802080c04f202020",  # a maker's board whose service tag was never set
    )
)
_UUID_FORMS = re.compile(
    r"0{28}.{4}|f{28}.{4}"
    r"|(.{1,8}?)\1+"  # deadbeef-dead-beef-dead-beefdeadbeef
    r"|(..)\2{3}(..)\3(..)\4(..)\5(..)\6{5}"  # 11111111-2222-3333-4444-555555555555
    r"|.{12}1.{7}0242(ac1|c0a8).*"  # version 1 by the address of a container: of a firmware's build, not of a machine
)
_MACS = re.compile(
    r"0{8}.*|001122334455(6677)?|000102030405(0607)?|0123456789ab|123456789abc|aabbccddeeff|(00)?deadbeef.*"
    r"|00e04c68000."  # network chips whose memory nobody wrote
)
_WWNS = re.compile(
    r".?0{11,}.{0,4}|0{28}.{4}"
    r"|[125].{6}0{9}|6.{6}0{25}|.{6}0{10}"  # a maker, and nothing of its own
    r"|(.{1,4}?)\1+"
)


def placeholder(text: str) -> bool:
    """Whether a text stands where an identifier should without being one. A blank one does."""
    return len(text) <= _LONGEST and _judged(text)


@lru_cache(maxsize=8192)
def _judged(text: str) -> bool:
    upper = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    marks = {c for c in upper.removeprefix("0X").removeprefix("EUI.").removeprefix("NAA.") if c.isalnum()}
    if len(marks) < 2 or upper in _TEXTS or _FORMS.fullmatch(upper):  # noqa: PLR2004 - one character all over
        return True
    return _counts(upper) or _UNIFORM.fullmatch(upper) is not None or _worded(upper)


def serial(text: str) -> bool:
    """Whether a text can name a thing as its serial: no placeholder, and not too short."""
    return sum(c.isalnum() for c in text) >= MIN_SERIAL and not placeholder(text)


def placeholder_uuid(digits: str) -> bool:
    """Whether a UUID (32 hexadecimal digits, lower case, as printed) is one that names no thing."""
    return digits in _UUIDS or _UUID_FORMS.fullmatch(digits) is not None


def placeholder_mac(digits: str) -> bool:
    """Whether a MAC (12 or 16 hexadecimal digits, lower case) is one that names no card."""
    return _MACS.fullmatch(digits) is not None


def placeholder_wwn(digits: str) -> bool:
    """Whether a WWN, EUI-64 or NGUID (16 or 32 hexadecimal digits, lower case) is one that names no drive."""
    return _WWNS.fullmatch(digits) is not None


def _counts(upper: str) -> bool:
    """Whether digits count up from 0 or 1, with a word before them or not."""
    found = _COUNTED.fullmatch(upper)
    if found is None:
        return False
    head, _, digits = found.groups()
    return (head is None or len(digits) >= _MIN_COUNTED) and _DIGITS.startswith((digits, digits.removeprefix("0")))


def _worded(upper: str) -> bool:
    """Whether a text is words of the vocabulary alone, run together or not, with a telling one among them."""
    plain = _INITIALS.sub(r"\1", " ".join(re.sub(r"[\W_]+", " ", upper).split()))
    told = False
    for word in _NUMBERED.sub("", plain).split():
        known = _known(word)
        if known is None:
            return False
        told |= known
    return told


def _known(word: str) -> bool | None:
    """Whether a word tells that there is no value; None where it is not made of words of the vocabulary."""
    if word in _WORDS:
        return _WORDS[word]
    reached: dict[int, bool] = {0: False}  # how far words lead → whether one of them tells
    for at in range(len(word)):
        if at in reached:
            for part, told in _BY_LETTER.get(word[at], ()):
                if word.startswith(part, at):
                    end = at + len(part)
                    reached[end] = reached.get(end, False) or reached[at] or told
    return reached.get(len(word))
