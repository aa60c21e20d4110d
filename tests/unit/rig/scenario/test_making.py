"""What the words of a scenario stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.errors import BadConfiguration
from rig.lines.faults import BitFlip
from rig.scenario.form import LineFault, PilotFault
from rig.scenario.making import car_of, line_fault, pilot_faults


def test_cars(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "Mine"\nphases = 2\n')
    assert car_of("slow", tmp_path).reaction_s == 5.0
    assert car_of("mine.toml", tmp_path).phases == 2
    assert car_of({"like": "slow", "phases": 2}, tmp_path).reaction_s == 5.0
    assert car_of({"like": "mine.toml", "max_a": 20}, tmp_path).max_a == 20.0
    assert car_of({"max_a": 20.0}, tmp_path).phases == 3
    with pytest.raises(BadConfiguration, match="car: vehicle: max_a is -1"):
        car_of({"max_a": -1.0}, tmp_path)


def test_faults() -> None:
    told = LineFault(fault="bit_flip", with_={"positions": [[1, 2]], "direction": "a>b"})
    assert line_fault(told) == BitFlip(positions=((1, 2),), direction="a>b")
    faults = pilot_faults([PilotFault(fault="open"), PilotFault(fault="resistor_ohm", ohm=880.0)])
    assert (faults.open, faults.resistor_ohm, faults.diode_open) == (True, 880.0, False)
