"""The command line of `evse-rig emulate`, and one session of it from outside."""

from __future__ import annotations

import os
import re
import select
import shutil
import socket
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from emulators.p1 import decode
from emulators.tic import decode as decode_tic
from rig.cli.app import run
from rig.cli.kinds import listed

PATIENCE_S = 30.0
STX, ETX = b"\x02", b"\x03"
Session = Any  # see conftest.py


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == list(listed())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "what is to be emulated? there is p1"),
        (["tick"], "'tick' is not emulated; is tic meant? there is p1, tic"),
        (["p1", "--version", "1.0"], "there is no version '1.0'; there is 2.2, 3.0"),
        (["p1", "--version", "5.0.2.1"], "there is no version '5.0.2.1'"),
        (["p1", "--version", ""], "there is no version ''"),
        (["p1", "--phases", "2"], "1 or 3 phases, not 2"),
        (["p1", "--load", "L1=much"], "'L1=much' is no current"),
        (["p1", "--pv", "L1=9999"], "more than the meter can show"),
        (["p1", "--phases", "1", "--load", "L3=1"], "'L3=1': a one-phase meter has only L1"),
        (["p1", "--port", "ttyUSB0"], "--port: 'ttyUSB0' is no port"),
        (["p1", "--port", "http://host:1"], "--port: the URL 'http://host:1' is of an unknown kind"),
        (["p1", "--port", "socket://host"], "lacks host or port"),
        (["p1", "--request", "cts"], "--request cts: a pty has no modem lines"),
        (["p1", "--request", "dsr", "--port", "socket://h:1"], "--request dsr: a socket has no modem lines"),
        (["p1", "--request", "maybe"], "'--request'"),
        (["p1", "--producer"], "--producer: p1 has no such thing; of its own it has --date, --request, --version"),
        (["p1", "--unit", "1"], "--unit: p1 has no such thing"),
        (["p1", "--port", "tcp:127.0.0.1:1502"], "P1 port has a serial port; socket://host:port leads to"),
        (["tic", "--version", "5"], "there is no version '5'; there is historique, standard"),
        (["tic", "--request", "cts"], "--request: tic has no such thing"),
        (["tic", "--baud", "0"], "a baud rate is above 0"),
        (["tic", "--format", "8N1"], "--format: tic has no such thing"),
        (["tic", "--load", "all=1000"], "more than the meter can show"),
        (["e27", "--version", "2"], "--version: e27 has no such thing"),
        (["e27", "--date", "2026-01-01"], "--date: e27 has no such thing"),
        (["e27", "--baud", "9600"], "--baud: tcp:127.0.0.1:0 is no serial port"),
        (["e27", "--unit", "0"], "a meter's address is 1 to 247, not 0"),
        (["e27", "--port", "tcp:localhost"], "use tcp:host:port"),
        (["sdm230", "--phases", "3"], "--phases 3: Eastron SDM230 measures one phase"),
        (["sdm230", "--load", "L2=1"], "a one-phase meter has only L1"),
        (["sdm230", "--format", "7E1"], "Modbus RTU characters are like 8N1"),
        (["sdm230", "--baud", "0"], "a baud rate is above 0"),
        (["sdm230", "--baud", "115200"], "Eastron SDM230 cannot talk at 115200 8N1: setting baud has no code for"),
        (["sdm230", "--set", "ratio"], "'ratio' sets nothing: write NAME=VALUE"),
        (["sdm230", "--set", "ratio=1"], "Eastron SDM230 has no setting 'ratio'; there is pulse_width_ms"),
        (["sdm230", "--set", "7:baud=9600"], "--set 7:baud=9600: there is no meter 7"),
        (["sdm72ct", "--set", "ct_ratio=0"], "setting ct_ratio does not take 0"),
        (["sdm230", "--also", "sdm72d"], "two meters with address 1 disturb each other"),
        (["sdm230", "--also", "sdm73:2"], "there is no meter 'sdm73'"),
        (["none.toml"], "none.toml: cannot be read (No such file or directory)"),
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


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "Invalid value"),
        ('name = "A"', "missing required field `transport`"),
        ('transport = "rtu"\nregisters = [{ at = 0, quantity = "curent_l1_a" }]', "is current_l1_a meant?"),
        ('transport = "rtu"\nregisters = [{ at = -1, quantity = "power_w" }]', "$.registers[0].at"),
        ('transport = "usb"\nregisters = []', "$.transport"),
        (
            'transport = "rtu"\nregisters = [{ at = 0, quantity = "power_w" }, { at = 1, quantity = "frequency_hz" }]',
            "overlap at 1 (0x0001)",
        ),
    ],
)
def test_a_file_with_a_mistake_is_one_line_with_its_name(
    text: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text if text.startswith("name") else f'name = "Mine"\n{text}')
    assert run(["emulate", str(path)]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"evse-rig: {path}: ")
    assert complaint in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("address", ["tcp:127.0.0.1:{}", "tcp://127.0.0.1:{}", "tcp::{}"])
