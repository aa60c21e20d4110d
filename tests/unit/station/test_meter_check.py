"""'Test Smart Meter': readings of whichever meter is configured, or why there are none."""

import asyncio
import os
import socket
import struct
import tty
from collections.abc import Coroutine
from typing import Any

import pytest
from fastcrc import crc16

from rig.clock.virtual import VirtualLoop
from station.errors import PortError, SettingError
from station.meter_check import MeterCheck, describe
from station.settings import Settings
from station.sources.reading import Reading

BASE = {"FeatureLicenseKey": "ALB", "Active-LoadBalancing": "On"}
P1 = Settings.from_mapping(BASE)
RTU = Settings.from_mapping({**BASE, "ALB-ProtocolSelection": "Modbus RTU", "mbrtu.preset": "SDM72D"})
TCP = Settings.from_mapping({**BASE, "ALB-ProtocolSelection": "Modbus TCP/IP", "MBTCPSmart-IsEnabled": True})
TIC = Settings.from_mapping({**BASE, "ALB-ProtocolSelection": "TIC/Linky"})
FRAME = b"\x02\nIINST 012 Z\r\nPAPP 02830 .\r\x03"


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


def raw_pty() -> tuple[int, int]:
    """Raw from the start, so that what is written before somebody opens it stays as it is."""
    master, slave = os.openpty()
    tty.setraw(slave)
    return master, slave


def now_s() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    ("reading", "line"),
    [
        (Reading("50", 1.0, (-4.0, 0.0, 16.004), 3, 0.0), "L1 -4.00 A, L2 0.00 A, L3 16.00 A (50)"),
        (Reading("Eastron SDM230", 1.0, (9.5, 0.0, 0.0), 1, 0.0), "L1 9.50 A (Eastron SDM230)"),
    ],
)
def test_one_line_per_reading(reading: Reading, line: str) -> None:
    assert describe(reading) == line


def test_as_many_readings_as_asked_for() -> None:
    async def main() -> None:
        master, slave = raw_pty()
        said: list[str] = []

        def feed(frames: int) -> None:
            os.write(master, FRAME * frames)
            asyncio.get_running_loop().call_later(1.0, feed, frames)

        asyncio.get_running_loop().call_later(1.0, feed, 2)
        assert await MeterCheck(TIC, said.append, meter=os.ttyname(slave)).run(3)
        assert said == ["L1 12.30 A (historique)"] * 3
        assert now_s() == pytest.approx(2.0)
        os.close(master)
        os.close(slave)

    run(main())


def test_the_p1_port_has_an_option_of_its_own() -> None:
    async def main() -> None:
        master, slave = raw_pty()
        said: list[str] = []
        body = b"/TST5\\2STATION\r\n\r\n1-3:0.2.8(50)\r\n1-0:31.7.0(016*A)\r\n!"
        os.write(master, body + b"%04X\r\n" % crc16.arc(body))
        assert await MeterCheck(P1, said.append, p1=os.ttyname(slave)).run(1)
        assert said == ["L1 16.00 A (50)"]
        os.close(master)
        os.close(slave)

    run(main())


def test_a_meter_that_is_asked() -> None:
    async def main() -> None:
        master, slave = raw_pty()
        said: list[str] = []

        def answer() -> None:
            request = os.read(master, 256)
            body = request[:2] + b"\x18" + struct.pack(">6f", 10, 11, 12, 2300, -2530, 2760)
            os.write(master, body + crc16.modbus(body).to_bytes(2, "little"))

        asyncio.get_running_loop().add_reader(master, answer)
        assert await MeterCheck(RTU, said.append, meter=os.ttyname(slave)).run(2)
        assert said == ["L1 10.00 A, L2 -11.00 A, L3 12.00 A (Eastron SDM72D)"] * 2
        assert now_s() == pytest.approx(1.0)
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)
        os.close(slave)

    run(main())


class TestNoReading:
    def test_silence(self) -> None:
        async def main() -> None:
            master, slave = raw_pty()
            said: list[str] = []
            path = os.ttyname(slave)
            assert not await MeterCheck(TIC, said.append, meter=path).run(1)
            assert said == [
                f"no reading from TIC protocol at {path}: nothing was heard within 10 s; "
                "is it connected, and is it the meter that is selected?"
            ]
            assert now_s() == 10.0
            os.close(master)
            os.close(slave)

        run(main())

    def test_what_was_wrong_is_said_once(self) -> None:
        async def main() -> None:
            master, slave = raw_pty()
            said: list[str] = []
            path = os.ttyname(slave)
            os.write(master, FRAME.replace(b"012 Z", b"013 Z") * 2)
            assert not await MeterCheck(TIC, said.append, meter=path).run(1)
            assert said == [
                f"no reading from TIC protocol at {path}: group 'IINST 013 Z': check sum '[' computed, 'Z' received"
            ]
            os.close(master)
            os.close(slave)

        run(main())

    def test_a_meter_that_does_not_answer_is_given_up_after_three_polls(self) -> None:
        async def main() -> None:
            master, slave = raw_pty()
            said: list[str] = []
            path = os.ttyname(slave)
            assert not await MeterCheck(RTU, said.append, meter=path).run(5)
            assert said == [f"no reading from Modbus RTU at {path}: no answer within 1 s"]
            assert now_s() == 3.0
            os.close(master)
            os.close(slave)

        run(main())

    def test_nobody_listens(self) -> None:
        async def main() -> None:
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))
                where = f"127.0.0.1:{unused.getsockname()[1]}"
                said: list[str] = []
                assert not await MeterCheck(TCP, said.append, meter=f"tcp:{where}").run(1)
                refused = "no connection to 192.168.0.5:502: Connection refused"  # as the settings call it
                assert said == [f"no reading from Modbus TCP/IP at tcp:{where}: {refused}"]

        run(main())

    def test_a_port_that_goes_away(self) -> None:
        async def main() -> None:
            master, slave = raw_pty()
            said: list[str] = []
            check = MeterCheck(TIC, said.append, meter=os.ttyname(slave))
            asyncio.get_running_loop().call_later(1.0, os.close, master)
            asyncio.get_running_loop().call_later(1.0, os.close, slave)
            assert not await check.run(1)
            assert said[0].endswith(": TIC port lost: closed at the other end")

        run(main())


class TestRefused:
    def test_no_meter_is_selected(self) -> None:
        with pytest.raises(SettingError, match="no meter is selected: Active-LoadBalancing is Off"):
            MeterCheck(Settings(), print, meter="/dev/ttyUSB0")

    def test_no_port_is_given(self) -> None:
        with pytest.raises(SettingError, match="TIC protocol: no port given; --meter says where the meter is"):
            MeterCheck(TIC, print)

    def test_no_such_port(self) -> None:
        async def main() -> None:
            with pytest.raises(PortError, match="tic port /dev/ttyNONE9: No such file or directory"):
                await MeterCheck(TIC, print, meter="/dev/ttyNONE9").run(1)

        run(main())
