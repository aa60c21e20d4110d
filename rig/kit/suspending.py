"""Suspend charging cases: an external circuit at the station's RJ11 input says that nobody may charge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench, Outlet
from rig.bench.outlet import CHARGING_WITHIN_S
from rig.case import Case
from rig.clauses.timings import timing
from rig.errors import HarnessError
from rig.kit import sharing
from rig.kit.balancing import pilots
from rig.timeline import Event

STATION_A = 25.0
PAUSE = timing("SCM-004")
RESUME = timing("SCM-016.resume")
CONTACTOR_OPEN = timing("M3-001.contactor-open")
FORCED_OPEN = timing("M3-001.c1-forced-open")
# Longer than the slowest car that the standard allows takes to stop, or its contactor to open under load.
STOPPED_S = FORCED_OPEN.value_s + FORCED_OPEN.tolerance_late_s + 3.0
SUSPENDED_TEXT = "Charging session halted by energy supplier"
PAUSED_STATES = ("B1", "C1")


@dataclass(frozen=True, slots=True)
class Polarity:
    """Which way round the circuit works: the value of RJ11-Mode, and whether it suspends when it is closed."""

    name: str
    mode: str
    closed: bool

    def __str__(self) -> str:
        return self.name


CLOSED = Polarity("closed", "Suspend when an external circuit is closed", True)
OPENED = Polarity("opened", "Suspend when an external circuit is opened", False)
POLARITIES = pytest.mark.parametrize("polarity", [CLOSED, OPENED], ids=str)
"""Runs a case with a circuit that suspends when closed, and with one that does when opened (SCM-012)."""


def settings(polarity: Polarity = CLOSED, station_max_a: float = STATION_A) -> dict[str, object]:
    """Two sockets that share a current, and a circuit that can suspend them."""
    return {**sharing.settings(station_max_a), "RJ11-Mode": polarity.mode}


def car(phases: int = 3, *, stops_after_s: float = 1.0, starts_after_s: float = 1.0) -> VehicleSpec:
    """A car that follows every offer, and takes so long to stop and to get ready."""
    return VehicleSpec(
        phases=phases, max_a=32.0, draw_fraction=0.97, stop_reaction_s=stops_after_s, start_delay_s=starts_after_s
    )


class Circuit:
    """The external circuit of a bench, as seen by who suspends."""

    def __init__(self, rig: Case, bench: Bench, polarity: Polarity = CLOSED) -> None:
        self._rig = rig
        self._bench = bench
        self._polarity = polarity

    async def set(self, closed: bool) -> Event:
        """Close or open it. Raises HarnessError when it is so already."""
        changing = self._bench.observed.expect("contact", lambda event: event.data["closed"] is closed)
        self._bench.contact(closed)
        changed = await changing.within(1.0)
        if changed is None:
            raise HarnessError(f"the external circuit is {'closed' if closed else 'open'} already")
        return changed

    async def suspend(self) -> Event:
        """Nobody may charge from now on."""
        return await self.set(self._polarity.closed)

    async def release(self) -> Event:
        """Everybody may."""
        return await self.set(not self._polarity.closed)

    async def allow(self) -> None:
        """At the start of a case: a circuit that was never touched is open, which may suspend."""
        if not self._polarity.closed:
            await self.release()
            await self._rig.until(self._rig.now_s() + RESUME.value_s)


async def charging(rig: Case, bench: Bench, spec: VehicleSpec, *clauses: str) -> None:
    """The same car is plugged in at every socket, and should charge there: judged, not asked for."""
    drawing = [
        outlet.observed.expect("currents", lambda event: max(event.data["i_a"]) > 0.0) for outlet in bench.outlets
    ]
    for outlet in bench.outlets:
        outlet.plug_in(spec)
    for expected in drawing:
        await expected.within(CHARGING_WITHIN_S)
    await bench.probed()
    await sharing.settled(rig, bench)
    judge_charging(rig, bench.outlets, clauses, "before")


def pilots_since(rig: Case, outlet: Outlet, since_s: float) -> list[Event]:
    """What the pilot of a socket did since then."""
    return [event for event in pilots(rig, outlet.number) if event.at_s >= since_s]


def leaves_c2(rig: Case, outlet: Outlet, since_s: float) -> Event | None:
    """When a socket stopped offering current."""
    return next((event for event in pilots_since(rig, outlet, since_s) if event.data["signal"] != "pwm"), None)


def offers(rig: Case, outlet: Outlet, since_s: float) -> Event | None:
    """When a socket offered current again."""
    return next((event for event in pilots_since(rig, outlet, since_s) if event.data["signal"] == "pwm"), None)


def judge_left(rig: Case, outlet: Outlet, clause: str, contact: Event) -> None:
    """The session is paused within its time after the circuit said so."""
    rig.judge.timed(
        PAUSE,
        f"socket {outlet.number} leaves C2",
        start=contact,
        end=leaves_c2(rig, outlet, contact.at_s),
        watched_until_s=rig.now_s(),
        clause=clause,
    )


def judge_states(rig: Case, outlet: Outlet, clauses: Iterable[str], contact: Event) -> None:
    """Once paused, the pilot has been in C1 and B1 and nowhere else."""
    left = leaves_c2(rig, outlet, contact.at_s)
    states = [] if left is None else [str(event.data["state"]) for event in pilots_since(rig, outlet, left.at_s)]
    for clause in clauses:
        rig.judge.holds(
            clause,
            f"pilot of socket {outlet.number} while suspended",
            holds=bool(states) and all(state in PAUSED_STATES for state in states),
            seen=" ".join(states) or "C2",
            promised="C1, B1",
            evidence={"from_s": contact.at_s, "to_s": rig.now_s()},
        )


def judge_given_no_current(rig: Case, outlet: Outlet, clauses: Iterable[str], what: str, since_s: float) -> None:
    """Nothing was offered at a socket since then, and nothing has flowed."""
    offered = offers(rig, outlet, since_s)
    flowed = [
        event
        for event in rig.timeline.of("currents")
        if event.data["socket"] == outlet.number and event.at_s >= since_s and max(event.data["i_a"]) > 0.0
    ]
    for clause in clauses:
        rig.judge.never(
            clause,
            f"{what}: current at socket {outlet.number}",
            event=offered or next(iter(flowed), None),
            watched_s=rig.now_s() - since_s,
            promised="none while suspended",
        )


def judge_opened_cold(rig: Case, outlet: Outlet, clause: str, contact: Event) -> None:
    """The contactor opened without a load, when the car had stopped, and soon after that (IEC 61851-1)."""
    since_s = contact.at_s
    opened = _first(rig.timeline.of("contactor"), outlet, since_s, lambda event: not event.data["closed"])
    still = _first(rig.timeline.of("currents"), outlet, since_s, lambda event: max(event.data["i_a"]) == 0.0)
    stopped = next((event for event in pilots_since(rig, outlet, since_s) if event.data["state"] == "B1"), None)
    rig.judge.holds(
        clause,
        f"contactor of socket {outlet.number}",
        holds=opened is not None and still is not None and still.at_s < opened.at_s,
        seen=_seen(opened, still),
        promised="opens after the car has stopped drawing",
    )
    if stopped is not None:
        rig.judge.timed(
            CONTACTOR_OPEN,
            f"contactor of socket {outlet.number} opens after the car has stopped",
            start=stopped,
            end=opened,
            watched_until_s=rig.now_s(),
            clause=clause,
        )


def judge_resumed(rig: Case, outlet: Outlet, clause: str, contact: Event) -> None:
    """Current is offered again within its time after the circuit allowed it."""
    rig.judge.timed(
        RESUME,
        f"socket {outlet.number} is offered current again",
        start=contact,
        end=offers(rig, outlet, contact.at_s),
        watched_until_s=rig.now_s(),
        clause=clause,
    )


def judge_charging(rig: Case, outlets: Sequence[Outlet], clauses: Iterable[str], what: str) -> None:
    """Cars draw now at these sockets."""
    for clause in clauses:
        for outlet in outlets:
            drawn_a = max(outlet.observed.drawn_a)
            rig.judge.holds(
                clause,
                f"{what}: charging at socket {outlet.number}",
                holds=outlet.observed.pilot_state == "C2" and drawn_a > 0.0,
                seen=f"{outlet.observed.pilot_state}, {drawn_a:g} A",
                promised="C2, and current flows",
                evidence={"at_s": rig.now_s()},
            )


def _first(events: Sequence[Event], outlet: Outlet, since_s: float, fits: Callable[[Event], bool]) -> Event | None:
    here = (event for event in events if event.data["socket"] == outlet.number and event.at_s >= since_s)
    return next((event for event in here if fits(event)), None)


def _seen(opened: Event | None, still: Event | None) -> str:
    opens = "never opened" if opened is None else f"opened at {opened.at_s:g} s"
    stops = "the current never stopped" if still is None else f"the current stopped at {still.at_s:g} s"
    return f"{opens}, {stops}"
