"""`python -m station`: a process of its own, and its one-line errors."""

import asyncio
import json
import os
import signal
import socket
import sys
import tty
from pathlib import Path
from typing import Any

import pytest

from station.__main__ import main


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, "one line"
    return caught.value.code, err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--set", "Station-MaxCurrent=99"],
            "Station-MaxCurrent: '99' is not allowed; allowed is a number from 6 to 80 A",
        ),
        (["--set", "Station-MaxCurent=16"], "did you mean 'Station-MaxCurrent'?"),
        (["--set", "Station-MaxCurrent"], "--set 'Station-MaxCurrent': KEY=VALUE expected"),
        (["--set", "Station-MaxCurrent=16", "--set", "Station-Max-Current=16"], "given twice"),
        (["--settings", "/nonexistent.toml"], "settings file /nonexistent.toml: No such file or directory"),
        (["--speed", "0"], "argument --speed: '0': a number above 0 expected"),
        (["--speed", "fast"], "argument --speed: 'fast': a number above 0 expected"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_3(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = refused(capsys, "--board", "unix:/nonexistent", *options)
    assert code == 3
    assert message in err


def test_no_board_given(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = refused(capsys)
    assert code == 3
    assert "--board" in err


@pytest.mark.parametrize(
    ("board", "message"),
    [
        ("unix:/nonexistent", "board at unix:/nonexistent: No such file or directory"),
        ("serial:/dev/x", "'unix:/path' or 'tcp:host:port' expected"),
    ],
)
def test_ports_that_are_not_there(board: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = refused(capsys, "--board", board)
    assert code == 2
    assert message in err


@pytest.mark.parametrize("text", ["= 5", "\xff"])
def test_a_broken_settings_file(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "station.toml"
    path.write_text(text, "latin-1")
    code, err = refused(capsys, "--board", "unix:/nonexistent", "--settings", str(path))
    assert code == 3
    assert f"settings file {path}: " in err


METER = ("--set", "FeatureLicenseKey=ALB", "--set", "Active-LoadBalancing=On")
TIC = (*METER, "--set", "ALB-ProtocolSelection=TIC/Linky")


class TestMeterFromTheCommandLine:
    def test_a_reading(self, capsys: pytest.CaptureFixture[str]) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.write(master, b"\x02\nIINST 012 Z\r\nPAPP 02830 .\r\x03" * 2)
        assert main(["test-meter", "--meter", os.ttyname(slave), "--count", "2", *TIC]) == 0
        assert capsys.readouterr() == ("L1 12.30 A (historique)\n" * 2, "")
        os.close(master)
        os.close(slave)

    def test_no_reading(self, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{unused.getsockname()[1]}"
            options = ("--set", "ALB-ProtocolSelection=Modbus TCP/IP", "--set", "MBTCPSmart-IsEnabled=True")
            quick = ("--set", "modbus.poll_s=0.1", "--set", "meter.reopen_s=0.1")
            address = ("--set", "MBTCPSmart-IPAddress=10.0.0.7")
            assert main(["test-meter", "--meter", f"tcp:{where}", *METER, *options, *quick, *address]) == 1
        out, err = capsys.readouterr()
        refused = "no connection to 10.0.0.7:502: Connection refused"  # as the settings call it
        assert out == f"no reading from Modbus TCP/IP at tcp:{where}: {refused}\n"
        assert err == ""

    @pytest.mark.parametrize(
        ("options", "code", "message"),
        [
            (TIC, 3, "python -m station: TIC protocol: no port given; --meter says where the meter is"),
            ((), 3, "no meter is selected"),
            ((*TIC, "--count", "0"), 3, "argument --count: '0': a number from 1 to 1000 expected"),
            ((*TIC, "--board", "unix:/x"), 3, "unrecognized arguments"),
            ((*TIC, "--meter", "/dev/ttyNONE9"), 2, "tic port /dev/ttyNONE9: No such file or directory"),
        ],
    )
    def test_refused(
        self, options: tuple[str, ...], code: int, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        given, err = refused(capsys, "test-meter", *options)
        assert given == code
        assert message.removeprefix("python -m station: ") in err
        assert err.startswith("python -m station test-meter: ")

    def test_the_station_takes_the_same_option(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, err = refused(capsys, "--board", "unix:/nonexistent", "--meter", "/dev/ttyNONE9", *TIC)
        assert code == 2
        assert "tic port /dev/ttyNONE9: No such file or directory" in err


class TestSettings:
    def test_as_a_table(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "station.toml").write_text('"Station-MaxCurrent" = 20\n[ocp]\npause_s = 60\n')
        assert main(["settings", "--settings", str(tmp_path / "station.toml"), "--set", "Station-Max-Current=10"]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        lines = [line.split() for line in out.splitlines()]
        assert ["ocp.pause_s", "60.0", "s"] in lines
        assert ["Station-MaxCurrent", "10.0", "A", "Station", "maximum", "current"] in lines
        assert out.endswith("warning: Station-MaxCurrent: 10 A is not enough for cars that need 14 A to charge\n")

    def test_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["settings", "--json", "--set", "Phase rotation=L2"]) == 0
        read = json.loads(capsys.readouterr().out)
        assert read["settings"]["Phase-Connected"] == "L2"
        assert read["warnings"] == []

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--set", "Station-MaxCurrent=99"), "Station-MaxCurrent: '99' is not allowed"),
            (("--set", "Active-LoadBalancing=On"), "Active-LoadBalancing: belongs to ALB"),
            (("--json", "--set", "xyzzy=1"), "'xyzzy': unknown setting"),
            (("--board", "unix:/x"), "unrecognized arguments"),
        ],
    )
    def test_refused(self, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
        code, err = refused(capsys, "settings", *options)
        assert code == 3
        assert err.startswith(f"python -m station settings: {message}")


def test_alone_on_its_ports(tmp_path: Path) -> None:
    """A process at 50 times the wall clock, settings from file and options, ended by SIGTERM."""
    (tmp_path / "station.toml").write_text(
        'FeatureLicenseKey = "ALB"\n"Active-LoadBalancing" = true\n"Station-MaxCurrent" = 20\n[ocp]\npause_s = 60\n'
    )

    async def run() -> None:
        greeted: asyncio.Queue[bytes] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HELLO board 2 1\n")
            while line := await reader.readline():
                greeted.put_nowait(line)
                if line.startswith(b"DRIVE 1 high"):
                    writer.write(b"SENSE 1 9000 9000 220 0 0 0 2300 2300 2300 0 0 0 0\n")
            writer.close()

        server = await asyncio.start_unix_server(serve, tmp_path / "board")
        master, slave = os.openpty()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "station", "--board", f"unix:{tmp_path}/board", "--p1", os.ttyname(slave),
            "--settings", str(tmp_path / "station.toml"), "--set", "Station-Max-Current=13", "--set",
            "Safe-MaxCurrent=12.5", "--speed", "50",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [await greeted.get() for _ in range(4)]
        assert lines == [b"HELLO station 2 1\n", b"DRIVE 1 high 0\n", b"REQUEST 1\n", b"DRIVE 1 20833 0\n"]
        events: list[dict[str, Any]] = []
        while not events or events[-1].get("text") != "Enter ActiveLB safeMode: 12.5A":
            events.append(json.loads(await process.stdout.readline()))
        assert events[0]["kind"] == "limit"
        assert events[0]["limit_a"] == 12.5
        assert 30.2 <= events[-1]["at_s"] < 60.0
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        assert await process.stderr.read() == b""
        server.close()
        os.close(master)
        os.close(slave)

    asyncio.run(run())
