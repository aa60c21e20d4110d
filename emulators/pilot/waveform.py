"""The control pilot as an oscilloscope at the station's terminal sees it: sampled voltages, computed from the circuit.

An edge of the generator charges or discharges the capacitance of the pilot through R1, and through the car's branch as
long as that carries current. So an edge is one exponential, or two that meet at the knee of the car's diode.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import msgspec

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import (
    NO_FAULTS,
    Branch,
    PilotFaults,
    PilotLoad,
    Signal,
    Source,
    branch_of,
    level_v,
)

_S_PER_OHM_NF = 1e-9
_SETTLING_PERIODS = 2  # before the first sample; a period is hundreds of time constants long


class _Piece(msgspec.Struct, frozen=True):
    """From `start_s` on the voltage goes from `start_v` to `target_v` with the time constant `tau_s`."""

    start_s: float
    start_v: float
    target_v: float
    tau_s: float

    def at(self, now_s: float) -> float:
        if self.tau_s <= 0:
            return self.target_v
        return self.target_v + (self.start_v - self.target_v) * math.exp((self.start_s - now_s) / self.tau_s)

    def reaches_s(self, volt: float) -> float:
        """When the voltage is `volt`, which lies between start and target."""
        return self.start_s + self.tau_s * math.log((self.start_v - self.target_v) / (volt - self.target_v))


def sample(
    source: Source,
    signal: Signal,
    load: PilotLoad | None,
    faults: PilotFaults = NO_FAULTS,
    *,
    sample_rate_hz: float,
    count: int,
    start_s: float = 0.0,
    seed: int = 0,
) -> list[float]:
    """`count` voltages in volt at the station's pilot terminal, `1 / sample_rate_hz` apart, the first at `start_s`.

    `signal` is what the generator really makes (`Source.emits`). Periods are counted from 0 s; `seed` sets the jitter
    of each edge, the same whenever it is looked at. Raises BadConfiguration when rate or count are not above 0.
    """
    if sample_rate_hz <= 0 or count <= 0:
        raise BadConfiguration(f"waveform: {count} samples at {sample_rate_hz} per s; both are above 0")
    if faults.shorted_to_pe:
        return [0.0] * count
    branch = branch_of(load, faults)
    if signal.duty_mpct is None:
        source_v = source.high_v if signal.level == "high" else source.low_v
        return [level_v(source_v, source.r1_ohm, branch)] * count
    last_s = start_s + (count - 1) / sample_rate_hz
    pieces = list(_pieces(source, _edges(source, signal, start_s, last_s, seed), branch))
    starts_s = [piece.start_s for piece in pieces]
    times_s = (start_s + number / sample_rate_hz for number in range(count))
    return [pieces[bisect_right(starts_s, now_s) - 1].at(now_s) for now_s in times_s]


def _edges(source: Source, signal: Signal, first_s: float, last_s: float, seed: int) -> Iterator[tuple[float, float]]:
    """Time of each edge and the voltage that the generator goes to, from some periods before `first_s` on."""
    period_s = 1 / signal.frequency_hz
    assert signal.duty_mpct is not None
    high_s = period_s * signal.duty_mpct / 100_000
    # Edges keep their order: none moves by more than half of the shorter half-wave.
    jitter_s = min(source.jitter_s, high_s / 2, (period_s - high_s) / 2)
    for number in range(math.floor(first_s / period_s) - _SETTLING_PERIODS, math.floor(last_s / period_s) + 3):
        rng = Random(f"{seed} {number}")
        yield number * period_s + rng.uniform(-jitter_s, jitter_s), source.high_v
        yield number * period_s + high_s + rng.uniform(-jitter_s, jitter_s), source.low_v


def _pieces(source: Source, edges: Iterator[tuple[float, float]], branch: Branch | None) -> Iterator[_Piece]:
    """The whole course of the voltage, in order of time; it begins as if the generator had been low for long."""
    volt = level_v(source.low_v, source.r1_ohm, branch)
    for (edge_s, source_v), (next_s, _) in pairwise(edges):
        piece = _swing(source, edge_s, volt, source_v, branch)
        yield piece
        crossed_s = _crosses_knee_s(piece, source_v, branch)
        if branch is not None and crossed_s is not None and crossed_s < next_s:
            piece = _swing(source, crossed_s, branch.knee_v, source_v, branch)
            yield piece
        volt = piece.at(next_s)


def _swing(source: Source, at_s: float, volt: float, source_v: float, branch: Branch | None) -> _Piece:
    """From `volt` towards where the generator's `source_v` takes the terminal, as long as the diode does not change."""
    alone_s = source.r1_ohm * source.capacitance_nf * _S_PER_OHM_NF
    if branch is None or not _conducts(volt, source_v, branch):
        return _Piece(at_s, volt, source_v, alone_s)
    share = branch.ohm / (branch.ohm + source.r1_ohm)
    return _Piece(at_s, volt, branch.knee_v + (source_v - branch.knee_v) * share, alone_s * share)


def _conducts(volt: float, source_v: float, branch: Branch) -> bool:
    """Whether current flows through the branch right after the generator has gone to `source_v`."""
    return not branch.one_way or volt > branch.knee_v or (volt == branch.knee_v and source_v > branch.knee_v)


def _crosses_knee_s(piece: _Piece, source_v: float, branch: Branch | None) -> float | None:
    """When the diode begins or ceases to conduct; None when it stays as it is."""
    if branch is None or not branch.one_way:
        return None
    if (piece.start_v > branch.knee_v) == (source_v > branch.knee_v):
        return None
    if piece.tau_s <= 0:
        return piece.start_s
    # A generator that stands at the knee itself takes for ever.
    return None if piece.target_v == branch.knee_v else piece.reaches_s(branch.knee_v)
