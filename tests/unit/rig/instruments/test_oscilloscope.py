"""Scopes of several families through pyvisa-py and a real socket, in virtual time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emulators.instruments import DIALECTS
from emulators.instruments.pilot import CarEnd
from emulators.pilot.circuit import LOW, PilotLoad, pwm
from emulators.scpi import Identity
from rig.errors import ConfigurationError, HarnessError
from rig.instruments import Oscilloscope, VisaSettings
from rig.instruments.families import FAMILIES

ALL = sorted(DIALECTS)
WITH_POINTS = [name for name in ALL if FAMILIES[name].waveform is not None]
CODE_V = 0.16  # one code at 4 V per division, the coarsest of them


@pytest.mark.parametrize("name", ALL)
def test_a_pilot_reads_the_same_on_all(name: str, lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.scope(name) as resource:
            scope = Oscilloscope(VisaSettings(resource))
            await scope.open()
            assert scope.family is FAMILIES[name]
            await scope.show_pilot()
            lab.pilot.hang(CarEnd(PilotLoad(r3_ohm=1300.0)), 0.0)
            for duty_mpct in (5_000, 10_000, 26_667, 50_000, 96_000):
                lab.pilot.drive(pwm(duty_mpct))
                measured = await scope.measure()
                assert measured.frequency_hz == pytest.approx(1000.0, rel=1e-3)
                # The edges of a pilot take microseconds: half of the difference between up and down is in the duty.
                assert measured.duty == pytest.approx(duty_mpct / 1e5, abs=0.0015)
                assert measured.high_v == pytest.approx(5.99, abs=CODE_V)
                assert measured.low_v == pytest.approx(-12.0, abs=CODE_V)
                share = duty_mpct / 1e5
                expected = (share * 5.99**2 + (1 - share) * 144) ** 0.5
                assert await scope.rms_v() == pytest.approx(expected, abs=CODE_V)
            await scope.close()

    virtual(scenario)


@pytest.mark.parametrize("name", WITH_POINTS)
def test_errors_from_before_are_forgotten(name: str, lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.scope(name) as resource:
            lab.servers["scope"].instrument.execute(b"NONSENSE", 0.0)
            scope = Oscilloscope(VisaSettings(resource))
            await scope.open()
            await scope.show_pilot()
            with pytest.raises(HarnessError, match=r"':CHANnel1:SCALe 1000' was refused: -222"):
                await scope.show_pilot(scale_v=1000.0)
            await scope.close()

    virtual(scenario)


@pytest.mark.parametrize("name", ALL)
def test_nothing_to_measure(name: str, lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.scope(name) as resource:
            scope = Oscilloscope(VisaSettings(resource))
            await scope.open()
            lab.pilot.drive(LOW)
            measured = await scope.measure()
            assert (measured.frequency_hz, measured.duty) == (None, None)
            assert measured.high_v == measured.low_v == pytest.approx(-12.0, abs=CODE_V)
            # a whole period does not fit on the screen
            lab.pilot.drive(pwm(50_000))
            await scope.show_pilot(time_s=20e-6)
            assert (await scope.measure()).frequency_hz is None
            await scope.show_pilot()
            assert (await scope.measure()).frequency_hz is not None
            # nothing is shown of another channel
            other = Oscilloscope(VisaSettings(resource), channel=2)
            await other.open()
            assert await other.measure() == (None, None, None, None)
            await other.close()
            await scope.close()

    virtual(scenario)


@pytest.mark.parametrize("name", WITH_POINTS)
def test_points(name: str, lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.scope(name) as resource:
            scope = Oscilloscope(VisaSettings(resource))
            await scope.open()
            await scope.show_pilot()
            lab.pilot.drive(pwm(25_000))
            waveform = await scope.waveform()
            assert len(waveform.volts) == DIALECTS[name].points
            assert waveform.start_s == 0.0
            assert waveform.step_s * len(waveform.volts) == pytest.approx(DIALECTS[name].divisions * 500e-6)
            middle = [volt > 0 for volt in waveform.volts]
            assert sum(middle) / len(middle) == pytest.approx(0.25, abs=0.01)
            assert max(waveform.volts) == pytest.approx(12.0, abs=CODE_V)
            assert min(waveform.volts) == pytest.approx(-12.0, abs=CODE_V)
            # Moved up or down on the screen it is the same voltage.
            for offset_v in (3.0, -2.0):
                await scope.command(f":CHANnel1:OFFSet {offset_v}")
                moved = await scope.waveform()
                assert max(moved.volts) == pytest.approx(12.0, abs=CODE_V)
                assert min(moved.volts) == pytest.approx(-12.0, abs=CODE_V)
            await scope.close()

    virtual(scenario)


def test_a_rigol_that_answers_in_percent_reads_the_same(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        lab.pilot.drive(pwm(5_000))
        for unit in ("percent", "fraction"):
            async with lab.scope(replace(DIALECTS["rigol"], duty_unit=unit)) as resource:
                scope = Oscilloscope(VisaSettings(resource))
                await scope.open()
                assert (await scope.measure()).duty == pytest.approx(0.05, abs=0.0015)
                await scope.close()

    virtual(scenario)


def test_a_scope_of_an_unknown_family(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.scope(replace(DIALECTS["rigol"], identity=Identity("ACME", "X1"))) as resource:
            scope = Oscilloscope(VisaSettings(resource))
            with pytest.raises(HarnessError, match="not opened yet"):
                await scope.measure()
            with pytest.raises(ConfigurationError, match=r"'ACME,X1,EMULATED,1\.0': its family is not known; give one"):
                await scope.open()
            named = Oscilloscope(VisaSettings(resource), family=FAMILIES["rigol"])
            await named.open()
            await named.show_pilot()
            assert (await named.measure()).low_v == pytest.approx(12.0, abs=CODE_V)
            await named.close()

    virtual(scenario)


def test_points_of_a_family_without(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.scope("siglent") as resource:
            scope = Oscilloscope(VisaSettings(resource))
            await scope.open()
            with pytest.raises(ConfigurationError, match="points of siglent scopes are not fetched"):
                await scope.waveform()
            await scope.close()

    virtual(scenario)
