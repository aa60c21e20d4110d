"""A box that plays the car on a bench without a board link: slow, noisy, failing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.instrument_entries import EvBox
from rig.bench.on_box import DEAD_WITHIN_S, OnBox
from rig.clock import VirtualLoop
from rig.errors import HarnessError
from rig.instruments import Looked, PilotMeasured
from rig.supervise import run_supervised
from rig.timeline import Timeline

ENTRY = EvBox(resource="GPIB::9::INSTR", plays_cars=True)
CAR = VehicleSpec(max_a=16.0, reaction_s=0.5, start_delay_s=1.0)
NONE = (0.0, 0.0, 0.0)
MAINS = (230.0, 230.0, 230.0)
DUTY = 0.26667


class Box:
    """A socket that offers 16 A to whoever is plugged in and closes for state C; each call takes `call_s`.

    `noise` is added to every reading of a duty cycle and a current, with changing signs.
    """

    def __init__(self, call_s: float = 0.0, noise: tuple[float, float] = (0.0, 0.0)) -> None:
        self.call_s = call_s
        self.noise = noise
        self.state = "A"
        self.load_a = NONE
        self.told: list[str] = []
        self.fails = False
        self.stuck = False
        self._sign = 1.0

    async def look(self) -> Looked:
        state, load_a = self.state, self.load_a  # as it is when it is asked
        await asyncio.sleep(self.call_s)
        if self.fails:
            raise HarnessError("GPIB::9::INSTR: no answer")
        self._sign = -self._sign
        duty, ampere = (self._sign * each for each in self.noise)
        closed = state == "C" or self.stuck
        l1_a, l2_a, l3_a = (each + ampere for each in (load_a if state == "C" else NONE))
        high_v = {"A": 12.0, "B": 8.98, "C": 5.99}[state]
        pilot = PilotMeasured(None, None, 12.0, 12.0)
        if state != "A":
            pilot = PilotMeasured(1000.0 + 1000 * duty, DUTY + duty, high_v, -12.0)
        return Looked(pilot, MAINS if closed else NONE, (l1_a, l2_a, l3_a))

    async def set_state(self, state: str) -> None:
        await self._note(f"state {state}")
        self.state = state

    async def set_load(self, *load_a: float) -> None:
        await self._note(f"load {load_a[0]:g}")
        self.load_a = (load_a[0], load_a[1], load_a[2])

    async def _note(self, told: str) -> None:
        await asyncio.sleep(self.call_s)
        self.told.append(told)

    def __getattr__(self, name: str) -> Any:
        async def set_anything(*_values: object, **_named: object) -> None:
            await asyncio.sleep(self.call_s)

        return set_anything


class Alone:
    """A loop, a timeline, and the car's side of one socket."""

    def __init__(self, box: Box, entry: EvBox = ENTRY) -> None:
        self.loop = VirtualLoop()
        self.timeline = Timeline()
        self.box: Any = box
        self.side = OnBox(1, entry, self.loop, self.timeline, board_a=None)

    def run(self, body: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with AsyncExitStack() as off:
                self.side.start(self.box, off)
                await body()

        try:
            run_supervised(self.loop, whole())
        finally:
            self.loop.close()

    async def plug_in(self) -> Vehicle:
        vehicle = Vehicle(CAR, emit=self.timeline.emitter("car"))
        self.side.plug(vehicle, self.loop.time())
        self.side.poke()
        await asyncio.sleep(10.0)
        return vehicle

    def filed(self, kind: str) -> list[Any]:
        field = {"pilot": "state", "contactor": "closed", "currents": "i_a"}[kind]
        return [event.data[field] for event in self.timeline.of(kind)]


def test_what_the_box_sees_is_filed() -> None:
    alone = Alone(Box())

    async def body() -> None:
        await alone.plug_in()
        assert alone.side.currents_a(alone.loop.time()) == (16.0, 16.0, 16.0)
        alone.side.unplug(alone.loop.time())
        alone.side.poke()
        await asyncio.sleep(1.0)

    alone.run(body)
    assert alone.filed("pilot") == ["A1", "B2", "C2", "A1"]
    assert alone.filed("contactor") == [True, False]
    assert alone.filed("currents") == [[16.0, 16.0, 16.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize("call_s", [0.0, 0.02, 0.08])
def test_what_happened_lies_within_what_is_filed(call_s: float) -> None:
    alone = Alone(Box(call_s))

    async def body() -> None:
        await alone.plug_in()

    alone.run(body)
    (ready,) = [event for event in alone.timeline.of("vehicle") if event.data["what"] == "ready"]
    (c2,) = [event for event in alone.timeline.of("pilot") if event.data["state"] == "C2"]
    told_s = ready.at_s + call_s  # when the box has switched its resistor on
    assert c2.at_s - c2.uncertainty_s <= told_s + 1e-6
    assert told_s <= c2.at_s + c2.uncertainty_s + 1e-6
    assert c2.uncertainty_s <= alone.side.late_s / 2 + call_s


def test_noise_is_no_event() -> None:
    alone = Alone(Box(noise=(0.99 * ENTRY.uncertainty_duty_pct / 100, 0.99 * ENTRY.uncertainty_a)))

    async def body() -> None:
        await asyncio.sleep(5.0)
        await alone.plug_in()

    alone.run(body)
    assert alone.filed("pilot") == ["A1", "B2", "C2"]
    assert len(alone.filed("currents")) == 1
    assert alone.filed("currents")[0] == pytest.approx([16.0] * 3, abs=ENTRY.uncertainty_a + 1e-9)
    assert [event.data["what"] for event in alone.timeline.of("vehicle")] == ["plugged", "ready"]


def test_how_well_it_is_known() -> None:
    alone = Alone(Box())
    assert alone.side.late_s == 2 * ENTRY.poll_s
    assert alone.side.offer_error_a == pytest.approx(3 * 0.05 * 0.6)
    assert (alone.side.current_error_a, alone.side.draw_error_a) == pytest.approx((0.15, 0.05))
    alone.loop.close()


def test_a_box_that_fails_ends_the_case_at_once() -> None:
    alone = Alone(Box())

    async def body() -> None:
        await alone.plug_in()
        alone.box.fails = True
        await asyncio.sleep(60.0)
        pytest.fail("it went on")

    with pytest.raises(HarnessError, match="no answer"):
        alone.run(body)
    assert alone.loop.time() < 12.0


def test_at_the_end_it_lets_go_as_a_car_does() -> None:
    alone = Alone(Box())

    async def body() -> None:
        await alone.plug_in()

    alone.run(body)
    assert alone.box.told[-2:] == ["load 0", "state B"]
    assert alone.loop.time() < 11.0


def test_at_the_end_it_does_not_wait_for_ever() -> None:
    alone = Alone(Box())

    async def body() -> None:
        await alone.plug_in()
        alone.box.stuck = True

    alone.run(body)
    assert 10.0 + DEAD_WITHIN_S <= alone.loop.time() <= 11.0 + DEAD_WITHIN_S
