"""A site that can be played: the fleet, and every source that sees some of it."""

import random
from collections.abc import Iterator

from loadtests import bodies, hardware, reporters
from loadtests.hardware import Fleet, Position, Rack, Server
from loadtests.reporters import Phases, Reporter, Say
from schemas import acts
from schemas.formats import facility
from schemas.words import PlaceKind, SourceClass

_REPORT = bodies.REPORT_TYPE
_FACILITY = facility.TYPE.encode()
_AGENT_EVERY = reporters.AGENT_INTERVAL // reporters.WINDOW
_BMC_EVERY = reporters.BMC_INTERVAL // reporters.WINDOW
_FACILITY_EVERY = reporters.FACILITY_INTERVAL // reporters.WINDOW

LOADER = "program:site-import"


class Site:
    """The world and its sources, each told when what it sees has changed."""

    def __init__(self, seed: int, servers: int, *, agents_only: bool = False) -> None:
        """Make fleet and sources from a seed; with `agents_only` nobody but the hosts' own agents reports."""
        self.fleet: Fleet = hardware.build(seed, servers)
        self.agents_only = agents_only
        rng = random.Random(seed ^ 0x5EED)
        count = 2 * servers + len(self.fleet.racks) + 2 * len(self.fleet.positions)
        self._rng, self._phases = rng, Phases(rng, count)
        self.agents = {server.number: self._agent(server) for server in self.fleet.servers}
        self.bmcs = {
            server.number: self._bmc(f"bmc-{server.number:04d}", server, rack)
            for rack in self.fleet.racks
            for server in rack.servers
        }
        self.managers = {rack.number: self._manager(rack) for rack in self.fleet.racks}
        self.ports = {position.code: self._ports(position) for position in self.fleet.positions}
        self.feeds = {position.code: self._power(position) for position in self.fleet.positions}
        self.replacements: list[Reporter] = []

    def reporters(self) -> Iterator[Reporter]:
        """All sources that report in this play."""
        yield from self.agents.values()
        if not self.agents_only:
            yield from self.bmcs.values()
            yield from self.managers.values()
            yield from self.ports.values()
            yield from self.feeds.values()
            yield from self.replacements

    def saw(self, server: Server) -> None:
        """Tell the sources that see a server that it may look different now."""
        self.agents[server.number].dirty = self.bmcs[server.number].dirty = True
        for replacement in self.replacements:
            replacement.dirty = True
        position = self.fleet.rack_of(server).position
        if position is not None:
            self.ports[position.code].dirty = True

    def host(self, server: Server, *, on: bool) -> None:
        """Switch a host on or off: its agent and its ports with it; its BMC lives on standby power."""
        server.host_on = on
        self.agents[server.number].silent = not on
        self.saw(server)

    def take_away(self, rack: Rack) -> None:
        """Switch a rack off and take it from its position."""
        for server in rack.servers:
            self.host(server, on=False)
            self.bmcs[server.number].silent = True
        self.managers[rack.number].silent = True
        if rack.position is not None:
            self._look(rack.position)
            rack.position.rack, rack.position = None, None

    def put_down(self, rack: Rack, position: Position) -> None:
        """Put a rack at a position, on standby power, with what is typed into its configuration made to fit."""
        rack.position, position.rack = position, rack
        rack.typed_place = position.place
        self.managers[rack.number].silent, self.managers[rack.number].dirty = False, True
        for server in rack.servers:
            server.typed_place = position.place
            self.bmcs[server.number].silent = False
        self._look(position)

    def _look(self, position: Position) -> None:
        self.ports[position.code].dirty = self.feeds[position.code].dirty = True

    def replace_bmc(self, server: Server) -> Reporter:
        """Prepare another BMC for a server, silent until its predecessor is retired."""
        made = self._bmc(f"bmc-{server.number:04d}-b", server, self.fleet.rack_of(server))
        made.phase, made.turn, made.silent = self.bmcs[server.number].phase, self.bmcs[server.number].turn, True
        self.replacements.append(made)
        return made

    def opening(self) -> Iterator[acts.CellAct]:
        """Say what has to be known before the first report: places, sources, what surveys found."""
        keys = (f"open-{number:06d}" for number in range(1_000_000))
        yield acts.SitePut(
            key=next(keys),
            by=LOADER,
            site=hardware.SITE,
            country=hardware.COUNTRY,
            latitude=hardware.LATITUDE,
            longitude=hardware.LONGITUDE,
        )
        for place, kind, within in self._places():
            yield acts.PlacePut(key=next(keys), by=LOADER, place=place, kind=kind, within=within)
        for reporter in self.reporters():
            if reporter not in self.replacements:
                yield enrolment(reporter, next(keys), LOADER)
        if self.agents_only:
            return
        for position in self.fleet.positions:
            found = {
                bodies.port(index, nic): position.unit(index)
                for index in range(hardware.SERVERS_PER_RACK)
                for nic in range(1, hardware.NICS + 1)
            }
            yield acts.SurveyPut(key=next(keys), by=LOADER, source=self.ports[position.code].name, positions=found)
            yield acts.SurveyPut(
                key=next(keys), by=LOADER, source=self.feeds[position.code].name, positions={"outlet": position.place}
            )

    def _places(self) -> Iterator[tuple[str, PlaceKind, str]]:
        yield hardware.HALL, PlaceKind.HALL, hardware.SITE
        for row in dict.fromkeys(position.row for position in self.fleet.positions):
            yield f"{hardware.HALL}/{row}", PlaceKind.ROW, hardware.HALL
        for position in self.fleet.positions:
            yield position.place, PlaceKind.RACK_POSITION, f"{hardware.HALL}/{position.row}"
            for index in range(hardware.SERVERS_PER_RACK):
                yield position.unit(index), PlaceKind.UNIT, position.place

    def _agent(self, server: Server) -> Reporter:
        return Reporter(
            f"agent-{server.number:04d}",
            SourceClass.IN_BAND,
            reporters.TENANT_IT,
            lambda: bodies.agent(server),
            _REPORT,
            every=_AGENT_EVERY,
            phase=self._phases.take(),
            latency=self._rng.randrange(80, 1500),
            heartbeats=server.number % 5 != 0,
        )

    def _bmc(self, name: str, server: Server, rack: Rack) -> Reporter:
        return Reporter(
            name,
            SourceClass.OUT_OF_BAND,
            reporters.TENANT_HARDWARE,
            lambda: bodies.bmc(server, rack),
            _REPORT,
            every=_BMC_EVERY,
            turn=server.number % _BMC_EVERY,
            phase=self._phases.take() if not name.endswith("-b") else 0,
            latency=self._rng.randrange(500, 9000),
            heartbeats=server.number % 2 == 0,
        )

    def _manager(self, rack: Rack) -> Reporter:
        return Reporter(
            f"rack-manager-{rack.number:03d}",
            SourceClass.OUT_OF_BAND,
            reporters.TENANT_HARDWARE,
            lambda: bodies.rack_manager(rack),
            _REPORT,
            every=_BMC_EVERY,
            turn=rack.number % _BMC_EVERY,
            phase=self._phases.take(),
        )

    def _ports(self, position: Position) -> Reporter:
        return self._facility(
            f"leaf-{position.code}", reporters.LANDLORD_NETWORK, position.column, lambda: bodies.ports(position)
        )

    def _power(self, position: Position) -> Reporter:
        return self._facility(
            f"feed-{position.code}", reporters.LANDLORD_POWER, position.column + 1, lambda: bodies.power(position)
        )

    def _facility(self, name: str, domain: str, turn: int, say: Say) -> Reporter:
        return Reporter(
            name,
            SourceClass.FACILITY,
            domain,
            say,
            _FACILITY,
            every=_FACILITY_EVERY,
            turn=turn % _FACILITY_EVERY,
            phase=self._phases.take(),
            latency=self._rng.randrange(50, 400),
        )


def enrolment(reporter: Reporter, key: str, by: str) -> acts.SourceEnrol:
    """Give the act that enrols a source."""
    return acts.SourceEnrol(
        key=key,
        by=by,
        source=reporter.name,
        source_class=reporter.source_class,
        control_domain=reporter.control_domain,
        interval_s=reporter.interval // 1000,
    )
