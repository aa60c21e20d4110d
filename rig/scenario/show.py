"""A scenario as a readable time line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rig.scenario.asked import Asked
from rig.scenario.form import (
    Amperes,
    Car,
    Drive,
    Expect,
    LineFault,
    Mains,
    MeterFault,
    PilotFault,
    Plug,
    Step,
    Unplug,
    action_of,
)
from rig.scenario.script import Script, clauses_of


def lines(script: Script) -> Iterator[str]:
    """Its head, what stands on the bench, and a line for each step."""
    scenario = script.scenario
    yield scenario.name
    yield from (f"  {line}" for line in scenario.description.strip().splitlines())
    yield ""
    table = scenario.bench
    sockets = "one socket" if table.sockets == 1 else "two sockets"
    feeders = "" if table.sockets == 1 else f" on {'one cable' if table.feeders == 1 else 'two cables'}"
    meter = "no meter" if script.meter is None else script.meter.title
    yield f"  bench    {sockets}{feeders}, {meter}, {'with' if table.probing else 'without'} probing"
    for key, value in script.settings.items():
        yield f"  setting  {key} = {value}"
    yield ""
    for timed in script.steps:
        clauses = clauses_of(scenario, timed.step)
        judged = f"  [{', '.join(clauses)}]" if clauses else ""
        note = f"  ({timed.step.note})" if timed.step.note else ""
        yield f"{timed.at_s:>9g} s  {told(timed.step)}{judged}{note}"


def told(step: Step) -> str:
    """What a step does, in words."""
    name, value = action_of(step)
    return _TOLD[name](value)


def _a(amperes: Amperes) -> str:
    return f"{amperes:g} A" if not isinstance(amperes, tuple) else ", ".join(f"{a:g}" for a in amperes) + " A"


def _car(car: Car) -> str:
    if isinstance(car, str):
        return car
    changed = ", ".join(f"{key} = {value}" for key, value in car.items() if key != "like")
    return f"{car['like']} with {changed}" if "like" in car else f"a car with {changed}"


def _plug(told: Plug) -> str:
    return f"plug {_car(told.car)} into socket {told.socket}"


def _drive(told: Drive) -> str:
    parts = [
        *([f"says it is {told.says}"] if told.says is not None else []),
        *([f"takes {told.max_a:g} A at most"] if told.max_a is not None else []),
        *([_draws(told.draw_a)] if told.draw_a is not None else []),
    ]
    return f"the car on socket {told.socket} {' and '.join(parts)}"


def _draws(draw_a: Any) -> str:
    return "follows its offer" if draw_a == "offer" else f"draws {_a(draw_a)}"


def _unplug(told: Unplug) -> str:
    return f"unplug socket {told.socket}"


def _fault(what: str) -> Callable[[Any], str]:
    def words(told: MeterFault | LineFault | PilotFault) -> str:
        socket = f" of socket {told.socket}" if isinstance(told, PilotFault) else ""
        return f"{what}{socket}: {told.fault} {'begins' if told.on else 'ends'}"

    return words


def _mains(told: Mains) -> str:
    return f"mains of socket {told.socket} {'on' if told.on else 'off'}"


def _expect(expect: Expect) -> str:
    text = f"expect {_asked(expect)}"
    if expect.within_s is not None:
        earliest = "" if expect.not_before_s is None else f", not before {expect.not_before_s:g} s"
        text += f" within {expect.within_s:g} s{earliest}"
    elif expect.never_for_s is not None:
        text = f"never in {expect.never_for_s:g} s {_asked(expect)}"
    elif expect.always_for_s is not None:
        text = f"all the time for {expect.always_for_s:g} s {_asked(expect)}"
    if expect.after is not None:
        text += f", counted from {_asked(expect.after)}, which comes within {expect.after.within_s:g} s"
    return text


def _asked(expect: Any) -> str:
    return str(Asked(expect, 0.0, 0.0))


_TOLD: Mapping[str, Callable[[Any], str]] = {
    "plug": _plug,
    "unplug": _unplug,
    "car": _drive,
    "house_a": lambda amperes: f"the house draws {_a(amperes)}",
    "pv_a": lambda amperes: f"the panels feed in {_a(amperes)}",
    "meter_fault": _fault("meter"),
    "line_fault": _fault("meter's line"),
    "pilot_fault": _fault("pilot"),
    "contact": lambda how: f"external contact {how}",
    "set": lambda given: "set " + ", ".join(f"{key} = {value}" for key, value in given.items()),
    "reboot": lambda _yes: "restart the station",
    "mains": _mains,
    "expect": _expect,
}
