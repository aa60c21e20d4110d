"""The car's battery: energy in, state of charge out."""

NOMINAL_V = 230.0  # per phase; the charger is taken as lossless
_J_PER_KWH = 3_600_000.0


class Battery:
    """A battery of `capacity_kwh` that stands at `soc_pct`."""

    def __init__(self, capacity_kwh: float, soc_pct: float) -> None:
        self._capacity_j = capacity_kwh * _J_PER_KWH
        self._missing_j = self._capacity_j * (1 - soc_pct / 100)

    @property
    def soc_pct(self) -> float:
        """The state of charge in percent."""
        return 100 * (1 - self._missing_j / self._capacity_j)

    @property
    def full(self) -> bool:
        """Whether nothing more goes in."""
        return self._missing_j <= 0

    def charge(self, phase_mas: float) -> None:
        """Take in `phase_mas` mA·s of active current, summed over the phases."""
        self._missing_j = max(0.0, self._missing_j - phase_mas / 1000 * NOMINAL_V)

    def fill(self) -> None:
        """Be full: for the moment that was computed as the end, free of what rounding left over."""
        self._missing_j = 0.0

    @property
    def missing_mas(self) -> float:
        """The charge in mA·s, summed over the phases, that is missing to 100 %."""
        return self._missing_j / NOMINAL_V * 1000
