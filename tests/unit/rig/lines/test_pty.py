"""A tty pair and the ledger: no byte between the cable and a program in this process goes unseen."""

from __future__ import annotations

import asyncio
import os
import select
import termios
from collections.abc import Awaitable, Callable
from typing import NoReturn

import pytest

from rig.clock import VirtualLoop
from rig.errors import HarnessError
from rig.lines.format import PortSettings
from rig.lines.pty import PtyEnd


class Fixture:
    """An open end on a virtual loop; `received` is what came in, `errors` what was reported."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.end = PtyEnd("line p1, end a", loop, PortSettings())
        self.received: list[bytes] = []
        self.errors: list[HarnessError] = []

    def idle(self) -> bool:
        return self.end.idle

    def open_path(self) -> int:
        return os.open(self.end.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


def play(script: Callable[[Fixture], Awaitable[None]]) -> Fixture:
    loop = VirtualLoop()
    fixture = Fixture(loop)

    async def whole() -> None:
        await fixture.end.open(fixture.received.append, fixture.errors.append)
        try:
            await script(fixture)
        finally:
            await fixture.end.close()
            await fixture.end.close()  # harmless

    try:
        loop.run_until_complete(whole())
    finally:
        loop.close()
    return fixture


def test_bytes_pass_both_ways_unchanged() -> None:
    everything = bytes(range(256)) * 4

    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        tap = fixture.end.attach("meter")
        os.write(port, everything)
        tap("tx", everything)
        assert not fixture.idle()
        await asyncio.sleep(1.0)
        assert fixture.end.write(everything) == len(everything)
        assert not fixture.idle()
        got = os.read(port, 4096)
        tap("rx", got)
        assert fixture.idle()
        assert got == everything
        os.close(port)

    fixture = play(script)
    assert fixture.received == [everything]
    assert fixture.errors == []


def test_one_write_travels_in_pieces_of_known_size() -> None:
    long = bytes(i % 251 for i in range(7_000))

    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        tap = fixture.end.attach("meter")
        assert os.write(port, long) == len(long)
        tap("tx", long)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.close(port)

    assert play(script).received == [long[:4096], long[4096:]]


def test_time_stands_still_until_the_program_has_read() -> None:
    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        tap = fixture.end.attach("station")
        instants: list[float] = []

        def readable() -> None:
            tap("rx", os.read(port, 4096))
            instants.append(fixture.loop.time())

        fixture.loop.add_reader(port, readable)
        for _ in range(50):
            fixture.end.write(b"x" * 500)
            await asyncio.sleep(1.0)
        fixture.loop.remove_reader(port)
        os.close(port)
        assert instants == [float(second) for second in range(50)]

    play(script)


def test_who_opens_the_port_finds_it_empty() -> None:
    async def script(fixture: Fixture) -> None:
        fixture.end.write(b"from before" * 1000)
        port = fixture.open_path()
        tap = fixture.end.attach("station")
        with pytest.raises(BlockingIOError):
            os.read(port, 4096)
        fixture.end.write(b"now")
        assert select.select([port], [], [], 5.0)[0] == [port]
        got = os.read(port, 4096)
        tap("rx", got)
        assert got == b"now"
        os.close(port)

    play(script)


def test_what_a_program_wrote_before_attaching_or_closing_goes_on_its_way() -> None:
    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        os.write(port, b"early")
        tap = fixture.end.attach("meter")
        os.write(port, b"late")
        tap("tx", b"late")
        fixture.end.detach()
        assert fixture.loop.ledger.in_flight == 0
        os.close(port)

    assert play(script).received == [b"early", b"late"]


def test_what_a_program_did_not_read_is_forgotten_when_it_detaches() -> None:
    async def script(fixture: Fixture) -> None:
        fixture.end.attach("station")
        fixture.end.write(b"unread")
        assert fixture.loop.ledger.in_flight == 6
        fixture.end.detach()
        fixture.end.detach()
        assert fixture.loop.ledger.in_flight == 0
        assert fixture.idle()
        await asyncio.sleep(1.0)

    play(script)


def test_a_port_that_nobody_reads_takes_the_same_in_every_run() -> None:
    async def script(fixture: Fixture) -> None:
        for attached in (False, True):
            assert [fixture.end.write(bytes(1000)) for _ in range(10)] == [1000] * 8 + [192, 0]
            if attached:
                fixture.end.detach()
                assert fixture.end.write(b"x") == 0
            else:
                fixture.end.attach("station")

    play(script)


def test_after_a_program_left_only_what_it_did_not_read_takes_room() -> None:
    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        tap = fixture.end.attach("station")
        for _ in range(10):
            fixture.end.write(bytes(2000))
            tap("rx", os.read(port, 4096))
            await asyncio.sleep(1.0)
        fixture.end.write(bytes(192))
        fixture.end.detach()
        assert [fixture.end.write(bytes(1000)) for _ in range(9)] == [1000] * 8 + [0]
        os.close(port)

    play(script)


def test_a_reader_elsewhere_makes_room_again() -> None:
    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        for _ in range(5):
            assert fixture.end.write(bytes(9000)) == 8192
            assert fixture.end.write(b"x") == 0
            got = b""
            while len(got) < 8192:
                select.select([port], [], [], 5.0)
                got += os.read(port, 4096)
        os.close(port)

    play(script)

    play(script)


def test_only_one_program_at_a_time_and_only_while_open() -> None:
    async def script(fixture: Fixture) -> None:
        fixture.end.attach("station")
        with pytest.raises(HarnessError, match=r"meter cannot open /dev/pts/\d+, station has it open"):
            fixture.end.attach("meter")
        fixture.end.detach()
        fixture.end.attach("meter")

    fixture = play(script)
    with pytest.raises(HarnessError, match="no path yet; open the line first"):
        fixture.end.attach("meter")
    with pytest.raises(HarnessError, match="line p1, end a has no path yet"):
        _ = fixture.end.path


def test_bytes_that_nobody_announced_are_reported() -> None:
    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        fixture.end.attach("meter")
        os.write(port, b"stray")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.close(port)

    fixture = play(script)
    assert fixture.received == []
    assert ["5 bytes were read that nobody wrote" in str(error) for error in fixture.errors] == [True]


def test_a_program_elsewhere_needs_no_attach() -> None:
    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        os.write(port, b"hello")
        await asyncio.sleep(0.5)
        assert fixture.end.write(b"answer") == 6
        assert os.read(port, 100) == b"answer"
        os.close(port)
        port = fixture.open_path()  # closing the last other descriptor must not hang the pair up
        os.write(port, b"again")
        await asyncio.sleep(0.5)
        os.close(port)

    assert play(script).received == [b"hello", b"again"]


def test_a_machine_without_ptys_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def openpty() -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "openpty", openpty)

    async def script(fixture: Fixture) -> None:
        raise AssertionError("not reached")

    with pytest.raises(HarnessError, match=r"gives no pty \(No space left on device\)"):
        play(script)


@pytest.mark.parametrize(("speed", "baud"), [(termios.B1200, 1200), (termios.B9600, 9600), (termios.B115200, 115200)])
def test_the_rate_that_the_program_sets_can_be_read(speed: int, baud: int) -> None:
    async def script(fixture: Fixture) -> None:
        port = fixture.open_path()
        attributes = termios.tcgetattr(port)
        attributes[4] = attributes[5] = speed
        termios.tcsetattr(port, termios.TCSANOW, attributes)
        assert fixture.end.port_baud() == baud
        os.close(port)
        assert fixture.end.port_baud() == baud

    fixture = play(script)
    assert fixture.end.port_baud() is None  # closed


def test_a_pty_has_no_modem_lines() -> None:
    async def script(fixture: Fixture) -> None:
        assert fixture.end.modem_lines() is None
        assert not fixture.end.paces_itself

    play(script)
