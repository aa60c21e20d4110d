"""The station's end of the line to a meter: opens the port, feeds the reader, sends what it asks, opens again."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from station.descriptor import Tap
from station.errors import PortError
from station.serial_port import SerialPort, open_serial
from station.settings import MeterPort, Settings
from station.sources.readers import Asking, MeterReader, Tuning, line_for, reader_for
from station.sources.reading import BadTelegram, Reading
from station.tcp_port import SCHEME, open_tcp, parse_endpoint

_SPOKEN = {"p1": "P1 port", "tic": "TIC port"}
_RS485 = "RS485"

Heard = Sequence[Reading | BadTelegram]


class MeterListener(Protocol):
    """Who wants to know what comes from the meter."""

    def meter_heard(self, heard: Heard) -> None:
        """Bytes came, or a port went away; `heard` is what the reader made of it, often nothing yet."""

    def meter_log(self, text: str) -> None:
        """Worth a line in the log."""


class MeterLink:
    """One meter port, `port` by name and `url` where it is, kept open. `reader` can be replaced.

    In the log a meter goes by its port, on TCP/IP by the address of the settings, also where `url` is another way.
    """

    def __init__(
        self,
        settings: Settings,
        port: MeterPort,
        url: str,
        listener: MeterListener,
        *,
        reader: MeterReader | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.port = port
        self.url = url
        self._endpoint = parse_endpoint(url) if port == "tcp" else None
        self._called = _RS485 if self._endpoint is None else settings.mbtcp_address
        self.reader = reader or reader_for(settings, port, self._called)
        self._asking = self.reader if isinstance(self.reader, Asking) else None
        self._tuning = self.reader if isinstance(self.reader, Tuning) else None
        self._listener = listener
        self._tap = tap
        self._line = line_for(settings, port)
        self._reopen_s = settings.p1_reopen_s if port == "p1" else settings.meter_reopen_s
        self._open: SerialPort | None = None
        self._opening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the port. Raises PortError when there is no such port; a meter behind TCP/IP may come later."""
        self._loop = asyncio.get_running_loop()
        if self._endpoint is not None:
            self._open_later(0.0)
        else:
            await self._try()

    async def stop(self) -> None:
        """Close the port. May be called again."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._open is not None:
            self._open.data_request(False)
            self._open.close()
            self._open = None

    def step(self, now_s: float) -> Heard:
        """Do what is due."""
        heard = self.reader.step(now_s)
        self._carry_out()
        return heard

    def next_deadline_s(self) -> float | None:
        """When step() wants to be called."""
        return self.reader.next_deadline_s()

    async def _try(self) -> None:
        if self._endpoint is not None:
            self._open = await open_tcp(
                self._endpoint,
                self.port,
                called=self._called,
                on_data=self._data,
                on_lost=self._lost,
                tap=self._tap,
            )
        else:
            self._line = self._line if self._tuning is None else self._tuning.line
            self._open = await open_serial(
                self.url, self.port, on_data=self._data, on_lost=self._lost, tap=self._tap, line=self._line
            )
        if self.port == "p1":
            self._open.data_request(True)
        if self._asking is not None:
            self._asking.opened(self._loop.time())
            self._listener.meter_heard(self.step(self._loop.time()))

    def _data(self, data: bytes) -> None:
        self._listener.meter_heard(self.reader.receive(data, self._loop.time()))
        self._carry_out()

    def _carry_out(self) -> None:
        """Do what the reader wants of its port."""
        if self._open is None:
            return
        if self._tuning is not None and self._tuning.line != self._line:
            self._line = self._tuning.line
            self._open.configure(self._line)
        if self._asking is not None:
            request = self._asking.take_request()
            if self._asking.hang_up:
                self._lost(self._asking.hang_up)
            elif request:
                self._open.write(request)

    def _lost(self, reason: str) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
        if self.port in _SPOKEN:
            self._listener.meter_log(f"{_SPOKEN[self.port]} lost: {reason}")
        self._closed(reason)
        self._open_later(self._reopen_s)

    def _closed(self, reason: str) -> None:
        """Polls say by themselves what is wrong with their port."""
        if self._asking is not None:
            self._listener.meter_heard(self._asking.closed(reason, self._loop.time()))

    def _open_later(self, after_s: float) -> None:
        if self._opening is None or self._opening.done():  # a port lost as soon as it is open is tried again there
            self._opening = self._loop.create_task(self._reopen(after_s), name=f"{self.port}: open again")

    async def _reopen(self, after_s: float) -> None:
        while self._open is None:
            await asyncio.sleep(after_s)
            after_s = self._reopen_s
            try:
                await self._try()
            except PortError as error:
                self._closed(str(error))
        if self.port in _SPOKEN:
            self._listener.meter_log(f"{_SPOKEN[self.port]} is back")


def meter_url(settings: Settings, *, p1: str | None = None, meter: str | None = None) -> tuple[MeterPort, str] | None:
    """The meter port to open and where it is; None when no meter is selected or its port is not connected.

    `p1` is where the P1 port is, `meter` where the port of whatever meter is selected is. A meter on TCP/IP is where
    the settings say, unless it is told otherwise.
    """
    port = settings.meter_port
    if port == "p1":
        meter = p1 if p1 is not None else meter
    elif port == "tcp" and meter is None:
        meter = SCHEME + settings.mbtcp_address
    return None if port is None or meter is None else (port, meter)
