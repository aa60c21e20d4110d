"""Errors of the emulators: a bad configuration, or bytes that are not what the protocol allows."""


class EmulatorError(Exception):
    """Base of everything the emulators raise on purpose."""


class BadConfiguration(EmulatorError):
    """A parameter of an emulated device is outside what the real device can have."""


class Malformed(EmulatorError):
    """Bytes on the wire do not follow the protocol. The message says what, where and what would be right."""


class PortError(EmulatorError):
    """A port could not be opened, or it went away."""
