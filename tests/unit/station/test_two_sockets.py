"""The core with two sockets, on a board that obeys it and with cars that follow their offers after a while."""

from dataclasses import dataclass, field

import pytest

from station.board.codec import Drive, Sense
from station.core import Inputs, StationCore
from station.pilot import signalled_ma
from station.settings import Settings
from station.sources.reading import Reading

SLB: dict[str, object] = {"FeatureLicenseKey": "SLB", "Static-LoadBalancing": "On", "station.sockets": 2}
ALB: dict[str, object] = {"FeatureLicenseKey": "ALB", "Active-LoadBalancing": "On", "station.sockets": 2}
HIGH_MV = {"A": 12_000, "B": 9_000, "C": 6_000}
OTHER = {1: 2, 2: 1}


@dataclass
class Car:
    """Draws what it is offered, from its minimum on, `follows_s` after the offer came."""

    minimum_a: float = 6.0
    phases: int = 3
    wish_a: float = 32.0
    power_factor: float = 1.0
    follows_s: float = 0.0
    follows: bool = True
    drawn_a: float = 0.0
    due: list[tuple[float, float]] = field(default_factory=list)

    def offered(self, now_s: float, offer_a: float) -> None:
        wanted_a = min(offer_a, self.wish_a) if offer_a >= self.minimum_a else 0.0
        if self.follows or wanted_a > self.drawn_a:
            self.due.append((now_s + self.follows_s, wanted_a))

    def draw(self, now_s: float) -> float:
        while self.due and self.due[0][0] <= now_s:
            self.drawn_a = self.due.pop(0)[1]
        return self.drawn_a


class World:
    """Time passes from deadline to deadline, of the station and of the cars."""

    def __init__(self, settings: dict[str, object]) -> None:
        self.core = StationCore(Settings.from_mapping(settings))
        self.cars: dict[int, Car] = {}
        self.drives = {1: Drive(1, "high", False), 2: Drive(2, "high", False)}
        self.senses: dict[int, Sense] = {}
        self.events: list[tuple[float, str, dict[str, object]]] = []
        self.now_s = 0.0
        self._step(Inputs(linked=False))
        self._settle()

    def offers(self) -> tuple[float, float]:
        one, two = (signalled_ma(self.drives[socket].pilot) / 1000 for socket in (1, 2))
        return one, two

    def last(self, kind: str, socket: int) -> dict[str, object]:
        name = "connectorId" if kind == "status" else "socket"
        return [fields for _, what, fields in self.events if what == kind and fields[name] == socket][-1]

    def texts(self) -> list[object]:
        return [fields["text"] for _, kind, fields in self.events if kind == "log"]

    def plug(self, socket: int, car: Car | None = None) -> Car:
        self.cars[socket] = car or Car()
        self._settle()
        return self.cars[socket]

    def unplug(self, socket: int) -> None:
        del self.cars[socket]
        self._settle()

    def meter(self, l1_a: float, l2_a: float, l3_a: float) -> None:
        self._step(Inputs(heard=[Reading("50", 1.0, (l1_a, l2_a, l3_a), 3, self.now_s)]))
        self._settle()

    def lose_the_board(self) -> None:
        self._step(Inputs(linked=False))

    def contact(self, closed: bool) -> None:
        self._step(Inputs(contact=closed))
        self._settle()

    def run(self, for_s: float) -> tuple[float, float]:
        end_s = self.now_s + for_s
        for _ in range(100_000):
            due = [due_s for car in self.cars.values() for due_s, _ in car.due]
            if (station_s := self.core.next_deadline_s()) is not None:
                due.append(station_s)
            self.now_s = min([end_s, *due])
            self._step(Inputs())
            self._settle()
            if self.now_s >= end_s:
                return self.offers()
        raise AssertionError("deadlines without end")

    def _settle(self) -> None:
        for _ in range(20):
            news = [sense for socket in (1, 2) if (sense := self._sensed(socket)) != self.senses.get(socket)]
            if not news:
                return
            for sense in news:
                self.senses[sense.socket] = sense
                self._step(Inputs(sense=sense))
        raise AssertionError("board and station never agree")

    def _sensed(self, socket: int) -> Sense:
        car, drive = self.cars.get(socket), self.drives[socket]
        state = "A" if car is None else "C"
        high = -12_000 if drive.pilot == "low" else HIGH_MV[state]
        low = high if isinstance(drive.pilot, str) else -12_000
        wanted_a = 0.0 if car is None else car.draw(self.now_s)
        drawn_ma = round(wanted_a * 1000) if drive.contactor else 0
        phases = 0 if car is None else car.phases
        current = tuple(drawn_ma if phase < phases else 0 for phase in range(3))
        factor = 1.0 if car is None else car.power_factor
        power = tuple(round(current_ma * 0.23 * factor) for current_ma in current)
        pp_ohm = 0 if car is None else 220
        return Sense(socket, high, low, pp_ohm, current, (2300,) * 3, drive.contactor, power)  # type: ignore[arg-type]

    def _step(self, inputs: Inputs) -> None:
        outputs = self.core.step(inputs, self.now_s)
        self.events += [(self.now_s, *event) for event in outputs.events]
        for drive in outputs.drives:
            before, self.drives[drive.socket] = self.drives[drive.socket], drive
            car = self.cars.get(drive.socket)
            if car is not None and drive != before:
                car.offered(self.now_s, signalled_ma(drive.pilot) / 1000 if drive.contactor else 0.0)


