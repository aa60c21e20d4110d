"""Currents as a user types them."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.cli.amperes import spelled, with_settings
from rig.errors import ConfigurationError

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") else 300
THREE = (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["L1=10A"], (10.0, 2.0, 3.0)),
        (["L2=2.5"], (1.0, 2.5, 3.0)),
        (["l3=0a"], (1.0, 2.0, 0.0)),
        (["all=6A", "L1=16"], (16.0, 6.0, 6.0)),
        (["L1=1", "ALL=7"], (7.0, 7.0, 7.0)),
        ([], THREE),
    ],
)
def test_settings_are_taken_in_order(typed: list[str], expected: tuple[float, ...]) -> None:
    assert with_settings(THREE, typed) == expected


@pytest.mark.parametrize(
    "typed", ["", "L1", "L1=", "L4=1", "L1=-5", "L1=2,5", "L1=1e3", "L1=nan", "L1=5V", "L1 = 5", "any=5", "L1=1234567"]
)
def test_what_is_no_current_is_refused(typed: str) -> None:
    with pytest.raises(ConfigurationError, match="is no current: write a phase"):
        with_settings(THREE, [typed])


def test_a_one_phase_meter_has_only_l1() -> None:
    assert with_settings((0.0,), ["all=5", "L1=6"]) == (6.0,)
    with pytest.raises(ConfigurationError, match="'L2=5': a one-phase meter has only L1"):
        with_settings((0.0,), ["L2=5"])


@given(st.text())
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
def test_any_text_is_taken_or_refused(typed: str) -> None:
    try:
        changed = with_settings(THREE, [typed])
    except ConfigurationError:
        changed = THREE
    assert len(changed) == 3
    assert all(a >= 0.0 for a in changed)


def test_currents_are_spelled_with_their_sign() -> None:
    assert spelled((10.0, -2.5, 0.0)) == "L1 +10.00 A  L2 -2.50 A  L3 +0.00 A"
