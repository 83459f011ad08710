"""The formats that Holdfast reads. A format is one module with a `FORMAT`; to add one, add it to `FORMATS`. No I/O."""

from schemas.errors import Rejected
from schemas.formats import facility, holdfast_heartbeat, holdfast_report, lldp, nvidia_smi, redfish_tree
from schemas.report import Format, Message, Observation

# In the order in which `detect` asks them.
FORMATS: tuple[Format, ...] = (
    holdfast_report.FORMAT,
    holdfast_heartbeat.FORMAT,
    facility.FORMAT,
    nvidia_smi.FORMAT,
    lldp.FORMAT,
    redfish_tree.FORMAT,
)

_BY_TYPE = {known.type: known for known in FORMATS}


def by_type(ce_type: str) -> Format:
    """Give the format of a CloudEvents type. Raises `Rejected("unknown_type")` that names the known ones."""
    try:
        return _BY_TYPE[ce_type]
    except KeyError:
        known = ", ".join(_BY_TYPE)
        raise Rejected("unknown_type", f"ce_type {ce_type[:80]!r} is not known; known are {known}") from None


def detect(body: bytes) -> Format | None:
    """Give the format that bytes of unknown origin look like, or None."""
    return next((known for known in FORMATS if known.detect(body)), None)


def decode(message: Message, ce_type: str) -> Observation:
    """Read a message of a stated type. Pure. Raises `Rejected` and nothing else, whatever the bytes."""
    return by_type(ce_type).decode(message)
