"""The station on its ports: a unix socket to a small board of the test's own, a pty for P1, in virtual time."""

import asyncio
import os
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fastcrc
import pytest

from rig.clock.virtual import VirtualLoop
from station.board.codec import Sense
from station.core import Inputs, Outputs, StationCore
from station.errors import PortError
from station.runtime import StationRuntime
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading

P1 = {
    "FeatureLicenseKey": "ALB",
    "Active-LoadBalancing": "On",
    "SmartMeter-MaxCurrent": 25,
    "Safe-MaxCurrent": 7,
    "Connector1-MaxCurrent": 16,
}
HIGH_MV = {"A": 12_000, "B": 9_000, "C": 6_000}


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def until(at_s: float) -> None:
    await asyncio.sleep(max(0.0, at_s - now_s()))


def telegram(amperes: int, crc: int | None = None) -> bytes:
    """The least that makes a version 5 telegram, with the date of now."""
    date = datetime(2026, 1, 14) + timedelta(seconds=int(now_s() + 1e-6))
    body = b"/TST5\\2STATION\r\n\r\n1-3:0.2.8(50)\r\n" + f"0-0:1.0.0({date:%y%m%d%H%M%S}W)\r\n".encode()
    body += b"".join(b"1-0:%d1.7.0(%03d*A)\r\n" % (phase, amperes) for phase in (3, 5, 7)) + b"!"
    return body + b"%04X\r\n" % (fastcrc.crc16.arc(body) if crc is None else crc)


