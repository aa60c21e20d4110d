"""Suspend charging beside a meter: with one on Modbus TCP/IP, and not with one on P1."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit import sharing
from rig.kit.balancing import DSMR5, SAFE_A, heard, judge_set_offer, off_by_a
from rig.kit.balancing import settings as balancing
from rig.kit.settings import SettingsCase
from rig.kit.sharing import judge_share
from rig.kit.suspending import (
    CLOSED,
    POLARITIES,
    STOPPED_S,
    Circuit,
    Polarity,
    car,
    judge_given_no_current,
    judge_left,
    judge_resumed,
    judge_states,
    settings,
)
from rig.meters import KINDS

E27 = KINDS["e27"]
MAX_A = 25.0
BEFORE_A, AFTER_A = 3.0, 9.0


@POLARITIES
@pytest.mark.clause("SCM-001", "SCM-004", "SCM-013")
async def test_with_a_meter_on_tcp(rig: Case, polarity: Polarity) -> None:
    """Beside active load balancing over TCP/IP: paused whatever the meter says, and afterwards what it leaves then

    The house takes more when charging is resumed than when it was suspended.
    """
    config = {**balancing(E27, meter_max_a=MAX_A), **settings(polarity, 32.0), "FeatureLicenseKey": "ALB"}
    off_a = off_by_a(E27)
    async with rig.bench(config, meter=E27, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(BEFORE_A)
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        await heard(rig, bench)
        for outlet in bench.outlets:
            await outlet.charge(car())
        await sharing.settled(rig, bench, off_a)
        for outlet in bench.outlets:
            judge_share(rig, outlet, "SCM-013", "before", (MAX_A - BEFORE_A) / 2, E27.error_a)
        contact = await circuit.suspend()
        await rig.until(contact.at_s + STOPPED_S)
        bench.house(AFTER_A)
        await rig.until(contact.at_s + 120.0)
        for outlet in bench.outlets:
            for clause in ("SCM-004", "SCM-013"):
                judge_left(rig, outlet, clause, contact)
                judge_given_no_current(rig, outlet, [clause], "suspended", contact.at_s + STOPPED_S)
            judge_states(rig, outlet, ["SCM-001"], contact)
        released = await circuit.release()
        await sharing.settled(rig, bench, off_a)
        for outlet in bench.outlets:
            judge_resumed(rig, outlet, "SCM-013", released)
            judge_share(rig, outlet, "SCM-013", "after", (MAX_A - AFTER_A) / 2, E27.error_a)


@pytest.mark.clause("SCM-004", "SCM-013")
async def test_a_meter_that_is_lost_meanwhile(rig: Case) -> None:
    """The meter falls silent during the shut-off: that changes nothing until it is over, and then the safe current

    is shared by both.
    """
    safe_a = 14.0
    config = {**balancing(E27, meter_max_a=MAX_A, safe_a=safe_a), **settings(CLOSED, 32.0), "FeatureLicenseKey": "ALB"}
    async with rig.bench(config, meter=E27, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        await heard(rig, bench)
        for outlet in bench.outlets:
            await outlet.charge(car())
        circuit = Circuit(rig, bench)
        contact = await circuit.suspend()
        with bench.meter.broken("refused"):
            await rig.until(contact.at_s + 200.0)
            for outlet in bench.outlets:
                judge_given_no_current(rig, outlet, ["SCM-004"], "suspended", contact.at_s + STOPPED_S)
            await circuit.release()
            await sharing.settled(rig, bench)
            for outlet in bench.outlets:
                judge_share(rig, outlet, "SCM-013", "after", safe_a / 2)


@POLARITIES
@pytest.mark.clause("SCM-011")
async def test_not_with_a_meter_on_p1(rig: Case, polarity: Polarity) -> None:
    """The circuit takes the place of a P1 meter: the station says so, reads none, and charges with its safe current

    The circuit itself works.
    """
    config = {**balancing(DSMR5, meter_max_a=MAX_A), "RJ11-Mode": polarity.mode}
    case = SettingsCase(rig)
    case.advises("SCM-011", "a P1 meter and a suspend input", config, "RJ11-Mode")
    async with rig.bench(config, meter=DSMR5, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "monitor", "settings")
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        outlet = bench.outlet(1)
        await outlet.charge(car())
        await rig.until(rig.now_s() + 60.0)
        judge_set_offer(rig, "SCM-011", "offer beside a P1 meter", outlet.observed.offered_a, SAFE_A)
        meter_a = outlet.observed.field("monitor", "meter_a")
        rig.judge.holds(
            "SCM-011", "currents of the P1 meter", holds=meter_a is None,
            seen=f"{meter_a}", promised="none: it is not read",
        )  # fmt: skip
        contact = await circuit.suspend()
        await rig.until(contact.at_s + STOPPED_S)
        judge_left(rig, outlet, "SCM-011", contact)
