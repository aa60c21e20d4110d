"""All settings for a person or a program to read."""

import json

import pytest

from station.errors import SettingError
from station.setting_rows import ROWS
from station.setting_table import as_json, table


def test_a_line_per_setting() -> None:
    lines = table({}).splitlines()
    assert len(lines) == len(ROWS)
    assert [line.split()[0] for line in lines] == [row.key for row in ROWS]
    by_key = {line.split()[0]: line for line in lines}
    assert by_key["Station-MaxCurrent"].endswith("  Station maximum current")
    assert "  32.0 A  " in by_key["Station-MaxCurrent"]
    assert by_key["SCN-NetworkName"].split()[1] == "-"
    assert not [line for line in lines if line != line.rstrip()]


def test_columns_stand_below_each_other() -> None:
    lines = [line for line in table({}).splitlines() if line.endswith((" Phase rotation", " Station maximum current"))]
    assert len({line.index(name) for line, name in zip(lines, ("Station max", "Phase rot"), strict=True)}) == 1


def test_warnings_come_last() -> None:
    assert table({"Station-MaxCurrent": 10}).splitlines()[-1] == (
        "warning: Station-MaxCurrent: 10 A is not enough for cars that need 14 A to charge"
    )


def test_json() -> None:
    read = json.loads(as_json({"Station maximum current": 10}))
    assert read["settings"]["Station-MaxCurrent"] == "10.0"
    assert list(read["settings"]) == [row.key for row in ROWS]
    assert len(read["warnings"]) == 1


@pytest.mark.parametrize("form", [table, as_json])
def test_refused(form: object) -> None:
    with pytest.raises(SettingError, match="xyzzy"):
        form({"xyzzy": 1})  # type: ignore[operator]
