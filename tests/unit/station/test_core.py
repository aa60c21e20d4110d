"""The core with a vehicle on a board that obeys it; no ports, time told."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from station.board.codec import Drive, Sense
from station.core import Inputs, Outputs, StationCore
from station.overcurrent import OverCurrent
from station.pilot import signalled_ma
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading

EPS_S = 1e-6
P1 = {"FeatureLicenseKey": "ALB", "Active-LoadBalancing": "On", "SmartMeter-MaxCurrent": 25, "Safe-MaxCurrent": 7}
HIGH_MV = {"A": 12_000, "B": 9_000, "C": 6_000, "D": 3_000, "E": 0}


@dataclass
class Car:
    """What is plugged in: state by the resistors, and what it draws of what it is offered."""

    state: str = "A"
    share: float = 0.0
    draws_ma: int | None = None
    pp_ohm: int = 220
    diode: bool = True
    phases: int = 3


class World:
    """A core and a board that carries out what it drives; events with their times."""

    def __init__(self, settings: dict[str, object] | None = None, core: StationCore | None = None) -> None:
        self.core = core or StationCore(Settings.from_mapping({"probing.duration_s": 0, **(settings or {})}))
        self.car = Car(pp_ohm=0)
        self.now_s = 0.0
        self.events: list[tuple[float, str, dict[str, object]]] = []
        self.drives: list[tuple[float, Drive]] = []
        self.sense: Sense | None = None
        self._step(Inputs(linked=False))
        self.settle()

    @property
    def drive(self) -> Drive:
        return self.drives[-1][1]

    @property
    def offer_a(self) -> float:
        return signalled_ma(self.drive.pilot) / 1000

    def texts(self, kind: str, field: str) -> list[object]:
        return [fields[field] for _, what, fields in self.events if what == kind]

    def last(self, kind: str) -> dict[str, object]:
        return [fields for _, what, fields in self.events if what == kind][-1]

    def plug(self, state: str = "B", **car: object) -> None:
        self.car = Car(state=state, **car)  # type: ignore[arg-type]
        self.settle()

    def set(self, **car: object) -> None:
        for name, value in car.items():
            setattr(self.car, name, value)
        self.settle()

    def unplug(self) -> None:
        self.car = Car(pp_ohm=0)
        self.settle()

    def charge(self, share: float = 0.9, **car: object) -> None:
        self.plug("B", **car)
        self.set(state="C")
        self.set(share=share)

    def meter(self, a: float, interval_s: float = 1.0) -> None:
        self._step(Inputs(heard=[Reading("50", interval_s, (a, a, a), 3, self.now_s)]))
        self.settle()

    def bad(self) -> None:
        self._step(Inputs(heard=[BadTelegram("why", self.now_s, "crc")]))
        self.settle()

    def meter_until(self, now_s: float, a: Callable[[], float], interval_s: float = 1.0) -> None:
        while self.now_s + interval_s <= now_s:
            self.until(self.now_s + interval_s)
            self.meter(a(), interval_s)
        self.until(now_s)

    def until(self, now_s: float) -> None:
        for _ in range(100_000):
            due_s = self.core.next_deadline_s()
            if due_s is None or due_s > now_s:
                break
            self.now_s = max(self.now_s, due_s)
            self._step(Inputs())
            self.settle()
        else:
            raise AssertionError("deadlines without end")
        self.now_s = now_s
        self._step(Inputs())

    def settle(self) -> None:
        """Let board and station answer each other until nothing changes."""
        for _ in range(10):
            sense = self._sensed()
            if sense == self.sense:
                return
            self.sense = sense
            self._step(Inputs(sense=sense))
        raise AssertionError("board and station never agree")

    def _sensed(self) -> Sense:
        car, drive = self.car, self.drive
        high = -12_000 if drive.pilot == "low" else HIGH_MV[car.state]
        low = high if isinstance(drive.pilot, str) else (-12_000 if car.diode else -8_800)
        drawn = 0
        if drive.contactor:
            drawn = round(signalled_ma(drive.pilot) * car.share) if car.draws_ma is None else car.draws_ma
        current = tuple(drawn if p < car.phases else 0 for p in range(3))
        power = tuple(current_ma * 230 // 1000 for current_ma in current)
        return Sense(1, high, low, car.pp_ohm, current, (2300,) * 3, drive.contactor, power)  # type: ignore[arg-type]

    def _step(self, inputs: Inputs) -> Outputs:
        outputs = self.core.step(inputs, self.now_s)
        self.events += [(self.now_s, *event) for event in outputs.events]
        (drive,) = outputs.drives
        if not self.drives or drive != self.drive:
            self.drives.append((self.now_s, drive))
        return outputs


class TestSession:
    def test_at_start_the_pilot_is_high_and_everything_is_said_once(self) -> None:
        world = World()
        assert world.drives == [(0.0, Drive(1, "high", False))]
        assert [kind for _, kind, _ in world.events] == ["limit", "status", "display", "led", "monitor"]
        assert world.last("limit") == {"socket": 1, "source": "connector", "limit_a": 32.0}
        assert world.last("status")["status"] == "Available"

    def test_plug_and_charge(self) -> None:
        world = World({"Connector1-MaxCurrent": 16})
        world.plug("B")
        assert world.drive == Drive(1, 26_667, False)
        assert world.last("status")["status"] == "Preparing"
        world.set(state="C")
        assert world.drive == Drive(1, 26_667, True)
        world.set(share=1.0)
        assert world.last("status")["status"] == "Charging"
        assert world.last("display") == {"socket": 1, "text": "11.0 of 11.0 kW"}
        assert world.last("led") == {"socket": 1, "pattern": "dark blue steady"}
        world.set(state="B", share=0.0)
        assert world.drive == Drive(1, 26_667, False)
        assert world.last("status")["status"] == "Charging"
        world.unplug()
        assert world.drive == Drive(1, "high", False)
        assert world.last("status")["status"] == "Available"

    def test_a_cable_without_a_vehicle_is_no_session(self) -> None:
        world = World()
        world.plug("A")
        assert world.drive == Drive(1, "high", False)
        assert world.last("led") == {"socket": 1, "pattern": "off"}

    def test_the_cable_limits(self) -> None:  # M3-012
        world = World()
        world.plug("B", pp_ohm=680)
        assert world.offer_a == 20.0
        assert world.last("limit") == {"socket": 1, "source": "cable", "limit_a": 20.0}

    def test_a_bad_cable_gets_nothing(self) -> None:
        world = World()
        world.plug("C", pp_ohm=10)
        assert world.drive == Drive(1, "high", False)
        assert world.last("status")["status"] == "SuspendedEVSE"

    @pytest.mark.parametrize("state", ["D", "E"])
    def test_no_current_with_ventilation_or_without_a_pilot(self, state: str) -> None:
        world = World()
        world.charge()
        world.set(state=state)
        assert world.drive == Drive(1, "high", False)
        assert world.last("status")["status"] == "Faulted"
        assert world.last("status")["errorCode"] == "EVCommunicationError"

    def test_a_pilot_that_is_there_again(self) -> None:
        world = World()
        world.charge()
        world.set(state="E")
        world.set(state="C")
        assert world.drive.contactor

    def test_a_vehicle_that_wants_ventilation_is_refused_until_unplugged(self) -> None:
        """Without an offer it goes back to B; with another one it would ask again, and so for ever."""
        world = World()
        world.charge()
        world.set(state="D")
        said = len(world.events)
        for state in ("B", "C", "D", "B"):
            world.set(state=state)
            assert world.drive == Drive(1, "high", False)
        assert [kind for _, kind, _ in world.events[said:] if kind == "status"] == []
        world.unplug()
        world.charge()
        assert world.drive.contactor

    def test_a_missing_diode_until_unplugged(self) -> None:
        world = World()
        world.plug("B", diode=False)
        assert world.drive == Drive(1, "high", False)
        world.set(state="C", diode=True)
        assert world.drive == Drive(1, "high", False)
        assert world.last("led") == {"socket": 1, "pattern": "red steady"}
        world.unplug()
        world.charge()
        assert world.drive.contactor

    def test_a_shorted_pilot_says_nothing_about_the_diode(self) -> None:
        world = World()
        world.charge()
        world._step(Inputs(Sense(1, 0, -8_000, 220, (0, 0, 0), (2300,) * 3, True)))
        assert world.core.outlets[0].mode3.state == "E"
        world.sense = None
        world.settle()
        assert world.drive.contactor

    def test_a_lost_board_link_does_not_end_the_session(self) -> None:
        world = World()
        world.charge()
        world._step(Inputs(linked=False))
        assert world.drive == Drive(1, "high", False)
        assert world.last("status")["status"] == "Charging"
        world.sense = None
        world.settle()
        assert world.drive.contactor

    def test_a_vehicle_that_left_while_the_board_was_lost(self) -> None:
        world = World()
        world.charge()
        world._step(Inputs(linked=False))
        world.unplug()
        assert world.drive == Drive(1, "high", False)
        assert world.last("status")["status"] == "Available"


class TestOverCurrent:
    def test_a_trip(self) -> None:  # OCP-002, OCP-013 to OCP-021
        world = World({"Connector1-MaxCurrent": 16})
        world.until(50.0)
        world.charge(share=1.05)
        world.until(150.0 - EPS_S)
        assert world.drive.contactor
        world.until(150.0)
        assert world.drives[-1] == (150.0, Drive(1, "low", False))
        assert world.last("status") == {
            "connectorId": 1,
            "status": "Faulted",
            "errorCode": "OverCurrentFailure",
            "info": "Over current detected allowed 16.0A actual 16.8A",
            "vendorErrorCode": "302",
        }
        assert world.last("display")["text"] == "302: One moment please. Your charging session will resume shortly."
        assert world.last("led") == {"socket": 1, "pattern": "red/blue alternating"}

    def test_resume_at_300_s_with_the_current_share(self) -> None:  # OCP-010, O-07
        world = World({"Connector1-MaxCurrent": 16})
        world.charge(share=1.2)
        world.until(302.0 - EPS_S)
        assert world.drive == Drive(1, "low", False)
        world.set(share=0.9)
        world.until(302.0)
        at_302 = [drive for at_s, drive in world.drives if at_s == 302.0]
        assert at_302 == [Drive(1, 26_667, False), Drive(1, 26_667, True)]
        assert world.last("status") == {
            "connectorId": 1,
            "status": "Charging",
            "errorCode": "NoError",
            "info": "",
            "vendorErrorCode": "",
        }
        assert world.last("led") == {"socket": 1, "pattern": "dark blue steady"}
        world.until(7200.0)
        assert world.drive.contactor

    def test_twenty_cycles(self) -> None:  # OCP-011, OCP-012
        world = World({"Connector1-MaxCurrent": 16})
        world.charge(share=1.12)
        world.until(20 * 305.0)
        assert world.texts("status", "status").count("Faulted") == 20
        trips = [at_s for at_s, drive in world.drives if drive.pilot == "low"]
        assert trips == [5.0 + 305.0 * cycle for cycle in range(20)]

    def test_unplugging_in_f_ends_the_session(self) -> None:  # O-07
        world = World()
        world.charge(share=1.2)
        world.until(10.0)
        assert world.drive.pilot == "low"
        world.unplug()
        assert world.drive == Drive(1, "high", False)
        assert world.last("status") == {
            "connectorId": 1,
            "status": "Available",
            "errorCode": "NoError",
            "info": "",
            "vendorErrorCode": "",
        }
        world.charge()
        assert world.drive.contactor

    def test_a_link_that_breaks_in_f_does_not_end_the_pause(self) -> None:
        world = World()
        world.charge(share=1.2)
        world.until(10.0)
        world._step(Inputs(linked=False))
        world.sense = None
        world.settle()
        assert world.drive == Drive(1, "low", False)
        world.set(share=0.9)
        world.until(302.0)
        assert world.drive.contactor

    def test_the_signalled_current_counts_not_the_configured_one(self) -> None:  # O-02
        world = World(P1)
        world.meter(5.0)
        world.charge(share=1.12)
        assert world.offer_a == 20.0
        world.until(5.0)
        assert world.last("status")["info"] == "Over current detected allowed 20.0A actual 22.4A"

    def test_one_phase_is_enough(self) -> None:  # OCP-022
        world = World()
        world.charge(share=1.2, phases=1)
        world.until(2.0)
        assert world.drive.pilot == "low"

    def test_a_lowered_limit_gives_the_vehicle_5_s(self) -> None:  # O-03
        world = World({**P1, "Safe-MaxCurrent": 20})
        world.meter(5.0)
        world.charge(draws_ma=20_000, share=0.0)
        world.set(draws_ma=19_900)
        world.until(5.0)
        world.meter(33.0)  # 19.9 A of it ours: 11.9 A left
        assert world.offer_a == 11.9
        assert world.last("led") == {"socket": 1, "pattern": "dark blue flashing"}  # UI-002
        world.until(12.0 - EPS_S)
        assert world.drive.contactor
        world.until(12.0)
        assert world.drive.pilot == "low"
        assert world.last("status")["info"] == "Over current detected allowed 11.9A actual 19.9A"

    def test_the_led_is_steady_once_the_vehicle_has_reduced(self) -> None:  # UI-002
        world = World({**P1, "Safe-MaxCurrent": 20})
        world.meter(5.0)
        world.charge(draws_ma=19_900)
        world.until(5.0)
        world.meter(33.0)
        world.until(7.0)
        assert world.last("led") == {"socket": 1, "pattern": "dark blue flashing"}
        world.set(draws_ma=11_000)
        assert world.last("led") == {"socket": 1, "pattern": "dark blue steady"}

    def test_what_is_measured_behind_an_open_contactor_is_not_drawn(self) -> None:
        world = World()
        world.charge()
        world.set(state="B")
        world._step(Inputs(Sense(1, 9_000, -12_000, 220, (50_000,) * 3, (2300,) * 3, False)))
        world.until(10.0)
        assert world.drive.pilot == 53_333

    def test_works_without_any_licence(self) -> None:  # OCP-023
        world = World({"FeatureLicenseKey": ""})
        world.charge(share=1.2)
        world.until(2.0)
        assert world.drive.pilot == "low"


class TestActiveBalancing:
    def test_safe_current_before_the_first_telegram(self) -> None:
        world = World(P1)
        world.charge()
        assert world.offer_a == 7.0
        assert world.last("limit") == {"socket": 1, "source": "safe", "limit_a": 7.0}
        assert world.last("led") == {"socket": 1, "pattern": "dark blue interrupted"}  # UI-011
        assert world.texts("log", "text") == []

    def test_the_offer_follows_the_house(self) -> None:  # ALB-GEN-004
        world = World(P1)
        world.meter(5.0)
        world.charge(share=1 - 1e-4)
        assert world.offer_a == 20.0
        world.until(1.0)
        world.meter(12.0 + 20.0)
        assert world.offer_a == 12.9  # 19.998 A were ours
        assert world.last("limit") == {"socket": 1, "source": "active", "limit_a": 12.9}

    def test_rotation_maps_the_socket_to_the_grid(self) -> None:  # ALB-GEN-049
        world = World({**P1, "Phase-Connected": "L3L1L2"})
        world._step(Inputs(heard=[Reading("50", 1.0, (0.0, 0.0, 0.0), 3, 0.0)]))
        world.charge(phases=1)  # its L1 is the grid's L3
        drawn_a = 0.9 * world.offer_a
        world.now_s = 1.0
        world._step(Inputs(heard=[Reading("50", 1.0, (0.0, 0.0, drawn_a + 10.0), 3, 1.0)]))
        assert world.offer_a == 15.0

    def test_a_one_phase_station_looks_at_its_phase_only(self) -> None:
        world = World({**P1, "Phase-Connected": "L2"})
        world._step(Inputs(heard=[Reading("50", 1.0, (24.0, 9.0, 24.0), 3, 0.0)]))
        world.charge(phases=1)
        assert world.offer_a == 16.0

    def test_too_little_is_a_pause_and_the_vehicle_gets_6_s(self) -> None:
        world = World(P1)
        world.meter(5.0)
        world.charge()
        world.until(1.0)
        world.meter(25.0 + 18.0)
        assert world.drive == Drive(1, "high", True)  # C1, still drawing nothing more than it may
        assert world.last("display") == {"socket": 1, "text": "Chargepoint ready, waiting for power"}
        assert world.last("status")["status"] == "SuspendedEVSE"
        world.until(7.0 - EPS_S)
        assert world.drive.contactor
        world.until(7.0)
        assert not world.drive.contactor

    def test_loss_and_return(self) -> None:
        world = World({**P1, "Connector1-MaxCurrent": 16})
        world.meter(5.0)
        world.charge(share=0.999)
        world.until(10.2 - EPS_S)
        assert world.offer_a == 16.0
        world.until(10.2)
        assert world.offer_a == 7.0
        assert world.texts("log", "text") == [
            "Unable to start P1 communications, Read Timeout Error",
            "Enter ActiveLB safeMode: 7.0A",
        ]
        assert world.last("led") == {"socket": 1, "pattern": "dark blue interrupted"}
        world.until(100.0)
        drives = len(world.drives)
        world.meter_until(160.0, lambda: 5.0 + world.offer_a)
        offers = [signalled_ma(drive.pilot) / 1000 for _, drive in world.drives[drives:]]
        assert offers == [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]
        assert world.texts("log", "text")[2:] == ["P1 communication restored, leaving ActiveLB safeMode"]
        assert world.last("led") == {"socket": 1, "pattern": "dark blue steady"}

    def test_two_bad_telegrams_change_nothing_three_do(self) -> None:  # O-23
        world = World(P1)
        world.meter(5.0)
        world.charge()
        world.bad()
        world.bad()
        assert world.offer_a == 20.0
        world.bad()
        assert world.offer_a == 7.0

    def test_a_safe_current_below_6_amperes_is_a_pause(self) -> None:  # O-33
        world = World({**P1, "Safe-MaxCurrent": 5})
        world.charge()
        assert world.drive.pilot == "high"
        assert world.last("display") == {"socket": 1, "text": "Chargepoint ready, waiting for power"}
        world.until(31.0)
        assert "Enter ActiveLB safeMode: 5.0A" in world.texts("log", "text")

    def test_a_wrong_rj11_mode_reads_no_telegrams(self) -> None:  # ALB-P1-012
        world = World({**P1, "RJ11-Mode": "Suspend when an external circuit is closed"})
        world.meter_until(40.0, lambda: 5.0)
        assert world.texts("log", "text")[-1] == "Enter ActiveLB safeMode: 7.0A"
        assert not world._step(Inputs()).request

    def test_switched_off_it_does_not_listen(self) -> None:
        world = World()
        world.meter(1000.0)
        world.bad()
        world.charge()
        assert world.offer_a == 32.0
        assert world.texts("log", "text") == []
        assert not world._step(Inputs()).request

    def test_the_data_request_is_raised(self) -> None:
        assert World(P1)._step(Inputs()).request

    def test_after_an_over_current_pause_the_share_of_that_moment_is_offered(self) -> None:
        world = World(P1)
        world.meter(5.0)
        world.charge(share=1.2)
        world.meter_until(302.0 - EPS_S, lambda: 15.0)
        world.set(share=0.9)
        world.until(302.0)
        assert world.offer_a == 10.0


class TestMonitor:
    """Live monitoring: Currents, States, Communication car (ALB-GEN-053)."""

    def test_through_a_session(self) -> None:
        world = World({**P1, "Connector1-MaxCurrent": 16})
        quiet = {"socket": 1, "meter_a": None, "socket_a": [0.0, 0.0, 0.0], "state": "A1", "duty_pct": None}
        assert world.last("monitor") == quiet
        world.meter(3.04)
        assert world.last("monitor") == {**quiet, "meter_a": [3.0, 3.0, 3.0]}
        world.plug("B")
        assert world.last("monitor")["state"] == "B2"
        world.set(state="C")
        world.set(share=0.5)
        assert world.last("monitor") == {
            "socket": 1,
            "meter_a": [3.0, 3.0, 3.0],
            "socket_a": [8.0, 8.0, 8.0],
            "state": "C2",
            "duty_pct": pytest.approx(16 / 0.6, abs=0.01),
        }
        world.unplug()
        assert world.last("monitor") == {**quiet, "meter_a": [3.0, 3.0, 3.0]}

    def test_a_meter_that_is_lost_is_not_shown(self) -> None:
        world = World(P1)
        world.meter(3.0)
        world.until(10.2 - EPS_S)
        assert world.last("monitor")["meter_a"] == [3.0, 3.0, 3.0]
        world.until(10.2)
        assert world.last("monitor")["meter_a"] is None
        world.bad()
        assert world.last("monitor")["meter_a"] is None
        world.meter(-4.0)
        assert world.last("monitor")["meter_a"] == [-4.0, -4.0, -4.0]

    def test_said_when_it_changes_and_only_then(self) -> None:
        world = World(P1)
        before = len(world.texts("monitor", "state"))
        for second in range(1, 4):
            world.until(float(second))
            world.meter(3.0 + second / 100)
        assert len(world.texts("monitor", "state")) == before + 1
        world.bad()
        assert len(world.texts("monitor", "state")) == before + 1

    def test_a_station_without_a_meter(self) -> None:
        world = World()
        world.charge(share=0.5)
        assert world.last("monitor")["socket_a"] == [16.0, 16.0, 16.0]
        assert world.last("monitor")["meter_a"] is None


class TestPhaseOrder:
    """ALB-GEN-040: the order of the settings, and a meter that sees the socket's L1 elsewhere."""

    def charged_in_steps(self, settings: dict[str, object], seen_on: int) -> World:
        world = World({**P1, "Safe-MaxCurrent": 12, **settings})
        for turn in range(4):
            world.until(100.0 * turn + 50.0)
            if turn % 2:
                world.charge(phases=1, draws_ma=10_000)
            else:
                world.unplug()
            world.until(100.0 * turn + 100.0)
            seen = [1.0, 1.0, 1.0]
            seen[seen_on] += 10.0 * (turn % 2)
            world._step(Inputs(heard=[Reading("50", 1.0, (seen[0], seen[1], seen[2]), 3, world.now_s)]))
        return world

    def warnings(self, world: World) -> list[object]:
        return [text for text in world.texts("log", "text") if "phase order" in str(text)]

    def test_one_line_in_the_log_with_the_grid_s_phases(self) -> None:
        world = self.charged_in_steps({}, seen_on=1)
        text = "Meter phase order: what socket phase L1 draws is seen on meter phase L2"
        assert self.warnings(world) == [text]
        entries = [fields for _, kind, fields in world.events if kind == "log" and fields["text"] == text]
        assert entries == [{"text": text, "documented": False}]

    def test_rotated_as_the_settings_say(self) -> None:
        rotated: dict[str, object] = {"Phase-Connected": "L3L1L2"}  # the socket's L1 is the grid's L3
        assert self.warnings(self.charged_in_steps(rotated, seen_on=2)) == []
        assert self.warnings(self.charged_in_steps(rotated, seen_on=0)) == [
            "Meter phase order: what socket phase L3 draws is seen on meter phase L1"
        ]


def test_rooms_can_be_replaced() -> None:
    class Deaf(OverCurrent):
        def step(self, *_: object) -> None:
            return None

    settings = Settings(probing_s=0.0)
    world = World(core=StationCore(settings, overcurrent=Deaf))
    world.charge(share=2.0)
    world.until(7200.0)
    assert world.drive.contactor
