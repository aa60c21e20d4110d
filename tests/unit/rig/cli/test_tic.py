"""The Linky meter as a user at the terminal knows it: what is typed shows in the frames at the port."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from emulators.errors import Malformed
from emulators.tic import Frame, decode
from rig.cli.emulated import Options
from rig.cli.tic import FAULTS, TicEmulation
from rig.clock import ClockSpec, VirtualLoop
from rig.clock.calendar import DEFAULT_START, DEFAULT_ZONE
from rig.errors import ConfigurationError, RigError
from rig.lines import Line

STX, ETX, EOT = b"\x02", b"\x03", b"\x04"
# Any frame is through after that, in either mode.
A_WHILE_S = 8.0


def options(**changes: Any) -> Options:
    usual: dict[str, Any] = {"model": "tic", "version": "standard", "start": DEFAULT_START}
    return Options(**{**usual, **changes})


class Reader:
    """Opens the path that the meter announces, as a program of the user would."""

    def __init__(self, device: TicEmulation, loop: VirtualLoop) -> None:
        self._loop = loop
        self._fd = os.open(device.introduce()[-1].split()[-1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.data = b""
        loop.add_reader(self._fd, self._read)

    def _read(self) -> None:
        self.data += os.read(self._fd, 65536)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    async def heard_in(self, period_s: float) -> bytes:
        self.data = b""
        await asyncio.sleep(period_s)
        return self.data

    async def frames(self) -> list[bytes]:
        """The whole frames of a while, without the one that was under way at its beginning."""
        await asyncio.sleep(A_WHILE_S)
        data = await self.heard_in(A_WHILE_S)
        return [STX + part + ETX for part in data.partition(STX)[2].rpartition(ETX)[0].split(ETX + STX)]

    async def frame(self) -> Frame:
        return decode((await self.frames())[0])


Script = Callable[[TicEmulation, Reader], Awaitable[None]]


def run(script: Script, **changes: Any) -> None:
    loop = VirtualLoop()
    failures: list[RigError] = []

    async def main() -> None:
        device = TicEmulation(options(**changes), loop)
        await device.open(failures.append)
        reader = Reader(device, loop)
        try:
            await script(device, reader)
        finally:
            reader.close()
            await device.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    assert failures == []


def values(frame: Frame, *labels: str) -> list[object]:
    found = {group.label: group.value for group in frame.groups}
    return [found.get(label) for label in labels]


def test_loads_and_pv_show_in_standard_frames() -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        labels = ("IRMS1", "IRMS2", "IRMS3", "SINSTS1", "SINSTS2", "SINSTS3")
        assert values(await reader.frame(), *labels) == [2, 3, 0, 0, 575, 0]
        assert device.do("L1=16A L3=1") == "L1 +4.00 A  L2 +2.50 A  L3 +1.00 A"
        assert values(await reader.frame(), *labels) == [4, 3, 1, 920, 575, 230]
        assert "mode standard" in device.status()

    run(script, load=["L1=10A", "L2=2.5A"], pv=["L1=12A"])


def test_historique_frames_have_one_phase_or_three() -> None:
    async def script(_device: TicEmulation, reader: Reader) -> None:
        assert values(await reader.frame(), "IINST", "PAPP") == [7, 1610]

    run(script, version="historique", phases=1, load=["L1=7"])


def test_a_producer_shows_what_goes_out() -> None:
    async def script(_device: TicEmulation, reader: Reader) -> None:
        assert values(await reader.frame(), "SINSTI", "NGTF") == [2300, "   PRODUCTEUR   "]

    run(script, producer=True, phases=1, pv=["L1=10"])


def test_the_date_is_as_chosen() -> None:
    async def script(_device: TicEmulation, reader: Reader) -> None:
        frame = decode((await reader.frames())[0])
        (stamp,) = [group.stamp for group in frame.groups if group.label == "DATE"]
        assert stamp.startswith("E2603290300")  # the hour from two to three is left out

    run(script, phases=1, start=datetime(2026, 3, 29, 1, 59, 55, tzinfo=DEFAULT_ZONE))


def test_a_pty_takes_the_time_of_the_baud_rate() -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        heard = await reader.heard_in(60.0)
        assert 0.97 * 7200 < len(heard) <= 7200  # 1200 baud, ten bits a character, and gaps
        device.do("mode standard")
        heard = await reader.heard_in(60.0)
        assert 0.95 * 57600 < len(heard) <= 57600

    run(script, version="historique")


def test_an_overload_shows_in_the_frames_and_in_the_status() -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        assert "overload" not in device.status()
        device.do("L2=16")
        assert "overload, above 15 A" in device.status()
        frame = await reader.frame()
        assert values(frame, "ADIR2", "PAPP") == [16, None]

    run(script, version="historique", load=["all=15"])


def test_the_mode_can_be_switched() -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        assert (await reader.frame()).mode == "historique"
        assert device.do("mode standard") == "mode standard, at 9600 7E1"
        assert device.do("mode standard") == "mode standard, at 9600 7E1"
        assert (await reader.frame()).mode == "standard"
        assert device.do("mode historique") == "mode historique, at 1200 7E1"
        assert (await reader.frame()).mode == "historique"

    run(script, version="historique")


def test_another_baud_rate_holds_in_both_modes() -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        assert "9600 7E1" in device.introduce()[1]
        assert len(await reader.heard_in(60.0)) > 0.9 * 57600
        assert device.do("mode standard") == "mode standard, at 9600 7E1"

    run(script, version="historique", baud=9600)


def test_an_interruption_cuts_the_frame_off() -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        await asyncio.sleep(20.5)
        reader.data = b""
        assert device.do("interrupt 3") == "silent for 3 s"
        assert await reader.heard_in(2.9) == EOT
        heard = await reader.heard_in(A_WHILE_S)
        assert decode(heard[: heard.index(ETX) + 1]).mode == "historique"

    run(script, version="historique")


def test_a_counted_fault_ends_by_itself() -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        assert device.do("fault badsum 2") == "fault badsum, 2 to go: the current of L1 has a wrong checksum"
        heard = (await reader.heard_in(30.0)).partition(STX)[2].split(STX)
        bad = []
        for part in heard[:-1]:
            try:
                decode(STX + part)
            except Malformed:
                bad.append(part)
        assert len(bad) == 2
        assert "fault" not in device.status()

    run(script)


@pytest.mark.parametrize("mode", ["historique", "standard"])
@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_acts_until_it_is_taken_off(name: str, phases: int, mode: str) -> None:
    current = {("historique", 1): "IINST", ("historique", 3): "IINST1"}.get((mode, phases), "IRMS1")

    async def script(device: TicEmulation, reader: Reader) -> None:
        device.do("L1=5")
        await reader.frame()
        if (name, mode) == ("lost", "historique"):
            with pytest.raises(ConfigurationError, match=r"no group PJOURF\+1"):
                device.do(f"fault {name}")
            return
        device.do(f"fault {name}")
        await asyncio.sleep(A_WHILE_S)
        device.do("L1=6")
        frames = await reader.frames()
        if name == "silent":
            assert reader.data == b""
        elif name in ("frozen", "garbage", "zero-current"):
            shown = {"frozen": (5, 1150), "garbage": (6, 48370), "zero-current": (0, 1380)}[name]
            power = "PAPP" if mode == "historique" else "SINSTS"
            assert values(decode(frames[0]), current, power) == list(shown)
        else:
            with pytest.raises(Malformed):
                decode(frames[0])
        assert device.do("fault off") == "frames are as they should be"
        assert values(await reader.frame(), current) == [6]

    run(script, version=mode, phases=phases)


def test_a_fault_leaves_alone_what_it_does_not_find() -> None:
    """Short frames, and those of the other mode, have no power to show garbage in."""

    async def script(device: TicEmulation, reader: Reader) -> None:
        device.do("fault lost")
        device.do("mode historique")
        device.do("all=20")
        assert values(await reader.frame(), "ADIR1", "IINST1") == [20, 20]

    run(script)


def test_an_interruption_cuts_what_the_cable_still_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[str] = []

    def note(_line: Line, direction: str) -> int:
        cut.append(direction)
        return 0

    async def script(device: TicEmulation, _reader: Reader) -> None:
        await asyncio.sleep(20.5)
        monkeypatch.setattr(Line, "cut", note)
        device.do("interrupt 3")
        assert cut == ["a>b"]

    run(script, version="historique")


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("dance", "there is no command 'dance'"),
        ("L1=banana", "is no current"),
        ("L1=1000", "more than the meter can show"),
        ("mode", "write mode historique or mode standard"),
        ("mode simple", "write mode historique or mode standard"),
        ("interrupt", "for how many seconds"),
        ("interrupt soon", "for how many seconds"),
        ("interrupt -1", "for how many seconds"),
        ("interrupt nan", "for how many seconds"),
        ("interrupt 1 2", "for how many seconds"),
        ("request off", "there is no command 'request'"),
        ("fault badcrc", "there is no fault 'badcrc'; there is off, badsum"),
        ("fault badsum 0", "how many frames"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(typed: str, complaint: str) -> None:
    async def script(device: TicEmulation, reader: Reader) -> None:
        with pytest.raises(ConfigurationError, match=complaint):
            device.do(typed)
        assert values(await reader.frame(), "IRMS1") == [10]

    run(script, load=["L1=10"])


def test_status_says_when_nobody_reads() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        device = TicEmulation(options(load=["L1=1"]), loop)
        await device.open(lambda _error: None)
        assert device.status() == "L1 +1.00 A  L2 +0.00 A  L3 +0.00 A | 0 frames | mode standard"
        await asyncio.sleep(60.5)
        assert device.status().endswith("| nobody reads it")
        await device.close()
        await device.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_a_serial_port_follows_the_mode() -> None:
    """On a tty that is none of ours the cable is opened anew, at the other rate; what the meter sends goes on."""
    far, near = os.openpty()
    loop = ClockSpec("scaled", 20.0).make_loop()
    failures: list[RigError] = []
    heard = b""

    def read() -> None:
        nonlocal heard
        heard += os.read(far, 65536)

    async def until(text: bytes) -> None:
        async with asyncio.timeout(600.0):
            while text not in heard:
                await asyncio.sleep(0.1)

    async def main() -> None:
        device = TicEmulation(options(port=os.ttyname(near), version="historique"), loop)
        assert "at 1200 7E1" in device.introduce()[0]
        await device.open(failures.append)
        loop.add_reader(far, read)
        try:
            await until(b"ADCO")
            device.do("mode standard")
            await until(b"ADSC")
            device.do("mode historique")
            device.do("mode standard")
        finally:
            await device.close()
            loop.remove_reader(far)

    try:
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()
        os.close(near)
        os.close(far)
    assert failures == []
