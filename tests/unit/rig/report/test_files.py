"""A report appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.errors import ConfigurationError
from rig.report.files import prepare_directory, write_together


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_writes_all_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report"
    write_together(target, {"a.json": b"1", "b.html": b"2"})
    assert names(target) == {"a.json", "b.html"}
    assert (target / "b.html").read_bytes() == b"2"


def test_replaces_an_older_report(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a much longer text than the new one")
    write_together(tmp_path, {"a": b"new"})
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("function", [prepare_directory, lambda path: write_together(path, {"a": b""})])
def test_a_file_in_the_way(tmp_path: Path, function: object) -> None:
    (tmp_path / "report").write_text("not a folder")
    with pytest.raises(ConfigurationError, match=r"cannot write the report to .*report.*; name a folder"):
        function(tmp_path / "report")  # type: ignore[operator]
    assert (tmp_path / "report").read_text() == "not a folder"


def test_a_file_as_parent(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(ConfigurationError, match="not a directory"):
        prepare_directory(tmp_path / "x" / "report")


def test_when_writing_fails_the_old_files_stay(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(ConfigurationError):
        write_together(tmp_path, {"a": b"new", "missing/b": b""})
    assert names(tmp_path) == {"a"}
    assert (tmp_path / "a").read_bytes() == b"old"
