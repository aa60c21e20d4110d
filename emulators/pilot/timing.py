"""Times of the control pilot: what IEC 61851-1 (tables A.5, A.6) gives stations and cars, and what stations do in fact.

The standard itself was not read. A: confirmed by more than one public source that cites it; B: one engineering-grade
source; C: one project; D: recollection.
"""

import msgspec

from emulators.pilot.circuit import HIGH, LOW, Signal

# The station, by the numbered sequences of table A.6.
CONTACTOR_ON_S = 3.0  # 4, B2 to C2: mains within this (A)
CONTACTOR_OFF_S = 0.1  # 2.1, 2.2 and 8.1, C2 to A or B2: mains off within this (A)
C1_FORCED_OPEN_S = 6.0  # 10.2, C1: opened under load, never sooner than this (A)
C1_FORCED_OPEN_LATEST_S = 7.0  # and never later, a limit of one board (A)
PWM_UPDATE_S = 5.0  # 6: the duty cycle changes no more often than this while the car charges (A)
STATE_F_S = 0.3  # table A.5: state F lasts at least this, so that every car sees it (A)

# The car.
CAR_FOLLOWS_S = 5.0  # 6: a lower duty cycle is followed within this (B to D)
SIMPLIFIED_A = 10.0  # A.2.3: a car with a simplified pilot, in C from the start, limits itself to this (A)
BCB_PULSE_S = (0.2, 0.4)  # ISO 15118-3: state C in a B-C-B toggle lasts this long (A)

# Waking a car that fell asleep in a pause (A.5.3 and practice).
WAKE_PULSE_S = 4.0  # state E or F (B); other stations take the pilot off for 3 to 5 s, or 4 s (C)
WAKE_PULSE_LEAST_S = 3.0  # the shortest pulse that any of the sources uses (C)
WAKE_PAUSE_S = 0.75  # then X1 (B)
WAKE_RETRY_S = 30.0  # once more after this (B)
X1_PAUSE_S = 3.0  # X1 between two offers, so that the second one is seen as B1 to B2 (B)
REPLUG_S = 4.0  # the pilot taken off, as if the plug had been pulled (B)


class Step(msgspec.Struct, frozen=True):
    """Hold this signal for so long."""

    signal: Signal
    for_s: float


# The legacy wake-up; the offer follows it.
WAKE_UP = (Step(LOW, WAKE_PULSE_S), Step(HIGH, WAKE_PAUSE_S))
