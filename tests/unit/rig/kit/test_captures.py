"""What is expected of a capture follows from its index entry alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.kit.capture_files import PhaseRange
from rig.kit.captures import ACCEPTED, TOO_OLD, WRONG_CRC, Capture, expected_a, load

THREE = [1, 2, 3]


def powers(phase: int, import_kw: str, export_kw: str = "0.000") -> dict[str, str]:
    return {f"power_import_l{phase}_kW": import_kw, f"power_export_l{phase}_kW": export_kw}


def close(found: tuple[PhaseRange, ...], *expected: tuple[float, float]) -> bool:
    return [(item.low_a, item.high_a) for item in found] == [pytest.approx(pair, abs=1e-6) for pair in expected]


def test_power_by_voltage_with_the_sign_of_the_power() -> None:
    values = {**powers(1, "0.000", "2.300"), "voltage_l1_V": "230.0", "current_l1_A": "11"}
    assert close(expected_a(values, [1]), (-10.0, -10.0))


def test_power_without_voltage_is_between_the_nominal_figure_and_the_meter_s() -> None:
    values = {**powers(1, "0.254"), **powers(2, "0.000", "0.778"), **powers(3, "0.000")}
    values |= {"current_l1_A": "1", "current_l2_A": "3", "current_l3_A": "0"}
    assert close(expected_a(values, THREE), (1.0, 1.104348), (-3.382609, -3.0), (0.0, 0.0))


def test_only_the_size_is_known_without_a_power() -> None:
    values = {f"current_l{phase}_A": str(phase) for phase in THREE} | {"power_import_total_kW": "1.0"}
    assert expected_a(values, THREE) == tuple(PhaseRange(a, a, directed=False) for a in (1.0, 2.0, 3.0))


def test_a_meter_that_says_nothing_of_phases_has_one() -> None:
    values = {"power_import_total_kW": "0.000", "power_export_total_kW": "0.460"}
    assert close(expected_a(values, []), (-2.0, -2.0))


@pytest.mark.parametrize("phases", [[], [1], THREE])
def test_what_tells_no_current_gives_none(phases: list[int]) -> None:
    assert expected_a({"voltage_l1_V": "1234.56"}, phases) == ()


@pytest.mark.parametrize(
    ("crc_valid", "version", "clause"),
    [
        (True, "50", ACCEPTED),
        (False, "42", WRONG_CRC),
        (False, None, WRONG_CRC),
        (None, "40", WRONG_CRC),
        (None, None, TOO_OLD),
    ],
)
def test_what_a_capture_can_judge(crc_valid: bool | None, version: str | None, clause: str) -> None:
    values = {**powers(1, "0.230"), "voltage_l1_V": "230"}
    entry = {"crc_valid": crc_valid, "version_tag": version, "expected": values, "phases": [1]}
    capture = Capture(Path("some/meter.txt"), entry)
    assert (capture.clause, capture.name) == (clause, "meter")
    assert bool(capture.current_a) == bool(crc_valid)


def test_the_collection_is_that_of_p1(tmp_path: Path) -> None:
    (tmp_path / "p1").mkdir()
    (tmp_path / "p1" / "index.json").write_text('{"telegrams": [{"file": "meter.txt"}]}', "utf-8")
    assert load(tmp_path) == [Capture(tmp_path / "p1" / "meter.txt", {"file": "meter.txt"})]
