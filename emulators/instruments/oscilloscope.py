"""An oscilloscope on the control pilot: channels, time base, trigger, acquisition. Pure.

It samples what its probe gives, with the resolution of eight bits that scopes have, and measures from the samples. It
triggers on the rising edge through the middle of the screen, which is at the left; without one it shows what it has.
What language it speaks is the dialect's affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulators.instruments.pilot import Probe
from emulators.instruments.record import MEASURES, Record, Scaling

if TYPE_CHECKING:
    from emulators.instruments.dialect import Dialect

VERTICAL_DIVISIONS = 8
SAMPLES_PER_DIVISION = 500
# A pilot on the screen: five periods and more of 1 kHz, and twice 16 V.
USUAL_TIME_S = 500e-6
USUAL_SCALE_V = 4.0


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it is set: volts per division, the voltage in the middle of the screen, and whether it is shown."""

    scale_v: float = USUAL_SCALE_V
    centre_v: float = 0.0
    shown: bool = True


class Oscilloscope:
    """A scope with `dialect.channels` channels, and a probe on the first of them."""

    def __init__(self, probe: Probe, dialect: Dialect) -> None:
        self.dialect = dialect
        self._probe = probe
        self.reset(0.0)

    def reset(self, now_s: float) -> None:  # noqa: ARG002 - the same at any time
        """See Device: only the first channel shown, a pilot fits on the screen."""
        self.time_s = USUAL_TIME_S
        self.channels = [Channel(shown=number == 0) for number in range(self.dialect.channels)]
        self.waveform_source = 1

    def measure(self, name: str, channel: int, now_s: float) -> float | None:
        """One of MEASURES; None when there is nothing to measure: no such period, or a channel that is not shown."""
        if not self.channels[channel - 1].shown:
            return None
        return MEASURES[name](self.acquire(channel, now_s))

    def acquire(self, channel: int, now_s: float) -> Record:
        """What is on the screen of a channel now."""
        setting = self.channels[channel - 1]
        count = SAMPLES_PER_DIVISION * self.dialect.divisions
        step_s = self.time_s / SAMPLES_PER_DIVISION
        volt_per_code = setting.scale_v / self.dialect.codes_per_division
        scaling = Scaling(volt_per_code, setting.centre_v - self.dialect.centre_code * volt_per_code)
        if channel != 1:  # nothing is connected there
            return Record([scaling.code(0.0)] * count, scaling, step_s)
        # Twice the screen, so that there is a whole one from the trigger on.
        codes = [scaling.code(volt) for volt in self._probe.sample(now_s, 1 / step_s, 2 * count)]
        first = _rising(codes[:count], scaling.code(setting.centre_v))
        return Record(codes[first : first + count], scaling, step_s)

    def points(self, channel: int, now_s: float) -> Record:
        """What of that goes over the wire: every so many samples."""
        record = self.acquire(channel, now_s)
        every = len(record.codes) // self.dialect.points
        return Record(record.codes[::every][: self.dialect.points], record.scaling, record.step_s * every)


def _rising(codes: list[int], middle: int) -> int:
    """Where it first comes up through the middle; 0 where it never does."""
    for at in range(1, len(codes)):
        if codes[at - 1] < middle <= codes[at]:
            return at - 1
    return 0
