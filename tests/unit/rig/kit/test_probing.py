"""Settings, cars, waiting and judging of the probing cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rig.bench import Bench, NotCharging
from rig.case import Case
from rig.kit import probing
from rig.kit.balancing import DSMR5
from rig.options import RunOptions
from rig.timeline import Event
from station.settings import Settings


@pytest.fixture
def case() -> Iterator[Case]:
    case = Case("prb/minute/it", RunOptions())
    yield case
    case.close()


def on_a_bench(case: Case, body: Callable[[Bench], Any]) -> None:
    """Run `body` on a bench with two sockets that probes."""

    async def whole() -> None:
        async with case.bench(probing.settings(), sockets=2, probing=True) as bench:
            await body(bench)

    case.run(whole())


def offered(case: Case, *offers: tuple[float, float | None], socket: int = 1, state: str = "C2") -> None:
    for at_s, offered_a in offers:
        case.timeline.record(at_s, "board", "pilot", {"socket": socket, "offered_a": offered_a, "state": state})


def test_the_station_takes_the_settings_as_they_are_meant() -> None:
    settings = Settings.from_mapping({**probing.settings(25.0, probing_a=16.0, phases=1), "station.sockets": 2})
    assert (settings.shares, settings.station_da, settings.chameleon_min_a, settings.one_phase) == (True, 250, 16, True)
    active = Settings.from_mapping({**probing.active_settings(DSMR5, meter_max_a=25.0), "station.sockets": 2})
    assert (active.active_balancing, active.meter_max_a, active.connectors_da) == (True, 25.0, (320, 320))


def test_the_times_are_those_of_the_table() -> None:
    assert (probing.MINUTE.value_s, probing.NOT_OVER_S, probing.OVER_S) == (60.0, 58.0, 62.0)
    assert probing.ADJUSTED_S < probing.JUDGED_S < probing.NOT_OVER_S
    assert (probing.PROBING_A, probing.LEAST_A) == (14.0, 6.0)


def test_a_car_is_one_of_the_garage_and_never_an_over_current() -> None:
    assert (probing.car().phases, probing.car().draw_fraction) == (3, 0.97)
    assert probing.car("chameleon", phases=1).min_a == 14.0
    assert probing.car("chameleon", phases=1).phases == 1


def test_the_start_and_the_end_of_a_probe(case: Case) -> None:
    async def body(bench: Bench) -> None:
        outlet = bench.outlet(2)
        c2 = await probing.begun(outlet, probing.car())
        assert (c2.data["state"], c2.data["socket"]) == ("C2", 2)
        end = await probing.probe_over(case, outlet, c2)
        assert end is not None
        assert end.at_s - c2.at_s == pytest.approx(60.0, abs=0.1)
        assert await probing.probe_over(case, outlet, c2) == end  # looked back at
        assert await probing.probe_over(case, outlet, end, probing.AVAILABLE_A) is None

    on_a_bench(case, body)


def test_a_car_that_does_not_go_to_c2(case: Case) -> None:
    async def body(bench: Bench) -> None:
        with pytest.raises(NotCharging, match="socket 1 was not in C2 within 60 s"):
            await probing.begun(bench.outlet(1), probing.car("full"))

    on_a_bench(case, body)


def test_a_charging_car_has_settled(case: Case) -> None:
    async def body(bench: Bench) -> None:
        vehicle = await probing.charging(case, bench, bench.outlet(1), "chameleon")
        assert bench.socket.vehicle is vehicle
        assert bench.observed.offered_a == probing.AVAILABLE_A
        probing.judge_offer(case, bench.outlet(1), "PRB-009", "alone", probing.AVAILABLE_A)

    on_a_bench(case, body)
    assert [verdict.verdict for verdict in case.judge.verdicts] == ["pass"]


@pytest.mark.parametrize(("a", "meter", "verdict"), [
    (10.1, None, "pass"), (10.2, None, "fail"), (9.9, None, "fail"), (10.2, DSMR5, "pass"), (9.9, DSMR5, "pass"),
])  # fmt: skip
def test_an_offer_may_be_rounded_down(case: Case, a: float, meter: Any, verdict: str) -> None:
    async def body(bench: Bench) -> None:
        outlet = bench.outlet(1)
        offered(case, (1.0, 10.0))
        probing.judge_offer(case, outlet, "PRB-009", "it", a, meter=meter)

    on_a_bench(case, body)
    assert [found.verdict for found in case.judge.verdicts] == [verdict]


def test_levels_and_states_are_judged_by_the_worst(case: Case) -> None:
    async def body(bench: Bench) -> None:
        await case.until(100.0)
        outlet = bench.outlet(1)
        offered(case, (101.0, 14.0), (110.0, 13.0), (120.0, 20.0))
        offered(case, (105.0, 6.0), socket=2)
        offered(case, (130.0, None), state="B1")
        probing.judge_level(case, outlet, "PRB-003", "it", 14.0, since_s=101.0, until_s=110.0)
        probing.judge_level(case, outlet, "PRB-003", "it", 14.0, since_s=101.0, until_s=110.1)
        probing.judge_states(case, outlet, "PRB-021", "it", "C2", since_s=125.0)
        probing.judge_states(case, outlet, "PRB-021", "it", "C2", "B1", since_s=125.0)
        probing.judge_first_offer(case, outlet, "PRB-002", since_s=100.0)
        probing.judge_first_offer(case, outlet, "PRB-002", since_s=101.0)

    on_a_bench(case, body)
    assert [found.verdict for found in case.judge.verdicts] == ["pass", "fail", "fail", "pass", "pass", "fail"]
    assert case.judge.verdicts[1].measured == 13.0


@pytest.mark.parametrize(("lasted_s", "verdict"), [(57.9, "fail"), (58.0, "pass"), (62.0, "pass"), (62.1, "fail")])
def test_the_minute(case: Case, lasted_s: float, verdict: str) -> None:
    start, end = (Event(at_s, "board", "pilot", {}) for at_s in (0.0, lasted_s))
    probing.judge_minute(case, "PRB-006", "it", start, end)
    assert case.judge.verdicts[0].verdict == verdict
