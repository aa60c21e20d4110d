"""Active load balancing: what the meter leaves for the station, per grid phase. Pure.

include charging EV (the meter sees the station):  available = Max - (meter - EV)    ALB-GEN-009
exclude charging EV (another meter):               available = Max - meter           ALB-GEN-010, O-61
Export is negative and so raises what is available (O-62); station and connector cap it.

What is available is computed when a reading arrives and holds until the next one. The figures of a reading are older
than its arrival: a Linky frame takes more than a second on the wire, registers are renewed each second. The socket's
own current may have changed since, mostly because its offer did. So what is subtracted is the least and the most that
the socket drew since the figures can have been taken; any limit between the two results fits the reading, and the
present one moves only as far as it must. Otherwise a station would answer its own decrease with another one.

The limit follows it down at once (ALB-GEN-008) and up by at most `alb.return_a_per_step` at a time, at
least `alb.return_step_s` after the last change (O-32, O-52). Less than 6 A is of no use to anybody and counts as
nothing, so a limit that fell below 6 A comes back from 0 A: a pause lasts at least half a minute, and a meter that
hovers around the minimum does not make the contactor chatter.

Without a session there is nobody to return gradually: the limit is then what is available. The same holds for the
first reading after start. While the meter is not heard (before its first telegram too) the safe current takes the
place of what is available, under the same rule (ALB-GEN-014, X-23).
"""

from collections.abc import Sequence

from station.balancing.phase_order import Mismatch, PhaseOrder
from station.balancing.recent import Recent
from station.settings import Settings
from station.sources.reading import Reading
from station.sources.watch import SourceState
from station.units import da_from_a, da_from_ma, ma_from_a

USABLE_FROM_DA = 60  # M3-002
PHASES = range(3)
# The socket's own meter tells of a change up to this much late.
SOCKET_METER_LATE_S = 0.3
# The noise of a socket meter, and of what a car draws, stays within this.
STEADY_MA = 500
# No meter's figures are older than this when they arrive.
OLDEST_S = 10.0


class ActiveBalancing:
    """Limit per grid phase. `limits_da` and `safe` hold as of the last step.

    `mismatch` is set by the step in which meter and socket are found to be connected in different orders.
    """

    def __init__(self, settings: Settings) -> None:
        self._include = settings.meter_includes_charger
        self._max_ma = ma_from_a(settings.meter_max_a)
        self._cap_da = settings.cap_da
        self._safe_da = min(da_from_a(settings.safe_a), self._cap_da)
        self._step_da = da_from_a(settings.alb_return_a_per_step)
        self._step_s = settings.alb_return_step_s
        self._available_da = [self._safe_da] * 3
        self._rise_s = [0.0] * 3
        self._limits_da = [_usable(self._safe_da)] * 3
        self._drawn = Recent(OLDEST_S)
        self._steady: tuple[Sequence[float], Sequence[int]] | None = None
        self._order = PhaseOrder() if self._include else None
        self.mismatch: Mismatch | None = None
        self.safe = True

    @property
    def limits_da(self) -> tuple[int, int, int]:
        """What the station may take from L1, L2 and L3 of the grid, in dA; never negative, never above the cap."""
        one, two, three = self._limits_da
        return one, two, three

    def step(
        self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
    ) -> None:
        """Take a new reading, if there is one, with what the socket draws from each grid phase now, in mA."""
        self.mismatch = None
        self._drawn.note(now_s, drawn_ma)
        self.safe = state != "live"
        if self.safe:
            self._steady = None
            self._available_da = [self._safe_da] * 3
        elif reading is not None:
            self._read(reading)
        for phase in PHASES:
            self._follow(phase, now_s, session)

    def next_deadline_s(self) -> float | None:
        """When a limit may rise again."""
        rises = [self._rise_s[p] for p in PHASES if self._limits_da[p] < _usable(self._available_da[p])]
        return min(rises, default=None)

    def _read(self, reading: Reading) -> None:
        """What a reading leaves; of two equal ones while nothing changes at the sockets the second says nothing new."""
        steady_ma = self._drawn.steady_ma
        steady = None if steady_ma is None else (reading.current_a, steady_ma)
        if steady is None or steady != self._steady:
            self._available_da = self._left(reading)
        self._steady = steady

    def _left(self, reading: Reading) -> list[int]:
        """Of what fits the reading, what is nearest to the present limit."""
        left_da = []
        from_s, to_s = reading.at_s - reading.oldest_s, reading.at_s - reading.newest_s + SOCKET_METER_LATE_S
        drawn = self._drawn.least_and_most(from_s, to_s)
        for phase, (least_ma, most_ma) in enumerate(drawn):
            current_a = reading.current_a[phase]
            low_da = high_da = self._available(current_a, least_ma)
            if most_ma != least_ma:
                high_da = self._available(current_a, most_ma)
            left_da.append(min(max(self._limits_da[phase], low_da), high_da))
        steady = all(most - least <= STEADY_MA for least, most in drawn)
        if self._order is not None and reading.phases == len(PHASES) and steady:
            self.mismatch = self._order.step(reading.current_a, [(least + most) // 2 for least, most in drawn])
        return left_da

    def _available(self, meter_a: float, drawn_ma: int) -> int:
        others_ma = ma_from_a(meter_a) - (drawn_ma if self._include else 0)
        return min(da_from_ma(self._max_ma - others_ma), self._cap_da)

    def _follow(self, phase: int, now_s: float, session: bool) -> None:
        limit_da, target_da = self._limits_da[phase], _usable(self._available_da[phase])
        if target_da > limit_da and session:
            if now_s < self._rise_s[phase]:
                return
            target_da = min(target_da, limit_da + self._step_da)
        if target_da != limit_da:
            self._limits_da[phase] = target_da
            self._rise_s[phase] = now_s + self._step_s


def _usable(available_da: int) -> int:
    return available_da if available_da >= USABLE_FROM_DA else 0
