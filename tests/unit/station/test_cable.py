"""What a cable carries, by its resistor."""

import pytest

from station.cable import cable_da


@pytest.mark.parametrize(
    ("ohm", "da"),
    [(100, 630), (220, 320), (680, 200), (1500, 130), (80, 630), (140, 630), (149, 630), (150, 320), (308, 320),
     (329, 320), (330, 200), (936, 200), (999, 200), (1000, 130), (2460, 130), (4500, 130)],
)  # fmt: skip
def test_a_resistor_is_a_cable(ohm: int, da: int) -> None:  # M3-012
    assert cable_da(ohm) == da


@pytest.mark.parametrize("ohm", [0, 1, 59, 4501, 1_000_000])
def test_no_cable_has_such_a_resistor(ohm: int) -> None:
    assert cable_da(ohm) == 0
