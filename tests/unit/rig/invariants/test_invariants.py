"""Each invariant on timelines made by hand: one on which it holds, and one on which it is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest

from emulators.vehicle.garage import load
from emulators.vehicle.spec import VehicleSpec
from rig.clauses import catalogue
from rig.invariants import NAMES, Facts, Watch
from rig.judge import Judge
from rig.timeline import Event
from rig.verdicts import Verdict

TWO = {1: "L3L2L1", 2: "L1L2L3"}


@dataclass
class Car:
    spec: VehicleSpec
    willing: bool = True


CHAMELEON = Car(load("chameleon").spec)
OBEDIENT = Car(load("obedient-1p").spec)


class Told:
    """Events at their times, and what came of them."""

    def __init__(self, cars: Mapping[int, Car] | None = None, leave_out: tuple[str, ...] = (), **facts: Any) -> None:
        self.facts = Facts(car=(cars or {}).get, **facts)
        self.watch = Watch(lambda: self.facts, 0.0, leave_out)

    def say(self, at_s: float, kind: str, **fields: Any) -> Told:
        self.watch.hear(Event(at_s, "board", kind, fields))
        return self

    def pilot(self, at_s: float, state: str, offered_a: float | None = None, socket: int = 1) -> Told:
        return self.say(at_s, "pilot", socket=socket, state=state, offered_a=offered_a)

    def contactor(self, at_s: float, closed: bool, socket: int = 1) -> Told:
        return self.say(at_s, "contactor", socket=socket, closed=closed)

    def draws(self, at_s: float, *i_a: float, socket: int = 1) -> Told:
        return self.say(at_s, "currents", socket=socket, i_a=[*i_a, 0.0, 0.0][:3])

    def house(self, at_s: float, *house_a: float) -> Told:
        return self.say(at_s, "site", house_a=list(house_a), pv_a=[])

    def charges(self, at_s: float, a: float, socket: int = 1) -> Told:
        """Offered and drawn on one phase."""
        return self.pilot(at_s, "C2", a, socket).contactor(at_s, True, socket).draws(at_s, a, socket=socket)

    def verdict(self, clause: str, now_s: float) -> Verdict:
        judge = Judge("a case", catalogue.load().clause)
        self.watch.judge(judge, now_s)
        (found,) = [verdict for verdict in judge.verdicts if verdict.clause == clause]
        assert clause in judge.beyond
        return found


def outcome(told: Told, clause: str, now_s: float) -> tuple[str, object]:
    verdict = told.verdict(clause, now_s)
    return verdict.verdict, verdict.evidence.get("at_s")


class TestOffers:
    def test_six_ampere_and_more_or_nothing(self) -> None:
        told = Told().pilot(0.0, "C2", 6.0).pilot(10.0, "C1").pilot(20.0, "C2", 5.95)  # as near as a generator comes
        assert outcome(told, "M3-002", 30.0) == ("pass", None)

    def test_less(self) -> None:
        told = Told().pilot(0.0, "C2", 6.0).pilot(10.0, "C2", 5.9, socket=2).pilot(11.0, "C2", 16.0, socket=2)
        assert outcome(told, "M3-002", 30.0) == ("fail", 10.0)
        assert "5.9 A offered on socket 2" in str(told.verdict("M3-002", 30.0).measured)

    def test_for_no_time_at_all(self) -> None:
        assert outcome(Told().pilot(5.0, "C2", 5.0).pilot(5.0, "C2", 6.0), "M3-002", 9.0) == ("pass", None)


class TestContactor:
    @pytest.mark.parametrize(("state", "may_s"), [("A1", 0.1), ("B2", 0.1), ("B1", 0.1), ("C1", 7.0), ("F", 7.0)])
    def test_opens_in_time(self, state: str, may_s: float) -> None:
        def told(open_after_s: float) -> Told:
            return Told().charges(0.0, 16.0).pilot(10.0, state).contactor(10.0 + open_after_s, False)

        assert outcome(told(may_s), "M3-001", 60.0) == ("pass", None)
        assert outcome(told(may_s + 0.01), "M3-001", 60.0) == ("fail", 10.0 + may_s)

    def test_never_opens(self) -> None:
        assert outcome(Told().charges(0.0, 16.0).pilot(10.0, "C1"), "M3-001", 60.0) == ("fail", 17.0)

    def test_the_car_is_given_time_in_each_state(self) -> None:
        told = Told().charges(0.0, 16.0).pilot(10.0, "C1").pilot(16.0, "B1").contactor(16.1, False)
        assert outcome(told, "M3-001", 60.0) == ("pass", None)

    def test_closes_too_soon(self) -> None:
        told = Told().pilot(0.0, "B2", 16.0).contactor(1.0, True).pilot(2.0, "C2", 16.0)
        assert outcome(told, "M3-001", 60.0) == ("fail", 1.1)

    def test_on_the_other_socket(self) -> None:
        told = Told(orders=TWO).charges(0.0, 16.0).charges(0.0, 16.0, socket=2).pilot(5.0, "B1", socket=2)
        assert outcome(told, "M3-001", 60.0) == ("fail", 5.1)


class TestConnection:
    """25 A, a meter that is read each second: 2 s of the meter, 1 s of the loop and 5 s of the car are 8 s."""

    def told(self, **facts: Any) -> Told:
        return Told(grid_a=25.0, interval_s=1.0, error_a=0.02, **facts).charges(0.0, 16.0)

    def test_follows_a_load(self) -> None:
        told = self.told().house(100.0, 15.0).charges(107.0, 10.0)
        assert outcome(told, "ALB-GEN-008", 200.0) == ("pass", None)

    def test_does_not_follow(self) -> None:
        told = self.told().house(100.0, 15.0).house(120.0, 15.5)
        assert outcome(told, "ALB-GEN-008", 200.0)[0] == "fail"
        assert "16 A on L1, where 10 A are left" in str(told.verdict("ALB-GEN-008", 200.0).measured)

    def test_one_that_is_never_told_again_is_found_at_the_end(self) -> None:
        assert outcome(self.told().house(100.0, 15.0), "ALB-GEN-008", 107.0)[0] == "pass"
        assert outcome(self.told().house(100.0, 15.0), "ALB-GEN-008", 109.0)[0] == "fail"

    def test_a_car_takes_up_another_phase(self) -> None:
        """Nobody knew that it loads that one too (PRB-004): the station has its loop and the car 5 s."""
        told = self.told().house(50.0, 0.0, 20.0).draws(100.0, 16.0, 16.0).draws(106.0, 16.0, 5.0)
        assert outcome(told, "ALB-GEN-008", 200.0)[0] == "pass"
        told = self.told().house(50.0, 0.0, 20.0).draws(100.0, 16.0, 16.0).draws(106.1, 16.0, 5.0)
        assert outcome(told, "ALB-GEN-008", 200.0)[0] == "fail"

    def test_another_phase_is_another_matter(self) -> None:
        assert outcome(self.told().house(100.0, 0.0, 20.0, 20.0), "ALB-GEN-008", 200.0)[0] == "pass"
        assert outcome(self.told(orders={1: "L2L3L1"}).house(100.0, 0.0, 20.0), "ALB-GEN-008", 200.0)[0] == "fail"

    def test_loads_alone_above_the_limit_leave_nothing(self) -> None:
        assert outcome(self.told().house(100.0, 30.0).pilot(105.0, "C1"), "ALB-GEN-008", 200.0)[0] == "pass"
        assert outcome(self.told().house(100.0, 30.0).charges(105.0, 6.0), "ALB-GEN-008", 200.0)[0] == "fail"

    def test_what_a_car_takes_beyond_its_offer_is_not_counted(self) -> None:
        told = self.told().house(100.0, 15.0).pilot(105.0, "C2", 10.0)
        assert outcome(told, "ALB-GEN-008", 200.0)[0] == "pass"

    def test_two_cars_count_together(self) -> None:
        told = self.told(orders={1: "L1L2L3", 2: "L1L2L3"}).charges(0.0, 16.0, socket=2)
        assert outcome(told, "ALB-GEN-008", 200.0)[0] == "fail"
        assert outcome(self.told(orders=TWO).charges(0.0, 16.0, socket=2), "ALB-GEN-008", 200.0)[0] == "pass"

    def test_while_the_meter_is_not_heard_nothing_is_said(self) -> None:
        told = self.told().say(50.0, "break", what="unplugged", on=True).house(100.0, 20.0)
        assert outcome(told, "ALB-GEN-008", 200.0)[0] == "pass"
        told = self.told().say(50.0, "fault", on=True).say(90.0, "fault", on=False).house(100.0, 20.0)
        assert outcome(told, "ALB-GEN-008", 200.0)[0] == "fail"


class TestStationLimit:
    def told(self) -> Told:
        return Told(orders={1: "L1", 2: "L1"}, station_a=25.0).charges(0.0, 12.5).charges(0.0, 12.5, socket=2)

    def test_both_at_half(self) -> None:
        assert outcome(self.told(), "SLB-005", 100.0)[0] == "pass"

    def test_one_rises_before_the_other_has_followed(self) -> None:
        assert outcome(self.told().charges(10.0, 19.0).charges(15.0, 6.0, socket=2), "SLB-005", 100.0)[0] == "pass"
        assert outcome(self.told().charges(10.0, 19.0).charges(15.1, 6.0, socket=2), "SLB-005", 100.0)[0] == "fail"

    def test_on_different_phases(self) -> None:
        told = Told(orders=TWO, station_a=25.0).charges(0.0, 25.0).charges(0.0, 25.0, socket=2)
        assert outcome(told, "SLB-005", 100.0)[0] == "pass"


class TestNeeds14A:
    def told(self, car: Car = CHAMELEON, probing_a: float = 14.0) -> Told:
        return Told({1: car}, probing_s=60.0).pilot(0.0, "B2", probing_a).charges(2.0, probing_a)

    def test_keeps_them_or_waits(self) -> None:
        told = self.told().charges(62.0, 16.0).pilot(200.0, "C1").charges(1100.0, 14.0)
        assert outcome(told, "PRB-008", 2000.0) == ("pass", None)

    def test_is_given_less(self) -> None:
        assert outcome(self.told().charges(100.0, 13.9), "PRB-008", 200.0) == ("fail", 100.0)

    def test_a_step_down_at_the_end_of_the_minute_is_part_of_it(self) -> None:
        assert outcome(self.told().charges(62.0, 6.0).charges(72.0, 14.0), "PRB-008", 200.0) == ("pass", None)
        assert outcome(self.told().charges(62.0, 6.0).charges(80.0, 14.0), "PRB-008", 200.0) == ("fail", 74.0)

    def test_was_never_known(self) -> None:
        assert (
            outcome(self.told(probing_a=13.0).charges(100.0, 16.0).charges(300.0, 10.0), "PRB-008", 400.0)[0] == "pass"
        )

    def test_another_car_is_another_matter(self) -> None:
        assert outcome(self.told(OBEDIENT).charges(100.0, 10.0), "PRB-008", 200.0)[0] == "pass"
        told = self.told().pilot(100.0, "A1").pilot(110.0, "C2", 10.0)
        assert outcome(told, "PRB-008", 140.0)[0] == "pass"

    def test_a_minute_that_was_interrupted_is_made_anew(self) -> None:
        told = self.told().pilot(30.0, "B1").draws(30.0, 0.0).charges(40.0, 14.0).charges(105.0, 6.0)
        assert outcome(told, "PRB-008", 110.0)[0] == "pass"

    def test_a_step_down_that_was_broken_off_is_made_anew(self) -> None:
        told = self.told().charges(62.0, 6.0).pilot(65.0, "F").draws(65.0, 0.0).charges(90.0, 14.0).charges(150.0, 6.0)
        assert outcome(told, "PRB-008", 159.0)[0] == "pass"
        assert outcome(told, "PRB-008", 170.0) == ("fail", 162.0)

    def test_a_minute_in_which_it_draws_nothing_shows_nothing(self) -> None:
        told = self.told().draws(3.0, 0.0).draws(100.0, 14.0).charges(161.0, 6.0)
        assert outcome(told, "PRB-008", 170.0)[0] == "pass"


class TestTurns:
    """Two sessions on one phase, one served at a time: a period of 900 s, and 72 s of probing for each."""

    MOST_S = 900.0 + 2 * 72.0 + 1.0

    def told(self, cars: Mapping[int, Car] | None = None, /, **facts: Any) -> Told:
        known: dict[str, Any] = {"orders": {1: "L1", 2: "L1"}, "station_a": 11.9, "period_s": 900.0, "probing_s": 60.0}
        cars = cars or {1: OBEDIENT, 2: OBEDIENT}
        return Told(cars, **(known | facts)).pilot(0.0, "B1").charges(0.0, 11.9, socket=2)

    def test_is_served_in_time(self) -> None:
        told = self.told().pilot(self.MOST_S, "C2", 11.9).pilot(self.MOST_S, "C1", socket=2)
        assert outcome(told, "ALT-020", self.MOST_S + 900.0)[0] == "pass"

    def test_waits_for_ever(self) -> None:
        assert outcome(self.told(), "ALT-020", self.MOST_S + 0.1) == ("fail", self.MOST_S)

    def test_nobody_else_is_served(self) -> None:
        assert outcome(self.told().pilot(10.0, "C1", socket=2), "ALT-020", 5000.0)[0] == "pass"

    def test_does_not_want_to(self) -> None:
        assert outcome(self.told({1: Car(OBEDIENT.spec, willing=False), 2: OBEDIENT}), "ALT-020", 5000.0)[0] == "pass"
        assert outcome(self.told().pilot(10.0, "F"), "ALT-020", 5000.0)[0] == "pass"

    def test_could_not_charge_alone_either(self) -> None:
        assert outcome(self.told({1: CHAMELEON, 2: OBEDIENT}), "ALT-020", 5000.0)[0] == "pass"
        grid: dict[str, Any] = {"orders": {1: "L2", 2: "L1"}, "grid_a": 25.0, "station_a": 32.0}
        assert outcome(self.told(**grid).house(0.0, 0.0, 20.0), "ALT-020", 5000.0)[0] == "pass"
        assert outcome(self.told(**grid).house(0.0, 0.0, 10.0), "ALT-020", 5000.0)[0] == "fail"

    def test_the_socket_or_the_cable_is_too_small(self) -> None:
        two = {1: CHAMELEON, 2: OBEDIENT}
        assert outcome(self.told(two, station_a=20.0), "ALT-020", 5000.0)[0] == "fail"
        assert outcome(self.told(two, station_a=20.0, caps_a={1: 10.0}), "ALT-020", 5000.0)[0] == "pass"
        thin = {1: Car(msgspec.structs.replace(CHAMELEON.spec, pp_ohm=1500)), 2: OBEDIENT}
        assert outcome(self.told(thin, station_a=20.0), "ALT-020", 5000.0)[0] == "pass"

    def test_could_charge_and_did_not(self) -> None:
        """O-71: it takes no turns until it draws."""
        told = self.told().pilot(100.0, "B2", 11.9).pilot(100.0, "B1", socket=2).pilot(161.0, "B1")
        told.charges(161.0, 11.9, socket=2)
        assert outcome(told, "ALT-020", 5000.0)[0] == "pass"
        told = self.told().pilot(100.0, "B2", 11.9).pilot(100.0, "B1", socket=2).pilot(159.0, "B1")
        told.charges(159.0, 11.9, socket=2)
        assert outcome(told, "ALT-020", 5000.0)[0] == "fail"

    def test_its_pilot_is_faulty(self) -> None:
        """And was: that lasts until the session ends."""
        faulty = {1}
        told = self.told(faulty=lambda socket: socket in faulty).pilot(5.0, "B1")
        faulty.clear()
        assert outcome(told, "ALT-020", 5000.0)[0] == "pass"

    def test_goes_by_its_safe_current(self) -> None:
        grid: dict[str, Any] = {"grid_a": 25.0, "interval_s": 10.0}
        assert outcome(self.told(**grid).say(5.0, "break", on=True), "ALT-020", 5000.0)[0] == "pass"


def test_what_is_changed_holds_from_the_reboot_on() -> None:
    told = Told(orders=TWO, station_a=32.0).charges(10.0, 20.0)
    told.facts = replace(told.facts, station_a=16.0)
    assert outcome(told, "SLB-005", 50.0)[0] == "pass"
    told.say(50.0, "reboot")
    assert outcome(told, "SLB-005", 60.0) == ("fail", 50.0)


def test_what_comes_with_a_reboot_is_watched_from_then_on() -> None:
    told = Told().charges(10.0, 20.0).house(10.0, 20.0)
    told.facts = replace(told.facts, grid_a=25.0, interval_s=1.0)
    told.say(50.0, "reboot").say(60.0, "link", up=True)
    assert outcome(told, "ALB-GEN-008", 90.0)[0] == "pass"  # by its safe current: it has heard no meter yet
    told.say(90.0, "telegram")
    assert outcome(told, "ALB-GEN-008", 110.0)[0] == "fail"
    told.facts = replace(told.facts, grid_a=None)
    told.say(110.0, "reboot").house(115.0, 30.0)
    assert [each.clause for each in told.watch.invariants] == ["M3-002", "M3-001", "ALB-GEN-008"]


def test_without_a_meter_there_is_nothing_to_hear_after_a_reboot() -> None:
    told = Told({1: OBEDIENT, 2: OBEDIENT}, orders={1: "L1", 2: "L1"}, station_a=6.0, period_s=900.0)
    told.say(1.0, "reboot").say(21.0, "link", up=True)
    told.charges(30.0, 6.0, socket=2).pilot(30.0, "B1")
    assert outcome(told, "ALT-020", 2000.0)[0] == "fail"


def test_what_was_so_before_a_reboot_is_measured_by_what_held_then() -> None:
    """Also when nothing was heard yet since the reboot before it."""
    told = Told(orders=TWO, station_a=32.0, grid_a=35.0, interval_s=10.0)
    told.say(1.0, "reboot").charges(10.0, 20.0)
    told.facts = replace(told.facts, station_a=16.0)
    told.say(50.0, "reboot").draws(50.0, 0.0)
    assert outcome(told, "SLB-005", 60.0)[0] == "pass"


def test_those_that_apply() -> None:
    def names(*leave_out: str, **facts: Any) -> set[str]:
        return {type(each).__name__ for each in Watch(lambda: Facts(**facts), 0.0, leave_out).invariants}

    assert names() == {"Offers", "ContactorOpens"}
    assert names("offers") == {"ContactorOpens"}
    everything: dict[str, Any] = {
        "grid_a": 25.0,
        "station_a": 25.0,
        "orders": TWO,
        "period_s": 900.0,
        "probing_s": 60.0,
    }
    assert len(names(**everything)) == len(NAMES)
    assert names(*NAMES, **everything) == set()
