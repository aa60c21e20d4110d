"""Meters on a serial line: the Data Request of P1, another meter in the place of one, a Linky's other mode."""

from __future__ import annotations

import asyncio
import os
import termios
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulators.errors import BadConfiguration, PortError
from rig.clock import Calendar
from rig.errors import HarnessError
from rig.kit import balancing
from rig.meters import KINDS, BenchMeter, MeterKind
from rig.meters.serial import P1Meter, TicMeter
from tests.unit.rig.meters.conftest import Yard, descriptors, reads, shown_a

FOUND_S = 25.0
SERIAL = [kind for kind in balancing.one_of_each_port() if kind.port != "tcp"]


def p1(yard: Yard, **place: Any) -> P1Meter:
    meter = yard.meter(KINDS["dsmr5"], **place)
    assert isinstance(meter, P1Meter)
    return meter


def opened(meter: BenchMeter, speed: int) -> int:
    """The station's port, opened and set to that rate by a program of the test."""
    port = os.open(meter.port().url, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    attributes = termios.tcgetattr(port)
    attributes[4] = attributes[5] = speed
    termios.tcsetattr(port, termios.TCSANOW, attributes)
    return port


@balancing.meters(SERIAL)
def test_the_line_is_as_the_meter_s_port(yard: Yard, meter: MeterKind) -> None:
    line = yard.meter(meter).line  # type: ignore[attr-defined]
    expected = {"p1": "115200 8N1", "tic": "9600 7E1", "rtu": "9600 8N1"}
    assert str(line.a.settings) == expected[meter.port]


@balancing.meters(SERIAL)
def test_a_station_at_another_rate_does_not_understand_it(yard: Yard, meter: MeterKind) -> None:
    """The line takes the station's rate from the station's port."""

    async def body() -> None:
        alone = yard.meter(meter, requested=True)
        await alone.open()
        port = opened(alone, termios.B19200)
        await asyncio.sleep(0.001)
        os.write(port, b"\0\0\0")
        await asyncio.sleep(3.0)
        assert alone.line.b.settings.baud == 19200  # type: ignore[attr-defined]
        os.close(port)
        await alone.close()

    yard.run(body)


@balancing.meters(SERIAL)
def test_a_device_that_is_not_there(yard: Yard, meter: MeterKind) -> None:
    async def body() -> None:
        before = descriptors()
        alone = yard.meter(meter, "/dev/no-such-port")
        with pytest.raises(HarnessError, match=f"line {meter.port}, end b: /dev/no-such-port does not exist"):
            await alone.open()
        assert descriptors() == before
        await alone.close()

    yard.run(body)


@pytest.mark.parametrize(
    ("error", "raised"),
    [(PortError("no"), HarnessError), (BadConfiguration("no"), BadConfiguration), (RuntimeError("no"), RuntimeError)],
)
def test_a_meter_that_does_not_switch_on_takes_its_cable_away(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception], tmp_path: Path
) -> None:
    def switch_on(*_: object) -> None:
        raise error

    async def body() -> None:
        before = descriptors()
        alone = p1(yard, capture=tmp_path / "p1.pcapng")
        monkeypatch.setattr(alone, "_switch_on", switch_on)
        with pytest.raises(raised, match="no"):
            await alone.open()
        assert descriptors() == before

    yard.run(body)


@balancing.meters(SERIAL)
def test_a_meter_that_fails_ends_the_run(yard: Yard, meter: MeterKind) -> None:
    """It is no silence of which the station could be judged."""

    def fails(*_: object) -> Any:
        raise BadConfiguration("the meter is on fire")

    async def body() -> None:
        async with yard.bench(meter) as bench:
            await asyncio.sleep(FOUND_S)
            model = bench.meter.model  # type: ignore[attr-defined]
            if meter.polled:
                model.answer = fails
            else:
                model.corrupt = fails
            await asyncio.sleep(FOUND_S)
            pytest.fail("never here")

    with pytest.raises(HarnessError, match="the meter is on fire"):
        yard.run(body)


class TestDataRequest:
    def sent(self, yard: Yard) -> int:
        return len(yard.timeline.of("telegram", "meter"))

    def test_it_sends_while_it_is_asked(self, yard: Yard) -> None:
        async def body() -> None:
            meter = p1(yard)
            await meter.open()
            await asyncio.sleep(5.5)
            assert self.sent(yard) == 0
            meter.request(True)
            await asyncio.sleep(5.0)
            assert (count := self.sent(yard)) in (5, 6)
            meter.request(False)
            await asyncio.sleep(5.0)
            assert self.sent(yard) == count
            await meter.close()

        yard.run(body)

    def test_it_may_be_there_from_the_start(self, yard: Yard) -> None:
        async def body() -> None:
            meter = p1(yard, requested=True)
            await meter.open()
            await asyncio.sleep(5.5)
            assert self.sent(yard) in (5, 6)
            await meter.close()

        yard.run(body)

    def test_a_modem_line_has_the_last_word(self, yard: Yard) -> None:
        meter = p1(yard, where="/dev/ttyUSB0", request_line="CTS")
        meter.request(True)
        assert not meter.line.request

    def test_pulling_the_plug_takes_it_away(self, yard: Yard) -> None:
        async def body() -> None:
            meter = p1(yard, requested=True)
            await meter.open()
            await asyncio.sleep(2.5)
            count = self.sent(yard)
            with meter.broken("unplugged"):
                await asyncio.sleep(5.0)
                assert self.sent(yard) == count
            await asyncio.sleep(5.0)
            assert self.sent(yard) > count
            await meter.close()

        yard.run(body)


