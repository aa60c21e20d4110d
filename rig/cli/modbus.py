"""The Modbus meters of `evse-rig emulate`: a house with loads and PV, its meters, and a bus or an address."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from emulators.modbus import ModbusMeter, RtuBus, TcpServer
from emulators.modbus.description import UNIT, Description
from emulators.modbus.rtu_port import RtuPort
from rig.cli.commands import Command, Commands, counted
from rig.cli.emulated import FRESH_PTY, TCP, Options
from rig.cli.house import House
from rig.cli.modbus_faults import ModbusFaults
from rig.cli.modbus_meters import Assignment, line_of, made, mbpoll_options, transformer_words, wanted
from rig.cli.modbus_traffic import Traffic
from rig.cli.modbus_writes import write
from rig.cli.outlets import SerialOutlet, TcpOutlet
from rig.cli.served import Served, joined
from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError
from rig.lines import Line

# A port of its own for everybody who just tries it, as a pty is.
FREE_PORT = "tcp:127.0.0.1:0"
# A USB adapter hands over in pieces up to 16 ms apart, and a network in pieces too.
SILENCE_IN_PIECES_S = 0.03
# A meter changes its line settings when the answer to the write is out.
_LINE_CHANGES_AFTER_S = 0.2
# What a meter shows is what flows up to this; registers have a resolution of 0.01 A or finer.
_SAME_A = 0.005
_RESTART_WORDS = "switch it off and on: settings count from then on"


class _Reached(NamedTuple):
    """Where the meters are: a bus on a cable, or a server on an address."""

    outlet: SerialOutlet[RtuPort] | TcpOutlet
    bus: RtuBus | None
    server: TcpServer | None


class ModbusEmulation(Served):
    """See Emulated. Currents are those of the grid connection: house loads minus PV, import positive."""

    def __init__(self, options: Options, loop: VirtualLoop | WallLoop) -> None:
        self._loop = loop
        self._asked = wanted(options)
        first = self._asked[0].description
        self._port = _checked_port(options, first)
        on_tcp = self._port.startswith(TCP)
        self._assignments = [Assignment.parse(text) for text in options.settings]
        self._traffic = Traffic(self._line_setting_written, several=len(self._asked) > 1)
        self._house = House(self._phases(options), loop)
        line = None if on_tcp else line_of(options, first)
        self._meters = made(self._asked, self._assignments, line, self._house.read, self._traffic.note)
        self._house.change(load=options.load, pv=options.pv)
        self._reached = self._on_address() if on_tcp else self._on_bus()
        self._faults = ModbusFaults(self._reached.server, loop.time, self._wake)
        self._line_timer: asyncio.TimerHandle | None = None
        fault = Command("fault", self._set_fault, self._faults.help)
        super().__init__(self._reached.outlet, Commands([*self._house.commands, *self._own_commands(), fault]))

    def _phases(self, options: Options) -> int:
        most = max(asked.description.phases for asked in self._asked)
        if options.phases is None:
            return most
        if options.phases > most:
            names = " and ".join(asked.description.name for asked in self._asked)
            raise ConfigurationError(f"--phases {options.phases}: {names} measures one phase")
        return options.phases

    def _on_address(self) -> _Reached:
        server = TcpServer(self._meters, emit=self._traffic.note)
        return _Reached(TcpOutlet(self._port, server), None, server)

    def _on_bus(self) -> _Reached:
        serial = self._port != FRESH_PTY
        bus = RtuBus(
            self._meters,
            char_s=0.0 if self._port.startswith("socket:") else None,
            silence_s=max(SILENCE_IN_PIECES_S, self._meters[0].line.gap_s) if serial else None,
            emit=self._traffic.note,
        )
        cable = SerialOutlet(
            "rs485", self._port, self._loop, self._plug, baud=bus.line.baud, char_format=bus.line.char_format
        )
        return _Reached(cable, bus, None)

    def _plug(self, line: Line) -> RtuPort:
        assert self._reached.bus is not None
        return RtuPort(self._reached.bus, line.a.path, tap=line.a.attach("the meters"))

    # -- for the user --------------------------------------------------------------------------------------------

    def introduce(self) -> Sequence[str]:
        """See Emulated."""
        bus, where = self._reached.bus, self._reached.outlet.where
        place = f"on {where}" if bus is None else f"on {where} at {bus.line}"
        lines = []
        for asked, meter in zip(self._asked, self._meters, strict=True):
            phases = counted(asked.description.phases, "phase")
            lines.append(f"{asked.description.name}, {phases}, unit {meter.unit}, {place}")
            lines += transformer_words(asked, self._assignments)
        if bus is None or self._port == FRESH_PTY:
            lines.append(f"read it with: {self._mbpoll()}")
        return lines

    def status(self) -> str:
        """See Emulated."""
        cable = self._reached.outlet
        return joined(
            self._house.currents(),
            *self._deviations(),
            f"unit {', '.join(str(meter.unit) for meter in self._meters)}",
            self._traffic.connections if self._reached.server is not None else "",
            self._traffic.requests,
            self._faults.status(self._meters),
            cable.status if isinstance(cable, SerialOutlet) else "",
            self._traffic.last,
        )

    def sent(self) -> str:
        """See Emulated."""
        return self._traffic.requests

    def _deviations(self) -> list[str]:
        """Where a meter shows something else than what flows: through its transformers, by a fault, or not yet."""
        flowing_a = self._house.current_a
        found = []
        for meter in self._meters:
            shown = meter.display(self._loop.time())
            wrong = False
            words = []
            for phase, flows_a in enumerate(flowing_a, 1):
                for name, true_a in ((f"signed_current_l{phase}_a", flows_a), (f"current_l{phase}_a", abs(flows_a))):
                    if name in shown:
                        words.append(f"{shown[name]:.2f}")
                        wrong |= not abs(shown[name] - true_a) <= _SAME_A  # NaN is wrong too
                        break
            if wrong:
                whose = f"unit {meter.unit}" if len(self._meters) > 1 else "it"
                found.append(f"{whose} shows {' / '.join(words)} A")
        return found

    def _mbpoll(self) -> str:
        meter = self._asked[0]
        what = f"-0 -1 -a {self._meters[0].unit} {mbpoll_options(meter.description)}".rstrip()
        where, bus = self._reached.outlet.where, self._reached.bus
        if bus is not None:
            return f"mbpoll -m rtu -b {bus.line.baud} -P none {what} {where}"
        _, host, port = where.split(":")
        return f"mbpoll -m tcp -p {port} {what} {'127.0.0.1' if host == '0.0.0.0' else host}"

    # -- its commands --------------------------------------------------------------------------------------------

    def _own_commands(self) -> list[Command]:
        commands = [Command("restart", self._restart, (("restart", _RESTART_WORDS),))]
        if any(asked.description.settings for asked in self._asked):
            words = "write one of its settings, as a master would"
            commands.insert(0, Command("set", self._set, (("set NAME=VALUE", words),)))
        return commands

    def _set_fault(self, words: list[str]) -> str:
        unit, colon, name = words[0].partition(":") if words else ("", "", "")
        if colon and unit.isdecimal():
            return self._faults.set([name, *words[1:]], self._at(int(unit)))
        return self._faults.set(words, self._meters)

    def _restart(self, words: list[str]) -> str:
        if len(words) > 1 or not all(word.isdecimal() for word in words):
            raise ConfigurationError("write restart, or restart 2 for one meter")
        meters = self._at(int(words[0]) if words else None)
        for meter in meters:
            meter.restart(self._loop.time())
        self._follow_line()
        return f"silent for {max(meter.description.start_up_s for meter in meters):g} s"

    def _set(self, words: list[str]) -> str:
        if len(words) != 1:
            raise ConfigurationError("write set NAME=VALUE, e.g. set unit=5")
        assignment = Assignment.parse(words[0])
        meters = self._at(assignment.unit)
        if assignment.name == UNIT and any(meter.unit == assignment.value for meter in self._meters):
            raise ConfigurationError(f"there is a meter with address {assignment.value:g} already")
        if assignment.name == UNIT and len(meters) > 1:
            raise ConfigurationError(f"which meter? Write set {meters[0].unit}:{assignment}")
        with self._traffic.unseen():
            said = [write(meter, assignment, self._loop.time()) for meter in meters]
        return ", ".join(dict.fromkeys(said))

    def _at(self, unit: int | None) -> list[ModbusMeter]:
        """The meter with that address; None: all of them."""
        found = [meter for meter in self._meters if unit in (None, meter.unit)]
        if not found:
            raise ConfigurationError(f"there is no meter with address {unit}")
        return found

    def _line_setting_written(self) -> None:
        self._line_timer = self._loop.call_later(_LINE_CHANGES_AFTER_S, self._follow_line)

    def _follow_line(self) -> None:
        """The bus is driven as its first meter talks."""
        bus, cable = self._reached.bus, self._reached.outlet
        line = self._meters[0].line
        if bus is not None and line != bus.line and isinstance(cable, SerialOutlet):
            bus.set_line(line)
            cable.retune(line.baud, line.char_format)

    def _wake(self) -> None:
        port = self._reached.outlet.port
        if port is not None:
            port.wake()

    async def close(self) -> None:
        """See Emulated."""
        if self._line_timer is not None:
            self._line_timer.cancel()
        await super().close()


def _checked_port(options: Options, first: Description) -> str:
    """Where the meters are to be. Raises ConfigurationError for options that make no sense there."""
    port = options.port or (FREE_PORT if first.transport == "tcp" else FRESH_PTY)
    given = [name for name, value in (("--baud", options.baud), ("--format", options.char_format)) if value is not None]
    if given and port.startswith(TCP):
        raise ConfigurationError(f"{given[0]}: {port} is no serial port; leave it out")
    return port
