"""What is expected of a TIC capture follows from its index entry alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rig.errors import HarnessError
from rig.kit.capture_files import PhaseRange
from rig.kit.tic_captures import READ, REFUSED, Capture, expected_a, load

IMPORT = {"current_l1_A": 12, "apparent_power_VA": 2830}


@pytest.mark.parametrize(
    ("values", "low_a", "high_a"),
    [
        (IMPORT, 12.0, 12.304348),
        ({"current_l1_A": 13, "apparent_power_VA": 2830}, 12.304348, 13.0),
        ({"current_l1_A": 14, "apparent_power_VA": 0}, -14.0, -14.0),
        ({"current_l1_A": 0, "apparent_power_VA": 0}, 0.0, 0.0),
        ({"current_l1_A": 2, "voltage_l1_V": 239, "apparent_power_import_VA": 478}, 2.0, 2.0),
        ({"current_l1_A": 3, "voltage_l1_V": 240, "apparent_power_import_VA": 0}, -3.0, -3.0),
        (
            {
                "current_l1_A": 2,
                "voltage_l1_V": 240,
                "apparent_power_import_VA": 0,
                "apparent_power_export_VA": 360,
            },
            -1.5,
            -1.5,
        ),
    ],
    ids=["import", "import, coarse", "export", "nothing", "standard", "standard export", "producer"],
)
def test_signed_current_of_one_phase(values: dict[str, float], low_a: float, high_a: float) -> None:
    (found,) = expected_a(values, 1)
    assert [found.low_a, found.high_a] == pytest.approx([low_a, high_a])
    assert found.directed


@pytest.mark.parametrize(
    ("values", "phases", "complaint"),
    [
        (IMPORT, 3, "3 phases wants a rule of its own"),
        ({"current_l1_A": 1}, 1, "gives no current or no apparent power"),
    ],
)
def test_what_has_no_rule_is_said_so(values: dict[str, float], phases: int, complaint: str) -> None:
    with pytest.raises(HarnessError, match=complaint):
        expected_a(values, phases)


def capture(*frames: dict[str, Any], whole: int, good: bool | None, mode: str = "historic") -> Capture:
    entry = {"mode": mode, "complete_frames": whole, "all_group_checksums_ok": good, "frames": list(frames)}
    return Capture(Path("some/meter.bin"), entry)


GOOD = {"bad_groups": [], "expected": IMPORT, "phases": 1}
BAD = {"bad_groups": [{"label": "ADCO"}], "expected": IMPORT, "phases": 1}


def test_a_good_capture() -> None:
    found = capture(GOOD, whole=1, good=True)
    assert (found.clause, found.mode, found.name) == (READ, "historique", "meter")
    assert found.frames_a == [(PhaseRange(12.0, 2830 / 230),)]


@pytest.mark.parametrize(
    "found",
    [
        capture(BAD, BAD, whole=7, good=False, mode="standard"),
        capture({**BAD, "expected": {}}, whole=0, good=False),
        capture(whole=0, good=None),
    ],
    ids=["check sums", "a lone group", "no frame"],
)
def test_captures_of_which_nothing_may_be_taken(found: Capture) -> None:
    assert found.clause == REFUSED
    assert not any(found.frames_a)
    assert len(found.frames_a) == min(found.whole_frames, 2)


def test_the_collection_is_that_of_tic(tmp_path: Path) -> None:
    (tmp_path / "tic").mkdir()
    (tmp_path / "tic" / "index.json").write_text('{"note": "", "files": [{"file": "meter.bin"}]}', "utf-8")
    assert load(tmp_path) == [Capture(tmp_path / "tic" / "meter.bin", {"file": "meter.bin"})]
