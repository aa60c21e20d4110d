"""Every suite rejects the stations that are wrong in its area, by the clauses that they break and by no others.

Each faulty station is run exactly as a user would run one: `evse-rig run SUITE --bench FILE --report DIR`.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

STATIONS = Path(__file__).with_name("stations.py")
OCP, ALB_P1 = "ocp", "alb_p1"
FINDINGS = 1

# station: the suite that has to reject it, and the clauses that must fail, "OCP-" and "ALB-" written once per area.
EXPECTED: dict[str, tuple[str, str]] = {
    "trips_at_110_s": (OCP, "OCP-002 OCP-005 OCP-011 OCP-022"),
    "trips_at_99_s": (OCP, "OCP-002 OCP-005 OCP-011 OCP-022"),
    "lower_bound_excluded": (
        OCP,
        "OCP-001 OCP-002 OCP-003 OCP-004 OCP-005 OCP-008 OCP-009 OCP-011 OCP-012 OCP-013 OCP-022 M3-004",
    ),
    "trips_below_the_limit": (OCP, "OCP-007 OCP-008"),
    "slow_beyond_150_percent": (OCP, "OCP-006 OCP-024"),
    "watches_l1_only": (OCP, "OCP-019 OCP-022"),
    "fast_bands_on_l1_only": (OCP, "OCP-019 OCP-022"),
    "reports_l1": (OCP, "OCP-019"),
    "compares_with_the_configured_limit": (OCP, "OCP-022 OCP-024"),
    "any_change_resets": (OCP, "OCP-001 OCP-002 OCP-003 OCP-004"),
    "keeps_the_contactor_closed": (OCP, "OCP-001 OCP-002 OCP-003 OCP-004"),
    "no_grace": (OCP, "OCP-024"),
    "endless_grace": (OCP, "OCP-024"),
    "any_dip_resets": (OCP, "OCP-001 OCP-002 OCP-003 OCP-004"),
    "nothing_resets": (OCP, "OCP-001 OCP-002 OCP-003 OCP-004"),
    "never_resumes": (OCP, "OCP-010 OCP-011 OCP-012 OCP-018"),
    "gives_up_after_ten": (OCP, "OCP-012"),
    "resumes_after_290_s": (OCP, "OCP-010 OCP-011"),
    "pauses_in_c1": (
        OCP,
        "OCP-001 OCP-002 OCP-003 OCP-004 OCP-005 OCP-006 OCP-008 OCP-009 OCP-011 OCP-012 OCP-013 OCP-021 OCP-022"
        " OCP-023 OCP-024 M3-004",
    ),
    "says_nothing": (
        OCP,
        "OCP-015 OCP-016 OCP-017 OCP-018 OCP-019 OCP-020 OCP-021 LOG-013 LOG-016",
    ),
    "falls_back_at_once": (ALB_P1, "ALB-P1-002 ALB-P1-016 ALB-P1-017 ALB-P1-021 ALB-P1-022"),
    "falls_back_5_s_late": (ALB_P1, "ALB-P1-002 ALB-P1-016 ALB-P1-021"),
    "never_falls_back": (ALB_P1, "ALB-GEN-014 ALB-P1-002 ALB-P1-016 ALB-P1-017 ALB-P1-021 UI-011"),
    "one_bad_telegram_is_a_loss": (ALB_P1, "ALB-P1-017 ALB-P1-022"),
    "ignores_the_crc": (ALB_P1, "ALB-P1-017 ALB-P1-019 ALB-P1-022 LOG-001"),
    "believes_old_meters": (ALB_P1, "ALB-P1-002"),
    "ignores_the_sign": (
        ALB_P1,
        "ALB-GEN-018 ALB-GEN-019 ALB-GEN-020 ALB-GEN-021 ALB-GEN-022 ALB-GEN-026 ALB-GEN-028 ALB-GEN-029 ALB-GEN-030"
        " ALB-GEN-031 ALB-GEN-033",
    ),
    "thinks_the_car_is_on_the_meter": (ALB_P1, "ALB-GEN-010 ALB-GEN-011"),
    "six_where_less_is_left": (ALB_P1, "M3-002"),
    "exclude_ignores_export": (ALB_P1, "ALB-GEN-010"),
    "no_one_phase_meters": (ALB_P1, "ALB-GEN-009 ALB-P1-001"),
    "returns_in_one_jump": (ALB_P1, "ALB-P1-016"),
    "reacts_after_3_s": (ALB_P1, "ALB-GEN-004 ALB-GEN-019 ALB-GEN-021 ALB-GEN-033 ALB-GEN-039"),
    "ignores_the_safe_current": (
        ALB_P1,
        "ALB-GEN-014 ALB-P1-002 ALB-P1-012 ALB-P1-013 ALB-P1-016 ALB-P1-017 ALB-P1-021 ALB-P1-025",
    ),
    "reads_p1_in_any_mode": (ALB_P1, "ALB-P1-012 ALB-P1-013 ALB-P1-025"),
}


def faulty_stations() -> list[str]:
    tree = ast.parse(STATIONS.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def test_every_faulty_station_is_expected_somewhere() -> None:
    assert sorted(EXPECTED) == sorted(faulty_stations())


@pytest.mark.parametrize("station", EXPECTED)
def test_is_rejected_by_the_right_clauses(station: str, tmp_path: Path) -> None:
    suite, clauses = EXPECTED[station]
    bench = tmp_path / "bench.toml"
    bench.write_text(
        f"[station]\nfactory = {json.dumps(f'{STATIONS}:{station}')}\n[lines.p1]\n[lines.board]\n", encoding="utf-8"
    )
    report = tmp_path / "report"
    command = [sys.executable, "-m", "rig", "run", suite, "--bench", bench, "--report", report, "--jobs", "1"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == FINDINGS, done.stdout + done.stderr
    verdicts = json.loads((report / "results.json").read_text(encoding="utf-8"))["results"]
    assert {row["clause"] for row in verdicts if row["verdict"] == "fail"} == set(clauses.split())
    assert not [row for row in verdicts if row["verdict"] == "error"]
