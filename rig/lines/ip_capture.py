"""Captures of TCP connections: what was said on a socket, as packets in a pcapng file that Wireshark opens.

A socket hands over a stream; what was on the wire is not seen. So each chunk that was handed over becomes one IPv4
packet with a TCP header whose sequence numbers count the stream, between addresses that stand for the two ends
(192.0.2.0/24, which is kept for documentation). Wireshark follows the stream and decodes Modbus/TCP on port 502.

Times are seconds of the run, from 1 January 1970 or from the date given. Two equal runs give equal files.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pcapng import FileWriter
from pcapng.blocks import EnhancedPacket, InterfaceDescription, SectionHeader

from rig.errors import HarnessError

LINKTYPE_IPV4 = 228
SERVER, CLIENT = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
# The first connection has this port at the client's end, and each later one the next.
FIRST_CLIENT_PORT = 49_152

_IP = struct.Struct(">BBHHHBBH4s4s")
_TCP = struct.Struct(">HHIIBBHHH")
_TCP_PROTOCOL = 6
_TTL = 64
_HEADER_WORDS = 5
_WINDOW = 65_535
_PUSH_ACK, _FIN_ACK, _SYN, _SYN_ACK = 0x18, 0x11, 0x02, 0x12
_CARRY = 0xFFFF


class _Side(NamedTuple):
    address: bytes
    port: int


class _Stream:
    """One connection: its two sides and how far each has counted."""

    def __init__(self, server_port: int, client_port: int) -> None:
        self.server, self.client = _Side(SERVER, server_port), _Side(CLIENT, client_port)
        self.counted = {self.server: 0, self.client: 0}


class IpCapture:
    """An open capture file of one server on `port`. `epoch_s` is the date of the run's second 0, as since 1970."""

    def __init__(self, path: Path, line: str, port: int = 502, epoch_s: float = 0.0) -> None:
        """Create the file and the folders above it. Raises HarnessError."""
        self._path, self._line, self._port, self._epoch_s = path, line, port, epoch_s
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise self._unwritable(error) from None
        section = SectionHeader(options={"shb_userappl": "evse-rig"})
        section.new_member(InterfaceDescription, link_type=LINKTYPE_IPV4, options={"if_name": line})
        self._writer = FileWriter(self._file, section)
        self._packet = section.new_member(EnhancedPacket)
        self._streams: dict[int, _Stream] = {}

    def opened(self, number: int, at_s: float) -> None:
        """Connection `number` (1 is the first) was made at `at_s`. Raises HarnessError."""
        stream = self._streams[number] = _Stream(self._port, FIRST_CLIENT_PORT + (number - 1) % 16_384)
        for sender, flags in ((stream.client, _SYN), (stream.server, _SYN_ACK)):
            self._write(stream, sender, flags, b"", at_s)
            stream.counted[sender] += 1

    def data(self, number: int, at_s: float, data: bytes, *, by_server: bool) -> None:
        """`data` went over connection `number` at `at_s`. Raises HarnessError."""
        stream = self._streams[number]
        sender = stream.server if by_server else stream.client
        self._write(stream, sender, _PUSH_ACK, data, at_s)
        stream.counted[sender] += len(data)

    def ended(self, number: int, at_s: float) -> None:
        """Connection `number` is no more. Raises HarnessError."""
        if stream := self._streams.pop(number, None):
            self._write(stream, stream.server, _FIN_ACK, b"", at_s)

    def close(self) -> None:
        """Write out what is buffered and close the file. Raises HarnessError."""
        try:
            self._file.close()
        except OSError as error:
            raise self._unwritable(error) from None

    def _write(self, stream: _Stream, sender: _Side, flags: int, data: bytes, at_s: float) -> None:
        receiver = stream.client if sender is stream.server else stream.server
        at_us = round((self._epoch_s + at_s) * 1e6)
        packet = self._packet
        packet.timestamp_high, packet.timestamp_low = at_us >> 32, at_us & 0xFFFFFFFF
        packet.packet_data = _packet(sender, receiver, stream.counted, flags, data)
        try:
            self._writer.write_block(packet)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> HarnessError:
        return HarnessError(f"line {self._line}: the capture {self._path} cannot be written ({error.strerror})")


def _packet(sender: _Side, receiver: _Side, counted: dict[_Side, int], flags: int, data: bytes) -> bytes:
    acknowledged = counted[receiver] if flags != _SYN else 0
    tcp = _TCP.pack(
        sender.port, receiver.port, counted[sender] & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF,
        _HEADER_WORDS << 4, flags, _WINDOW, 0, 0,
    )  # fmt: skip
    pseudo = sender.address + receiver.address + struct.pack(">BBH", 0, _TCP_PROTOCOL, len(tcp) + len(data))
    tcp = tcp[:16] + struct.pack(">H", _checksum(pseudo + tcp + data)) + tcp[18:]
    length = _IP.size + len(tcp) + len(data)
    version = 4 << 4 | _HEADER_WORDS
    fields = (version, 0, length, 0, 0, _TTL, _TCP_PROTOCOL)
    ip = _IP.pack(*fields, 0, sender.address, receiver.address)
    return _IP.pack(*fields, _checksum(ip), sender.address, receiver.address) + tcp + data


def _checksum(data: bytes) -> int:
    """The Internet checksum, RFC 1071."""
    total: int = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total > _CARRY:
        total = (total & _CARRY) + (total >> 16)
    return ~total & _CARRY
