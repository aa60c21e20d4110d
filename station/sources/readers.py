"""Readers of meters: what the station needs of them, and which one the settings select."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from station.serial_line import P1_LINE, SerialLine
from station.settings import MeterPort, Settings
from station.sources.modbus.framing import Framing
from station.sources.modbus.mapping import RegisterMap, register_map
from station.sources.modbus.poller import Poller
from station.sources.modbus.rtu import RtuFraming
from station.sources.modbus.tcp import TcpFraming
from station.sources.p1.reader import P1Reader
from station.sources.reading import BadTelegram, Reading
from station.sources.tic.reader import LINES, TicReader


class MeterReader(Protocol):
    """Bytes of a meter to readings, as `station.sources.p1.reader.P1Reader` does it. Pure; told the time."""

    def receive(self, data: bytes, now_s: float) -> Sequence[Reading | BadTelegram]:
        """Take bytes that arrived now."""

    def step(self, now_s: float) -> Sequence[Reading | BadTelegram]:
        """Do what is due."""

    def next_deadline_s(self) -> float | None:
        """When step() wants to be called."""


@runtime_checkable
class Asking(MeterReader, Protocol):
    """A reader that asks its meter, as `station.sources.modbus.poller.Poller` does it."""

    hang_up: str
    """Why the port should be closed and opened again; "" as long as it should not."""

    def opened(self, now_s: float) -> None:
        """The port is there."""

    def closed(self, reason: str, now_s: float) -> Sequence[Reading | BadTelegram]:
        """The port is not there, or no longer."""

    def take_request(self) -> bytes:
        """What to send now; empty when there is nothing."""


@runtime_checkable
class Tuning(MeterReader, Protocol):
    """A reader that chooses the settings of its line, as `station.sources.tic.reader.TicReader` does it."""

    line: SerialLine


def reader_for(settings: Settings, port: MeterPort, where: str) -> MeterReader:
    """The reader for the meter on `port`; `where` is the name of that place in the log."""
    if port == "p1":
        return P1Reader()
    if port == "tic":
        return TicReader(settings.tic_detect_s)
    return poller_for(settings, port, where)


def poller_for(settings: Settings, port: MeterPort, where: str, registers: RegisterMap | None = None) -> Poller:
    """The Modbus master for the meter on `port`, "rtu" or "tcp"; `registers` instead of those of the settings."""
    framing: Framing
    if port == "tcp":
        framing = TcpFraming(settings.mbtcp_unit)
    else:
        framing = RtuFraming(settings.mbrtu_unit, line_for(settings, port), settings.mbrtu_quiet_s)
    return Poller(
        registers or register_map(settings),
        framing,
        meter=where,
        poll_s=settings.modbus_poll_s,
        timeout_s=settings.modbus_timeout_s,
    )


def line_for(settings: Settings, port: MeterPort) -> SerialLine:
    """How the serial line of `port` is set when it is opened."""
    if port == "rtu":
        return SerialLine(int(settings.mbrtu_baud), 8, settings.mbrtu_parity, settings.mbrtu_stop_bits)  # type: ignore[arg-type]
    return LINES[0] if port == "tic" else P1_LINE
