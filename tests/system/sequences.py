"""Any sequence of what people, cars, houses and meters do to a station, as scenarios (strategies of Hypothesis)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from emulators.vehicle.garage import cars
from rig.meters import KINDS, breaks_of
from rig.scenario.form import BenchTable, Car, Drive, Mains, MeterFault, PilotFault, Plug, Scenario, Step, Unplug
from rig.scenario.making import PILOT_FAULTS

MINUTE_S, HOUR_S = 60.0, 3600.0
# A telegram every second and answers to polls cost so much that hours of them are for another test.
FAST = ("dsmr5", "sdm72d")
# How often each meter is chosen: a bench without one costs least.
METERS = ("", "", "", "", "", "", "dsmr4", "dsmr4", "dsmr4", *FAST)
ROTATIONS = ("L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2")
ON_OFF = ("On", "Off")
CONNECTOR_A = (32.0, 16.0, 10.0)
# Settings; of the station on both sides of what is decided at 6, 12, 14 and 20 A, and what people choose.
ALL: Mapping[str, tuple[Any, ...]] = {
    "Station-MaxCurrent": (32.0, 25.0, 20.0, 19.9, 16.0, 14.0, 13.9, 12.0, 11.9, 10.0, 6.0),
    "Connector1-MaxCurrent": CONNECTOR_A,
}
ON_TWO_SOCKETS: Mapping[str, tuple[Any, ...]] = {
    "Connector2-MaxCurrent": CONNECTOR_A,
    "Static-LoadBalancing": ON_OFF,
    "SCN-AlternatingPeriod": (900.0, 300.0, 60.0),
}
ON_A_METER: Mapping[str, tuple[Any, ...]] = {
    "SmartMeter-MaxCurrent": (25.0, 35.0, 16.0, 10.0),
    "Safe-MaxCurrent": (10.0, 6.0, 5.0, 0.0),
}
# Cars as they are on the road: below their offer, so that they charge until somebody does something.
ROAD: tuple[Car, ...] = tuple(
    {"like": name, "draw_fraction": 0.97, "max_a": 32.0}
    for name in ("obedient-3p", "obedient-1p", "obedient-2p", "chameleon", "chameleon", "slow")
)
GARAGE: tuple[Car, ...] = (*ROAD, *ROAD, *ROAD, *cars())
# It begins anew every second or two: hours of that cost as much as a meter.
RESTLESS = ("toggling",)
# Until the station is on again for sure, if it was to reboot twice.
BOOTED_S = 60.0
HOUSE_A = (0.0, 5.0, 10.0, 15.0, 18.5, 24.0, 30.0)
PV_A = (0.0, 8.0, 16.0)
RESISTORS_OHM = (2740.0, 882.0, 246.0)
DRIVES: tuple[tuple[str, Any], ...] = (
    *(("says", word) for word in ("full", "ready", "asleep")),
    *(("max_a", a) for a in (6.0, 8.0, 9.5, 14.0, 32.0)),
    *(("draw_a", a) for a in (0.0, 7.0, 8.28, 16.0, "offer")),
)
OPENED = "Suspend when an external circuit is opened"
SUSPENDS = ("Suspend when an external circuit is closed",) * 3 + (OPENED,)


# -- the bench -------------------------------------------------------------------------------------------------------


@st.composite
def benches(draw: st.DrawFn) -> BenchTable:
    """One or two sockets, one or two cables, one phase or three, with or without a meter, with or without probing."""
    meter = draw(st.sampled_from(METERS))
    sockets: Literal[1, 2] = draw(st.sampled_from([1, 2]))
    feeders: Literal[1, 2] = draw(st.sampled_from([1, 1, 2]))
    orders = draw(st.sampled_from([ROTATIONS, ROTATIONS, ("L1", "L2", "L3")]))
    feeder, feeder_2 = draw(st.sampled_from(orders)), draw(st.sampled_from(orders))
    two_cables = sockets == feeders == 2
    return BenchTable(
        sockets=sockets,
        feeders=2 if two_cables else 1,
        feeder=feeder,
        feeder_2=feeder_2 if two_cables else "",
        meter=meter,
        behind_meter=draw(st.sampled_from([True, True, False])) or not meter,
        probing=draw(st.booleans()),
    )


@st.composite
def stations(draw: st.DrawFn, bench: BenchTable) -> dict[str, Any]:
    """How the station is set. What does not concern it is drawn all the same, so that it can be shrunk to another."""
    one: dict[str, Any] = {key: draw(st.sampled_from(values)) for key, values in ALL.items()}
    two: dict[str, Any] = {key: draw(st.sampled_from(values)) for key, values in ON_TWO_SOCKETS.items()}
    metered: dict[str, Any] = {key: draw(st.sampled_from(values)) for key, values in ON_A_METER.items()}
    classifier, suspends = draw(st.sampled_from(["power-factor", "stepdown"])), draw(st.sampled_from(SUSPENDS))
    return {
        "FeatureLicenseKey": "ALB",
        **one,
        **(two if bench.sockets == 2 else {}),
        **({"probing.classifier": classifier} if bench.probing else {}),
        **(metered | {"Active-LoadBalancing": "On"} if bench.meter else {}),
        **({"SmartMeterIncludesCharger": bench.behind_meter} if bench.meter else {}),
        **({} if bench.meter.startswith("dsmr") else {"RJ11-Mode": suspends}),  # P1 has the RJ11 port for itself
    }


# -- what happens ----------------------------------------------------------------------------------------------------


def waits(longest_s: float) -> SearchStrategy[float]:
    """From a tenth of a second to hours."""
    scales = (1, 10, 100, 1_000, 10_000, 100_000)
    return (
        st.sampled_from([scale for scale in scales if scale <= longest_s * 10])
        .flatmap(lambda scale: st.integers(max(1, scale // 10), scale))
        .map(lambda tenths: tenths / 10)
    )


class Course:
    """Draws what happens on a bench, one thing after the other, each possible after those before it."""

    def __init__(self, draw: st.DrawFn, bench: BenchTable, settings: Mapping[str, Any]) -> None:
        self._draw = draw
        self._bench = bench
        self._opened_suspends = settings.get("RJ11-Mode") == OPENED
        self._cars = [car for car in GARAGE if car not in RESTLESS or bench.meter in FAST]
        self._sockets = range(1, bench.sockets + 1)
        self._plugged: set[int] = set()
        self._undo: dict[tuple[object, ...], dict[str, Any]] = {}
        """What is wrong, or not as usual, and the step that ends it."""

    def begins(self) -> Iterator[dict[str, Any]]:
        """What is so at the beginning: nobody is suspended, and there may be a car on each socket."""
        if self._opened_suspends:
            yield {"contact": "closed"}
        for _ in self._sockets:
            if self._any([False, True, True, True]):
                yield self._plug()

    def goes_on(self) -> dict[str, Any]:
        """One thing that can happen now, as a key of a step; nothing at all is the simplest."""
        kinds = [kind for kind, (times, possible) in self._kinds().items() if possible for _ in range(times)]
        kind = self._any(kinds)
        step: dict[str, Any] = getattr(self, f"_{kind}")()
        return step

    def _kinds(self) -> Mapping[str, tuple[int, bool]]:
        """How often each is chosen, and whether it is possible."""
        metered, p1 = bool(self._bench.meter), self._bench.meter.startswith("dsmr")
        return {
            "nothing": (2, True),
            "plug": (6, len(self._plugged) < self._bench.sockets),
            "unplug": (2, bool(self._plugged)),
            "car": (3, bool(self._plugged)),
            "house_a": (4, metered),
            "pv_a": (1, metered),
            "meter_fault": (2, metered),
            "pilot_fault": (1, bool(self._plugged)),
            "mains": (1, True),
            "contact": (1, not p1),  # a P1 meter has the RJ11 port for itself
            "undone": (6, bool(self._undo)),
            "set": (1, True),
            "reboot": (1, True),
        }

    def _any(self, choice: Iterable[Any]) -> Any:
        return self._draw(st.sampled_from(list(choice)))

    def _nothing(self) -> dict[str, Any]:
        return {}

    def _undone(self) -> dict[str, Any]:
        return self._undo.pop(self._any(self._undo))

    def _plug(self) -> dict[str, Any]:
        socket = self._any(number for number in self._sockets if number not in self._plugged)
        self._plugged.add(socket)
        return {"plug": Plug(car=self._any(self._cars), socket=socket)}

    def _unplug(self) -> dict[str, Any]:
        socket = self._any(sorted(self._plugged))
        self._plugged.discard(socket)
        self._undo.pop(("car", socket), None)
        return {"unplug": Unplug(socket=socket)}

    def _car(self) -> dict[str, Any]:
        socket = self._any(sorted(self._plugged))
        key, value = self._any(DRIVES)
        drive: dict[str, Any] = {key: value}
        usual: Any = {"says": "ready", "draw_a": "offer"}.get(key)
        if usual is not None:
            self._undo["car", socket] = {"car": Drive(socket=socket, **{key: usual})}
        return {"car": Drive(socket=socket, **drive)}

    def _house_a(self) -> dict[str, Any]:
        return {"house_a": self._amperes(HOUSE_A)}

    def _pv_a(self) -> dict[str, Any]:
        return {"pv_a": self._amperes(PV_A)}

    def _amperes(self, choice: Iterable[float]) -> float | tuple[float, ...]:
        """The same on every phase, or something else on each."""
        one = st.sampled_from(list(choice))
        return self._draw(one | st.tuples(one, one, one))

    def _meter_fault(self) -> dict[str, Any]:
        fault = self._any(breaks_of(KINDS[self._bench.meter]))
        self._undo["meter", fault] = {"meter_fault": MeterFault(fault=fault, on=False)}
        return {"meter_fault": MeterFault(fault=fault)}

    def _pilot_fault(self) -> dict[str, Any]:
        socket, fault = self._any(sorted(self._plugged)), self._any(PILOT_FAULTS)
        self._undo["pilot", socket, fault] = {"pilot_fault": PilotFault(socket=socket, fault=fault, on=False)}
        ohm = self._any(RESISTORS_OHM) if fault == "resistor_ohm" else None
        return {"pilot_fault": PilotFault(socket=socket, fault=fault, ohm=ohm)}

    def _mains(self) -> dict[str, Any]:
        socket = self._any(self._sockets)
        self._undo["mains", socket] = {"mains": Mains(socket=socket, on=True)}
        return {"mains": Mains(socket=socket, on=False)}

    def _contact(self) -> dict[str, Any]:
        suspends, usual = ("open", "closed") if self._opened_suspends else ("closed", "open")
        self._undo["contact",] = {"contact": usual}
        return {"contact": suspends}

    def _set(self) -> dict[str, Any]:
        """A setting that somebody changes."""
        metered = {**ON_A_METER, "Active-LoadBalancing": ON_OFF} if self._bench.meter else {}
        choices = {**ALL, **(ON_TWO_SOCKETS if self._bench.sockets == 2 else {}), **metered}
        key = self._any(choices)
        return {"set": {key: self._any(choices[key])}}

    def _reboot(self) -> dict[str, Any]:
        return {"reboot": True}


# -- the whole -------------------------------------------------------------------------------------------------------


@st.composite
def scenarios(draw: st.DrawFn, most_steps: int) -> Scenario:
    """A bench, a station and up to so many things that happen."""
    bench = draw(benches())
    wait = waits(2 * MINUTE_S if bench.meter in FAST else 3 * HOUR_S)
    settings = draw(stations(bench))
    course = Course(draw, bench, settings)
    happens = [*course.begins(), *(step for _ in range(most_steps) if (step := course.goes_on()))]
    steps, since_s = list[Step](), BOOTED_S
    for step in happens:
        after_s = draw(wait)
        since_s += after_s
        if "unplug" in step and since_s < BOOTED_S:
            # A car that is swapped while the station is off is taken for the one before: nothing tells it (O-13).
            after_s, since_s = after_s + BOOTED_S, BOOTED_S
        if "reboot" in step:
            since_s = 0.0
        steps.append(Step(after_s=after_s, **step))
    lasts_s = sum(step.after_s or 0.0 for step in steps) + draw(wait)
    return Scenario(station=settings, bench=bench, steps=tuple(steps), lasts_s=round(lasts_s, 1))