def test_an_address_in_its_spellings(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["emulate", "e27", "--port", address.format(port)]) == 2
    assert f"tcp:127.0.0.1:{port}: cannot listen" in capsys.readouterr().err


def test_an_address_that_is_taken_is_one_line_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
        assert run(["emulate", "e27", "--port", address]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"evse-rig: {address}: cannot listen: another program listens there; end that one, or take another port\n"
    )


def test_an_address_of_another_machine_is_one_line_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "e27", "--port", "tcp:192.0.2.1:1502"]) == 2
    assert "this machine has no such address" in capsys.readouterr().err


def test_a_busy_port_is_one_line_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    master, slave = os.openpty()
    with serial.Serial(os.ttyname(slave), exclusive=True):
        assert run(["emulate", "p1", "--port", os.ttyname(slave)]) == 2
    os.close(slave)
    os.close(master)
    assert "is in use by another program" in capsys.readouterr().err


def test_a_session_from_outside(emulate: Callable[..., Session]) -> None:
    """Another process serves a pty that this one reads; then its commands end."""
    session = emulate("p1", "--load", "L1=10", "--date", "2026-07-03T13:15:00+02:00")
    first = second_of(session.path, b"/", b"")
    assert session.type("L1=16 L3=2.5") == "L1 +16.00 A  L2 +0.00 A  L3 +2.50 A"
    second = second_of(session.path, b"/", b"")
    ended = session.end()
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("evse-rig: stopped after ")
    assert decode(first).phase_import_w == (2300, 0, 0)
    assert decode(second).phase_import_w == (3680, 0, 575)
    assert decode(second).stamp.startswith("260703131")


def test_a_refused_command_in_a_script_is_3(emulate: Callable[..., Session]) -> None:
    session = emulate("e27")
    session.write("fault gremlins")
    ended = session.end()
    assert ended.code == 3
    assert ended.err.startswith("evse-rig: there is no fault 'gremlins' here; there is off, exception")


# -- read by software that is not ours -------------------------------------------------------------------------------


def test_dsmr_parser_reads_p1(emulate: Callable[..., Session]) -> None:
    specifications = pytest.importorskip("dsmr_parser.telegram_specifications")
    parsers = pytest.importorskip("dsmr_parser.parsers")
    session = emulate("p1", "--load", "all=10", "--pv", "L2=12")
    telegram = parsers.TelegramParser(specifications.V5).parse(second_of(session.path, b"/", b"").decode())
    assert [
        float(telegram.INSTANTANEOUS_ACTIVE_POWER_L1_POSITIVE.value),
        float(telegram.INSTANTANEOUS_ACTIVE_POWER_L2_NEGATIVE.value),
    ] == [2.3, 0.46]
    assert session.end().code == 0


def test_enedis_tic_reads_standard_frames(emulate: Callable[..., Session]) -> None:
    link_layer = pytest.importorskip("enedis_tic.link_layer")
    session = emulate("tic", "--load", "L1=10", "--load", "L3=2")

    def read() -> dict[str, Any]:
        told: dict[str, Any] = link_layer.FrameFactory(second_of(session.path, STX, ETX).decode("ascii")).to_dict()
        return told

    assert [read()[f"IRMS{n}"]["data"] for n in (1, 2, 3)] == ["010", "000", "002"]
    assert session.type("fault garbage") == "fault garbage: 48370 VA, with a right checksum"
    assert read()["SINSTS"]["data"] == "48370"
    assert session.end().code == 0


