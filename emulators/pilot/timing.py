"""Times of cars at the control pilot: what IEC 61851-1 (table A.6) gives them, and what wakes them in fact.

Those of stations are in the table of timings of the rig. The standard itself was not read. A: confirmed by more than
one public source that cites it; B: one engineering-grade source; C: one project; D: recollection.
"""

import msgspec

from emulators.pilot.circuit import HIGH, LOW, Signal

# By the numbered sequences of table A.6.
CAR_FOLLOWS_S = 5.0  # 6: a lower duty cycle is followed within this (B to D)
SIMPLIFIED_A = 10.0  # A.2.3: a car with a simplified pilot, in C from the start, limits itself to this (A)
BCB_PULSE_S = (0.2, 0.4)  # ISO 15118-3: state C in a B-C-B toggle lasts this long (A)

# Waking a car that fell asleep in a pause (A.5.3 and practice).
WAKE_PULSE_S = 4.0  # state E or F (B); other stations take the pilot off for 3 to 5 s, or 4 s (C)
WAKE_PULSE_LEAST_S = 3.0  # the shortest pulse that any of the sources uses (C)
WAKE_PAUSE_S = 0.75  # then X1 (B)
WAKE_RETRY_S = 30.0  # once more after this (B)


class Step(msgspec.Struct, frozen=True):
    """Hold this signal for so long."""

    signal: Signal
    for_s: float


# The legacy wake-up; the offer follows it.
WAKE_UP = (Step(LOW, WAKE_PULSE_S), Step(HIGH, WAKE_PAUSE_S))
