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
from emulators.p1.versions import DIALECTS, VERSIONS
from emulators.site import GridReading

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 7, 3, 12, 0, 0, tzinfo=AMSTERDAM)
NIGHT = datetime(2026, 7, 3, 2, 0, 0, tzinfo=AMSTERDAM)

Three = tuple[float, float, float]


def figures(version: str = "5.0.2", phases: int = 3, **options: Any) -> Figures:
    chosen: dict[str, Any] = {
        "import_wh": (0, 0),
        "export_wh": (0, 0),
        "current_rounding": "nearest",
        "net_totals": True,
    }
    return Figures({**VERSIONS, **DIALECTS}[version], phases, **(chosen | options))


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


def test_the_night_tariff_has_the_number_of_the_country() -> None:
    assert low_at_night(NIGHT, low_tariff=2) == 2
    assert low_at_night(NOON, low_tariff=2) == 1
    assert (printed(reading(), NIGHT).tariff, printed(reading(), NOON).tariff) == (1, 2)
    assert (
        printed(reading(), NIGHT, version="BE-50217").tariff,
        printed(reading(), NOON, version="BE-50213").tariff,
    ) == (
        2,
        1,
    )


# --- resolution and extent by version -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "expected_ma"),
    [
        ("4.0", (5_000, 13_000, 0)),
        ("5.0.2", (5_000, 13_000, 0)),
        ("BE-50213", (5_000, 13_000, 0)),
        ("LU", (5_000, 13_000, 0)),
        ("BE-50217", (5_270, 12_730, 10)),
        ("SE", (5_300, 12_700, 0)),
    ],
)
def test_the_last_digit_of_a_current(version: str, expected_ma: tuple[int, ...]) -> None:
    assert printed(reading(current_a=(5.266, -12.734, 0.0099)), version=version).current_ma == expected_ma


@pytest.mark.parametrize(
    ("rounding", "expected_ma"),
    [("nearest", (5_270, 12_730)), ("down", (5_260, 12_730)), ("up", (5_270, 12_740))],
)
def test_fine_currents_are_rounded_as_set(rounding: str, expected_ma: tuple[int, ...]) -> None:
    telegram = printed(reading(current_a=(5.266, -12.734, 0.0)), version="BE-50217", current_rounding=rounding)
    assert telegram.current_ma[:2] == expected_ma


@pytest.mark.parametrize("version", ["2.2", "3.0"])
def test_powers_of_ten_watts_before_version_4(version: str) -> None:
    bought = printed(reading(power_w=(1000.0, 200.0, -5.1)), version=version)
    assert (bought.import_w, bought.export_w) == (1190, 0)
    sold = printed(reading(power_w=(0.0, 0.0, -1234.9)), version=version)
    assert (sold.import_w, sold.export_w) == (0, 1230)
    assert sold.current_ma == sold.phase_import_w == sold.sags == ()


def test_the_first_edition_of_4_tells_nothing_per_phase_but_its_quality() -> None:
    telegram = printed(reading(current_a=(6.0, 0.0, 0.0), power_w=(1380.0, 0.0, 0.0)), version="4.0.0")
    assert (telegram.import_w, telegram.sags, telegram.current_ma, telegram.phase_import_w) == (1380, (0, 0, 0), (), ())


def test_a_belgian_meter_of_50213_does_not_tell_the_direction() -> None:
    telegram = printed(reading(current_a=(-10.0, 0.0, 0.0), power_w=(-2300.0, 0.0, 0.0)), version="BE-50213")
    assert (telegram.current_ma, telegram.voltage_dv) == ((10_000, 0, 0), (2300, 2300, 2300))
    assert (telegram.import_w, telegram.export_w) == (0, 2300)
    assert telegram.phase_import_w == telegram.phase_export_w == ()


def test_a_signed_current_where_the_document_has_one() -> None:
    of = reading(current_a=(-10.04, 3.0, -0.01), power_w=(-2300.0, 690.0, 0.0))
    assert printed(of, version="SE").current_ma == (10_000, 3_000, 0)
    assert printed(of, version="SE-signed").current_ma == (-10_000, 3_000, 0)


