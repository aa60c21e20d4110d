"""Settings, cars, waiting and judging of the load balancing cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit import balancing
from rig.kit.balancing import DSMR4, DSMR5
from rig.meters import KINDS, MeterKind
from rig.options import RunOptions
from rig.timeline import Event
from station.settings import Settings


@pytest.fixture
def case() -> Iterator[Case]:
    case = Case("alb_gen/following/it", RunOptions())
    yield case
    case.close()


def on_a_bench(case: Case, meter: MeterKind, body: Callable[[Bench], Any], **settings: Any) -> None:
    """Run `body` on a bench with that meter, behind 25 A."""

    async def whole() -> None:
        async with case.bench(balancing.settings(meter, meter_max_a=25.0, **settings), meter=meter) as bench:
            await body(bench)

    case.run(whole())


class TestSettings:
    def test_the_station_takes_them_as_they_are_meant(self) -> None:
        given = balancing.settings(DSMR5, meter_max_a=25.0, safe_a=8.0, includes_charger=False)
        settings = Settings.from_mapping(given)
        assert settings.p1_selected
        again = Settings.from_mapping(balancing.settings(DSMR5, meter_max_a=25.0))
        assert again != settings
        assert again == Settings.from_mapping(
            balancing.settings(
                DSMR5,
                meter_max_a=25.0,
                safe_a=balancing.SAFE_A,
                includes_charger=True,
                station_max_a=balancing.STATION_MAX_A,
                phases=3,
            )
        )

    @balancing.meters()
    def test_of_every_meter_they_are_taken_and_select_it(self, meter: MeterKind) -> None:
        settings = Settings.from_mapping(balancing.settings(meter, meter_max_a=25.0))
        assert settings.active_balancing
        assert settings.meter_port == meter.port
        assert len(settings.grid_phases) == meter.phases

    def test_every_choice_reaches_a_setting(self) -> None:
        base = balancing.settings(DSMR5, meter_max_a=25.0)
        changed = {
            "SmartMeter-MaxCurrent": balancing.settings(DSMR5, meter_max_a=26.0),
            "Safe-MaxCurrent": balancing.settings(DSMR5, meter_max_a=25.0, safe_a=7.0),
            "SmartMeterIncludesCharger": balancing.settings(DSMR5, meter_max_a=25.0, includes_charger=False),
        }
        for key, settings in changed.items():
            assert {name for name in base if base[name] != settings[name]} == {key}
        smaller = balancing.settings(DSMR5, meter_max_a=25.0, station_max_a=20.0)
        assert {name for name in base if base[name] != smaller[name]} == {"Station-MaxCurrent", "Connector1-MaxCurrent"}

    def test_a_station_may_have_other_phases_than_its_meter(self) -> None:
        one = balancing.settings(DSMR5, meter_max_a=25.0, phases=1)
        assert one == {**balancing.settings(DSMR5, meter_max_a=25.0), "Phase-Connected": "L1"}
        three = balancing.settings(KINDS["sdm230"], meter_max_a=25.0, phases=3)
        assert "Phase-Connected" not in three


def test_the_cadences_are_those_of_p1() -> None:
    assert (DSMR5.port, DSMR5.interval_s) == ("p1", 1.0)
    assert (DSMR4.port, DSMR4.interval_s) == ("p1", 10.0)


def test_one_of_each_port() -> None:
    found = balancing.one_of_each_port()
    assert sorted(kind.port for kind in found) == ["p1", "rtu", "tcp", "tic"]
    for kind in found:
        assert kind == next(other for other in KINDS.values() if other.port == kind.port)


def test_every_port_has_a_clause_for_its_loss() -> None:
    assert set(balancing.LOSS_CLAUSE) == {kind.port for kind in KINDS.values()}


def test_cases_with_each_meter_go_by_its_name() -> None:
    mark = balancing.meters([DSMR5, DSMR4]).mark
    assert mark.args == ("meter", [DSMR5, DSMR4])
    assert [mark.kwargs["ids"](kind) for kind in mark.args[1]] == ["dsmr5", "dsmr4"]
    assert balancing.meters().mark.args == ("meter", list(KINDS.values()))


def test_the_car_never_is_an_over_current() -> None:
    assert balancing.car().draw_fraction < 1.0
    assert balancing.car(phases=1, max_a=20.0).phases == 1
    assert balancing.car(phases=1, max_a=20.0).max_a == 20.0


class TestWaiting:
    @pytest.mark.parametrize(("meter", "at_s"), [("dsmr5", 2.07), ("linky-standard", 20.0), ("sdm72d", 1.5)])
    def test_heard_is_as_soon_as_a_good_station_hears_its_meter(self, case: Case, meter: str, at_s: float) -> None:
        async def body(bench: Bench) -> None:
            await balancing.heard(case, bench)
            assert case.now_s() == pytest.approx(at_s, abs=0.1)
            assert bench.observed.field("monitor", "meter_a") is not None

        on_a_bench(case, KINDS[meter], body)

    @pytest.mark.parametrize(("given", "phases"), [(None, 3), (1, 1)])
    def test_charging_is_with_a_settled_offer(self, case: Case, given: int | None, phases: int) -> None:
        async def body(bench: Bench) -> None:
            bench.house(5.0)
            await balancing.charging(case, bench, given)
            assert sum(a > 0.0 for a in bench.observed.drawn_a) == phases
            settled_a = bench.observed.offered_a
            assert settled_a == pytest.approx(20.0, abs=0.2)
            await case.until(case.now_s() + 60.0)
            assert bench.observed.offered_a == settled_a

        on_a_bench(case, DSMR5, body)

    def test_an_offer_has_not_settled_before_the_probing_is_over(
        self, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def probed(_bench: Bench) -> None:
            await case.until(200.0)

        monkeypatch.setattr(Bench, "probed", probed)

        async def body(bench: Bench) -> None:
            await balancing.charging(case, bench)
            assert case.now_s() > 200.0

        on_a_bench(case, DSMR5, body)

    def test_the_car_has_as_many_phases_as_the_meter(self, case: Case) -> None:
        async def body(bench: Bench) -> None:
            await balancing.charging(case, bench)
            assert bench.observed.drawn_a[0] > 0.0
            assert bench.observed.drawn_a[1:] == (0.0, 0.0)

        on_a_bench(case, KINDS["sdm230"], body)

    def test_an_offer_that_is_there_is_not_waited_for(self, case: Case) -> None:
        async def body(bench: Bench) -> None:
            await balancing.charging(case, bench)
            began_s = case.now_s()
            await balancing.offering(bench, bench.observed.offered_a + 0.05)
            assert case.now_s() == began_s

        on_a_bench(case, DSMR5, body)

    def test_an_offer_that_comes_is_waited_for(self, case: Case) -> None:
        async def body(bench: Bench) -> None:
            bench.house(9.0)
            await balancing.charging(case, bench)
            bench.house(0.0)
            began_s = case.now_s()
            await balancing.offering(bench, 20.0)
            assert bench.observed.offered_a == 20.0
            assert case.now_s() > began_s

        on_a_bench(case, DSMR5, body, station_max_a=20.0)

    def test_an_offer_that_does_not_come_is_not_waited_for_any_longer(self, case: Case) -> None:
        async def body(bench: Bench) -> None:
            await balancing.charging(case, bench)
            began_s = case.now_s()
            await balancing.offering(bench, 30.0, within_s=7.0)
            assert case.now_s() == began_s + 7.0

        on_a_bench(case, DSMR5, body, station_max_a=20.0)

    def test_a_rise_out_of_a_pause_is_waited_for(self, case: Case) -> None:
        async def body(bench: Bench) -> None:
            await balancing.charging(case, bench)
            bench.house(24.0)
            await case.until(case.now_s() + 5.0)
            assert bench.observed.offered_a == 0.0
            bench.house(17.0)
            began_s = case.now_s()
            await balancing.settled(case, bench)
            assert bench.observed.offered_a == pytest.approx(8.0, abs=0.2)
            assert case.now_s() < began_s + balancing.PAUSED_S

        on_a_bench(case, DSMR5, body)

    def test_a_pause_that_lasts_is_waited_out(self, case: Case) -> None:
        async def body(bench: Bench) -> None:
            await balancing.charging(case, bench)
            bench.house(24.0)
            await case.until(case.now_s() + 5.0)
            began_s = case.now_s()
            await balancing.settled(case, bench)
            assert began_s + balancing.PAUSED_S < case.now_s() < began_s + balancing.PAUSED_S + 5.0

        on_a_bench(case, DSMR5, body)


class TestHolding:
    def test_a_change_of_just_now_is_waited_out(self, case: Case) -> None:
        async def body(bench: Bench) -> None:
            await balancing.charging(case, bench)
            began_s = case.now_s()
            await balancing.not_held(case, bench)
            assert case.now_s() == began_s, "nothing had changed"
            bench.house(9.0)
            changed = await bench.observed.next("pilot", within_s=5.0)
            assert changed is not None
            await balancing.not_held(case, bench)
            assert case.now_s() == pytest.approx(changed.at_s + 5.0 + DSMR5.interval_s)

        on_a_bench(case, DSMR5, body, station_max_a=20.0)

    @pytest.mark.parametrize(
        ("at_s", "held_s"), [(9.0, 0.0), (10.0, 0.0), (10.5, 4.5), (14.0, 1.0), (15.0, 0.0), (30.0, 0.0)]
    )
    def test_what_was_set_before_may_be_held(self, case: Case, at_s: float, held_s: float) -> None:
        case.timeline.record(10.0, "board", "pilot", {"offered_a": 16.0})
        case.timeline.record(40.0, "board", "pilot", {"offered_a": 10.0})
        assert balancing.held_s(case, Event(at_s, "p1", "frame", {})) == held_s


def test_no_rise_is_slower_than_that_of_the_guide() -> None:
    assert balancing.SLOWEST_RISE_S_PER_A == 15.0
    assert balancing.STANDS_STILL_S > balancing.SLOWEST_RISE_S_PER_A
    assert (balancing.PAUSED_S, balancing.SETTLE_S) == (90.0, 480.0)


class TestOffers:
    def test_how_far_they_may_lie_beside(self) -> None:
        assert balancing.off_by_a(DSMR5) == pytest.approx(0.18)
        linky = KINDS["linky-standard"]
        assert balancing.off_by_a(linky) == pytest.approx(0.18)
        assert balancing.off_by_a(linky, exporting=True) == pytest.approx(0.66)

    @pytest.mark.parametrize(
        ("offset_a", "exporting", "verdict"),
        [
            (0.0, False, "pass"),
            (0.55, False, "fail"),
            (-0.55, False, "fail"),
            (0.6, True, "pass"),
            (0.7, True, "fail"),
        ],
    )
    def test_they_are_judged_as_well_as_the_meter_can_tell(
        self, case: Case, offset_a: float, exporting: bool, verdict: str
    ) -> None:
        async def body(bench: Bench) -> None:
            await balancing.heard(case, bench)
            bench.plug_in(balancing.car())
            await case.until(case.now_s() + 60.0)
            exact_a = bench.observed.offered_a + offset_a
            assert exact_a > 6.0
            meter = KINDS["linky-standard"]
            balancing.judge_offer(case, bench, "ALB-GEN-009", "it", exact_a, meter, exporting=exporting)

        on_a_bench(case, DSMR5, body)
        (judged,) = case.judge.verdicts
        assert judged.verdict == verdict

    def test_since_a_time(self, case: Case) -> None:
        for at_s, offered_a in ((1.0, None), (2.0, 10.0), (3.0, 12.0), (5.0, None), (6.0, 6.0)):
            case.timeline.record(at_s, "board", "pilot", {"offered_a": offered_a})
        assert balancing.offers_since(case, 3.5) == [(3.5, 12.0), (5.0, 0.0), (6.0, 6.0)]
        assert balancing.offers_since(case, 3.0) == [(3.0, 12.0), (5.0, 0.0), (6.0, 6.0)]
        assert balancing.offers_since(case, 0.0)[0] == (1.0, 0.0)
        assert balancing.offers_since(case, 9.0) == [(9.0, 6.0)]

    @pytest.mark.parametrize(
        ("offered_a", "at_most", "is_below"),
        [
            (9.93, True, True),
            (9.94, True, False),
            (10.0, True, False),
            (10.06, True, False),
            (10.07, False, False),
            (0.0, True, True),
        ],
    )
    def test_they_are_compared_to_one_step_of_the_duty_cycle(
        self, offered_a: float, at_most: bool, is_below: bool
    ) -> None:
        for offer in (offered_a, Event(1.0, "board", "pilot", {"offered_a": offered_a})):
            assert balancing.at_most(offer, 10.0) == at_most
            assert balancing.is_below(offer, 10.0) == is_below
            assert balancing.is_offer(offer, 10.0) == (at_most and not is_below)

    def test_no_pwm_is_an_offer_of_nothing(self) -> None:
        off = Event(1.0, "board", "pilot", {"offered_a": None})
        assert balancing.is_offer(off, 0.0)
        assert balancing.is_below(off, 6.0)

    @pytest.mark.parametrize(
        ("offered_a", "verdict"), [(9.93, "fail"), (9.94, "pass"), (10.0, "pass"), (10.06, "pass"), (10.07, "fail")]
    )
    def test_a_set_one_is_judged_to_one_step_of_the_duty_cycle(
        self, case: Case, offered_a: float, verdict: str
    ) -> None:
        async def body() -> None:
            balancing.judge_set_offer(case, "ALB-GEN-014", "it", offered_a, 10.0)

        case.run(body())
        (judged,) = case.judge.verdicts
        assert judged.verdict == verdict

    @pytest.mark.parametrize(
        ("offers_a", "verdict"),
        [
            ([10.0, 11.0, 12.0], "pass"),
            ([9.96, 11.04, 10.98, 11.94], "pass"),
            ([10.0, 10.5, 11.0, 11.0, 12.0, 12.0], "pass"),
            ([10.0, 12.0], "fail"),
            ([10.0, 11.0, 10.5, 12.0], "fail"),
            ([10.0, 11.0, 12.0, 11.0], "fail"),
            ([10.0, 10.06, 11.94, 12.0], "fail"),
            ([10.0], "fail"),
            ([], "fail"),
        ],
    )
    def test_a_gradual_return_never_falls_and_has_steps_in_between(
        self, case: Case, offers_a: list[float], verdict: str
    ) -> None:
        async def body() -> None:
            balancing.judge_gradual(case, "ALB-TCP-042", offers_a, 10.0, 12.0)

        case.run(body())
        (judged,) = case.judge.verdicts
        assert judged.verdict == verdict


class TestFallback:
    @pytest.mark.parametrize(
        ("after_s", "row", "verdict"),
        [
            (lambda value_s: value_s, None, "pass"),
            (lambda value_s: value_s - 5.0, None, "fail"),
            (lambda value_s: value_s + 50.0, None, "fail"),
            (None, None, "fail"),
            (lambda _value_s: timing("ALB-P1-016.dsmr4").value_s, "ALB-P1-016.dsmr4", "pass"),
        ],
    )
    def test_it_is_judged_by_the_row_of_the_meter(
        self, case: Case, after_s: Callable[[float], float] | None, row: str | None, verdict: str
    ) -> None:
        value_s = timing(DSMR5.loss).value_s
        last = Event(5.0, "p1", "frame", {})
        fallen = None if after_s is None else replace_at(last, 5.0 + after_s(value_s))

        async def body() -> None:
            await case.until(500.0)
            balancing.judge_fallback(case, "ALB-P1-016", DSMR5, last, fallen, row)

        case.run(body())
        (judged,) = case.judge.verdicts
        assert (judged.clause, judged.verdict) == ("ALB-P1-016", verdict)


def replace_at(event: Event, at_s: float) -> Event:
    return Event(at_s, event.source, event.kind, event.data)


def test_a_meter_that_cannot_tell_export_has_no_figure_for_it() -> None:
    with pytest.raises(AssertionError):
        balancing.off_by_a(replace(DSMR5, export_error_a=None), exporting=True)
