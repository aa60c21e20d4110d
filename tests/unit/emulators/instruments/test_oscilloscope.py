"""Screen, trigger and channels."""

from __future__ import annotations

import pytest

from emulators.instruments import DIALECTS, BenchPilot, Oscilloscope
from emulators.instruments.oscilloscope import SAMPLES_PER_DIVISION, Channel
from emulators.pilot.circuit import LOW, Source, pwm


def scope(duty_mpct: int | None = 25_000, source: Source | None = None, name: str = "keysight") -> Oscilloscope:
    pilot = BenchPilot(source)
    pilot.drive(LOW if duty_mpct is None else pwm(duty_mpct))
    return Oscilloscope(pilot, DIALECTS[name])


@pytest.mark.parametrize("now_s", [0.0, 0.0003, 1.00071, 86_400.123])
def test_the_rising_edge_is_at_the_left(now_s: float) -> None:
    record = scope().acquire(1, now_s)
    volts = [record.scaling.volt(code) for code in record.codes]
    assert len(volts) == 10 * SAMPLES_PER_DIVISION
    assert volts[0] < 0
    assert volts[10] > 0
    assert record.frequency_hz() == pytest.approx(1000.0, rel=1e-3)


def test_without_an_edge_it_shows_what_there_is() -> None:
    record = scope(None).acquire(1, 1.0)
    assert set(record.codes) == {record.scaling.code(-12.0)}


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_as_many_points_as_the_family_sends(name: str) -> None:
    device = scope(name=name)
    record, points = device.acquire(1, 0.0), device.points(1, 0.0)
    assert len(points.codes) == DIALECTS[name].points
    assert points.step_s * len(points.codes) == pytest.approx(record.step_s * len(record.codes))
    assert points.codes[0] == record.codes[0]


def test_only_the_first_channel_is_shown_and_has_a_probe() -> None:
    device = scope()
    assert device.measure("frequency", 1, 0.0) is not None
    assert device.measure("high", 2, 0.0) is None
    device.channels[1] = Channel(shown=True)
    assert device.measure("high", 2, 0.0) == 0.0
    assert device.measure("frequency", 2, 0.0) is None
    device.channels[0] = Channel(shown=False)
    assert device.measure("frequency", 1, 0.0) is None
    device.reset(1.0)
    assert device.measure("frequency", 1, 0.0) is not None
    assert device.measure("high", 2, 0.0) is None


def test_a_generator_off_its_nominal_values() -> None:
    device = scope(50_000, Source(high_v=11.4, low_v=-12.6, frequency_hz=985.0, duty_error_mpct=400))
    assert device.measure("frequency", 1, 0.0) == pytest.approx(985.0, rel=1e-3)
    assert device.measure("duty", 1, 0.0) == pytest.approx(0.504, abs=1.5e-3)
    assert device.measure("high", 1, 0.0) == pytest.approx(11.4, abs=0.07)
    assert device.measure("low", 1, 0.0) == pytest.approx(-12.6, abs=0.07)


def test_jitter_shows() -> None:
    steady, shaky = scope(50_000), scope(50_000, Source(jitter_s=20e-6))
    assert {steady.measure("duty", 1, now_s) for now_s in (0.0, 1.0, 2.0)} == {steady.measure("duty", 1, 0.0)}
    assert len({shaky.measure("duty", 1, now_s) for now_s in (0.0, 1.0, 2.0)}) == 3


def test_a_change_at_the_same_instant_is_seen() -> None:
    pilot = BenchPilot()
    device = Oscilloscope(pilot, DIALECTS["keysight"])
    pilot.drive(pwm(20_000))
    first = device.measure("duty", 1, 5.0)
    pilot.drive(pwm(80_000))
    assert device.measure("duty", 1, 5.0) != first
