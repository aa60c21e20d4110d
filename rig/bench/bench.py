"""One bench, wired up: site, P1 meter on its line, car and board on their link, and the station under test.

    site ── P1 meter ── tty ═ cable ═ tty ── station ── socket ── board ── pilot, contactor, car

Everything between the meter and the station, and between the station and the board, crosses a descriptor of the
operating system.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from emulators.board.board import Board
from emulators.board.port import BoardPort
from emulators.board.socket import Socket
from emulators.errors import BadConfiguration, EmulatorError
from emulators.p1.meter import Meter
from emulators.p1.port import P1Port
from emulators.site import Site
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.file import BenchFile, BoardLine, P1Line, StationEntry
from rig.bench.observed import Observed
from rig.clock import Calendar, Hop, VirtualLoop, WallLoop
from rig.errors import ConfigurationError, Finding, HarnessError, NotTestableHere
from rig.handles import Capability, ExternalHandle, Port, ReferenceHandle, StationHandle, Tap, Wiring
from rig.lines.end import EndSpec
from rig.lines.line import Line
from rig.timeline import Event, Timeline

SOCKET = 1
HOUSE = "house"
PV = "pv"
P1 = "p1"
CAPTURE = "p1.pcapng"
_LATER_CAPTURE = "p1-{}.pcapng"
_MODEM_LINES: Mapping[str, Literal["CTS", "DSR"] | None] = {"": None, "cts": "CTS", "dsr": "DSR"}
# A car that is plugged in starts to draw well within this; a station that takes longer is not charging.
CHARGING_WITHIN_S = 60.0
# The longest that a station may still be busy with the case before: an over-current pause of 300 s.
IDLE_WITHIN_S = 330.0
# Longer than any telegram is on the wire.
TELEGRAM_ON_WIRE_S = 0.3


class NotCharging(Finding):
    """The case could not begin: the station gave no current to a willing car."""


class Bench:
    """Enter it with `async with`; what is on it is then switched on, and off again at the end.

    `meter` is a P1 version ("4.2.2", "5.0.2") or None for a bench without a meter; `behind_meter` False puts the
    station on a connection of its own, which that meter does not see. `settings` go to the station, on top of those in
    the bench file. `files` is the folder for captures, None for none.

    Raises NotTestableHere when the bench file lacks a line that the case needs, or the station is not set as needed.
    """

    def __init__(
        self,
        file: BenchFile,
        *,
        loop: VirtualLoop | WallLoop,
        timeline: Timeline,
        calendar: Calendar,
        rng: random.Random,
        settings: Mapping[str, object],
        meter: str | None = None,
        phases: int = 3,
        behind_meter: bool = True,
        files: Path | None = None,
    ) -> None:
        _check_lines(file, meter)
        self._settings = _settings(file.station, settings)
        self.observed = Observed(timeline)
        self.station = _handle(file)
        self.site = Site(phases=phases)
        self.socket = Socket(SOCKET, phases=phases, emit=timeline.emitter("board"))
        if behind_meter:
            self.site.attach(f"socket {SOCKET}", self.socket.currents_a)
        self.site.add_load(HOUSE, 0.0)
        self.site.add_pv(PV, 0.0)
        self._phases = phases
        self._file = file
        self._loop = loop
        self._timeline = timeline
        self._calendar = calendar
        self._board = Board([self.socket], on_request=self._on_request, emit=timeline.emitter("board"))
        self._switched_on = AsyncExitStack()
        self._board_port: BoardPort | None = None
        self._hops = [loop.ledger.hop(f"board link, to the {whom}") for whom in ("station", "board")]
        self._meter_version = meter
        self._meter: Meter | None = None
        self._p1_port: P1Port | None = None
        self._line = None if meter is None else self._make_line(rng, files)

    def _make_line(self, rng: random.Random, files: Path | None) -> Line:
        entry = self._file.lines.p1 or P1Line()
        return Line(
            P1,
            loop=self._loop,
            timeline=self._timeline,
            rng=rng,
            b=EndSpec(entry.port, request_line=_MODEM_LINES[entry.request_line]),
            capture=None if files is None else _unused(files),
            # The reference station raises the request by itself; of somebody else's, only a modem line can tell.
            request=self._file.station.kind == "external",
        )

    # -- switching on and off ------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException as error:
            await self._switched_on.aclose()
            if isinstance(error, BadConfiguration):
                raise ConfigurationError(str(error)) from error
            if isinstance(error, EmulatorError):
                raise HarnessError(str(error)) from error
            raise
        return self

    async def _start(self) -> None:
        # What is switched on goes on the stack first, so that it goes off again however far this comes.
        stack = self._switched_on
        stack.push_async_callback(asyncio.sleep, 0)  # one more turn of the loop, in which asyncio closes connections
        stack.callback(self.observed.end)
        if self._file.lines.board is not None:
            self._board_port = self._make_board_port(self._file.lines.board)
            stack.push_async_callback(self._board_port.stop)
            await self._board_port.start()
        ports: dict[str, Port] = {}
        if self._line is not None:
            line = self._line
            stack.push_async_callback(line.close)
            await line.open()
            line.on_request(lambda active, _now_s: self._p1_port.set_request(active) if self._p1_port else None)
            stack.callback(self._remove_meter)
            self._start_meter(line, self._meter_version or "")
            ports[P1] = Port(line.b.path, lambda: line.b.attach("the station"))
        # Once the station is off nobody reads any more: what is still in the descriptors is lost, as on real ports.
        for hop in self._hops:
            stack.callback(hop.closed)
        stack.push_async_callback(self.station.stop)
        await self.station.start(Wiring(self._timeline, self._board_of_station(), ports), self._settings)
        if self._file.station.kind == "external" and self._board_port is not None:
            await self._until_idle()

    def _make_board_port(self, board: BoardLine) -> BoardPort:
        address = board.listen
        if address == "unix":
            # A folder of its own: the path of a unix socket may not be longer than about 100 characters.
            folder = tempfile.mkdtemp(prefix="evse-rig-")
            self._switched_on.callback(shutil.rmtree, folder, ignore_errors=True)
            address = f"unix:{folder}/board"
        to_station, to_board = self._hops
        tap = _tap(rx=to_board, tx=to_station)
        return BoardPort(self._board, address, tap=tap, emit=self._timeline.emitter("board link"))

    async def _until_idle(self) -> None:
        """Wait until a station that outlives its cases has forgotten the last one."""
        if await self.observed.pilot("A1", within_s=IDLE_WITHIN_S) is None:
            assert self._board_port is not None
            raise HarnessError(
                f"the station does not come to state A1 within {IDLE_WITHIN_S:g} s; "
                f"is it connected to the board link at {self._board_port.address}, and its socket free?"
            )

    def _board_of_station(self) -> Port:
        to_station, to_board = self._hops

        def attach() -> Tap:
            to_station.opened()
            to_board.opened()
            return _tap(rx=to_station, tx=to_board)

        return Port("" if self._board_port is None else self._board_port.address, attach)

    def replace_meter(self, version: str) -> None:
        """Another P1 meter takes the place of the one that is there; the cable and the Data Request stay."""
        self._remove_meter()
        self.line.a.detach()
        self._start_meter(self.line, version)

    def _start_meter(self, line: Line, version: str) -> None:
        self._meter = Meter(
            version,
            self.site.read,
            self._calendar.at,
            phases=self._phases,
            emit=self._timeline.emitter("meter"),
        )
        self._p1_port = P1Port(self._meter, line.a.path, tap=line.a.attach("the meter"))
        self._p1_port.set_request(line.request)

    def _remove_meter(self) -> None:
        if self._p1_port is not None:
            self._p1_port.close()
            self._p1_port = None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._switched_on.aclose()

    def _on_request(self, active: bool, _now_s: float) -> None:
        """The station's Data Request pin, towards a line that has no modem lines of its own."""
        if self._line is not None and self._file.lines.p1 and not self._file.lines.p1.request_line:
            self._line.request = active

    # -- what is on the bench ------------------------------------------------------------------------------------

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What can be observed and driven here."""
        return self.station.capabilities

    @property
    def line(self) -> Line:
        """The P1 cable. Only on a bench with a meter."""
        assert self._line is not None
        return self._line

    @property
    def meter(self) -> Meter:
        """The P1 meter. Only on a bench with a meter."""
        assert self._meter is not None
        return self._meter

    # -- what one does at a bench --------------------------------------------------------------------------------

    def poke(self) -> None:
        """Let the board and the meter see at once what was changed on a car, the site or the meter."""
        assert self._board_port is not None
        self._board_port.poke()
        if self._p1_port is not None:
            self._p1_port.wake()

    def house(self, *a_per_phase: float) -> None:
        """The rest of the house draws this from now on; one number is for every phase."""
        self.site.set_load(HOUSE, *self._on_phases(a_per_phase))

    def pv(self, *a_per_phase: float) -> None:
        """The panels on the roof feed in this from now on; one number is for every phase."""
        self.site.set_pv(PV, *self._on_phases(a_per_phase))

    def _on_phases(self, a_per_phase: tuple[float, ...]) -> tuple[float, ...]:
        return a_per_phase * self._phases if len(a_per_phase) == 1 else a_per_phase

    def plug_in(self, spec: VehicleSpec) -> Vehicle:
        """Plug a car into the socket."""
        vehicle = Vehicle(spec, emit=self._timeline.emitter("car"))
        self.socket.plug(vehicle, self._loop.time())
        self.poke()
        return vehicle

    def unplug(self) -> None:
        """Pull the plug."""
        self.socket.unplug(self._loop.time())
        self.poke()

    async def charge(self, spec: VehicleSpec, *, within_s: float = CHARGING_WITHIN_S) -> Vehicle:
        """Plug a car in and wait until it draws. Raises NotCharging when it does not."""
        vehicle = self.plug_in(spec)
        if await self.drawing(within_s=within_s) is None:
            raise NotCharging(f"the car was plugged in and drew nothing within {within_s:g} s")
        return vehicle

    async def drawing(self, *, within_s: float) -> Event | None:
        """The event with which the car begins to draw; None when it does not."""
        return await self.observed.next("currents", lambda event: max(event.data["i_a"]) > 0.0, within_s=within_s)

    async def telegrams(self, count: int) -> None:
        """Wait until the meter has sent that many more telegrams and the last one has arrived."""
        for _ in range(count):
            if await self.observed.next("telegram", within_s=3 * self.meter.interval_s) is None:
                raise HarnessError("the emulated P1 meter sends no telegrams; is its Data Request released?")
        await asyncio.sleep(TELEGRAM_ON_WIRE_S)

    async def draw(self, vehicle: Vehicle, *a_per_phase: float) -> Event:
        """Make the car draw exactly this, whatever it is offered; returns the event from which on it does.

        Raises NotCharging when the car has no mains.
        """
        changed = self.observed.expect("currents")
        vehicle.set_fixed_draw(*a_per_phase)
        self.poke()
        event = await changed.within(1.0)
        if event is None:
            raise NotCharging(f"the car was to draw {a_per_phase} A, but the station gives it no current")
        return event


def _unused(files: Path) -> Path:
    """A capture for each bench that a case sets up: p1.pcapng, p1-2.pcapng, …"""
    names = itertools.chain([CAPTURE], map(_LATER_CAPTURE.format, itertools.count(2)))
    return next(path for name in names if not (path := files / name).exists())


def _tap(*, rx: Hop, tx: Hop) -> Tap:
    """Tell the ledger what one end read (`rx`) and wrote (`tx`)."""

    def tap(direction: str, data: bytes) -> None:
        if direction == "rx":
            rx.received(len(data))
        else:
            tx.sent(len(data))

    return tap


def _handle(file: BenchFile) -> StationHandle:
    station = file.station
    if station.kind == "external":
        return ExternalHandle(station.name, has_board=file.lines.board is not None)
    return ReferenceHandle(station.name, station.factory)


def _check_lines(file: BenchFile, meter: str | None) -> None:
    if meter is not None and file.lines.p1 is None:
        raise NotTestableHere("this bench has no P1 line; add [lines.p1] to the bench file")


def _settings(station: StationEntry, needed: Mapping[str, object]) -> dict[str, object]:
    """What the station is set to in a case. An external one has to be set so already."""
    if station.kind == "external":
        for key, value in needed.items():
            if key not in station.settings:
                raise NotTestableHere(f"the case needs {key} = {value}; [station.settings] does not say how it is set")
            if station.settings[key] != value:
                raise NotTestableHere(f"the case needs {key} = {value}; this station has {station.settings[key]}")
    return {**station.settings, **needed}
