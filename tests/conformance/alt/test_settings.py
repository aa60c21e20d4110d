"""The alternating period as a setting: default, range, names."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.settings import Given, SettingsCase

KEY = "SCN-AlternatingPeriod"
SLB = {"FeatureLicenseKey": "SLB"}
LEAST_S, MOST_S = limit("ALT-013.min").value, limit("ALT-013.max").value
LABELS = ("Alternatingperiod (s)", "Altering period (s)", "Alternating period", "Alternation period")


def judge_shown(rig: Case, clause: str, what: str, given: Given, period_s: float) -> None:
    """The settings are taken, and the period is this one then, however many decimals it is shown with."""
    face = SettingsCase(rig).face
    refusal = face.refusal(given)
    shown = "" if refusal else face.shown(given).get(KEY, "")
    rig.judge.holds(
        clause,
        what,
        holds=shown.replace(".", "", 1).isdigit() and float(shown) == period_s,
        seen=refusal or f"{KEY} = {shown}",
        promised=f"{period_s:g}",
        evidence={"given": dict(given)},
    )


@pytest.mark.clause("ALT-011")
async def test_the_default(rig: Case) -> None:
    """Nobody sets a period: it is 900 s"""
    judge_shown(rig, "ALT-011", "the period by default", {}, timing("ALT-011").value_s)


@pytest.mark.parametrize("period_s", [LEAST_S, LEAST_S + 1, MOST_S - 1, MOST_S])
@pytest.mark.clause("ALT-013")
async def test_inside_the_range(rig: Case, period_s: float) -> None:
    """Both ends of the range are taken"""
    judge_shown(rig, "ALT-013", f"{period_s:g} s", {**SLB, KEY: period_s}, period_s)


@pytest.mark.parametrize("period_s", [0, LEAST_S - 1, MOST_S + 1])
@pytest.mark.clause("ALT-013")
async def test_outside_the_range(rig: Case, period_s: float) -> None:
    """One second below or above the range is refused"""
    SettingsCase(rig).refuses("ALT-013", f"{period_s:g} s", {**SLB, KEY: period_s})


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.clause("ALT-026")
async def test_every_label(rig: Case, label: str) -> None:
    """Every label that the documents print for it means the same setting"""
    judge_shown(rig, "ALT-026", f"set as {label!r}", {**SLB, label: 120}, 120.0)
