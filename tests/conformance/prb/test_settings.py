"""The probing current as a setting: where it is set, what it is unless set, and what is advised."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.probing import (
    PROBING_A,
)
from rig.kit.settings import SettingsCase

KEY = "Chameleon-MinCurrent"


@pytest.mark.clause("PRB-011", "PRB-017")
async def test_by_its_name_on_the_screen(rig: Case) -> None:
    """The name that the installer's tool and the app show sets what the back office shows"""
    case = SettingsCase(rig)
    for clause, where in (("PRB-011", "in the installer's tool"), ("PRB-017", "in the app")):
        case.takes(clause, where, {"Chameleon min current (A)": 16}, {KEY: "16.0"})


@pytest.mark.clause("PRB-019")
async def test_default(rig: Case) -> None:
    """14 A unless it is set: no document states a default, all examples probe with 14 A (O-55)"""
    SettingsCase(rig).takes("PRB-019", "default", {}, {KEY: f"{PROBING_A:.1f}"})


@pytest.mark.clause("PRB-013")
async def test_advice(rig: Case) -> None:
    """Less than 14 A is taken and advised against; 14 A is not"""
    case = SettingsCase(rig)
    case.takes("PRB-013", "13.9 A", {KEY: 13.9}, {KEY: "13.9"})
    case.advises("PRB-013", "13.9 A", {KEY: 13.9}, KEY)
    case.is_content("PRB-013", "14 A", {KEY: PROBING_A}, KEY)
