"""The station with meters other than P1: TIC and Modbus RTU on a pty, Modbus TCP on loopback, in virtual time."""

import asyncio
import os
import struct
import termios
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastcrc import crc16

from rig.clock.virtual import VirtualLoop
from station.errors import PortError
from station.runtime import StationRuntime
from station.settings import Settings
from station.sources.modbus.mapping import SOCOMEC
from station.sources.modbus.poller import Poller
from station.sources.modbus.tcp import TcpFraming

BASE = {
    "FeatureLicenseKey": "ALB",
    "Active-LoadBalancing": "On",
    "SmartMeter-MaxCurrent": 25,
    "Safe-MaxCurrent": 7,
    "Connector1-MaxCurrent": 16,
}
TIC = {**BASE, "ALB-ProtocolSelection": "TIC protocol"}
RTU = {**BASE, "ALB-ProtocolSelection": "Modbus RTU", "mbrtu.preset": "Eastron SDM72D"}
TCP = {**BASE, "ALB-ProtocolSelection": "Modbus TCP/IP", "MBTCPSmart-IsEnabled": "True"}


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def until(at_s: float) -> None:
    await asyncio.sleep(max(0.0, at_s - now_s()))


class Station:
    """A station whose vehicle is plugged in at 1.2 s; its board listens and does nothing."""

    def __init__(self, path: Path, given: dict[str, object], meter: str | None, **more: Any) -> None:
        self.path = path / "board"
        self.events: list[tuple[float, str, dict[str, object]]] = []
        self.tapped: dict[tuple[str, str], bytes] = {}
        self.runtime = StationRuntime(
            Settings.from_mapping({"probing.duration_s": 0, **given}),
            board=f"unix:{self.path}",
            meter=meter,
            emit=lambda *event: self.events.append(event),
            tap=self._tap,
            **more,
        )

    def _tap(self, port: str, direction: str, data: bytes) -> None:
        self.tapped[port, direction] = self.tapped.get((port, direction), b"") + data

    async def __aenter__(self) -> "Station":
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HELLO board 2 1\n")
            plugged = b"SENSE 1 9000 9000 220 0 0 0 2300 2300 2300 0 0 0 0\n"
            asyncio.get_running_loop().call_at(1.2, writer.write, plugged)
            while await reader.readline():
                pass
            writer.close()

        self.server = await asyncio.start_unix_server(serve, self.path)
        await self.runtime.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runtime.stop()
        self.server.close()
        await asyncio.sleep(0.001)

    def logs(self) -> list[object]:
        return [fields["text"] for _, kind, fields in self.events if kind == "log"]

    def logged_s(self, text: str) -> float:
        return next(at_s for at_s, kind, fields in self.events if kind == "log" and fields["text"] == text)

    def documented(self) -> dict[object, object]:
        return {fields["text"]: fields["documented"] for _, kind, fields in self.events if kind == "log"}

    def limit(self) -> dict[str, object]:
        return [fields for _, kind, fields in self.events if kind == "limit"][-1]

    def limits_a(self, since_s: float) -> list[object]:
        return [fields["limit_a"] for at_s, kind, fields in self.events if kind == "limit" and at_s > since_s]


class Pty:
    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self.slave)

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


def group(label: str, data: str) -> bytes:
    body = f"{label}\t{data}\t".encode()
    return b"\n" + body + bytes([(sum(body) & 0x3F) + 0x20]) + b"\r"


def standard_frame(amperes: int) -> bytes:
    """With the date of now."""
    date = datetime(2026, 1, 14) + timedelta(seconds=int(now_s() + 1e-6))
    groups = [("ADSC", "042363000003"), ("DATE", f"H{date:%y%m%d%H%M%S}\t")]
    groups += [(f"IRMS{n}", f"{amperes:03d}") for n in (1, 2, 3)] + [(f"URMS{n}", "230") for n in (1, 2, 3)]
    groups += [("SINSTS", f"{3 * 230 * amperes:05d}")] + [(f"SINSTS{n}", f"{230 * amperes:05d}") for n in (1, 2, 3)]
    return b"\x02" + b"".join(group(*each) for each in groups) + b"\x03"


