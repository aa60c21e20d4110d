"""All settings for a person or a program to read: `python -m station settings`."""

import json
from collections.abc import Mapping

from station.setting_desk import SettingsDesk
from station.setting_row import SettingRow
from station.settings import find_row


def table(given: Mapping[str, object]) -> str:
    """A line per setting: key, value, unit, installer's name; then a line per warning. Raises SettingError."""
    desk = SettingsDesk()
    rows = [(key, *_cells(find_row(key), value)) for key, value in desk.shown(given).items()]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"{key:{widths[0]}}  {value:{widths[1]}}  {installer}".rstrip() for key, value, installer in rows]
    return "\n".join([*lines, *(f"warning: {text}" for text in desk.warnings(given))])


def as_json(given: Mapping[str, object]) -> str:
    """The same as JSON: `settings` by key, `warnings` as a list. Raises SettingError."""
    desk = SettingsDesk()
    return json.dumps({"settings": desk.shown(given), "warnings": desk.warnings(given)}, indent=2)


def _cells(row: SettingRow, value: str) -> tuple[str, str]:
    return (f"{value} {row.unit}".rstrip() if value else "-", row.installer)
