"""Mode 3: the control pilot state machine of one socket, as a table. Pure.

The vehicle says what it is (by voltage), the station says what it permits; together they are the state, and the
state says what to put on the pilot and what to do with the contactor.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Literal, NamedTuple

from station.pilot import MINIMUM_MA, Vehicle, duty_mpct
from station.settings import Settings

State = Literal["A1", "B1", "B2", "C1", "C2", "D1", "E", "F"]


class Permission(Enum):
    """What the station wants: charging at an offer of 6 A or more, no charging, or the pilot in state F."""

    OFFER = auto()
    NONE = auto()
    FAULT = auto()


class Contactor(Enum):
    """OPEN: at once. CLOSE: when the closing delay is over. RELEASE: open when the time for the vehicle is over."""

    OPEN = auto()
    CLOSE = auto()
    RELEASE = auto()


class Row(NamedTuple):
    """What one state looks like: the pilot and the contactor."""

    state: State
    pilot: Literal["high", "low", "pwm"]
    contactor: Contactor


_F = Row("F", "low", Contactor.OPEN)

TABLE: Mapping[tuple[Vehicle, Permission], Row] = {
    (Vehicle.A, Permission.OFFER): Row("A1", "high", Contactor.OPEN),
    (Vehicle.A, Permission.NONE): Row("A1", "high", Contactor.OPEN),
    (Vehicle.B, Permission.OFFER): Row("B2", "pwm", Contactor.OPEN),
    (Vehicle.B, Permission.NONE): Row("B1", "high", Contactor.OPEN),
    (Vehicle.C, Permission.OFFER): Row("C2", "pwm", Contactor.CLOSE),
    (Vehicle.C, Permission.NONE): Row("C1", "high", Contactor.RELEASE),
    # Charging with ventilation is not supported: no current, as without an offer.
    (Vehicle.D, Permission.OFFER): Row("D1", "high", Contactor.OPEN),
    (Vehicle.D, Permission.NONE): Row("D1", "high", Contactor.OPEN),
    (Vehicle.E, Permission.OFFER): Row("E", "high", Contactor.OPEN),
    (Vehicle.E, Permission.NONE): Row("E", "high", Contactor.OPEN),
    # Just out of state F: the offer goes out before the vehicle has been seen again (O-07).
    (Vehicle.UNKNOWN, Permission.OFFER): Row("B2", "pwm", Contactor.OPEN),
    (Vehicle.UNKNOWN, Permission.NONE): Row("A1", "high", Contactor.OPEN),
    **{(vehicle, Permission.FAULT): _F for vehicle in Vehicle},
}


class Mode3:
    """Pilot and contactor of one socket. `step()` gives the state; read `pilot` and `contactor` after it.

    The contactor closes `m3.contactor_close_s` after C2 began (at most 3 s), opens at once when C2 is left for
    anything but C1 (the standard: within 100 ms), and in C1 when the vehicle leaves C or after `m3.c1_open_s`.
    """

    def __init__(self, settings: Settings) -> None:
        self._close_after_s = settings.m3_contactor_close_s
        self._open_after_s = settings.m3_c1_open_s
        self._row = TABLE[Vehicle.UNKNOWN, Permission.NONE]
        self._contactor_due_s: float | None = None
        self.pilot: int | str = "high"
        self.contactor = False

    @property
    def state(self) -> State:
        """The state as of the last step."""
        return self._row.state

    def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
        """Decide the state at `now_s`. `offer_ma` counts only with Permission.OFFER; it must be 6 A or more then."""
        if permission is Permission.OFFER and offer_ma < MINIMUM_MA:
            raise ValueError(f"an offer of {offer_ma} mA: {MINIMUM_MA} mA or more, or Permission.NONE (M3-002)")
        row = TABLE[vehicle, permission]
        self.pilot = duty_mpct(offer_ma) if row.pilot == "pwm" else row.pilot
        if row.contactor is not self._row.contactor:
            self._contactor_due_s = self._due_s(now_s, row.contactor)
        self._row = row
        if row.contactor is Contactor.OPEN:
            self.contactor = False
        elif self._contactor_due_s is not None and now_s >= self._contactor_due_s:
            self.contactor = row.contactor is Contactor.CLOSE
            self._contactor_due_s = None
        return row.state

    def next_deadline_s(self) -> float | None:
        """When the contactor moves by itself."""
        return self._contactor_due_s

    def _due_s(self, now_s: float, action: Contactor) -> float | None:
        if action is Contactor.CLOSE:
            return now_s + self._close_after_s
        if action is Contactor.RELEASE and self.contactor:
            return now_s + self._open_after_s
        return None
