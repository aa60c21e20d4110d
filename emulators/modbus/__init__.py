"""Modbus meters, on RS-485 and on Ethernet: models as data, the meter, the bus, the server, and their ports."""

from emulators.modbus.bus import RtuBus
from emulators.modbus.description import Description, load, models
from emulators.modbus.faults import CONNECTION_FAULTS, FAULTS, Fault
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.rtu import SerialFormat
from emulators.modbus.tcp_server import TcpServer

__all__ = [
    "CONNECTION_FAULTS",
    "FAULTS",
    "Description",
    "Fault",
    "ModbusMeter",
    "RtuBus",
    "SerialFormat",
    "TcpServer",
    "load",
    "models",
]
