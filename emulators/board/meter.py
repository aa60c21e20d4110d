"""The socket meter: its registers follow the currents and voltages on a fixed sampling grid."""

import math

from emulators.board.codec import Triple

SAMPLE_S = 0.2  # the grid of docs/board-link.md; fast enough for the 2 s and 5 s bands (O-63)


class SocketMeter:
    """Sampling instants are whole multiples of `sample_s`; it samples only when told that something changed."""

    def __init__(self, u_dv: Triple, sample_s: float = SAMPLE_S) -> None:
        self.i_ma: Triple = (0, 0, 0)
        self.u_dv = u_dv
        self.p_w: Triple = (0, 0, 0)
        self._sample_s = sample_s
        self._last_instant = -1
        self._due_instant: int | None = None

    def next_deadline_s(self) -> float | None:
        """The next sampling instant that matters; None while the registers are up to date."""
        return None if self._due_instant is None else self._due_instant * self._sample_s

    def watch(self, now_s: float) -> None:
        """A quantity differs from its register, or is about to: sample at the next instant of the grid.

        A change at an instant that was sampled already is seen at the one after.
        """
        if self._due_instant is None:
            instant = math.ceil(now_s / self._sample_s)
            if instant * self._sample_s < now_s:  # division and multiplication round differently
                instant += 1
            elif (instant - 1) * self._sample_s >= now_s:
                instant -= 1
            self._due_instant = max(instant, self._last_instant + 1)

    def step(self, now_s: float, i_ma: Triple, u_dv: Triple, active_ma: Triple | None = None) -> bool:
        """Sample if an instant is due; returns whether it was. Without `active_ma` all current is active."""
        if self._due_instant is None or self._due_instant * self._sample_s > now_s:
            return False
        self._last_instant, self._due_instant = self._due_instant, None
        self.i_ma, self.u_dv = i_ma, u_dv
        self.p_w = _powers_w(i_ma if active_ma is None else active_ma, u_dv)
        return True


def _powers_w(active_ma: Triple, u_dv: Triple) -> Triple:
    l1_w, l2_w, l3_w = ((ma * dv + 5_000) // 10_000 for ma, dv in zip(active_ma, u_dv, strict=True))
    return l1_w, l2_w, l3_w
