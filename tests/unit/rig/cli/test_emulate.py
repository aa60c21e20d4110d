"""The command line of `evse-rig emulate`, and one session of it from outside."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import serial

from emulators.p1 import decode
from rig.cli.app import run
from rig.cli.emulate import KINDS, _find_version

ROOT = Path(__file__).resolve().parents[4]
PATIENCE_S = 30.0


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "--list"]) == 0
    assert capsys.readouterr().out == "p1: smart meter with a DSMR P1 port; versions 4.2.2, 5.0.2\n"


@pytest.mark.parametrize(
    ("text", "version"),
    [(None, "5.0.2"), ("5.0.2", "5.0.2"), ("5.0", "5.0.2"), ("5", "5.0.2"), ("4.2", "4.2.2"), ("4.2.2", "4.2.2")],
)
def test_versions_have_short_forms(text: str | None, version: str) -> None:
    assert _find_version(KINDS["p1"], text) == version


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "what is to be emulated? there is p1"),
        (["tic"], "'tic' is not emulated; there is p1"),
        (["p1", "--version", "3.0"], "there is no version '3.0'; there is 4.2.2, 5.0.2"),
        (["p1", "--version", "5.0.2.1"], "there is no version '5.0.2.1'"),
        (["p1", "--version", ""], "there is no version ''"),
        (["p1", "--phases", "2"], "1 or 3 phases, not 2"),
        (["p1", "--load", "L1=much"], "'L1=much' is no current"),
        (["p1", "--pv", "L1=9999"], "more than a telegram can say"),
        (["p1", "--phases", "1", "--load", "L3=1"], "'L3=1': a one-phase meter has only L1"),
        (["p1", "--port", "ttyUSB0"], "--port: 'ttyUSB0' is no port"),
        (["p1", "--port", "http://host:1"], "--port: the URL 'http://host:1' is of an unknown kind"),
        (["p1", "--port", "socket://host"], "lacks host or port"),
        (["p1", "--request", "cts"], "--request cts: a pty has no modem lines"),
        (["p1", "--request", "dsr", "--port", "socket://h:1"], "--request dsr: a socket has no modem lines"),
        (["p1", "--request", "maybe"], "'--request'"),
        (["p1", "--clock", "virtual"], "clock virtual:"),
        (["p1", "--clock", "slow"], "clock 'slow' is unknown"),
        (["p1", "--date", "tomorrow"], "--date 'tomorrow' is no date"),
        (["p1", "--colour", "red"], "--colour"),
    ],
)
def test_nonsense_is_one_line_and_3(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", *arguments]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert complaint in printed.err
    assert printed.err.startswith("evse-rig: ")
    assert printed.err.count("\n") == 1


def test_a_port_that_is_not_there_is_one_line_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "p1", "--port", "/dev/no-such-port"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "/dev/no-such-port does not exist" in printed.err
    assert printed.err.count("\n") == 1


def test_a_file_is_no_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["emulate", "p1", "--port", str(tmp_path / "file")]) == 2
    assert "is not a serial port" in capsys.readouterr().err


def test_a_busy_port_is_one_line_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    master, slave = os.openpty()
    with serial.Serial(os.ttyname(slave), exclusive=True):
        assert run(["emulate", "p1", "--port", os.ttyname(slave)]) == 2
    os.close(slave)
    os.close(master)
    assert "is in use by another program" in capsys.readouterr().err


def test_a_session_from_outside() -> None:
    """Another process serves a pty that this one reads; then its commands end."""
    command = [sys.executable, "-m", "rig", "emulate", "p1", "--clock", "scaled:20", "--until-eof", "--load", "L1=10"]
    with subprocess.Popen(
        [*command, "--date", "2026-07-03T13:15:00+02:00"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        path = process.stdout.readline().split()[-1].decode()
        first = read_telegram(path)
        process.stdin.write(b"L1=16 L3=2.5\n")
        process.stdin.flush()
        process.stdout.readline()
        assert process.stdout.readline() == b"L1 +16.00 A  L2 +0.00 A  L3 +2.50 A\n"
        second = read_telegram(path)
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 0
        assert process.stdout.read().startswith(b"evse-rig: stopped after ")
        assert process.stderr.read() == b""
    assert decode(first).phase_import_w == (2300, 0, 0)
    assert decode(second).phase_import_w == (3680, 0, 575)
    assert decode(second).stamp.startswith("260703131")


def read_telegram(path: str) -> bytes:
    """The second telegram that begins after the port was emptied: the first may have been on its way before."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        termios.tcflush(descriptor, termios.TCIFLUSH)
        data = b""
        while data.count(b"/") < 3:
            assert select.select([descriptor], [], [], PATIENCE_S)[0]
            data += os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    return b"/" + data.split(b"/")[2]
