"""Instruments that speak SCPI: program messages, commands as data, the error queue, the server and its port.

Sources: SCPI-99 volume 1 (syntax and style) and volume 2 (commands, error numbers), IEEE 488.2 (common commands,
status).
"""

from emulators.scpi.commands import Call, Command, Omissible
from emulators.scpi.errors import ScpiError
from emulators.scpi.instrument import Identity, Instrument
from emulators.scpi.parameters import Boolean, Choice, Number, Numbered
from emulators.scpi.server import ScpiServer
from emulators.scpi.tcp_port import TcpPort

__all__ = [
    "Boolean",
    "Call",
    "Choice",
    "Command",
    "Identity",
    "Instrument",
    "Number",
    "Numbered",
    "Omissible",
    "ScpiError",
    "ScpiServer",
    "TcpPort",
]