class TestReplace:
    def test_the_station_goes_on_with_the_other_meter(self, yard: Yard) -> None:
        async def body() -> None:
            async with yard.bench(KINDS["dsmr5"]) as bench:
                bench.house(3.3)
                await asyncio.sleep(5.5)
                before = descriptors()
                assert isinstance(bench.meter, P1Meter)
                bench.meter.replace(KINDS["dsmr4"])
                assert descriptors() == before
                bench.house(7.4)
                await asyncio.sleep(25.0)
                assert reads(bench, (7.4, 7.4, 7.4)), shown_a(bench)
                last_s = [event.at_s for event in yard.arrived(bench.meter)][-2:]
                assert last_s[1] - last_s[0] == pytest.approx(10.0, abs=0.1)

        yard.run(body)
        assert {event.data["version"] for event in yard.timeline.of("telegram", "meter")} == {"5.0.2", "4.2.2"}

    def test_what_went_wrong_with_the_first_is_not_wrong_with_the_second(self, yard: Yard) -> None:
        async def body() -> None:
            async with yard.bench(KINDS["dsmr5"]) as bench:
                await asyncio.sleep(5.5)
                assert isinstance(bench.meter, P1Meter)
                with bench.meter.broken("misread"):
                    await asyncio.sleep(1.0)
                    bench.meter.replace(KINDS["belgian-50213"])
                    bench.house(7.0)
                    await asyncio.sleep(5.0)
                    assert reads(bench, (7.0, 7.0, 7.0)), shown_a(bench)
                with bench.meter.broken("misread"):
                    await asyncio.sleep(5.0)
                    assert shown_a(bench) is None

        yard.run(body)

    def test_one_that_talks_at_another_rate_is_refused(self, yard: Yard) -> None:
        async def body() -> None:
            async with yard.bench(KINDS["dsmr5"]) as bench:
                assert isinstance(bench.meter, P1Meter)
                with pytest.raises(HarnessError, match="talks at 9600 7E1, which this cable is not set to"):
                    bench.meter.replace(replace(KINDS["dsmr5"], model="3.0"))
                bench.house(3.3)
                await asyncio.sleep(5.5)
                assert reads(bench, (3.3, 3.3, 3.3)), "the first one is still there"

        yard.run(body)


class TestSwitchMode:
    @pytest.mark.parametrize(
        ("kind", "mode", "baud"), [("linky-historique", "standard", 9600), ("linky-standard", "historique", 1200)]
    )
    def test_the_station_finds_it_again(self, yard: Yard, kind: str, mode: str, baud: int) -> None:
        async def body() -> None:
            async with yard.bench(KINDS[kind]) as bench:
                bench.house(3.0)
                await asyncio.sleep(FOUND_S)
                assert isinstance(bench.meter, TicMeter)
                bench.meter.switch_mode(mode)
                switched_s = yard.loop.time()
                bench.house(9.0)
                await asyncio.sleep(FOUND_S)
                assert reads(bench, (9.0, 9.0, 9.0)), shown_a(bench)
                assert bench.meter.line.a.settings.baud == baud
                assert bench.meter.line.b.settings.baud == baud  # the station's port followed
                telegrams = yard.timeline.of("telegram", "meter")
                assert {event.data["version"] for event in telegrams if event.at_s < switched_s} == {kind[6:]}
                assert telegrams[-1].data["version"] == mode

        yard.run(body)

    def test_what_goes_wrong_goes_wrong_in_the_new_mode_too(self, yard: Yard) -> None:
        async def body() -> None:
            async with yard.bench(KINDS["linky-historique"]) as bench:
                assert isinstance(bench.meter, TicMeter)
                bench.meter.switch_mode("standard")
                await asyncio.sleep(FOUND_S)
                bench.house(3.0)
                await asyncio.sleep(6.0)
                with bench.meter.broken("misread"):
                    bench.house(9.0)
                    await asyncio.sleep(6.0)
                    assert reads(bench, (3.0, 3.0, 3.0)), shown_a(bench)
                await asyncio.sleep(6.0)
                assert reads(bench, (9.0, 9.0, 9.0)), shown_a(bench)

        yard.run(body)


def test_the_date_is_that_of_the_run(yard: Yard) -> None:
    async def body() -> None:
        meter = p1(yard, requested=True)
        await meter.open()
        port = opened(meter, termios.B115200)
        heard = bytearray()
        yard.loop.add_reader(port, lambda: heard.extend(os.read(port, 4096)))
        await asyncio.sleep(3.5)
        yard.loop.remove_reader(port)
        os.close(port)
        await meter.close()
        assert f"0-0:1.0.0({Calendar().at(3.0):%y%m%d%H%M%S}".encode() in heard

    yard.run(body)
