"""A scenario that was checked, with the time of every step and the cars that it plugs in."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import PilotFaults
from emulators.vehicle import garage
from emulators.vehicle.spec import VehicleSpec
from rig.bench.phases import STRAIGHT
from rig.clauses import catalogue
from rig.errors import ConfigurationError
from rig.handles import ReferenceHandle
from rig.lines import faults
from rig.meters import KINDS, MeterKind, breaks_of
from rig.scenario.form import (
    ACTIONS,
    QUANTITIES,
    Amperes,
    Anchor,
    Car,
    Condition,
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

PILOT_STATES = ("A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "E", "F")
PILOT_FAULTS = PilotFaults.__struct_fields__
LINE_FAULTS: Mapping[str, type[faults.Fault]] = {
    "bit_flip": faults.BitFlip,
    "drop": faults.Drop,
    "double": faults.Double,
    "delay": faults.Delay,
    "truncate": faults.Truncate,
    "noise": faults.Noise,
    "unplug": faults.Unplug,
    "stuck": faults.Stuck,
    "wrong_baud": faults.WrongBaud,
}
_ORDERS = ("L1", "L2", "L3", "L1L2L3", "L1L3L2", "L2L3L1", "L2L1L3", "L3L1L2", "L3L2L1")


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A step and when it is due, in seconds of the scenario. `number` counts from 1; `car` is the one it plugs in."""

    number: int
    at_s: float
    step: Step
    car: VehicleSpec | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What is played. `ends_s` is when the last expectation can have been judged."""

    scenario: Scenario
    steps: tuple[TimedStep, ...]
    meter: MeterKind | None
    settings: Mapping[str, object]
    ends_s: float

    @property
    def clauses(self) -> tuple[str, ...]:
        """What its expectations judge, in their order."""
        return tuple(dict.fromkeys(clause for timed in self.steps for clause in clauses_of(self.scenario, timed.step)))


def clauses_of(scenario: Scenario, step: Step) -> tuple[str, ...]:
    """What judges the expectation of a step."""
    if step.expect is None:
        return ()
    own = step.expect.clause
    return (own,) if isinstance(own, str) else own or scenario.clauses


def script(scenario: Scenario, folder: Path = Path()) -> Script:
    """Check a scenario and work out its times. Files of cars are found from `folder`.

    Raises ConfigurationError that says which step, what is wrong, and what would be right.
    """
    meter = _meter(scenario)
    _check_bench(scenario)
    _check_clauses("clauses", scenario.clauses)
    now_s, timed = 0.0, list[TimedStep]()
    for number, step in enumerate(scenario.steps, 1):
        where = f"step {number}"
        now_s = _when(where, step, now_s)
        timed.append(TimedStep(number, now_s, step, _check_step(scenario, meter, where, step, folder)))
    ends_s = max([each.at_s + _window_s(each.step) for each in timed], default=0.0)
    return Script(scenario, tuple(timed), meter, _settings(scenario, meter), ends_s)


def refusal(script: Script) -> str:
    """Why the reference station does not take the settings of a scenario; "" when it does."""
    face = ReferenceHandle().settings_face
    return "" if face is None else face.refusal(script.settings)


def line_fault(told: LineFault) -> faults.Fault:
    """The fault of a line with its figures. Raises ConfigurationError."""
    kind = LINE_FAULTS[told.fault]
    known = [field.name for field in dataclasses.fields(kind)]
    for name in told.with_:
        _one_of(f"with.{name}", name, known, "figure of this fault")
    try:
        figures: dict[str, Any] = {name: _tuples(value) for name, value in told.with_.items()}
        return kind(**figures)
    except TypeError as error:
        raise ConfigurationError(f"with: {error}; it has {', '.join(known)}") from None


def pilot_faults(told: Iterable[PilotFault]) -> PilotFaults:
    """The faults of a pilot that are on together."""
    on: dict[str, Any] = {each.fault: each.ohm if each.fault == "resistor_ohm" else True for each in told}
    return PilotFaults(**on)


# -- times -----------------------------------------------------------------------------------------------------------


def _when(where: str, step: Step, before_s: float) -> float:
    if step.at_s is not None and step.after_s is not None:
        raise ConfigurationError(f"{where}: at_s and after_s; give one of them")
    if step.after_s is not None and step.after_s < 0.0:
        raise ConfigurationError(f"{where}: after_s is {step.after_s:g}; 0 or more, please")
    at_s = before_s + (step.after_s or 0.0) if step.at_s is None else step.at_s
    if at_s < before_s:
        raise ConfigurationError(
            f"{where}: at_s is {at_s:g}, before the step above it at {before_s:g} s; steps stand in the order of time"
        )
    return round(at_s, 6)


def _window_s(step: Step) -> float:
    expect = step.expect
    if expect is None:
        return 0.0
    window_s = expect.within_s or expect.never_for_s or expect.always_for_s or 0.0
    return window_s + (0.0 if expect.after is None else expect.after.within_s)


# -- bench -----------------------------------------------------------------------------------------------------------


def _meter(scenario: Scenario) -> MeterKind | None:
    name = scenario.bench.meter
    if not name:
        return None
    _one_of("[bench] meter", name, KINDS, "meter")
    return KINDS[name]


def _settings(scenario: Scenario, meter: MeterKind | None) -> dict[str, object]:
    """What the station is set to: what the bench says by itself, and over it what the file says."""
    bench = scenario.bench
    needed: dict[str, object] = {} if meter is None else dict(meter.settings)
    if feeder_of(scenario) != STRAIGHT:
        needed["Phase-Connected"] = feeder_of(scenario)
    if bench.sockets > 1:
        needed |= {"station.sockets": bench.sockets, "station.feeders": bench.feeders}
    if bench.feeder_2:
        needed["station.phases_2"] = bench.feeder_2
    return {**needed, **scenario.station}


def feeder_of(scenario: Scenario) -> str:
    """The order of the grid's phases at the station's terminals; a one-phase connection has L1 alone."""
    bench = scenario.bench
    one_phase = bench.phases == 1 or (bench.phases is None and bench.meter in KINDS and KINDS[bench.meter].phases == 1)
    return bench.feeder or ("L1" if one_phase else STRAIGHT)


def _check_bench(scenario: Scenario) -> None:
    bench = scenario.bench
    for key in ("feeder", "feeder_2", "terminals"):
        if order := getattr(bench, key):
            _one_of(f"[bench] {key}", order, _ORDERS, "order of the phases")
    if bench.feeders > bench.sockets:
        raise ConfigurationError(f"[bench] feeders = {bench.feeders}; a station has no more of them than sockets")
    if bench.feeder_2 and bench.feeders == 1:
        raise ConfigurationError("[bench] feeder_2 is the order of a second supply cable; set feeders = 2")
    for key in ("house_a", "pv_a"):
        _check_amperes(f"[bench] {key}", getattr(bench, key))


# -- steps -----------------------------------------------------------------------------------------------------------


def _check_step(
    scenario: Scenario, meter: MeterKind | None, where: str, step: Step, folder: Path
) -> VehicleSpec | None:
    given = [name for name in ACTIONS if getattr(step, name) is not None]
    if len(given) != 1:
        said = f"{' and '.join(given)} in one step; give each a step of its own" if given else "nothing happens in it"
        raise ConfigurationError(f"{where}: {said}" + ("" if given else f"; a step has one of {', '.join(ACTIONS)}"))
    name, value = action_of(step)
    where = f"{where}, {name}"
    if name in ("house_a", "pv_a"):
        _check_amperes(where, value)
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


def car_of(car: Car, folder: Path) -> VehicleSpec:
    """A car by name, from a file, or from its keys. Raises BadConfiguration."""
    if isinstance(car, str):
        return garage.load(_found(car, folder)).spec
    own = {key: value for key, value in car.items() if key != "like"}
    keys = garage.read(_found(str(car["like"]), folder)) if "like" in car else {"name": "a car"}
    return garage.car_of({**keys, **own}, "car").spec


def _found(car: str, folder: Path) -> str:
    """A file is found from the folder of the scenario; the name of a car stays as it is."""
    if car.endswith(garage.SUFFIX):
        return str(folder / car)
    _one_of("car", car, garage.cars(), "car; FILE.toml names one of yours")
    return car


def _check_socket(scenario: Scenario, where: str, socket: int) -> None:
    sockets = scenario.bench.sockets
    if not 1 <= socket <= sockets:
        there_is = "socket 1" if sockets == 1 else f"socket 1 to {sockets}"
        raise ConfigurationError(f"{where}: socket = {socket}; [bench] sockets = {sockets}, so there is {there_is}")


def _check_meter_fault(_scenario: Scenario, meter: MeterKind | None, told: MeterFault) -> None:
    if meter is None:
        raise ConfigurationError("there is no meter; name one in [bench] meter")
    _one_of("fault", told.fault, breaks_of(meter), f"fault of a {meter.title}")


def _check_line_fault(_scenario: Scenario, meter: MeterKind | None, told: LineFault) -> None:
    if meter is None or meter.port == "tcp":
        raise ConfigurationError("there is no serial line; name a meter on P1, TIC or RS-485 in [bench] meter")
    _one_of("fault", told.fault, LINE_FAULTS, "fault of a line")
    line_fault(told)


def _check_pilot_fault(_scenario: Scenario, _meter: MeterKind | None, told: PilotFault) -> None:
    _one_of("fault", told.fault, PILOT_FAULTS, "fault of a pilot")
    if told.on and (told.ohm is None) == (told.fault == "resistor_ohm"):
        raise ConfigurationError(f'{told.fault}: ohm goes with the fault "resistor_ohm", and with no other')


def _check_drive(_scenario: Scenario, _meter: MeterKind | None, told: Any) -> None:
    if told.says is None and told.max_a is None and told.draw_a is None:
        raise ConfigurationError("nothing changes; give says, max_a or draw_a")
    if told.draw_a is not None and told.draw_a != "offer":
        _check_amperes("draw_a", told.draw_a)


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
    _check_clauses("clause", own)


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
            _one_of("pilot", state, PILOT_STATES, "state of a pilot")
    if name in ("display", "log"):
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


# -- words -----------------------------------------------------------------------------------------------------------


def _check_clauses(where: str, ids: Iterable[str]) -> None:
    for clause in ids:
        try:
            catalogue.load().clause(clause)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}: {error}") from None


def _check_amperes(where: str, amperes: Amperes) -> None:
    if isinstance(amperes, tuple) and len(amperes) not in (1, 3):
        raise ConfigurationError(f"{where}: {len(amperes)} currents; give one for all phases, or L1, L2 and L3")


def _one_of(where: str, word: str, known: Iterable[str], what: str) -> None:
    words = list(known)
    if word not in words:
        near = get_close_matches(word, words, n=1)
        meant = f"is {near[0]} meant?" if near else f"there is {', '.join(words)}"
        raise ConfigurationError(f"{where}: {word!r} is no {what}; {meant}")


def _tuples(value: object) -> object:
    """Lists of a TOML file as the tuples that the faults have."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
