"""Cables by their resistors, against the table of facts/control_pilot.md, section 5."""

import pytest

from emulators.errors import BadConfiguration
from emulators.pilot.proximity import CABLES, Cable, ohm_for, rating_of, resistor_of
from emulators.vehicle.spec import PP_20_A_OHM, PP_32_A_OHM


@pytest.mark.parametrize(("rating_a", "ohm"), [(13, 1_500), (20, 680), (32, 220), (63, 100)])
def test_nominal_resistors(rating_a: int, ohm: int) -> None:
    assert ohm_for(rating_a) == ohm
    assert rating_of(ohm) == rating_a


def test_the_resistors_of_the_usual_cars() -> None:
    assert (ohm_for(20), ohm_for(32)) == (PP_20_A_OHM, PP_32_A_OHM)


def test_other_cables_are_not_made() -> None:
    with pytest.raises(BadConfiguration, match="no cable for 16 A; there is 13, 20, 32, 63"):
        ohm_for(16)


@pytest.mark.parametrize("cable", CABLES, ids=lambda cable: f"{cable.rating_a} A")
def test_a_good_cable_is_read_as_what_it_is(cable: Cable) -> None:
    resistor = resistor_of(cable)
    assert cable.accepted_ohm.holds(resistor.least)
    assert cable.accepted_ohm.holds(resistor.most)
    for ohm in (resistor.least, resistor.most, cable.accepted_ohm.least, cable.accepted_ohm.most):
        assert rating_of(ohm) == cable.rating_a


@pytest.mark.parametrize(
    ("ohm", "rating_a"),
    [
        (0, None),
        (59.9, None),
        (60, 63),
        (140, 63),
        (140.1, 32),  # gaps go to the lower current
        (308, 32),
        (308.1, 20),
        (936, 20),
        (936.1, 13),
        (4_500, 13),
        (4_500.1, None),
    ],
)
def test_every_resistance_has_a_reading(ohm: float, rating_a: int | None) -> None:
    assert rating_of(ohm) == rating_a