@pytest.mark.parametrize("version", ["LU", "SE"])
def test_reactive_power_is_what_voltage_current_and_power_leave(version: str) -> None:
    # Power factors of 0.95 and 1; PV in phase with the voltage.
    telegram = printed(
        reading(current_a=(10.0, 6.0, -16.0), power_w=(2185.0, 1380.0, -3680.0)), version=version, net_totals=True
    )
    assert telegram.phase_import_var == (718, 0, 0)
    assert telegram.phase_export_var == (0, 0, 0)
    assert (telegram.import_var, telegram.export_var) == (718, 0)


def test_apparent_power_has_the_direction_of_the_total() -> None:
    bought = printed(reading(current_a=(10.0, 0.0, 0.0), power_w=(2185.0, 0.0, 0.0)), version="LU")
    assert (bought.import_va, bought.export_va) == (2300, 0)
    sold = printed(reading(current_a=(-10.0, 0.0, 0.0), power_w=(-2300.0, 0.0, 0.0)), version="LU")
    assert (sold.import_va, sold.export_va) == (0, 2300)


@pytest.mark.parametrize("version", ["LU", "SE"])
def test_without_tariffs_there_is_one_register(version: str) -> None:
    meter = figures(version, import_wh=(1000, 2000), export_wh=(5, 6))
    first = meter.telegram(reading(), NIGHT, Nameplate())
    assert (first.import_wh, first.export_wh, first.tariff) == ((3000,), (11,), 0)
    second = meter.telegram(reading(import_kwh=0.3, export_kwh=0.1), NOON, Nameplate())
    assert (second.import_wh, second.export_wh) == ((3300,), (111,))


@pytest.mark.parametrize(
    ("version", "register_wh"), [("2.2", 10**8), ("3.0", 10**8), ("4.0", 10**9), ("BE-50217", 10**9), ("SE", 10**11)]
)
def test_registers_turn_over_after_their_digits(version: str, register_wh: int) -> None:
    meter = figures(version, import_wh=(0, register_wh - 1), tariff=lambda _civil: 2)
    assert meter.telegram(reading(), NOON, Nameplate()).import_wh[-1] == register_wh - 1
    assert meter.telegram(reading(import_kwh=0.002), NOON, Nameplate()).import_wh[-1] == 1


@pytest.mark.parametrize(
    ("version", "stamp"), [("4.0", "260703120000S"), ("LU", "260703120000S"), ("SE", "260703110000W")]
)
def test_a_swedish_clock_has_no_summer(version: str, stamp: str) -> None:
    assert printed(reading(), version=version).stamp == stamp


@pytest.mark.parametrize(
    ("version", "usual"),
    [
        ("2.2", {"threshold_milli": 999_000, "switch": 1}),
        ("3.0", {"threshold_milli": 16_000, "switch": 1}),
        ("BE-50217", {"threshold_milli": 999_900, "fuse_a": 999, "switch": 1}),
        ("LU", {"threshold_milli": 69_000, "limits_a": (100, -63), "relays": (0, 0), "more_texts": ("", "", "", "")}),
        ("5.0.2", {"threshold_milli": 0, "fuse_a": 0, "switch": 0, "relays": ()}),
    ],
)
def test_what_a_nameplate_leaves_to_the_version(version: str, usual: dict[str, Any]) -> None:
    telegram = printed(reading(), version=version)
    assert {field: getattr(telegram, field) for field in usual} == usual


def test_what_a_nameplate_says_outranks_the_version() -> None:
    plate = Nameplate(threshold_milli=9_200, fuse_a=40, switch=2, demand_w=7, peak=("260702184500S", 5817))
    telegram = figures("BE-50217").telegram(reading(), NOON, plate)
    assert (telegram.threshold_milli, telegram.fuse_a, telegram.switch) == (9_200, 40, 2)
    assert (telegram.demand_w, telegram.peak) == (7, ("260702184500S", 5817))


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
