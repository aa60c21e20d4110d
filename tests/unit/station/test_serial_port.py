"""Serial ports: a pty by its path, pyserial URLs with and without a descriptor."""

import asyncio
import os
import socket
import termios
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from station.errors import PortError
from station.serial_port import SerialPort, open_serial


class Heard:
    def __init__(self) -> None:
        self.data = b""
        self.tapped = b""
        self.lost: list[str] = []

    def on_data(self, data: bytes) -> None:
        self.data += data

    def tap(self, name: str, direction: str, data: bytes) -> None:
        assert (name, direction) == ("p1", "rx")
        self.tapped += data

    async def open(self, url: str) -> SerialPort:
        return await open_serial(url, "p1", on_data=self.on_data, on_lost=self.lost.append, tap=self.tap)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


async def until(condition: Callable[[], object]) -> None:
    """Let loop and threads turn until something is so; the test's time-out ends it otherwise."""
    while not condition():
        await asyncio.sleep(0.001)


class TestTty:
    def test_bytes_arrive_as_they_were_sent(self) -> None:
        async def main() -> None:
            master, slave = os.openpty()
            heard = Heard()
            port = await heard.open(os.ttyname(slave))
            sent = bytes(range(256))  # no echo, no translation, nothing special
            os.write(master, sent)
            await until(lambda: len(heard.data) == 256)
            assert heard.data == heard.tapped == sent
            os.set_blocking(master, False)
            with pytest.raises(BlockingIOError):
                os.read(master, 1)
            port.data_request(True)  # a pty has no modem lines
            port.close()
            port.close()
            port.data_request(False)
            os.close(master)
            os.close(slave)

        run(main())

    def test_line_settings(self) -> None:  # O-24
        async def main() -> None:
            master, slave = os.openpty()
            port = await Heard().open(os.ttyname(slave))
            _, _, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(slave)
            assert (ispeed, ospeed) == (termios.B115200, termios.B115200)
            assert cflag & termios.CSIZE == termios.CS8
            assert not cflag & (termios.PARENB | termios.CSTOPB | termios.CRTSCTS)
            assert not lflag & (termios.ICANON | termios.ECHO | termios.ISIG)
            port.close()
            os.close(master)
            os.close(slave)

        run(main())

    def test_unplugged(self) -> None:
        async def main() -> None:
            master, slave = os.openpty()
            heard = Heard()
            await heard.open(os.ttyname(slave))
            os.close(slave)
            os.close(master)
            await until(lambda: heard.lost)
            assert len(heard.lost) == 1

        run(main())

    def test_there_is_no_such_port(self) -> None:
        with pytest.raises(PortError, match=r"^p1 port /dev/ttyNONE9: No such file or directory$"):
            asyncio.run(Heard().open("/dev/ttyNONE9"))

    def test_not_a_tty(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"")
        with pytest.raises(PortError, match=f"^p1 port {path}: not a serial port"):
            asyncio.run(Heard().open(str(path)))


class TestUrls:
    def test_socket(self) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            with socket.create_server(("127.0.0.1", 0)) as server:
                server.setblocking(False)
                heard = Heard()
                host, number = server.getsockname()
                port = await heard.open(f"socket://{host}:{number}")
                far, _ = await loop.sock_accept(server)
                far.sendall(b"telegram")
                await until(lambda: heard.data == b"telegram")
                assert heard.tapped == b"telegram"
                port.data_request(True)
                far.close()
                await until(lambda: heard.lost)
                assert heard.lost == ["closed at the other end"]
                port.close()
                port.close()

        run(main())

    def test_without_a_descriptor_a_thread_reads(self) -> None:
        async def main() -> None:
            heard = Heard()
            port = await heard.open("loop://")
            opened = port._serial  # type: ignore[attr-defined]  # loop:// has no other end to write from
            opened.write(b"telegram")
            await until(lambda: heard.data == b"telegram")
            assert heard.tapped == b"telegram"
            port.data_request(True)
            assert opened.rts
            opened.write(b"x" * 5000)
            await until(lambda: len(heard.data) == 5008)
            port.close()
            port.close()
            await until(lambda: not opened.is_open)
            assert heard.lost == []

        run(main())

    def test_a_thread_reports_a_loss_once(self) -> None:
        async def main() -> None:
            heard = Heard()
            port = await heard.open("loop://")
            port._serial.close()  # type: ignore[attr-defined]
            await until(lambda: heard.lost)
            assert len(heard.lost) == 1
            port.close()

        run(main())

    def test_nobody_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            number = server.getsockname()[1]
        with pytest.raises(PortError, match=f"^p1 port socket://127.0.0.1:{number}: .*Connection refused"):
            asyncio.run(Heard().open(f"socket://127.0.0.1:{number}"))

    def test_nonsense(self) -> None:
        with pytest.raises(PortError, match=r"^p1 port nonsense://x: "):
            asyncio.run(Heard().open("nonsense://x"))
