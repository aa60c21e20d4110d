"""What can be wrong with a step of a scenario, beyond its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from emulators.errors import BadConfiguration
from emulators.vehicle.spec import VehicleSpec
from rig.errors import ConfigurationError
from rig.meters import MeterKind, breaks_of
from rig.scenario.form import (
    ACTIONS,
    QUANTITIES,
    Anchor,
    Condition,
    Drive,
    Expect,
    LineFault,
    MeterFault,
    PilotFault,
    Range,
    Scenario,
    Step,
    action_of,
    quantity_of,
)
from rig.scenario.making import LINE_FAULTS, PILOT_FAULTS, car_of, line_fault
from rig.scenario.words import check_amperes, check_clauses, one_of

PILOT_STATES = ("A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "E", "F")


def check_step(scenario: Scenario, meter: MeterKind | None, where: str, step: Step, folder: Path) -> VehicleSpec | None:
    """The car that a good step plugs in, if it does. Raises ConfigurationError that begins with `where`."""
    given = [name for name in ACTIONS if getattr(step, name) is not None]
    if len(given) != 1:
        said = f"{' and '.join(given)} in one step; give each a step of its own" if given else "nothing happens in it"
        raise ConfigurationError(f"{where}: {said}" + ("" if given else f"; a step has one of {', '.join(ACTIONS)}"))
    name, value = action_of(step)
    where = f"{where}, {name}"
    if name in ("house_a", "pv_a"):
        check_amperes(where, value)
        return None
    if "socket" in getattr(value, "__struct_fields__", ()):
        _check_socket(scenario, where, value.socket)
    try:
        if step.plug is not None:
            return car_of(step.plug.car, folder)
        if (check := _CHECKS.get(name)) is not None:
            check(scenario, meter, value)
    except (ConfigurationError, BadConfiguration) as error:
        raise ConfigurationError(f"{where}: {error}") from None
    return None


def _check_socket(scenario: Scenario, where: str, socket: int) -> None:
    sockets = scenario.bench.sockets
    if not 1 <= socket <= sockets:
        there_is = "socket 1" if sockets == 1 else f"socket 1 to {sockets}"
        raise ConfigurationError(f"{where}: socket = {socket}; [bench] sockets = {sockets}, so there is {there_is}")


def _check_meter_fault(_scenario: Scenario, meter: MeterKind | None, told: MeterFault) -> None:
    if meter is None:
        raise ConfigurationError("there is no meter; name one in [bench] meter")
    one_of("fault", told.fault, breaks_of(meter), f"fault of a {meter.title}")


def _check_line_fault(_scenario: Scenario, meter: MeterKind | None, told: LineFault) -> None:
    if meter is None or meter.port == "tcp":
        raise ConfigurationError("there is no serial line; name a meter on P1, TIC or RS-485 in [bench] meter")
    one_of("fault", told.fault, LINE_FAULTS, "fault of a line")
    line_fault(told)


def _check_pilot_fault(_scenario: Scenario, _meter: MeterKind | None, told: PilotFault) -> None:
    one_of("fault", told.fault, PILOT_FAULTS, "fault of a pilot")
    if told.on and (told.ohm is None) == (told.fault == "resistor_ohm"):
        raise ConfigurationError(f'{told.fault}: ohm goes with the fault "resistor_ohm", and with no other')


def _check_drive(_scenario: Scenario, _meter: MeterKind | None, told: Drive) -> None:
    if told.says is None and told.max_a is None and told.draw_a is None:
        raise ConfigurationError("nothing changes; give says, max_a or draw_a")
    if told.draw_a is not None and told.draw_a != "offer":
        check_amperes("draw_a", told.draw_a)


def _check_expect(scenario: Scenario, meter: MeterKind | None, expect: Expect) -> None:
    _check_condition(scenario, meter, expect)
    windows = [key for key in ("within_s", "never_for_s", "always_for_s") if getattr(expect, key) is not None]
    if len(windows) > 1:
        raise ConfigurationError(f"{' and '.join(windows)}; give one of them")
    for key in windows:
        if getattr(expect, key) < 0.0:
            raise ConfigurationError(f"{key} is {getattr(expect, key):g}; 0 or more, please")
    if expect.not_before_s is not None and (expect.within_s is None or expect.not_before_s > expect.within_s):
        raise ConfigurationError("not_before_s goes with within_s, and is not more than it")
    if expect.log is not None and windows not in (["within_s"], ["never_for_s"]):
        raise ConfigurationError("a log line is said at some time; give within_s or never_for_s")
    if expect.after is not None:
        if not windows:
            raise ConfigurationError("after goes with within_s, never_for_s or always_for_s")
        _check_anchor(scenario, meter, expect.after)
    own = (expect.clause,) if isinstance(expect.clause, str) else expect.clause
    if not own and not scenario.clauses:
        raise ConfigurationError("no clause judges it; give clause here, or clauses at the top of the file")
    check_clauses("clause", own)


def _check_anchor(scenario: Scenario, meter: MeterKind | None, anchor: Anchor) -> None:
    try:
        _check_socket(scenario, "", anchor.socket)
        _check_condition(scenario, meter, anchor)
    except ConfigurationError as error:
        raise ConfigurationError(f"after: {str(error).removeprefix(': ')}") from None


def _check_condition(scenario: Scenario, meter: MeterKind | None, condition: Condition) -> None:
    given = [name for name in QUANTITIES if getattr(condition, name) is not None]
    if len(given) != 1:
        said = f"{' and '.join(given)} at once; give each a step of its own" if given else "nothing is expected"
        raise ConfigurationError(said if given else f"{said}; give one of {', '.join(QUANTITIES)}")
    name, value = quantity_of(condition)
    if isinstance(value, Range) and value.at_least is None and value.at_most is None:
        raise ConfigurationError(f"{name}: give at_least, at_most or both")
    if isinstance(value, Range) and condition.tolerance_a is not None:
        raise ConfigurationError(f"{name}: a range needs no tolerance_a; put it into the range")
    if name == "pilot":
        for state in (value,) if isinstance(value, str) else value:
            one_of("pilot", state, PILOT_STATES, "state of a pilot")
    if name in ("display", "log", "refusal"):
        try:
            re.compile(value)
        except re.error as error:
            raise ConfigurationError(f"{name}: {value!r} is no pattern: {error}") from None
    if name == "grid_a" and not (scenario.bench.behind_meter or meter is None):
        raise ConfigurationError("grid_a: with behind_meter = false the station is on a connection of its own")


_CHECKS: Mapping[str, Callable[[Scenario, MeterKind | None, Any], None]] = {
    "car": _check_drive,
    "meter_fault": _check_meter_fault,
    "line_fault": _check_line_fault,
    "pilot_fault": _check_pilot_fault,
    "expect": _check_expect,
}
