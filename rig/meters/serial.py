"""Meters on a serial line: P1, TIC and Modbus RTU."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Protocol

from emulators.errors import PortError
from emulators.modbus.bus import RtuBus
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.rtu_port import RtuPort
from emulators.p1 import faults as p1_faults
from emulators.p1.meter import Corrupt
from emulators.p1.meter import Meter as P1Model
from emulators.p1.port import P1Port
from emulators.p1.versions import VERSIONS
from emulators.tic import faults as tic_faults
from emulators.tic.meter import Meter as TicModel
from emulators.tic.modes import CHAR_FORMAT, MODES
from emulators.tic.port import TicPort
from rig.errors import HarnessError
from rig.handles.base import Port, Tap
from rig.lines.end import EndSpec
from rig.lines.faults import BitFlip, Fault, Stuck, Unplug
from rig.lines.line import Line
from rig.meters.base import METER, BenchMeter, Break, Place
from rig.meters.kinds import MeterKind
from rig.meters.modbus import ANSWER_FAULTS, described, inject


class _EmulatorPort(Protocol):
    """What the ports of the emulators have in common."""

    def wake(self) -> None: ...
    def close(self) -> None: ...
    async def wait(self) -> None: ...


class SerialMeter(BenchMeter):
    """A meter on one end of a line, whose other end is the station's."""

    def __init__(self, kind: MeterKind, place: Place, baud: int, fmt: str, *, request: bool | None = None) -> None:
        super().__init__(kind, place)
        self.line = Line(
            self.name,
            loop=place.loop,
            timeline=place.timeline,
            rng=place.rng,
            baud=baud,
            fmt=fmt,
            # A station that sets its port to another rate than the meter has hears what a UART makes of that.
            b=EndSpec(place.where, request_line=place.request_line, follows_port=True),
            capture=place.capture,
            request=request,
        )
        self._port: _EmulatorPort | None = None

    @abstractmethod
    def _switch_on(self, path: str, tap: Tap) -> _EmulatorPort:
        """The model on its port."""

    async def open(self) -> None:
        """See BenchMeter."""
        await self.line.open()
        try:
            self._begin()
        except BaseException as error:
            await self.close()
            if isinstance(error, PortError):
                raise HarnessError(str(error)) from error
            raise

    def _begin(self) -> None:
        self._port = self._switch_on(self.line.a.path, self.line.a.attach("the meter"))
        self._watch(self._port.wait())

    async def close(self) -> None:
        """See BenchMeter."""
        self._remove()
        await self.line.close()

    def _remove(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def port(self) -> Port:
        """See BenchMeter."""
        line = self.line.b
        return Port(line.path, lambda: line.attach("the station"), line.detach)

    def wake(self) -> None:
        """See BenchMeter."""
        if self._port is not None:
            self._port.wake()

    @property
    def breaks(self) -> Mapping[str, Break]:
        """See BenchMeter."""
        return {name: self._line_break(fault) for name, fault in self._faults.items()}

    @property
    def _faults(self) -> Mapping[str, Fault]:
        """What can go wrong on its line."""
        return {"unplugged": Unplug(), "stuck": Stuck(value=0xFF)}

    def _line_break(self, fault: Fault) -> Break:
        def begin() -> Callable[[], None]:
            injection = self.line.fault(fault)
            injection.start()
            return injection.stop

        return begin


# The lines of a telegram that tell what L1 draws, by the field that a version may have or not.
_LINES: Mapping[str, str] = {"current_ma": "1-0:31.7.0", "phase_import_w": "1-0:21.7.0"}


class P1Meter(SerialMeter):
    """A meter that sends telegrams while the station asks for them."""

    def __init__(self, kind: MeterKind, place: Place) -> None:
        version = VERSIONS[kind.model]
        super().__init__(kind, place, version.baud, version.char_format, request=place.requested)
        self._by_modem_line = place.request_line is not None
        self.model = self._make()

    def _make(self) -> P1Model:
        place = self._place
        emit = place.timeline.emitter(METER)
        return P1Model(self.kind.model, place.read, place.calendar.at, phases=self.kind.phases, emit=emit)

    def _switch_on(self, path: str, tap: Tap) -> P1Port:
        port = P1Port(self.model, path, tap=tap)
        port.set_request(self.line.request)
        return port

    def _begin(self) -> None:
        self.line.on_request(lambda active, _now_s: self._requested(active))
        super()._begin()

    def _requested(self, active: bool) -> None:
        if isinstance(self._port, P1Port):
            self._port.set_request(active)

    @property
    def breaks(self) -> Mapping[str, Break]:
        """See BenchMeter."""
        version = VERSIONS[self.kind.model]
        lines = [line for field, line in _LINES.items() if version.row(field) is not None]
        corrupts = {
            "misread": _all(*map(p1_faults.bit_error, lines)),
            "frozen": p1_faults.frozen(),
            "repeated": p1_faults.frozen(clock_runs=False),
        }
        return {**super().breaks, **{name: _corrupt(self.model, corrupt) for name, corrupt in corrupts.items()}}

    def request(self, active: bool) -> None:
        """See BenchMeter."""
        if not self._by_modem_line:
            self.line.request = active

    def replace(self, kind: MeterKind) -> None:
        """Another P1 meter takes its place; the cable and the Data Request stay.

        Raises HarnessError for one that talks at another rate or in another format: this cable is set to the first.
        """
        now, then = VERSIONS[kind.model], VERSIONS[self.kind.model]
        if (now.baud, now.char_format) != (then.baud, then.char_format):
            raise HarnessError(f"a {kind.title} talks at {now.baud} {now.char_format}, which this cable is not set to")
        self._remove()
        self.line.a.detach()
        self.kind = kind
        self.model = self._make()
        SerialMeter._begin(self)


# The groups of a frame that tell the current of the first phase.
_LABELS: Mapping[tuple[str, int], tuple[str, str]] = {
    ("historique", 1): ("IINST", "PAPP"),
    ("historique", 3): ("IINST1", "PAPP"),
    ("standard", 1): ("IRMS1", "SINSTS"),
    ("standard", 3): ("IRMS1", "SINSTS1"),
}


class TicMeter(SerialMeter):
    """A Linky, which always sends."""

    def __init__(self, kind: MeterKind, place: Place) -> None:
        super().__init__(kind, place, MODES[kind.model].baud, CHAR_FORMAT)
        self.model = TicModel(
            kind.model,
            place.read,
            place.calendar.at,
            phases=kind.phases,
            producer=kind.producer,
            emit=place.timeline.emitter(METER),
        )

    def _switch_on(self, path: str, tap: Tap) -> TicPort:
        return TicPort(self.model, path, tap=tap)

    def switch_mode(self, mode: str) -> None:
        """The grid operator switches its output to another mode, at that mode's speed, from the next frame on."""
        self.model.set_mode(mode)
        for end in (self.line.a, self.line.b):
            if end is self.line.a or end.paces_itself:  # towards a station of its own, the device's UART sends
                self.line.retune(end, self.model.baud)

    @property
    def breaks(self) -> Mapping[str, Break]:
        """See BenchMeter."""
        labels = _LABELS[self.model.mode.name, self.kind.phases]
        corrupts = {
            "misread": _all(*map(tic_faults.bit_error, labels)),
            "frozen": tic_faults.frozen(),
            "repeated": tic_faults.frozen(clock_runs=False),
        }
        return {**super().breaks, **{name: _corrupt(self.model, corrupt) for name, corrupt in corrupts.items()}}


# An answer begins with unit, function and length.
_VALUES_FROM = 3


class RtuMeter(SerialMeter):
    """A Modbus meter on an RS-485 bus of its own."""

    def __init__(self, kind: MeterKind, place: Place) -> None:
        self.model = ModbusMeter(
            described(kind.model), place.read, settings=dict(kind.given), emit=place.timeline.emitter(METER)
        )
        line = self.model.line
        super().__init__(kind, place, line.baud, line.char_format)
        self._bus = RtuBus([self.model], emit=place.timeline.emitter(METER))

    def _switch_on(self, path: str, tap: Tap) -> RtuPort:
        return RtuPort(self._bus, path, tap=tap)

    @property
    def _faults(self) -> Mapping[str, Fault]:
        # The second lowest bit of the first byte of an answer's first value: of a float's exponent, or 33 million.
        return {**super()._faults, "misread": BitFlip(positions=((_VALUES_FROM, 1),), direction="a>b")}

    @property
    def breaks(self) -> Mapping[str, Break]:
        """See BenchMeter."""
        faults = {name: inject(self.model, fault) for name, (fault, media) in ANSWER_FAULTS.items() if "rtu" in media}
        return {**super().breaks, **faults}


def _all(*corrupts: Corrupt) -> Corrupt:
    """One after the other."""

    def apply(data: bytes, number: int) -> bytes:
        for corrupt in corrupts:
            data = corrupt(data, number)
        return data

    return apply


def _corrupt(meter: P1Model | TicModel, corrupt: Corrupt) -> Break:
    """What the meter sends is changed on its way, until that is ended."""

    def begin() -> Callable[[], None]:
        meter.corrupt = corrupt

        def end() -> None:
            meter.corrupt = None

        return end

    return begin
