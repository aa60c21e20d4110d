"""Ports that cannot be opened: one line each that says what to do."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.errors import ConfigurationError, HarnessError
from rig.lines.format import PortSettings
from rig.lines.opening import check_where, open_port

NAME = "line p1, end b"


@pytest.fixture
def tty_path() -> Iterator[str]:
    master, slave = os.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def refusal(where: str) -> str:
    with pytest.raises(HarnessError) as caught:
        open_port(NAME, where, PortSettings()).close()
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{NAME}: {where} ")
    return message


@pytest.mark.parametrize(
    "where", ["/dev/ttyUSB0", "socket://10.0.0.7:4000", "rfc2217://ser2net.local:2217", "socket://[::1]:4000"]
)
def test_paths_and_known_urls_pass(where: str) -> None:
    check_where(NAME, where)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("ttyUSB0", "full path such as /dev/ttyUSB0"),
        ("", "full path such as /dev/ttyUSB0"),
        ("COM3", "full path such as /dev/ttyUSB0"),
        ("socket://", "lacks host or port"),
        ("socket://10.0.0.7", "lacks host or port; give e.g. socket://host:4000"),
        ("rfc2217://:2217", "lacks host or port"),
        ("socket://host:0", "lacks host or port"),
        ("socket://host:99999", "malformed"),
        ("socket://host:http", "malformed"),
        ("socket://[::1:4000", "malformed"),
        ("http://host:80", "unknown kind; use socket:// or rfc2217://"),
        ("loop://", "unknown kind"),
    ],
)
def test_what_names_no_port_is_a_mistake_in_the_configuration(where: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{NAME}: .*{message}"):
        check_where(NAME, where)


def test_a_tty_opens_raw_and_for_us_alone(tty_path: str) -> None:
    port = open_port(NAME, tty_path, PortSettings(9600))
    assert "is in use by another program; close that program first" in refusal(tty_path)
    port.close()
    open_port(NAME, tty_path, PortSettings(9600)).close()


def test_a_port_locked_by_another_program_is_busy(tty_path: str) -> None:
    other = os.open(tty_path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX)
    assert "is in use by another program" in refusal(tty_path)
    os.close(other)


def test_a_missing_port(tmp_path: Path) -> None:
    assert "does not exist; plug the adapter in or correct the path" in refusal(str(tmp_path / "ttyUSB9"))


@pytest.mark.parametrize("kind", ["file", "folder", "null device"])
def test_what_is_not_a_tty(tmp_path: Path, kind: str) -> None:
    where = {"file": tmp_path / "file", "folder": tmp_path, "null device": Path("/dev/null")}[kind]
    if kind == "file":
        where.touch()
    assert "is not a serial port; give a tty such as /dev/ttyUSB0" in refusal(str(where))


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (13, "may not be opened by this user; add the user to the group that owns it"),
        (1, "may not be opened by this user"),
        (16, "is in use by another program"),
        (6, "has no adapter behind it"),
        (19, "has no adapter behind it"),
        (24, r"cannot be opened: .*Too many open files"),
    ],
)
def test_what_the_kernel_refuses(monkeypatch: pytest.MonkeyPatch, tty_path: str, number: int, message: str) -> None:
    # The tests may run as root, whom the kernel refuses nothing; so the refusal itself is put in place.
    def refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(HarnessError, match=f"{NAME}: {tty_path} {message}"):
        open_port(NAME, tty_path, PortSettings())


def test_settings_that_the_port_does_not_take(monkeypatch: pytest.MonkeyPatch, tty_path: str) -> None:
    def refuse(*_args: object) -> None:
        raise __import__("termios").error(22, "Invalid argument")

    monkeypatch.setattr("termios.tcsetattr", refuse)
    assert "does not take 115200 8N1; choose a rate and format that the port has" in refusal(tty_path)


def test_nobody_listening_behind_a_url() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        where = f"socket://127.0.0.1:{unused.getsockname()[1]}"
    assert "refuses the connection; start the serial server" in refusal(where)
    assert "refuses the connection" in refusal(where.replace("socket", "rfc2217"))


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), TimeoutError("timed out")])
def test_a_host_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert "cannot be reached; check host, port and network" in refusal("socket://meter.invalid:4000")
