"""One outlet of the station: pilot circuit, contactor, socket meter, and the car that hangs on it or does not."""

from emulators.board.codec import Sense, Triple
from emulators.board.contactor import Contactor, ContactorTimes
from emulators.board.meter import SocketMeter
from emulators.errors import BadConfiguration
from emulators.events import Emit, silent
from emulators.pilot.circuit import (
    LOW,
    NO_FAULTS,
    PilotFaults,
    PilotLoad,
    Plateaus,
    Signal,
    Source,
    measure,
    seen_by_car,
    state_of,
)
from emulators.pilot.codec import read_duty
from emulators.pilot.waveform import sample
from emulators.vehicle.vehicle import Vehicle

PerPhase = tuple[float, float, float]
MAINS_V: PerPhase = (230.0, 230.0, 230.0)
_NO_CURRENT: Triple = (0, 0, 0)


class Socket:
    """An outlet with `phases` 1 or 3. Raises BadConfiguration for other numbers.

    Emits `pilot`, `contactor` and `currents` at the time when they happened; while a car ramps, `currents` at the
    sampling instants of the meter and at the end of the ramp. What the station is to be told waits in `take_senses`.
    The meter sits on the supply side: it shows the voltages with the contactor open too.
    """

    def __init__(
        self,
        number: int,
        *,
        phases: int = 3,
        mains_v: PerPhase = MAINS_V,
        source: Source | None = None,
        contactor_times: ContactorTimes | None = None,
        emit: Emit = silent,
    ) -> None:
        if phases not in (1, 3):
            raise BadConfiguration(f"socket {number}: phases is {phases}; allowed: 1, 3")
        self.number = number
        self.phases = phases
        self._emit = emit
        self._source = source if source is not None else Source()
        self._contactor = Contactor(contactor_times if contactor_times is not None else ContactorTimes())
        self._u_dv = _voltages_dv(mains_v, phases)
        self._meter = SocketMeter(self._u_dv)
        self._vehicle: Vehicle | None = None
        self._faults = NO_FAULTS
        self._signal = LOW
        self._now_s = 0.0
        # what was last computed, reported and sent
        self._circuit: tuple[Signal, PilotLoad | None, PilotFaults] = (LOW, None, NO_FAULTS)
        self._plateaus = measure(self._source, LOW, None)
        self._reported: tuple[Signal, Plateaus] = (LOW, self._plateaus)
        self._reported_closed = False
        self._reported_ma = _NO_CURRENT
        self._sent = self.sense()
        self._unsent: list[Sense] = []

    # -- what others ask -----------------------------------------------------------------------------------------

    @property
    def vehicle(self) -> Vehicle | None:
        """The car that is plugged in."""
        return self._vehicle

    @property
    def pilot_faults(self) -> PilotFaults:
        """What is wrong between generator and car."""
        return self._faults

    @property
    def contactor_closed(self) -> bool:
        """Whether the contacts are closed, whatever their command."""
        return self._contactor.closed

    @property
    def signal(self) -> Signal:
        """What the pilot generator does; a defective one not quite what it was told."""
        return self._signal

    @property
    def state(self) -> str:
        """The control pilot state by the computed voltages: "A1" ... "F"."""
        return state_of(self._plateaus, self._signal)

    def currents_a(self, now_s: float) -> PerPhase:
        """L1, L2, L3 in ampere at `now_s`, exact between steps; what the grid connection has to carry."""
        return (0.0, 0.0, 0.0) if self._vehicle is None else self._vehicle.currents_a(now_s)

    @property
    def outlet_v(self) -> PerPhase:
        """The phase voltages in volt behind the contactor; 0 while it is open, and on a phase that is not there."""
        if not self._contactor.closed:
            return (0.0, 0.0, 0.0)
        l1_dv, l2_dv, l3_dv = self._u_dv
        return l1_dv / 10, l2_dv / 10, l3_dv / 10

    def waveform_v(self, from_s: float, *, sample_rate_hz: float, count: int) -> list[float]:
        """What an oscilloscope at the pilot terminal samples while everything stays as it is now: `count` voltages.

        The PWM of all sockets begins at 0 s; `from_s` is the first sample. Raises BadConfiguration when rate or count
        are not above 0.
        """
        signal, load, faults = self._circuit
        return sample(
            self._source,
            signal,
            load,
            faults,
            sample_rate_hz=sample_rate_hz,
            count=count,
            start_s=from_s,
            seed=self.number,
        )

    def sense(self) -> Sense:
        """What the board senses here now: circuit and contactor as they are, the meter as it last sampled."""
        return Sense(
            self.number,
            _millivolt(self._plateaus.high_v),
            _millivolt(self._plateaus.low_v),
            0 if self._vehicle is None else self._vehicle.spec.pp_ohm,
            self._meter.i_ma,
            self._meter.u_dv,
            self._contactor.closed,
            self._meter.p_w,
        )

    def take_senses(self) -> list[Sense]:
        """What changed since the last call, in order, for the station."""
        senses, self._unsent = self._unsent, []
        return senses

    # -- what the station does -----------------------------------------------------------------------------------

    def drive(self, signal: Signal, close: bool, now_s: float) -> None:
        """Set the pilot generator and command the contactor."""
        self._catch_up(now_s)
        self._signal = self._source.emits(signal)
        self._contactor.command(close, now_s)
        self._settle(now_s)

    # -- what happens from outside -------------------------------------------------------------------------------

    def plug(self, vehicle: Vehicle, now_s: float) -> None:
        """Plug in a car. Raises BadConfiguration when another is plugged in, here or there."""
        if self._vehicle is not None:
            raise BadConfiguration(f"socket {self.number}: a car is plugged in already; unplug it first")
        self._catch_up(now_s)
        vehicle.plug(now_s, self.number)
        self._vehicle = vehicle
        self._settle(now_s)

    def unplug(self, now_s: float) -> None:
        """Pull the plug, whatever flows; nothing happens at an empty socket."""
        if self._vehicle is None:
            return
        self._catch_up(now_s)
        self._vehicle.unplug(now_s)
        self._vehicle = None
        self._settle(now_s)

    def set_pilot_faults(self, faults: PilotFaults, now_s: float) -> None:
        """Put these defects, and no others, on the pilot."""
        self._catch_up(now_s)
        self._faults = faults
        self._settle(now_s)

    def set_welded(self, welded: bool, now_s: float) -> None:
        """Weld the contactor: once closed it stays closed. Or repair it."""
        self._catch_up(now_s)
        self._contactor.weld(welded, now_s)
        self._settle(now_s)

    def set_mains_v(self, mains_v: PerPhase, now_s: float) -> None:
        """The phase voltages in volt from now on; with 0 V on L1 the car has no mains."""
        self._catch_up(now_s)
        self._u_dv = _voltages_dv(mains_v, self.phases)
        self._settle(now_s)

    # -- time ----------------------------------------------------------------------------------------------------

    def next_deadline_s(self) -> float | None:
        """When `step` wants to be called; in the past while something waits to be applied or sent."""
        if self._unsent:
            return self._now_s
        vehicle_s = None if self._vehicle is None else self._vehicle.next_deadline_s()
        return self._earliest_s(vehicle_s)

    def step(self, now_s: float) -> None:
        """Do what is due up to `now_s`, each thing at its own time, then take in what changed from outside."""
        self._catch_up(now_s)
        if self._vehicle is not None:
            self._vehicle.step(now_s)
        self._settle(now_s)

    def _catch_up(self, now_s: float) -> None:
        while (due_s := self._next_change_s()) is not None and due_s <= now_s:
            self._settle(due_s)
        self._now_s = now_s

    def _next_change_s(self) -> float | None:
        vehicle_s = None if self._vehicle is None else self._vehicle.next_change_s()
        return self._earliest_s(vehicle_s)

    def _earliest_s(self, vehicle_s: float | None) -> float | None:
        earliest_s = vehicle_s
        for due_s in (self._contactor.next_deadline_s(), self._meter.next_deadline_s()):
            if due_s is not None and (earliest_s is None or due_s < earliest_s):
                earliest_s = due_s
        return earliest_s

    def _settle(self, now_s: float) -> None:
        """Let circuit, contactor and car act on each other until nothing moves at this instant; then report."""
        self._contactor.step(now_s)
        vehicle = self._vehicle
        if vehicle is not None:
            vehicle.advance(now_s)
            self._show_mains(vehicle, now_s)
        while self._compute_circuit() and vehicle is not None:
            vehicle.see_pilot(seen_by_car(self._plateaus, self._faults), self._signal, now_s)
            vehicle.advance(now_s)
        self._report(now_s)

    def _show_mains(self, vehicle: Vehicle, now_s: float) -> None:
        vehicle.see_mains(self._contactor.closed and self._u_dv[0] > 0, now_s, self.phases)

    def _compute_circuit(self) -> bool:
        """Recompute the plateaus; returns whether anything in the circuit changed."""
        load = None if self._vehicle is None else self._vehicle.pilot_load
        circuit = (self._signal, load, self._faults)
        if circuit == self._circuit:
            return False
        self._circuit = circuit
        self._plateaus = measure(self._source, self._signal, load, self._faults)
        return True

    # -- reporting -----------------------------------------------------------------------------------------------

    def _report(self, now_s: float) -> None:
        i_ma = _NO_CURRENT if self._vehicle is None else self._vehicle.currents_ma(now_s)
        ramping = self._vehicle is not None and self._vehicle.ramping
        active_ma = _NO_CURRENT if self._vehicle is None else self._vehicle.active_ma(now_s)
        sampled = self._meter.step(now_s, i_ma, self._u_dv, active_ma)
        if ramping or i_ma != self._meter.i_ma or self._u_dv != self._meter.u_dv:
            self._meter.watch(now_s)
        if self._reported != (self._signal, self._plateaus):
            self._reported = (self._signal, self._plateaus)
            self._emit_pilot(now_s)
        if self._reported_closed != self._contactor.closed:
            self._reported_closed = self._contactor.closed
            self._emit(now_s, "contactor", {"socket": self.number, "closed": self._contactor.closed})
        if i_ma != self._reported_ma and (sampled or not ramping):
            self._reported_ma = i_ma
            self._emit(now_s, "currents", {"socket": self.number, "i_a": [ma / 1000 for ma in i_ma]})
        sense = self.sense()
        if sense != self._sent:
            self._sent = sense
            self._unsent.append(sense)

    def _emit_pilot(self, now_s: float) -> None:
        fields = {"socket": self.number, **pilot_fields(self._signal, self._plateaus)}
        self._emit(now_s, "pilot", fields)


def pilot_fields(signal: Signal, plateaus: Plateaus) -> dict[str, object]:
    """What a `pilot` event says of a signal and its voltages."""
    duty_mpct = signal.duty_mpct
    offered_ma = None if duty_mpct is None else read_duty(duty_mpct).ma
    return {
        "signal": signal.level,
        "duty_pct": None if duty_mpct is None else duty_mpct / 1000,
        "offered_a": None if offered_ma is None else offered_ma / 1000,
        "high_v": _millivolt(plateaus.high_v) / 1000,
        "low_v": _millivolt(plateaus.low_v) / 1000,
        "state": state_of(plateaus, signal),
    }


def _voltages_dv(mains_v: PerPhase, phases: int) -> Triple:
    l1_dv, l2_dv, l3_dv = (round(volt * 10) for volt in mains_v)
    return (l1_dv, l2_dv, l3_dv) if phases == 3 else (l1_dv, 0, 0)


def _millivolt(volt: float) -> int:
    return round(volt * 1000)
