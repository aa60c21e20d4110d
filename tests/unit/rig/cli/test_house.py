"""The house behind an emulated meter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulators.errors import BadConfiguration
from rig.cli.commands import Commands
from rig.cli.house import House
from rig.clock import VirtualLoop
from rig.errors import ConfigurationError


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def test_loads_minus_pv(loop: VirtualLoop) -> None:
    house = House(3, loop)
    assert house.currents() == "L1 +0.00 A  L2 +0.00 A  L3 +0.00 A"
    house.change(load=["all=10", "L2=2.5A"], pv=["L1=12"])
    assert house.current_a == (-2.0, 2.5, 10.0)
    assert house.read(0.0).power_w == (-460.0, 575.0, 2300.0)


def test_what_is_typed(loop: VirtualLoop) -> None:
    house = House(1, loop)
    commands = Commands(house.commands)
    assert commands.do("L1=5") == "L1 +5.00 A"
    assert commands.do("load L1=7") == "L1 +7.00 A"
    assert commands.do("pv all=9") == "L1 -2.00 A"
    for typed, complaint in (("load", "a current is missing"), ("pv", "is missing"), ("L2=5", "only L1")):
        with pytest.raises(ConfigurationError, match=complaint):
            commands.do(typed)
    assert house.current_a == (-2.0,)


def test_what_the_meter_cannot_show_changes_nothing(loop: VirtualLoop) -> None:
    def fits(now_s: float) -> None:
        if house.read(now_s).current_a[0] > 99:
            raise BadConfiguration("two digits are all there is")

    house = House(3, loop, fits)
    house.change(load=["L1=99"])
    with pytest.raises(ConfigurationError, match="more than the meter can show: two digits are all there is"):
        house.change(load=["L1=100"])
    assert house.current_a == (99.0, 0.0, 0.0)


def test_two_phases_are_no_connection(loop: VirtualLoop) -> None:
    with pytest.raises(ConfigurationError, match="1 or 3 phases, not 2"):
        House(2, loop)
