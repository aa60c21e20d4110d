"""Display and LED as a truth table."""

import pytest

from station.panel import FACES, Situation, display


def test_every_situation_has_a_face_of_its_own() -> None:
    assert set(FACES) == set(Situation)
    assert len(set(FACES.values())) == len(FACES)


@pytest.mark.parametrize(
    ("situation", "text", "led"),
    [
        (
            Situation.OVER_CURRENT,
            "302: One moment please. Your charging session will resume shortly.",
            "red/blue alternating",
        ),
        (Situation.WAITING, "Chargepoint ready, waiting for power", "light blue flashing"),
        (Situation.TURN, "11.0 of 22.0 kW", "light blue flashing"),
        (Situation.SUSPENDED, "Charging session halted by energy supplier", "light blue flashing"),
        (Situation.CHARGING, "11.0 of 22.0 kW", "dark blue steady"),
        (Situation.REDUCING, "11.0 of 22.0 kW", "dark blue flashing"),
        (Situation.SAFE, "11.0 of 22.0 kW", "dark blue interrupted"),
        (Situation.IDLE, "Ready to charge", "off"),
    ],
)
def test_documented_faces(situation: Situation, text: str, led: str) -> None:
    assert display(situation, 11_040.0, 22_080.0) == text
    assert FACES[situation].led == led


@pytest.mark.parametrize(
    ("power_w", "text"),
    [(0.0, "0.0"), (99.9, "0.0"), (100.0, "0.1"), (5750.0, "5.7"), (2875.0, "2.8"), (8625.0, "8.6")],
)
def test_power_is_truncated(power_w: float, text: str) -> None:  # O-53
    assert display(Situation.CHARGING, power_w, 22_000.0) == f"{text} of 22.0 kW"
