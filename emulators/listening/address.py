"""Where a server listens, as users write it: `tcp:host:port`."""

from __future__ import annotations

from typing import NamedTuple

from emulators.errors import BadConfiguration

LOOPBACK = "127.0.0.1"
_MAX_PORT = 65_535
_MAX_PORT_DIGITS = 5


class Address(NamedTuple):
    """IPv4 only, as the meters are (ALB-TCP-007). Port 0 stands for a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:{self.host}:{self.port}"


def parse_address(text: str, *, protocol: str, usual_port: int) -> Address:
    """The address that is meant: `tcp::port` is loopback, `tcp:host:` the protocol's usual port.

    Raises BadConfiguration, naming the protocol, for text of another form.
    """
    scheme, _, rest = text.partition(":")
    host, colon, port = rest.rpartition(":")
    if scheme == "tcp" and colon and ":" not in host:
        if not port:
            return Address(host or LOOPBACK, usual_port)
        if port.isascii() and port.isdigit() and len(port) <= _MAX_PORT_DIGITS and int(port) <= _MAX_PORT:
            return Address(host or LOOPBACK, int(port))
    example = Address(LOOPBACK, usual_port)
    raise BadConfiguration(f"{protocol} address {text!r}: use tcp:host:port, such as {example}")