Answer = Callable[[int, int, int], bytes]


class ScriptedMeter:
    """Answers the reads of the two presets with one current on three phases; what is set to None is not answered."""

    def __init__(self, amperes: float) -> None:
        self.amperes: float | None = amperes
        self.asked: list[tuple[float, int, int, int, int]] = []
        self.spoil: Callable[[bytes], bytes] = lambda pdu: pdu

    def answer(self, unit: int, pdu: bytes) -> bytes | None:
        function, address, count = struct.unpack(">BHH", pdu)
        self.asked.append((now_s(), unit, function, address, count))
        if self.amperes is None:
            return None
        if function == 4:
            values = struct.pack(">6f", *[abs(self.amperes)] * 3, *[self.amperes * 230.0] * 3)
        else:
            registers = [0] * 22
            words = struct.unpack(">6H", struct.pack(">3I", *[round(abs(self.amperes) * 1000)] * 3))
            powers = struct.unpack(">6H", struct.pack(">3i", *[round(self.amperes * 23)] * 3))
            registers[:6], registers[16:] = words, powers
            values = struct.pack(">22H", *registers)
        assert len(values) == 2 * count
        return self.spoil(bytes([function, len(values)]) + values)


class RtuMeter(ScriptedMeter):
    def __init__(self, pty: Pty, amperes: float, delay_s: float = 0.02) -> None:
        super().__init__(amperes)
        self.pty = pty
        self.delay_s = delay_s
        asyncio.get_running_loop().add_reader(pty.master, self._read)

    def _read(self) -> None:
        frame = os.read(self.pty.master, 256)
        assert len(frame) == 8
        assert crc16.modbus(frame[:-2]).to_bytes(2, "little") == frame[-2:]
        pdu = self.answer(frame[0], frame[1:-2])
        if pdu is not None:
            body = frame[:1] + pdu
            asyncio.get_running_loop().call_later(self.delay_s, self._send, body)

    def _send(self, body: bytes) -> None:
        os.write(self.pty.master, body + crc16.modbus(body).to_bytes(2, "little"))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.pty.master)


