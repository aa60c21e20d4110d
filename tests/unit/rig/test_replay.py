"""A capture goes over the line byte for byte, and what the station's reader says is told by its offset."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.clock import ClockSpec, VirtualLoop, WallLoop
from rig.errors import HarnessError
from rig.handles.reference import P1Heard
from rig.lines import EndSpec, Line
from rig.lines.end import End
from rig.paths import fixtures
from rig.replay import Piece, Replayed, has_lf_only, pieces, replay, transmit
from rig.timeline import Timeline

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") else 300
TELEGRAM_5 = (fixtures() / "p1" / "dsmr50_3p_export.txt").read_bytes()
TELEGRAM_4 = (fixtures() / "p1" / "dsmr42_3p_import.txt").read_bytes()
OLD = b"/EMU5OLD\r\n\r\n1-0:1.7.0(0001.19*kW)\r\n!\r\n"
WRONG = TELEGRAM_5.replace(b"(50)", b"(51)")
CUT = TELEGRAM_5[:500]


def on_a_line(script: Callable[[Line, VirtualLoop], Awaitable[None]]) -> Timeline:
    loop, timeline = VirtualLoop(), Timeline()

    async def run() -> None:
        async with Line("p1", loop=loop, timeline=timeline, rng=Random(1)) as line:
            await script(line, loop)

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    return timeline


def replayed(data: bytes) -> list[Replayed]:
    found: list[Replayed] = []

    async def script(line: Line, _loop: VirtualLoop) -> None:
        found.extend(await replay(line, data))

    on_a_line(script)
    return found


def heard(item: Replayed) -> P1Heard:
    assert item.heard is not None
    return item.heard


def offsets(data: bytes) -> list[int]:
    return [piece.offset for piece in pieces(data)]


# -- cutting ----------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([b"/", b"!", b"\n", b"\r\n", b"A1B2", b"x(1)", TELEGRAM_4, CUT]), max_size=12))
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
def test_the_pieces_are_the_capture(parts: list[bytes]) -> None:
    data = b"".join(parts)
    found = list(pieces(data))
    assert b"".join(piece.data for piece in found) == data
    assert all(data[piece.offset :].startswith(piece.data) and piece.data for piece in found)
    assert all(piece.data.startswith(b"/") for piece in found[1:])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TELEGRAM_5 + TELEGRAM_4, [0, len(TELEGRAM_5)]),
        (TELEGRAM_5[:-2] + TELEGRAM_4, [0, len(TELEGRAM_5) - 2]),
        (b"0)\r\n!1234\r\n" + TELEGRAM_5, [0, 11]),
        (b"\0\0" + TELEGRAM_5 + b"\0\0" + TELEGRAM_4, [0, 2, 4 + len(TELEGRAM_5)]),
        (TELEGRAM_5[:300] + b"\r\n" + TELEGRAM_4, [0, 302]),
        (OLD + OLD, [0, len(OLD)]),
        (b"/A5B\r\n\r\n0-0:96.13.0(and/or)\r\n!ABCD\r\n", [0]),
        (b"/A5B\r\n\r\n0-0:96.13.0(no!)\r\n1-0:1.7.0(and/or)\r\n!ABCD\r\n", [0]),
        (b"no telegram", [0]),
        (b"", []),
    ],
    ids=["two", "no line end", "tail first", "noise between", "cut by the next", "no CRC", "/", "!", "none", "empty"],
)
def test_pieces_begin_where_telegrams_do(data: bytes, expected: list[int]) -> None:
    assert offsets(data) == expected


def test_much_noise_is_cut_in_linear_time() -> None:
    assert len(list(pieces(b"!\n" * 500_000 + b"/" * 1_000))) == 2


@pytest.mark.parametrize(
    ("data", "interval_s"),
    [(TELEGRAM_5, 1.0), (b"/F\r\n0-0:96.1.4(50217)\r\n", 1.0), (TELEGRAM_4, 10.0), (OLD, 10.0)],
    ids=["5", "Belgium", "4", "older"],
)
def test_the_cadence_is_that_of_the_version(data: bytes, interval_s: float) -> None:
    assert Piece(0, data).interval_s == interval_s


def test_line_ends_without_cr() -> None:
    assert has_lf_only(TELEGRAM_5.replace(b"\r", b""))
    assert not has_lf_only(TELEGRAM_5)
    assert not has_lf_only(b"/no line at all")


# -- over the line ----------------------------------------------------------------------------------------------


class Program:
    """Reads end b as a station would, and keeps the bytes."""

    def __init__(self, loop: VirtualLoop, end: End) -> None:
        self._fd = os.open(end.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._tap = end.attach("the test")
        self._loop = loop
        self.received = b""
        loop.add_reader(self._fd, self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _read(self) -> None:
        data = os.read(self._fd, 65536)
        self._tap("rx", data)
        self.received += data


@pytest.mark.parametrize("data", [TELEGRAM_5 + WRONG + CUT, bytes(range(256)) * 80 + TELEGRAM_5], ids=["some", "noise"])
def test_every_byte_arrives_as_it_was(data: bytes) -> None:
    programs: list[Program] = []
    told: list[Piece] = []

    async def script(line: Line, loop: VirtualLoop) -> None:
        programs.append(Program(loop, line.b))
        await transmit(line, data, told.append)
        programs[0].close()

    on_a_line(script)
    assert programs[0].received == data
    assert told == list(pieces(data))


def test_one_telegram_per_interval() -> None:
    data = TELEGRAM_5 + TELEGRAM_5 + TELEGRAM_4 + TELEGRAM_5

    async def script(line: Line, _loop: VirtualLoop) -> None:
        await replay(line, data)

    frames = on_a_line(script).of("frame")
    assert [round(event.data["from_s"], 3) for event in frames] == [0.0, 1.0, 2.0, 12.0]
    assert frames[0].at_s == pytest.approx(len(TELEGRAM_5) * 10 / 115200, abs=1e-6)


def test_what_the_reader_makes_of_each() -> None:
    data = b"\xff\xff" + TELEGRAM_5 + WRONG + TELEGRAM_4 + CUT
    noise, first, second, third, fourth = replayed(data)
    assert noise == Replayed(0, 2, None)
    assert (first.offset, first.length) == (2, len(TELEGRAM_5))
    assert heard(first).current_a == pytest.approx((-10.13, 1.342, -4.306), abs=0.001)
    assert (heard(first).version, heard(first).phases, heard(first).rejected) == ("50", 3, "")
    assert (second.offset, heard(second).rejected) == (2 + len(TELEGRAM_5), "crc")
    assert heard(third).version == "42"
    assert heard(fourth).rejected == "malformed"
    assert "cut off after 500 bytes" in heard(fourth).reason


def test_versions_below_4_are_unsupported() -> None:
    assert [heard(item).rejected for item in replayed(OLD + OLD)] == ["unsupported", "unsupported"]


def test_a_line_can_be_used_again() -> None:
    rounds: list[list[Replayed]] = []

    async def script(line: Line, _loop: VirtualLoop) -> None:
        rounds.extend([await replay(line, TELEGRAM_5), await replay(line, TELEGRAM_5)])

    on_a_line(script)
    assert [heard(item).rejected for found in rounds for item in found] == ["", ""]


def test_a_port_that_goes_away_is_an_error() -> None:
    loop: VirtualLoop | WallLoop = ClockSpec("scaled", 50.0).make_loop()
    master, slave = os.openpty()
    path = os.ttyname(slave)
    told: list[Piece] = []

    def unplug(piece: Piece) -> None:
        told.append(piece)
        os.close(slave)
        os.close(master)

    async def script() -> None:
        async with Line("p1", loop=loop, timeline=Timeline(), rng=Random(1), b=EndSpec(path)) as line:
            await transmit(line, TELEGRAM_5 * 3, unplug)

    try:
        with pytest.raises(HarnessError, match="went away while in use"):
            loop.run_until_complete(script())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert len(told) == 1


def test_every_fixture_is_read() -> None:
    """All of the composed telegrams in a row, as one capture."""
    files = sorted((fixtures() / "p1").glob("*.txt"))
    found = replayed(b"".join(path.read_bytes() for path in files))
    assert len(found) == len(files) > 0
    assert {heard(item).rejected for item in found} == {""}
