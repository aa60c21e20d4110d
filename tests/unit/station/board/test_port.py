"""The station's end of the board link over real sockets, in virtual time."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from rig.clock.virtual import VirtualLoop
from station.board.codec import Drive, Sense
from station.board.port import Address, BoardPort, parse_address
from station.errors import PortError

RETRY_S = 1.5
HELLO = b"HELLO board 2 1\n"
SENSE = b"SENSE 1 9000 9000 220 0 0 0 2300 2300 2300 0 0 0 0\n"


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str]] = []
        self.senses: list[Sense] = []

    def _tell(self, what: str) -> None:
        self.told.append((asyncio.get_running_loop().time(), what))

    def board_linked(self) -> None:
        self._tell("linked")

    def board_lost(self, reason: str) -> None:
        self._tell(f"lost: {reason}")

    def board_sense(self, sense: Sense) -> None:
        self.senses.append(sense)

    def board_contact(self, closed: bool) -> None:
        self._tell(f"contact {closed}")

    def board_bad_line(self, reason: str) -> None:
        self._tell(f"bad: {reason}")

    @property
    def what(self) -> list[str]:
        return [what for _, what in self.told]


class Board:
    """Listens as a board does and keeps what comes; one link at a time."""

    def __init__(self) -> None:
        self.received = b""
        self.links = 0

    async def listen(self, where: Path | int, greeting: bytes = HELLO) -> None:
        self.greeting = greeting
        if isinstance(where, Path):
            self.server = await asyncio.start_unix_server(self._serve, where)
        else:
            self.server = await asyncio.start_server(self._serve, "127.0.0.1", where)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.links += 1
        self.writer = writer
        writer.write(self.greeting)
        while data := await reader.read(1000):
            self.received += data
        writer.close()

    async def close(self) -> None:
        self.server.close()
        if self.links:
            self.writer.close()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:/tmp/board", Address(socket.AF_UNIX, "/tmp/board")),
        ("unix:relative", Address(socket.AF_UNIX, "relative")),
        ("tcp:127.0.0.1:7000", Address(socket.AF_INET, ("127.0.0.1", 7000))),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "/tmp/board", "unix:", "tcp:", "tcp:host", "tcp::7", "tcp:h:0", "tcp:h:65536", "tcp:h:x"]
)
def test_nonsense_addresses(text: str) -> None:
    with pytest.raises(PortError, match="'unix:/path' or 'tcp:host:port' expected"):
        parse_address(text)


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_greets_drives_and_hears(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        board, heard = Board(), Heard()
        await board.listen(tmp_path / "board" if kind == "unix" else 0)
        if kind == "unix":
            address = f"unix:{tmp_path}/board"
        else:
            address = f"tcp:127.0.0.1:{board.server.sockets[0].getsockname()[1]}"
        port = BoardPort(address, heard, retry_s=RETRY_S)
        port.drive(Drive(1, "high", False))  # nobody there yet
        await port.open()
        await until(lambda: port.linked)
        port.drive(Drive(1, 26_667, True))
        port.request(True)
        board.writer.write(SENSE + b"nonsense\n" + SENSE)
        await until(lambda: len(heard.senses) == 2)
        assert board.received == b"HELLO station 2 1\nDRIVE 1 26667 1\nREQUEST 1\n"
        assert heard.what == [
            "linked",
            "bad: 'nonsense': HELLO board, SENSE or CONTACT with its integer fields expected",
        ]
        await port.close()
        assert not port.linked
        await board.close()

    run(main())


def test_nobody_listens(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(PortError, match=f"board at unix:{tmp_path}/no: No such file or directory"):
            await BoardPort(f"unix:{tmp_path}/no", Heard(), retry_s=RETRY_S).open()

    run(main())


def test_connects_again_after_a_loss_and_for_as_long_as_it_takes(tmp_path: Path) -> None:
    async def main() -> None:
        board, heard = Board(), Heard()
        await board.listen(tmp_path / "board")
        port = BoardPort(f"unix:{tmp_path}/board", heard, retry_s=RETRY_S)
        await port.open()
        await until(lambda: port.linked)
        board.writer.write(SENSE[:20])  # cut short by the loss
        await asyncio.sleep(10.0 - asyncio.get_running_loop().time())
        await board.close()
        (tmp_path / "board").unlink(missing_ok=True)
        await until(lambda: not port.linked)
        port.drive(Drive(1, "high", False))
        await asyncio.sleep(20.2 - asyncio.get_running_loop().time())
        assert heard.what == ["linked", "lost: closed at the other end"]
        again = Board()
        await again.listen(tmp_path / "board")
        await until(lambda: port.linked)
        assert heard.what[-1] == "linked"
        assert heard.told[-1][0] == pytest.approx(20.5, abs=0.01)
        assert again.received == b"HELLO station 2 1\n"
        await port.close()
        await again.close()

    run(main())


def test_nothing_is_believed_before_the_greeting(tmp_path: Path) -> None:
    async def main() -> None:
        board, heard = Board(), Heard()
        await board.listen(tmp_path / "board", greeting=SENSE + b"CONTACT 1\n" + HELLO)
        port = BoardPort(f"unix:{tmp_path}/board", heard, retry_s=RETRY_S)
        await port.open()
        await until(lambda: port.linked)
        assert heard.senses == []
        assert heard.what == ["linked"]
        await port.close()
        await board.close()

    run(main())


def test_two_sockets_and_a_contact(tmp_path: Path) -> None:
    async def main() -> None:
        board, heard = Board(), Heard()
        await board.listen(tmp_path / "board", greeting=b"HELLO board 2 2\nCONTACT 0\n")
        port = BoardPort(f"unix:{tmp_path}/board", heard, sockets=2, retry_s=RETRY_S)
        await port.open()
        await until(lambda: port.linked)
        board.writer.write(SENSE + SENSE.replace(b"SENSE 1", b"SENSE 2") + SENSE.replace(b"SENSE 1", b"SENSE 3"))
        board.writer.write(b"CONTACT 1\n")
        await until(lambda: len(heard.what) == 4)
        assert heard.what == [
            "linked",
            "contact False",
            "bad: SENSE of socket 3; this station has 2 sockets",
            "contact True",
        ]
        assert [sense.socket for sense in heard.senses] == [1, 2]
        assert board.received == b"HELLO station 2 2\n"
        await port.close()
        await board.close()

    run(main())


@pytest.mark.parametrize(
    ("version", "has", "sockets", "reason"),
    [
        (1, 1, 1, "the board speaks version 1 of the link; this station speaks 2"),
        (3, 1, 1, "the board speaks version 3 of the link; this station speaks 2"),
        (2, 0, 1, "the board has 0 sockets; this station has 1 socket"),
        (2, 2, 1, "the board has 2 sockets; this station has 1 socket"),
        (2, 1, 2, "the board has 1 socket; this station has 2 sockets"),
    ],
)
def test_a_board_of_another_kind_is_hung_up_on_and_tried_again(
    version: int, has: int, sockets: int, reason: str, tmp_path: Path
) -> None:
    async def main() -> None:
        board, heard = Board(), Heard()
        greeting = b"HELLO board %d %d\n" % (version, has)
        await board.listen(tmp_path / "board", greeting=greeting + HELLO + SENSE)
        port = BoardPort(f"unix:{tmp_path}/board", heard, sockets=sockets, retry_s=RETRY_S)
        await port.open()
        await asyncio.sleep(2.0)
        assert heard.what == [f"lost: {reason}"] * 2
        assert board.links == 2
        assert heard.senses == []
        assert not port.linked
        await port.close()
        await board.close()

    run(main())


def test_closing_stops_the_trying(tmp_path: Path) -> None:
    async def main() -> None:
        board, heard = Board(), Heard()
        await board.listen(tmp_path / "board")
        port = BoardPort(f"unix:{tmp_path}/board", heard, retry_s=RETRY_S)
        await port.open()
        await until(lambda: port.linked)
        await board.close()
        await until(lambda: not port.linked)
        await port.close()
        await port.close()
        again = Board()
        (tmp_path / "board").unlink(missing_ok=True)
        await again.listen(tmp_path / "board")
        await asyncio.sleep(10.0)
        assert again.links == 0
        await again.close()

    run(main())


def test_waits_for_a_board_that_comes_later(tmp_path: Path) -> None:
    async def main() -> None:
        board, heard = Board(), Heard()
        port = BoardPort(f"unix:{tmp_path}/board", heard, retry_s=RETRY_S)
        with pytest.raises(PortError, match=r"board at unix:.*/board: "):
            await port.open()
        await port.open(wait=True)
        assert len(heard.what) == 1
        assert heard.what[0].startswith("lost: board at unix:")
        await board.listen(tmp_path / "board")
        await until(lambda: port.linked)
        assert heard.told[-1][1] == "linked"
        assert heard.told[-1][0] == pytest.approx(RETRY_S)
        await port.close()
        await board.close()

    run(main())
