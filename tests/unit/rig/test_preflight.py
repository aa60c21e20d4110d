"""What is wrong with the machine or the bench is found before the first case, and leaves nothing open."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest

import rig.preflight
from rig.bench import Bench
from rig.bench.file import BenchFile, BoardLine, Lines, P1Line, SerialLine, StationEntry, TcpLine
from rig.bench.instrument_entries import EvBox, Instruments, Scope
from rig.case import Case
from rig.clock import ClockSpec
from rig.errors import ConfigurationError, HarnessError, RigError
from rig.options import RunOptions
from rig.preflight import preflight

FAST = ClockSpec("scaled", 1000.0)

NOBODY = "TCPIP::127.0.0.1::1::SOCKET"


def external(**lines: P1Line | SerialLine | TcpLine | BoardLine) -> BenchFile:
    return BenchFile(station=StationEntry(kind="external"), lines=Lines(**lines))  # type: ignore[arg-type]


def reference(**station: object) -> BenchFile:
    return BenchFile(station=StationEntry(**station))  # type: ignore[arg-type]


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_the_default_bench_can_be_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    preflight(RunOptions())
    before = open_descriptors()
    preflight(RunOptions())
    assert open_descriptors() == before
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise HarnessError("virtual time does not hold on this machine")

    monkeypatch.setattr(rig.preflight, "self_test", broken)
    with pytest.raises(HarnessError, match="virtual time does not hold"):
        preflight(RunOptions())
    preflight(RunOptions(clock=ClockSpec("real"), bench=external()))  # no virtual time is needed for that


@pytest.mark.parametrize(
    ("bench", "error", "message"),
    [
        (
            external(p1=P1Line(port="/dev/no-such-port")),
            HarnessError,
            "line p1, end b: /dev/no-such-port does not exist",
        ),
        (
            external(tic=SerialLine(port="/dev/no-such-port")),
            HarnessError,
            "line tic, end b: /dev/no-such-port does not exist",
        ),
        (
            external(rtu=SerialLine(port="/dev/no-such-port")),
            HarnessError,
            "line rtu, end b: /dev/no-such-port does not exist",
        ),
        (external(tcp=TcpLine(listen="tcp:192.0.2.1:502")), HarnessError, "tcp:192.0.2.1:502: cannot listen"),
        (external(tic=SerialLine(port="ttyUSB0")), ConfigurationError, "'ttyUSB0' is no port"),
        (external(p1=P1Line(port="/dev/null")), HarnessError, "is not a serial port"),
        (external(p1=P1Line(port="ttyUSB0")), ConfigurationError, "'ttyUSB0' is no port"),
        (external(board=BoardLine(listen="tcp:nowhere")), ConfigurationError, "board address 'tcp:nowhere'"),
        (reference(settings={"Foo": 1}), ConfigurationError, "the reference station refuses a setting: 'Foo'"),
        (reference(settings={"Safe-MaxCurrent": -1}), ConfigurationError, "refuses a setting: Safe-MaxCurrent"),
        (reference(factory="nowhere:station"), ConfigurationError, "factory 'nowhere:station'"),
        (reference(factory="os:getcwd"), HarnessError, "the bench cannot be switched on: TypeError"),
    ],
)
def test_what_is_wrong_with_a_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: BenchFile, error: type[RigError], message: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    clock = FAST if bench.station.kind == "external" else ClockSpec()
    before = open_descriptors()
    with pytest.raises(error, match=message) as caught:
        preflight(RunOptions(clock=clock, bench=bench))
    assert type(caught.value) is error
    assert "\n" not in str(caught.value)
    assert open_descriptors() == before
    assert list(tmp_path.iterdir()) == []


def test_a_busy_board_port() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"tcp:127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(HarnessError, match=f"{address}: cannot listen: .*in use"):
            preflight(RunOptions(clock=FAST, bench=external(board=BoardLine(listen=address))))


def test_a_busy_port_of_a_meter() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"tcp:127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(HarnessError, match=f"{address}: cannot listen.*in use"):
            preflight(RunOptions(bench=BenchFile(lines=Lines(tcp=TcpLine(address), board=BoardLine()))))


def test_every_line_is_tried_with_a_meter_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    make_bench = Case.bench

    def noted(case: Case, *given: Any, **how: Any) -> Bench:
        tried.append("nothing" if how["meter"] is None else how["meter"].port)
        return make_bench(case, *given, **how)

    monkeypatch.setattr(Case, "bench", noted)
    preflight(RunOptions())
    assert sorted(tried) == ["p1", "rtu", "tcp", "tic"]
    tried.clear()
    preflight(RunOptions(bench=BenchFile(lines=Lines(rtu=SerialLine(), board=BoardLine()))))
    assert tried == ["rtu"]
    tried.clear()
    preflight(RunOptions(bench=BenchFile(lines=Lines(board=BoardLine()))))
    assert tried == ["nothing"]


def test_a_station_is_switched_on_as_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[int, int]] = []

    def noted(case: Case, *given: Any, **how: Any) -> Bench:
        tried.append((how["sockets"], how["feeders"]))
        raise HarnessError("enough")

    monkeypatch.setattr(Case, "bench", noted)
    for station in (StationEntry(), StationEntry(kind="external", sockets=2, feeders=2)):
        with pytest.raises(HarnessError, match="enough"):
            preflight(RunOptions(clock=FAST, bench=BenchFile(station=station)))
    assert tried == [(1, 1), (2, 2)]


def test_a_board_link_on_which_nobody_is() -> None:
    bench = external(board=BoardLine(listen="tcp:127.0.0.1:0"))
    with pytest.raises(
        HarnessError, match=r"the station does not come to state A1 .* is it connected to the board link"
    ):
        preflight(RunOptions(clock=FAST, bench=bench))
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


@pytest.mark.parametrize(
    "instruments",
    [
        Instruments(ev=EvBox(resource=NOBODY)),
        Instruments(scope=Scope(resource=NOBODY)),
        Instruments(ev_2=EvBox(resource=NOBODY)),
        Instruments(scope_2=Scope(resource=NOBODY)),
    ],
)
def test_a_real_instrument_is_reached_once(instruments: Instruments) -> None:
    station = StationEntry(kind="external", sockets=2)
    file = BenchFile(station=station, lines=Lines(p1=P1Line()), instruments=instruments)
    with pytest.raises(HarnessError, match=r"TCPIP::127.0.0.1::1::SOCKET: .*Connection refused"):
        preflight(RunOptions(clock=FAST, bench=file))
