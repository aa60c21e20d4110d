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
from station.serial_line import P1_LINE, SerialLine
from station.serial_port import SerialPort, open_serial


class Heard:
    def __init__(self) -> None:
        self.data = b""
        self.tapped = b""
        self.sent = b""
        self.lost: list[str] = []

    def on_data(self, data: bytes) -> None:
        self.data += data

    def tap(self, name: str, direction: str, data: bytes) -> None:
        assert name == "p1"
        if direction == "rx":
            self.tapped += data
        else:
            self.sent += data

    async def open(self, url: str, line: SerialLine = P1_LINE) -> SerialPort:
        return await open_serial(url, "p1", on_data=self.on_data, on_lost=self.lost.append, tap=self.tap, line=line)


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

    def test_bytes_are_sent(self) -> None:
        async def main() -> None:
            master, slave = os.openpty()
            heard = Heard()
            port = await heard.open(os.ttyname(slave), SerialLine(9600))
            sent = bytes(range(256))
            port.write(sent)
            assert os.read(master, 1000) == heard.sent == sent
            port.close()
            port.write(b"nobody")
            port.configure(SerialLine(1200))
            os.close(master)
            os.close(slave)

        run(main())

    def test_other_line_settings(self) -> None:
        """A pty takes the speed and the stop bits; it has neither parity nor seven bits."""

        async def main() -> None:
            master, slave = os.openpty()
            port = await Heard().open(os.ttyname(slave), SerialLine(1200, 7, "E"))
            assert termios.tcgetattr(slave)[4:6] == [termios.B1200, termios.B1200]
            for line, speed in [
                (SerialLine(9600, 7, "E"), termios.B9600),
                (SerialLine(9600, 7, "E"), termios.B9600),  # nothing to change that a pty has
                (SerialLine(2400, 8, "O", 2), termios.B2400),
                (SerialLine(1200, 7, "E"), termios.B1200),
            ]:
                port.configure(line)
                settings = termios.tcgetattr(slave)
                assert settings[4:6] == [speed, speed]
                assert bool(settings[2] & termios.CSTOPB) is (line.stop_bits == 2)
                assert bool(settings[0] & termios.INPCK) is (line.parity != "N") or line == SerialLine(9600, 7, "E")
            port.close()
            os.close(master)
            os.close(slave)

        run(main())

    def test_a_speed_there_is_not(self) -> None:
        async def main() -> None:
            master, slave = os.openpty()
            path = os.ttyname(slave)
            with pytest.raises(PortError, match=f"^p1 port {path}: no tty runs at 12345 baud$"):
                await Heard().open(path, SerialLine(12345))
            port = await Heard().open(path)
            port.configure(SerialLine(12345))
            assert termios.tcgetattr(slave)[4] == termios.B115200
            port.close()
            os.close(master)
            os.close(slave)

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
                port.write(b"request")
                assert await loop.sock_recv(far, 100) == heard.sent == b"request"
                port.configure(SerialLine(9600, 7, "E"))
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

    def test_without_a_descriptor_bytes_are_sent_and_the_line_is_set(self) -> None:
        async def main() -> None:
            heard = Heard()
            port = await heard.open("loop://", SerialLine(1200, 7, "E"))
            opened = port._serial  # type: ignore[attr-defined]
            assert (opened.baudrate, opened.bytesize, opened.parity, opened.stopbits) == (1200, 7, "E", 1)
            port.write(b"request")
            assert heard.sent == b"request"
            await until(lambda: heard.data == b"request")
            port.configure(SerialLine(9600, 7, "E"))
            await until(lambda: opened.baudrate == 9600)
            opened.close()
            port.write(b"nobody")
            await until(lambda: heard.lost)
            port.write(b"nobody")
            assert heard.sent == b"request"
            assert len(heard.lost) == 1

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
