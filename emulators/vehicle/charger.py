"""The on-board charger: currents on their way to their targets, and the battery that they fill."""

from emulators.vehicle.battery import Battery
from emulators.vehicle.draw import Triple
from emulators.vehicle.power_factor import PowerFactor
from emulators.vehicle.ramp import Ramp
from emulators.vehicle.spec import VehicleSpec

_NOTHING: Triple = (0, 0, 0)
_BISECTIONS = 50  # of a ramp's duration: far below a nanosecond


class Charger:
    """Follows the targets it is given, each phase for itself; draws nothing without mains.

    `ramp_end_s`: when the last phase reaches its target; None while all rest. `full_s`: when the battery is full at
    this rate; None when never. A battery without a capacity never is. It takes the active part of the currents; on a
    ramp, that share of them which is active at its end.
    """

    def __init__(self, spec: VehicleSpec) -> None:
        self.live_phases = 0
        self.ramp_end_s: float | None = None
        self.full_s: float | None = None
        self._spec = spec
        self._ramps = (Ramp(0.0, 0, 0),) * 3
        self._targets_ma = _NOTHING
        self._power_factor = PowerFactor.of(spec.filter_a, spec.power_factor)
        self._battery = None if spec.battery_kwh is None else Battery(spec.battery_kwh, spec.soc_pct)
        self._counted_s = 0.0

    @property
    def full(self) -> bool:
        """Whether the battery is full."""
        return self._battery is not None and self._battery.full

    def currents_ma(self, now_s: float) -> Triple:
        """L1, L2, L3 in mA."""
        if self.ramp_end_s is None:
            return self._targets_ma
        l1, l2, l3 = self._ramps
        return l1.ma(now_s), l2.ma(now_s), l3.ma(now_s)

    def active_ma(self, now_s: float) -> Triple:
        """The active part of the currents of L1, L2, L3 in mA."""
        l1, l2, l3 = map(self._power_factor.active_ma, self.currents_ma(now_s))
        return l1, l2, l3

    def reactive_ma(self, now_s: float) -> Triple:
        """The reactive part in mA, negative where it leads the voltage."""
        l1, l2, l3 = map(self._power_factor.reactive_ma, self.currents_ma(now_s))
        return l1, l2, l3

    def soc_pct(self, now_s: float) -> float | None:
        """The state of charge in percent; None for a battery without a capacity."""
        self._count(now_s)
        return None if self._battery is None else self._battery.soc_pct

    def set_live_phases(self, phases: int, now_s: float) -> None:
        """So many phases of the mains are live from now on; to be followed by `aim` or `cut`."""
        self._count(now_s)
        self.live_phases = phases

    def aim(self, targets_ma: Triple, now_s: float) -> None:
        """Move the currents to these targets at the car's rates; phases that are not there carry nothing."""
        self._count(now_s)
        phases = min(self._spec.phases, self.live_phases)
        l1, l2, l3 = (target_ma if phase < phases else None for phase, target_ma in enumerate(targets_ma))
        old = self._ramps
        self._ramps = (self._turn(old[0], l1, now_s), self._turn(old[1], l2, now_s), self._turn(old[2], l3, now_s))
        self._targets_ma = (l1 or 0, l2 or 0, l3 or 0)
        end_s = max(ramp.end_s for ramp in self._ramps)
        self.ramp_end_s = end_s if end_s > now_s else None
        self.full_s = self._predict_full_s(now_s)

    def cut(self, now_s: float) -> None:
        """No current, at once."""
        self._count(now_s)
        self._ramps = (Ramp(now_s, 0, 0),) * 3
        self._targets_ma = _NOTHING
        self.ramp_end_s = self.full_s = None

    def step(self, now_s: float) -> None:
        """End the ramps if they are over."""
        if self.ramp_end_s is not None and self.ramp_end_s <= now_s:
            self.ramp_end_s = None

    def fill(self, now_s: float) -> None:
        """It is `full_s`: the battery takes nothing more."""
        self._count(now_s)
        if self._battery is not None:
            self._battery.fill()

    def _turn(self, ramp: Ramp, target_ma: int | None, now_s: float) -> Ramp:
        """Where the current of one phase goes from here; a phase that is gone (None) carries nothing at once."""
        if target_ma is None:
            return Ramp(now_s, 0, 0)
        if target_ma == ramp.target_ma:
            return ramp
        from_ma = ramp.ma(now_s)
        rate_a_per_s = self._spec.ramp_a_per_s if target_ma > from_ma else self._spec.ramp_down_a_per_s
        return Ramp(now_s, from_ma, target_ma, rate_a_per_s * 1000)

    def _count(self, now_s: float) -> None:
        if now_s <= self._counted_s:
            return
        if self._battery is not None:
            self._battery.charge(self._charge_mas(self._counted_s, now_s))
        self._counted_s = now_s

    def _charge_mas(self, from_s: float, to_s: float) -> float:
        return sum(
            ramp.charge_mas(from_s, to_s) * self._power_factor.share(target_ma)
            for ramp, target_ma in zip(self._ramps, self._targets_ma, strict=True)
        )

    def _predict_full_s(self, now_s: float) -> float | None:
        if self._battery is None:
            return None
        missing_mas = self._battery.missing_mas
        level_s = now_s if self.ramp_end_s is None else self.ramp_end_s
        until_level_mas = self._charge_mas(now_s, level_s)
        if missing_mas > until_level_mas:
            level_ma = sum(map(self._power_factor.active_ma, self._targets_ma))
            return level_s + (missing_mas - until_level_mas) / level_ma if level_ma else None
        early_s, late_s = now_s, level_s
        for _ in range(_BISECTIONS):
            middle_s = (early_s + late_s) / 2
            if self._charge_mas(now_s, middle_s) < missing_mas:
                early_s = middle_s
            else:
                late_s = middle_s
        return late_s
