"""The external circuit of a bench, and what is judged of a station while it suspends charging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.errors import HarnessError
from rig.kit import suspending
from rig.kit.suspending import CLOSED, OPENED, Circuit, Polarity
from rig.options import RunOptions
from station.settings import Settings


@pytest.fixture
def case() -> Iterator[Case]:
    case = Case("scm/pause/it", RunOptions())
    yield case
    case.close()


def on_a_bench(case: Case, body: Callable[[Bench], Any], polarity: Polarity = CLOSED) -> None:
    """Run `body` on a bench with two sockets and a circuit."""

    async def whole() -> None:
        async with case.bench(suspending.settings(polarity), sockets=2) as bench:
            await body(bench)

    case.run(whole())


def outcomes(case: Case) -> dict[str, str]:
    return {verdict.what: verdict.verdict for verdict in case.judge.verdicts}


@pytest.mark.parametrize("polarity", [CLOSED, OPENED], ids=str)
def test_the_station_takes_the_polarity_as_it_is_meant(polarity: Polarity) -> None:
    settings = Settings.from_mapping({"station.sockets": 2, **suspending.settings(polarity)})
    assert settings.suspends_when is polarity.closed
    assert settings.shares


@pytest.mark.parametrize("polarity", [CLOSED, OPENED], ids=str)
def test_a_circuit_is_switched_by_who_suspends(case: Case, polarity: Polarity) -> None:
    async def body(bench: Bench) -> None:
        circuit = Circuit(case, bench, polarity)
        await circuit.allow()
        contact = await circuit.suspend()
        assert contact.data["closed"] is polarity.closed
        with pytest.raises(HarnessError, match="already"):
            await circuit.suspend()
        assert (await circuit.release()).data["closed"] is not polarity.closed

    on_a_bench(case, body, polarity)


def test_a_controlled_pause_passes(case: Case) -> None:
    async def body(bench: Bench) -> None:
        await suspending.charging(case, bench, suspending.car(), "SCM-012")
        outlet = bench.outlet(1)
        circuit = Circuit(case, bench)
        contact = await circuit.suspend()
        await case.until(contact.at_s + suspending.STOPPED_S)
        suspending.judge_left(case, outlet, "SCM-004", contact)
        suspending.judge_states(case, outlet, ["SCM-007"], contact)
        suspending.judge_opened_cold(case, outlet, "SCM-001", contact)
        suspending.judge_given_no_current(case, outlet, ["SCM-004"], "suspended", contact.at_s + 5.0)
        released = await circuit.release()
        await case.until(released.at_s + 5.0)
        suspending.judge_resumed(case, outlet, "SCM-016", released)

    on_a_bench(case, body)
    assert set(outcomes(case).values()) == {"pass"}


def test_a_station_that_goes_on_fails(case: Case) -> None:
    """The port is set to a P1 meter, so nothing is suspended when the circuit closes"""

    async def whole() -> None:
        config = {**suspending.settings(), "RJ11-Mode": "DSMR P1"}
        async with case.bench(config, sockets=2) as bench:
            await suspending.charging(case, bench, suspending.car())
            outlet = bench.outlet(1)
            contact = await Circuit(case, bench).suspend()
            await case.until(contact.at_s + suspending.STOPPED_S)
            suspending.judge_left(case, outlet, "SCM-004", contact)
            suspending.judge_states(case, outlet, ["SCM-007"], contact)
            suspending.judge_opened_cold(case, outlet, "SCM-001", contact)
            outlet.unplug()
            outlet.plug_in(suspending.car())
            await case.until(case.now_s() + 10.0)
            suspending.judge_given_no_current(case, outlet, ["SCM-004"], "suspended", contact.at_s)

    case.run(whole())
    assert outcomes(case) == {
        "socket 1 leaves C2": "fail",
        "pilot of socket 1 while suspended": "fail",
        "contactor of socket 1": "fail",
        "suspended: current at socket 1": "fail",
    }


def test_a_car_that_draws_on_opens_no_contactor_cold(case: Case) -> None:
    async def body(bench: Bench) -> None:
        outlet = bench.outlet(1)
        await outlet.charge(suspending.car(stops_after_s=60.0))
        contact = await Circuit(case, bench).suspend()
        await case.until(contact.at_s + suspending.STOPPED_S)
        suspending.judge_opened_cold(case, outlet, "SCM-001", contact)

    on_a_bench(case, body)
    assert outcomes(case) == {"contactor of socket 1": "fail"}


def test_judging_who_charges(case: Case) -> None:
    async def body(bench: Bench) -> None:
        one, two = bench.outlets
        await one.charge(suspending.car())
        suspending.judge_charging(case, [one, two], ["SCM-004"], "now")

    on_a_bench(case, body)
    assert outcomes(case) == {"now: charging at socket 1": "pass", "now: charging at socket 2": "fail"}
