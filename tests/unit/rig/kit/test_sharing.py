"""Settings, waiting and judging of the cases with a car at each of two sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.kit import sharing
from rig.kit.balancing import STANDS_STILL_S, car
from rig.options import RunOptions
from station.settings import Settings


@pytest.fixture
def case() -> Iterator[Case]:
    case = Case("ph/examples/it", RunOptions())
    yield case
    case.close()


def on_a_bench(case: Case, body: Callable[[Bench], Any], *, probing: bool = False) -> None:
    """Run `body` on a bench with two sockets that share 25 A."""

    async def whole() -> None:
        async with case.bench(sharing.settings(25.0), sockets=2, probing=probing) as bench:
            await body(bench)

    case.run(whole())


def outcomes(case: Case) -> list[str]:
    return [verdict.verdict for verdict in case.judge.verdicts]


def test_the_station_takes_the_settings_as_they_are_meant() -> None:
    settings = Settings.from_mapping({"station.sockets": 2, **sharing.settings(25.0)})
    assert settings.shares
    assert (settings.station_da, settings.connectors_da) == (250, (250, 250))
    lower = Settings.from_mapping({"station.sockets": 2, **sharing.settings(25.0, 16.0)})
    assert (lower.station_da, lower.connectors_da) == (250, (160, 160))


def test_both_are_probed_and_share_when_they_are_plugged_in(case: Case) -> None:
    async def body(bench: Bench) -> None:
        await sharing.plugged_in(case, bench, car(), car())
        for outlet in bench.outlets:
            assert outlet.observed.offered_a == 12.5
            sharing.judge_share(case, outlet, "PH-020", "both", 12.5)
            sharing.judge_share(case, outlet, "PH-020", "both", 12.7)

    on_a_bench(case, body, probing=True)
    assert outcomes(case) == ["pass", "fail"] * 2
    assert [verdict.what for verdict in case.judge.verdicts[::2]] == [
        "both, socket 1",
        "both, socket 2",
    ]


def test_offers_are_those_of_one_socket(case: Case) -> None:
    async def body(bench: Bench) -> None:
        one, two = bench.outlets
        await one.charge(car())
        await case.until(30.0)
        await two.charge(car())
        await case.until(40.0)
        assert sharing.offers_a(case, one, 0.0)[-2:] == [25.0, 12.5]
        assert sharing.offers_a(case, one, 20.0) == [25.0, 12.5]
        assert sharing.offers_a(case, one, 39.0) == [12.5]
        assert set(sharing.offers_a(case, two, 20.0)) == {0.0, 12.5}

    on_a_bench(case, body)


def test_an_offer_that_changes_at_any_socket_has_not_settled(case: Case) -> None:
    async def body(bench: Bench) -> None:
        for outlet in bench.outlets:
            await outlet.charge(car())
        case.loop.call_later(10.0, bench.outlet(2).unplug)
        began_s = case.now_s()
        await sharing.settled(case, bench)
        assert case.now_s() >= began_s + 10.0 + STANDS_STILL_S

    on_a_bench(case, body)
