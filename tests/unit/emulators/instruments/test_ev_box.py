"""What the box makes of the pilot circuit, without a protocol around it."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.instruments.bench_pilot import BenchPilot
from emulators.instruments.ev_box import AS_NEW, BoxSettings, EvBox
from emulators.instruments.pilot import CarEnd
from emulators.pilot.circuit import LOW, Plateaus, pwm

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 200


def box() -> tuple[EvBox, BenchPilot]:
    pilot = BenchPilot()
    pilot.drive(pwm(50_000))
    return EvBox(pilot), pilot


@pytest.mark.parametrize(
    ("state", "ohm", "seen"),
    [("A", None, "A2"), ("B", 2740.0, "B2"), ("C", 881.7, "C2"), ("D", 245.8, "D2"), ("E", 2740.0, "E")],
)
def test_states(state: str, ohm: float | None, seen: str) -> None:
    car, pilot = box()
    car.change(1.0, state=state)
    load = car.settings.load
    assert (None if load is None else pytest.approx(load.total_ohm, abs=0.1)) == ohm
    assert pilot.state == seen


@pytest.mark.parametrize(
    ("changes", "plateaus"),
    [
        ({"diode": "MISSing"}, Plateaus(12.0, -12.0)),
        ({"pilot": False}, Plateaus(12.0, -12.0)),
        ({"earth": False}, Plateaus(12.0, -12.0)),
        ({"short": "PILot"}, Plateaus(0.0, 0.0)),
        ({"short": "DIODe"}, Plateaus(0.7, -12.0)),
        ({"short": "DIODe", "diode": "SHORted"}, Plateaus(0.0, 0.0)),
        # a short behind a break reaches nothing
        ({"short": "PILot", "pilot": False}, Plateaus(12.0, -12.0)),
        ({"state": "E", "earth": False}, Plateaus(12.0, -12.0)),
    ],
)
def test_defects(changes: dict[str, object], plateaus: Plateaus) -> None:
    car, pilot = box()
    car.change(1.0, **{"state": "C", **changes})
    assert pilot.plateaus == plateaus


def test_what_the_box_measures_is_at_its_own_end() -> None:
    car, pilot = box()
    assert car.read(0.0).duty == 0.5
    for name in ("pilot", "earth"):
        car.change(1.0, **{name: False})
        assert car.read(1.0) == (type(car.read(1.0)))(0.0, 0.0)
        car.change(1.0, **{name: True})
    pilot.drive(LOW)
    assert car.read(2.0) == (type(car.read(1.0)))(-12.0, -12.0)


def test_reset() -> None:
    car, pilot = box()
    assert pilot.end == CarEnd()
    car.change(1.0, state="D", r2_ohm=10.0, diode="MISSing", pp_ohm=100.0, short="PILot", earth=False, pilot=False)
    car.change(1.0, load_a=(1.0, 2.0, 3.0))
    assert pilot.end != CarEnd()
    car.reset(2.0)
    assert car.settings == AS_NEW
    assert pilot.end == CarEnd()


states = st.builds(
    BoxSettings,
    state=st.sampled_from("ABCDE"),
    r2_ohm=st.floats(10, 1e5),
    r3_c_ohm=st.floats(10, 1e5),
    r3_d_ohm=st.floats(10, 1e5),
    diode=st.sampled_from(("PRESent", "SHORted", "MISSing")),
    short=st.sampled_from(("NONE", "PILot", "DIODe")),
    pilot=st.booleans(),
    earth=st.booleans(),
)


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
@given(states)
def test_whatever_hangs_there_the_pilot_stays_within_its_source(setting: BoxSettings) -> None:
    pilot = BenchPilot()
    pilot.drive(pwm(50_000))
    pilot.hang(setting.end(), 0.0)
    high_v, low_v = pilot.plateaus.high_v, pilot.plateaus.low_v
    assert -12.0 <= low_v <= high_v <= 12.0
    if not (setting.pilot and setting.earth):
        assert (high_v, low_v) == (12.0, -12.0)
    elif setting.state == "E" or setting.short == "PILot":
        assert (high_v, low_v) == (0.0, 0.0)