class TcpMeter(ScriptedMeter):
    def __init__(self, amperes: float) -> None:
        super().__init__(amperes)
        self.connections: list[tuple[float, asyncio.StreamWriter]] = []
        self.transactions: list[int] = []
        self.shift = 0

    async def listen(self, port: int = 0) -> str:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self.server.sockets[0].getsockname()[1]
        return f"tcp:127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append((now_s(), writer))
        try:
            while True:
                head = await reader.readexactly(7)
                transaction, protocol, length, unit = struct.unpack(">HHHB", head)
                assert protocol == 0
                self.transactions.append(transaction)
                pdu = self.answer(unit, await reader.readexactly(length - 1))
                if pdu is not None:
                    number = (transaction + self.shift) % 0x10000
                    writer.write(struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def stop_listening(self) -> None:
        self.server.close()
        for _, writer in self.connections:
            writer.close()


class TestTic:
    def test_following_loss_and_return(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            async with Station(tmp_path, TIC, pty.path) as station:
                assert station.runtime.meter_port == "tic"
                first = standard_frame(15)
                for second in range(1, 6):
                    os.write(pty.master, standard_frame(15))
                    await until(second)
                assert station.limit() == {"socket": 1, "source": "active", "limit_a": 10.0}
                assert station.logs() == []
                await until(30.0)
                assert station.logs() == [
                    "TIC communication lost, no valid frame in time",
                    "Enter ActiveLB safeMode: 7.0A",
                ]
                assert not any(station.documented().values())  # LOG-019
                assert station.logged_s("Enter ActiveLB safeMode: 7.0A") == pytest.approx(14.0)  # O-26
                assert station.limit() == {"socket": 1, "source": "safe", "limit_a": 7.0}
                while now_s() < 60.0:
                    os.write(pty.master, standard_frame(12))
                    await until(now_s() + 1.0)
                assert station.logs()[2:] == ["TIC communication restored, leaving ActiveLB safeMode"]
                assert station.limits_a(29.9) == [8.0, 9.0, 10.0, 11.0, 12.0, 13.0]
                assert station.tapped["tic", "rx"].startswith(first)
            pty.close()

        run(main())

    def test_a_bad_frame_is_reported_once_and_changes_nothing(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            bad = standard_frame(3).replace(b"IRMS2\t003", b"IRMS2\t002")
            async with Station(tmp_path, TIC, pty.path) as station:
                for good in (True, False, False, True, False):
                    os.write(pty.master, standard_frame(15) if good else bad)
                    await until(now_s() + 1.0)
                assert station.limit() == {"socket": 1, "source": "active", "limit_a": 10.0}
                (first, second) = station.logs()
                assert first == second
                assert str(first).startswith("TIC frame not usable: group 'IRMS2")
            pty.close()

        run(main())

    def test_a_meter_that_repeats_itself_is_lost(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            async with Station(tmp_path, TIC, pty.path) as station:
                repeated = standard_frame(15)
                while now_s() < 30.0:
                    os.write(pty.master, repeated)
                    await until(now_s() + 1.0)
                assert station.logs() == [
                    "TIC communication lost, no valid frame in time",
                    "Enter ActiveLB safeMode: 7.0A",
                ]
            pty.close()

        run(main())

    def test_the_speed_is_looked_for(self, tmp_path: Path) -> None:
        """A meter at 9600 baud; as long as the port runs at 1200 it reads garbage."""

        async def main() -> None:
            pty = Pty()
            async with Station(tmp_path, TIC, pty.path) as station:
                while now_s() < 30.0:
                    speed = termios.tcgetattr(pty.slave)[4]
                    os.write(pty.master, standard_frame(15) if speed == termios.B9600 else b"\xfc\x00\x81\x02" * 20)
                    await until(now_s() + 1.0)
                assert termios.tcgetattr(pty.slave)[4] == termios.B9600
                assert station.limit() == {"socket": 1, "source": "active", "limit_a": 10.0}
                assert "Enter ActiveLB safeMode: 7.0A" not in station.logs()
            pty.close()

        run(main())

    def test_the_port_comes_back_as_it_was(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            link = tmp_path / "tic"
            link.symlink_to(pty.path)
            async with Station(tmp_path, TIC, str(link)) as station:
                for _ in range(5):
                    os.write(pty.master, b"\xfc\x00")
                    await until(now_s() + 1.0)
                assert termios.tcgetattr(pty.slave)[4] == termios.B9600
                pty.close()
                await until(6.0)
                assert station.logs()[-1] == "TIC port lost: closed at the other end"
                pty = Pty()
                link.unlink()
                link.symlink_to(pty.path)
                await until(7.0)
                assert station.logs()[-1] == "TIC port is back"
                assert termios.tcgetattr(pty.slave)[4] == termios.B9600
            pty.close()

        run(main())


class TestRtu:
    def test_following_and_what_is_asked(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            meter = RtuMeter(pty, 15.0)
            async with Station(tmp_path, RTU, pty.path) as station:
                await until(5.5)
                assert station.limit() == {"socket": 1, "source": "active", "limit_a": 10.0}
                meter.amperes = 18.0
                await until(6.5)
                assert station.limit() == {"socket": 1, "source": "active", "limit_a": 7.0}
                meter.amperes = -12.0  # returned to the grid
                await until(60.5)
                assert station.limit() == {"socket": 1, "source": "connector", "limit_a": 16.0}
                assert station.logs() == []
                assert {asked[1:] for asked in meter.asked} == {(1, 4, 6, 12)}
                assert [asked[0] for asked in meter.asked[:4]] == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=1e-3)
                assert set(station.tapped) == {("board", "rx"), ("board", "tx"), ("rtu", "rx"), ("rtu", "tx")}
            meter.close()
            pty.close()

        run(main())

    def test_loss_warning_error_and_return(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            meter = RtuMeter(pty, 10.0)
            async with Station(tmp_path, RTU, pty.path) as station:
                await until(5.5)
                meter.amperes = None
                answered_s = 5.02
                await until(150.0)
                assert station.logs() == [
                    "Communication warning for modbus unit 1",
                    "Modbus unit 1: no answer within 1 s",
                    "Modbus RTU lost, in safe mode max 7.0A",
                    "Enter ActiveLB safeMode: 7.0A",
                    "Communication error for modbus unit 1 (RS485)",
                ]
                assert not any(station.documented().values())
                warned_s, _, lost_s, _, error_s = (station.logged_s(str(text)) for text in station.logs())
                assert warned_s == pytest.approx(9.0, abs=0.01)  # polls of 6, 7 and 8 s
                assert lost_s == pytest.approx(answered_s + 60.0, abs=0.001)
                assert error_s == pytest.approx(answered_s + 120.0, abs=0.001)
                meter.amperes = 10.0
                await until(152.0)
                assert station.logs()[5:] == ["RTU MODBUS unit 1 connected via RS485"]
                await until(200.0)
                assert station.limits_a(150.0) == [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
            meter.close()
            pty.close()

        run(main())

    def test_one_bad_answer_changes_nothing(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            meter = RtuMeter(pty, 15.0)
            async with Station(tmp_path, RTU, pty.path) as station:
                await until(3.5)
                meter.spoil = lambda _pdu: bytes([0x84, 2])
                await until(5.5)
                meter.spoil = lambda pdu: pdu
                await until(10.0)
                assert station.logs() == []
                assert station.limits_a(1.5) == []
                meter.spoil = lambda _pdu: bytes([0x84, 2])
                await until(15.0)
                assert station.logs() == [
                    "Communication warning for modbus unit 1",
                    "Modbus unit 1: exception 2 (illegal data address) for registers 6 (0x0006) to 17 with function 4",
                ]
                assert station.limits_a(1.5) == []
            meter.close()
            pty.close()

        run(main())

    def test_a_port_that_goes_away(self, tmp_path: Path) -> None:
        async def main() -> None:
            pty = Pty()
            link = tmp_path / "rtu"
            link.symlink_to(pty.path)
            meter = RtuMeter(pty, 15.0)
            async with Station(tmp_path, RTU, str(link)) as station:
                await until(3.5)
                meter.close()
                pty.close()
                await until(7.5)
                assert station.logs() == [
                    "Communication warning for modbus unit 1",
                    f"Modbus unit 1: rtu port {link}: No such file or directory",
                ]
                pty = Pty()
                link.unlink()
                link.symlink_to(pty.path)
                meter = RtuMeter(pty, 15.0)
                await until(9.5)
                assert station.logs()[2:] == ["RTU MODBUS unit 1 connected via RS485"]
                assert station.limits_a(1.5) == []
            meter.close()
            pty.close()

        run(main())

    def test_the_port_must_be_there(self, tmp_path: Path) -> None:
        async def main() -> None:
            station = Station(tmp_path, RTU, "/dev/ttyNONE9")
            with pytest.raises(PortError, match="rtu port /dev/ttyNONE9: No such file or directory"):
                await station.__aenter__()
            station.server.close()

        run(main())

    def test_without_a_port_nothing_is_asked(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with Station(tmp_path, RTU, None) as station:
                assert station.runtime.meter_port is None
                await until(61.0)
                assert station.limit() == {"socket": 1, "source": "safe", "limit_a": 7.0}

        run(main())


class TestTcp:
    def test_following_and_what_is_asked(self, tmp_path: Path) -> None:
        async def main() -> None:
            meter = TcpMeter(15.0)
            async with Station(tmp_path, TCP, await meter.listen()) as station:
                assert station.runtime.meter_port == "tcp"
                await until(5.5)
                assert station.limit() == {"socket": 1, "source": "active", "limit_a": 10.0}
                assert {asked[1:] for asked in meter.asked} == {(5, 3, 50528, 22)}
                assert meter.transactions == [1, 2, 3, 4, 5, 6]
                await until(300.5)
                assert len(meter.connections) == 1, "asked often enough never to be idle for 60 s"  # ALB-TCP-005
                assert station.logs() == []
                assert set(station.tapped) == {("board", "rx"), ("board", "tx"), ("tcp", "rx"), ("tcp", "tx")}
            meter.stop_listening()

        run(main())

    def test_loss_warning_error_and_return(self, tmp_path: Path) -> None:
        async def main() -> None:
            meter = TcpMeter(10.0)
            url = await meter.listen()
            async with Station(tmp_path, TCP, url) as station:
                await until(5.5)
                meter.stop_listening()
                await until(150.0)
                where = "192.168.0.5:502"  # that of the settings, wherever the meter is reached
                assert station.logs() == [
                    "Communication warning for modbus unit 5",  # LOG-006
                    f"Modbus unit 5: no connection to {where}: Connection refused",
                    "Modbus TCP/IP lost, in safe mode max 7.0A",  # LOG-005
                    "Enter ActiveLB safeMode: 7.0A",  # LOG-003
                    f"Communication error for modbus unit 5 ({where})",  # LOG-004, LOG-007
                ]
                assert list(station.documented().values()) == [True, False, True, True, True]
                assert station.logged_s("Modbus TCP/IP lost, in safe mode max 7.0A") == pytest.approx(65.0, abs=0.001)
                assert station.logged_s(str(station.logs()[-1])) == pytest.approx(125.0, abs=0.001)
                assert station.limit() == {"socket": 1, "source": "safe", "limit_a": 7.0}
                await meter.listen(meter.port)
                await until(152.0)
                assert station.logs()[5:] == [f"TCP MODBUS unit 5 connected via {where}"]  # LOG-008
                await until(200.0)
                assert station.limits_a(150.0) == [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
            meter.stop_listening()

        run(main())

    def test_a_meter_that_closes_an_idle_connection_is_not_lost(self, tmp_path: Path) -> None:  # O-66
        async def main() -> None:
            meter = TcpMeter(15.0)
            async with Station(tmp_path, TCP, await meter.listen()) as station:
                await until(5.5)
                meter.connections[-1][1].close()
                await until(10.0)
                assert len(meter.connections) == 2
                assert station.logs() == []
                assert station.limits_a(1.5) == []
            meter.stop_listening()

        run(main())

    def test_a_silent_connection_is_given_up(self, tmp_path: Path) -> None:
        async def main() -> None:
            meter = TcpMeter(15.0)
            async with Station(tmp_path, TCP, await meter.listen()) as station:
                await until(5.5)
                meter.amperes = None
                await until(20.0)
                assert station.logs() == [
                    "Communication warning for modbus unit 5",
                    "Modbus unit 5: no answer within 1 s",
                ]
                assert [round(at_s, 3) for at_s, _ in meter.connections[:3]] == [0.0, 9.5, 13.5]
                meter.amperes = 15.0
                await until(25.0)
                assert station.logs()[2:] == ["TCP MODBUS unit 5 connected via 192.168.0.5:502"]
                assert station.limits_a(1.5) == []
            meter.stop_listening()

        run(main())

    def test_answers_to_other_transactions_are_none(self, tmp_path: Path) -> None:
        async def main() -> None:
            meter = TcpMeter(15.0)
            meter.shift = 1
            async with Station(tmp_path, TCP, await meter.listen()) as station:
                await until(61.0)
                assert station.logs()[:2] == [
                    "Communication warning for modbus unit 5",
                    "Modbus unit 5: no answer within 1 s, only one to another transaction",
                ]
                assert station.limit()["source"] == "safe"
            meter.stop_listening()

        run(main())

    @pytest.mark.parametrize(("silent_s", "lost"), [(59.0, False), (61.0, True)])
    def test_the_boundary_of_60_s(self, silent_s: float, lost: bool, tmp_path: Path) -> None:  # ALB-TCP-006
        async def main() -> None:
            meter = TcpMeter(15.0)
            async with Station(tmp_path, TCP, await meter.listen()) as station:
                await until(5.5)
                meter.amperes = None
                await until(5.0 + silent_s - 0.1)
                meter.amperes = 15.0
                await until(80.0)
                assert ("Enter ActiveLB safeMode: 7.0A" in station.logs()) is lost
                assert bool(station.limits_a(1.5)) is lost
            meter.stop_listening()

        run(main())

    def test_something_else_listens_there(self, tmp_path: Path) -> None:
        async def main() -> None:
            async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.read(100)
                writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                writer.close()

            server = await asyncio.start_server(web, "127.0.0.1", 0)
            async with Station(tmp_path, TCP, f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}") as station:
                await until(10.0)
                assert station.logs() == [
                    "Communication warning for modbus unit 5",
                    "Modbus unit 5: frame with protocol 21584, 0 expected: is this Modbus TCP?",
                ]
            server.close()

        run(main())

    def test_a_connection_lost_as_soon_as_it_is_open_is_opened_again_once(self, tmp_path: Path) -> None:
        class Refusing(Poller):
            """Wants every connection closed at once."""

            def opened(self, now_s: float) -> None:
                super().opened(now_s)
                self.hang_up = "not this one"

        async def main() -> None:
            meter = TcpMeter(15.0)
            reader = Refusing(SOCOMEC, TcpFraming(5), meter="")
            async with Station(tmp_path, TCP, await meter.listen(), reader=reader):
                await until(3.1)
                times = [round(at_s, 3) for at_s, _ in meter.connections]
                assert times == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
            meter.stop_listening()

        run(main())

    def test_a_unit_that_cannot_be_asked(self, tmp_path: Path) -> None:  # O-57
        async def main() -> None:
            meter = TcpMeter(15.0)
            given = {**TCP, "MBTCPSmart-SlaveUnitID": 65535}
            async with Station(tmp_path, given, await meter.listen()) as station:
                await until(10.0)
                assert station.logs() == [
                    "Communication warning for modbus unit 65535",
                    "Modbus unit 65535: unit 65535 cannot be asked: a frame has one byte for it, 0 to 255",
                ]
                assert meter.asked == []
            meter.stop_listening()

        run(main())

    def test_the_address_is_that_of_the_settings(self, tmp_path: Path) -> None:
        async def main() -> None:
            meter = TcpMeter(15.0)
            await meter.listen()
            given = {**TCP, "MBTCPSmart-IPAddress": "127.000.000.001", "mbtcp.port": meter.port}
            async with Station(tmp_path, given, None) as station:
                await until(1.5)
                assert station.limit() == {"socket": 1, "source": "active", "limit_a": 10.0}
            meter.stop_listening()

        run(main())

    def test_not_enabled(self, tmp_path: Path) -> None:  # ALB-TCP-021
        async def main() -> None:
            async with Station(tmp_path, {**TCP, "MBTCPSmart-IsEnabled": "False"}, "tcp:127.0.0.1:1") as station:
                assert station.runtime.meter_port is None
                await until(1.5)
                assert station.logs() == []

        run(main())

    def test_an_address_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(PortError, match="meter address '/dev/ttyUSB0': 'tcp:host:port' expected"):
            Station(tmp_path, TCP, "/dev/ttyUSB0")
