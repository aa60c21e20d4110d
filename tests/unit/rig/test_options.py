"""Options: read once, and refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.bench.file import BenchFile
from rig.clock import ClockSpec
from rig.errors import ConfigurationError
from rig.options import DEFAULT_SEED, RunOptions

EXTERNAL = '[station]\nkind = "external"\n[lines.p1]\nport = "/dev/ttyUSB0"\n'


def write(folder: Path, text: str) -> str:
    path = folder / "bench.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_defaults() -> None:
    assert RunOptions.parse(clock="virtual", seed=DEFAULT_SEED, bench=None) == RunOptions()
    assert RunOptions().bench == BenchFile()
    assert RunOptions().parts is None


def test_everything_chosen(tmp_path: Path) -> None:
    bench = write(tmp_path, 'name = "bench 3"')
    options = RunOptions.parse(clock="scaled:20", seed=-7, bench=bench, parts=tmp_path / "parts")
    assert options.clock == ClockSpec("scaled", 20.0)
    assert options.seed == -7
    assert (options.bench.name, options.bench_path) == ("bench 3", Path(bench))
    assert options.parts == tmp_path / "parts"


@pytest.mark.parametrize("clock", ["real", "scaled:10"])
def test_an_external_station_lives_in_real_time(tmp_path: Path, clock: str) -> None:
    bench = write(tmp_path, EXTERNAL)
    assert RunOptions.parse(clock=clock, seed=1, bench=bench).bench.station.kind == "external"
    with pytest.raises(ConfigurationError, match="an external station lives in real time; use --clock real") as caught:
        RunOptions.parse(clock="virtual", seed=1, bench=bench)
    assert bench in str(caught.value)


@pytest.mark.parametrize(
    "clock", ["", "fast", "scaled", "scaled:", "scaled:0", "scaled:-1", "scaled:nan", "scaled:1e9"]
)
def test_a_bad_clock(clock: str) -> None:
    with pytest.raises(ConfigurationError, match="clock"):
        RunOptions.parse(clock=clock, seed=1, bench=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lines.p1]\nbauds = 9600", r"unknown field `bauds` in \[lines.p1\]"),
        ("[lines.p1]", r"the reference station has no power electronics of its own; add \[lines.board\]"),
        (
            '[lines.p1]\nport = "/dev/ttyUSB0"\n[lines.board]',
            r'port = "/dev/ttyUSB0" in \[lines.p1\], but the reference station is on a pty of the rig',
        ),
    ],
)
def test_a_bad_bench(tmp_path: Path, text: str, message: str) -> None:
    bench = write(tmp_path, text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        RunOptions.parse(clock="virtual", seed=1, bench=bench)
    assert bench in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_bench(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        RunOptions.parse(clock="virtual", seed=1, bench=str(tmp_path / "none.toml"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        RunOptions.parse(clock="virtual", seed=1, bench=str(tmp_path))
