"""Which phase of the grid a car of one phase loads: by socket, feeder and phase rotation, as a meter shows it.

The house draws differently from each phase, so the offer tells which one the station set the car against.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rig.bench import Bench, Outlet
from rig.case import Case
from rig.kit.balancing import DSMR5, STATION_MAX_A, car, heard, off_by_a
from rig.kit.balancing import settings as balancing
from rig.kit.sharing import PROBED_WITHIN_S, judge_share, settled
from rig.meters import KINDS, MeterKind

MAX_A = 25.0
# So that a car of any phase can be probed with 14 A, and each phase leaves another offer.
HOUSE_A = (2.0, 6.0, 10.0)
OFF_A = off_by_a(DSMR5)
ONE_PHASE = ("L1", "L2", "L3")
ROTATIONS = ("L1L2L3", "L1L3L2", "L2L3L1", "L2L1L3", "L3L1L2", "L3L2L1")
# PH-009: how four stations, one after the other, should be connected.
STATIONS = ("L1L2L3", "L3L1L2", "L2L3L1", "L1L2L3")
# PH-010, X-07: of socket 1 and socket 2.
COMBINATIONS = (("L1L2L3", "L2L3L1"), ("L3L2L1", "L2L3L1"), ("L2L3L1", "L3L2L1"))


def first_phase(feeder: str, socket: int) -> int:
    """Index of the grid phase that a car of one phase loads: the feeder's last at socket 1, its first at 2 (PH-001)."""
    names = feeder.split("L")[1:]
    return int(names[-1] if socket == 1 else names[0]) - 1


def configured(feeder: str, *, feeders: int = 1) -> dict[str, object]:
    """ALB on one or two feeders; two have a cable, and its current, for each socket."""
    station_a = STATION_MAX_A * feeders
    config = balancing(DSMR5, meter_max_a=MAX_A, station_max_a=station_a)
    connectors: dict[str, object] = {"Connector1-MaxCurrent": STATION_MAX_A, "Connector2-MaxCurrent": STATION_MAX_A}
    return {**config, **connectors, "Phase-Connected": feeder}


async def probed(rig: Case, bench: Bench) -> None:
    """Wait until every car is probed and the offers follow the meter."""
    await rig.until(rig.now_s() + PROBED_WITHIN_S)
    await settled(rig, bench, OFF_A)


def judge_loaded(rig: Case, bench: Bench, clause: str, what: str, phases: Sequence[int]) -> None:
    """The meter's own currents now, as the station shows them, less what the house draws: on these phases and others
    not."""
    shown = bench.observed.field("monitor", "meter_a")
    meter_a = list(shown) if isinstance(shown, list | tuple) else list(bench.site.read(rig.now_s()).current_a)
    car_a = [seen_a - house_a for seen_a, house_a in zip(meter_a, HOUSE_A, strict=True)][: bench.meter.kind.phases]
    seen = {index for index, current_a in enumerate(car_a) if current_a > 1.0}
    rig.judge.holds(
        clause,
        f"{what}: phases of the meter that the car is seen on",
        holds=seen == set(phases),
        seen=", ".join(f"L{index + 1}: {current_a:.1f} A" for index, current_a in enumerate(car_a)),
        promised=" and ".join(f"L{phase + 1}" for phase in sorted(phases)),
    )


async def judge_alone(rig: Case, bench: Bench, outlet: Outlet, clause: str, phase: int, *, car_phases: int = 1) -> None:
    """A car that loads one phase, alone at this socket: seen on that phase, and limited by what is left there."""
    what = f"alone at socket {outlet.number}"
    outlet.plug_in(car(car_phases))
    await probed(rig, bench)
    judge_share(rig, outlet, clause, what, MAX_A - HOUSE_A[phase], DSMR5.error_a)
    judge_loaded(rig, bench, clause, what, [phase])
    outlet.unplug()
    await bench.readings(2)


async def judge_both(rig: Case, bench: Bench, clause: str, phases: Sequence[int]) -> None:
    """A car of one phase at each socket: each limited by its own phase, as if the other were not there."""
    for outlet in bench.outlets:
        outlet.plug_in(car(phases=1))
    await probed(rig, bench)
    for outlet, phase in zip(bench.outlets, phases, strict=True):
        judge_share(rig, outlet, clause, "one car at each", MAX_A - HOUSE_A[phase], DSMR5.error_a)
    judge_loaded(rig, bench, clause, "one car at each", phases)


@pytest.mark.clause("PH-001")
async def test_internal_rotation(rig: Case) -> None:
    """Socket 1 is connected L3L2L1 inside the station, socket 2 L1L2L3: a one-phase car loads L3 at the one, L1 at the
    other, and the other phases do not matter to it
    """
    async with rig.bench(configured("L1L2L3"), meter=DSMR5, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A)
        await heard(rig, bench)
        for outlet, phase in zip(bench.outlets, (2, 0), strict=True):
            await judge_alone(rig, bench, outlet, "PH-001", phase)
        await judge_both(rig, bench, "PH-001", (2, 0))


@pytest.mark.parametrize("loaded", [0, 1, 2], ids=["L1", "L2", "L3"])
@pytest.mark.clause("PH-001")
async def test_a_load_on_one_phase(rig: Case, loaded: int) -> None:
    """While both cars charge, a load is switched on in one phase: only the car on that phase gives way

    The car at socket 1 is on L3, that at socket 2 on L1; nobody is on L2.
    """
    house_a = list(HOUSE_A)
    house_a[loaded] = 16.0
    async with rig.bench(configured("L1L2L3"), meter=DSMR5, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A)
        await heard(rig, bench)
        for outlet in bench.outlets:
            outlet.plug_in(car(phases=1))
        await probed(rig, bench)
        bench.house(*house_a)
        await settled(rig, bench, OFF_A)
        for outlet, phase in zip(bench.outlets, (2, 0), strict=True):
            what = f"beside a load on L{loaded + 1}"
            judge_share(rig, outlet, "PH-001", what, MAX_A - house_a[phase], DSMR5.error_a)


