"""The grid connection: meter = house + EV - PV, whatever is switched when."""

from __future__ import annotations

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.site import Draw, Site, Steps

DEEP = 100 if os.environ.get("EVSE_RIG_DEEP") == "1" else 1

Three = tuple[float, float, float]


def draws(current_a: Three) -> Draw:
    return lambda _now_s: current_a


# The PV table of the catalogue, S-PV-1 to S-PV-11: PV, EV and house current, and what the meter shows (A).
PV_TABLE = [
    pytest.param(0, 0, 0, 0, id="ALB-GEN-023"),
    pytest.param(0, 0, 2, 2, id="ALB-GEN-024"),
    pytest.param(0, 12, 0, 12, id="ALB-GEN-025"),
    pytest.param(12, 0, 0, -12, id="ALB-GEN-026"),
    pytest.param(12, 0, 12, 0, id="ALB-GEN-027"),
    pytest.param(12, 0, 2, -10, id="ALB-GEN-028"),  # printed 12*, which the identity contradicts
    pytest.param(12, 6, 0, -6, id="ALB-GEN-029"),
    pytest.param(12, 12, 0, 0, id="ALB-GEN-030"),
    pytest.param(12, 6, 2, -4, id="ALB-GEN-031"),
    pytest.param(12, 6, 6, 0, id="ALB-GEN-032"),
    pytest.param(12, 16, 2, 6, id="ALB-GEN-033"),
]


@pytest.mark.parametrize(("pv_a", "ev_a", "house_a", "meter_a"), PV_TABLE)
@pytest.mark.parametrize("phases", [1, 3])
def test_the_pv_table(phases: int, pv_a: float, ev_a: float, house_a: float, meter_a: float) -> None:
    site = Site(phases=phases)
    site.add_pv("roof", *[pv_a] * phases)
    site.add_load("house", *[house_a] * phases)
    drawn_a = (float(ev_a), float(ev_a) if phases == 3 else 0.0, float(ev_a) if phases == 3 else 0.0)
    site.attach("socket 1", lambda _now_s: drawn_a)
    reading = site.read(0.0)
    expected = [meter_a] * phases + [0] * (3 - phases)
    assert list(reading.current_a) == expected
    assert list(reading.power_w) == [230.0 * a for a in expected]
    assert reading.phases == phases


amperes = st.floats(0, 100)
three = st.tuples(amperes, amperes, amperes)


@settings(derandomize=True, max_examples=100 * DEEP)
@given(st.lists(three, max_size=4), st.lists(three, max_size=3), st.lists(three, max_size=3), st.floats(200, 250))
def test_the_meter_is_house_plus_ev_minus_pv(
    loads: list[Three], sockets: list[Three], pv: list[Three], voltage_v: float
) -> None:
    site = Site(voltage_v=(voltage_v, voltage_v, voltage_v))
    for number, currents in enumerate(loads):
        site.add_load(f"load {number}", *currents)
    for number, currents in enumerate(pv):
        site.add_pv(f"pv {number}", *currents)
    for number, currents in enumerate(sockets):
        site.attach(f"socket {number}", draws(currents))
    reading = site.read(0.0)
    for phase in range(3):
        expected_a = math.fsum([c[phase] for c in loads] + [c[phase] for c in sockets] + [-c[phase] for c in pv])
        assert reading.current_a[phase] == pytest.approx(expected_a, abs=1e-9)
        assert reading.power_w[phase] == pytest.approx(expected_a * voltage_v, abs=1e-6)


def test_a_socket_is_asked_for_the_present_moment() -> None:
    site = Site()
    site.attach("1", lambda now_s: (now_s, 0.0, 0.0))
    assert site.read(3.0).current_a == (3.0, 0.0, 0.0)
    site.detach("1")
    assert site.read(4.0).current_a == (0.0, 0.0, 0.0)


def test_loads_and_pv_change_live() -> None:
    site = Site()
    site.add_load("oven", 10.0)
    site.add_pv("roof", 0.0, 4.0)
    assert site.read(0.0).current_a == (10.0, -4.0, 0.0)
    site.set_load("oven", 0.0, 0.0, Steps(((0.0, 3.0), (2.0, 5.0))))
    site.set_pv("roof", 1.0)
    assert site.read(1.0).current_a == (-1.0, 0.0, 3.0)
    assert site.read(2.0).current_a == (-1.0, 0.0, 5.0)
    site.remove_load("oven")
    site.remove_pv("roof")
    assert site.read(3.0).current_a == (0.0, 0.0, 0.0)