class Board:
    """A board with a vehicle that draws a share of what it is offered; one link at a time."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []
        self.received = self.sent = 0
        self.state, self.pp_ohm, self.share = "A", 0, 0.0
        self.pilot, self.contactor = "low", False
        self.writer: asyncio.StreamWriter | None = None

    async def listen(self, path: Path) -> None:
        self.server = await asyncio.start_unix_server(self._serve, path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.pilot, self.contactor = "low", False
        self.send(b"HELLO board 2 1\n")
        self.sense()
        while line := await reader.readline():
            self.received += len(line)
            self.lines.append((now_s(), line.decode().strip()))
            what, *fields = line.decode().split()
            if what == "DRIVE":
                self.pilot, self.contactor = fields[1], fields[2] == "1"
                self.sense()
        self.writer = None

    def send(self, data: bytes) -> None:
        if self.writer is not None:
            self.sent += len(data)
            self.writer.write(data)

    def sense(self) -> None:
        high = low = -12_000 if self.pilot == "low" else HIGH_MV[self.state]
        drawn = 0
        if self.pilot.isdigit():
            low = -12_000
            drawn = round(int(self.pilot) * 0.6 * self.share) if self.contactor else 0
        fields = (1, high, low, self.pp_ohm, drawn, drawn, drawn, 2300, 2300, 2300, int(self.contactor), 0, 0, 0)
        self.send(("SENSE " + " ".join(map(str, fields)) + "\n").encode())

    def set(self, state: str, share: float = 0.0, pp_ohm: int = 220) -> None:
        self.state, self.share, self.pp_ohm = state, share, pp_ohm
        self.sense()

    async def close(self) -> None:
        self.server.close()
        if self.writer is not None:
            self.writer.close()

    def drives(self) -> list[tuple[float, str]]:
        return [(at_s, line.split(" ", 2)[2]) for at_s, line in self.lines if line.startswith("DRIVE")]


class Bench:
    """Board, P1 pty and the station between them."""

    def __init__(self, path: Path, given: dict[str, object] | None = None, **station: Any) -> None:
        self.path = path / "board"
        self.board = Board()
        self.master, self.slave = os.openpty()
        self.events: list[tuple[float, str, dict[str, object]]] = []
        self.tapped: dict[tuple[str, str], int] = {}
        self.runtime = StationRuntime(
            Settings.from_mapping({"probing.duration_s": 0, **(P1 if given is None else given)}),
            board=f"unix:{self.path}",
            p1=os.ttyname(self.slave),
            emit=lambda *event: self.events.append(event),
            tap=self._tap,
            **station,
        )

    def _tap(self, port: str, direction: str, data: bytes) -> None:
        self.tapped[port, direction] = self.tapped.get((port, direction), 0) + len(data)

    async def __aenter__(self) -> "Bench":
        await self.board.listen(self.path)
        await self.runtime.start()
        await asyncio.sleep(0.001)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runtime.stop()
        await self.board.close()
        await asyncio.sleep(0.001)
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)

    def meter(self, data: bytes) -> None:
        os.write(self.master, data)

    async def meter_until(self, at_s: float, amperes: int) -> None:
        while now_s() + 1.0 <= at_s:
            await until(now_s() + 1.0)
            self.meter(telegram(amperes))
        await until(at_s)

    def logs(self) -> list[object]:
        return [fields["text"] for _, kind, fields in self.events if kind == "log"]

    def last(self, kind: str) -> dict[str, object]:
        return [fields for _, what, fields in self.events if what == kind][-1]


def test_greets_and_drives_and_requests(tmp_path: Path) -> None:
    async def main() -> None:
        async with Bench(tmp_path) as bench:
            assert [line for _, line in bench.board.lines] == ["HELLO station 2 1", "DRIVE 1 high 0", "REQUEST 1"]
            assert {kind for _, kind, _ in bench.events} == {"limit", "status", "display", "led", "monitor"}

    run(main())


def test_a_session_with_an_over_current_pause(tmp_path: Path) -> None:
    async def main() -> None:
        async with Bench(tmp_path, {"Connector1-MaxCurrent": 16}) as bench:
            assert "REQUEST 0" in [line for _, line in bench.board.lines]
            await until(10.0)
            bench.board.set("B")
            await until(11.0)
            bench.board.set("C", share=1.2)
            await until(310.0)
            bench.board.set("C", share=0.9)
            await until(1000.0)
            drives = bench.board.drives()
            assert [drive for _, drive in drives] == [
                "high 0", "26667 0", "26667 1", "low 0", "26667 0", "26667 1",
            ]  # fmt: skip
            times = [at_s for at_s, _ in drives]
            assert times[1:3] == [10.0, 11.0]
            assert times[3] == pytest.approx(13.0, abs=1e-6)
            assert times[4] == pytest.approx(313.0, abs=1e-6)
            assert bench.last("status")["status"] == "Charging"

    run(main())


def test_balancing_loss_and_return(tmp_path: Path) -> None:
    async def main() -> None:
        async with Bench(tmp_path) as bench:
            bench.meter(telegram(5))
            await until(0.5)
            assert bench.last("limit") == {"socket": 1, "source": "connector", "limit_a": 16.0}
            bench.board.set("B")
            await bench.meter_until(5.0, 15)
            assert bench.last("limit") == {"socket": 1, "source": "active", "limit_a": 10.0}
            silent_s = now_s()
            await until(60.0)
            assert bench.logs() == [
                "Unable to start P1 communications, Read Timeout Error",
                "Enter ActiveLB safeMode: 7.0A",
            ]
            lost_s = next(at_s for at_s, kind, _ in bench.events if kind == "log")
            assert 10.0 < lost_s - silent_s + 1.0 < 11.3
            for _ in range(3):
                bench.meter(telegram(5, crc=0))
                await until(now_s() + 1.0)
            assert bench.logs()[2:] == ["P1 Device failure: Read CRC Error"] * 3
            await bench.meter_until(120.0, 5)
            assert bench.logs()[5:] == ["P1 communication restored, leaving ActiveLB safeMode"]
            limits = [fields["limit_a"] for at_s, kind, fields in bench.events if kind == "limit" and at_s > 60.0]
            assert limits == [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]

    run(main())


def test_a_meter_that_repeats_itself_is_lost(tmp_path: Path) -> None:
    """Date and all: nothing new was measured, so there is nothing to follow."""

    async def main() -> None:
        async with Bench(tmp_path) as bench:
            repeated = telegram(5)
            while now_s() < 12.0:
                bench.meter(repeated)
                await until(now_s() + 1.0)
            assert bench.logs() == [
                "Unable to start P1 communications, Read Timeout Error",
                "Enter ActiveLB safeMode: 7.0A",
            ]
            bench.meter(telegram(5))
            await until(now_s() + 1.0)
            assert bench.logs()[2:] == ["P1 communication restored, leaving ActiveLB safeMode"]

    run(main())


def test_the_tap_counts_every_byte(tmp_path: Path) -> None:
    async def main() -> None:
        async with Bench(tmp_path) as bench:
            for _ in range(3):
                bench.meter(telegram(5))
                bench.board.set("B")
                await until(now_s() + 1.0)
            assert bench.tapped == {
                ("board", "rx"): bench.board.sent,
                ("board", "tx"): bench.board.received,
                ("p1", "rx"): 3 * len(telegram(5)),
            }

    run(main())


def test_no_tick_while_nothing_happens(tmp_path: Path) -> None:
    class Counting(StationCore):
        steps = 0

        def step(self, inputs: Inputs, now_s: float) -> Outputs:
            Counting.steps += 1
            return super().step(inputs, now_s)

    async def main() -> None:
        core = Counting(Settings())
        async with Bench(tmp_path, {}, core=core):
            before = Counting.steps
            await until(36_000.0)
            assert Counting.steps == before

    run(main())


def test_a_telegram_without_an_end_is_reported_when_the_reader_gives_up(tmp_path: Path) -> None:
    async def main() -> None:
        async with Bench(tmp_path) as bench:
            bench.meter(telegram(5))
            await until(1.0)
            bench.meter(telegram(5)[:60])
            await until(5.0)
            assert bench.logs() == ["P1 Device failure: Read CRC Error"]

    run(main())


def test_the_reader_can_be_replaced(tmp_path: Path) -> None:
    class Believer:
        """Takes every byte for a reading, and reports a bad telegram by itself at 100 s."""

        due_s: float | None = 100.0

        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            return [Reading("50", 1.0, (float(data[-1]),) * 3, 3, now_s)]

        def step(self, now_s: float) -> list[Reading | BadTelegram]:
            if self.due_s is None or now_s < self.due_s:
                return []
            self.due_s = None
            return [BadTelegram("why", now_s, "crc")]

        def next_deadline_s(self) -> float | None:
            return self.due_s

    async def main() -> None:
        async with Bench(tmp_path, reader=Believer()) as bench:
            bench.meter(bytes([12]))
            await until(1.0)
            assert bench.last("limit")["limit_a"] == 13.0
            await until(101.0)
            assert bench.logs()[-1] == "P1 Device failure: Read CRC Error"
            assert [at_s for at_s, kind, _ in bench.events if kind == "log"][-1] == 100.0

    run(main())


class TestPortsThatGoAway:
    def test_p1_is_opened_again(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with Bench(tmp_path) as bench:
                link = tmp_path / "p1"
                link.symlink_to(os.ttyname(bench.slave))
                assert bench.runtime._meter is not None
                bench.runtime._meter.url = str(link)
                bench.meter(telegram(5))
                await until(1.0)
                link.unlink()  # the number of a closed pty may at once become another program's
                os.close(bench.slave)
                os.close(bench.master)
                bench.master = bench.slave = -1
                await until(15.0)
                assert bench.logs() == [
                    "P1 port lost: closed at the other end",
                    "Unable to start P1 communications, Read Timeout Error",
                    "Enter ActiveLB safeMode: 7.0A",
                ]
                bench.master, bench.slave = os.openpty()
                link.symlink_to(os.ttyname(bench.slave))
                await until(16.5)
                assert bench.logs()[3:] == ["P1 port is back"]
                bench.meter(telegram(5))
                await until(17.0)
                assert bench.logs()[4:] == ["P1 communication restored, leaving ActiveLB safeMode"]

        run(main())

    def test_the_board_comes_back(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with Bench(tmp_path, {}) as bench:
                bench.board.set("C", share=0.9)
                await until(10.0)
                assert bench.board.contactor
                assert bench.board.writer is not None
                bench.board.writer.close()
                bench.board.lines.clear()
                await until(10.5)
                assert bench.logs() == ["Board link lost: closed at the other end"]
                assert bench.last("status")["status"] == "Charging"
                await until(12.0)
                assert [line for _, line in bench.board.lines] == [
                    "HELLO station 2 1",
                    "DRIVE 1 high 0",
                    "REQUEST 0",
                    "DRIVE 1 53333 0",
                    "DRIVE 1 53333 1",
                ]
                assert bench.board.lines[0][0] == pytest.approx(11.0)

        run(main())

    def test_a_malformed_line_is_reported_and_harms_nothing(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with Bench(tmp_path, {}) as bench:
                bench.board.send(b"SENSE 1 nonsense\n")
                bench.board.set("B")
                await until(1.0)
                (text,) = bench.logs()
                assert str(text).startswith("Board link: line dropped: 'SENSE 1 nonsense': ")
                assert bench.board.drives()[-1][1] == "53333 0"

        run(main())


class TestStart:
    def test_no_board(self, tmp_path: Path) -> None:
        async def main() -> None:
            master, slave = os.openpty()
            runtime = StationRuntime(
                Settings.from_mapping(P1), board=f"unix:{tmp_path}/no", p1=os.ttyname(slave), emit=print
            )
            with pytest.raises(PortError, match="No such file or directory"):
                await runtime.start()
            await runtime.stop()
            os.close(slave)
            os.close(master)

        run(main())

    def test_no_p1(self, tmp_path: Path) -> None:
        async def main() -> None:
            bench = Bench(tmp_path)
            assert bench.runtime._meter is not None
            bench.runtime._meter.url = "/dev/ttyNONE9"
            with pytest.raises(PortError, match="p1 port /dev/ttyNONE9"):
                async with bench:
                    pass
            await bench.__aexit__()

        run(main())

    def test_the_port_is_not_opened_when_p1_is_not_selected(self, tmp_path: Path) -> None:  # ALB-P1-012
        async def main() -> None:
            bench = Bench(tmp_path, {**P1, "RJ11-Mode": "Suspend when an external circuit is opened"})
            assert bench.runtime.meter_port is None
            async with bench:
                bench.meter(telegram(5))
                await until(40.0)
                assert bench.logs()[-1] == "Enter ActiveLB safeMode: 7.0A"
                assert bench.tapped.get(("p1", "rx")) is None

        run(main())

    def test_stopping_twice(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with Bench(tmp_path) as bench:
                await bench.runtime.stop()
                assert not bench.runtime._board.linked

        run(main())


def test_a_loop_that_calls_a_hair_too_early(tmp_path: Path) -> None:
    """The step happens at the deadline itself, so nothing is found not yet due and asked for again."""
    seen: list[float] = []

    class Watching(StationCore):
        def step(self, inputs: Inputs, now_s: float) -> Outputs:
            seen.append(now_s)
            return super().step(inputs, now_s)

    async def main() -> None:
        core = Watching(Settings())
        async with Bench(tmp_path, {}, core=core) as bench:
            due_s = now_s() + 5e-10  # within what asyncio takes for now
            bench.runtime._timer = None
            bench.runtime._due(due_s)
            assert seen[-1] == due_s
            bench.runtime.board_sense(Sense(1, 12_000, 12_000, 0, (0, 0, 0), (0, 0, 0), False))
            assert seen[-1] >= due_s
        assert seen == sorted(seen)

    run(main())
