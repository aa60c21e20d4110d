"""Cars as files: what a file may say, what it is told when it says something else, and what the shipped ones do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import HIGH, LOW, Plateaus, Signal, Source, measure, pwm, state_of
from emulators.pilot.codec import SAE_J1772_2017, duty_for
from emulators.pilot.timing import BCB_PULSE_S, CAR_FOLLOWS_S, SIMPLIFIED_A, WAKE_PULSE_LEAST_S, WAKE_RETRY_S, WAKE_UP
from emulators.vehicle.garage import KEYS, About, cars, load, parse
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle

PAGE = Path(__file__).resolve().parents[4] / "docs" / "cars.md"
MINIMAL = 'name = "Test"\nphases = 1\n'
SHIPPED = {
    "chameleon",
    "chameleon-stops",
    "draws-under",
    "full",
    "ignores-30s",
    "ignores-5s",
    "ignores-for-good",
    "keeps-drawing",
    "light-sleeper",
    "obedient-1p",
    "obedient-2p",
    "obedient-3p",
    "ramping",
    "simplified",
    "sleeper",
    "slow",
    "stops-below-8a",
    "toggling",
    "two-phases-below-8a",
    "ventilation",
    "zoe-3p",
}


# -- files -------------------------------------------------------------------------------------------------------


def test_every_car_of_the_package_loads_and_names_its_sources() -> None:
    assert set(cars()) == SHIPPED
    loaded = [load(name) for name in cars()]
    assert len({car.about.name for car in loaded}) == len(loaded)
    for car in loaded:
        assert car.about.about
        assert car.about.sources


def test_a_file_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    car = load(path)
    assert car.about == About(name="Test")
    assert car.spec == VehicleSpec(phases=1)
    assert load(str(path)) == car


def test_every_key_reaches_its_field() -> None:
    text = MINIMAL + 'duty_table = "SAE J1772"\nramp_a_per_s = inf\ntoggle_s = [0.2, 1]\npower_factor = [[6, 0.5]]\n'
    spec = parse(text, "here").spec
    assert spec.duty_table == SAE_J1772_2017
    assert spec.toggle_s == (0.2, 1.0)
    assert spec.power_factor == ((6.0, 0.5),)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("phase = 3", "'phase' is no key; is phases meant?"),
        ("qqq = 3", "'qqq' is no key; docs/cars.md lists them"),
        ("[car]\nphases = 3", "'car' is no key"),
        ("min_a = '6'", "Expected `float`, got `str` - at `$.min_a`"),
        ("min_a = -1.0", "vehicle: min_a is -1.0; allowed: 0.0 ... 1000.0"),
        ("min_a = nan", "vehicle: min_a is nan"),
        ("min_a = 16.5", "vehicle: min_a 16.5 is above max_a 16.0"),
        ("filter_a = 17", "vehicle: filter_a 17.0 is above max_a 16.0"),
        ("two_phases_below_a = 8", "two_phases_below_a is for three phases; phases is 1"),
        ("toggle_s = [0.2]", "Expected `array` of length 2, got 1 - at `$.toggle_s`"),
        ("toggle_s = [0.2, 0.0]", "vehicle: toggle_s is 0.0; allowed: 0.01 ... 86400.0"),
        ("power_factor = [[6.0, 7.0]]", "vehicle: power_factor[0] is [6.0, 7.0]"),
        ("wakes_by = 'toggel'", "wakes_by is 'toggel'; it is one of offer, toggle, plug; is toggle meant?"),
        ("below_min = 1", "below_min is 1; it is one of wait, stop"),
        ("duty_table = 'SAE J1773'", "duty_table is 'SAE J1773'; it is one of IEC 61851-1, SAE J1772; is SAE J1772"),
        ("duty_table = []", "duty_table is []; it is one of IEC 61851-1, SAE J1772"),
        ("pp_ohm = 220.5", "Expected `int`, got `float` - at `$.pp_ohm`"),
        ("sources = 'me'", "Expected `array`, got `str` - at `$.sources`"),
        ("min_a =", "Invalid value (at line 3"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL + line + "\n", encoding="utf-8")
    with pytest.raises(BadConfiguration, match=re.escape(why)) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert "mine.toml: " in str(caught.value)


def test_a_car_has_a_name() -> None:
    with pytest.raises(BadConfiguration, match="here: Object missing required field `name`"):
        parse("phases = 1", "here")


def test_cars_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"there is no car 'zoe'; there is .*zoe-3p, or FILE.toml"):
        load("zoe")
    with pytest.raises(BadConfiguration, match=r"none.toml: cannot be read \(No such file or directory\)"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(BadConfiguration, match="UTF-8, which byte 8 is not"):
        load(tmp_path / "latin.toml")


def test_the_page_on_cars_is_right() -> None:
    page = PAGE.read_text(encoding="utf-8")
    examples = [part.removeprefix("toml\n") for part in page.split("```") if part.startswith("toml\n")]
    assert [parse(example, "the example").spec.min_a for example in examples] == [10.0]
    for key in KEYS:
        assert f"`{key}`" in page, key
    for name in cars():
        assert f"`{name}`" in page, name
        told = load(name).about
        for text in (told.about, *told.sources, *told.doubts):
            assert text in page, (name, text)


# -- what they do ------------------------------------------------------------------------------------------------


class Bench:
    """A car of the garage on a pilot that its own circuit computes, with the contactor closed in state C2 or D2."""

    def __init__(self, car: str) -> None:
        self.events: list[tuple[float, str]] = []
        self.spec = load(car).spec
        self.car = Vehicle(self.spec, lambda at_s, _kind, fields: self.events.append((at_s, str(fields["what"]))))
        self.signal = HIGH
        self.now_s = 0.0
        self.car.plug(0.0)
        self.show()

    @property
    def state(self) -> str:
        return state_of(self.plateaus, self.signal)

    @property
    def plateaus(self) -> Plateaus:
        return measure(Source(), self.signal, self.car.pilot_load)

    def drive(self, signal: Signal, for_s: float = 0.0) -> None:
        self.signal = signal
        self.show()
        self.run(for_s)

    def offer(self, offer_a: float, for_s: float = 0.0) -> None:
        self.drive(pwm(duty_for(round(offer_a * 1000))), for_s)

    def show(self) -> None:
        self.car.see_pilot(self.plateaus, self.signal, self.now_s)
        self.car.step(self.now_s)
        self.car.see_mains(self.state in ("C2", "D2"), self.now_s)

    def run(self, for_s: float) -> None:
        until_s = self.now_s + for_s
        while (due_s := self.car.next_deadline_s()) is not None and due_s <= until_s:
            self.now_s = due_s
            self.car.step(due_s)
            self.show()
        self.now_s = until_s
        self.car.step(until_s)
        self.show()

    @property
    def a(self) -> tuple[float, float, float]:
        return self.car.currents_a(self.now_s)

    @property
    def factor(self) -> float:
        return self.car.active_ma(self.now_s)[0] / self.car.currents_ma(self.now_s)[0]


@pytest.mark.parametrize(("car", "phases"), [("obedient-1p", 1), ("obedient-2p", 2), ("obedient-3p", 3)])
def test_obedient(car: str, phases: int) -> None:
    bench = Bench(car)
    for offer_a in (6.0, 13.9, 16.0):  # M3-002: 6 A is the least
        bench.offer(offer_a, 5.0)
        assert bench.a == (offer_a,) * phases + (0.0,) * (3 - phases)
        assert bench.factor == 1.0


def test_chameleon_waits_below_14_a_with_its_filter() -> None:
    bench = Bench("chameleon")
    bench.offer(13.9, 10.0)  # PRB-010 (a), PRB-014, PRB-015
    assert (bench.state, bench.a, bench.car.active_ma(10.0)) == ("C2", (5.985,) * 3, (0, 0, 0))
    assert bench.car.reactive_ma(10.0) == (-5_985,) * 3
    bench.offer(14.0, 10.0)  # PRB-001; DECISIONS, probing: it has to stand out from more than 0.98
    assert bench.a == (14.0,) * 3
    assert bench.factor == 0.95
    bench.offer(6.0, 10.0)
    assert (bench.state, bench.a) == ("C2", (5.985,) * 3)
    # facts/control_pilot.md, section 6: power factor 0.07 at 6 A is what the filter's current comes from
    rest_a = (6.0**2 - bench.spec.filter_a**2) ** 0.5
    assert rest_a / 6 == pytest.approx(0.07, abs=0.001)


def test_the_other_chameleon_goes_to_b() -> None:
    bench = Bench("chameleon-stops")
    bench.offer(13.9, 10.0)  # PRB-010 (b)
    assert (bench.state, bench.a) == ("B2", (0.0, 0.0, 0.0))
    bench.offer(14.0, 10.0)
    assert (bench.state, bench.a, bench.factor) == ("C2", (14.0,) * 3, 0.95)
    bench.offer(13.9, 10.0)
    assert (bench.state, bench.a) == ("B2", (0.0, 0.0, 0.0))


@pytest.mark.parametrize(("offer_a", "factor", "kw"), [(6.0, 0.07, 0.3), (7.0, 0.45, 2.2), (8.0, 0.95, 5.2)])
def test_zoe_as_measured(offer_a: float, factor: float, kw: float) -> None:
    bench = Bench("zoe-3p")  # facts/control_pilot.md, section 6, evcc 187
    bench.offer(offer_a, 10.0)
    assert bench.a == (offer_a,) * 3
    assert bench.factor == pytest.approx(factor, abs=1e-4)
    assert sum(bench.car.active_ma(bench.now_s)) * 230 / 1e6 == pytest.approx(kw, abs=0.05)


def test_stops_below_8_a() -> None:
    bench = Bench("stops-below-8a")
    bench.offer(7.9, 10.0)
    assert bench.state == "B2"
    bench.offer(8.0, 10.0)
    assert (bench.state, bench.a) == ("C2", (8.0,) * 3)
    bench.offer(7.9, 10.0)
    assert bench.state == "B2"
    assert [what for _, what in bench.events] == ["plugged", "ready", "stopped"]


def test_slow() -> None:
    bench = Bench("slow")
    assert bench.spec.start_delay_s < WAKE_RETRY_S  # a station that wakes cars after 30 s lets this one be
    bench.offer(16.0, 24.9)
    assert bench.state == "B2"
    bench.run(0.1)
    assert bench.a == (16.0,) * 3
    bench.offer(6.0, CAR_FOLLOWS_S - 0.1)
    assert bench.a == (16.0,) * 3
    bench.run(0.1)
    assert bench.a == (6.0,) * 3


def test_ramping() -> None:
    bench = Bench("ramping")
    bench.offer(16.0, 1.0)
    bench.run(25.9)
    assert bench.a[0] < 16.0
    bench.run(4.1)  # facts/control_pilot.md, section 6: 26 to 30 s to full current
    assert bench.a == (16.0,) * 3


def test_draws_under() -> None:
    # facts/control_pilot.md, section 6: 0.2 to 1 A under the limit
    for offer_a, drawn_a in ((6.0, 5.82), (16.0, 15.52), (32.0, 31.04)):
        bench = Bench("draws-under")
        bench.offer(offer_a, 10.0)
        assert bench.a == (drawn_a,) * 3
        assert 0.15 < offer_a - drawn_a < 1.0


@pytest.mark.parametrize(("car", "ignores_s"), [("ignores-5s", 5.0), ("ignores-30s", 30.0)])
def test_ignores_a_decrease_for_a_while(car: str, ignores_s: float) -> None:
    bench = Bench(car)
    bench.offer(16.0, 10.0)
    bench.offer(6.0, ignores_s - 0.1)
    assert bench.a[0] == 16.0
    bench.run(0.1)
    assert bench.a[0] == 6.0
    bench.offer(10.0, 1.0)
    assert bench.a[0] == 10.0


def test_ignores_every_decrease_until_the_charge_is_interrupted() -> None:
    bench = Bench("ignores-for-good")
    bench.offer(16.0, 10.0)
    bench.offer(6.0, 100_000.0)
    assert bench.a[0] == 16.0
    bench.offer(8.0, 10.0)
    assert bench.a[0] == 16.0
    bench.offer(20.0, 10.0)
    assert bench.a[0] == 20.0
    bench.drive(HIGH, 10.0)
    assert bench.state == "B1"
    bench.offer(8.0, 10.0)
    assert bench.a[0] == 8.0


def test_keeps_drawing_without_pwm() -> None:
    bench = Bench("keeps-drawing")
    bench.offer(16.0, 10.0)
    bench.signal = HIGH
    bench.car.see_pilot(bench.plateaus, HIGH, bench.now_s)
    bench.car.step(bench.now_s + 3_600.0)
    assert bench.state == "C1"
    assert bench.car.currents_a(bench.now_s + 3_600.0) == (16.0, 0.0, 0.0)
    bench.drive(LOW)
    assert bench.events[-1] == (bench.now_s, "stopped")
    assert bench.a == (0.0, 0.0, 0.0)


def test_sleeper_is_woken_by_state_f_and_not_by_an_offer() -> None:
    bench = Bench("sleeper")
    assert bench.spec.sleep_after_s == 4 * 3_600  # facts/control_pilot.md, section 6: asleep after ~4 h
    assert bench.spec.wake_pulse_s == WAKE_PULSE_LEAST_S
    bench.run(4 * 3_600 - 1.0)
    assert bench.events == [(0.0, "plugged")]
    bench.run(1.0)
    assert bench.car.asleep
    bench.offer(16.0, 90.0)
    assert bench.state == "B2"
    bench.drive(LOW, 2.9)
    bench.offer(16.0, 90.0)
    assert bench.state == "B2"
    for step in WAKE_UP:
        bench.drive(step.signal, step.for_s)
    bench.offer(16.0, 1.0)
    assert (bench.state, bench.car.asleep) == ("C2", False)
    assert [what for _, what in bench.events] == ["plugged", "asleep", "awake", "ready"]


def test_light_sleeper_is_woken_by_an_offer() -> None:
    bench = Bench("light-sleeper")
    bench.offer(16.0, 10.0)
    bench.drive(HIGH, 599.0)
    bench.offer(16.0, 1.0)
    assert bench.state == "C2"
    bench.drive(HIGH, 600.0)
    assert bench.car.asleep
    bench.offer(16.0, 10.9)
    assert bench.state == "B2"
    bench.run(0.1)
    assert bench.state == "C2"
    assert bench.events[-3:] == [(1_210.0, "asleep"), (1_210.0, "awake"), (1_221.0, "ready")]


def test_full() -> None:
    bench = Bench("full")
    bench.offer(16.0, 3_600.0)
    assert (bench.state, bench.car.soc_pct(bench.now_s)) == ("B2", 100.0)


def test_toggling() -> None:
    bench = Bench("toggling")
    assert bench.spec.toggle_s is not None
    assert BCB_PULSE_S[0] <= bench.spec.toggle_s[0] <= BCB_PULSE_S[1]
    bench.offer(16.0, 3.0)
    ready, stopped = ([at_s for at_s, what in bench.events if what == kind] for kind in ("ready", "stopped"))
    assert ready == pytest.approx([1.0, 2.3])
    assert stopped == pytest.approx([1.3, 2.6])
    bench.drive(HIGH, 100.0)
    assert (bench.state, bench.car.next_deadline_s()) == ("B1", None)


def test_two_phases_below_8_a() -> None:
    bench = Bench("two-phases-below-8a")
    bench.offer(8.0, 10.0)
    assert bench.a == (8.0, 8.0, 8.0)
    bench.offer(7.9, 10.0)
    assert bench.a == (7.9, 7.9, 0.0)
    bench.offer(8.0, 10.0)
    assert bench.a == (8.0, 8.0, 8.0)


def test_simplified() -> None:
    bench = Bench("simplified")
    assert bench.state == "C1"  # facts/control_pilot.md, section 3: C directly from A
    for signal in (pwm(10_000), pwm(53_333), pwm(5_000)):
        bench.drive(signal, 5.0)
        assert (bench.state, bench.a) == ("C2", (SIMPLIFIED_A, 0.0, 0.0))
    bench.drive(LOW)
    assert bench.a == (0.0, 0.0, 0.0)


def test_ventilation() -> None:
    bench = Bench("ventilation")
    bench.offer(16.0, 5.0)
    assert (bench.state, bench.a) == ("D2", (16.0,) * 3)
