"""From the grid to the printed figures: rounding, direction, totals, registers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.p1 import Nameplate, Telegram
from emulators.p1.figures import Figures, low_at_night
from emulators.p1.versions import VERSIONS
from emulators.site import GridReading

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 7, 3, 12, 0, 0, tzinfo=AMSTERDAM)
NIGHT = datetime(2026, 7, 3, 2, 0, 0, tzinfo=AMSTERDAM)

Three = tuple[float, float, float]


def figures(version: str = "5.0.2", phases: int = 3, **options: Any) -> Figures:
    chosen: dict[str, Any] = {
        "tariff": low_at_night,
        "import_wh": (0, 0),
        "export_wh": (0, 0),
        "current_rounding": "nearest",
        "net_totals": True,
    }
    return Figures(VERSIONS[version], phases, **(chosen | options))


def reading(
    current_a: Three = (0.0, 0.0, 0.0),
    power_w: Three = (0.0, 0.0, 0.0),
    voltage_v: Three = (230.0, 230.0, 230.0),
    import_kwh: float = 0.0,
    export_kwh: float = 0.0,
) -> GridReading:
    return GridReading(
        phases=3,
        current_a=current_a,
        voltage_v=voltage_v,
        power_w=power_w,
        import_kwh=import_kwh,
        export_kwh=export_kwh,
    )


def printed(of: GridReading, civil: datetime = NOON, **options: Any) -> Telegram:
    return figures(**options).telegram(of, civil, Nameplate())


@pytest.mark.parametrize(
    ("rounding", "expected_a"), [("nearest", (1, 2, 10)), ("down", (0, 1, 10)), ("up", (1, 2, 11))]
)
def test_currents_are_whole_ampere_without_sign(rounding: str, expected_a: tuple[int, ...]) -> None:
    telegram = printed(reading(current_a=(0.5, 1.6, -10.13)), current_rounding=rounding)
    assert telegram.current_ma == tuple(a * 1000 for a in expected_a)


def test_the_direction_of_a_phase_is_in_its_powers() -> None:
    # The three phases of example C in the protocol facts.
    telegram = printed(reading(power_w=(-2415.2, 309.5, -1020.0)))
    assert telegram.phase_import_w == (0, 310, 0)
    assert telegram.phase_export_w == (2415, 0, 1020)
    assert (telegram.import_w, telegram.export_w) == (0, 3126)


def test_a_meter_may_not_net_its_totals() -> None:
    telegram = printed(reading(power_w=(-2415.0, 310.0, 90.4)), net_totals=False)
    assert (telegram.import_w, telegram.export_w) == (400, 2415)


def test_voltages_are_printed_where_the_version_has_them() -> None:
    of = reading(voltage_v=(229.96, 0.0, 230.14))
    assert printed(of).voltage_dv == (2300, 0, 2301)
    assert printed(of, version="4.2.2").voltage_dv == ()


@pytest.mark.parametrize("version", ["4.2.2", "5.0.2"])
def test_a_one_phase_meter_prints_l1(version: str) -> None:
    telegram = printed(reading(current_a=(6.0, 0.0, 0.0), power_w=(1380.0, 0.0, 0.0)), version=version, phases=1)
    assert telegram.current_ma == (6000,)
    assert telegram.phase_import_w == (1380,)
    assert len(telegram.sags) == 1
    assert len(telegram.voltage_dv) == (1 if version == "5.0.2" else 0)


def test_energy_goes_to_the_tariff_of_the_moment() -> None:
    meter = figures(import_wh=(1000, 2000), export_wh=(0, 5))
    plate = Nameplate()
    first = meter.telegram(reading(import_kwh=50.0, export_kwh=7.0), NOON, plate)
    assert (first.tariff, first.import_wh, first.export_wh) == (2, (1000, 2000), (0, 5))
    second = meter.telegram(reading(import_kwh=50.3004, export_kwh=7.0), NOON, plate)
    assert (second.tariff, second.import_wh, second.export_wh) == (2, (1000, 2300), (0, 5))
    third = meter.telegram(reading(import_kwh=50.3006, export_kwh=7.1), NIGHT, plate)
    assert (third.tariff, third.import_wh, third.export_wh) == (1, (1000, 2300), (100, 5))


def test_small_energies_add_up() -> None:
    meter = figures()
    for second in range(3601):
        telegram = meter.telegram(reading(import_kwh=second * 2.3 / 3600), NOON, Nameplate())
    assert telegram.import_wh == (0, 2300)


def test_registers_turn_over() -> None:
    meter = figures(import_wh=(0, 999_999_999))
    meter.telegram(reading(), NOON, Nameplate())
    assert meter.telegram(reading(import_kwh=0.002), NOON, Nameplate()).import_wh == (0, 1)


@pytest.mark.parametrize(
    ("civil", "tariff"),
    [
        (datetime(2026, 7, 3, 6, 59, 59, tzinfo=AMSTERDAM), 1),
        (datetime(2026, 7, 3, 7, 0, 0, tzinfo=AMSTERDAM), 2),
        (datetime(2026, 7, 3, 22, 59, 59, tzinfo=AMSTERDAM), 2),
        (datetime(2026, 7, 3, 23, 0, 0, tzinfo=AMSTERDAM), 1),
        (datetime(2026, 7, 4, 12, 0, 0, tzinfo=AMSTERDAM), 1),
        (datetime(2026, 7, 5, 12, 0, 0, tzinfo=AMSTERDAM), 1),
        (datetime(2026, 7, 6, 12, 0, 0, tzinfo=AMSTERDAM), 2),
    ],
)
def test_the_low_tariff_is_for_nights_and_weekends(civil: datetime, tariff: int) -> None:
    assert low_at_night(civil) == tariff


power = st.floats(-90_000, 90_000)


@settings(derandomize=True, max_examples=200)
@given(st.tuples(power, power, power), st.booleans())
def test_no_figure_is_off_by_more_than_half_its_step(power_w: Three, net_totals: bool) -> None:
    current_a = (power_w[0] / 230, power_w[1] / 230, power_w[2] / 230)
    telegram = printed(reading(current_a=current_a, power_w=power_w), net_totals=net_totals)
    for phase in range(3):
        bought_w, sold_w = telegram.phase_import_w[phase], telegram.phase_export_w[phase]
        assert min(bought_w, sold_w) == 0
        assert abs(bought_w - sold_w - power_w[phase]) <= 0.5
        assert abs(telegram.current_ma[phase] / 1000 - abs(current_a[phase])) <= 0.5 + 1e-9
    assert abs(telegram.import_w - telegram.export_w - sum(power_w)) <= (0.5 if net_totals else 1.0) + 1e-9
    assert not net_totals or min(telegram.import_w, telegram.export_w) == 0


def test_meters_that_do_not_exist_are_refused() -> None:
    with pytest.raises(BadConfiguration, match="1 or 3 phases, not 2"):
        figures(phases=2)
    with pytest.raises(BadConfiguration, match="rounded nearest, down, up, not 'even'"):
        figures(current_rounding="even")
