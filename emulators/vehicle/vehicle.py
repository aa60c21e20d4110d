"""A car: what it does when it sees a control pilot and mains (model, no I/O, no clock).

The car closes S2 `start_delay_s` after PWM appears, draws while S2 is closed and mains is on, and follows a changed
offer `reaction_s` after each change. Without PWM it has no permission: `reaction_s` later it stops drawing and opens
S2. At state E or F it opens S2 at once. An offer below `min_a` leaves S2 closed and draws nothing.

Cars that differ from that are described by their VehicleSpec: each field has one place here where it is asked.
"""

import math

from emulators.errors import BadConfiguration
from emulators.events import Emit, silent
from emulators.pilot.circuit import PilotLoad, Plateaus, Signal, state_of
from emulators.pilot.codec import read_duty
from emulators.pilot.timing import SIMPLIFIED_A
from emulators.pilot.tolerance import ACCEPTED_HZ
from emulators.vehicle.charger import Charger
from emulators.vehicle.draw import Draw, Triple
from emulators.vehicle.spec import VehicleSpec

_SIMPLIFIED_MA = round(SIMPLIFIED_A * 1000)


class Vehicle:
    """One car. It reports `vehicle` events: plugged, unplugged, ready (S2 closed), stopped (S2 open), full, asleep,
    awake. A car with a simplified pilot is in state C all the time; it is ready when it would draw.

    The methods named `set_…`, `stop`, `resume` and `fall_asleep` are for whoever plays the driver: they take effect at
    the next `step`, without the reaction delay but with the ramp. `next_deadline_s` is in the past until then.
    """

    def __init__(self, spec: VehicleSpec, emit: Emit = silent) -> None:
        self.spec = spec
        self._emit = emit
        self._socket: int | None = None
        self._loads = (
            PilotLoad(spec.r2_ohm, None, spec.diode_drop_v),
            PilotLoad(spec.r2_ohm, spec.r3_ohm, spec.diode_drop_v),
        )
        self._charger = Charger(spec)
        # what the driver wants
        self._draw = Draw.of(spec)
        self._next_draw = self._draw  # what the controls say; becomes `_draw` at the next step
        # what the car sees
        self._offer_ma: int | None = None
        self._last_ma = 0  # the last offer there was; what a car draws that does not mind the loss of PWM
        self._lost_s: float | None = None  # since when the pilot has been in state E or F
        # what it does
        self._now_s = 0.0
        self._s2_closed = False
        self._start_s: float | None = None
        self._stop_s: float | None = None
        self._toggle_s: float | None = None
        self._unanswered: list[tuple[float, int]] = []  # when to answer, and to what; in the order of the offers
        self._followed_ma = 0
        self._asleep = False
        self._to_sleep = False  # as the controls say
        self._sleep_s: float | None = None
        self._up_s = 0.0

    # -- what the socket and the circuit ask ---------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether the car hangs on a socket."""
        return self._socket is not None

    @property
    def pilot_load(self) -> PilotLoad | None:
        """The car's end of the control pilot circuit; None while it is not plugged in."""
        return self._loads[self._s2_closed or self.spec.simplified] if self.connected else None

    @property
    def ramping(self) -> bool:
        """Whether the current is on its way to another value."""
        return self._charger.ramp_end_s is not None

    @property
    def asleep(self) -> bool:
        """Whether the car has to be woken before it charges."""
        return self._asleep

    @property
    def willing(self) -> bool:
        """Whether the car would charge if it were offered enough: not full, not asleep, and not stopped by hand."""
        return self._draw.wanted and not self._charger.full and not self._asleep

    def currents_ma(self, now_s: float) -> Triple:
        """L1, L2, L3 in mA at `now_s`, valid from the last step to the next deadline."""
        return self._charger.currents_ma(now_s)

    def active_ma(self, now_s: float) -> Triple:
        """The part of the currents in phase with the voltage, to the nearest mA; valid like `currents_ma`."""
        return self._charger.active_ma(now_s)

    def reactive_ma(self, now_s: float) -> Triple:
        """The rest, at right angles to it, to the nearest mA: negative where it leads, as with a capacitor."""
        return self._charger.reactive_ma(now_s)

    def currents_a(self, now_s: float) -> tuple[float, float, float]:
        """L1, L2, L3 in ampere at `now_s`, valid from the last step to the next deadline."""
        l1, l2, l3 = self._charger.currents_ma(now_s)
        return l1 / 1000, l2 / 1000, l3 / 1000

    def soc_pct(self, now_s: float) -> float | None:
        """The state of charge in percent; None for a car without a battery capacity."""
        return self._charger.soc_pct(now_s)

    # -- what happens to the car ---------------------------------------------------------------------------------

    def plug(self, now_s: float, socket: int = 1) -> None:
        """Plug the car into a socket. Raises BadConfiguration when it hangs on one already."""
        if self._socket is not None:
            raise BadConfiguration(f"the car is plugged into socket {self._socket} already; unplug it first")
        self._socket = socket
        self._now_s = now_s
        self._report(now_s, "plugged")
        self._plan_sleep(now_s)

    def unplug(self, now_s: float) -> None:
        """Pull the plug. The current ends at once. Does nothing to a car that is not plugged in."""
        if self._socket is None:
            return
        self.step(now_s)
        self._lose_pilot(now_s)
        self.see_mains(False, now_s)
        self._report(now_s, "unplugged")
        self._socket = None
        self._asleep = False
        self._sleep_s = self._lost_s = None

    def see_pilot(self, seen: Plateaus, signal: Signal, now_s: float) -> None:
        """Tell the car what its inlet measures: the plateau voltages, and the duty cycle if there is PWM."""
        if state_of(seen, signal) in ("E", "F"):
            self._lose_pilot(now_s)
            return
        self._find_pilot(now_s)
        offer_ma = self._read(signal)
        if offer_ma == self._offer_ma:
            return
        self._offer_ma = offer_ma
        if offer_ma is None:
            self._pause(now_s)
            return
        self._last_ma = offer_ma
        self._stop_s = self._sleep_s = None
        if self._asleep and self.spec.wakes_by == "offer":
            self._wake(now_s)
        if self._s2_closed and self._charger.live_phases:
            self._hear(offer_ma, now_s)
        else:
            self._followed_ma = offer_ma
        self._plan_start(now_s)

    def see_mains(self, on: bool, now_s: float, phases: int = 3) -> None:
        """Tell the car whether its inlet is live, and on how many phases."""
        live_phases = phases if on else 0
        if live_phases == self._charger.live_phases:
            return
        self._charger.set_live_phases(live_phases, now_s)
        self._followed_ma = self._last_ma
        self._unanswered.clear()
        self._retarget(now_s)

    # -- the driver's hands --------------------------------------------------------------------------------------

    def set_draw_fraction(self, fraction: float) -> None:
        """Draw this fraction of the offer (1.05: 5 % too much), up to the maximum. Raises BadConfiguration."""
        self._next_draw = self._next_draw.with_fraction(fraction)

    def set_fixed_draw(self, *a_per_phase: float | None) -> None:
        """Draw this at any offer, past minimum and maximum: one current for all phases, or L1, L2 and L3.

        None: by the offer again. Phases that car or mains do not have stay at 0. Raises
        BadConfiguration.
        """
        self._next_draw = self._next_draw.with_fixed(*a_per_phase)

    def set_max(self, max_a: float) -> None:
        """Draw at most this per phase. Raises BadConfiguration."""
        self._next_draw = self._next_draw.with_max(max_a)

    def stop(self) -> None:
        """End the charge from the car's side: S2 opens and stays open until `resume`."""
        self._next_draw = self._next_draw.with_wanted(False)

    def resume(self) -> None:
        """Want current again after `stop`."""
        self._next_draw = self._next_draw.with_wanted(True)

    def fall_asleep(self) -> None:
        """Fall asleep, from whatever the car was doing; it is woken as its kind is, or by its plug."""
        self._to_sleep = True

    # -- time ----------------------------------------------------------------------------------------------------

    def next_deadline_s(self) -> float | None:
        """When `step` wants to be called; in the past after a control was changed, None when never."""
        changed = self._next_draw is not self._draw or self._to_sleep
        return self._now_s if changed else self.next_change_s()

    def next_change_s(self) -> float | None:
        """When the car does something next by itself."""
        charger = self._charger
        times = (charger.full_s, charger.ramp_end_s, self._stop_s, self._toggle_s, self._start_s, self._sleep_s)
        due = [at_s for at_s in times if at_s is not None]
        due += [at_s for at_s, _ in self._unanswered]
        return min(due) if due else None

    def advance(self, now_s: float) -> None:
        """Do what is due up to `now_s`, each thing at the time it was due, and leave changed controls for later."""
        while (due_s := self.next_change_s()) is not None and due_s <= now_s:
            self._act(due_s)
        self._now_s = now_s

    def step(self, now_s: float) -> None:
        """Advance to `now_s`, then apply changed controls there."""
        self.advance(now_s)
        if self._next_draw is not self._draw:
            self._draw = self._next_draw
            if self._draw.wanted:
                self._plan_start(now_s)
            else:
                self._open_s2(now_s, "stopped")
            self._retarget(now_s)
        if self._to_sleep:
            self._to_sleep = False
            self._sleep(now_s)

    def _act(self, due_s: float) -> None:
        self._charger.step(due_s)
        if due_s == self._charger.full_s:
            self._charger.fill(due_s)
            self._open_s2(due_s, "full")
        if due_s == self._stop_s:
            self._open_s2(due_s, "stopped")
        if due_s == self._toggle_s and self.spec.toggle_s is not None:
            self._open_s2(due_s, "stopped")
            if self._offer_ma is not None:
                self._start_s = due_s + self.spec.toggle_s[1]
        self._answer(due_s)
        if due_s == self._start_s:
            self._close_s2(due_s)
        if due_s == self._sleep_s:
            self._sleep(due_s)

    # -- the offer -----------------------------------------------------------------------------------------------

    def _read(self, signal: Signal) -> int | None:
        """The current in mA that the car takes the pilot to offer; None is no permission."""
        if self.spec.simplified:
            return _SIMPLIFIED_MA
        if signal.duty_mpct is None or not ACCEPTED_HZ.holds(signal.frequency_hz):
            return None
        offer_ma = read_duty(signal.duty_mpct, self.spec.duty_table).ma
        too_little = self.spec.below_min == "stop" and offer_ma is not None and offer_ma < self._draw.min_ma
        return None if too_little else offer_ma

    def _hear(self, offer_ma: int, now_s: float) -> None:
        """Answer a changed offer later, or never. It is lower when the car draws more, or is about to."""
        highest_ma = max([self._followed_ma, *(ma for _, ma in self._unanswered)])
        lower_s = self.spec.decrease_reaction_s
        delay_s = self.spec.reaction_s if lower_s is None or offer_ma >= highest_ma else lower_s
        if delay_s < math.inf:
            self._unanswered.append((now_s + delay_s, offer_ma))

    def _answer(self, now_s: float) -> None:
        """Follow an offer that is due. What was said before it, and was not answered yet, never will be."""
        for number, (due_s, offer_ma) in enumerate(self._unanswered):
            if due_s <= now_s:
                del self._unanswered[: number + 1]
                self._followed_ma = offer_ma
                self._retarget(now_s)
                return

    def _pause(self, now_s: float) -> None:
        """No permission any more, but the pilot is there."""
        self._start_s = None
        delay_s = self.spec.reaction_s if self.spec.stop_reaction_s is None else self.spec.stop_reaction_s
        if self._s2_closed and delay_s < math.inf:
            self._stop_s = now_s + delay_s
        self._plan_sleep(now_s)

    def _lose_pilot(self, now_s: float) -> None:
        if self._lost_s is None:
            self._lost_s = now_s
        self._offer_ma = None
        self._open_s2(now_s, "stopped")
        self._plan_sleep(now_s)

    def _find_pilot(self, now_s: float) -> None:
        lost_s, self._lost_s = self._lost_s, None
        toggled = lost_s is not None and now_s - lost_s >= self.spec.wake_pulse_s
        if toggled and self._asleep and self.spec.wakes_by == "toggle":
            self._wake(now_s)

    # -- sleep ---------------------------------------------------------------------------------------------------

    def _plan_sleep(self, now_s: float) -> None:
        if self.spec.sleep_after_s is not None and not self._asleep and self._sleep_s is None:
            self._sleep_s = now_s + self.spec.sleep_after_s

    def _sleep(self, now_s: float) -> None:
        self._sleep_s = None
        self._asleep = True
        self._open_s2(now_s, "stopped")
        self._report(now_s, "asleep")

    def _wake(self, now_s: float) -> None:
        self._asleep = False
        self._up_s = now_s + self.spec.wake_s
        self._report(now_s, "awake")
        if self._offer_ma is None:
            self._plan_sleep(now_s)

    # -- S2 ------------------------------------------------------------------------------------------------------

    def _plan_start(self, now_s: float) -> None:
        waiting = not self._s2_closed and self._start_s is None and self._offer_ma is not None
        if waiting and self._draw.wanted and not self._charger.full and not self._asleep:
            self._start_s = max(now_s, self._up_s) + self.spec.start_delay_s

    def _close_s2(self, now_s: float) -> None:
        self._start_s = None
        self._s2_closed = True
        if self.spec.toggle_s is not None:
            self._toggle_s = now_s + self.spec.toggle_s[0]
        self._report(now_s, "ready")
        self._retarget(now_s)

    def _open_s2(self, now_s: float, what: str) -> None:
        self._start_s = self._stop_s = self._toggle_s = None
        if self._s2_closed:
            self._s2_closed = False
            self._report(now_s, what)
        self._followed_ma = self._last_ma
        self._unanswered.clear()
        self._retarget(now_s)

    def _retarget(self, now_s: float) -> None:
        if self._s2_closed and self._charger.live_phases:
            self._charger.aim(self._draw.targets_ma(self._followed_ma), now_s)
        else:
            self._charger.cut(now_s)

    def _report(self, at_s: float, what: str) -> None:
        self._emit(at_s, "vehicle", {"socket": self._socket, "what": what})