def test_a_minute_at_14_a_then_all_there_is() -> None:  # PRB-003, PRB-006, SLB-018
    world = World({**SLB, "Station-MaxCurrent": 25})
    world.plug(1)
    assert world.run(59.9) == (14.0, 0.0)
    assert world.run(0.1) == (25.0, 0.0)
    assert "Socket 1: vehicle needs 6 A, on L1L2L3" in world.texts()


def test_what_a_probe_found_out_is_said_once() -> None:
    world = World({**SLB, "Station-MaxCurrent": 14})
    world.plug(1)
    world.run(60.0)  # the offer stays as it is
    said = world.texts()
    for _ in range(3):
        world.lose_the_board()
    assert world.texts() == said
    assert len(said) == 1


def test_two_share_after_the_second_probe() -> None:  # SLB-003, SLB-019
    world = World({**SLB, "Station-MaxCurrent": 25})
    world.plug(1)
    world.run(60.0)
    world.plug(2)
    world.run(59.9)
    assert world.offers() == (11.0, 14.0)
    assert world.run(1.0) == (12.5, 12.5)
    world.unplug(1)
    assert world.run(0.0) == (0.0, 25.0)


def test_the_second_one_waits_until_the_first_has_adjusted() -> None:  # UI-004, UI-005
    world = World({**SLB, "Station-MaxCurrent": 25})
    world.plug(1, Car(follows_s=3.0))
    world.run(70.0)
    world.plug(2)
    assert world.offers() == (11.0, 0.0)
    assert world.last("led", 1)["pattern"] == "dark blue flashing"
    assert world.last("led", 2)["pattern"] == "light blue flashing"
    assert world.run(2.9) == (11.0, 0.0)
    assert world.run(0.1) == (11.0, 14.0)
    assert {world.last("led", socket)["pattern"] for socket in (1, 2)} == {"dark blue steady"}


def test_one_that_begins_to_draw_at_this_very_moment() -> None:
    """Its meter has not told yet, and so what it is offered counts."""
    world = World({**SLB, "Station-MaxCurrent": 25})
    world.plug(1, Car(follows_s=3.0))
    world.run(0.1)
    world.plug(2)
    assert world.offers() == (14.0, 0.0)
    assert world.run(0.2) == (14.0, 0.0)


def test_one_that_never_adjusts_is_an_over_current_and_then_out_of_the_way() -> None:
    world = World({**SLB, "Station-MaxCurrent": 25})
    stubborn = world.plug(1)
    world.run(60.0)
    stubborn.follows = False
    world.plug(2)
    assert world.offers() == (11.0, 0.0)
    world.run(5.0 + 2.0)  # the grace, then the band of 150 %
    assert world.drives[1].pilot == "low"
    assert world.offers() == (0.0, 14.0)


def test_a_14_a_car_beside_a_6_a_car() -> None:  # SLB-7a, SLB-7b
    world = World({**SLB, "Station-MaxCurrent": 20})
    world.plug(1, Car(14.0, power_factor=0.95))
    world.run(60.0)
    world.plug(2)
    assert world.run(61.0) == (14.0, 6.0)
    assert "Socket 1: vehicle needs 14 A, on L1L2L3" in world.texts()


def test_alternating_shows_who_waits() -> None:  # ALT-002, ALT-018, ALT-019
    world = World({**SLB, "Station-MaxCurrent": 11.9})
    world.plug(1)
    world.run(60.0)
    world.plug(2)
    waits = [0.0, 0.0]
    for _ in range(4):
        offers = world.run(900.0)
        waiting = offers.index(0.0)
        waits[waiting] += 1
        assert sorted(offers) == [0.0, 11.9]
        assert world.last("display", waiting + 1)["text"] == "0.0 of 8.2 kW"
        assert world.last("led", waiting + 1)["pattern"] == "light blue flashing"
        assert world.last("status", waiting + 1)["status"] == "SuspendedEVSE"
        assert world.last("led", OTHER[waiting + 1])["pattern"] == "dark blue steady"
    assert waits == [2, 2]


