"""Addresses as users write them, and text that is none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.listening.address import Address, parse_address


def parse(text: str) -> Address:
    return parse_address(text, protocol="Morse", usual_port=1844)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tcp::", Address("127.0.0.1", 1844)),
        ("tcp::0", Address("127.0.0.1", 0)),
        ("tcp:0.0.0.0:", Address("0.0.0.0", 1844)),
        ("tcp:10.0.0.7:502", Address("10.0.0.7", 502)),
        ("tcp:meter.local:65535", Address("meter.local", 65_535)),
    ],
)
def test_addresses(text: str, meant: Address) -> None:
    assert parse(text) == meant


@given(st.from_regex(r"[a-z0-9.-]+", fullmatch=True), st.integers(0, 65_535))
def test_an_address_is_written_as_it_is_read(host: str, port: int) -> None:
    assert str(parse(f"tcp:{host}:{port}")) == f"tcp:{host}:{port}"


@pytest.mark.parametrize(
    "text",
    [
        *("", "tcp", "tcp:1844", "127.0.0.1:1844", "udp:127.0.0.1:502", "TCP::1"),
        *("tcp:::1:502", "tcp:[::1]:502", "tcp:a:b:1"),
        *("tcp:h:65536", "tcp:h:-1", "tcp:h:+1", "tcp:h:x", "tcp:h: 1", "tcp:h:1_0", "tcp:h:٣", "tcp:h:²"),
        "tcp:h:" + "1" * 5000,
    ],
)
def test_addresses_that_are_none(text: str) -> None:
    said = f"Morse address {text!r}: use tcp:host:port, such as tcp:127.0.0.1:1844"
    with pytest.raises(BadConfiguration, match=f"^{re.escape(said)}$"):
        parse(text)
