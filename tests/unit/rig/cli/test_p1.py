"""The P1 meter as a user at the terminal knows it: what is typed shows in the telegrams at the port."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from emulators.errors import Malformed
from emulators.p1 import Telegram, decode
from rig.cli.emulated import Options
from rig.cli.p1 import FAULTS, P1Emulation
from rig.clock import ClockSpec, VirtualLoop, WallLoop
from rig.clock.calendar import DEFAULT_START, DEFAULT_ZONE
from rig.errors import ConfigurationError, HarnessError, RigError


def options(**changes: Any) -> Options:
    usual: dict[str, Any] = {
        "model": "p1",
        "version": "5.0.2",
        "start": DEFAULT_START,
    }
    return Options(**{**usual, **changes})


class Reader:
    """Opens the path that the meter announces, as a program of the user would."""

    def __init__(self, device: P1Emulation, loop: VirtualLoop) -> None:
        path = device.introduce()[-1].split()[-1]
        assert Path(path).exists()
        self._loop = loop
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.data = b""
        loop.add_reader(self._fd, self._read)

    def _read(self) -> None:
        self.data += os.read(self._fd, 65536)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    async def heard_in(self, period_s: float) -> list[bytes]:
        """What arrives in that time, cut at the beginnings of telegrams."""
        self.data = b""
        await asyncio.sleep(period_s)
        return (
            [b"/" + part for part in self.data.split(b"/")[1:]] if b"/" in self.data else [self.data] * bool(self.data)
        )


Script = Callable[[P1Emulation, Reader], Awaitable[None]]


def run(script: Script, **changes: Any) -> None:
    loop = VirtualLoop()
    failures: list[RigError] = []

    async def main() -> None:
        device = P1Emulation(options(**changes), loop)
        await device.open(failures.append)
        reader = Reader(device, loop)
        try:
            await asyncio.sleep(0.5)  # from now on a whole number of seconds is as many telegrams
            await script(device, reader)
        finally:
            reader.close()
            await device.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    assert failures == []


def test_a_fault_that_finds_nothing_to_damage_is_refused() -> None:
    async def script(device: P1Emulation, _reader: Reader) -> None:
        with pytest.raises(ConfigurationError, match="fault badcrc: the telegram has no CRC to damage"):
            device.do("fault badcrc")
        assert "fault" not in device.status()

    run(script, version="2.2")


async def next_telegram(reader: Reader) -> Telegram:
    (telegram,) = await reader.heard_in(1.0)
    return decode(telegram)


def net_w(telegram: Telegram) -> list[int]:
    return [a - b for a, b in zip(telegram.phase_import_w, telegram.phase_export_w, strict=True)]


def test_loads_and_pv_show_in_the_telegrams() -> None:
    async def script(device: P1Emulation, reader: Reader) -> None:
        assert net_w(await next_telegram(reader)) == [-460, 575, 0]
        assert device.do("L1=16A L3=1") == "L1 +4.00 A  L2 +2.50 A  L3 +1.00 A"
        assert net_w(await next_telegram(reader)) == [920, 575, 230]
        device.do("pv all=5")
        device.do("load L2=0")
        assert net_w(await next_telegram(reader)) == [2530, -1150, -920]

    run(script, load=["L1=10A", "L2=2.5A"], pv=["L1=12A"])


def test_versions_phases_and_dates_are_as_chosen() -> None:
    async def script(_device: P1Emulation, reader: Reader) -> None:
        (data,) = await reader.heard_in(10.0)
        telegram = decode(data)
        assert (telegram.version, telegram.current_ma) == ("4.2.2", (7000,))
        assert telegram.stamp == "260329030005S"  # ten seconds after 01:59:55, the hour is left out

    start = datetime(2026, 3, 29, 1, 59, 55, tzinfo=DEFAULT_ZONE)
    run(script, version="4.2.2", phases=1, load=["L1=7"], start=start)


def test_request_off_silences_the_meter() -> None:
    async def script(device: P1Emulation, reader: Reader) -> None:
        assert device.do("request off") == "request off"
        assert await reader.heard_in(10.0) == []
        assert "request off" in device.status()
        assert device.do("request on") == "request on"
        assert len(await reader.heard_in(3.0)) == 3

    run(script)


def test_a_counted_fault_ends_by_itself() -> None:
    async def script(device: P1Emulation, reader: Reader) -> None:
        assert device.do("fault badcrc 2") == "fault badcrc, 2 to go: a wrong CRC"
        for left in (1, 0):
            (bad,) = await reader.heard_in(1.0)
            with pytest.raises(Malformed, match="CRC"):
                decode(bad)
            assert (f"fault badcrc, {left} to go" in device.status()) == (left > 0)
        await next_telegram(reader)
        assert "fault" not in device.status()

    run(script)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_acts_until_it_is_taken_off(name: str) -> None:
    async def script(device: P1Emulation, reader: Reader) -> None:
        device.do("L1=5")
        before = await next_telegram(reader)
        device.do(f"fault {name}")
        await reader.heard_in(1.0)  # glued and frozen show from the second telegram on
        device.do("L1=6")
        (faulty,) = await reader.heard_in(1.0)
        if name == "frozen":
            assert decode(faulty).phase_import_w == before.phase_import_w
        else:
            with pytest.raises(Malformed):
                decode(faulty)
        assert device.do("fault off") == "telegrams are as they should be"
        assert net_w(await next_telegram(reader)) == [1380, 0, 0]

    run(script)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("dance", "there is no command 'dance'"),
        ("L1=banana", "is no current"),
        ("L1=3 L2", "'L2' is no current"),
        ("load", "a current is missing"),
        ("pv", "a current is missing"),
        ("L1=1000", "more than the meter can show"),
        ("pv all=200", "more than the meter can show"),
        ("request", "write request on or request off"),
        ("request maybe", "write request on or request off"),
        ("fault", "there is no fault ''"),
        ("fault gremlins", "there is no fault 'gremlins'; there is off, badcrc"),
        ("fault badcrc 0", "how many telegrams"),
        ("fault badcrc some", "how many telegrams"),
        ("fault badcrc 1 2", "how many telegrams"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(typed: str, complaint: str) -> None:
    async def script(device: P1Emulation, reader: Reader) -> None:
        with pytest.raises(ConfigurationError, match=complaint):
            device.do(typed)
        assert net_w(await next_telegram(reader)) == [2300, 0, 0]

    run(script, load=["L1=10"])


def test_status_says_when_nobody_reads() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        device = P1Emulation(options(load=["L1=1"]), loop)
        await device.open(lambda _error: None)
        assert device.status() == "L1 +1.00 A  L2 +0.00 A  L3 +0.00 A | 0 telegrams | request on"
        await asyncio.sleep(20.5)
        assert device.status().endswith("| 20 telegrams | request on | nobody reads it")
        reader = Reader(device, loop)
        await asyncio.sleep(2.0)
        assert device.status().endswith("| 22 telegrams | request on")
        reader.close()
        await device.close()
        await device.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"phases": 2}, "1 or 3 phases"),
        ({"version": "1.0"}, "no P1 version '1.0'; there is 2.2, 3.0"),
        ({"load": ["L9=1"]}, "'L9=1' is no current"),
        ({"pv": ["all=500"]}, "more than the meter can show"),
        ({"phases": 1, "load": ["L2=1"]}, "only L1"),
        ({"request": "cts"}, "pty has no CTS"),
        ({"port": "ttyUSB0"}, "is no port"),
    ],
)
def test_options_that_no_meter_has(changes: dict[str, Any], complaint: str) -> None:
    loop = VirtualLoop()
    try:
        with pytest.raises(ConfigurationError, match=complaint):
            P1Emulation(options(**changes), loop)
    finally:
        loop.close()


def on_a_tty(script: Callable[[P1Emulation, int, list[RigError]], Awaitable[None]], path: str, master: int) -> None:
    loop: VirtualLoop | WallLoop = ClockSpec("scaled", 50.0).make_loop()
    failures: list[RigError] = []

    async def main() -> None:
        device = P1Emulation(options(port=path), loop)
        try:
            await device.open(failures.append)
            await script(device, master, failures)
        finally:
            await device.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_a_port_that_goes_away_is_told() -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)

    async def script(device: P1Emulation, master: int, failures: list[RigError]) -> None:
        assert device.introduce() == [
            f"P1 meter, version 5.0.2, 3 phases, a telegram every 1 s, on {path} at 115200 8N1"
        ]
        os.close(slave)
        os.close(master)
        async with asyncio.timeout(1000.0):
            while not failures:
                await asyncio.sleep(0.1)
        assert isinstance(failures[0], HarnessError)
        assert "went away while in use" in str(failures[0])

    on_a_tty(script, path, master)


def test_a_port_that_is_not_there() -> None:
    async def script(_device: P1Emulation, _master: int, _failures: list[RigError]) -> None:
        raise AssertionError("it was opened")

    with pytest.raises(HarnessError, match=r"/dev/no-such-port does not exist"):
        on_a_tty(script, "/dev/no-such-port", -1)


def test_the_consumer_s_request_cannot_be_typed() -> None:
    loop = VirtualLoop()
    try:
        device = P1Emulation(options(port="/dev/ttyUSB0", request="dsr"), loop)
        with pytest.raises(ConfigurationError, match="the consumer drives the Data Request, on DSR"):
            device.do("request on")
    finally:
        loop.close()
