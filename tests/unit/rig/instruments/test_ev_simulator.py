"""The box through pyvisa-py and a real socket, in virtual time."""

from __future__ import annotations

import asyncio
import math
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.board.socket import Socket
from emulators.instruments import ev_box_instrument
from emulators.instruments.on_socket import SocketInlet
from emulators.pilot.circuit import HIGH, LOW, pwm
from rig.clock import VirtualLoop
from rig.errors import ConfigurationError, HarnessError
from rig.instruments import EvSimulator, Oscilloscope, Refused, VisaSettings
from rig.instruments.ev_simulator import OURS, BoxCommands, Looked, PilotMeasured

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 200
PILOT_ANSWERS = ("+1.000000E+03", "+2.500000E+01", "+5.990000E+00", "-1.200000E+01")
VOLTS, AMPS = "+2.300000E+02,+2.310000E+02,+2.290000E+02", "+1.600000E+01,+0.000000E+00,+5.000000E-01"


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


def at_outlet(lab: Any) -> tuple[Socket, Any]:
    """An outlet with a box plugged in, and the box being served."""
    socket = Socket(1, mains_v=(230.0, 231.5, 229.0))
    return socket, lab.serve("box", ev_box_instrument(SocketInlet(socket, 0.0)))


@pytest.mark.parametrize(("compound", "messages"), [(True, 1), (False, 6)])
def test_a_load_is_drawn_and_seen(lab: Any, virtual: Any, compound: bool, messages: int) -> None:
    async def scenario() -> None:
        socket, served = at_outlet(lab)
        async with served as resource:
            box = EvSimulator(VisaSettings(resource), OURS._replace(compound=compound))
            await box.open()
            await box.set_state("C")
            await box.set_load(16, 10.25, 0)
            assert await box.look() == ((None, None, -12.0, -12.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
            socket.drive(pwm(26_667), True, 0.0)
            socket.step(1.0)
            before = len(lab.timeline.of("scpi"))
            pilot, volts, amps = await box.look()
            assert len(lab.timeline.of("scpi")) - before == messages
            assert pilot == await box.measure()
            assert pilot.duty == pytest.approx(0.26667)
            assert (volts, amps) == ((230.0, 231.5, 229.0), (16.0, 10.25, 0.0))
            await box.reset()
            assert (await box.look()).amps == (0.0, 0.0, 0.0)
            await box.close()

    virtual(scenario)


@pytest.mark.parametrize("load_a", [(80.1, 0, 0), (0, -1, 0), (0, 0, math.nan), (0, 0, math.inf)])
def test_a_load_that_the_box_refuses(lab: Any, virtual: Any, load_a: tuple[float, float, float]) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = EvSimulator(VisaSettings(resource))
            await box.open()
            with pytest.raises(Refused, match=r"':EV:LOAD:CURRent .*' was refused: -"):
                await box.set_load(*load_a)
            await box.close()

    virtual(scenario)


@pytest.mark.parametrize("commands", [OURS._replace(load="", volts=""), OURS._replace(load="", amps="")])
def test_a_box_without_load_and_meter_is_asked_nothing(lab: Any, virtual: Any, commands: BoxCommands) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = EvSimulator(VisaSettings(resource), commands)
            with pytest.raises(ConfigurationError, match="cannot measure voltages and currents"):
                await box.look()
            with pytest.raises(ConfigurationError, match="cannot set its load"):
                await box.set_load(1, 1, 1)
            assert lab.timeline.of("scpi") == []
            await box.close()

    virtual(scenario)


def test_a_question_that_is_refused_is_told_with_its_error(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = EvSimulator(VisaSettings(resource), OURS._replace(amps=":MEASure:AMPS?"))
            await box.open()
            with pytest.raises(
                HarnessError, match=r":MEASure:AMPS\?' was answered '.*': 5 answers, .*: -113,\"Undefined header"
            ):
                await box.look()
            await box.set_state("B")  # the queue is empty again
            await box.close()

    virtual(scenario)


class Answering:
    """In place of a link: it answers this, whatever is asked, or to each question its own."""

    settings = VisaSettings("GPIB::9::INSTR")

    def __init__(self, answer: str, each: dict[str, str] | None = None) -> None:
        self._answer = answer
        self._each = each or {}

    async def query(self, text: str) -> str:
        return self._each.get(text, self._answer)

    async def drop(self) -> None:
        """There is no connection."""


def looked(answer: str, commands: BoxCommands = OURS, each: dict[str, str] | None = None) -> Looked:
    box = EvSimulator(Answering.settings, commands)
    box.link = Answering(answer, each)  # type: ignore[assignment]
    return asyncio.run(box.look())


def test_what_was_answered() -> None:
    seen = looked(";".join((*PILOT_ANSWERS, VOLTS, AMPS)))
    assert seen == ((1000.0, 0.25, 5.99, -12.0), (230.0, 231.0, 229.0), (16.0, 0.0, 0.5))
    silent = looked(f"9.91E37;9.91E37;12;12; {VOLTS} ;0,0,0")
    assert silent == Looked(PilotMeasured(None, None, 12.0, 12.0), (230.0, 231.0, 229.0), (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ((), r"^GPIB::9::INSTR: ':MEAS.*CURRent\?' was answered '': 1 answers, separated by ';', to 6 q"),
        ((*PILOT_ANSWERS, VOLTS), "5 answers, separated by ';', to 6 questions"),
        ((*PILOT_ANSWERS, VOLTS, AMPS, ""), "7 answers, "),
        (("fast", *PILOT_ANSWERS[1:], VOLTS, AMPS), r"':MEASure:PILot:FREQuency\?': 'fast' is no measured value"),
        (("1", "101", "1", "1", VOLTS, AMPS), r"':MEASure:PILot:DUTY\?': '101' is no duty cycle"),
        ((*PILOT_ANSWERS, "230,230", AMPS), r"':MEASure:VOLTage\?': '230,230' is not one value each of L1, L2, L3"),
        ((*PILOT_ANSWERS, VOLTS, "1,2,3,4"), r"':MEASure:CURRent\?': '1,2,3,4' is not one value each"),
        ((*PILOT_ANSWERS, VOLTS, "1,,3"), r"':MEASure:CURRent\?': '' is no measured value"),
        ((*PILOT_ANSWERS, VOLTS, "9.91E37,1,3"), r"':MEASure:CURRent\?': '9.91E37' is no number"),
    ],
)
def test_what_is_no_answer_is_said_with_the_question(answers: tuple[str, ...], message: str) -> None:
    with pytest.raises(HarnessError, match=message):
        looked(";".join(answers))


def test_single_answers_are_judged_alike() -> None:
    with pytest.raises(HarnessError, match=r"^GPIB::9::INSTR: ':MEASure:VOLTage\?': '1,2' is not one value each"):
        looked("10", OURS._replace(compound=False), {OURS.volts: "1,2"})
    alone = {OURS.volts: VOLTS, OURS.amps: AMPS}
    assert looked("10", OURS._replace(compound=False), alone) == Looked(
        PilotMeasured(10.0, 0.1, 10.0, 10.0), (230.0, 231.0, 229.0), (16.0, 0.0, 0.5)
    )


pieces = st.sampled_from([*PILOT_ANSWERS, VOLTS, AMPS, "9.91E37", "1e999", "-", "", "1,2,3", "nan,nan,nan", "12 V,1,1"])
answered = st.one_of(
    st.text(st.characters(codec="latin-1")),
    st.lists(st.one_of(pieces, st.text("0123456789+-.eE,%", max_size=8)), min_size=5, max_size=7).map(";".join),
)


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
@given(answered)
def test_whatever_is_answered_is_looked_at_or_refused(answer: str) -> None:
    try:
        seen = looked(answer)
    except HarnessError as error:
        assert str(error).startswith("GPIB::9::INSTR: ':MEASure:")  # noqa: PT017 - most answers are refused
        return
    assert all(math.isfinite(value) for value in (*seen.volts, *seen.amps))
    assert all(value is None or math.isfinite(value) for value in seen.pilot)


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
