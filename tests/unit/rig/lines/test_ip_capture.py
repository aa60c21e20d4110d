"""Captures of TCP connections, read back by two programs that are not ours: python-pcapng's reader and tshark."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket, InterfaceDescription

from rig.errors import HarnessError
from rig.lines.ip_capture import FIRST_CLIENT_PORT, LINKTYPE_IPV4, IpCapture

TSHARK = shutil.which("tshark")
needs_tshark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed (Debian: apt install tshark)")

DAY_S = 1_768_388_400.0  # 14 January 2026, 12:00 in Amsterdam
CURRENTS_MA = (10_000, 5_000, 65_535)


def request(number: int) -> bytes:
    return struct.pack(">HHHBBHH", number, 0, 6, 5, 3, 50528, 6)


def answer(number: int) -> bytes:
    values = struct.pack(">3I", *CURRENTS_MA)
    return struct.pack(">HHHBBB", number, 0, 3 + len(values), 5, 3, len(values)) + values


def write(path: Path, epoch_s: float = 0.0) -> Path:
    """Two connections, the second one begun before the first is over; its answer comes in two pieces.

    Wireshark puts them together if the first one has at least 8 bytes.
    """
    capture = IpCapture(path, "tcp", epoch_s=epoch_s)
    capture.opened(1, 0.0)
    capture.data(1, 0.5, request(1), by_server=False)
    capture.data(1, 0.540001, answer(1), by_server=True)
    capture.opened(2, 1.0)
    capture.data(2, 1.25, request(7), by_server=False)
    capture.ended(1, 1.5)
    capture.data(2, 2.0, answer(7)[:9], by_server=True)
    capture.data(2, 2.02, answer(7)[9:], by_server=True)
    capture.data(2, 18_000.000001, request(8), by_server=False)
    capture.data(2, 18_000.5, answer(8), by_server=True)
    capture.close()
    return path


def packets(path: Path) -> list[EnhancedPacket]:
    with path.open("rb") as file:
        return [block for block in FileScanner(file) if isinstance(block, EnhancedPacket)]


def dissected(path: Path, *columns: str) -> list[dict[str, str]]:
    """Per packet these columns, with all checksums checked."""
    fields = [word for column in columns for word in ("-e", column)]
    checks = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
    ended = subprocess.run(
        [str(TSHARK), "-r", str(path), *checks, "-T", "fields", "-E", "separator=\t", *fields],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in ended.stdout.splitlines()]


@pytest.mark.parametrize("epoch_s", [0.0, DAY_S])
def test_times_and_the_line_are_in_it(tmp_path: Path, epoch_s: float) -> None:
    path = write(tmp_path / "folder" / "tcp.pcapng", epoch_s)
    with path.open("rb") as file:
        (interface,) = [block for block in FileScanner(file) if isinstance(block, InterfaceDescription)]
    assert (interface.link_type, interface.options["if_name"]) == (LINKTYPE_IPV4, "tcp")
    at_s = [packet.timestamp - epoch_s for packet in packets(path)]
    expected_s = [0.0, 0.0, 0.5, 0.540001, 1.0, 1.0, 1.25, 1.5, 2.0, 2.02, 18_000.000001, 18_000.5]
    assert at_s == pytest.approx(expected_s, abs=2e-6)


def test_two_equal_runs_give_equal_files(tmp_path: Path) -> None:
    assert write(tmp_path / "a").read_bytes() == write(tmp_path / "b").read_bytes()


def test_what_was_said_is_in_it_as_it_was_said(tmp_path: Path) -> None:
    data = [packet.packet_data[40:] for packet in packets(write(tmp_path / "tcp"))]
    assert b"".join(data) == b"".join(
        [request(1), answer(1), request(7), answer(7)[:9], answer(7)[9:], request(8), answer(8)]
    )


def test_sequence_numbers_count_each_side(tmp_path: Path) -> None:
    found = []
    for packet in packets(write(tmp_path / "tcp")):
        sender, receiver, sequence, acknowledged = struct.unpack_from(">HHII", packet.packet_data, 20)
        found.append((sender, receiver, sequence, acknowledged))
    one, two = FIRST_CLIENT_PORT, FIRST_CLIENT_PORT + 1
    asked, said = len(request(1)), len(answer(1))
    assert found == [
        (one, 502, 0, 0),
        (502, one, 0, 1),
        (one, 502, 1, 1),
        (502, one, 1, 1 + asked),
        (two, 502, 0, 0),
        (502, two, 0, 1),
        (two, 502, 1, 1),
        (502, one, 1 + said, 1 + asked),
        (502, two, 1, 1 + asked),
        (502, two, 10, 1 + asked),
        (two, 502, 1 + asked, 1 + said),
        (502, two, 1 + said, 1 + 2 * asked),
    ]


def test_after_a_great_many_connections_ports_begin_again(tmp_path: Path) -> None:
    capture = IpCapture(tmp_path / "tcp", "tcp")
    for number in (16_384, 16_385, 1_000_000):
        capture.opened(number, 0.0)
        capture.ended(number, 0.0)
    capture.close()
    ports = [struct.unpack_from(">H", packet.packet_data, 20)[0] for packet in packets(tmp_path / "tcp")[::3]]
    assert ports == [65_535, FIRST_CLIENT_PORT, FIRST_CLIENT_PORT + 999_999 % 16_384]


def test_the_end_of_a_connection_is_written_once(tmp_path: Path) -> None:
    capture = IpCapture(tmp_path / "tcp", "tcp")
    capture.opened(1, 0.0)
    capture.ended(1, 1.0)
    capture.ended(1, 2.0)
    capture.close()
    assert len(packets(tmp_path / "tcp")) == 3


@needs_tshark
def test_wireshark_finds_nothing_wrong_and_reads_modbus(tmp_path: Path) -> None:
    frame = ("frame.protocols", "_ws.malformed", "_ws.expert.message", "ip.checksum.status", "tcp.checksum.status")
    modbus_fields = ("mbtcp.trans_id", "modbus.func_code", "modbus.regnum16", "modbus.regval_uint16")
    found = dissected(write(tmp_path / "tcp.pcapng"), *frame, "tcp.stream", *modbus_fields)
    assert len(found) == 12
    assert {packet["_ws.malformed"] for packet in found} == {""}
    assert {(packet["ip.checksum.status"], packet["tcp.checksum.status"]) for packet in found} == {("1", "1")}, "good"
    remarks = {remark for packet in found for remark in packet["_ws.expert.message"].split(",") if remark}
    usual = ("Connection establish", "Connection finish", "This frame initiates the connection closing")
    assert not [remark for remark in remarks if not remark.startswith(usual)]
    modbus = [packet for packet in found if packet["frame.protocols"].endswith("mbtcp:modbus")]
    assert [(packet["tcp.stream"], packet["mbtcp.trans_id"], packet["modbus.func_code"]) for packet in modbus] == [
        ("0", "1", "3"), ("0", "1", "3"), ("1", "7", "3"), ("1", "7", "3"), ("1", "8", "3"), ("1", "8", "3"),
    ]  # fmt: skip
    words = struct.unpack(">6H", struct.pack(">3I", *CURRENTS_MA))
    for told in modbus[1::2]:
        assert told["modbus.regnum16"] == ",".join(str(50528 + n) for n in range(6))
        assert told["modbus.regval_uint16"] == ",".join(map(str, words))


@needs_tshark
def test_a_spoiled_byte_is_seen(tmp_path: Path) -> None:
    """What the check above is worth."""
    path = write(tmp_path / "tcp.pcapng")
    data = path.read_bytes()
    at = data.index(answer(1)) + 12
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert [packet["tcp.checksum.status"] for packet in dissected(path, "tcp.checksum.status")].count("0") == 1


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "tcp.pcapng", tmp_path):
        with pytest.raises(HarnessError, match=rf"^line tcp: the capture {path} cannot be written \("):
            IpCapture(path, "tcp")


def test_a_full_disk() -> None:
    capture = IpCapture(Path("/dev/full"), "tcp")

    def fill() -> None:
        for number in range(1, 10_000):
            capture.opened(number, 0.0)

    with pytest.raises(HarnessError, match=r"capture /dev/full cannot be written \(No space left on device\)"):
        fill()
    with pytest.raises(HarnessError, match="No space left"):
        capture.close()
