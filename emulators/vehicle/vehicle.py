"""A car: what it does when it sees a control pilot and mains (model, no I/O, no clock).

The car closes S2 `start_delay_s` after PWM appears, draws while S2 is closed and mains is on, and follows a changed
offer `reaction_s` after each change. Without PWM it has no permission: `reaction_s` later it stops drawing and opens
S2. At state E or F it opens S2 at once. An offer below `min_a` leaves S2 closed and draws nothing.
"""

from collections import deque

from emulators.errors import BadConfiguration
from emulators.events import Emit, silent
from emulators.pilot.circuit import PilotLoad, Plateaus, Signal, state_of
from emulators.pilot.codec import read_duty
from emulators.vehicle.charger import Charger
from emulators.vehicle.draw import Draw, Triple
from emulators.vehicle.spec import VehicleSpec


class Vehicle:
    """One car. It reports `vehicle` events: plugged, unplugged, ready (S2 closed), stopped (S2 open), full.

    The methods named `set_…`, `stop` and `resume` are for whoever plays the driver: they take effect at the next
    `step`, without the reaction delay but with the ramp. `next_deadline_s` is in the past until then.
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
        # what it does
        self._now_s = 0.0
        self._s2_closed = False
        self._start_s: float | None = None
        self._stop_s: float | None = None
        self._unanswered: deque[tuple[float, int]] = deque()
        self._followed_ma = 0

    # -- what the socket and the circuit ask ---------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether the car hangs on a socket."""
        return self._socket is not None

    @property
    def pilot_load(self) -> PilotLoad | None:
        """The car's end of the control pilot circuit; None while it is not plugged in."""
        return self._loads[self._s2_closed] if self.connected else None

    @property
    def ramping(self) -> bool:
        """Whether the current is on its way to another value."""
        return self._charger.ramp_end_s is not None

    def currents_ma(self, now_s: float) -> Triple:
        """L1, L2, L3 in mA at `now_s`, valid from the last step to the next deadline."""
        return self._charger.currents_ma(now_s)

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

    def unplug(self, now_s: float) -> None:
        """Pull the plug. The current ends at once. Does nothing to a car that is not plugged in."""
        if self._socket is None:
            return
        self.step(now_s)
        self._lose_pilot(now_s)
        self.see_mains(False, now_s)
        self._report(now_s, "unplugged")
        self._socket = None

    def see_pilot(self, seen: Plateaus, signal: Signal, now_s: float) -> None:
        """Tell the car what its inlet measures: the plateau voltages, and the duty cycle if there is PWM."""
        if state_of(seen, signal) in ("E", "F"):
            self._lose_pilot(now_s)
            return
        duty_mpct = signal.duty_mpct
        offer_ma = None if duty_mpct is None else read_duty(duty_mpct, self.spec.duty_table).ma
        if offer_ma == self._offer_ma:
            return
        self._offer_ma = offer_ma
        if offer_ma is None:
            self._start_s = None
            if self._s2_closed:
                self._stop_s = now_s + self.spec.reaction_s
            return
        self._stop_s = None
        if self._s2_closed and self._charger.live_phases:
            self._unanswered.append((now_s + self.spec.reaction_s, offer_ma))
        else:
            self._followed_ma = offer_ma
        self._plan_start(now_s)

    def see_mains(self, on: bool, now_s: float, phases: int = 3) -> None:
        """Tell the car whether its inlet is live, and on how many phases."""
        live_phases = phases if on else 0
        if live_phases == self._charger.live_phases:
            return
        self._charger.set_live_phases(live_phases, now_s)
        if self._offer_ma is not None:
            self._followed_ma = self._offer_ma
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

    # -- time ----------------------------------------------------------------------------------------------------

    def next_deadline_s(self) -> float | None:
        """When `step` wants to be called; in the past after a control was changed, None when never."""
        return self._now_s if self._next_draw is not self._draw else self.next_change_s()

    def next_change_s(self) -> float | None:
        """When the car does something next by itself."""
        offer_s = self._unanswered[0][0] if self._unanswered else None
        times = (self._charger.full_s, self._stop_s, offer_s, self._start_s, self._charger.ramp_end_s)
        due = [at_s for at_s in times if at_s is not None]
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

    def _act(self, due_s: float) -> None:
        self._charger.step(due_s)
        if due_s == self._charger.full_s:
            self._charger.fill(due_s)
            self._open_s2(due_s, "full")
        if due_s == self._stop_s:
            self._open_s2(due_s, "stopped")
        while self._unanswered and self._unanswered[0][0] <= due_s:
            self._followed_ma = self._unanswered.popleft()[1]
            self._retarget(due_s)
        if due_s == self._start_s:
            self._start_s = None
            self._s2_closed = True
            self._report(due_s, "ready")
            self._retarget(due_s)

    def _plan_start(self, now_s: float) -> None:
        waiting = not self._s2_closed and self._start_s is None and self._offer_ma is not None
        if waiting and self._draw.wanted and not self._charger.full:
            self._start_s = now_s + self.spec.start_delay_s

    def _lose_pilot(self, now_s: float) -> None:
        self._offer_ma = None
        self._open_s2(now_s, "stopped")

    def _open_s2(self, now_s: float, what: str) -> None:
        self._start_s = None
        self._stop_s = None
        if self._s2_closed:
            self._s2_closed = False
            self._report(now_s, what)
        if self._offer_ma is not None:
            self._followed_ma = self._offer_ma
        self._unanswered.clear()
        self._retarget(now_s)

    def _retarget(self, now_s: float) -> None:
        if self._s2_closed and self._charger.live_phases:
            self._charger.aim(self._draw.targets_ma(self._followed_ma), now_s)
        else:
            self._charger.cut(now_s)

    def _report(self, at_s: float, what: str) -> None:
        self._emit(at_s, "vehicle", {"socket": self._socket, "what": what})
