"""What a scenario file can say, table by table: plain data. docs/scenarios.md explains every key.

`rig.scenario.script` checks it and works out the times, `rig.scenario.play` plays it.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Amperes = float | tuple[float, ...]
"""One current for every phase, or one for each, A."""

Car = str | dict[str, Any]
"""A car of the garage, a car file, or keys of one; `like` names a car that they change."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the file: no key but its own, and no default is written out."""


class Range(_Table, frozen=True):
    """Any value from `at_least` to `at_most`; without one of them, open on that side."""

    at_least: float | None = None
    at_most: float | None = None


Value = float | Range


# -- what stands on the bench ----------------------------------------------------------------------------------------


class BenchTable(_Table, frozen=True):
    """`[bench]`.

    `feeders` counts supply cables; `feeder` and `feeder_2` are the orders of the grid's phases at the station's
    terminals, `terminals` at the meter's. `meter` is a kind of `rig.meters`, "" for none. `probing` False spares the
    cars the minute at 14 A. `house_a` and `pv_a` flow from before the first step on.
    """

    sockets: Literal[1, 2] = 1
    feeders: Literal[1, 2] = 1
    feeder: str = ""
    feeder_2: str = ""
    meter: str = ""
    phases: Literal[1, 3] | None = None
    behind_meter: bool = True
    terminals: str = ""
    probing: bool = False
    house_a: Amperes = 0.0
    pv_a: Amperes = 0.0


class InvariantsTable(_Table, frozen=True):
    """`[invariants]`: what has to hold all the time, whatever the steps say. See `rig.invariants`."""

    connection: bool = True
    station: bool = True
    offers: bool = True
    contactor: bool = True
    needs_14_a: bool = True
    turns: bool = True


# -- what happens ----------------------------------------------------------------------------------------------------


class Plug(_Table, frozen=True):
    """A car is plugged in."""

    car: Car
    socket: int = 1


class Unplug(_Table, frozen=True):
    """The plug is pulled."""

    socket: int = 1


class Drive(_Table, frozen=True):
    """What the driver or the car itself wants from now on.

    `says`: "ready" wants current, "full" wants none any more, "asleep" has to be woken. `max_a` is its own limit,
    `draw_a` what it draws whatever it is offered, or "offer" to follow the offer again.
    """

    socket: int = 1
    says: Literal["ready", "full", "asleep"] | None = None
    max_a: float | None = None
    draw_a: Amperes | Literal["offer"] | None = None


class MeterFault(_Table, frozen=True):
    """Something is wrong with the meter (`BenchMeter.breaks`), or no longer."""

    fault: str
    on: bool = True


class LineFault(_Table, frozen=True):
    """Something is wrong with the meter's serial line (`rig.lines.faults`), or no longer; `with_` are its figures."""

    fault: str
    on: bool = True
    with_: dict[str, Any] = msgspec.field(default_factory=dict, name="with")


class PilotFault(_Table, frozen=True):
    """Something is wrong between the pilot generator and the car (`emulators.pilot.circuit`), or no longer.

    `ohm` is the resistor of the fault "resistor_ohm".
    """

    fault: str
    on: bool = True
    socket: int = 1
    ohm: float | None = None


class Mains(_Table, frozen=True):
    """The mains of a socket go or come back."""

    on: bool
    socket: int = 1


# -- what is expected ------------------------------------------------------------------------------------------------


class Condition(_Table, frozen=True):
    """Something that is or is not so at a moment: exactly one of the keys but `socket` and `tolerance_a`.

    offered_a, drawn_a: of the socket; the highest phase. loaded_phases: how many of them carry current.
    total_offered_a: over all sockets. charging: how many sockets offer a current and have their contactor closed.
    grid_a: the highest phase of the connection, import positive.
    pilot: its state, "A1" ... "F", or several. display, log: patterns; a log line counts when it is said.
    refusal: a pattern of why the last settings were not taken, "^$" when they were.
    """

    socket: int = 1
    tolerance_a: float | None = None
    offered_a: Value | None = None
    drawn_a: Value | None = None
    total_offered_a: Value | None = None
    grid_a: Value | None = None
    loaded_phases: int | None = None
    charging: int | None = None
    pilot: str | tuple[str, ...] | None = None
    contactor: Literal["open", "closed"] | None = None
    display: str | None = None
    led: str | None = None
    log: str | None = None
    limit_source: str | None = None
    refusal: str | None = None


class Anchor(Condition, frozen=True):
    """From when it is so: the first moment after the step, which has to come within `within_s`."""

    within_s: float = 60.0


class Expect(Condition, frozen=True):
    """What is judged, by which clauses: at this moment, or by one of the following, in seconds from the step.

    within_s: it becomes so, `not_before_s` at the earliest. never_for_s: it is never so that long. always_for_s: it
    is so all that time. `after`: the seconds count from that condition and not from the step.
    """

    clause: str | tuple[str, ...] = ()
    what: str = ""
    within_s: float | None = None
    not_before_s: float | None = None
    never_for_s: float | None = None
    always_for_s: float | None = None
    after: Anchor | None = None


# -- the whole -------------------------------------------------------------------------------------------------------


class Step(_Table, frozen=True):
    """`[[step]]`: one thing that happens or is expected, at a time or so long after the step before it.

    Without a time it is at the same moment as the step before it.
    """

    at_s: float | None = None
    after_s: float | None = None
    note: str = ""
    plug: Plug | None = None
    unplug: Unplug | None = None
    car: Drive | None = None
    house_a: Amperes | None = None
    pv_a: Amperes | None = None
    meter_fault: MeterFault | None = None
    line_fault: LineFault | None = None
    pilot_fault: PilotFault | None = None
    contact: Literal["open", "closed"] | None = None
    set: dict[str, str | int | float | bool] | None = None
    reboot: Literal[True] | None = None
    mains: Mains | None = None
    expect: Expect | None = None


class Scenario(_Table, frozen=True):
    """A whole file. `clauses` judge the expectations that name none. `seed` None: that of the run. `lasts_s`: at least
    so long it goes on, whatever its last step is.
    """

    name: str = ""
    description: str = ""
    clauses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    seed: int | None = None
    lasts_s: float = 0.0
    station: dict[str, str | int | float | bool] = {}
    bench: BenchTable = BenchTable()
    invariants: InvariantsTable = InvariantsTable()
    steps: tuple[Step, ...] = msgspec.field(default=(), name="step")


ACTIONS = tuple(name for name in Step.__struct_fields__ if name not in ("at_s", "after_s", "note"))
QUANTITIES = tuple(name for name in Condition.__struct_fields__ if name not in ("socket", "tolerance_a"))


def action_of(step: Step) -> tuple[str, Any]:
    """The one thing of a step that was checked, and its value."""
    return next((name, value) for name in ACTIONS if (value := getattr(step, name)) is not None)


def quantity_of(condition: Condition) -> tuple[str, Any]:
    """The one thing that a condition is about, and what it is to be. Of a condition that was checked."""
    return next((name, value) for name in QUANTITIES if (value := getattr(condition, name)) is not None)
