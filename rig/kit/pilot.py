"""Control pilot cases: who plays the car, and judging what a scope and the contactor show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol

import pytest

from emulators.pilot.circuit import NO_FAULTS, PilotFaults
from emulators.pilot.proximity import ohm_for
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench import Bench, Outlet
from rig.bench.observed import Expectation
from rig.case import Case
from rig.clauses.timings import Timing, limit
from rig.timeline import Event

if TYPE_CHECKING:  # VISA is slow to import, and of no use to most cases
    from rig.instruments import EvSimulator

OFFER_A = 16.0
CABLE_A = 32
# A station that does not react within this does not react at all.
PATIENCE_S = 30.0
# Of what no time is documented for: long after any station has done it.
SETTLED_S = 5.0

PlayerName = Literal["car", "box"]
Defect = Literal["pilot open", "earth lost", "pilot shorted", "diode shorted"]
DEFECTS: Mapping[Defect, PilotFaults] = {
    "pilot open": PilotFaults(open=True),
    "earth lost": PilotFaults(earth_lost=True),
    "pilot shorted": PilotFaults(shorted_to_pe=True),
    "diode shorted": PilotFaults(diode_shorted=True),
}
PLAYERS = pytest.mark.parametrize("player", ["car", "box"])
"""Runs a case with the emulated car of the board, and with the EV simulator box, as its argument `player`."""


def settings(offer_a: float = OFFER_A) -> dict[str, object]:
    """A station that offers that much, without meter or licence: mode 3 is what every station does."""
    return {"Station-MaxCurrent": offer_a, "Connector1-MaxCurrent": offer_a, "FeatureLicenseKey": ""}


def of_rating(rig: Case, wanted: Mapping[str, object], rated_a: float) -> dict[str, object]:
    """The same settings on a station that is built for so much: the reference station is told, another one is."""
    own: dict[str, object] = {"station.rated_a": rated_a} if rig.options.bench.station.kind == "reference" else {}
    return {**wanted, **own}


class Player(Protocol):
    """Who plays the car, step by step. Each returns when it has been done, not when the station has reacted."""

    async def plug(self, cable_a: int = CABLE_A) -> None:
        """Plug in with a cable for that current; the car is not ready (state B)."""

    async def ready(self) -> None:
        """Ask for current (state C). Of itself the box draws none, the car what it is offered."""

    async def stop(self) -> None:
        """Ask for no current any more (state B)."""

    async def unplug(self) -> None:
        """Pull the plug (state A)."""

    async def spoil(self, defect: Defect) -> None:
        """Put a defect on the pilot."""


class CarPlayer:
    """See Player: a car as in every other case."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._car: Vehicle | None = None

    async def plug(self, cable_a: int = CABLE_A) -> None:
        """See Player."""
        self._car = self._bench.plug_in(
            VehicleSpec(max_a=80.0, draw_fraction=0.97, start_delay_s=0.01, reaction_s=0.5, pp_ohm=ohm_for(cable_a))
        )
        await self.stop()

    async def ready(self) -> None:
        """See Player."""
        assert self._car is not None
        self._car.resume()
        self._bench.poke()

    async def stop(self) -> None:
        """See Player."""
        assert self._car is not None
        self._car.stop()
        self._bench.poke()

    async def unplug(self) -> None:
        """See Player."""
        self._bench.unplug()
        self._bench.outlet(1).set_pilot_faults(NO_FAULTS)

    async def spoil(self, defect: Defect) -> None:
        """See Player."""
        self._bench.outlet(1).set_pilot_faults(DEFECTS[defect])