@pytest.mark.parametrize("cars", [(2, 1), (1, 2), (3, 1), (1, 3), (2, 2)], ids=lambda cars: f"{cars[0]}ph+{cars[1]}ph")
@pytest.mark.clause("PH-001")
async def test_cars_of_several_phases(rig: Case, cars: tuple[int, int]) -> None:
    """Cars of more phases are set against those that they load, and share those that they have in common

    At socket 1 a car loads L3, L2, L1 in that order, at socket 2 L1, L2, L3.
    """
    loads = ((2, 1, 0)[: cars[0]], (0, 1, 2)[: cars[1]])
    left_a = [MAX_A - house_a for house_a in HOUSE_A]
    # The fullest phase of those that both load is the one where they take half each (max-min fair).
    common = set(loads[0]) & set(loads[1])
    halves_a = min((left_a[phase] / 2 for phase in common), default=MAX_A)
    expected_a = [min(halves_a, *(left_a[phase] for phase in load)) for load in loads]
    async with rig.bench(configured("L1L2L3"), meter=DSMR5, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A)
        await heard(rig, bench)
        for outlet, phases in zip(bench.outlets, cars, strict=True):
            outlet.plug_in(car(phases))
        await probed(rig, bench)
        for outlet, offer_a in zip(bench.outlets, expected_a, strict=True):
            judge_share(rig, outlet, "PH-001", "cars of several phases", offer_a, DSMR5.error_a)
        judge_loaded(rig, bench, "PH-001", "cars of several phases", sorted({*loads[0], *loads[1]}))


@pytest.mark.parametrize("feeders", [1, 2])
@pytest.mark.parametrize("meter", [DSMR5, KINDS["dsmr5-1p"]], ids=str)
@pytest.mark.clause("PH-004")
async def test_one_phase_station(rig: Case, meter: MeterKind, feeders: int) -> None:
    """A one-phase station on L1 has both sockets there, on one feeder or on two: nothing rotates (X-06)

    Cars of three phases, of which they use the one there is. Each alone gets what is left on L1, both share it.
    """
    config = {**configured("L1", feeders=feeders), **meter.settings}
    async with rig.bench(config, meter=meter, sockets=2, feeders=feeders, feeder="L1", probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A[: meter.phases])
        await heard(rig, bench)
        for outlet in bench.outlets:
            await judge_alone(rig, bench, outlet, "PH-004", 0, car_phases=3)
        for outlet in bench.outlets:
            outlet.plug_in(car(phases=3))
        await probed(rig, bench)
        for outlet in bench.outlets:
            judge_share(rig, outlet, "PH-004", "both", (MAX_A - HOUSE_A[0]) / 2, DSMR5.error_a)
        judge_loaded(rig, bench, "PH-004", "both", [0])


@pytest.mark.clause("PH-008")
async def test_two_feeders_in_the_same_order(rig: Case) -> None:
    """Two feeders, both L1L2L3: each socket is rotated as with one, so one-phase cars load L3 and L1"""
    async with rig.bench(
        configured("L1L2L3", feeders=2), meter=DSMR5, sockets=2, feeders=2, feeder_2="L1L2L3", probing=True
    ) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A)
        await heard(rig, bench)
        for outlet, phase in zip(bench.outlets, (2, 0), strict=True):
            await judge_alone(rig, bench, outlet, "PH-008", phase)
        await judge_both(rig, bench, "PH-008", (2, 0))


@pytest.mark.parametrize(("station", "feeder"), list(enumerate(STATIONS, 1)), ids=["1", "2", "3", "4"])
@pytest.mark.clause("PH-009")
async def test_stations_one_after_the_other(rig: Case, station: int, feeder: str) -> None:
    """A station in its place of the recommended sequence: its cars are on the phases that the sequence gives them

    Three stations in a row have two one-phase cars on each phase; the fourth is connected as the first.
    """
    async with rig.bench(configured(feeder), meter=DSMR5, sockets=2, feeder=feeder, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A)
        await heard(rig, bench)
        phases = [first_phase(feeder, socket) for socket in (1, 2)]
        await judge_both(rig, bench, "PH-009", phases)


@pytest.mark.parametrize("feeders", COMBINATIONS, ids="+".join)
@pytest.mark.clause("PH-010")
async def test_combinations_of_feeders(rig: Case, feeders: tuple[str, str]) -> None:
    """Every printed combination of the orders of two feeders is taken, and each socket follows its own (X-07)"""
    one, two = feeders
    async with rig.bench(
        configured(one, feeders=2), meter=DSMR5, sockets=2, feeders=2, feeder=one, feeder_2=two, probing=True
    ) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A)
        await heard(rig, bench)
        phases = [first_phase(one, 1), first_phase(two, 2)]
        for outlet, phase in zip(bench.outlets, phases, strict=True):
            await judge_alone(rig, bench, outlet, "PH-010", phase)


@pytest.mark.parametrize("feeder", [*ONE_PHASE, *ROTATIONS])
@pytest.mark.clause("PH-028")
async def test_phase_rotation_by_name(rig: Case, feeder: str) -> None:
    """Each of the nine names says which phases there are and in which order: seen in the meter's currents, and in what
    each socket is offered
    """
    async with rig.bench(configured(feeder), meter=DSMR5, sockets=2, feeder=feeder, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*HOUSE_A)
        await heard(rig, bench)
        for outlet in bench.outlets:
            await judge_alone(rig, bench, outlet, "PH-028", first_phase(feeder, outlet.number))
