"""The box through pyvisa-py and a real socket, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emulators.pilot.circuit import HIGH, LOW, pwm
from rig.clock import VirtualLoop
from rig.errors import ConfigurationError, HarnessError
from rig.instruments import EvSimulator, Oscilloscope, VisaSettings
from rig.instruments.ev_simulator import OURS


def test_states_reach_the_pilot_and_are_read_back(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = EvSimulator(VisaSettings(resource))
            await box.open()
            assert box.identity.startswith("EVSE-RIG,EV-SIMULATOR,")
            seen = {}
            for state in ("A", "B", "C", "D", "E"):
                await box.set_state(state)
                seen[state] = lab.pilot.state
            assert seen == {"A": "A1", "B": "B1", "C": "C1", "D": "D1", "E": "E"}

            lab.pilot.drive(pwm(26_667))
            await box.set_state("C")
            measured = await box.measure()
            assert lab.pilot.state == "C2"
            assert measured.frequency_hz == 1000.0
            assert measured.duty == pytest.approx(0.26667)
            assert measured.high_v == pytest.approx(5.99, abs=0.01)
            assert measured.low_v == -12.0

            for signal, volt in ((HIGH, 12.0), (LOW, -12.0)):
                lab.pilot.drive(signal)
                await box.set_state("A")
                assert await box.measure() == (None, None, volt, volt)
            await box.close()

    virtual(scenario)


def test_every_part_of_the_car(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = EvSimulator(VisaSettings(resource))
            await box.open()
            lab.pilot.drive(pwm(50_000))
            await box.set_state("B")
            await box.set_diode("shorted")
            assert lab.pilot.plateaus.low_v == pytest.approx(-8.79, abs=0.01)
            await box.set_diode("missing")
            assert lab.pilot.state == "A2"
            await box.set_diode("present")
            await box.set_resistors(base_ohm=4610)
            assert lab.pilot.plateaus.high_v == pytest.approx(9.99, abs=0.01)
            await box.set_resistors(base_ohm=2740, charge_ohm=909, ventilate_ohm=240)
            await box.set_state("C")
            assert lab.pilot.plateaus.high_v == pytest.approx(5.28, abs=0.01)
            await box.set_short("diode")
            assert lab.pilot.plateaus == type(lab.pilot.plateaus)(0.7, -12.0)
            await box.set_short("pilot")
            assert (lab.pilot.plateaus.high_v, lab.pilot.plateaus.low_v) == (0.0, 0.0)
            await box.set_short("none")
            await box.set_pilot(False)
            assert lab.pilot.state == "A2"
            assert await box.measure() == (None, None, 0.0, 0.0)
            await box.set_pilot(True)
            await box.set_earth(False)
            assert lab.pilot.state == "A2"
            await box.set_earth(True)
            assert lab.pilot.state == "C2"
            for rating_a, ohm in ((13, 1500), (20, 680), (32, 220), (63, 100)):
                await box.set_cable(rating_a)
                assert lab.pilot.end.pp_ohm == ohm
            await box.set_plug_ohm(330.5)
            assert lab.pilot.end.pp_ohm == 330.5
            await box.set_plug_ohm(None)
            assert lab.pilot.end.pp_ohm is None
            await box.reset()
            assert lab.pilot.state == "A2"
            await box.close()

    virtual(scenario)


def test_what_is_refused_says_which_command(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = EvSimulator(VisaSettings(resource))
            await box.open()
            before = lab.pilot.end
            with pytest.raises(HarnessError, match=r"':EV:RESistor:BASE 1' was refused: -222,\"Data out of range"):
                await box.set_resistors(base_ohm=1.0)
            with pytest.raises(ConfigurationError, match=r"cable 25: there is 13, 20, 32, 63"):
                await box.set_cable(25)
            with pytest.raises(ConfigurationError, match="diode 'gone'"):
                await box.set_diode("gone")  # type: ignore[arg-type]
            assert lab.pilot.end == before
            await box.set_state("B")  # the queue is empty again
            await box.close()

    virtual(scenario)


def test_a_box_that_cannot_do_it(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = EvSimulator(VisaSettings(resource), OURS._replace(earth=""))
            await box.open()
            with pytest.raises(ConfigurationError, match="cannot set its earth"):
                await box.set_earth(False)
            await box.close()

    virtual(scenario)


async def _session(lab: Any) -> None:
    async with lab.box() as resource, lab.scope() as scope_resource:
        turn = asyncio.Lock()
        box = EvSimulator(VisaSettings(resource), turn=turn)
        scope = Oscilloscope(VisaSettings(scope_resource), turn=turn)
        await asyncio.gather(box.open(), scope.open())
        lab.pilot.drive(pwm(16_000))
        for state in ("B", "C", "B", "A") * 5:
            await box.set_state(state)
            await asyncio.sleep(3.25)
            await asyncio.gather(scope.measure(), box.measure())
            await asyncio.sleep(0.75)
        await box.close()
        await scope.close()


def test_virtual_time_stands_still_while_they_talk_and_every_run_is_the_same(lab: Any) -> None:
    runs = []
    for _ in range(3):
        fresh = type(lab)()
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(_session(fresh))
            assert runner.get_loop().time() == 20 * 4.0
        told = fresh.timeline.of("scpi")
        assert {event.at_s % 4.0 for event in told} == {0.0, 3.25}
        assert len(told) == 20 * (2 + 4 + 4) + 2 * 3  # twice: who it is, *CLS, any errors?
        runs.append(list(fresh.timeline.lines()))
    assert runs[0] == runs[1] == runs[2]
