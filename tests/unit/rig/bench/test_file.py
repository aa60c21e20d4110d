"""Bench files: what is wrong, where, and what would be right, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.bench.file import BenchFile, BoardLine, Lines, P1Line, SerialLine, TcpLine, load_bench
from rig.bench.instrument_entries import EvBox, Instruments, Scope
from rig.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    path = folder / "bench.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_the_default_bench(tmp_path: Path) -> None:
    """But for its name, which is that of the file."""
    path = write(tmp_path, "")
    assert load_bench(path) == BenchFile(name=path.stem)


def test_a_real_bench(tmp_path: Path) -> None:
    bench = load_bench(
        write(
            tmp_path,
            """
            name = "bench 3"
            [station]
            kind = "external"
            name = "customer unit 17"
            sockets = 2
            feeders = 2
            [lines.p1]
            port = "/dev/ttyUSB0"
            request_line = "cts"
            [lines.tic]
            port = "/dev/ttyUSB1"
            [lines.rtu]
            port = "rfc2217://192.168.0.9:4000"
            [lines.tcp]
            listen = "tcp:192.168.0.4:502"
            [instruments.ev]
            resource = "TCPIP::192.168.1.20::5025::SOCKET"
            [instruments.scope]
            resource = "USB::0x1AB1::0x04CE::DS1ZA1::INSTR"
            family = "rigol"
            channel = 2
            uncertainty_v = 0.2
            [measuring]
            uncertainty_s = 0.05
            """,
        )
    )
    assert bench.instruments.ev == EvBox(resource="TCPIP::192.168.1.20::5025::SOCKET")
    assert bench.instruments.scope == Scope(
        resource="USB::0x1AB1::0x04CE::DS1ZA1::INSTR", family="rigol", channel=2, uncertainty_v=0.2
    )
    assert bench.station.name == "customer unit 17"
    assert (bench.station.sockets, bench.station.feeders) == (2, 2)
    assert bench.lines.p1 is not None
    assert bench.lines.p1.request_line == "cts"
    assert bench.lines.board is None
    assert bench.lines.tic == SerialLine("/dev/ttyUSB1")
    assert bench.lines.rtu == SerialLine("rfc2217://192.168.0.9:4000")
    assert bench.lines.tcp == TcpLine("tcp:192.168.0.4:502")
    assert bench.measuring.uncertainty_s == 0.05


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lines.p1]\nbauds = 9600", r"unknown field `bauds` in \[lines.p1\]; allowed are: port, request_line"),
        ("[lines.tic]\nrequest_line = 'cts'", r"unknown field `request_line` in \[lines.tic\]; allowed are: port"),
        ("[lines.rtu]\nbaud = 9600", r"unknown field `baud` in \[lines.rtu\]; allowed are: port"),
        ("[lines.tcp]\nport = 502", r"unknown field `port` in \[lines.tcp\]; allowed are: listen"),
        ("[lines.ttl]\nport = 'pty'", r"unknown field `ttl` in \[lines\]; allowed are: p1, tic, rtu, tcp, board"),
        (
            "stations = 1",
            r"unknown field `stations` at the top level; allowed are: name, station, lines, instruments, measuring",
        ),
        ('[station]\nkind = "toaster"', r"Invalid enum value 'toaster' in \[station.kind\]"),
        ("[measuring]\nuncertainty_s = -1", r"uncertainty_s = -1 in \[measuring\]; it must be from 0 to 60 s"),
        ("[measuring]\nuncertainty_s = nan", r"uncertainty_s = nan"),
        ('[station]\nkind = "external"\nfactory = "x:y"', r"takes no factory"),
        (
            '[station]\nkind = "external"\nsockets = 3',
            r"sockets = 3 in \[station\]; a station has 1 to 2 sockets and no more feeders than sockets",
        ),
        ('[station]\nkind = "external"\nsockets = 0', r"sockets = 0 in \[station\]"),
        ('[station]\nkind = "external"\nfeeders = 2', r"feeders = 2 in \[station\]"),
        ('[station]\nkind = "external"\nsockets = "two"', r"Expected `int`, got `str` in \[station.sockets\]"),
        (
            "[station]\nsockets = 2",
            r"sockets = 2 in \[station\], but the reference station has as many as each case needs",
        ),
        (
            '[station.settings]\n"probing.duration_s" = -1',
            r'"probing.duration_s" = -1 in \[station.settings\]; it is a number',
        ),
        ('[station.settings]\n"probing.duration_s" = "off"', r"\"probing.duration_s\" = 'off'"),
        ('[station.settings]\n"probing.duration_s" = true', r'"probing.duration_s" = True'),
        ('[station.settings]\n"probing.duration_s" = nan', r'"probing.duration_s" = nan'),
        ("[instruments.dmm]", r"unknown field `dmm` in \[instruments\]; allowed are: ev, scope"),
        (
            "[instruments.ev]\nfamily = 'x'",
            r"unknown field `family` in \[instruments.ev\]; allowed are: resource, dialect",
        ),
        ("[instruments.scope]\nfamily = 'tek'", r"Invalid enum value 'tek' in \[instruments.scope.family\]"),
        ("[instruments.scope]\nchannel = 0", r"\[instruments.scope\]: channel = 0; it must be from 1 to 8"),
        ("[instruments.ev]\nuncertainty_v = nan", r"\[instruments.ev\]: uncertainty_v = nan; it must be from 0 to 1"),
        ("[instruments.ev]\nuncertainty_duty_pct = 6", r"uncertainty_duty_pct = 6; it must be from 0 to 5"),
        ("[instruments.scope]\nresource = 'GPIB::9::INSTR'", r"the pilot of the reference station is emulated; leave"),
        (
            "[station]\nkind = 'external'\n[instruments.scope]\nresource = '192.168.1.9'",
            r"\[instruments.scope\]: instrument '192.168.1.9' is no VISA resource string; .* is \"emulated\"",
        ),
        (
            "[station]\nkind = 'external'\n[instruments.scope]\nresource = 'GPIB::9::INSTR'\ntimeout_s = 0",
            r"\[instruments.scope\]: instrument GPIB::9::INSTR: a timeout is above 0 s",
        ),
        ("[station", r"is not TOML: "),
        ("name = 3", r"Expected `str`, got `int` in \[name\]"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_bench(write(tmp_path, text))
    assert str(tmp_path / "bench.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["tcp:127.0.0.1:0", "tcp:192.168.0.4:502", "tcp:meter.local:1502", "tcp::502"])
def test_where_the_meter_may_listen(tmp_path: Path, address: str) -> None:
    text = f'[lines.tcp]\nlisten = "{address}"\n[lines.board]\nlisten = "unix"\n'
    assert load_bench(write(tmp_path, text)).lines == Lines(tcp=TcpLine(address), board=BoardLine("unix"))


@pytest.mark.parametrize(
    "address",
    ["", "502", "tcp:502", "192.168.0.4:502", "udp:192.168.0.4:502", "tcp:192.168.0.4", "tcp:192.168.0.4:", "tcp:a:b",
     "tcp:192.168.0.4:-1", "tcp:[::1]:502", "tcp:fe80::1:502", "tcp:192.168.0.4:５０２"],
)  # fmt: skip
def test_where_no_meter_can_listen(tmp_path: Path, address: str) -> None:  # ALB-TCP-007: IPv4
    with pytest.raises(ConfigurationError, match=r"in \[lines.tcp\]; use tcp:host:port with an IPv4 address") as caught:
        load_bench(write(tmp_path, f'[lines.tcp]\nlisten = "{address}"\n[lines.board]\nlisten = "unix"\n'))
    assert f'listen = "{address}"' in str(caught.value)


def test_the_default_bench_has_every_line_on_ports_of_its_own() -> None:
    assert BenchFile().lines == Lines(P1Line(), SerialLine("pty"), SerialLine("pty"), TcpLine(), BoardLine())
    assert TcpLine().listen == "tcp:127.0.0.1:0"


def test_a_file_names_the_instruments_that_are_there(tmp_path: Path) -> None:
    """Or none, and has the emulated ones."""
    assert load_bench(write(tmp_path, "")).instruments == Instruments(EvBox(), Scope(), EvBox(), Scope())
    assert load_bench(write(tmp_path, "[instruments]")).instruments == Instruments()
    assert load_bench(write(tmp_path, "[instruments.scope]")).instruments == Instruments(None, Scope())


@pytest.mark.parametrize("line", ["p1", "tic", "rtu"])
def test_the_reference_station_is_on_a_pty_of_the_rig(tmp_path: Path, line: str) -> None:
    text = f'[lines.{line}]\nport = "/dev/ttyUSB0"\n[lines.board]\nlisten = "unix"\n'
    with pytest.raises(
        ConfigurationError, match=rf'port = "/dev/ttyUSB0" in \[lines.{line}\], but the reference'
    ) as caught:
        load_bench(write(tmp_path, text))
    assert 'set kind = "external"' in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load_bench(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_bench(path)
