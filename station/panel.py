"""What the user sees: display text and LED pattern, as a truth table over the situation of the socket. Pure."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

DISPLAY_302 = "302: One moment please. Your charging session will resume shortly."  # OCP-015 LOG-013
DISPLAY_SUSPENDED = "Charging session halted by energy supplier"  # SCM-008
DISPLAY_WAITING = "Chargepoint ready, waiting for power"  # LOG-015 UI-014


class Situation(Enum):
    """What the socket is doing, as far as the user is concerned."""

    IDLE = auto()  # nothing plugged in
    READY = auto()  # an offer is out, the vehicle does not take it
    CHARGING = auto()
    REDUCING = auto()  # charging, and asked for less than it draws
    SAFE = auto()  # charging at the safe current, the meter is not heard
    WAITING = auto()  # too little current to offer anybody any
    TURN = auto()  # others are served, this one waits for its turn
    SUSPENDED = auto()  # by the external circuit
    OVER_CURRENT = auto()  # paused in state F
    PILOT_FAULT = auto()  # no usable pilot signal


class Face(NamedTuple):
    """Display text ("" for the power, see `display`) and LED pattern. Flashes are 1 Hz, 50 % (O-50)."""

    display: str
    led: str


FACES: Mapping[Situation, Face] = {
    Situation.IDLE: Face("Ready to charge", "off"),  # our own
    Situation.READY: Face("Waiting for the vehicle", "light blue steady"),  # our own
    Situation.CHARGING: Face("", "dark blue steady"),  # UI-010
    Situation.REDUCING: Face("", "dark blue flashing"),  # UI-002
    Situation.SAFE: Face("", "dark blue interrupted"),  # UI-011
    Situation.WAITING: Face(DISPLAY_WAITING, "light blue flashing"),  # UI-010 LOG-015
    Situation.TURN: Face("", "light blue flashing"),  # ALT-018 ALT-019 PRB-023 UI-005
    Situation.SUSPENDED: Face(DISPLAY_SUSPENDED, "light blue flashing"),  # SCM-008 SCM-010 O-48
    Situation.OVER_CURRENT: Face(DISPLAY_302, "red/blue alternating"),  # OCP-015 OCP-017
    Situation.PILOT_FAULT: Face("Check the cable and the vehicle", "red steady"),  # our own
}


def display(situation: Situation, power_w: float, full_power_w: float) -> str:
    """Text of the display; for a session in turn the measured power beside the most there could be.

    UI-001, UI-006, UI-007, ALT-018.

    Figures are kW truncated to 0.1 (O-53).
    """
    return FACES[situation].display or f"{_kw(power_w)} of {_kw(full_power_w)} kW"


def _kw(power_w: float) -> str:
    return f"{int(power_w / 100) / 10:.1f}"
