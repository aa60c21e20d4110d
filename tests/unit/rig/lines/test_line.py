"""The line as its users see it: two ttys, a pace, a request, faults, a capture, a timeline."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import pytest
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket

from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError, HarnessError
from rig.lines import (
    BitFlip,
    Double,
    Drop,
    EndSpec,
    Line,
    ModemLines,
    Noise,
    PortSettings,
    Stuck,
    Truncate,
    Unplug,
    WrongBaud,
)
from rig.lines.end import End
from rig.lines.endpoint import DeviceEnd
from rig.lines.format import CharFormat
from rig.timeline import Timeline

POLLS = 20_000 if os.environ.get("EVSE_RIG_DEEP") else 1_000
TELEGRAM = bytes(ord("!") + i % 90 for i in range(853))
CHAR_S = 10 / 115200


class Program:
    """A program in this process that holds one end of the line, as an emulator or a station does."""

    def __init__(self, loop: VirtualLoop, end: End, name: str) -> None:
        self._loop = loop
        self._end = end
        self._fd = os.open(end.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._tap = end.attach(name)
        self.arrivals: list[tuple[Any, bytes]] = []
        self.on_data: Callable[[bytes], None] = lambda _data: None
        loop.add_reader(self._fd, self._readable)

    @property
    def received(self) -> bytes:
        return b"".join(data for _, data in self.arrivals)

    def write(self, data: bytes) -> None:
        assert os.write(self._fd, data) == len(data)
        self._tap("tx", data)

    def set_rate(self, speed: int) -> None:
        """The program sets its port to this rate, such as termios.B9600."""
        attributes = termios.tcgetattr(self._fd)
        attributes[4] = attributes[5] = speed
        termios.tcsetattr(self._fd, termios.TCSANOW, attributes)

    def _readable(self) -> None:
        # The kernel may hand over one write in parts; who reads on until nothing is left sees the same in every run.
        data = b""
        with suppress(BlockingIOError):
            while True:
                part = os.read(self._fd, 4096)
                self._tap("rx", part)
                data += part
        self.arrivals.append((self._loop.time(), data))
        self.on_data(data)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        self._end.detach()
        os.close(self._fd)


class Bench:
    """An open line on a virtual loop with a program at each end."""

    def __init__(self, **options: Any) -> None:
        self.loop = VirtualLoop()
        self.timeline = Timeline()
        seed = options.pop("seed", 1)
        try:
            self.line = Line("p1", loop=self.loop, timeline=self.timeline, rng=Random(seed), **options)
        except ConfigurationError:
            self.loop.close()
            raise

    def play(self, script: Callable[[Bench], Awaitable[None]]) -> Bench:
        async def whole() -> None:
            async with self.line:
                self.a, self.b = (
                    Program(self.loop, end, name) for end, name in ((self.line.a, "meter"), (self.line.b, "station"))
                )
                try:
                    await script(self)
                finally:
                    self.a.close()
                    self.b.close()

        try:
            self.loop.run_until_complete(whole())
        finally:
            self.loop.close()
        return self

    def idle(self) -> bool:
        return self.line.idle

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event.data for event in self.timeline.of(kind, "p1")]


def test_a_telegram_takes_the_time_of_its_bits() -> None:
    async def script(bench: Bench) -> None:
        await asyncio.sleep(10.0)
        assert bench.idle()
        bench.a.write(TELEGRAM)
        assert not bench.idle()
        await asyncio.sleep(0.07)
        assert not bench.idle()
        assert bench.b.arrivals == []
        await asyncio.sleep(1.0)
        assert bench.idle()

    bench = Bench().play(script)
    ((at_s, data),) = bench.b.arrivals
    assert data == TELEGRAM
    assert round(at_s, 6) == 10.074045
    (frame,) = bench.events("frame")
    assert frame == {
        "line": "p1",
        "dir": "a>b",
        "length": 853,
        "crc32": f"{crc32(TELEGRAM):08x}",
        "from_s": 10.0,
        "to_s": 10.074045,
    }


def test_both_directions_pass_at_once() -> None:
    async def script(bench: Bench) -> None:
        bench.a.write(b"x" * 100)
        bench.b.write(b"y" * 50)
        await asyncio.sleep(1.0)

    bench = Bench(baud=9600, fmt="8E1").play(script)
    assert bench.b.arrivals == [(pytest.approx(100 * 11 / 9600), b"x" * 100)]
    assert bench.a.arrivals == [(pytest.approx(50 * 11 / 9600), b"y" * 50)]


def test_polls_never_time_out_and_take_exactly_the_time_of_their_bits() -> None:
    request, answer = b"\x01\x03\x00\x00\x00\x02\xc4\x0b", b"\x01\x03\x04\x43\x66\x80\x00\x2f\xa1"
    expected_s = (len(request) + len(answer)) * 10 / 9600

    async def script(bench: Bench) -> None:
        bench.b.on_data = lambda data: bench.b.write(answer)
        answered: asyncio.Queue[bytes] = asyncio.Queue()
        bench.a.on_data = answered.put_nowait
        for _ in range(POLLS):
            began_s = bench.loop.time()
            bench.a.write(request)
            assert await asyncio.wait_for(answered.get(), 0.1) == answer
            assert bench.loop.time() - began_s == pytest.approx(expected_s, abs=1e-9)
            await asyncio.sleep(1.0)

    bench = Bench(baud=9600).play(script)
    assert len(bench.events("frame")) == 2 * POLLS


def test_releasing_the_request_stops_the_meter_in_mid_telegram() -> None:
    async def script(bench: Bench) -> None:
        line = bench.line
        told: list[tuple[bool, float]] = []
        stop_listening = line.on_request(lambda active, now_s: told.append((active, now_s)))
        assert line.request is False
        line.request = True
        bench.a.write(TELEGRAM)
        bench.b.write(b"stays")
        await asyncio.sleep(400.5 * CHAR_S)
        line.request = False
        line.request = False
        assert told == [(True, 0.0), (False, pytest.approx(400.5 * CHAR_S))]
        await asyncio.sleep(1.0)
        stop_listening()
        line.request = True
        assert len(told) == 2

    bench = Bench(request=False).play(script)
    assert bench.b.received == TELEGRAM[:400]
    assert bench.b.arrivals[-1][0] == pytest.approx(400.5 * CHAR_S)
    assert bench.a.received == b"stays"
    assert [event["active"] for event in bench.events("request")] == [True, False, True]
    assert bench.events("cut") == [{"line": "p1", "dir": "a>b", "lost": 453}]


def test_a_sender_can_stop_in_either_direction() -> None:
    async def script(bench: Bench) -> None:
        bench.b.write(TELEGRAM)
        await asyncio.sleep(10.5 * CHAR_S)
        assert bench.line.cut("a>b") == 0
        assert bench.line.cut("b>a") == 843
        assert not bench.idle(), "ten bytes are on their way to the program"
        await asyncio.sleep(1.0)

    bench = Bench().play(script)
    assert bench.a.received == TELEGRAM[:10]


def test_a_line_without_a_request_is_always_asked_and_refuses_to_be_set() -> None:
    async def script(bench: Bench) -> None:
        with bench.line.fault(Unplug()):
            assert bench.line.request is True
        with pytest.raises(HarnessError, match="line p1 has no Data Request"):
            bench.line.request = False

    bench = Bench().play(script)
    assert bench.events("request") == []


def test_pulling_the_plug_cuts_the_telegram_and_the_request() -> None:
    async def script(bench: Bench) -> None:
        bench.a.write(TELEGRAM)
        await asyncio.sleep(100.5 * CHAR_S)
        seen = [bench.line.request]
        with bench.line.fault(Unplug()):
            seen.append(bench.line.request)
            bench.b.write(b"lost")
            await asyncio.sleep(1.0)
            bench.a.write(b"lost")
            await asyncio.sleep(1.0)
        assert [*seen, bench.line.request] == [True, False, True]
        bench.a.write(b"back")
        await asyncio.sleep(1.0)

    bench = Bench(request=True).play(script)
    assert bench.b.received == TELEGRAM[:100] + b"back"
    assert bench.a.received == b""
    assert [event["active"] for event in bench.events("request")] == [False, True]
    assert [(event["fault"], event["on"]) for event in bench.events("fault")] == [("unplug", True), ("unplug", False)]


def test_a_fault_acts_in_its_direction_while_its_block_lasts() -> None:
    async def script(bench: Bench) -> None:
        for fault in (Stuck(value=0x2A, direction="a>b"), Truncate(after=2, direction="b>a"), Drop(positions=(0,))):
            with bench.line.fault(fault):
                bench.a.write(b"abc")
                bench.b.write(b"xyz")
                await asyncio.sleep(1.0)
        bench.a.write(b"ABC")
        bench.b.write(b"XYZ")
        await asyncio.sleep(1.0)

    bench = Bench().play(script)
    assert bench.b.received == b"***" + b"abc" + b"bc" + b"ABC"
    assert bench.a.received == b"xyz" + b"xy" + b"yz" + b"XYZ"
    assert bench.events("fault")[0] == {
        "line": "p1",
        "on": True,
        "fault": "stuck",
        "direction": "a>b",
        "value": 0x2A,
    }


def test_a_scenario_starts_and_stops_a_fault_by_hand() -> None:
    async def script(bench: Bench) -> None:
        fault = bench.line.fault(BitFlip(positions=((0, 5),)))
        bench.loop.call_at(1.0, fault.start)
        bench.loop.call_at(2.0, fault.stop)
        for _ in range(3):
            bench.a.write(b"a")
            await asyncio.sleep(1.01)

    bench = Bench().play(script)
    assert bench.b.received == b"aAa"
    assert [event.at_s for event in bench.timeline.of("fault")] == [1.0, 2.0]


def test_ends_with_settings_of_their_own_misunderstand_each_other() -> None:
    async def script(bench: Bench) -> None:
        bench.a.write(b"/X5")
        bench.b.write(b"\xaf\xd85")
        await asyncio.sleep(1.0)

    meter = EndSpec(settings=PortSettings(9600, CharFormat.parse("7E1"), "drop"))
    bench = Bench(baud=9600, a=meter).play(script)
    assert bench.b.received == b"\xaf\xd85"
    assert bench.a.received == b"/X5"


def test_an_end_that_follows_its_port_has_the_rate_that_the_program_sets() -> None:
    async def script(bench: Bench) -> None:
        for baud in (termios.B9600, termios.B4800, termios.B9600):
            bench.b.set_rate(baud)
            began_s = bench.loop.time()
            bench.b.write(b"U")
            await asyncio.sleep(1.0)
            heard_s.append(bench.a.arrivals[-1][0] - began_s)
            bench.a.write(b"\0")
            await asyncio.sleep(1.0)

    heard_s: list[float] = []
    bench = Bench(baud=9600, b=EndSpec(follows_port=True)).play(script)
    assert [data for _, data in bench.a.arrivals] == [b"U", b"\x66\xe6", b"U"]
    assert heard_s == pytest.approx([10 / 9600, 10 / 4800, 10 / 9600])
    assert [data for _, data in bench.b.arrivals] == [b"\0", b"\xf8", b"\0"]


def test_an_end_that_does_not_follow_its_port_hears_all_the_same() -> None:
    async def script(bench: Bench) -> None:
        bench.b.set_rate(termios.B4800)
        bench.a.write(TELEGRAM)
        await asyncio.sleep(1.0)

    assert Bench().play(script).b.received == TELEGRAM


def test_a_port_that_is_retuned_sends_and_hears_at_its_new_rate() -> None:
    async def script(bench: Bench) -> None:
        bench.a.write(b"UU")
        await asyncio.sleep(0.001)
        bench.line.retune(bench.line.a, 4800)  # what was handed over before keeps its rate
        await asyncio.sleep(1.0)
        bench.a.write(b"U")
        bench.b.write(b"\0")
        await asyncio.sleep(1.0)
        bench.line.retune(bench.line.b, 4800)
        bench.a.write(b"U")
        bench.b.write(b"\0")
        await asyncio.sleep(1.0)

    bench = Bench(baud=9600).play(script)
    (first_s, first), (second_s, second), (_, third) = bench.b.arrivals
    assert (first, second, third) == (b"UU", b"\x66\xe6", b"U")
    assert (first_s, second_s) == pytest.approx((20 / 9600, 1.001 + 10 / 4800))
    assert [data for _, data in bench.a.arrivals] == [b"\xf8", b"\0"]


@pytest.mark.parametrize("baud", [0, -9600, 1_000_000_000])
def test_a_rate_that_no_port_has_is_refused(baud: int) -> None:
    async def script(bench: Bench) -> None:
        with pytest.raises(ConfigurationError, match=f"{baud}"):
            bench.line.retune(bench.line.a, baud)
        bench.a.write(TELEGRAM)
        await asyncio.sleep(1.0)

    assert Bench().play(script).b.received == TELEGRAM


def test_a_usb_adapter_hands_over_in_pieces() -> None:
    async def script(bench: Bench) -> None:
        bench.a.write(TELEGRAM)
        await asyncio.sleep(1.0)

    bench = Bench(chunk_s=0.016).play(script)
    assert [at_s for at_s, _ in bench.b.arrivals] == pytest.approx([0.016 * i for i in range(1, 6)])
    assert bench.b.received == TELEGRAM


def test_a_port_that_nobody_reads_overruns_alike_in_every_run() -> None:
    def run() -> list[bytes]:
        async def script(bench: Bench) -> None:
            bench.b.close()
            for _ in range(30):
                bench.a.write(TELEGRAM)
                await asyncio.sleep(1.0)
            bench.b = Program(bench.loop, bench.line.b, "station")
            bench.a.write(b"fresh")
            await asyncio.sleep(1.0)
            assert bench.b.received == b"fresh"

        bench = Bench().play(script)
        assert [event["lost"] for event in bench.events("overrun")] == [338] + [853] * 20
        assert len(bench.events("frame")) == 31, "the bytes did pass the wire"
        return list(bench.timeline.lines())

    assert run() == run()


def noisy_run(path: Path, seed: int) -> tuple[bytes, bytes, bytes]:
    async def script(bench: Bench) -> None:
        faults = [
            BitFlip(probability=0.002),
            Drop(probability=0.01),
            Double(probability=0.01, direction="a>b"),
            Noise(direction="a>b"),
        ]
        injections = [bench.line.fault(fault) for fault in faults]
        for number, injection in enumerate(injections):
            bench.loop.call_at(0.03 + number, injection.start)
            bench.loop.call_at(5.05 + number, injection.stop)
        wrong = bench.line.fault(WrongBaud(baud=19200))
        bench.loop.call_at(9.5, wrong.start)
        bench.b.on_data = lambda data: bench.b.write(data[:40])
        for _ in range(12):
            bench.a.write(TELEGRAM)
            await asyncio.sleep(1.0)

    bench = Bench(seed=seed, capture=path, request=True).play(script)
    return b"".join(bench.timeline.lines()), path.read_bytes(), bench.b.received


def test_one_seed_gives_one_timeline_and_one_capture(tmp_path: Path) -> None:
    one, again, other = (noisy_run(tmp_path / f"{n}.pcapng", seed) for n, seed in enumerate([7, 7, 8]))
    assert one == again
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_the_capture_holds_what_was_delivered(tmp_path: Path) -> None:
    async def script(bench: Bench) -> None:
        with bench.line.fault(Truncate(after=2, direction="a>b")):
            bench.a.write(b"abc")
            bench.b.write(b"xyz")
            await asyncio.sleep(1.0)
        bench.line.request = False

    path = tmp_path / "captures" / "p1.pcapng"
    bench = Bench(capture=path, capture_epoch_s=1_000_000.0, request=True).play(script)
    with path.open("rb") as file:
        packets = [block for block in FileScanner(file) if isinstance(block, EnhancedPacket)]
    assert [(packet.interface_id, packet.packet_data[12:]) for packet in packets] == [
        (0, b"ab"),
        (1, b"xyz"),
        (0, b""),
    ]
    assert [packet.packet_data[9] for packet in packets] == [1, 1, 0], "CTS shows the request"
    times_s = [1_000_000.0 + frame["to_s"] for frame in bench.events("frame")]
    assert [packet.timestamp for packet in packets][:2] == pytest.approx(times_s, abs=1e-6)


def test_a_full_disk_fails_the_line_and_not_the_traffic() -> None:
    failures: list[HarnessError] = []

    async def script(bench: Bench) -> None:
        bench.line.on_failure(failures.append)
        for _ in range(30):
            bench.a.write(TELEGRAM)
            await asyncio.sleep(1.0)

    bench = Bench(capture=Path("/dev/full"))
    with pytest.raises(HarnessError, match="the capture /dev/full cannot be written"):
        bench.play(script)
    assert bench.b.received == TELEGRAM * 30
    assert [str(error) for error in failures] == [
        "line p1: the capture /dev/full cannot be written (No space left on device)"
    ]


def test_settings_without_sense_are_refused_by_name() -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"baud": 0}, "baud rate 0"),
        ({"fmt": "9N1"}, "character format '9N1'"),
        ({"chunk_s": 0.0}, "line p1: chunk_s 0 must be above 0"),
        ({"b": "ttyUSB0"}, "line p1, end b: 'ttyUSB0' is no port"),
        ({"a": EndSpec(request_line="CTS")}, "line p1, end a: the Data Request comes from end b"),
        ({"b": EndSpec(request_line="CTS")}, "line p1, end b: pty has no CTS"),
        ({"b": EndSpec("socket://host:4000", request_line="DSR")}, "socket://host:4000 has no DSR"),
    ]
    for options, message in refused:
        with pytest.raises(ConfigurationError, match=message):
            Bench(**options)
    with pytest.raises(ConfigurationError, match="request_line 'RTS' cannot be read; use CTS or DSR"):
        EndSpec(request_line="RTS")  # type: ignore[arg-type]


def test_a_line_that_does_not_open_leaves_nothing_open(tmp_path: Path) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    loop = VirtualLoop()
    line = Line(
        "p1",
        loop=loop,
        timeline=Timeline(),
        rng=Random(1),
        b=str(tmp_path / "ttyUSB7"),
        capture=tmp_path / "p1.pcapng",
    )
    with pytest.raises(HarnessError, match=r"line p1, end b: .*ttyUSB7 does not exist"):
        loop.run_until_complete(line.open())
    loop.close()
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_a_line_can_be_closed_with_bytes_on_their_way_and_opened_again() -> None:
    bench = Bench()

    async def script() -> None:
        for data in (TELEGRAM, b"second"):
            await bench.line.open()
            meter = Program(bench.loop, bench.line.a, "meter")
            meter.write(data)
            await asyncio.sleep(0.01)
            meter.close()
            await bench.line.close()
            assert bench.loop.ledger.in_flight == 0
            assert bench.line.idle
            await asyncio.sleep(1.0)

    bench.loop.run_until_complete(script())
    bench.loop.close()
    assert [frame["length"] for frame in bench.events("frame")] == [6]


async def recorded(timeline: Timeline, kind: str, count: int) -> None:
    """Wait until the timeline has that many events of a kind; fails when the kernel takes unreasonably long."""
    async with asyncio.timeout(20):
        while len(timeline.of(kind)) < count:
            await asyncio.sleep(0.001)


class TestDevice:
    """A line from a pty, where the emulator stands, to a device: the tty of another pair. In real time."""

    def play(self, script: Callable[[Line, Timeline, int], Awaitable[None]], **options: Any) -> None:
        loop = WallLoop()
        far, near = os.openpty()
        timeline = Timeline()
        device = EndSpec(os.ttyname(near), **options)
        line = Line("p1", loop=loop, timeline=timeline, rng=Random(1), b=device, request=True)

        async def whole() -> None:
            async with line:
                await script(line, timeline, far)

        try:
            loop.run_until_complete(whole())
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            for descriptor in (near, far):
                try:
                    os.close(descriptor)
                except OSError:  # the test has unplugged it
                    continue

    def test_bytes_pass_at_once_since_the_device_paces_them(self) -> None:
        async def script(line: Line, timeline: Timeline, far: int) -> None:
            emulator = os.open(line.a.path, os.O_RDWR | os.O_NOCTTY)
            os.write(emulator, TELEGRAM)
            await recorded(timeline, "frame", 1)
            (frame,) = timeline.of("frame")
            assert frame.data["from_s"] == frame.data["to_s"]
            got = b""
            while len(got) < len(TELEGRAM):
                got += os.read(far, 4096)
            assert got == TELEGRAM
            os.write(far, b"answer")
            await recorded(timeline, "frame", 2)
            assert os.read(emulator, 100) == b"answer"
            os.close(emulator)

        self.play(script)

    @pytest.mark.parametrize("with_listener", [True, False])
    def test_an_unplugged_adapter_fails_the_line(self, with_listener: bool) -> None:
        async def script(line: Line, timeline: Timeline, far: int) -> None:
            told: list[HarnessError] = []
            unhandled: list[Any] = []
            if with_listener:
                line.on_failure(told.append)
            asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unhandled.append(context))
            os.close(far)
            await recorded(timeline, "line_failed", 1)
            await asyncio.sleep(0.01)
            assert "went away while in use" in str(line.failure)
            assert (told, len(unhandled)) == (([line.failure], 0) if with_listener else ([], 1))
            assert len(timeline.of("line_failed")) == 1

        self.play(script)

    def test_a_modem_line_carries_the_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = [ModemLines(cts=False, dsr=True)]
        monkeypatch.setattr(DeviceEnd, "modem_lines", lambda _end: lines[0])

        async def script(line: Line, timeline: Timeline, far: int) -> None:
            seen = [line.request]
            lines[0] = ModemLines(cts=True, dsr=True)
            await recorded(timeline, "request", 1)
            assert [*seen, line.request] == [False, True]
            with pytest.raises(HarnessError, match="read from a modem line and cannot be set"):
                line.request = False
            assert [event.data["active"] for event in timeline.of("request")] == [True]

        self.play(script, request_line="CTS")

    def test_a_port_without_modem_lines_cannot_carry_the_request(self) -> None:
        async def script(line: Line, timeline: Timeline, far: int) -> None:
            raise AssertionError("not reached")

        with pytest.raises(HarnessError, match="has no modem lines, so CTS cannot carry the Data Request"):
            self.play(script, request_line="CTS")
