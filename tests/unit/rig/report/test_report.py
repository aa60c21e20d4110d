"""`write_report`: the whole folder at once."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rig.errors import ConfigurationError
from rig.report import write_report
from rig.report.model import Report, RunInfo

FILES = {"report.html", "results.json", "junit.xml"}


def read(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_two_writes_are_byte_identical(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "one")
    write_report(msgspec.json.decode(msgspec.json.encode(report), type=Report), tmp_path / "two")
    assert set(read(tmp_path / "one")) == FILES
    assert read(tmp_path / "one") == read(tmp_path / "two")


def test_an_empty_report_is_a_report(run: RunInfo, tmp_path: Path) -> None:
    write_report(Report(run=run), tmp_path)
    assert set(read(tmp_path)) == FILES
    assert "Nothing judged" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_an_unwritable_folder_is_the_users_business(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report").write_text("")
    with pytest.raises(ConfigurationError):
        write_report(report, tmp_path / "report")


def test_a_report_travels_between_processes(report: Report) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
