"""The command line of `evse-rig replay`."""

from __future__ import annotations

import json
import os
import threading
import tty
from pathlib import Path

import pytest

from rig.cli import replay as command
from rig.cli.app import run
from rig.clock import ClockSpec
from rig.paths import fixtures

TELEGRAM = (fixtures() / "p1" / "dsmr50_3p_export.txt").read_bytes()
FRAME = (fixtures() / "tic" / "historique_1p_export.txt").read_bytes()
OLDER = (fixtures() / "p1" / "dsmr42_3p_import.txt").read_bytes()


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "capture.txt"
    path.write_bytes(TELEGRAM + OLDER)
    return path


def test_what_was_read(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", str(capture)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{capture}: {len(TELEGRAM + OLDER)} bytes",
        "   offset  bytes",
        "        0    886  version 50  L1 -10.13 A  L2 +1.34 A  L3 -4.31 A",
        "      886    865  version 42  L1 +5.00 A  L2 +10.14 A  L3 +0.00 A",
        "2 read, 0 rejected",
    ]


def test_what_was_rejected_and_why(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture.write_bytes(b"noise" + TELEGRAM + OLDER.replace(b"(42)", b"(43)") + TELEGRAM[:700])
    assert run(["replay", str(capture)]) == 1
    noise, read, crc, cut, summary = capsys.readouterr().out.splitlines()[2:]
    assert noise == "        0      5  ignored: no telegram begins here"
    assert read.startswith("        5    886  version 50")
    assert crc.startswith("      891    865  rejected (crc): CRC 0D77 received, ")
    assert cut.startswith("     1756    700  rejected (malformed): telegram cut off after 700 bytes")
    assert summary == "1 read, 2 rejected (1 crc, 1 malformed), 1 ignored"


def test_lf_only_is_noted(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture.write_bytes(TELEGRAM.replace(b"\r\n", b"\n"))
    assert run(["replay", str(capture)]) == 1
    printed = capsys.readouterr().out
    assert "\nnote: the line ends are LF only" in printed
    assert "rejected (crc)" in printed


def test_what_the_reader_quotes_cannot_reach_the_terminal(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture.write_bytes(b"/EMU5\r\n\r\n1-3:0.2.8(\x1b[2J)\r\n!\r\n")
    assert run(["replay", str(capture)]) == 1
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\\x1b[2J" in printed


def test_json(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.txt"
    other.write_bytes(OLDER.replace(b"(42)", b"(43)"))
    assert run(["replay", "--json", str(capture), str(other)]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["counts"] == {"read": 2, "crc": 1}
    first, second = document["files"]
    assert (first["file"], first["kind"], first["notes"]) == (str(capture), "p1", [])
    assert first["telegrams"][1] == {
        "offset": 886,
        "length": 865,
        "outcome": "read",
        "version": "42",
        "current_a": [5.0, pytest.approx(10.139, abs=0.001), 0.0],
    }
    assert second["telegrams"][0]["outcome"] == "crc"
    assert second["telegrams"][0]["reason"].startswith("CRC 0D77 received")


def test_frames_of_tic(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside a P1 capture, each over a line of its own."""
    frames = tmp_path / "linky.bin"
    frames.write_bytes(FRAME[100:] + FRAME + FRAME.replace(b"ADCO 04", b"ADCO 14"))
    assert run(["replay", str(frames), str(capture)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        f"{frames}: 410 bytes",
        "   offset  bytes",
        "        0     70  ignored: no telegram begins here",
        "       70    170  historique  L1 -14.00 A",
    ]
    assert lines[4].startswith("      240    170  rejected (crc): group 'ADCO 142361000002 ")
    assert lines[-2].startswith("      886    865  version 42")
    assert lines[-1] == "3 read, 1 rejected (1 crc), 1 ignored"


def test_a_kind_may_be_given(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--kind", "p1", str(capture)]) == 0
    assert run(["replay", "--kind", "tic", str(capture)]) == 3
    assert "holds no TIC frame: there is no STX LF in its 1751 bytes" in capsys.readouterr().err
    assert run(["replay", "--kind", "morse", str(capture)]) == 3
    assert "--kind" in capsys.readouterr().err


def test_files_that_cannot_be_replayed(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_bytes(b"")
    for path, complaint in (
        ("missing", "No such file"),
        (".", "Is a directory"),
        ("empty", "no TIC frame (no STX LF)"),
    ):
        assert run(["replay", str(capture), str(tmp_path / path)]) == 3
        printed = capsys.readouterr()
        assert printed.out == ""  # not even of the file that is good
        assert complaint in printed.err
        assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("port", "complaint", "code"),
    [
        ("pty", "nobody listens on a new pty", 3),
        ("COM3", "--port: 'COM3' is no port", 3),
        ("/dev/no-such-port", "does not exist", 2),
    ],
)
def test_ports_that_cannot_be_used(
    capture: Path, port: str, complaint: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", str(capture), "--port", port]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert complaint in printed.err


def test_out_of_a_port(capture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PORT_CLOCK", ClockSpec("scaled", 50.0))
    master, slave = os.openpty()
    tty.setraw(slave)
    port = os.ttyname(slave)
    received = bytearray()

    def read() -> None:
        while len(received) < len(TELEGRAM + OLDER):
            received.extend(os.read(master, 4096))

    reader = threading.Thread(target=read)
    reader.start()
    assert run(["replay", str(capture), "--port", port]) == 0
    reader.join()
    os.close(slave)
    os.close(master)
    assert received == TELEGRAM + OLDER
    assert capsys.readouterr().out.splitlines()[2:] == [
        "        0    886  sent",
        "      886    865  sent",
        f"2 sent to {port}",
    ]