def test_serial_teleinfo_reads_historique_frames(emulate: Callable[..., Session]) -> None:
    teleinfo = pytest.importorskip("serial_teleinfo")
    session = emulate("tic", "--version", "historique", "--load", "L1=12", "--load", "L2=7", "--load", "L3=3")
    told: dict[str, Any] = {}
    ends = 0
    with teleinfo.Client(session.path) as client:
        while ends < 3:
            value = client.read_value()
            ends += value.end_of_frame
            if ends:
                told[value.key] = value.value
    assert [told[f"IINST{n}"] for n in (1, 2, 3)] == [12, 7, 3]
    assert (told["PAPP"], told["ISOUSC"]) == (5060, 15)
    assert session.end().code == 0


def test_pymodbus_reads_a_meter_on_an_address(emulate: Callable[..., Session]) -> None:
    client = pytest.importorskip("pymodbus.client")
    session = emulate("e27", "--load", "all=10")
    with client.ModbusTcpClient("127.0.0.1", port=int(session.path.split(":")[-1]), timeout=PATIENCE_S) as master:

        def currents() -> list[int]:
            answer = master.read_holding_registers(50528, count=6, device_id=5)
            assert not answer.isError()
            return [high << 16 | low for high, low in zip(answer.registers[::2], answer.registers[1::2], strict=True)]

        assert currents() == [10_000, 10_000, 10_000]
        session.type("fault exception 1")
        assert master.read_holding_registers(50528, count=6, device_id=5).isError()
        session.type("set unit=1")  # which this meter does not have
        session.type("L2=4.5")
        # Values are renewed once a second, and an answer takes 0.05 s.
        assert [10_000, 4_500, 10_000] in (currents() for _ in range(100))
    assert session.end().code == 3


@pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed (Debian: apt install mbpoll)")
@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["sdm72d"], ["10", "4.5", "6.75"]),
        (["sdm230", "--also", "sdm72d:2"], ["10"]),
        (["sdm72ct"], ["0.1", "0.045", "0.0675"]),
        (["sdm72ct", "--set", "ct_ratio=100"], ["10", "4.5", "6.75"]),
        (["em340"], ["10000", "4500", "-6750"]),
        (["iem3155", "--port", "tcp:127.0.0.1:0"], ["10", "4.5", "6.75"]),
        (["e27"], ["10000", "4500", "6750"]),
        (["eem-ma370", "--port", "pty"], ["10", "4.5", "6.75"]),
    ],
)
def test_mbpoll_reads_what_it_is_told_to(
    arguments: list[str], values: list[str], emulate: Callable[..., Session]
) -> None:
    """The command that is printed for the user works."""
    house = ["--load", "all=10", "--pv", "L2=5.5"]
    house += [] if "sdm230" in arguments and len(arguments) == 1 else ["--pv", "L3=16.75"]
    session = emulate(*arguments, *house)
    (command,) = [line.partition(": ")[2] for line in session.introduction if line.startswith("read it with: ")]
    ended = subprocess.run(
        [*command.split(), "-o", "5"], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert re.findall(r"^\[\d+\]:\s+(\S+)", ended.stdout, re.MULTILINE) == values
    assert session.end().code == 0


def test_frames_go_out_over_a_socket(emulate: Callable[..., Session]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        session = emulate("tic", "--port", f"socket://127.0.0.1:{server.getsockname()[1]}", "--load", "all=10")
        connection, _ = server.accept()
        with connection:
            connection.settimeout(PATIENCE_S)
            data = b""
            while data.count(ETX) < 2:
                data += connection.recv(4096)
        assert decode_tic(data.split(ETX)[1] + ETX).mode == "standard"
        session.process.wait(PATIENCE_S)
        assert session.process.returncode == 2  # the other end is gone


def second_of(path: str, start: bytes, end: bytes) -> bytes:
    """The second telegram that begins after the port was emptied: the first may have been on its way before."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        termios.tcflush(descriptor, termios.TCIFLUSH)
        data = b""
        while data.count(start) < 3:
            assert select.select([descriptor], [], [], PATIENCE_S)[0]
            data += os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    telegram = start + data.split(start)[2]
    return telegram[: telegram.index(end) + 1] if end else telegram
