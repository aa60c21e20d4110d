"""A capture goes over the line byte for byte, and what the station's reader says is told by its offset."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from rig.captured import P1, TIC, Kind, Piece
from rig.clock import ClockSpec, VirtualLoop, WallLoop
from rig.errors import HarnessError
from rig.handles.reference import Heard
from rig.lines import EndSpec, Line
from rig.lines.end import End
from rig.paths import fixtures
from rig.replay import SILENCE_S, Replayed, replay, transmit
from rig.timeline import Timeline

TELEGRAM_5 = (fixtures() / "p1" / "dsmr50_3p_export.txt").read_bytes()
TELEGRAM_4 = (fixtures() / "p1" / "dsmr42_3p_import.txt").read_bytes()
HISTORIQUE = (fixtures() / "tic" / "historique_1p_export.txt").read_bytes()
STANDARD = (fixtures() / "tic" / "standard_3p_pv_on_one_phase.txt").read_bytes()
# Three phases, and no line that tells the current or the power of one.
WITHOUT_CURRENTS = {"dsmr400_3p_export"}
OLD = b"/EMU5OLD\r\n\r\n1-0:1.7.0(0001.19*kW)\r\n!\r\n"
WRONG = TELEGRAM_5.replace(b"(50)", b"(51)")
CUT = TELEGRAM_5[:500]


def on_a_line(script: Callable[[Line, VirtualLoop], Awaitable[None]], **options: Any) -> Timeline:
    loop, timeline = VirtualLoop(), Timeline()

    async def run() -> None:
        async with Line("p1", loop=loop, timeline=timeline, rng=Random(1), **options) as line:
            await script(line, loop)

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    return timeline


def replayed(data: bytes, kind: Kind = P1) -> list[Replayed]:
    found: list[Replayed] = []

    async def script(line: Line, _loop: VirtualLoop) -> None:
        found.extend(await replay(line, data, kind))

    settings = kind.settings(data)
    on_a_line(script, baud=settings.baud, fmt=settings.fmt)
    return found


def heard(item: Replayed) -> Heard:
    assert item.heard is not None
    return item.heard


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
        await transmit(line, P1.pieces(data), told.append)
        programs[0].close()

    on_a_line(script)
    assert programs[0].received == data
    assert told == list(P1.pieces(data))


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
            await transmit(line, P1.pieces(TELEGRAM_5 * 3), unplug)

    try:
        with pytest.raises(HarnessError, match="went away while in use"):
            loop.run_until_complete(script())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert len(told) == 1


def test_every_fixture_is_a_piece_of_its_own() -> None:
    """All of the composed telegrams in a row, as one capture. What is older than 4.0 is none for the station."""
    files = sorted((fixtures() / "p1").glob("*.txt"))
    versions = [tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))["version"] for path in files]
    found = replayed(b"".join(path.read_bytes() for path in files))
    assert [item.length for item in found] == [path.stat().st_size for path in files]
    for path, version, item in zip(files, versions, found, strict=True):
        outcome = "unsupported" if version in ("2.2", "3.0") else "malformed" if path.stem in WITHOUT_CURRENTS else ""
        assert heard(item).rejected == outcome, path.stem


# -- TIC ---------------------------------------------------------------------------------------------------------


def spoiled(frame: bytes) -> bytes:
    """One digit of the meter's address changed, as who publishes a capture does it."""
    at = re.search(rb"AD[CS][CO].", frame)
    assert at is not None
    return frame[: at.end()] + b"9" + frame[at.end() + 1 :]


def later(frame: bytes) -> bytes:
    """The same at another date, where a frame has one: no two frames of a meter have the same."""
    at = re.search(rb"DATE\t([EHeh ])\d{12}\t\t.", frame)
    if at is None:
        return frame
    body = b"DATE\t" + at[1] + b"260704000000\t\t"
    return frame[: at.start()] + body + bytes([(sum(body) & 0x3F) + 0x20]) + frame[at.end() :]


@pytest.mark.parametrize(
    ("frame", "mode", "char_s", "current_a"),
    [
        (HISTORIQUE, "historique", 10 / 1200, (-14.0,)),
        (STANDARD, "standard", 10 / 9600, (399 / 229, 115 / 230, (208 - 399 - 115) / 230)),
    ],
    ids=["historique", "standard"],
)
def test_frames_of_either_mode(frame: bytes, mode: str, char_s: float, current_a: tuple[float, ...]) -> None:
    tail, cut = frame[40:], frame[:50]
    data = tail + frame + spoiled(frame) + later(frame) + cut
    before, first, second, third, last = replayed(data, TIC)
    assert before == Replayed(0, len(tail), None)
    for item in (first, third):
        assert (heard(item).version, heard(item).rejected) == (mode, "")
        assert heard(item).current_a[: heard(item).phases] == pytest.approx(current_a, abs=0.001)
    assert (second.offset, heard(second).rejected) == (len(tail) + len(frame), "crc")
    assert heard(last).rejected == "malformed"
    assert heard(first).at_s == pytest.approx((len(tail) + len(frame)) * char_s + SILENCE_S, abs=1e-5)


def test_a_capture_with_its_parity_bits_is_sent_with_them() -> None:
    data = bytes(byte | (byte.bit_count() % 2) << 7 for byte in HISTORIQUE)
    (item,) = replayed(data, TIC)
    assert heard(item).current_a[0] == -14.0
