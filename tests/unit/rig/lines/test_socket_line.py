"""A TCP line: what is counted while it is under way, and what of it is on the timeline and in the capture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket

from rig.clock import VirtualLoop
from rig.errors import HarnessError
from rig.lines.socket_line import SocketLine
from rig.timeline import Timeline


class Laid:
    """A line of that name on a virtual loop, open."""

    def __init__(self, capture: Path | None = None) -> None:
        self.loop = VirtualLoop()
        self.timeline = Timeline()
        self.line = SocketLine("tcp", loop=self.loop, timeline=self.timeline, capture=capture)
        self.line.open()

    @property
    def in_flight(self) -> int:
        return self.loop.ledger.in_flight

    def close(self) -> None:
        self.line.close()
        self.line.close()  # harmless
        self.loop.close()


@pytest.fixture
def laid() -> Iterator[Laid]:
    laid = Laid()
    yield laid
    laid.close()


def test_what_one_end_wrote_counts_until_the_other_has_read_it(laid: Laid) -> None:
    station, server = laid.line.attach(), laid.line.tap_for(1, "peer")
    station("tx", b"request")
    assert laid.in_flight == 7
    server("rx", b"req")
    server("rx", b"uest")
    assert laid.in_flight == 0
    server("tx", b"answer")
    assert laid.in_flight == 6
    station("rx", b"answer")
    assert laid.in_flight == 0


def test_directions_do_not_make_up_for_each_other(laid: Laid) -> None:
    station, server = laid.line.attach(), laid.line.tap_for(1, "peer")
    station("tx", b"request")
    server("tx", b"answer")
    assert laid.in_flight == 13
    station("rx", b"answer")
    assert laid.in_flight == 7


def test_a_station_elsewhere_is_not_counted(laid: Laid) -> None:
    server = laid.line.tap_for(1, "peer")
    server("rx", b"request")
    server("tx", b"answer")
    assert laid.in_flight == 0
    assert len(laid.timeline.of("frame", "tcp")) == 2


def test_what_a_station_that_is_off_has_not_read_counts_no_longer(laid: Laid) -> None:
    station, server = laid.line.attach(), laid.line.tap_for(1, "peer")
    station("tx", b"request")
    server("tx", b"answer")
    laid.line.detach()
    assert laid.in_flight == 0
    server("tx", b"answer")
    server("rx", b"request")
    assert laid.in_flight == 0


class TestEnds:
    def test_what_was_under_way_counts_no_longer(self, laid: Laid) -> None:
        station, server = laid.line.attach(), laid.line.tap_for(1, "peer")
        station("tx", b"request")
        server("tx", b"answer")
        laid.line.ended(1)
        assert laid.in_flight == 0

    def test_and_may_still_be_read(self, laid: Laid) -> None:
        station, server = laid.line.attach(), laid.line.tap_for(1, "peer")
        server("tx", b"answer")
        laid.line.ended(1)
        station("rx", b"answer")
        assert laid.in_flight == 0

    def test_what_a_station_writes_that_has_not_heard_of_it_does_not_count(self, laid: Laid) -> None:
        station = laid.line.attach()
        laid.line.tap_for(1, "peer")
        laid.line.ended(1)
        station("tx", b"request")
        assert laid.in_flight == 0

    def test_the_next_connection_is_counted_from_zero(self, laid: Laid) -> None:
        station, server = laid.line.attach(), laid.line.tap_for(1, "peer")
        server("tx", b"answer")
        laid.line.ended(1)
        server = laid.line.tap_for(2, "peer")
        station("tx", b"request")
        assert laid.in_flight == 7
        server("rx", b"request")
        assert laid.in_flight == 0

    def test_of_a_station_elsewhere_and_nothing_is_counted_from_then_on(self, laid: Laid) -> None:
        laid.line.tap_for(1, "peer")
        laid.line.ended(1)
        laid.line.tap_for(2, "peer")("tx", b"answer")
        assert laid.in_flight == 0


def test_frames_on_the_timeline_name_no_address_and_no_port(laid: Laid) -> None:
    server = laid.line.tap_for(1, "198.51.100.7:54321")
    server("rx", b"request")
    server("tx", b"answer")
    asked, said = laid.timeline.of("frame", "tcp")
    assert asked.data == {
        "line": "tcp",
        "dir": "b>a",
        "length": 7,
        "crc32": f"{crc32(b'request'):08x}",
        "from_s": 0.0,
        "to_s": 0.0,
    }
    assert (said.data["dir"], said.data["length"]) == ("a>b", 6)
    assert b"54321" not in b"".join(laid.timeline.lines())
    assert b"198.51.100" not in b"".join(laid.timeline.lines())


def test_the_capture_has_connections_from_begin_to_end(tmp_path: Path) -> None:
    path = tmp_path / "files" / "tcp.pcapng"
    laid = Laid(capture=path)
    server = laid.line.tap_for(1, "peer")
    server("rx", b"request")
    server("tx", b"answer")
    laid.line.ended(1)
    laid.close()
    with path.open("rb") as file:
        packets = [block.packet_data for block in FileScanner(file) if isinstance(block, EnhancedPacket)]
    assert [packet[40:] for packet in packets] == [b"", b"", b"request", b"answer", b""]
    assert [packet[12:20] == packets[0][12:20] for packet in packets] == [True, False, True, False, False]


def test_a_capture_that_cannot_be_written_is_said_on_opening(tmp_path: Path) -> None:
    loop = VirtualLoop()
    line = SocketLine("tcp", loop=loop, timeline=Timeline(), capture=tmp_path)
    with pytest.raises(HarnessError, match=r"line tcp: the capture .* cannot be written"):
        line.open()
    line.close()
    loop.close()
