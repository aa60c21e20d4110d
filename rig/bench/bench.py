"""One bench, wired up: site, meter on its line, car and board on their link, and the station under test.

    site ── meter ── tty ═ cable ═ tty ── station ── socket ── board ── outlets: pilot, contactor, car

Everything between the meter and the station, and between the station and the board, crosses a descriptor of the
operating system: a tty pair, a serial device or a socket.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from emulators.board.board import Board
from emulators.board.socket import Socket
from emulators.errors import BadConfiguration, EmulatorError
from emulators.site import Site
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.board_link import BoardLink
from rig.bench.built import Built
from rig.bench.car_side import CarSide, Nowhere, OnBoard
from rig.bench.file import PROBING, BenchFile, P1Line, StationEntry, TcpLine
from rig.bench.installed import changed, note_installation, note_limits
from rig.bench.instrument_entries import EMULATED, EvBox, Scope
from rig.bench.observed import Expectation, Observed
from rig.bench.outlet import CHARGING_WITHIN_S, Outlet
from rig.bench.phases import STRAIGHT, at_terminals, phases_of, to_grid
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import ConfigurationError, Finding, HarnessError, NotTestableHere
from rig.handles import Capability, ExternalHandle, Port, ReferenceHandle, StationHandle, Wiring
from rig.meters import BenchMeter, MeterKind, Place, make
from rig.timeline import Event, Timeline

if TYPE_CHECKING:
    from rig.bench.instruments import BenchEvBox, BenchScope, InstrumentShelf
    from rig.bench.on_box import OnBox

HOUSE = "house"
PV = "pv"
_MODEM_LINES: Mapping[str, Literal["CTS", "DSR"] | None] = {"": None, "cts": "CTS", "dsr": "DSR"}
# Every session begins with a minute of probing (PRB-006), with which a station may be a little late (PRB-007).
PROBING_S, PROBING_MARGIN_S = 60.0, 2.0
# The longest that a station may still be busy with the case before: an over-current pause of 300 s.
IDLE_WITHIN_S = 330.0
# A meter that is heard of neither in this many of its intervals nor in this time is not heard or asked at all. A
# station may take its time to ask again after it lost its meter, but no longer than a meter waits (ALB-TCP-005).
SILENT_AFTER_INTERVALS, SILENT_AFTER_S, UNASKED_AFTER_S = 3, 20.0, 60.0


class NotAsking(Finding):
    """The case could not begin: the station neither raises its Data Request nor asks its meter."""


Watch = Callable[["Bench"], AbstractContextManager[object]]


def _unwatched(_bench: Bench) -> AbstractContextManager[object]:
    return nullcontext()


class Bench:
    """Enter it with `async with`; what is on it is then switched on, and off again at the end.

    `meter` is the kind of meter, None for a bench without one; `behind_meter` False puts the station on a connection
    of its own, which that meter does not see. `phases` are those of the connection; None: as many as the meter has.
    `feeder` is the order of the grid's phases at the station's terminals, `terminals` at the meter's; a feeder of one
    phase is one of a one-phase station. With two `feeders` each of two `sockets` has its own, and `feeder_2` is the
    order at the second one, as the first unless given. `settings` go to the station, on top of those in the bench
    file. Without `probing` the case is not about it: the reference station does not probe, and `charge` and `probed`
    wait until that of an external one is over. `station_on` False leaves the station off, for `check_meter`. `files` is
    the folder for captures, None for none. What `watch` makes of the bench is entered while it is switched on.

    `orders` has the phases of the grid at the terminals of each socket. What is said of a socket, a car or an
    observation without an outlet is meant of outlet 1.

    Raises NotTestableHere when the bench file lacks a line that the case needs, or the station is not set as needed or
    has another number of sockets or feeders; ConfigurationError for numbers of them that no station has.
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
        meter: MeterKind | None = None,
        phases: int | None = None,
        behind_meter: bool = True,
        feeder: str = STRAIGHT,
        terminals: str = STRAIGHT,
        sockets: int = 1,
        feeders: int = 1,
        feeder_2: str | None = None,
        probing: bool = False,
        station_on: bool = True,
        files: Path | None = None,
        watch: Watch = _unwatched,
    ) -> None:
        built = Built(sockets, feeders, feeder, feeder_2)
        built.check()
        if file.station.kind == "external":
            built.check_external(file.station)
        self._file = file
        self._phases = phases or (3 if meter is None else meter.phases)
        self._loop = loop
        self._timeline = timeline
        self._terminals = terminals
        self._station_on = station_on
        self.site = Site(phases=self._phases)
        self._meter = None if meter is None else make(meter, self._place(meter, calendar, rng, files))
        unprobed = {} if probing or file.station.kind == "external" else {PROBING: 0.0}
        needed = {**unprobed, **built.settings(file.station, self._phases), **settings}
        self._settings = _settings(file.station, needed)
        set_to_it = meter is not None and meter.settings.keys() <= settings.keys()
        if self._meter is not None and set_to_it and file.station.kind == "reference":
            self._settings = {**self._meter.station_settings, **self._settings}
        self._stored: dict[str, object] = {}
        self.station = _handle(file)
        orders = built.orders(self._phases)
        self._players: dict[int, OnBox] = {}
        probing_s = _probing_s(file.station, probing)
        self.outlets = tuple(self._outlet(number, order, probing_s) for number, order in enumerate(orders, 1))
        if behind_meter:
            for outlet, order in zip(self.outlets, orders, strict=True):
                self._connect(outlet, order)
        self.orders: Mapping[int, str] = dict(enumerate(orders, 1))
        note_installation(timeline, loop.time(), self.orders, self._settings)
        self._house_a = self._pv_a = (0.0,) * self._phases
        self.site.add_load(HOUSE, 0.0)
        self.site.add_pv(PV, 0.0)
        self._board = Board(
            [outlet.socket for outlet in self.outlets], on_request=self._on_request, emit=timeline.emitter("board")
        )
        listen = "" if file.lines.board is None else file.lines.board.listen
        self._board_link = BoardLink(self._board, listen, loop, timeline)
        self._switched_on = AsyncExitStack()
        self._watch, self._watching = watch, ExitStack()
        self._shelf: InstrumentShelf | None = None
        self._heard: Event | None = None
        self.began_s = loop.time()

    def _outlet(self, number: int, order: str, probing_s: float) -> Outlet:
        socket = Socket(number, phases=len(phases_of(order)), emit=self._timeline.emitter("board"))
        linked = self._file.lines.board is not None
        side = self._on_box(number, socket) or (OnBoard(socket) if linked else Nowhere())
        return Outlet(
            socket,
            side,
            loop=self._loop,
            timeline=self._timeline,
            poke=self.poke,
            linked=linked,
            probing_s=probing_s,
        )

    def _on_box(self, number: int, socket: Socket) -> CarSide | None:
        """The box at a socket, if it plays the cars there."""
        entry = self._file.instruments.ev_at(number)
        if entry is None or not entry.plays_cars:
            return None
        from rig.bench.on_box import OnBox  # VISA is slow to import, and of no use to most cases

        board_a = None if self._file.lines.board is None else socket.currents_a
        self._players[number] = OnBox(number, entry, self._loop, self._timeline, board_a=board_a)
        return self._players[number]

    def _connect(self, outlet: Outlet, order: str) -> None:
        """Let the site carry what flows at a socket, in the phases that are behind it."""
        self.site.attach(f"socket {outlet.number}", lambda now_s: to_grid(outlet.side.currents_a(now_s), order))

    def _place(self, meter: MeterKind, calendar: Calendar, rng: random.Random, files: Path | None) -> Place:
        line = getattr(self._file.lines, meter.port)
        if line is None:
            raise NotTestableHere(
                f"this bench has no {meter.port.upper()} line; add [lines.{meter.port}] to the bench file"
            )
        return Place(
            loop=self._loop,
            timeline=self._timeline,
            calendar=calendar,
            rng=rng,
            read=lambda now_s: at_terminals(self.site.read(now_s), self._terminals),
            where=line.listen if isinstance(line, TcpLine) else line.port,
            request_line=_MODEM_LINES[line.request_line] if isinstance(line, P1Line) else None,
            # The reference station raises the request by itself; of somebody else's, only a modem line can tell.
            requested=self._file.station.kind == "external",
            capture=None if files is None else _unused(files, meter.port),
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
        self._watching.enter_context(self._watch(self))
        return self

    async def _start(self) -> None:
        # What is switched on goes on the stack first, so that it goes off again however far this comes.
        off = self._switched_on
        off.push_async_callback(asyncio.sleep, 0)  # one more turn of the loop, in which asyncio closes connections
        for outlet in self.outlets:
            off.callback(outlet.observed.end)
        off.callback(self._timeline.listen(self._note_arrival))
        await self._board_link.open(off)
        for number, player in self._players.items():
            player.start(await self.ev_box(number), off)
        ports: dict[str, Port] = {}
        if self._meter is not None:
            off.push_async_callback(self._meter.close)
            await self._meter.open()
            ports[self._meter.kind.port] = self._meter.port()
        self._wiring = Wiring(self._timeline, self._board_link.port(), ports)
        if not self._station_on:
            return
        off.callback(self._board_link.station_is_off)
        off.push_async_callback(self.station.stop)
        await self.station.start(self._wiring, self._settings)
        if self._file.station.kind == "external" and "pilot" in self.station.capabilities:
            await self._until_idle()

    async def _until_idle(self) -> None:
        """Wait until a station that outlives its cases has forgotten the last one."""
        for outlet in self.outlets:
            if await outlet.observed.pilot("A1", within_s=IDLE_WITHIN_S) is None:
                where = (
                    f"to the board link at {self._board_link.address}" if self._board_link.there else "to the EV box"
                )
                raise HarnessError(
                    f"the station does not come to state A1 within {IDLE_WITHIN_S:g} s at socket {outlet.number}; "
                    f"is it connected {where}, and its socket free?"
                )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._watching.__exit__(kind, error, trace)
        finally:
            await self._switched_on.aclose()

    def _on_request(self, active: bool, _now_s: float) -> None:
        """The station's Data Request pin, towards a line that has no modem lines of its own."""
        if self._meter is not None:
            self._meter.request(active)

    def _note_arrival(self, event: Event) -> None:
        if self._meter is not None and self._meter.arrived(event):
            self._heard = event

    # -- what is on the bench ------------------------------------------------------------------------------------

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What can be observed and driven here."""
        return self.station.capabilities

    def outlet(self, number: int) -> Outlet:
        """One of the `outlets`, numbered from 1."""
        return self.outlets[number - 1]

    @property
    def late_s(self) -> float:
        """How much later than it happens something at the sockets may be seen; half of that in an event's time."""
        return max(outlet.side.late_s for outlet in self.outlets)

    @property
    def offer_error_a(self) -> float:
        """How far off an offer may be that is seen, in ampere."""
        return max(outlet.side.offer_error_a for outlet in self.outlets)

    @property
    def socket(self) -> Socket:
        """The emulated socket of outlet 1."""
        return self.outlet(1).socket

    @property
    def observed(self) -> Observed:
        """What can be seen of outlet 1 and of the whole station."""
        return self.outlet(1).observed

    @property
    def settings(self) -> Mapping[str, object]:
        """What the station runs on, as far as bench file and case say."""
        return self._settings

    @property
    def meter_kind(self) -> MeterKind | None:
        """What stands at the connection, None on a bench without a meter."""
        return None if self._meter is None else self._meter.kind

    @property
    def meter(self) -> BenchMeter:
        """The meter. Only on a bench with one."""
        assert self._meter is not None
        return self._meter

    async def ev_box(self, socket: int = 1) -> BenchEvBox:
        """The EV simulator box at a socket, plugged in where a car would be from the first time it is asked for.

        Raises NotTestableHere on a bench without one, and what its driver raises when it cannot be reached.
        """
        entry = self._file.instruments.ev_at(socket)
        return await self._instruments(_table("ev", socket), "EV simulator box", entry).ev_box(socket, entry or EvBox())

    async def scope(self, socket: int = 1) -> BenchScope:
        """The oscilloscope on the control pilot of a socket. Raises as `ev_box` does."""
        entry = self._file.instruments.scope_at(socket)
        return await self._instruments(_table("scope", socket), "oscilloscope", entry).scope(socket, entry or Scope())

    def _instruments(self, table: str, what: str, entry: EvBox | Scope | None) -> InstrumentShelf:
        if entry is None:
            raise NotTestableHere(f"this bench has no {what}; add [instruments.{table}] to the bench file")
        if entry.resource == EMULATED and not self._board_link.there:
            raise NotTestableHere(
                f"the emulated {what} stands on the socket of a board link, and this bench has none; "
                f"give [instruments.{table}] a VISA resource, or add [lines.board]"
            )
        if self._shelf is None:
            from rig.bench.instruments import InstrumentShelf  # VISA is slow to import, and of no use to most cases

            sockets = {outlet.number: outlet.socket for outlet in self.outlets}
            self._shelf = InstrumentShelf(sockets, self._poke_board, self._loop, self._timeline, self._switched_on)
        return self._shelf

    # -- what one does at a bench --------------------------------------------------------------------------------

    def poke(self) -> None:
        """Let the board and the meter see at once what was changed on a car, the site or the meter."""
        for outlet in self.outlets:
            outlet.side.poke()
        self._poke_board()

    def _poke_board(self) -> None:
        if self._board_link.there:
            self._board_link.poke()
        if self._meter is not None:
            self._meter.wake()

    def house(self, *a_per_phase: float) -> None:
        """The rest of the house draws this from now on; one number is for every phase."""
        self._house_a = self._on_phases(a_per_phase)
        self.site.set_load(HOUSE, *self._house_a)
        self._tell_site()

    def pv(self, *a_per_phase: float) -> None:
        """The panels on the roof feed in this from now on; one number is for every phase."""
        self._pv_a = self._on_phases(a_per_phase)
        self.site.set_pv(PV, *self._pv_a)
        self._tell_site()

    def _tell_site(self) -> None:
        fields = {"house_a": list(self._house_a), "pv_a": list(self._pv_a)}
        self._timeline.record(self._loop.time(), "site", "site", fields)

    def _on_phases(self, a_per_phase: tuple[float, ...]) -> tuple[float, ...]:
        return a_per_phase * self._phases if len(a_per_phase) == 1 else a_per_phase

    def contact(self, closed: bool) -> None:
        """Close or open the external circuit at the station's potential-free input."""
        self._board.set_contact(closed, self._loop.time())
        self._board_link.poke()

    def configure(self, changes: Mapping[str, object]) -> str:
        """Change settings of the running station; see StationHandle."""
        refusal = self.station.configure(changes)
        fields = {"changes": dict(changes), "refusal": refusal}
        self._timeline.record(self._loop.time(), "bench", "configured", fields)
        if not refusal:
            self._stored = changed(self._stored, changes)
        return refusal

    async def reboot(self) -> Event:
        """Let the station reboot and wait until it is on again; see StationHandle. Returns the event with which it
        began.
        """
        self._settings = changed(self._settings, self._stored)
        self._stored = {}
        began = self._timeline.record(self._loop.time(), "bench", "reboot", {})
        note_limits(self._timeline, began.at_s, self._settings)
        await self.station.reboot()
        return began

    def plug_in(self, spec: VehicleSpec) -> Vehicle:
        """See Outlet."""
        return self.outlet(1).plug_in(spec)

    def unplug(self) -> None:
        """See Outlet."""
        self.outlet(1).unplug()

    async def charge(self, spec: VehicleSpec, *, within_s: float = CHARGING_WITHIN_S) -> Vehicle:
        """See Outlet."""
        return await self.outlet(1).charge(spec, within_s=within_s)

    async def drawing(self, *, within_s: float) -> Event | None:
        """See Outlet."""
        return await self.outlet(1).drawing(within_s=within_s)

    async def draw(self, vehicle: Vehicle, *a_per_phase: float) -> Event:
        """See Outlet."""
        return await self.outlet(1).draw(vehicle, *a_per_phase)

    async def probed(self) -> None:
        """Wait until the probing of every session is over, where there is one to wait for (PRB-027)."""
        for outlet in self.outlets:
            await outlet.probed()

    @property
    def last_arrival(self) -> Event:
        """The latest thing of the meter that arrived at the station. Raises NotAsking when there was none yet."""
        if self._heard is None:
            raise NotAsking(f"the station has heard nothing yet on its {self.meter.kind.port.upper()} port")
        return self._heard

    async def arrival(self) -> Event:
        """The next thing of the meter to arrive at the station. Raises NotAsking when nothing comes."""
        return await self._patiently(self.observed.expect_any(self.meter.arrived))

    async def _patiently(self, expected: Expectation) -> Event:
        kind = self.meter.kind
        least_s = UNASKED_AFTER_S if kind.polled else SILENT_AFTER_S
        patience_s = max(SILENT_AFTER_INTERVALS * kind.interval_s, least_s)
        event = await expected.within(patience_s)
        if event is None:
            asks = "asks no meter on" if kind.polled else "hears no meter on"
            raise NotAsking(f"the station {asks} its {kind.port.upper()} port: nothing passed in {patience_s:g} s")
        return event

    async def shown(self, fits: Callable[[Sequence[float]], bool]) -> Event:
        """The arrival at the station of the first thing that the meter composed of currents that fit, from now on.

        `fits` is asked with the currents at the meter's terminals, import positive. Raises NotAsking when none comes.
        """
        composed = self.observed.expect_any(lambda e: self.meter.composed(e) and fits(e.data["i_a"]))
        await self._patiently(composed)
        return await self.arrival()

    async def readings(self, count: int) -> None:
        """Wait until the meter has said so many more things and the last one has arrived. Raises NotAsking."""
        for _ in range(count):
            arrived = await self.arrival()
            # What a meter is asked for may take more than one answer; those of one poll come close together.
            if self.meter.kind.polled:
                await asyncio.sleep(max(0.0, arrived.at_s + self.meter.kind.interval_s / 2 - self._loop.time()))

    async def check_meter(self) -> list[str]:
        """Press the button 'Test Smart Meter' of a station that is otherwise off; returns what it says, line by line.

        Raises NotTestableHere when the station has none that can be pressed from here.
        """
        self.meter.request(True)  # on a cable without modem lines the board would do that, if the station were on
        return await self.station.check_meter(self._wiring, self._settings)


def _table(name: str, socket: int) -> str:
    return name if socket == 1 else f"{name}_{socket}"


def _unused(files: Path, line: str) -> Path:
    """A capture for each bench that a case sets up: p1.pcapng, p1-2.pcapng, …"""
    names = itertools.chain([f"{line}.pcapng"], (f"{line}-{number}.pcapng" for number in itertools.count(2)))
    return next(path for name in names if not (path := files / name).exists())


def _handle(file: BenchFile) -> StationHandle:
    station = file.station
    if station.kind == "external":
        boxes = (file.instruments.ev_at(number) for number in range(1, station.sockets + 1))
        played = all(box is not None and box.plays_cars for box in boxes)
        return ExternalHandle(station.name, sees_pilot=played or file.lines.board is not None)
    return ReferenceHandle(station.name, station.factory)


def _probing_s(station: StationEntry, judged: bool) -> float:
    """For how long a session cannot be judged; 0 where probing is `judged`, or the rig has switched it off.

    Raises NotTestableHere when it is to be judged on a station that does not probe.
    """
    if station.kind == "reference":
        return 0.0
    lasts_s = float(station.settings.get(PROBING, PROBING_S))
    if judged and not lasts_s:
        raise NotTestableHere(f"the case needs a station that probes; [station.settings] says {PROBING} = 0")
    return lasts_s + PROBING_MARGIN_S if lasts_s and not judged else 0.0


def _settings(station: StationEntry, needed: Mapping[str, object]) -> dict[str, object]:
    """What the station is set to in a case. An external one has to be set so already."""
    if station.kind == "external":
        for key, value in needed.items():
            if key not in station.settings:
                raise NotTestableHere(f"the case needs {key} = {value}; [station.settings] does not say how it is set")
            if station.settings[key] != value:
                raise NotTestableHere(f"the case needs {key} = {value}; this station has {station.settings[key]}")
    return {**station.settings, **needed}