class BoxPlayer:
    """See Player: the EV simulator box of the bench, through VISA."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def plug(self, cable_a: int = CABLE_A) -> None:
        """See Player."""
        box = await self._bench.ev_box()
        await box.set_cable(cable_a)
        await box.set_state("B")

    async def ready(self) -> None:
        """See Player."""
        await (await self._bench.ev_box()).set_state("C")

    async def stop(self) -> None:
        """See Player."""
        await (await self._bench.ev_box()).set_state("B")

    async def unplug(self) -> None:
        """See Player."""
        await (await self._bench.ev_box()).reset()

    async def spoil(self, defect: Defect) -> None:
        """See Player."""
        box = await self._bench.ev_box()
        if defect == "pilot open":
            await box.set_pilot(False)
        elif defect == "earth lost":
            await box.set_earth(False)
        elif defect == "pilot shorted":
            await box.set_short("pilot")
        else:
            await box.set_diode("shorted")


def play(bench: Bench, player: PlayerName) -> Player:
    """The one who plays the car in this case."""
    return CarPlayer(bench) if player == "car" else BoxPlayer(bench)


async def unprobed(outlet: Outlet, box: EvSimulator) -> None:
    """Let the session of a box get over its probing, in which it is offered something else, and go back to state B.

    Does nothing at a station that does not probe.
    """
    if not outlet.probes:
        return
    await box.set_state("C")
    if await outlet.observed.pilot("C2", within_s=PATIENCE_S) is not None:
        await outlet.probed()
    await box.set_state("B")


async def powered(bench: Bench, car: Player) -> Event | None:
    """Plug in, ask for current, and wait for it: the event with which the contactor closes, None when it does not."""
    closing = closes(bench)
    await car.plug()
    await bench.observed.pilot("B2", within_s=PATIENCE_S)
    await car.ready()
    return await closing.within(PATIENCE_S)


def closes(at: Bench | Outlet) -> Expectation:
    """The contactor closing, from now on; that of outlet 1 on a bench."""
    return at.observed.expect("contactor", lambda event: bool(event.data["closed"]))


def opens(at: Bench | Outlet) -> Expectation:
    """The contactor opening, from now on; that of outlet 1 on a bench."""
    return at.observed.expect("contactor", lambda event: not event.data["closed"])


def judge_opening(rig: Case, row: Timing, what: str, start: Event | None, end: Event | None, clause: str) -> None:
    """How soon the contactor opened after what it has to open for; that this never came fails too."""
    if start is None:
        rig.judge.holds(clause, what, holds=False, seen="the pilot did not change", promised=row.from_event)
    else:
        rig.judge.timed(row, what, start=start, end=end, watched_until_s=rig.now_s(), clause=clause)


def judge_never_powered(rig: Case, clause: str, what: str, since_s: float) -> None:
    """The contactor has not closed since then."""
    closed = [event for event in rig.timeline.of("contactor") if event.data["closed"] and event.at_s >= since_s]
    rig.judge.never(
        clause,
        f"power {what}",
        event=closed[0] if closed else None,
        watched_s=rig.now_s() - since_s,
        promised="no power",
    )


def judge_level(rig: Case, level: str, volt: float | None, uncertainty_v: float) -> None:
    """A level of the pilot as the scope measured it, against its window (`M3-001.<level>-lower`, `-upper`)."""
    lower, upper = limit(f"M3-001.{level}-lower"), limit(f"M3-001.{level}-upper")
    what = lower.name.removesuffix(", lowest")
    if volt is None:
        rig.judge.holds("M3-001", what, holds=False, seen="nothing to measure", promised=f"{lower.value:g} V or more")
        return
    rig.judge.value(
        "M3-001",
        what,
        measured=volt,
        limit=lower.value,
        unit="V",
        late=upper.value - lower.value,
        uncertainty=uncertainty_v,
        evidence={"at_s": rig.now_s(), "highest_v": upper.value},
    )


def judge_duty(rig: Case, clause: str, what: str, duty: float | None, promised_pct: float, uncertainty: float) -> None:
    """A duty cycle (0 ... 1) as the scope measured it, against a promised one in percent."""
    if duty is None:
        rig.judge.holds(clause, what, holds=False, seen="no PWM", promised=f"a duty cycle of {promised_pct:g} %")
        return
    off_pct = limit("M3-003.duty-tolerance").value
    rig.judge.value(
        clause,
        what,
        measured=100 * duty,
        limit=promised_pct,
        unit="%",
        early=off_pct,
        late=off_pct,
        uncertainty=100 * uncertainty,
        evidence={"at_s": rig.now_s()},
    )
