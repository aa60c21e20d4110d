"""A scenario that was checked, with the time of every step and the cars that it plugs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emulators.vehicle.spec import VehicleSpec
from rig.bench.built import Built
from rig.bench.file import StationEntry
from rig.bench.installed import changed
from rig.bench.phases import STRAIGHT
from rig.errors import ConfigurationError
from rig.handles import ReferenceHandle
from rig.meters import KINDS, MeterKind
from rig.scenario.checks import check_step
from rig.scenario.form import Scenario, Step
from rig.scenario.words import check_amperes, check_clauses, one_of

_ORDERS = ("L1", "L2", "L3", "L1L2L3", "L1L3L2", "L2L3L1", "L2L1L3", "L3L1L2", "L3L2L1")

# Nothing is played for less: the station has to have come on.
LEAST_S = 1.0


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A step and when it is due, in seconds of the scenario. `number` counts from 1; `car` is the one it plugs in."""

    number: int
    at_s: float
    step: Step
    car: VehicleSpec | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What is played. `ends_s` is when the last expectation can have been judged, or later."""

    scenario: Scenario
    steps: tuple[TimedStep, ...]
    meter: MeterKind | None
    settings: Mapping[str, object]
    ends_s: float

    @property
    def phases(self) -> int:
        """Of the connection."""
        return self.scenario.bench.phases or (3 if self.meter is None else self.meter.phases)

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
    check_clauses("clauses", scenario.clauses)
    now_s, timed = 0.0, list[TimedStep]()
    for number, step in enumerate(scenario.steps, 1):
        where = f"step {number}"
        now_s = _when(where, step, now_s)
        timed.append(TimedStep(number, now_s, step, check_step(scenario, meter, where, step, folder)))
    if scenario.lasts_s < 0.0:
        raise ConfigurationError(f"lasts_s is {scenario.lasts_s:g}; 0 or more, please")
    ends_s = max([LEAST_S, scenario.lasts_s, *(each.at_s + _window_s(each.step) for each in timed)])
    return Script(scenario, tuple(timed), meter, _settings(scenario, meter), ends_s)


def refusal(script: Script) -> str:
    """Why the reference station does not take the settings of a scenario; "" when it does."""
    face = ReferenceHandle().settings_face
    if face is None:
        return ""
    built = built_as(script.scenario).settings(StationEntry(), script.phases)
    given: Mapping[str, object] = {**built, **script.settings}
    if why := face.refusal(given):
        return f"[station]: {why}"
    for place, timed in enumerate(script.steps):
        if timed.step.set is None or expects_refusal(script.steps[place:]):
            continue
        given = changed(given, timed.step.set)
        if why := face.refusal(given):
            return f"step {timed.number}, set: {why}"
    return ""


def expects_refusal(steps: Sequence[TimedStep]) -> bool:
    """Whether the refusal of what the first of these sets is judged by one at the same moment."""
    at_once = (each.step.expect for each in steps if each.at_s == steps[0].at_s)
    return any(expect is not None and expect.refusal is not None for expect in at_once)


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
    one_of("[bench] meter", name, KINDS, "meter")
    return KINDS[name]


def _settings(scenario: Scenario, meter: MeterKind | None) -> dict[str, object]:
    """What the station is set to: what meter and wiring ask for, and over it what the file says."""
    needed: dict[str, object] = {} if meter is None else dict(meter.settings)
    if feeder_of(scenario) != STRAIGHT:
        needed["Phase-Connected"] = feeder_of(scenario)
    return {**needed, **scenario.station}


def built_as(scenario: Scenario) -> Built:
    """The station that its bench has."""
    bench = scenario.bench
    return Built(bench.sockets, bench.feeders, feeder_of(scenario), bench.feeder_2 or None)


def feeder_of(scenario: Scenario) -> str:
    """The order of the grid's phases at the station's terminals; a one-phase connection has L1 alone."""
    bench = scenario.bench
    one_phase = bench.phases == 1 or (bench.phases is None and bench.meter in KINDS and KINDS[bench.meter].phases == 1)
    return bench.feeder or ("L1" if one_phase else STRAIGHT)


def _check_bench(scenario: Scenario) -> None:
    bench = scenario.bench
    for key in ("feeder", "feeder_2", "terminals"):
        if order := getattr(bench, key):
            one_of(f"[bench] {key}", order, _ORDERS, "order of the phases")
    try:
        built_as(scenario).check()
    except ConfigurationError as error:
        raise ConfigurationError(f"[bench]: {error}") from None
    for key in ("house_a", "pv_a"):
        check_amperes(f"[bench] {key}", getattr(bench, key))
