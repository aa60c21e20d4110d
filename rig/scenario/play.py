"""Playing a scenario on a bench: every step at its time, the expectations judged when the last one is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from emulators.pilot.circuit import NO_FAULTS
from rig.bench import Bench
from rig.bench.phases import STRAIGHT
from rig.case import Case
from rig.errors import ConfigurationError, Finding
from rig.invariants import NAMES, balances, invariants
from rig.kit.balancing import heard
from rig.meters.serial import SerialMeter
from rig.scenario.form import Drive, LineFault, Mains, MeterFault, PilotFault, Scenario, Unplug, action_of
from rig.scenario.judging import Expectations
from rig.scenario.making import line_fault, pilot_faults
from rig.scenario.script import Script, TimedStep, clauses_of, expects_refusal, feeder_of
from rig.scenario.show import told
from rig.timeline import Event

SOURCE = "scenario"
NOMINAL_V = 230.0
Amperes = tuple[float, ...]


async def play(rig: Case, script: Script) -> None:
    """Play it on the bench of `rig` and judge it. Raises NotTestableHere for what the bench cannot do, Finding for
    settings that the station does not take although nothing of the scenario expects that.

    With a meter to balance by, the scenario begins when the station has heard it.
    """
    async with bench_for(rig, script) as bench:
        if balances(bench):
            await heard(rig, bench)
        with invariants(rig, bench, leave_out=left_out(script.scenario)):
            await Player(rig, bench, script).run()


def bench_for(rig: Case, script: Script) -> Bench:
    """What the scenario stands on, not yet switched on."""
    table = script.scenario.bench
    bench = rig.bench(
        script.settings,
        meter=script.meter,
        phases=table.phases,
        behind_meter=table.behind_meter,
        feeder=feeder_of(script.scenario),
        terminals=table.terminals or STRAIGHT,
        sockets=table.sockets,
        feeders=table.feeders,
        feeder_2=table.feeder_2 or None,
        probing=table.probing,
        watched=False,  # `play` does it, without what the file switches off
    )
    for change, amperes in ((bench.house, table.house_a), (bench.pv, table.pv_a)):
        if any(per_phase := _per_phase(amperes)):
            change(*per_phase)
    return bench


def left_out(scenario: Scenario) -> tuple[str, ...]:
    """The invariants that its file switches off."""
    return tuple(name for name in NAMES if not getattr(scenario.invariants, name))


class Player:
    """Plays one script on a bench that is switched on."""

    def __init__(self, rig: Case, bench: Bench, script: Script) -> None:
        self._rig = rig
        self._bench = bench
        self._script = script
        self._began_s = rig.now_s()
        self._undo: dict[tuple[str, str], ExitStack] = {}
        self._pilot_faults: dict[int, dict[str, PilotFault]] = {}
        self._booting: asyncio.Task[Event] | None = None
        self._do: Mapping[str, Callable[[Any], Awaitable[None] | None]] = {
            "unplug": self._unplug,
            "car": self._drive,
            "house_a": lambda amperes: bench.house(*_per_phase(amperes)),
            "pv_a": lambda amperes: bench.pv(*_per_phase(amperes)),
            "meter_fault": self._meter_fault,
            "line_fault": self._line_fault,
            "pilot_fault": self._pilot_fault,
            "contact": lambda how: bench.contact(how == "closed"),
            "reboot": self._reboot,
            "mains": self._mains,
        }

    async def run(self) -> None:
        """Every step, then every verdict."""
        expected: list[tuple[TimedStep, int]] = []
        with ExitStack() as ending:
            ending.callback(self._mend)
            for timed in self._script.steps:
                await self._rig.until(self._began_s + timed.at_s)
                fields = {"number": timed.number, "what": told(timed.step)}
                self._rig.timeline.record(self._rig.now_s(), SOURCE, "step", fields)
                if timed.step.expect is not None:
                    expected.append((timed, len(self._rig.timeline.events) - 1))
                else:
                    await self._act(timed)
            await self._booted()
            uncertainty_s = self._rig.options.bench.measuring.uncertainty_s
            await self._rig.until(self._began_s + self._script.ends_s + uncertainty_s)
            await asyncio.sleep(0)  # what is due at that very moment has happened as well
        judge = Expectations(
            self._rig.judge,
            self._rig.timeline.events,
            self._bench.orders,
            self._script.meter,
            self._bench.capabilities,
        )
        for timed, index in expected:
            assert timed.step.expect is not None
            judge.judge(timed.number, timed.step.expect, clauses_of(self._script.scenario, timed.step), index)

    async def _act(self, timed: TimedStep) -> None:
        if timed.step.plug is not None:
            assert timed.car is not None
            self._bench.outlet(timed.step.plug.socket).plug_in(timed.car)
            return
        if timed.step.set is not None:
            await self._configure(timed, timed.step.set)
            return
        name, value = action_of(timed.step)
        doing = self._do[name](value)
        if doing is not None:
            await doing
        self._bench.poke()

    def _mend(self) -> None:
        for stack in self._undo.values():
            stack.close()
        if self._booting is not None:
            self._booting.cancel()

    # -- steps ---------------------------------------------------------------------------------------------------

    async def _configure(self, timed: TimedStep, changes: Mapping[str, object]) -> None:
        await self._booted()
        refusal = self._bench.configure(changes)
        if refusal and not expects_refusal(self._script.steps[timed.number - 1 :]):
            raise Finding(f"step {timed.number}: the station does not take its settings: {refusal}")

    async def _reboot(self, _yes: bool) -> None:
        """The steps after it go on at their times while the station is off."""
        await self._booted()
        self._booting = asyncio.create_task(self._bench.reboot())
        await asyncio.sleep(0)  # it is off from this moment on

    async def _booted(self) -> None:
        """Wait until the station can be spoken to."""
        if self._booting is not None:
            await self._booting
            self._booting = None

    def _unplug(self, told: Unplug) -> None:
        self._bench.outlet(told.socket).unplug()

    def _drive(self, told: Drive) -> None:
        car = self._bench.outlet(told.socket).vehicle
        if car is None:
            raise ConfigurationError(f"a step speaks of the car on socket {told.socket}, where none is plugged in")
        if told.max_a is not None:
            car.set_max(told.max_a)
        if told.draw_a is not None:
            car.set_fixed_draw(*(None,) if told.draw_a == "offer" else _per_phase(told.draw_a))
        if told.says is not None:
            {"ready": car.resume, "full": car.stop, "asleep": car.fall_asleep}[told.says]()

    def _meter_fault(self, told: MeterFault) -> None:
        self._switch(("meter", told.fault), self._bench.meter.broken(told.fault) if told.on else None)

    def _line_fault(self, told: LineFault) -> None:
        meter = self._bench.meter
        assert isinstance(meter, SerialMeter)
        self._switch(("line", told.fault), meter.line.fault(line_fault(told)) if told.on else None)

    def _switch(self, what: tuple[str, str], fault: AbstractContextManager[object] | None) -> None:
        """A fault begins, ends (None), or begins anew with other figures."""
        before = self._undo.pop(what, None)
        if before is not None:
            before.close()
        if fault is not None:
            self._undo[what] = ExitStack()
            self._undo[what].enter_context(fault)

    def _pilot_fault(self, told: PilotFault) -> None:
        on = self._pilot_faults.setdefault(told.socket, {})
        on.pop(told.fault, None)
        if told.on:
            on[told.fault] = told
        self._bench.outlet(told.socket).set_pilot_faults(pilot_faults(on.values()) if on else NO_FAULTS)

    def _mains(self, told: Mains) -> None:
        volt = NOMINAL_V if told.on else 0.0
        self._bench.outlet(told.socket).set_mains_v((volt, volt, volt))


def _per_phase(amperes: float | Amperes) -> Amperes:
    return amperes if isinstance(amperes, tuple) else (amperes,)
