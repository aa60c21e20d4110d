"""What a station keeps while it is off: how it is set, and what it knows of the cars that are plugged in. Pure."""

from collections.abc import Mapping

from station.balancing.probing import Known
from station.errors import SettingError
from station.settings import Settings, canonical


class Storage:
    """`given` are settings by any of their names. Raises SettingError for settings the station refuses.

    `known` is what was known of the cars when the station was switched off, by socket (O-13).
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = canonical(given)
        self.settings = Settings.from_mapping(self._given)
        self.known: Mapping[int, Known] = {}

    def change(self, changes: Mapping[str, object]) -> str:
        """Store these too, for the next start (ALB-GEN-016); returns why they are refused, "" when they are not."""
        try:
            given = {**self._given, **canonical(changes)}
            self.settings = Settings.from_mapping(given)
        except SettingError as error:
            return str(error)
        self._given = given
        return ""
