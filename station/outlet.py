"""One socket of the station: what its board senses there, its session, its protection and its Mode 3. Pure."""

from collections.abc import Callable

from station.balancing.active import SOCKET_METER_LATE_S
from station.balancing.classifiers import Sample
from station.board.codec import Drive, Sense
from station.cable import cable_da
from station.mode3 import Mode3, Permission, State
from station.overcurrent import OverCurrent, Resumed, Tripped
from station.pilot import Vehicle, diode_missing, signalled_ma, vehicle_state
from station.settings import Settings
from station.units import MA_PER_DA, Triple, da_from_ma

NO_CURRENT: Triple = (0, 0, 0)
# A vehicle in these is given nothing, whatever there is: no usable pilot, or it asks for ventilation.
REFUSED = frozenset({Vehicle.D, Vehicle.E})


class Outlet:
    """Socket `number`, from 1. `vehicle`, `session` and `change` hold as of the last call."""

    def __init__(
        self,
        number: int,
        settings: Settings,
        *,
        overcurrent: Callable[[Settings], OverCurrent] = OverCurrent,
        mode3: Callable[[Settings], Mode3] = Mode3,
    ) -> None:
        self.number = number
        self.behind = settings.behind[number - 1]
        self.connector_da = settings.connectors_da[number - 1]
        self.overcurrent = overcurrent(settings)
        self.mode3 = mode3(settings)
        self.sense: Sense | None = None
        self.vehicle = Vehicle.UNKNOWN
        self.session = False
        self.charged = False  # since it was plugged in
        self.resuming = False  # since it was suspended, until it charges again
        self.change: Tripped | Resumed | None = None
        self._refused: Vehicle | None = None  # what it showed that it is given nothing for until it is unplugged
        self._before_da, self._before_until_s = 0, 0.0  # the offer before the last decrease, and how long it counts

    # -- what comes in -------------------------------------------------------------------------------------------

    def unlink(self) -> None:
        """There is no board any more. Session and over-current pause go on: a glitch of the link must not end them."""
        self.sense = None
        self.vehicle = Vehicle.UNKNOWN

    def observe(self, sense: Sense) -> None:
        """What the board says about vehicle and cable, and what follows for the session."""
        self.sense = sense
        self.vehicle = vehicle_state(sense.cp_high_mv, self.vehicle)
        if sense.pp_ohm == 0 or self.vehicle is Vehicle.A:
            self.session = self.charged = self.resuming = False
            self._refused = None
            self.overcurrent.reset()
        elif self.vehicle is not Vehicle.UNKNOWN:
            self.session = True
            if self.vehicle is not Vehicle.E and diode_missing(sense.cp_high_mv, sense.cp_low_mv):
                self._refused = Vehicle.E
            elif self.vehicle is Vehicle.D:  # it would go back to B without an offer, and ask again with one, for ever
                self._refused = Vehicle.D
        self.vehicle = self._refused or self.vehicle

    # -- what the balancing asks ---------------------------------------------------------------------------------

    @property
    def wants(self) -> bool:
        """Whether nothing but balancing keeps it from charging."""
        there = self.session and self.sense is not None
        return there and not self.overcurrent.paused and self.vehicle not in REFUSED

    @property
    def cap_da(self) -> int:
        """The most it may have, by connector and cable, in dA."""
        cable = self._cable_da
        return self.connector_da if cable is None else min(self.connector_da, cable)

    @property
    def cap_source(self) -> str:
        """Which of the two leads."""
        cable = self._cable_da
        return "cable" if cable is not None and cable < self.connector_da else "connector"

    @property
    def _cable_da(self) -> int | None:
        return cable_da(self.sense.pp_ohm) if self.session and self.sense is not None else None

    @property
    def measured_ma(self) -> Triple:
        """What flows in its own L1, L2 and L3."""
        return NO_CURRENT if self.sense is None else self.sense.current_ma

    @property
    def grid_ma(self) -> Triple:
        """What flows, in the phases of the grid."""
        flowing_ma = [0, 0, 0]
        for phase, current_ma in zip(self.behind, self.measured_ma, strict=False):
            flowing_ma[phase] = current_ma
        return flowing_ma[0], flowing_ma[1], flowing_ma[2]

    def flowing_ma(self, now_s: float) -> Triple:
        """As `grid_ma`, and no less than what may have begun to flow before its meter could tell.

        A car may take all of its offer from one moment to the next. What it is offered counts, and for a while what it
        was offered before that.
        """
        if not self.mode3.contactor:
            return self.grid_ma
        may_ma = (self._before_da if now_s < self._before_until_s else self.signalled_da) * MA_PER_DA
        drawing = max(self.grid_ma) > 0  # it is seen on which phases then
        one, two, three = (
            max(ma, may_ma) if (ma if drawing else phase in self.behind) else ma
            for phase, ma in enumerate(self.grid_ma)
        )
        return one, two, three

    @property
    def sample(self) -> Sample:
        """What the classifiers and the other rooms look at."""
        return Sample(self.measured_ma, self._active_ma(), self.mode3.state == "C2")

    @property
    def signalled_da(self) -> int:
        """What its pilot offers, in dA."""
        return da_from_ma(signalled_ma(self.mode3.pilot))

    @property
    def power_w(self) -> float:
        """What its meter says."""
        return 0.0 if self.sense is None else float(sum(self.sense.power_w))

    def _active_ma(self) -> Triple:
        if self.sense is None:
            return NO_CURRENT
        one, two, three = (
            power_w * 10_000 // voltage_dv if voltage_dv else 0
            for power_w, voltage_dv in zip(self.sense.power_w, self.sense.voltage_dv, strict=True)
        )
        return one, two, three

    # -- what goes out -------------------------------------------------------------------------------------------

    def protect(self, now_s: float) -> None:
        """Compare what flows with what is signalled."""
        charging = self.sense is not None and self.sense.contactor
        change = self.overcurrent.step(now_s, self.measured_ma, signalled_ma(self.mode3.pilot), charging)
        self.change = change or self.change

    def drive(self, now_s: float, offer_ma: int) -> bool:
        """Offer so much, 0 for nothing. Whether that changed its state or its pilot."""
        before, before_da = (self.mode3.state, self.mode3.pilot), self.signalled_da
        self.mode3.step(now_s, self.vehicle, self._permission(offer_ma), offer_ma)
        if self.mode3.pilot != before[1]:
            self.protect(now_s)  # from now on against what is signalled now
        if self.signalled_da < before_da and before[0] == "C2":
            self._before_da, self._before_until_s = before_da, now_s + SOCKET_METER_LATE_S
        if self.mode3.state == "C2":
            self.charged, self.resuming = True, False
        return before != (self.mode3.state, self.mode3.pilot)

    def _permission(self, offer_ma: int) -> Permission:
        if self.overcurrent.paused:
            return Permission.FAULT
        return Permission.OFFER if self.session and self.sense is not None and offer_ma else Permission.NONE

    @property
    def state(self) -> State:
        """The state as of the last step."""
        return self.mode3.state

    def commanded(self) -> Drive:
        """What the board is to do."""
        return Drive(self.number, self.mode3.pilot, self.mode3.contactor)

    def next_deadline_s(self) -> float | None:
        """When protection or contactor act by themselves."""
        due = [self.overcurrent.next_deadline_s(), self.mode3.next_deadline_s()]
        return min((due_s for due_s in due if due_s is not None), default=None)

    def settled_s(self, now_s: float) -> float | None:
        """When an offer that was lowered just now counts no more; None when there was none."""
        return self._before_until_s if self._before_until_s > now_s else None
