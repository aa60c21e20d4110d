"""Settings and cars of the load balancing cases."""

from __future__ import annotations

from emulators.p1.versions import VERSIONS
from rig.kit import balancing
from station.settings import Settings


def test_the_station_takes_the_settings_as_they_are_meant() -> None:
    settings = Settings.from_mapping(balancing.settings(meter_max_a=25.0, safe_a=8.0, includes_charger=False))
    assert settings.p1_selected
    again = Settings.from_mapping(balancing.settings(meter_max_a=25.0))
    assert again != settings
    assert again == Settings.from_mapping(
        balancing.settings(
            meter_max_a=25.0, safe_a=balancing.SAFE_A, includes_charger=True, station_max_a=balancing.STATION_MAX_A
        )
    )


def test_every_choice_reaches_a_setting() -> None:
    base = balancing.settings(meter_max_a=25.0)
    changed = {
        "SmartMeter-MaxCurrent": balancing.settings(meter_max_a=26.0),
        "Safe-MaxCurrent": balancing.settings(meter_max_a=25.0, safe_a=7.0),
        "SmartMeterIncludesCharger": balancing.settings(meter_max_a=25.0, includes_charger=False),
    }
    for key, settings in changed.items():
        assert {name for name in base if base[name] != settings[name]} == {key}
    smaller = balancing.settings(meter_max_a=25.0, station_max_a=20.0)
    assert {name for name in base if base[name] != smaller[name]} == {"Station-MaxCurrent", "Connector1-MaxCurrent"}


def test_the_cadences_are_those_of_the_meters() -> None:
    assert set(balancing.INTERVAL_S) == set(balancing.METER_ERROR_A) == {balancing.DSMR5, balancing.DSMR4}
    for version, interval_s in balancing.INTERVAL_S.items():
        assert VERSIONS[version].interval_s == interval_s


def test_the_car_never_is_an_over_current() -> None:
    assert balancing.car().draw_fraction < 1.0
    assert balancing.car(phases=1, max_a=20.0).phases == 1
    assert balancing.car(phases=1, max_a=20.0).max_a == 20.0
