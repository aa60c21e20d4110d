"""What a station keeps while it is off."""

import pytest

from station.errors import SettingError
from station.storage import Storage


def test_a_change_is_stored_beside_what_was_set_before() -> None:
    storage = Storage({"Station maximum current": 25})
    before = storage.settings
    assert storage.change({"Connector1-MaxCurrent": "16.0"}) == ""
    assert (storage.settings.station_max_a, storage.settings.connector1_max_a) == (25.0, 16.0)
    assert before.connector1_max_a == 32.0


def test_another_name_of_the_same_setting_takes_its_place() -> None:
    storage = Storage({"Station maximum current": 25})
    assert storage.change({"Station-MaxCurrent": 20}) == ""
    assert storage.settings.station_max_a == 20.0


@pytest.mark.parametrize("changes", [{"Station-MaxCurrent": 5}, {"nonsense": 1}, {"Active-LoadBalancing": "On"}])
def test_what_is_refused_changes_nothing(changes: dict[str, object]) -> None:
    storage = Storage({"Station-MaxCurrent": 25})
    assert next(iter(changes)).casefold() in storage.change(changes).casefold()
    assert storage.settings.station_max_a == 25.0


def test_settings_that_are_refused_from_the_start() -> None:
    with pytest.raises(SettingError):
        Storage({"Station-MaxCurrent": 5})
