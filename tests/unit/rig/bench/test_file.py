"""Bench files: what is wrong, where, and what would be right, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.bench.file import BenchFile, load_bench
from rig.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    path = folder / "bench.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_the_default_bench(tmp_path: Path) -> None:
    assert load_bench(write(tmp_path, "")) == BenchFile()


def test_a_real_bench(tmp_path: Path) -> None:
    bench = load_bench(
        write(
            tmp_path,
            """
            name = "bench 3"
            [station]
            kind = "external"
            name = "customer unit 17"
            [lines.p1]
            port = "/dev/ttyUSB0"
            request_line = "cts"
            [measuring]
            uncertainty_s = 0.05
            """,
        )
    )
    assert bench.station.name == "customer unit 17"
    assert bench.lines.p1 is not None
    assert bench.lines.p1.request_line == "cts"
    assert bench.lines.board is None
    assert bench.measuring.uncertainty_s == 0.05


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lines.p1]\nbauds = 9600", r"unknown field `bauds` in \[lines.p1\]; allowed are: port, request_line"),
        ("stations = 1", r"unknown field `stations` at the top level; allowed are: name, station, lines, measuring"),
        ('[station]\nkind = "toaster"', r"Invalid enum value 'toaster' in \[station.kind\]"),
        ("[measuring]\nuncertainty_s = -1", r"uncertainty_s = -1 in \[measuring\]; it must be from 0 to 60 s"),
        ("[measuring]\nuncertainty_s = nan", r"uncertainty_s = nan"),
        ('[station]\nkind = "external"\nfactory = "x:y"', r"takes no factory"),
        ("[station", r"is not TOML: "),
        ("name = 3", r"Expected `str`, got `int` in \[name\]"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_bench(write(tmp_path, text))
    assert str(tmp_path / "bench.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load_bench(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_bench(path)
