"""Integer currents."""

import pytest

from station.units import da_from_a, da_from_ma, ma_from_a


@pytest.mark.parametrize(("ma", "da"), [(0, 0), (99, 0), (100, 1), (5999, 59), (6000, 60), (-1, -1), (-100, -1)])
def test_currents_floor_to_a_tenth_of_an_ampere(ma: int, da: int) -> None:
    assert da_from_ma(ma) == da


def test_the_binary_noise_of_a_float_does_not_cost_a_step() -> None:
    assert [da_from_a(tenths / 10) for tenths in range(1000)] == list(range(1000))
    assert da_from_a(6.39) == 63
    assert ma_from_a(-0.5) == -500
