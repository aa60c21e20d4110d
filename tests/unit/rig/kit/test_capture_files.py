"""A collection of captures is what its index says, or there is none."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from rig.errors import HarnessError
from rig.kit.capture_files import CaptureFile, PhaseRange, fits, load_index, missing, spelled


def load(folder: Path | None = None) -> list[CaptureFile]:
    return load_index("p1", "telegrams", CaptureFile, folder)


def collection(folder: Path, **changes: Any) -> Path:
    (folder / "p1").mkdir()
    (folder / "p1" / "meter.txt").write_bytes(b"/telegram")
    entry = {"file": "meter.txt", "sha256": sha256(b"/telegram").hexdigest(), **changes}
    (folder / "p1" / "index.json").write_text(json.dumps({"telegrams": [entry]}), "utf-8")
    return folder


def test_the_collection_is_read_from_its_index(tmp_path: Path) -> None:
    (capture,) = load(collection(tmp_path))
    assert capture.read() == b"/telegram"


def test_no_folder_is_no_captures(tmp_path: Path) -> None:
    assert load(tmp_path) == []


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVSE_RIG_CAPTURES", str(collection(tmp_path)))
    assert [capture.name for capture in load()] == ["meter"]


def test_a_changed_file_is_not_judged(tmp_path: Path) -> None:
    (capture,) = load(collection(tmp_path, sha256="0" * 64))
    with pytest.raises(HarnessError, match=r"meter\.txt is not the file"):
        capture.read()


@pytest.mark.parametrize("index", ["", "{}", "[]", '{"telegrams": [{}]}'])
def test_a_broken_index_is_said_so(tmp_path: Path, index: str) -> None:
    (collection(tmp_path) / "p1" / "index.json").write_text(index, "utf-8")
    with pytest.raises(HarnessError, match=r"no usable index\.json"):
        load(tmp_path)


def test_what_is_missing_is_named() -> None:
    assert missing("tic").endswith("EVSE_RIG_CAPTURES can name the folder that holds tic/index.json")


@pytest.mark.parametrize(
    ("expected", "inside", "outside", "words"),
    [
        (PhaseRange(-3.4, -3.0), (-3.4005, -3.2, -2.9995), (-3.402, -2.998, 3.2), "-3.400 to -3.000 A"),
        (PhaseRange(2.0, 2.0), (1.9995, 2.0), (1.998, -2.0), "+2.000 A"),
        (PhaseRange(2.0, 2.0, directed=False), (2.0, -2.0), (2.002, -1.998), "2.000 A either way"),
    ],
    ids=["range", "figure", "size"],
)
def test_a_current_in_its_range(
    expected: PhaseRange, inside: tuple[float, ...], outside: tuple[float, ...], words: str
) -> None:
    assert all(fits(current_a, expected) for current_a in inside)
    assert not any(fits(current_a, expected) for current_a in outside)
    assert spelled(expected) == words
