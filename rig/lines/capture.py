"""Captures: every byte that a line delivered, in a pcapng file that Wireshark opens.

The link type is LINKTYPE_RTAC_SERIAL (250), the one for serial lines. Each packet has a header of 12 bytes: seconds
and microseconds (big-endian, 32 bits each), an event, the control lines, and two bytes that are zero here. Each
direction is an interface of its own ("p1 a>b"), and its data events differ too, so that either can be filtered in
Wireshark: `rtacser.eventtype == 3` is a to b, `== 4` is b to a, `== 0` is a change of the Data Request, shown as CTS.

Times are seconds of the run, from 1 January 1970 or from the date given. Two equal runs give equal files.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from pcapng import FileWriter
from pcapng.blocks import EnhancedPacket, InterfaceDescription, SectionHeader

from rig.errors import HarnessError

LINKTYPE_RTAC_SERIAL = 250
DIRECTIONS = ("a>b", "b>a")

_HEADER = struct.Struct(">IIBBH")
_STATUS_CHANGE, _TX_END, _RX_END = 0x00, 0x03, 0x04
_DATA_EVENTS = (_TX_END, _RX_END)
_CTS = 0x01


class Capture:
    """An open capture file. `epoch_s` is the date of the run's second 0 as seconds since 1970; 0 keeps dates out."""

    def __init__(self, path: Path, line: str, epoch_s: float = 0.0, *, request_active: bool = False) -> None:
        """Create the file and the folders above it. Raises HarnessError."""
        self._path = path
        self._line = line
        self._epoch_s = epoch_s
        self._control = _CTS if request_active else 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise self._unwritable(error) from None
        section = SectionHeader(options={"shb_userappl": "evse-rig"})
        for direction in DIRECTIONS:
            section.new_member(
                InterfaceDescription, link_type=LINKTYPE_RTAC_SERIAL, options={"if_name": f"{line} {direction}"}
            )
        self._writer = FileWriter(self._file, section)
        # One block is filled again and again: making one for each packet would nearly double the cost.
        self._packet = section.new_member(EnhancedPacket)

    def data(self, interface: int, at_s: float, data: bytes) -> None:
        """`data` arrived at `at_s`; `interface` is 0 for a>b and 1 for b>a, as in DIRECTIONS. Raises HarnessError."""
        self._write(interface, at_s, _DATA_EVENTS[interface], data)

    def request(self, at_s: float, active: bool) -> None:
        """The Data Request became `active` at `at_s`. Raises HarnessError."""
        self._control = _CTS if active else 0
        self._write(0, at_s, _STATUS_CHANGE, b"")

    def close(self) -> None:
        """Write out what is buffered and close the file. Raises HarnessError."""
        try:
            self._file.close()
        except OSError as error:
            raise self._unwritable(error) from None

    def _write(self, interface: int, at_s: float, event: int, data: bytes) -> None:
        at_us = round((self._epoch_s + at_s) * 1e6)
        packet = self._packet
        packet.interface_id = interface
        packet.timestamp_high, packet.timestamp_low = at_us >> 32, at_us & 0xFFFFFFFF
        packet.packet_data = _HEADER.pack(*divmod(at_us, 1_000_000), event, self._control, 0) + data
        try:
            self._writer.write_block(packet)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> HarnessError:
        return HarnessError(f"line {self._line}: the capture {self._path} cannot be written ({error.strerror})")