def test_sockets_on_phases_of_their_own() -> None:  # PH-001, SLB-022
    world = World({**SLB, "Station-MaxCurrent": 25})
    world.plug(1, Car(phases=1))
    world.run(60.0)
    world.plug(2, Car(phases=1))
    assert world.run(61.0) == (25.0, 25.0)


def test_without_a_feature_each_has_half() -> None:  # SLB-023, O-69
    world = World({"station.sockets": 2, "Station-MaxCurrent": 25})
    world.plug(1)
    assert world.run(60.0) == (12.5, 0.0)


def test_32_a_on_one_cable_always_shares() -> None:  # SLB-003, X-34
    world = World({"station.sockets": 2, "Station-MaxCurrent": 32})
    world.plug(1)
    assert world.run(60.0) == (32.0, 0.0)


def test_active_balancing_over_both() -> None:  # PRB-026, ALT-024
    world = World({**ALB, "SmartMeter-MaxCurrent": 25, "Station-MaxCurrent": 32, "SmartMeterIncludesCharger": False})
    world.meter(0.0, 0.0, 0.0)
    world.plug(1)
    world.plug(2)
    for _ in range(200):
        world.run(1.0)
        world.meter(5.0, 0.0, 0.0)
    assert world.offers() == (10.0, 10.0)
    world.meter(14.0, 0.0, 0.0)
    assert 11.0 not in world.offers()
    assert sorted(world.run(6.0)) == [0.0, 11.0]


@pytest.mark.parametrize(
    ("mode", "halted"),
    [("Suspend when an external circuit is closed", True), ("Suspend when an external circuit is opened", False)],
)
def test_suspended_by_the_external_circuit(mode: str, halted: bool) -> None:  # SCM-004, SCM-005, SCM-012
    world = World({**SLB, "RJ11-Mode": mode, "Station-MaxCurrent": 25})
    world.contact(not halted)
    world.plug(1)
    assert world.run(60.0) == (25.0, 0.0)
    world.contact(halted)
    assert world.run(0.09) == (25.0, 0.0)
    assert world.run(0.01) == (0.0, 0.0)
    assert world.last("display", 1)["text"] == "Charging session halted by energy supplier"
    assert world.last("led", 1)["pattern"] == "light blue flashing"
    world.plug(2)
    assert world.run(100.0) == (0.0, 0.0)
    assert world.last("display", 2)["text"] == "Charging session halted by energy supplier"
    world.contact(not halted)
    world.run(0.1)
    assert world.offers()[0] > 0.0
    assert world.run(62.0) == (12.5, 12.5)
    assert world.last("led", 1)["pattern"] == "dark blue steady"


@pytest.mark.parametrize("dark", [False, True], ids=["pilot up", "pilot at -12 V at first"])
def test_what_was_known_before_a_reboot_is_known_after_it(dark: bool) -> None:  # O-13
    world = World({**SLB, "Station-MaxCurrent": 25})
    world.plug(1, Car(14.0, power_factor=0.95))
    world.run(60.0)
    core = StationCore(world.core.settings)
    core.recall(world.core.remembered())
    core.step(Inputs(linked=False), 0.0)
    before = [(1, -12_000, 220), (2, -12_000, 0)] if dark else []
    for socket, high, pp_ohm in (*before, (1, 6000, 220), (2, 12_000, 0)):
        sense = Sense(socket, high, high, pp_ohm, (0, 0, 0), (2300, 2300, 2300), False, (0, 0, 0))
        outputs = core.step(Inputs(sense=sense), 0.0)
    assert signalled_ma(outputs.drives[0].pilot) == 25_000


def test_a_car_that_left_during_a_reboot_is_forgotten() -> None:  # O-13
    world = World({**SLB, "Station-MaxCurrent": 25})
    world.plug(1, Car(14.0, power_factor=0.95))
    world.run(60.0)
    core = StationCore(world.core.settings)
    core.recall(world.core.remembered())
    core.step(Inputs(linked=False), 0.0)
    for socket, high, pp_ohm in ((1, -12_000, 0), (2, -12_000, 0), (1, 12_000, 0), (2, 12_000, 0), (1, 6000, 220)):
        sense = Sense(socket, high, high, pp_ohm, (0, 0, 0), (2300, 2300, 2300), False, (0, 0, 0))
        outputs = core.step(Inputs(sense=sense), 0.0)
    assert core.remembered() == {}
    assert signalled_ma(outputs.drives[0].pilot) == 14_000
