"""Whose fault it is, in the type: the user's configuration, the harness, or the station under test."""


class RigError(Exception):
    """Base of everything the rig raises on purpose. `exit_code` is what the command line ends with."""

    exit_code = 2


class ConfigurationError(RigError):
    """A bench file, a setting or an option is wrong. Example: an unknown key in `[lines.p1]`."""

    exit_code = 3


class HarnessError(RigError):
    """The rig or the machine failed; no verdict about the station follows. Example: a port was unplugged."""

    exit_code = 2


class NotTestableHere(RigError):
    """The bench lacks what a case needs to observe or to set. Nobody's fault; its clauses are reported so."""


class Finding(RigError, AssertionError):
    """The station under test does not do what a clause promises."""

    exit_code = 1
