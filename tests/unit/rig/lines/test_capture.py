"""Captures, read back by two programs that are not ours: python-pcapng's reader and tshark."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket, InterfaceDescription

from rig.errors import HarnessError
from rig.lines.capture import LINKTYPE_RTAC_SERIAL, Capture

TELEGRAM = b"/XMX5LGBBFG10\r\n\r\n1-0:31.7.0(010*A)\r\n!1A2B\r\n"
DAY_S = 1_768_388_400.0  # 14 January 2026, 12:00 in Amsterdam


def write(path: Path, epoch_s: float = 0.0) -> Path:
    capture = Capture(path, "p1", epoch_s, request_active=True)
    capture.data(0, 0.074045, TELEGRAM)
    capture.data(1, 4.5, b"\x00\xff")
    capture.request(18_000.000001, False)
    capture.data(0, 18_001.25, b"x")
    capture.close()
    return path


@pytest.mark.parametrize("epoch_s", [0.0, DAY_S])
def test_python_pcapng_reads_what_was_written(tmp_path: Path, epoch_s: float) -> None:
    with write(tmp_path / "p1.pcapng", epoch_s).open("rb") as file:
        blocks = list(FileScanner(file))
    interfaces = [block for block in blocks if isinstance(block, InterfaceDescription)]
    assert [(each.link_type, each.options["if_name"]) for each in interfaces] == [
        (LINKTYPE_RTAC_SERIAL, "p1 a>b"),
        (LINKTYPE_RTAC_SERIAL, "p1 b>a"),
    ]
    packets = [block for block in blocks if isinstance(block, EnhancedPacket)]
    assert [(packet.interface_id, packet.packet_data[12:]) for packet in packets] == [
        (0, TELEGRAM),
        (1, b"\x00\xff"),
        (0, b""),
        (0, b"x"),
    ]
    times_s = [0.074045, 4.5, 18_000.000001, 18_001.25]
    assert [packet.timestamp - epoch_s for packet in packets] == pytest.approx(times_s, abs=2e-6)
    assert [packet.packet_data[8:12].hex() for packet in packets] == ["03010000", "04010000", "00000000", "03000000"]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_times_directions_and_the_request(tmp_path: Path) -> None:
    fields = ("frame.time_epoch", "frame.interface_name", "rtacser.timestamp", "rtacser.eventtype", "rtacser.cts")
    command = ["tshark", "-r", str(write(tmp_path / "p1.pcapng")), "-T", "fields"]
    for field in (*fields, "rtacser.footer", "data.data", "_ws.malformed"):
        command += ["-e", field]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    got = [row.split("\t") for row in rows]
    assert [[float(row[0]), row[1], float(row[2]), int(row[3], 16), row[4]] for row in got] == [
        [0.074045, "p1 a>b", 0.074045, 3, "1"],
        [4.5, "p1 b>a", 4.5, 4, "1"],
        [18_000.000001, "p1 a>b", 18_000.000001, 0, "0"],
        [18_001.25, "p1 a>b", 18_001.25, 3, "0"],
    ]
    assert [row[5:] for row in got] == [
        ["0x0000", TELEGRAM.hex(), ""],
        ["0x0000", "00ff", ""],
        ["0x0000", "", ""],
        ["0x0000", "78", ""],
    ]


def test_equal_runs_give_equal_files(tmp_path: Path) -> None:
    assert write(tmp_path / "one").read_bytes() == write(tmp_path / "other").read_bytes()


def test_folders_are_made_and_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "er" / "p1.pcapng")
    (tmp_path / "file").touch()
    with pytest.raises(HarnessError, match=r"line p1: the capture .*file/p1.pcapng cannot be written"):
        Capture(tmp_path / "file" / "p1.pcapng", "p1")
