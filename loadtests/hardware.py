"""A seeded fleet as it physically stands: things with identifiers, trays in racks, racks at positions. Pure.

What changes in the world (a swap, a move, a repair) changes these objects; sources see them as they are.
"""

import random
from dataclasses import dataclass, field

SITE = "KUL1"
HALL = f"{SITE}/H1"
COUNTRY = "MY"
LATITUDE, LONGITUDE = 2.9264, 101.6424

SERVERS_PER_RACK = 5
GPUS = 8
DRIVES = 4
NICS = 2
UNITS_PER_SERVER = 8
SPARE_POSITIONS = 2
POSITIONS_PER_ROW = 16

GPU_SCOPE = "NVIDIA/692-2G520-0200-000"
DRIVE_SCOPE = "KIOXIA/KCD81PUG15T3"
NIC_SCOPE = "NVIDIA/MCX75310AAS"
CHASSIS_SCOPE = "Supermicro/SYS-821GE-TNHR"
BOARD_SCOPE = "Supermicro/X13DEG-OAD"
RACK_SCOPE = "Rittal/5511.010"
SHELF_SCOPE = "Delta/DPS-33K"
PDU_SCOPE = "APC/APDU10350SM"
NIC_OUI = "946dae"  # a maker's own, so that the address is globally unique
SWITCH_OUI = "b8599f"


@dataclass(slots=True, eq=False)
class Gpu:
    """A GPU."""

    uuid: str
    serial: str


@dataclass(slots=True, eq=False)
class Drive:
    """A drive."""

    wwn: str
    serial: str


@dataclass(slots=True, eq=False)
class Nic:
    """A network card."""

    mac: str
    serial: str


@dataclass(slots=True, eq=False)
class Server:
    """A tray: one server with its GPUs, drives and cards; `None` is an empty slot."""

    number: int
    serial: str
    system_uuid: str
    board_serial: str
    gpus: list[Gpu | None]
    drives: list[Drive | None]
    nics: list[Nic]
    typed_place: str = ""  # what somebody entered into its agent's configuration
    host_on: bool = True  # the host runs: its agent can report and its ports have a link
    power: bool = True  # its BMC has standby power


@dataclass(slots=True, eq=False)
class Rack:
    """A rack with its trays, from the lowest unit up; `position` is None while it is on its way."""

    number: int
    serial: str
    shelf_serial: str
    servers: list[Server]
    position: "Position | None" = None
    typed_place: str = ""


@dataclass(slots=True, eq=False)
class Position:
    """Where a rack may stand, with the landlord's switch and power feed."""

    row: str
    column: int
    switch_mac: str
    uplink_mac: str
    pdu_serial: str
    rack: Rack | None = None

    @property
    def code(self) -> str:
        """Short name: A07."""
        return f"{self.row}{self.column:02d}"

    @property
    def place(self) -> str:
        """Name of the place."""
        return f"{HALL}/{self.row}/{self.column:02d}"

    def unit(self, index: int) -> str:
        """Give the name of the place of the tray with this index, counted from the floor."""
        return f"{self.place}/U{1 + index * UNITS_PER_SERVER:02d}"


@dataclass(slots=True)
class Fleet:
    """The whole site. `stock` are GPUs that lie in the spare-parts room, which nothing senses."""

    racks: list[Rack]
    positions: list[Position]
    stock: list[Gpu] = field(default_factory=list)

    @property
    def servers(self) -> list[Server]:
        """Give all servers, in order of their numbers."""
        return [server for rack in self.racks for server in rack.servers]

    def rack_of(self, server: Server) -> Rack:
        """Give the rack that holds a server."""
        return next(rack for rack in self.racks if server in rack.servers)

    def unit_of(self, server: Server) -> str:
        """Give the name of the unit where a server stands."""
        rack = self.rack_of(server)
        if rack.position is None:
            raise ValueError(f"rack {rack.number} is on its way")
        return rack.position.unit(rack.servers.index(server))


def build(seed: int, servers: int) -> Fleet:
    """Make the fleet of a seed: the same one for ever. Raises ValueError where it is to have no server."""
    if servers < 1:
        raise ValueError("a fleet has at least one server")
    rng = random.Random(seed)
    racks = -(-servers // SERVERS_PER_RACK)
    positions = [
        Position(
            row=chr(ord("A") + index // POSITIONS_PER_ROW % 26) * (1 + index // (26 * POSITIONS_PER_ROW)),
            column=1 + index % POSITIONS_PER_ROW,
            switch_mac=_mac(rng, SWITCH_OUI),
            uplink_mac=_mac(rng, SWITCH_OUI),
            pdu_serial=_serial(rng, "ZA"),
        )
        for index in range(racks + SPARE_POSITIONS)
    ]
    made = []
    for number, position in zip(range(racks), positions, strict=False):
        first = number * SERVERS_PER_RACK
        trays = [_server(rng, each, position) for each in range(first, min(first + SERVERS_PER_RACK, servers))]
        rack = Rack(number, _serial(rng, "RK"), _serial(rng, "PS"), trays, position, position.place)
        position.rack = rack
        made.append(rack)
    return Fleet(made, positions, [_gpu(rng) for _ in range(2)])


def _server(rng: random.Random, number: int, position: Position) -> Server:
    return Server(
        number=number,
        serial=_serial(rng, "S"),
        system_uuid=_uuid(rng),
        board_serial=_serial(rng, "OM"),
        gpus=[_gpu(rng) for _ in range(GPUS)],
        drives=[Drive(f"eui.{rng.getrandbits(64) | 1 << 63:016x}", _serial(rng, "Y")) for _ in range(DRIVES)],
        nics=[Nic(_mac(rng, NIC_OUI), _serial(rng, "MT")) for _ in range(NICS)],
        typed_place=position.place,
    )


def _gpu(rng: random.Random) -> Gpu:
    return Gpu(f"GPU-{_uuid(rng)}", str(rng.randrange(1_650_000_000_000, 1_660_000_000_000)))


def _serial(rng: random.Random, prefix: str) -> str:
    return f"{prefix}{rng.randrange(10**11, 10**12)}"


def _uuid(rng: random.Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _mac(rng: random.Random, oui: str) -> str:
    text = f"{oui}{rng.getrandbits(24):06x}"
    return ":".join(text[at : at + 2] for at in range(0, 12, 2))
