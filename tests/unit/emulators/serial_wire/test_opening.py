"""Opening wires: what is wrong is said in one line."""

from __future__ import annotations

import asyncio
import os
import socket
import termios
from pathlib import Path
from typing import Any

import pytest
import serial

from emulators.errors import PortError
from emulators.serial_wire.opening import open_wire
from emulators.serial_wire.wire import Events, LineSettings, Wire

SETTINGS = LineSettings(115200, "8N1")


def ignore(_what: Any) -> None:
    """An event that nobody waits for."""


def opened(url: str, settings: LineSettings = SETTINGS) -> Wire:
    async def scenario() -> Wire:
        return open_wire(url, settings, Events(ignore, ignore, ignore), asyncio.get_running_loop())

    return asyncio.run(scenario())


def refused(url: str) -> str:
    with pytest.raises(PortError) as error:
        opened(url)
    return str(error.value)


def test_a_missing_port() -> None:
    assert refused("/dev/ttyNONE0") == (
        "port /dev/ttyNONE0: there is no such port; is the adapter plugged in, and is the path right?"
    )


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    assert refused(str(path)) == f"port {path}: that is no serial port"
    assert path.read_text() == "mine"


def test_a_device_that_is_no_tty() -> None:
    assert "/dev/null" in refused("/dev/null")


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    far, near = os.openpty()
    path = os.ttyname(near)

    def denied(*_arguments: Any, **_options: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert "no permission; the user has to be in the group" in refused(path)
    os.close(near)
    os.close(far)


def test_a_busy_port() -> None:
    far, near = os.openpty()
    path = os.ttyname(near)

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        events = Events(ignore, ignore, ignore)
        first = open_wire(path, SETTINGS, events, loop)
        with pytest.raises(PortError, match="busy: another program has it open"):
            open_wire(path, SETTINGS, events, loop)
        first.close()
        open_wire(path, SETTINGS, events, loop).close()

    asyncio.run(scenario())
    os.close(near)
    os.close(far)


def test_a_pty_is_opened_raw() -> None:
    far, near = os.openpty()

    async def scenario() -> None:
        wire = open_wire(os.ttyname(near), SETTINGS, Events(ignore, ignore, ignore), asyncio.get_running_loop())
        _, oflag, _, lflag, *_ = termios.tcgetattr(near)
        assert not oflag & termios.OPOST
        assert not lflag & (termios.ECHO | termios.ICANON | termios.ISIG)
        wire.close()

    asyncio.run(scenario())
    os.close(near)
    os.close(far)


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert refused(f"socket://127.0.0.1:{port}") == f"port socket://127.0.0.1:{port}: nobody listens there"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("socket://127.0.0.1", "socket://host:port"),
        ("socket://127.0.0.1:seven", "seven"),
        ("nothing://here", "nothing"),
    ],
)
def test_urls_that_are_none(url: str, message: str) -> None:
    assert message in refused(url)


def test_a_serial_device_gets_its_line_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def watched(url: str, **options: Any) -> serial.Serial:
        asked.append((url, options))
        raise serial.SerialException(16, "could not open port")

    monkeypatch.setattr(serial, "serial_for_url", watched)
    # The console is a serial device of the kind that a pseudo-terminal is not.
    with pytest.raises(PortError, match="busy"):
        opened("/dev/tty", LineSettings(9600, "7E1"))
    ((url, options),) = asked
    assert url == "/dev/tty"
    assert (options["baudrate"], options["bytesize"], options["parity"], options["stopbits"]) == (9600, 7, "E", 1)
    assert options["exclusive"] is True
