"""The connection to a meter on Modbus TCP/IP. The station opens it, the meter listens (ALB-TCP-001, ALB-TCP-002)."""

import asyncio
import os
import socket
from typing import NamedTuple

from station.descriptor import DescriptorPort, Tap
from station.errors import PortError
from station.serial_line import SerialLine
from station.serial_port import OnData, OnLost

SCHEME = "tcp:"
# A network that swallows packets answers nothing at all (ALB-TCP-047).
CONNECT_S = 5.0


class Endpoint(NamedTuple):
    """Where a meter listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_endpoint(url: str) -> Endpoint:
    """`tcp:host:port`. Raises PortError for anything else; a host has no colon, so IPv6 is out (ALB-TCP-007)."""
    host, _, port = url.removeprefix(SCHEME).removeprefix("//").rpartition(":")
    valid = url.startswith(SCHEME) and host and ":" not in host and port.isascii() and port.isdigit()
    if not valid or not 0 < int(port) < 65536:
        raise PortError(f"meter address {url!r}: 'tcp:host:port' expected, with a name or an IPv4 address")
    return Endpoint(host, int(port))


class TcpPort:
    """An open connection; as `station.serial_port.SerialPort`, with no line to set."""

    def __init__(self, port: DescriptorPort) -> None:
        self._port = port

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens on a connection that was lost."""
        self._port.write(data)

    def configure(self, line: SerialLine) -> None:
        """Nothing to set."""

    def data_request(self, level: bool) -> None:
        """No modem lines."""

    def close(self) -> None:
        """Close. May be called again."""
        self._port.close()


async def open_tcp(
    endpoint: Endpoint, name: str, *, called: str = "", on_data: OnData, on_lost: OnLost, tap: Tap | None = None
) -> TcpPort:
    """Connect. Raises PortError, saying where to and why not; `called` is what to call that place."""
    link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().sock_connect(link, endpoint)
    except OSError as error:  # TimeoutError too
        link.close()
        why = os.strerror(error.errno) if error.errno else f"nothing answers within {CONNECT_S:g} s"
        raise PortError(f"no connection to {called or endpoint}: {why}") from error
    except BaseException:
        link.close()
        raise
    return TcpPort(DescriptorPort(link.detach(), name, on_data=on_data, on_lost=on_lost, tap=tap))
