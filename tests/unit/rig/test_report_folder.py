"""The report folder: nobody's files are lost, nothing is left behind, and it is known beforehand if it will not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig import report_folder
from rig.errors import ConfigurationError


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("name", ["new", "deep/and/new", "empty", "old", "only_a_timeline"])
def test_folders_that_will_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "results.json").touch()
    (tmp_path / "old" / "notes.txt").touch()
    (tmp_path / "only_a_timeline").mkdir()
    (tmp_path / "only_a_timeline" / "timeline.jsonl").touch()
    before = everything(tmp_path)
    report_folder.check(tmp_path / name)
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("file", "there is a file of that name; choose another folder"),
        ("file/below", "cannot be written: not a directory; name a folder that you may write to"),
        ("holiday", "holds files that are not a report; choose an empty or a new folder"),
        ("taken", r"would need .*taken\.partial, which is there and not of a run; move it, or choose another folder"),
    ],
)
def test_folders_that_will_not_do(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").touch()
    (tmp_path / "taken.partial").mkdir()
    (tmp_path / "taken.partial" / "work.txt").touch()
    before = everything(tmp_path)
    with pytest.raises(ConfigurationError, match=message) as caught:
        report_folder.check(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert everything(tmp_path) == before


def test_a_folder_that_nobody_can_make() -> None:
    with pytest.raises(ConfigurationError, match="report folder /proc/report cannot be written"):
        report_folder.check(Path("/proc/report"))


def test_a_folder_of_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report_folder.check(Path("report"))
    assert report_folder.partial(Path("report")) == tmp_path / "report.partial"


def test_the_parts_last_as_long_as_the_run(tmp_path: Path) -> None:
    report = tmp_path / "deep" / "report"
    with report_folder.parts_of(report) as parts:
        assert parts == report_folder.partial(report)
        (parts / "case").mkdir()
        report_folder.check(report)  # the folder of a run under way is ours
    assert not parts.exists()


def test_the_parts_go_when_the_run_breaks_down(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), report_folder.parts_of(tmp_path / "report"):
        raise KeyboardInterrupt
    assert everything(tmp_path) == []


def test_the_parts_of_a_run_that_was_killed_are_taken_away(tmp_path: Path) -> None:
    report = tmp_path / "report"
    with report_folder.parts_of(report) as parts:
        mark = next(parts.iterdir())
        kept = {mark.name: mark.read_bytes()}
    parts.mkdir()
    (parts / mark.name).write_bytes(kept[mark.name])
    (parts / "case").mkdir()
    report_folder.check(report)
    with report_folder.parts_of(report):
        assert not (parts / "case").exists()


def test_parts_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigurationError, match="cannot be written: not a directory"),
        report_folder.parts_of(tmp_path / "file" / "report"),
    ):
        pytest.fail("never here")
