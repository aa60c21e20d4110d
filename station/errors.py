"""Errors of the station: a refused setting, malformed bytes, or a port that is not there."""


class StationError(Exception):
    """Base of everything the station raises on purpose."""


class SettingError(StationError):
    """A setting is unknown or its value is out of range. The message names key, value and allowed range."""


class Malformed(StationError):
    """Bytes on the wire do not follow the protocol. The message says what, where and what would be right."""


class PortError(StationError):
    """A port could not be opened, or it went away."""
