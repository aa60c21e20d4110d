"""What the socket drew in the last seconds: a meter's figures are always a little older than they arrive. Pure."""

import math
from collections import deque

PHASES = range(3)


class Recent:
    """The current per grid phase, mA, as it was at every instant of the last `keep_s` seconds."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._drawn: deque[tuple[float, tuple[int, ...]]] = deque()

    def note(self, now_s: float, drawn_ma: tuple[int, ...]) -> None:
        """From now on this is drawn."""
        if not self._drawn or self._drawn[-1][1] != drawn_ma:
            self._drawn.append((now_s, drawn_ma))
        # The first one still tells what was drawn when the time that is kept began.
        while len(self._drawn) > 1 and self._drawn[1][0] <= now_s - self._keep_s:
            self._drawn.popleft()

    @property
    def steady_ma(self) -> tuple[int, ...] | None:
        """What was drawn all the time that is kept; None when it changed."""
        return self._drawn[0][1] if len(self._drawn) == 1 else None

    def least_and_most(self, from_s: float, to_s: float) -> list[tuple[int, int]]:
        """Per phase the least and the most that was drawn at any instant from `from_s` to `to_s`.

        What was drawn before the first word of it is taken for the same. Something must be noted.
        """
        if len(self._drawn) == 1:  # as nearly always: nothing has changed for a while
            return [(drawn_ma, drawn_ma) for drawn_ma in self._drawn[0][1]]
        ends_s = [*[at_s for at_s, _ in self._drawn][1:], math.inf]
        seen = [
            drawn for (at_s, drawn), end_s in zip(self._drawn, ends_s, strict=True) if end_s > from_s and at_s <= to_s
        ] or [self._drawn[0][1]]
        return [(min(drawn[p] for drawn in seen), max(drawn[p] for drawn in seen)) for p in PHASES]
