"""Shares of the allowed current, exact to the milliampere."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from emulators.pilot.codec import duty_for, read_duty
from rig.bench import Bench
from rig.errors import NotTestableHere
from rig.kit import overdraw
from rig.timeline import Event


def test_the_bands_are_those_of_the_catalogue() -> None:
    assert [band.clause for band in overdraw.BANDS] == ["OCP-001", "OCP-002", "OCP-003", "OCP-004", "OCP-006"]


@pytest.mark.parametrize(
    ("share", "ampere", "percent"),
    [
        (10_000, 16.0, "100%"),
        (9_990, 15.984, "99.9%"),
        (10_499, 16.798, "104.99%"),
        (10_500, 16.8, "105%"),
        (15_000, 24.0, "150%"),
    ],
)
def test_shares(share: int, ampere: float, percent: str) -> None:
    assert overdraw.ampere(share) == ampere
    assert overdraw.percent(share) == percent


def test_a_step_below_a_threshold_is_below_it_and_a_threshold_is_at_it() -> None:
    """Whatever is rounded: the pair around a threshold stays a pair"""
    for band in overdraw.BANDS:
        threshold = band.lower_permille * 10
        limit_ma = round(overdraw.ALLOWED_A * 1000) * band.lower_permille
        assert round(overdraw.ampere(threshold) * 1000) * 1000 >= limit_ma
        assert round(overdraw.ampere(threshold - overdraw.STEP) * 1000) * 1000 < limit_ma


def test_a_car_reads_the_allowed_current_exactly() -> None:
    assert read_duty(duty_for(round(overdraw.ALLOWED_A * 1000))).ma == round(overdraw.ALLOWED_A * 1000)


def test_the_car() -> None:
    assert overdraw.car().phases == 1
    three = overdraw.car(3)
    assert three.phases == 3
    assert three.max_a > 2 * overdraw.ALLOWED_A
    assert three.draw_fraction < 1.0


class Drawing:
    """A bench that only notes what is drawn, by a load that is off by `draw_error_a` at most."""

    def __init__(self, draw_error_a: float = 0.0) -> None:
        self.drawn: list[tuple[float, ...]] = []
        self.draw_error_a = draw_error_a

    def outlet(self, _number: int) -> Drawing:
        return self

    @property
    def side(self) -> Drawing:
        return self

    async def draw(self, _vehicle: object, *a_per_phase: float) -> Event:
        self.drawn.append(a_per_phase)
        return Event(0.0, "board", "currents", {})


@pytest.mark.parametrize(
    ("phase", "drawn"), [(None, (16.8,)), (0, (16.8, 15.2, 15.2)), (1, (15.2, 16.8, 15.2)), (2, (15.2, 15.2, 16.8))]
)
def test_drawing_on_all_phases_or_on_one(phase: int | None, drawn: tuple[float, ...]) -> None:
    bench = Drawing()
    vehicle: Any = object()
    asyncio.run(_awaited(cast(Bench, bench), vehicle, phase))
    assert bench.drawn == [drawn]


async def _awaited(bench: Bench, vehicle: Any, phase: int | None) -> None:
    await overdraw.draw_share(bench, vehicle, 10_500, phase=phase)


@pytest.mark.parametrize("share", [9_990, 10_000, 10_499, 10_500, 14_980, 15_020])
def test_an_edge_is_not_told_from_its_neighbours_with_an_uncertain_load(share: int) -> None:
    bench: Any = Drawing(0.05)
    with pytest.raises(NotTestableHere, match=r"are nearer to a band's edge than the 0.05 A of this load bank"):
        asyncio.run(_shared(bench, share))
    asyncio.run(_shared(bench, 10_800))
    assert bench.drawn == [(17.28,)]


async def _shared(bench: Any, share: int) -> None:
    await overdraw.draw_share(bench, cast(Any, None), share)