def test_energy_is_the_power_of_each_read_held_until_the_next() -> None:
    site = Site(phases=1)
    site.add_load("house", 10.0)
    assert (site.read(0.0).import_kwh, site.read(0.0).export_kwh) == (0.0, 0.0)
    site.set_load("house", 0.0)
    site.add_pv("roof", 20.0)
    reading = site.read(3600.0)
    assert reading.import_kwh == pytest.approx(2.3)
    assert reading.export_kwh == 0.0
    reading = site.read(5400.0)
    assert reading.import_kwh == pytest.approx(2.3)
    assert reading.export_kwh == pytest.approx(2.3)


def test_energy_counts_the_net_power_of_all_phases() -> None:
    site = Site()
    site.add_load("house", 10.0)
    site.add_pv("roof", 0.0, 10.0)
    site.read(0.0)
    reading = site.read(3600.0)
    assert (reading.import_kwh, reading.export_kwh) == (0.0, 0.0)


def test_a_power_factor_adds_reactive_current() -> None:
    site = Site(phases=1)
    site.add_load("motor", 10.0, power_factor=0.8)
    reading = site.read(0.0)
    assert reading.current_a[0] == pytest.approx(10.0)
    assert reading.power_w[0] == pytest.approx(1840.0)
    # 8 A active and 6 A reactive: PV in phase takes the active part only, and beyond it turns the sign.
    site.add_pv("roof", 8.0)
    assert site.read(1.0).current_a[0] == pytest.approx(6.0)
    site.set_pv("roof", 16.0)
    assert site.read(2.0).current_a[0] == pytest.approx(-10.0)
    assert site.read(3.0).power_w[0] == pytest.approx(-1840.0)


def test_voltages_scale_the_power() -> None:
    site = Site(voltage_v=(230.0, 231.0, 229.0))
    site.add_load("house", 1.0, 1.0, 1.0)
    assert site.read(0.0).power_w == (230.0, 231.0, 229.0)
    site.set_voltage((0.0, 240.0, 250.0))
    reading = site.read(1.0)
    assert reading.power_w == (0.0, 240.0, 250.0)
    assert reading.voltage_v == (0.0, 240.0, 250.0)


def test_a_one_phase_connection_has_only_l1() -> None:
    site = Site(phases=1)
    assert site.read(0.0).voltage_v == (230.0, 0.0, 0.0)
    with pytest.raises(BadConfiguration, match="1 to 1 phase currents, not 2"):
        site.add_load("house", 1.0, 1.0)
    site.attach("1", lambda _now_s: (6.0, 6.0, 0.0))
    with pytest.raises(BadConfiguration, match="only L1"):
        site.read(1.0)


def test_mistakes_are_named() -> None:
    with pytest.raises(BadConfiguration, match="1 or 3 phases, not 2"):
        Site(phases=2)
    with pytest.raises(BadConfiguration, match="0 V or more"):
        Site(voltage_v=(230.0, -1.0, 230.0))
    site = Site()
    site.add_load("oven", 1.0)
    site.add_pv("roof", 1.0)
    site.attach("1", lambda _now_s: (0.0, 0.0, 0.0))
    with pytest.raises(BadConfiguration, match="a load called oven already"):
        site.add_load("oven", 1.0)
    with pytest.raises(BadConfiguration, match="a PV source called roof already"):
        site.add_pv("roof", 1.0)
    with pytest.raises(BadConfiguration, match="a socket called 1 already"):
        site.attach("1", lambda _now_s: (0.0, 0.0, 0.0))
    with pytest.raises(BadConfiguration, match="no load called hob; there is oven"):
        site.set_load("hob", 1.0)
    with pytest.raises(BadConfiguration, match="no socket called 2"):
        site.detach("2")
    with pytest.raises(BadConfiguration, match="power factor of oven"):
        site.set_load("oven", 1.0, power_factor=1.1)
    with pytest.raises(BadConfiguration, match="1 to 3 phase currents, not 4"):
        site.set_load("oven", 1.0, 1.0, 1.0, 1.0)


def test_time_does_not_run_backwards() -> None:
    site = Site()
    site.read(10.0)
    site.read(10.0)
    with pytest.raises(BadConfiguration, match="time runs forwards"):
        site.read(9.0)


def test_a_profile_that_gives_no_number_is_named() -> None:
    site = Site()
    site.add_load("house", math.nan)
    with pytest.raises(BadConfiguration, match="no number"):
        site.read(0.0)
