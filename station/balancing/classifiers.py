"""How a probe tells a car that needs 14 A from one that is content with 6 A: replaceable strategies (O-10). Pure.

The documents say only that it is told within a minute at 14 A, and that it cannot be told below 14 A (PRB-010,
PRB-014). The cars with the higher minimum are those with a Chameleon charger. Its filter draws a constant reactive
current, so that at 14 A its power factor still stands out; below its minimum it draws no active current at all.
"""

from typing import NamedTuple, Protocol

CLASS_6_DA, CLASS_14_DA = 60, 140  # PRB-001, PRB-025
# O-12: less than that is not charging.
DRAWS_FROM_MA = 1000
# Ordinary chargers are above 0.98, Chameleon chargers at about 0.95 from 8 A on (evcc issue 187): the middle.
POWER_FACTOR_PERMILLE = 965
# Below that nobody knows the power factor of an ordinary charger well enough; cars that charge draw more at 14 A.
TELLING_FROM_MA = 6000
STEPDOWN_DA = 60  # O-10: anything from 6 A to 13.9 A
STEPDOWN_S = 10.0  # O-10


class Sample(NamedTuple):
    """What is seen at a socket: current and its active part per phase in mA, and whether it is in C2 (it may draw)."""

    current_ma: tuple[int, int, int]
    active_ma: tuple[int, int, int]
    charging: bool

    @property
    def draws(self) -> bool:
        """Whether the car charges; a filter alone does not (O-12)."""
        return self.charging and max(self.active_ma) > DRAWS_FROM_MA

    @property
    def loads(self) -> frozenset[int]:
        """The phases of the socket that the car loads, from 0; a filter is a load too."""
        return frozenset(phase for phase, current_ma in enumerate(self.current_ma) if current_ma > DRAWS_FROM_MA)


class Classifier(Protocol):
    """Judges one car in one probe. Times are seconds since C2 began."""

    @property
    def after_s(self) -> float:
        """How much longer than the minute it takes."""

    def after_da(self) -> int:
        """What it offers in that time, in dA."""

    def take(self, lasted_s: float, offer_da: int, sample: Sample) -> None:
        """For so long the socket was offered this and drew that."""

    def needs_14_a(self) -> bool:
        """The verdict when all is over."""


class PowerFactor:
    """The displacement power factor at the socket's meter, over all the time in which the car charged at 14 A or more.

    Longer times and higher currents count more.
    """

    after_s = 0.0

    def __init__(self) -> None:
        self._current_mas = 0.0
        self._active_mas = 0.0

    def after_da(self) -> int:
        """Never asked for."""
        return CLASS_14_DA

    def take(self, lasted_s: float, offer_da: int, sample: Sample) -> None:
        """For so long the socket was offered this and drew that."""
        if offer_da >= CLASS_14_DA and sample.draws and max(sample.current_ma) >= TELLING_FROM_MA:
            self._current_mas += lasted_s * sum(sample.current_ma)
            self._active_mas += lasted_s * sum(sample.active_ma)

    def needs_14_a(self) -> bool:
        """Whether the power factor was too low for an ordinary charger."""
        return self._active_mas * 1000 < self._current_mas * POWER_FACTOR_PERMILLE


class StepDown:
    """Offers less than 14 A when the minute is over: who needs 14 A stops, in state C or by going to B.

    What the car does at the end of it counts, for cars take some seconds to follow. It costs a car that needs 14 A ten
    seconds below them, which the documents do not foresee (PRB-008).
    """

    after_s = STEPDOWN_S

    def __init__(self) -> None:
        self._charged = False
        self._stopped = False

    def after_da(self) -> int:
        """Too little for a car that needs 14 A."""
        return STEPDOWN_DA

    def take(self, lasted_s: float, offer_da: int, sample: Sample) -> None:
        """For so long the socket was offered this and drew that."""
        if lasted_s <= 0:
            return
        if offer_da >= CLASS_14_DA:
            self._charged |= sample.draws
        self._stopped = offer_da < CLASS_14_DA and not sample.draws

    def needs_14_a(self) -> bool:
        """Whether it charged at 14 A and not below."""
        return self._charged and self._stopped
