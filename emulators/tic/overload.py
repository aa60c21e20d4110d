"""When a three-phase meter in historique mode sends its short frames."""

from __future__ import annotations

SHORT_FRAMES_PER_LONG = 20  # Enedis-NOI-CPT_54E
TAIL_S = 60.0  # Enedis-NOI-CPT_54E: for a minute after the overload


class Overload:
    """While a phase is overloaded, and for a minute after: twenty short frames, one long frame, and so on."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._until_s: float | None = None
        self._short_frames = 0

    def next_is_short(self, overloaded: bool, now_s: float) -> bool:
        """Whether the frame that begins now is a short one. To be asked once per frame."""
        if overloaded and self._enabled:
            self._until_s = now_s + TAIL_S
        if self._until_s is None or now_s >= self._until_s:
            self._until_s = None
            self._short_frames = 0
            return False
        if self._short_frames == SHORT_FRAMES_PER_LONG:
            self._short_frames = 0
            return False
        self._short_frames += 1
        return True
