"""The worked examples of the documents: 25 A per phase, a car at each of two sockets, and who gets how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from rig.case import Case
from rig.kit.balancing import car
from rig.kit.sharing import SHARE_OFF_A, judge_share, plugged_in, settings

LIMIT_A = 25.0
HALF_A = LIMIT_A / 2
ANY = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Example:
    """A station on its feeders, a car of so many phases at each socket, and what both are offered.

    `station_max_a` is what the grid gives the station in one phase: with two feeders in the same phases it may be twice
    what one of them carries (SLB-033).
    """

    letter: str
    clause: str
    feeder: str
    cars: tuple[int, int]
    offer_a: float
    feeder_2: str | None = None
    station_max_a: float = LIMIT_A

    def __str__(self) -> str:
        feeders = self.feeder if self.feeder_2 is None else f"{self.feeder}+{self.feeder_2}"
        twice = " 2x25 A" if self.station_max_a > LIMIT_A else ""
        return f"{self.letter} {feeders}{twice} {self.cars[0]}ph+{self.cars[1]}ph"


def examples() -> Iterator[Example]:
    """Every example with every alternative that it names."""
    yield Example("A", "PH-013", "L1", (1, 1), HALF_A)
    yield Example("B", "PH-014", "L1", (3, 3), HALF_A)
    for second in ("L2", "L3"):
        yield Example("C", "PH-015", "L1", (1, 1), LIMIT_A, second)
        for cars in product((2, 3), (2, 3)):
            yield Example("D", "PH-016", "L1", cars, LIMIT_A, second)
    yield Example("C2", "PH-023", "L1", (1, 1), HALF_A, "L1")
    yield Example("C2", "PH-023", "L1", (1, 1), LIMIT_A, "L1", 2 * LIMIT_A)
    yield Example("E", "PH-017", "L1L2L3", (1, 1), LIMIT_A)
    for cars in ((2, 1), (1, 2)):
        yield Example("F", "PH-018", "L1L2L3", cars, LIMIT_A)
    yield Example("G", "PH-019", "L1L2L3", (2, 2), HALF_A)
    for cars in ((3, 1), (3, 2), (3, 3), (1, 3), (2, 3)):
        yield Example("H", "PH-020", "L1L2L3", cars, HALF_A)
    for cars in product(ANY, ANY):
        yield Example("I", "PH-021", "L1L2L3", cars, LIMIT_A, "L1L2L3", 2 * LIMIT_A)


@pytest.mark.parametrize(
    "example", [pytest.param(row, id=str(row), marks=pytest.mark.clause(row.clause)) for row in examples()]
)
async def test_examples(rig: Case, example: Example) -> None:
    """Both cars are probed, then each is offered what the example says, and no phase carries more than it gives"""
    config = {**settings(example.station_max_a, LIMIT_A), "Phase-Connected": example.feeder}
    async with rig.bench(
        config,
        sockets=2,
        feeders=1 if example.feeder_2 is None else 2,
        feeder=example.feeder,
        feeder_2=example.feeder_2,
        probing=True,
    ) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        await plugged_in(rig, bench, *map(car, example.cars))
        for outlet in bench.outlets:
            judge_share(rig, outlet, example.clause, f"example {example.letter}", example.offer_a)
        rig.judge.value(
            example.clause,
            f"example {example.letter}: current of the fullest phase",
            measured=max(bench.site.read(rig.now_s()).current_a),
            limit=example.station_max_a,
            unit="A",
            early=None,
            late=SHARE_OFF_A,
        )


@pytest.mark.parametrize("cars", [(1, 1), (1, 2), (2, 1)], ids=lambda cars: f"{cars[0]}ph+{cars[1]}ph")
@pytest.mark.clause("PH-002")
async def test_cars_of_few_phases_do_not_meet(rig: Case, cars: tuple[int, int]) -> None:
    """Two one-phase cars, or one of them beside a car of two phases, use different phases: no phase carries both

    So neither has to give way, and a second car changes nothing for the first.
    """
    async with rig.bench(settings(LIMIT_A), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        await plugged_in(rig, bench, car(cars[0]))
        alone_a = bench.outlet(1).observed.offered_a
        bench.outlet(2).plug_in(car(cars[1]))
        await plugged_in(rig, bench)
        drawn_a = [sum(outlet.observed.drawn_a) for outlet in bench.outlets]
        loaded = sum(current_a > 0.0 for current_a in bench.site.read(rig.now_s()).current_a)
        rig.judge.holds(
            "PH-002",
            "phases that carry current",
            holds=min(drawn_a) > 0.0 and loaded == sum(cars),
            seen=f"{loaded}",
            promised=f"{sum(cars)}: each car its own",
        )
        for outlet in bench.outlets:
            judge_share(rig, outlet, "PH-002", "beside each other, as alone", alone_a)
