"""Cars played by an EV simulator box: the station sees what it would of the emulated car."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import PilotFaults
from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.bench.file import BenchFile
from rig.bench.instrument_entries import EvBox, Instruments
from rig.case import Case
from rig.errors import HarnessError, NotTestableHere
from tests.unit.rig.on_bench import Body, run_on_bench

SETTINGS = {"Station-MaxCurrent": 16.0, "Connector1-MaxCurrent": 16.0}
CAR = VehicleSpec(max_a=32.0, reaction_s=0.5)
PLAYING = EvBox(plays_cars=True)
ON_BOX = BenchFile(instruments=Instruments(ev=PLAYING, ev_2=PLAYING))
POLL_S = PLAYING.poll_s


def run(body: Body, file: BenchFile = ON_BOX, **how: Any) -> Case:
    return run_on_bench(body, how.pop("settings", SETTINGS), file, **how)


def told(case: Case, source: str = "ev box") -> list[str]:
    return [event.data["message"] for event in case.timeline.of("told", source)]


def states(case: Case) -> list[str]:
    return [event.data["state"] for event in case.timeline.of("pilot")]


async def a_session(case: Case, bench: Bench) -> None:
    await case.until(1.0)
    vehicle = await bench.charge(CAR)
    await bench.draw(vehicle, 10.0)
    await case.until(case.now_s() + 1.0)
    vehicle.stop()
    bench.poke()
    await case.until(case.now_s() + 1.0)
    bench.unplug()
    await case.until(case.now_s() + 1.0)


def test_a_session_in_the_words_of_the_box() -> None:
    case = run(a_session)
    assert told(case) == [
        "*CLS",
        "*RST",
        ":EV:PROXimity:RESistor 220",
        ":EV:RESistor:BASE 2740",
        ":EV:RESistor:CHARge 1300",
        ":EV:STATe B",
        ":EV:STATe C",
        ":EV:LOAD:CURRent 16,16,16",
        ":EV:LOAD:CURRent 10,10,10",
        ":EV:STATe B",
        ":EV:LOAD:CURRent 0,0,0",
        ":EV:STATe A",
        ":EV:PROXimity:RESistor OPEN",
        "*RST",
    ]


def test_the_station_sees_what_it_would_of_the_emulated_car() -> None:
    boxed, emulated = run(a_session), run(a_session, BenchFile())
    assert states(boxed) == states(emulated)
    drawn = [[event.data["i_a"] for event in case.timeline.of("currents")] for case in (boxed, emulated)]
    assert drawn[0] == drawn[1]
    assert [event.kind for event in boxed.timeline.of("contactor")] == ["contactor"] * 2
    for kind in ("vehicle", "contactor"):
        late = [
            one.at_s - other.at_s
            for one, other in zip(boxed.timeline.of(kind), emulated.timeline.of(kind), strict=True)
        ]
        assert all(0.0 <= s <= 2 * POLL_S for s in late), late


def test_two_runs_are_the_same() -> None:
    assert list(run(a_session).timeline.lines()) == list(run(a_session).timeline.lines())


def test_each_socket_has_a_box() -> None:
    async def body(case: Case, bench: Bench) -> None:
        await bench.outlet(2).charge(CAR)
        assert (bench.outlet(1).vehicle, bench.outlet(1).observed.pilot_state) == (None, "A1")
        assert bench.outlet(2).vehicle is not None

    case = run(body, sockets=2, settings={**SETTINGS, "Connector2-MaxCurrent": 16.0})
    assert ":EV:STATe C" in told(case, "ev box 2")
    assert told(case) == ["*CLS", "*RST", "*RST"]


def test_another_car_in_no_time_is_another_session() -> None:
    async def body(case: Case, bench: Bench) -> None:
        await bench.charge(CAR)
        bench.unplug()
        bench.plug_in(CAR)
        await case.until(case.now_s() + 10.0)

    case = run(body)
    after = states(case)[states(case).index("C2") :]
    assert after.index("C2") < after.index("A2") < len(after) - after[::-1].index("C2")


def test_a_second_car_finds_the_socket_taken() -> None:
    async def body(_case: Case, bench: Bench) -> None:
        bench.plug_in(CAR)
        with pytest.raises(BadConfiguration, match="socket 1: a car is plugged in already"):
            bench.plug_in(CAR)
        bench.unplug()
        bench.unplug()
        bench.plug_in(CAR)

    run(body)


def test_defects_of_the_pilot() -> None:
    async def body(case: Case, bench: Bench) -> None:
        await bench.charge(CAR)
        bench.outlet(1).set_pilot_faults(PilotFaults(shorted_to_pe=True))
        assert bench.outlet(1).pilot_faults.shorted_to_pe
        await case.until(case.now_s() + 1.0)
        assert bench.observed.pilot_state == "E"
        assert not bench.observed.contactor_closed

    assert ":EV:SHORt PILot" in told(run(body))


def test_it_is_looked_at_only_while_a_car_is_there() -> None:
    """Where a board sees the socket. Each look takes a turn of the loop, so that they can be counted."""
    looks = 0

    async def body(case: Case, bench: Bench) -> None:
        box = await bench.ev_box()
        look = box.look

        async def counted() -> Any:
            nonlocal looks
            looks += 1
            return await look()

        box.look = counted  # type: ignore[method-assign]
        await case.until(60.0)
        assert looks <= 1
        bench.plug_in(CAR)
        await case.until(70.0)
        assert 10.0 / POLL_S <= looks <= 10.0 / POLL_S + 20

    run(body)


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        (
            EvBox(plays_cars=True, load_max_a=80.0),
            NotTestableHere,
            r"needs 81 A on a phase; .* load_max_a = 80",
        ),
        (EvBox(plays_cars=True, load_max_a=99.0), HarnessError, r"EV:LOAD:CURRent 81,81,81.* was refused"),
    ],
)
def test_what_a_box_cannot_do_ends_the_case_at_once(entry: EvBox, error: type[Exception], message: str) -> None:
    async def body(case: Case, bench: Bench) -> None:
        bench.plug_in(VehicleSpec(max_a=200.0, fixed_draw_a=81.0))
        await case.until(30.0)
        pytest.fail("it went on")

    with pytest.raises(error, match=message):
        run(body, BenchFile(instruments=Instruments(ev=entry)))


def test_a_box_draws_what_the_meter_counts() -> None:
    async def body(case: Case, bench: Bench) -> None:
        await bench.charge(CAR)
        assert bench.site.read(case.now_s()).current_a == pytest.approx((16.0, 16.0, 16.0))

    run(body)
